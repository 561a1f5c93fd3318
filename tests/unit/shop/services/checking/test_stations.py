"""The stations of a chain: order, who says so, which commune it was then, and what must not be missed."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from flask import Flask, get_template_attribute
from sqlalchemy import select

from shop.db.catalogue import Product
from shop.db.lots import Lot
from shop.services.checking.stations import stations
from shop.services.checking.values import VerificationPage
from shop.services.signed.values import Station
from shop.wiring import Services
from tests.conftest import DEMO_NOW, sample_labels
from tests.simulators.village import Village
from traceability.chain import collect_chain
from traceability.clock import VIET_NAM_TIME, day_in_viet_nam
from traceability.labels.code import parse as parse_label
from traceability.records.canonical import digest_multibase
from traceability.records.event import TraceEvent

LEVELS = {"self_declared", "transcribed", "attested", "inspected", "certified"}


@pytest.fixture(scope="module")
def pages_by_engine() -> dict[str, list[VerificationPage]]:
    """What `pages` has looked up; the pages are frozen, and the demo is only read."""
    return {}


@pytest.fixture
def pages(
    services: Services, engine_name: str, pages_by_engine: dict[str, list[VerificationPage]]
) -> list[VerificationPage]:
    """The verification page of one label of each lot."""
    if engine_name not in pages_by_engine:
        found = [services.scans.look_up(text, now=DEMO_NOW) for text in sample_labels(services)]
        pages_by_engine[engine_name] = found
    return pages_by_engine[engine_name]


def test_chain_begins_with_the_passport_and_ends_with_the_village(pages: list[VerificationPage]) -> None:
    for page in pages:
        kinds = [station.kind for station in page.stations]
        assert kinds[0] == "passport"
        assert kinds[-2:] == ["workshop", "village"]
        assert len(kinds) > 3


def test_events_stand_newest_first(pages: list[VerificationPage]) -> None:
    for page in pages:
        days = [station.when for station in page.stations[1:-2] if station.when is not None]
        assert days == sorted(days, reverse=True)


def test_every_station_names_signer_role_level_and_custody(pages: list[VerificationPage]) -> None:
    stations = [station for page in pages for station in page.stations]
    assert all(station.signer and station.is_sound for station in stations)
    assert {station.level for station in stations} <= LEVELS
    assert {station.role for station in stations} <= {"workshop", "commune", "province"}
    assert {station.custody for station in stations} == {"server"}


def test_village_is_attested_by_the_province_and_workshop_by_the_commune(
    pages: list[VerificationPage],
) -> None:
    roles = {station.kind: station.role for page in pages for station in page.stations}
    assert (roles["village"], roles["workshop"], roles["passport"]) == ("province", "commune", "workshop")


def test_every_station_leads_to_its_record(services: Services, pages: list[VerificationPage]) -> None:
    for station in pages[0].stations:
        assert station.record_path == f"/records/{station.record_id}"
        assert services.records.record(station.record_id).body


def test_every_title_is_translated(pages: list[VerificationPage]) -> None:
    untranslated = {station.record_id for page in pages for station in page.stations if not station.title.en}
    assert untranslated == set()


def test_day_of_signing_is_the_day_of_the_proof(pages: list[VerificationPage]) -> None:
    assert {station.signed_on for page in pages for station in page.stations} == {DEMO_NOW.date()}


def test_places_are_named_for_their_time() -> None:
    """Where the commune was another one then, the one of today stands beside it."""
    village = Village().issue_all()
    early = replace(village.event(), time=datetime(2025, 6, 10, 8, 0, tzinfo=UTC))
    village.issue("event", early, "workshop#record", ("workshop",))
    linked = ("workshop", "event", "certificate")
    chain = collect_chain(
        village.issue("passport", village.passport(), "workshop#record", linked), village.evidence
    )
    told = stations(chain, trust=village.trust, translations={}, unsound=frozenset())
    made = next(station for station in told if station.kind == "made")
    assert made.when == date(2025, 6, 10)
    assert made.place is not None
    assert made.place.vi == "Làng Mẫu, Xã Mẫu Cũ, Huyện Mẫu"
    assert made.place_now == "Xã Mẫu"


def made_with(*evidence: str) -> Station:
    """The station of a step that names these digests."""
    village = Village().issue_all()
    return station_of(village, replace(village.event(), evidence=evidence))


def station_of(village: Village, told: TraceEvent) -> Station:
    """The station of a step as told."""
    village.issue("event", told, "workshop#record", ("workshop",))
    linked = ("workshop", "event", "certificate")
    chain = collect_chain(
        village.issue("passport", village.passport(), "workshop#record", linked), village.evidence
    )
    found = stations(chain, trust=village.trust, translations={}, unsound=frozenset())
    return next(station for station in found if station.kind == "made")


def test_what_was_told_later_counts_days_of_the_calendar() -> None:
    """Not spans of 24 hours: from late on the 16th to early on the 23rd is seven days."""
    village = Village().issue_all()
    midnight = datetime.combine(day_in_viet_nam(village.now), time(), VIET_NAM_TIME)
    told = replace(village.event(), time=midnight - timedelta(days=6, minutes=1))
    assert [note.vi for note in station_of(village, told).notes] == ["Ghi lại 7 ngày sau khi diễn ra."]


@pytest.mark.parametrize(("count", "said"), [(0, None), (1, "1 tệp;"), (3, "3 tệp;")])
def test_a_step_says_how_many_photos_and_voice_notes_it_has(app: Flask, count: int, said: str | None) -> None:
    digests = tuple(digest_multibase(b"%d" % number) for number in range(count))
    station = made_with(*digests)
    with app.test_request_context("/"):
        html = str(get_template_attribute("_macros/chain.html", "chain")([station]))
    assert station.evidence == digests
    assert ("Ảnh hoặc ghi âm kèm theo" in html) is (said is not None)
    assert (said or "") in html


def test_bought_in_goods_are_noted_on_the_passport(services: Services) -> None:
    with services.database.read() as session:
        label = session.scalars(
            select(Lot.sample_label).join(Product).where(Product.slug == "ao-dai-lua")
        ).first()
    page = services.scans.look_up(label or "", now=DEMO_NOW)
    notes = [note for station in page.stations if station.kind == "passport" for note in station.notes]
    assert notes
    assert all("Hàng mua vào" in note.vi and "Bought in" in note.en for note in notes)


def test_lot_without_bought_in_goods_has_no_note(services: Services) -> None:
    with services.database.read() as session:
        label = session.scalars(
            select(Lot.sample_label).join(Product).where(Product.slug == "binh-hoa-men-lam")
        ).first()
    page = services.scans.look_up(label or "", now=DEMO_NOW)
    assert page.stations[0].notes == ()


def test_signer_outside_the_trust_list_is_shown_as_unknown(services: Services) -> None:
    """A record of a stranger shows its station, marked as not sound."""
    body = services.records.record("village-bat-trang").body
    forged = body.replace(b"issuers:province-ha-noi#record-1", b"issuers:province-ha-noi#record-9")
    page = services.scans.check_record(forged, now=DEMO_NOW)
    station = page.stations[-1]
    assert (station.role, station.custody, station.is_sound) == ("unknown", "unknown", False)


def test_certificates_show_their_state_at_issue_and_today(services: Services) -> None:
    with services.database.read() as session:
        label = session.scalars(
            select(Lot.sample_label).join(Product).where(Product.slug == "khan-lua-van")
        ).first()
    now = services.scans.look_up(label or "", now=DEMO_NOW)
    later = services.scans.look_up(label or "", now=DEMO_NOW + timedelta(days=1_200))
    (then,) = [view for view in now.certificates if view.kind == "ocop"]
    (today,) = [view for view in later.certificates if view.kind == "ocop"]
    assert (then.state_at_issue, then.state) == ("valid", "valid")
    assert (today.state_at_issue, today.state) == ("valid", "expired")


def test_code_on_the_page_is_the_label_in_capitals(services: Services, pages: list[VerificationPage]) -> None:
    for page, text in zip(pages, sample_labels(services), strict=True):
        assert page.code == text == parse_label(text).to_uri()
