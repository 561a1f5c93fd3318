"""Legal profiles: every field of the rule sets is there, and each is judged by what the records hold."""

import json
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.simulators.village import HOST, Village
from traceability.errors import Reason, Refused
from traceability.records.canonical import Document
from traceability.records.event import Quantity
from traceability.records.passport import LotPassport
from traceability.records.profiles import (
    FieldReport,
    check_profile,
    load_profile,
    profile_names,
    record_kind,
)

NAMES = ("CRAFT_ORIGIN_V1", "VN_DPP_ND37_2026", "VN_TT02_2024")
TT02 = "VN_TT02_2024"
ND37 = "VN_DPP_ND37_2026"
CRAFT = "CRAFT_ORIGIN_V1"


@pytest.fixture(scope="module")
def issued() -> Village:
    return Village().issue_all()


@pytest.fixture
def lot(issued: Village) -> dict[str, Any]:
    """The lot's documents by short name, to be changed at will."""
    return {name: deepcopy(item.document) for name, item in issued.records.items()}


def reports(profile: str, lot: dict[str, Any]) -> dict[str, FieldReport]:
    return {report.field: report for report in check_profile(load_profile(profile), list(lot.values()))}


def origin(document: Document) -> Document:
    subject = document["credentialSubject"]
    found: Document = (subject[0] if isinstance(subject, list) else subject)["ln:origin"]
    return found


# The data files


def test_the_three_profiles_are_there() -> None:
    assert profile_names() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_profile_reads_whole_and_names_its_sources(name: str) -> None:
    profile = load_profile(name)
    assert profile.name == name
    assert len({field.name for field in profile.fields}) == len(profile.fields)
    for field in profile.fields:
        assert field.label.vi
        assert field.label.en
        assert field.source


def test_tt02_has_every_field_of_its_table_with_its_confidence() -> None:
    found = {field.name: (field.need, field.confidence) for field in load_profile(TT02).fields}
    assert found == {
        "product_name": ("required", "high"),
        "product_images": ("required", "high"),
        "organisation_name": ("required", "high"),
        "address": ("required", "high"),
        "events": ("required", "high"),
        "event_product_code": ("per_event", "high"),
        "event_location_code": ("per_event", "high"),
        "event_time": ("per_event", "high"),
        "produced_on": ("required", "high"),
        "trace_code": ("required", "high"),
        "brand": ("if_exists", "high"),
        "model": ("if_exists", "high"),
        "serial": ("if_exists", "high"),
        "expires_on": ("if_exists", "high"),
        "lot": ("if_exists", "medium"),
        "standards": ("if_exists", "low"),
        "one_step_back": ("per_later_event", "medium"),
        "one_step_forward": ("per_event", "medium"),
    }


def test_nd37_has_the_eight_contents_and_the_three_requirements() -> None:
    fields = load_profile(ND37).fields
    for number in range(1, 9):
        assert any(field.source.endswith(f"nội dung {number}") for field in fields), number
    assert [field.name for field in fields if field.source.endswith("khoản 2")] == [
        "unique_identifier",
        "up_to_date",
        "portal",
    ]


@pytest.mark.parametrize("name", ["", "vn_tt02_2024", "../../pyproject", "VN_TT02_2024.json", "x" * 500])
def test_an_unknown_profile_is_refused(name: str) -> None:
    with pytest.raises(Refused) as caught:
        load_profile(name)
    assert caught.value.code is Reason.UNKNOWN_PROFILE


# Judging


def test_a_filled_field_is_ok_with_its_value(lot: dict[str, Any]) -> None:
    report = reports(TT02, lot)["product_name"]
    assert (report.status, report.value) == ("ok", "Bình mẫu")


def test_an_address_without_street_is_weak(lot: dict[str, Any]) -> None:
    report = reports(TT02, lot)["address"]
    assert report.status == "weak"
    assert report.value == "Xã Mẫu, Thành phố Hà Nội"
    assert report.detail is not None
    assert "no street" in report.detail.en


def test_an_address_with_street_and_period_is_ok(lot: dict[str, Any]) -> None:
    lot["workshop"]["credentialSubject"]["address"]["streetAddress"] = "Thôn Mẫu"
    assert reports(TT02, lot)["address"].status == "ok"


def test_an_address_without_a_period_is_weak(lot: dict[str, Any]) -> None:
    lot["workshop"]["credentialSubject"]["address"]["streetAddress"] = "Thôn Mẫu"
    for unit in origin(lot["workshop"])["administrativeUnits"]:
        unit.pop("since", None)
    assert reports(TT02, lot)["address"].status == "weak"


def test_an_own_code_instead_of_a_gtin_is_missing_and_says_so(issued: Village, lot: dict[str, Any]) -> None:
    record = issued.records["passport"].record
    assert isinstance(record, LotPassport)
    own = replace(record, gtin=None, lot_id=f"https://{HOST}/P/BINH1/10/L1")
    lot["passport"] = own.to_document()
    report = reports(ND37, lot)["gtin"]
    assert (report.status, report.value) == ("missing", "")
    assert report.detail is not None
    assert "GTIN missing" in report.detail.en


@pytest.mark.parametrize("gtin", ["09520000000011", "9520000000011", "123", "abcdefghijklmn"])
def test_a_sample_number_or_one_of_another_form_is_weak(lot: dict[str, Any], gtin: str) -> None:
    origin(lot["passport"])["gtin"] = gtin
    assert reports(ND37, lot)["gtin"].status == "weak"


def test_an_identifier_that_is_only_a_commitment_is_weak(lot: dict[str, Any]) -> None:
    assert reports(ND37, lot)["producer_id"].status == "missing"
    origin(lot["workshop"])["businessIdCommitment"] = "zQm" + "1" * 44
    assert reports(ND37, lot)["producer_id"].status == "weak"


def test_what_is_demanded_only_if_it_exists_is_never_missing(lot: dict[str, Any]) -> None:
    assert reports(ND37, lot)["warnings"].status == "not_applicable"
    origin(lot["passport"])["warnings"] = "Không dùng đựng thức ăn."
    assert reports(ND37, lot)["warnings"].status == "ok"


def test_what_no_record_can_show_is_not_applicable_and_says_why(lot: dict[str, Any]) -> None:
    report = reports(ND37, lot)["portal"]
    assert report.status == "not_applicable"
    assert report.detail is not None


def test_origin_falls_back_to_the_place_of_a_step(lot: dict[str, Any]) -> None:
    assert reports(ND37, lot)["origin"].value == "Làng Mẫu, Xã Mẫu, Việt Nam"
    del lot["workshop"]
    assert reports(ND37, lot)["origin"].status == "weak"


def test_an_empty_list_of_bought_in_goods_is_a_statement(lot: dict[str, Any]) -> None:
    origin(lot["passport"])["boughtIn"] = []
    assert reports(CRAFT, lot)["bought_in"].status == "ok"


def test_no_word_on_bought_in_goods_is_missing(lot: dict[str, Any]) -> None:
    del origin(lot["passport"])["boughtIn"]
    assert reports(CRAFT, lot)["bought_in"].status == "missing"


def test_a_recognition_that_is_not_known_is_weak(lot: dict[str, Any]) -> None:
    origin(lot["village"])["recognition"] = {"status": "unknown"}
    report = reports(CRAFT, lot)["recognition"]
    assert report.status == "weak"
    assert report.detail is not None
    assert "not known" in report.detail.en


# Events


def with_event(issued: Village, lot: dict[str, Any], kind: str) -> Document:
    """Adds a second event, later than the first."""
    vases = Quantity(f"https://{HOST}/01/09520000000011/10/L1", "Bình mẫu", 24, "H87")
    event = replace(issued.event(), kind=kind, inputs=(), outputs=(vases,), time=issued.now)
    lot[kind] = event.to_document()
    document: Document = lot[kind]
    return document


def test_without_any_event_what_each_event_must_say_is_missing(lot: dict[str, Any]) -> None:
    del lot["event"]
    found = reports(TT02, lot)
    assert {found[name].status for name in ("events", "event_time", "one_step_back")} == {"missing"}


def test_one_step_back_is_asked_from_the_second_event(issued: Village, lot: dict[str, Any]) -> None:
    assert reports(TT02, lot)["one_step_back"].status == "not_applicable"
    event = with_event(issued, lot, "packed")
    assert reports(TT02, lot)["one_step_back"].status == "ok"
    event["credentialSubject"][0]["childQuantityList"] = []
    assert reports(TT02, lot)["one_step_back"].status == "missing"


def test_the_first_event_is_the_earliest_instant_not_the_smallest_text(
    issued: Village, lot: dict[str, Any]
) -> None:
    """03:00Z is an hour after 09:00 in Viet Nam, so it is the later step."""
    later = with_event(issued, lot, "packed")["credentialSubject"][0]
    lot["event"]["credentialSubject"][0]["eventTime"] = "2026-10-13T09:00:00+07:00"
    later["eventTime"] = "2026-10-13T03:00:00Z"
    assert reports(TT02, lot)["one_step_back"].status == "ok"
    later["childQuantityList"] = []
    assert reports(TT02, lot)["one_step_back"].status == "missing"


def test_an_event_whose_time_cannot_be_read_comes_first(issued: Village, lot: dict[str, Any]) -> None:
    packed = with_event(issued, lot, "packed")["credentialSubject"][0]
    packed["eventTime"], packed["childQuantityList"] = "2026-13-45", []
    assert reports(TT02, lot)["one_step_back"].status == "ok"


def test_one_step_forward_is_asked_on_hand_over_only(issued: Village, lot: dict[str, Any]) -> None:
    assert reports(TT02, lot)["one_step_forward"].status == "not_applicable"
    event = with_event(issued, lot, "shipped")
    assert reports(TT02, lot)["one_step_forward"].status == "missing"
    event["credentialSubject"][0]["destinationList"] = [
        {"type": "location", "destination": "https://a.example/1"}
    ]
    assert reports(TT02, lot)["one_step_forward"].status == "ok"


def test_one_event_of_two_without_a_place_is_missing(issued: Village, lot: dict[str, Any]) -> None:
    del with_event(issued, lot, "packed")["credentialSubject"][0]["readPoint"]
    report = reports(TT02, lot)["event_location_code"]
    assert report.status == "missing"
    assert report.detail is not None
    assert "1 of 2" in report.detail.en


def test_a_time_without_the_offset_of_viet_nam_is_weak(lot: dict[str, Any]) -> None:
    lot["event"]["credentialSubject"][0]["eventTime"] = "2026-10-13T08:00:00Z"
    assert reports(TT02, lot)["event_time"].status == "weak"


def test_a_material_under_an_own_code_is_weak(lot: dict[str, Any]) -> None:
    lot["event"]["credentialSubject"][0]["outputQuantityList"][0]["epcClass"] = f"https://{HOST}/P/BINH/10/L1"
    assert reports(TT02, lot)["event_product_code"].status == "weak"


# Any records


def test_no_records_at_all_leave_every_required_field_missing() -> None:
    for name in NAMES:
        for report in check_profile(load_profile(name), []):
            wanted = report.need in {"required", "per_event", "per_later_event"}
            assert report.status == ("missing" if wanted else "not_applicable"), report.field


def test_the_order_of_the_records_does_not_matter(issued: Village, lot: dict[str, Any]) -> None:
    with_event(issued, lot, "packed")
    documents = list(lot.values())
    for name in NAMES:
        profile = load_profile(name)
        assert [item.status for item in check_profile(profile, documents)] == [
            item.status for item in check_profile(profile, documents[::-1])
        ]


def test_a_record_of_another_maker_is_known_by_its_type() -> None:
    document: Document = {
        "type": ["DigitalProductPassport", "VerifiableCredential"],
        "credentialSubject": {"name": "Lọ hoa"},
    }
    assert record_kind(document) == "LotPassport"
    report = reports(ND37, {"passport": document})["product_name"]
    assert (report.status, report.value) == ("ok", "Lọ hoa")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


@given(
    subject=JSON,
    kind=st.sampled_from(["DigitalProductPassport", "DigitalTraceabilityEvent", "DigitalFacilityRecord"]),
)
def test_any_subject_gives_a_whole_report(subject: Any, kind: str) -> None:
    document: Document = {"type": [kind], "credentialSubject": subject}
    for name in NAMES:
        profile = load_profile(name)
        assert len(check_profile(profile, [document])) == len(profile.fields)


@given(name=st.sampled_from(["village", "workshop", "certificate", "event", "passport"]), data=st.data())
def test_a_member_of_another_kind_never_stops_a_report(
    issued: Village, name: str, data: st.DataObject
) -> None:
    document = json.loads(json.dumps(issued.records[name].document))
    place, key = document, "credentialSubject"
    while True:
        inner = place[key]
        keys = (
            list(inner)
            if isinstance(inner, dict)
            else list(range(len(inner)))
            if isinstance(inner, list)
            else []
        )
        if not keys or data.draw(st.booleans()):
            break
        place, key = inner, data.draw(st.sampled_from(keys))
    place[key] = data.draw(JSON)
    for profile in map(load_profile, NAMES):
        assert len(check_profile(profile, [document])) == len(profile.fields)
