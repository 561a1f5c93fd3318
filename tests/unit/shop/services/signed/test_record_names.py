"""Names of records in English: the translation's, else of those forms that the software composes."""

import pytest

from shop.services.signed.record_names import record_name


@pytest.mark.parametrize(
    ("name", "english"),
    [
        ("Hộ chiếu lô L1 – Giỏ mây", "Passport of lot L1 – Giỏ mây"),
        ("Cơ sở sản xuất Xưởng mẫu, làng Mẫu", "Workshop Xưởng mẫu, Mẫu village"),
        ("Gọi về: Hộ chiếu lô L1 – Giỏ mây", "Recall: Passport of lot L1 – Giỏ mây"),
        ("Thu hồi: Giấy tờ", "Revocation: Giấy tờ"),
        (r"Hộ chiếu lô \1 – \g<9>", r"Passport of lot \1 – \g<9>"),
    ],
)
def test_composed_names_have_their_english(name: str, english: str) -> None:
    assert record_name(name, None).en == english


@pytest.mark.parametrize("name", ["", "Giấy tờ", "Hộ chiếu lô L1", "Thu hồi", "Nhận hàng: mây"])
def test_names_that_people_gave_have_none(name: str) -> None:
    assert record_name(name, None).en == ""


def test_a_translation_comes_first() -> None:
    assert record_name("Hộ chiếu lô L1 – Giỏ mây", '{"name": "Basket"}').en == "Basket"
