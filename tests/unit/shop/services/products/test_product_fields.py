"""A product's fields: what people type is read strictly, and comes back as it was typed."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shop.db.catalogue import Product
from shop.demo import content
from shop.errors import BadFields, BadInput
from shop.facts.files import crafts, hs_codes
from shop.money import Dong
from shop.services.products.fields import FIELDS, read_product, write_product
from shop.services.typed.identifiers import masked, read_gtin, read_tax_code
from shop.services.typed.texts import FormReader
from tests.simulators.desk_people import FORM


def mistakes(**changes: str) -> dict[str, str]:
    with pytest.raises(BadFields) as caught:
        read_product(FORM | changes)
    return caught.value.mistakes


@pytest.mark.parametrize(
    "typed", ["350000", "350.000", "350,000", "350 000", "350.000đ", "350.000 ₫", "350.000 đồng", "350000VND"]
)
def test_price_is_read_as_people_type_it(typed: str) -> None:
    assert read_product(FORM | {"price": typed}).price == Dong(350_000)


@pytest.mark.parametrize(
    "typed", ["0", "-1", "12,5", "1.00", "3.5000", "1.000,000.000", "nhiều", "1e6", "٣٥٠", "9" * 14]
)
def test_price_that_is_none_is_refused(typed: str) -> None:
    assert mistakes(price=typed) == {"price": "BAD_PRICE"}


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("name_vi", " ", "MISSING"),
        ("name_vi", "x" * 121, "TOO_LONG"),
        ("name_vi", "Bát 0912 345 678", "PERSONAL"),
        ("name_vi", "a\x00b", "BAD_CHARACTER"),
        ("name_vi", "a\u202eb", "BAD_CHARACTER"),
        ("craft", "", "MISSING"),
        ("craft", "no-craft", "UNKNOWN_CHOICE"),
        ("stock", "", "MISSING"),
        ("stock", "1,5", "BAD_COUNT"),
        ("hs", "9999", "UNKNOWN_CHOICE"),
        ("code", "AB", "BAD_CODE"),
        ("code", "GIỎMÂY", "BAD_CODE"),
        ("code", "04006381333931", "BAD_CODE"),
        ("height_cm", "0", "BAD_SIZE"),
        ("height_cm", "7.55", "BAD_SIZE"),
        ("one_off", "perhaps", "UNKNOWN_CHOICE"),
    ],
)
def test_field_that_cannot_be_taken_is_named_with_its_reason(field: str, value: str, code: str) -> None:
    assert mistakes(**{field: value}) == {field: code}


def test_english_needs_vietnamese_beside_it() -> None:
    assert mistakes(care_en="Keep dry.") == {"care_vi": "NEEDS_VIETNAMESE"}


def test_every_mistake_is_told_at_once() -> None:
    assert mistakes(name_vi="", price="x", stock="-1").keys() == {"name_vi", "price", "stock"}


def test_gtin_needs_its_check_digit_and_a_licence() -> None:
    assert mistakes(gtin="8930000000001", gs1="yes") == {"gtin": "BAD_GTIN"}
    assert mistakes(gtin="4006381333931") == {"gs1": "NO_LICENCE"}
    assert mistakes(gtin="4006381333931", gs1="yes", code="BATMEN") == {"code": "GTIN_OR_CODE"}
    assert read_product(FORM | {"gtin": "4006381333931", "gs1": "yes"}).gtin == "04006381333931"


@pytest.mark.parametrize(
    "text", ["", "0" * 13, "400638133393", "40063813339310000", "４００６３８１３３３９３１"]
)
def test_number_that_is_no_gtin_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="digit"):
        read_gtin(text)


def test_piece_that_is_one_of_a_kind_has_a_stock_of_one_or_none() -> None:
    assert mistakes(one_off="yes", stock="2") == {"stock": "ONE_PIECE"}
    assert read_product(FORM | {"one_off": "yes", "stock": ""}).stock == 1
    assert read_product(FORM | {"one_off": "yes", "stock": "0"}).stock == 0


def test_other_fields_than_a_products_are_not_looked_at() -> None:
    extra = {"role": "operator", "is_admin": "1", "workshop_id": "2", "is_listed": "1", "slug": "x"}
    assert read_product(FORM | extra) == read_product(FORM)


@pytest.mark.parametrize("text", ["001099012345", "096 200 000 001", "0100233488", "0100233488-001"])
def test_tax_code_of_a_household_or_enterprise_is_read(text: str) -> None:
    assert read_tax_code(text).isdigit()


@pytest.mark.parametrize(
    "text", ["", "1", "000099012345", "097099012345", "0100233489", "01002334881", "x" * 12]
)
def test_tax_code_that_is_none_is_refused_without_telling_it(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_tax_code(text)
    assert len(text) < 5 or text not in str(caught.value)


def test_tax_code_is_shown_by_its_last_digits_alone() -> None:
    assert masked("001099012345") == "••••••••2345"
    assert masked("1234") == "••••"


def test_every_craft_has_headings_that_are_named() -> None:
    assert hs_codes()["crafts"].keys() == crafts().keys()
    for codes in hs_codes()["crafts"].values():
        assert codes
        assert set(codes) <= hs_codes()["names"].keys()


def test_headings_of_the_demos_goods_are_known() -> None:
    for item in content.catalogue()["products"]:
        assert item["hs"]["code"] in hs_codes()["crafts"][item["craft"]["key"]]


def _told(texts: dict[str, str]) -> dict[str, str]:
    try:
        read_product(texts)
    except BadFields as error:
        return error.mistakes
    return {}


def stored(texts: dict[str, str]) -> Product:
    fields = read_product(texts)
    return Product(
        name_vi=fields.name.vi,
        name_en=fields.name.en,
        craft=fields.craft,
        price=fields.price,
        stock=fields.stock,
        gtin=fields.gtin,
        code=fields.code,
        document=json.dumps(fields.texts()),
    )


WORDS = st.text(max_size=12)


@settings(max_examples=40)
@given(texts=st.fixed_dictionaries({key: WORDS for key in FIELDS}))
def test_any_form_is_read_or_refused_by_field(texts: dict[str, str]) -> None:
    assert set(_told(texts)) <= set(FIELDS)


@settings(max_examples=40)
@given(
    words=st.fixed_dictionaries(
        {key: WORDS for key in ("making_vi", "care_vi", "warnings_vi", "summary_vi")}
    ),
    price=st.integers(1, 10**12),
    sizes=st.lists(st.integers(1, 99_999), min_size=2, max_size=2),
)
def test_fields_that_were_read_are_typed_and_read_the_same(
    words: dict[str, str], price: int, sizes: list[Any]
) -> None:
    typed = (
        FORM
        | words
        | {"price": f"{price}đ", "width_cm": f"{sizes[0] / 10:.1f}", "height_cm": f"{sizes[1] // 10},5"}
    )
    told = _told(typed)
    if told:
        assert set(told.values()) <= {"BAD_CHARACTER", "TOO_LONG"}
        return
    fields = read_product(typed)
    again = write_product(stored(typed))
    assert read_product(again) == fields
    assert write_product(stored(again)) == again


@settings(max_examples=40)
@given(text=WORDS)
def test_paragraph_read_twice_is_the_same(text: str) -> None:
    once = FormReader({"a": text}).paragraph("a", most=100)
    assert FormReader({"a": once}).paragraph("a", most=100) == once
