"""Sign-in names: each person has one spelling, and nothing else gets in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.errors import BadInput
from shop.services.access.sign_in_names import normal_name


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("0912345678", "+84912345678"),
        ("0912 345 678", "+84912345678"),
        (" +84 912-345-678 ", "+84912345678"),
        ("84912345678", "+84912345678"),
        ("(091) 234.5678", "+84912345678"),
        ("０９１２３４５６７８", "+84912345678"),
        ("+49 30 901820", "+4930901820"),
        ("Lan@Example.VN", "lan@example.vn"),
        ("lan.nguyen+tem@thu.example.vn", "lan.nguyen+tem@thu.example.vn"),
        ("artisan@demo.langnghe", "artisan@demo.langnghe"),
    ],
)
def test_ways_to_write_a_name_end_in_one(typed: str, name: str) -> None:
    assert normal_name(typed) == name


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "lan",
        "@",
        "lan@",
        "@example.vn",
        "lan@example",
        "lan@@example.vn",
        "lan@example..vn",
        ".lan@example.vn",
        "lan@-example.vn",
        "lan@example.1",
        "lan lan@example.vn",
        "lân@example.vn",
        "lan@exämple.vn",
        "lan@example.vn\x00",
        "lan\n@example.vn",
        "lan@example.vn, nga@example.vn",
        "<lan@example.vn>",
        "0912",
        "091234567890123",
        "0912345678 ext 5",
        "tel:0912345678",
        "0912345678x1",
        "٠٩١٢٣٤٥٦٧٨",
        "1" * 300,
        "a" * 250 + "@example.vn",
        "\ud800@example.vn",
    ],
)
def test_anything_else_is_refused(typed: str) -> None:
    with pytest.raises(BadInput) as refused:
        normal_name(typed)
    assert refused.value.code == "BAD_NAME"


@given(st.text(max_size=60) | st.from_regex(r"\+?[0-9 .()-]{0,20}") | st.emails())
def test_any_text_is_a_name_in_its_own_spelling_or_refused(typed: str) -> None:
    try:
        name = normal_name(typed)
    except BadInput:
        return
    assert normal_name(name) == name
    assert name.isascii()
    assert name == name.lower().strip()
