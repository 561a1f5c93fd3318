"""Dong: whole and never negative; prices as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.errors import BadInput
from shop.money import PRICE_MAX, Dong, read_price, write_price


@given(st.integers(0, 10**15))
def test_whole_amount_is_kept(amount: int) -> None:
    assert Dong(amount).amount == amount


@given(st.integers(max_value=-1))
def test_negative_amount_is_refused(amount: int) -> None:
    with pytest.raises(ValueError, match="not negative"):
        Dong(amount)


def test_amounts_are_ordered() -> None:
    assert sorted([Dong(5), Dong(1), Dong(3)]) == [Dong(1), Dong(3), Dong(5)]


def test_amount_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Dong(1).amount = 2  # type: ignore[misc]  # the test is that it fails


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("350k", 350_000),
        ("350 K", 350_000),
        ("350 nghìn đồng", 350_000),
        ("350 ngan", 350_000),
        ("1,5k", 1_500),
        ("12k5", 12_500),
        ("1tr2", 1_200_000),
        ("1tr25", 1_250_000),
        ("1tr05 đ", 1_050_000),
        ("1,2 triệu", 1_200_000),
        ("1.25tr", 1_250_000),
        ("1 triệu 250 nghìn", 1_250_000),
        ("1TR5K", 1_005_000),
        ("2 triệu", 2_000_000),
        ("350 đ", 350),
    ],
)
def test_price_is_read_as_people_say_it(typed: str, amount: int) -> None:
    assert read_price(typed) == Dong(amount)


@pytest.mark.parametrize(
    "typed",
    ["350", "1", "1.200k", "350.000k", "1,234 triệu", "1,2tr5", "1,2tr 5k", "1 triệu 50", "12k 5", "1tr 2 đ"],
)
def test_price_that_could_be_read_in_two_ways_is_refused(typed: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_price(typed)
    assert caught.value.code == "UNCLEAR_PRICE"


@pytest.mark.parametrize(
    "typed", ["", "k", "0k", "350m", "350 kg", "350kk", "1k2tr", "1tr2tr", "1tr2000k", "1tr2 3", "-1tr", "²k"]
)
def test_price_that_is_none_is_refused(typed: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_price(typed)
    assert caught.value.code == "BAD_PRICE"


@given(st.integers(1, PRICE_MAX))
def test_written_price_is_read_as_the_same(amount: int) -> None:
    assert read_price(write_price(Dong(amount))) == Dong(amount)


@given(st.integers(1, 999_999), st.sampled_from(["k", " nghìn", "ngàn đ"]), st.integers(0, 999))
def test_thousands_and_millions_mean_what_they_say(whole: int, word: str, thousands: int) -> None:
    assert read_price(f"{whole}{word}").amount == whole * 1_000
    assert read_price(f"{whole}tr{thousands:03}").amount == (whole * 1_000 + thousands) * 1_000


@given(st.text(max_size=60) | st.text("0123456789.,ktrđnghìn ", max_size=12))
def test_any_text_is_an_amount_or_refused_with_a_reason(text: str) -> None:
    code = ""
    try:
        assert 1 <= read_price(text).amount <= PRICE_MAX
    except BadInput as error:
        code = error.code
    assert code in {"", "BAD_PRICE", "UNCLEAR_PRICE"}
