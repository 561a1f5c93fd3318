"""Forms filled up to records: nothing is assumed that the operator did not write."""

from typing import Any

import pytest

from shop.errors import BadInput
from shop.services.issuing.forms import Forms
from shop.services.issuing.status_places import StatusPlaces
from tests.simulators.village import HOST, NOW, Village
from traceability.errors import TraceabilityError
from traceability.evidence import SignedRecord
from traceability.records.canonical import digest_multibase
from traceability.records.event import TraceEvent
from traceability.records.facility import VillageRecognition, WorkshopRecord
from traceability.records.passport import LotPassport

FORM: dict[str, Any] = {
    "slug": "lang-khac", "name": "Làng Khác", "region": "Tỉnh Mẫu",
    "craft": {"group": "4", "name": "mây tre đan"},
    "units": [{"name": "Xã Mẫu", "code": "vn:01/00577", "since": "2025-07-01"}],
    "recognition": {"type": "craft_village", "status": "recognised"},
}  # fmt: skip
KNOWN: dict[str, Any] = {"slug": "la-phu", "recognition": {"status": "unknown"}}
WORKSHOP: dict[str, Any] = {
    "slug": "xuong-khac", "name": "Xưởng khác", "village": "village", "legalForm": "enterprise",
    "site": {"kind": "home", "insideVillage": True, "place": "thôn Mẫu"},
}  # fmt: skip
LOT: dict[str, Any] = {
    "workshop": "workshop", "lot": "L1", "units": 1, "madeOn": "2026-10-01",
    "product": {"code": "GIOMAU", "name": {"vi": "Giỏ mẫu"}, "hs": {"code": "4602", "name": "Basketwork"}},
    "materials": [
        {"name": "Mây", "origin": "Mẫu", "country": "VN", "percent": 100,
         "hs": {"code": "1401", "name": "Rattans"}}
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def village() -> Village:
    return Village().issue_all()


def forms(village: Village, role: str = "association") -> Forms:
    def find(name: str) -> SignedRecord:
        return village.records[name]

    places = StatusPlaces(frozenset(), lambda count: 7)
    return Forms(HOST, village.keys[f"{role}#record"], find, places, lambda count: b"\x05" * count, NOW)


def filled(village: Village, **changes: Any) -> VillageRecognition:
    form = {name: value for name, value in {**FORM, **changes}.items() if value is not None}
    record = forms(village).village(form).record
    assert isinstance(record, VillageRecognition)
    return record


@pytest.mark.parametrize(
    ("recognition", "title"),
    [
        ({"type": "craft_village", "status": "recognised"}, "Làng nghề Khác"),
        ({"type": "traditional_craft_village", "status": "recognised"}, "Làng nghề truyền thống Khác"),
        ({"status": "unknown"}, "Làng Khác"),
        ({"type": "craft_village", "status": "withdrawn"}, "Làng Khác"),
    ],
)
def test_the_title_follows_the_recognition(village: Village, recognition: dict[str, str], title: str) -> None:
    record = filled(village, recognition=recognition)
    assert (record.envelope.name, record.name) == (title, "Làng Khác")


@pytest.mark.parametrize("region", [None, ""])
def test_a_village_without_its_region_is_refused(village: Village, region: str | None) -> None:
    with pytest.raises(BadInput, match="region: expected the province or city"):
        filled(village, region=region)


def test_the_region_is_the_forms(village: Village) -> None:
    assert filled(village).region == "Tỉnh Mẫu"


def test_a_village_of_the_facts_has_its_region_from_them(village: Village) -> None:
    record = forms(village).village(KNOWN).record
    assert isinstance(record, VillageRecognition)
    assert (record.region, record.envelope.name) == ("Thành phố Hà Nội", "Làng La Phù")


def test_another_region_than_the_facts_say_is_refused(village: Village) -> None:
    with pytest.raises(BadInput, match="region: expected 'Thành phố Hà Nội'"):
        forms(village).village({**KNOWN, "region": "Tỉnh Mẫu"})


def test_a_workshop_takes_region_and_name_of_its_village(village: Village) -> None:
    record = forms(village).workshop(WORKSHOP).record
    assert isinstance(record, WorkshopRecord)
    assert record.region == village.village().region
    assert record.envelope.name == "Cơ sở sản xuất Xưởng khác, làng Mẫu"


def test_a_workshop_of_no_village_is_refused(village: Village) -> None:
    with pytest.raises(BadInput, match="is no village's record"):
        forms(village).workshop({**WORKSHOP, "village": "workshop"})


def test_every_record_gets_a_place_of_its_own(village: Village) -> None:
    desk = forms(village)
    entries = [desk.village(FORM).record.envelope.status for _ in range(3)]
    assert all(entry is not None and entry.list_url.endswith("/status/association/1") for entry in entries)
    assert len({entry.index for entry in entries if entry is not None}) == 3


def test_serials_come_from_the_given_chance(village: Village) -> None:
    """Ever the same bytes give ever the same serial, of which a lot has one."""
    lot, serials = forms(village, "workshop").lot(LOT, ())
    again, same = forms(village, "workshop").lot(LOT, ())
    assert isinstance(lot.record, LotPassport)
    assert (serials, lot.record) == (same, again.record)


STEP: dict[str, Any] = {
    "kind": "made", "name": "Đan giỏ", "time": "2026-10-01T08:00:00+07:00", "detail": "Đan và cạp.",
    "inputs": [{"name": "Mây chẻ", "amount": 20, "uom": "KGM"}], "outputs": [{"amount": 1, "uom": "H87"}],
}  # fmt: skip
PHOTOS = (digest_multibase(b"2"), digest_multibase(b"1"))


@pytest.mark.parametrize("evidence", [(), PHOTOS], ids=["none", "two"])
def test_a_step_keeps_the_digests_of_its_photos(village: Village, evidence: tuple[str, ...]) -> None:
    step = {**STEP, "evidence": list(evidence)} if evidence else STEP
    (event,) = forms(village, "workshop").events({**LOT, "events": [step]})
    assert isinstance(event.record, TraceEvent)
    assert event.record.evidence == evidence


@pytest.mark.parametrize("evidence", ["photo.jpg", ["photo.jpg"], [7], [*PHOTOS, PHOTOS[0]]], ids=str)
def test_a_step_with_anything_but_digests_is_refused(village: Village, evidence: object) -> None:
    with pytest.raises((BadInput, TraceabilityError)):
        forms(village, "workshop").events({**LOT, "events": [{**STEP, "evidence": evidence}]})


@pytest.mark.parametrize(
    "changes",
    [
        {"workshop": "village"},
        {"materials": ["Mây"]},
        {"papers": [1]},
        {"madeOn": "1/10/2026"},
        {"expiresOn": "soon"},
        {"units": 0},
    ],
)
def test_a_lot_that_cannot_be_read_is_refused(village: Village, changes: dict[str, Any]) -> None:
    with pytest.raises((BadInput, TraceabilityError, ValueError)):
        forms(village, "workshop").lot({**LOT, **changes}, ())
