"""A lot's linkset: every level from unit to product, with the link types of GS1 and UNTP."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError

from tests.simulators.forgery import altered, every_kind, notice, transcription
from tests.simulators.village import HOST, Village, url
from traceability.export.linkset import lot_linkset, page_link, product_linkset
from traceability.records.certificate import Certificate
from traceability.records.event import TraceEvent
from traceability.records.kinds import Record
from traceability.records.passport import LotPassport

SCHEMA = Path(__file__).parents[3] / ".." / "shared" / "vectors" / "untp" / "0.7.0" / "schema"
needs_schema = pytest.mark.skipif(not SCHEMA.is_dir(), reason="the shared UNTP schemas are absent")

VILLAGE = Village().issue_all()
RECORDS = [item.record for name, item in VILLAGE.records.items() if name != "passport"]
PRODUCT = f"https://{HOST}/01/09520000000011"
LOT = f"{PRODUCT}/10/L1"
UNIT = f"{LOT}/21/0123456789AB"
DEFAULT = "https://ref.gs1.org/voc/defaultLink"


@pytest.fixture
def passport() -> LotPassport:
    record = VILLAGE.records["passport"].record
    assert isinstance(record, LotPassport)
    return record


@cache
def schema() -> Draft7Validator:
    return Draft7Validator(json.loads((SCHEMA / "LinksetSchema.json").read_text("utf-8")))


def contexts(passport: LotPassport, linked: list[Record], serial: str | None = None) -> dict[str, dict]:
    """Gives the contexts of a linkset by their anchor."""
    found = lot_linkset(passport, linked, serial=serial)["linkset"]
    assert len({context["anchor"] for context in found}) == len(found)
    return {context["anchor"]: context for context in found}


def targets(links: list[dict]) -> list[str]:
    return [link["href"] for link in links]


@needs_schema
@pytest.mark.parametrize("serial", [None, "0123456789AB"])
def test_a_lots_linkset_satisfies_the_schema_of_untp(passport: LotPassport, serial: str | None) -> None:
    everything = [*RECORDS, *every_kind(VILLAGE).values()]
    schema().validate(lot_linkset(passport, everything, serial=serial))


@needs_schema
def test_a_products_linkset_satisfies_the_schema_of_untp() -> None:
    schema().validate(product_linkset(PRODUCT, page_link("https://shop.example/products/binh", "Bình")))


@needs_schema
@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["linkset", 0, "anchor"], "09520000000011"),
        (["linkset", 0, DEFAULT, 0, "href"], "/products/binh"),
        (["linkset", 0, DEFAULT, 0, "hreflang"], "vi"),
        (["linkset", 0, DEFAULT, 0, "digest"], "zQm"),
        (["linkset", 0, "dpp"], {}),
    ],
)
def test_the_schema_notices_a_linkset_that_is_wrong(
    passport: LotPassport, path: list[str | int], value: object
) -> None:
    """The canary: the validator does look inside."""
    with pytest.raises(ValidationError):
        schema().validate(altered(lot_linkset(passport, RECORDS), path, value))


def test_each_level_has_its_context_and_the_nearest_stands_first(passport: LotPassport) -> None:
    assert list(contexts(passport, RECORDS)) == [LOT, PRODUCT]
    assert list(contexts(passport, RECORDS, "0123456789AB")) == [UNIT, LOT, PRODUCT]


def test_each_level_has_one_default_link_and_it_is_its_own_page(passport: LotPassport) -> None:
    for anchor, context in contexts(passport, RECORDS, "0123456789AB").items():
        assert targets(context[DEFAULT]) == [anchor]


def test_passport_events_and_certificates_stand_under_their_link_types(passport: LotPassport) -> None:
    found = contexts(passport, RECORDS)
    assert targets(found[LOT]["dpp"]) == [url("passport")]
    assert targets(found[LOT]["dte"]) == [url("event")]
    assert targets(found[PRODUCT]["dcc"]) == [url("certificate")]


def test_records_are_named_with_title_type_and_language(passport: LotPassport) -> None:
    assert contexts(passport, [])[LOT]["dpp"] == [
        {
            "href": url("passport"),
            "title": passport.envelope.name,
            "type": "application/vc",
            "hreflang": ["vi"],
        }
    ]


def test_events_stand_in_the_order_in_which_they_happened(passport: LotPassport) -> None:
    event = next(record for record in RECORDS if isinstance(record, TraceEvent))
    later = replace(event, envelope=replace(event.envelope, id=url("later")), time=VILLAGE.now)
    assert targets(contexts(passport, [later, event])[LOT]["dte"]) == [url("event"), url("later")]


def test_without_linked_records_their_link_types_are_absent(passport: LotPassport) -> None:
    found = contexts(passport, [])
    assert "dte" not in found[LOT]
    assert "dcc" not in found[PRODUCT]


def test_a_certificate_of_the_workshop_stands_at_the_workshop(passport: LotPassport) -> None:
    title = next(record for record in RECORDS if isinstance(record, Certificate))
    title = replace(title, kind="artisan_title", ocop=None, product_id=None, product_name=None)
    found = contexts(passport, [title])
    assert targets(found[passport.facility_id]["dcc"]) == [url("certificate")]
    assert "dcc" not in found[PRODUCT]


def test_a_certificate_of_another_product_or_place_is_left_out(passport: LotPassport) -> None:
    own = next(record for record in RECORDS if isinstance(record, Certificate))
    other = replace(own, product_id=f"https://{HOST}/01/09520000000028")
    elsewhere = replace(
        own, kind="artisan_title", ocop=None, product_id=None, facility_id=f"https://{HOST}/workshops/khac"
    )
    assert url("certificate") not in json.dumps(lot_linkset(passport, [other, elsewhere]))


def test_what_untp_has_no_link_type_for_is_left_out(passport: LotPassport) -> None:
    others = [notice(VILLAGE), transcription(VILLAGE)]
    assert lot_linkset(passport, others) == lot_linkset(passport, [])
