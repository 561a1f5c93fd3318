"""Looking up codes: verdicts from the database alone, what is counted, and what a page costs."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from shop.db.catalogue import Product
from shop.db.lots import Lot, Record
from shop.db.scans import Scan
from shop.errors import NotFound
from shop.wiring import Services
from tests.conftest import DEMO_NOW, count_page_statements, count_statements, sample_labels
from traceability.errors import Reason
from traceability.labels.code import LabelCode
from traceability.labels.code import parse as parse_label
from traceability.verdict import Outcome

CLEAN = "khan-lua-van"  # a product whose papers are all in order


def label_of(services: Services, slug: str) -> LabelCode:
    """Gives the sealed sample label of a product's first lot."""
    with services.database.read() as session:
        text = session.scalars(select(Lot.sample_label).join(Product).where(Product.slug == slug)).first()
    return parse_label(text or "")


def neighbour(services: Services, code: LabelCode) -> str:
    """Gives another serial of the same lot than the code's."""
    with services.database.read() as session:
        serials = session.scalars(
            select(Lot.serials).join(Product).where(Product.gtin == code.gtin, Lot.number == code.lot)
        ).one()
    items = [serials[start : start + 12].decode() for start in range(0, len(serials), 12)]
    return next(item for item in items if item != code.serial)


def outcome_of(services: Services, code: LabelCode) -> tuple[Outcome, tuple[Reason, ...]]:
    verdict = services.scans.look_up(code.to_uri(), now=DEMO_NOW).verdict
    return verdict.outcome, verdict.reasons


def test_sealed_label_verifies(services: Services) -> None:
    assert outcome_of(services, label_of(services, CLEAN)) == (Outcome.VERIFIED, ())


def test_every_sample_label_is_verified_or_asks_for_caution(services: Services) -> None:
    outcomes = {
        services.scans.look_up(text, now=DEMO_NOW).verdict.outcome for text in sample_labels(services)
    }
    assert outcomes == {Outcome.VERIFIED, Outcome.CAUTION}


def test_label_without_its_seal_verifies_as_a_code(services: Services) -> None:
    page = services.scans.look_up(label_of(services, CLEAN).without_seal().to_uri(), now=DEMO_NOW)
    assert page.verdict.outcome is Outcome.VERIFIED
    assert Reason.NO_SEAL in {check.reason for check in page.verdict.checks}


def test_lot_without_serial_verifies(services: Services) -> None:
    code = replace(label_of(services, CLEAN), seal=None, serial=None)
    page = services.scans.look_up(code.to_uri(), now=DEMO_NOW)
    assert page.verdict.outcome is Outcome.VERIFIED
    assert page.checks is None


def test_letter_case_does_not_matter(services: Services) -> None:
    text = label_of(services, CLEAN).to_uri()
    assert services.scans.look_up(text.lower(), now=DEMO_NOW).verdict.outcome is Outcome.VERIFIED


def test_altered_seal_is_invalid(services: Services) -> None:
    code = label_of(services, CLEAN)
    seal = code.seal or ""
    changed = replace(code, seal=seal[:60] + ("A" if seal[60] != "A" else "B") + seal[61:])
    outcome, reasons = outcome_of(services, changed)
    assert outcome is Outcome.INVALID
    assert reasons[0] in {Reason.BAD_SEAL, Reason.KEY_UNKNOWN}


def test_seal_on_a_neighbours_serial_is_invalid(services: Services) -> None:
    code = label_of(services, CLEAN)
    moved = replace(code, serial=neighbour(services, code))
    assert outcome_of(services, moved) == (Outcome.INVALID, (Reason.BAD_SEAL,))


def test_seal_of_another_lot_is_invalid(services: Services) -> None:
    moved = replace(label_of(services, CLEAN), seal=label_of(services, "com-tuoi").seal)
    assert outcome_of(services, moved)[0] is Outcome.INVALID


def test_serial_that_was_never_issued_is_invalid(services: Services) -> None:
    code = replace(label_of(services, CLEAN), seal=None, serial="ZZZZZZZZZZZZ")
    assert outcome_of(services, code) == (Outcome.INVALID, (Reason.SERIAL_NOT_IN_LOT,))


def test_other_host_is_never_verified(services: Services) -> None:
    code = replace(label_of(services, CLEAN), host="DEMO.LANGNGHE.INVALID")
    outcome, reasons = outcome_of(services, code)
    assert outcome is Outcome.INVALID
    assert Reason.HOST_NOT_TRUSTED in reasons


def test_unknown_lot_is_unknown(services: Services) -> None:
    code = replace(label_of(services, CLEAN), seal=None, lot="NO-SUCH")
    assert outcome_of(services, code) == (Outcome.UNKNOWN, (Reason.UNKNOWN_CODE,))


def test_page_names_product_workshop_and_village(services: Services) -> None:
    page = services.scans.look_up(label_of(services, CLEAN).to_uri(), now=DEMO_NOW)
    assert page.product is not None
    assert page.village is not None
    assert page.workshop is not None
    shown = services.catalogue.product(CLEAN, now=DEMO_NOW)
    assert (page.product, page.workshop) == (shown.card, shown.workshop)
    assert (page.village.slug, page.village.unit) == (shown.village.slug, shown.village.unit)


def test_product_that_is_no_longer_listed_still_verifies(own_services: Services) -> None:
    code = label_of(own_services, CLEAN)
    with own_services.database.write() as session:
        session.execute(update(Product).where(Product.slug == CLEAN).values(is_listed=False))
    page = own_services.scans.look_up(code.to_uri(), now=DEMO_NOW)
    assert page.verdict.outcome is Outcome.VERIFIED


@pytest.mark.parametrize(
    ("days", "reasons"),
    [
        (0, ()),
        (29, ()),
        (31, (Reason.STATUS_UNKNOWN,)),
        (370, (Reason.TRUST_LIST_STALE, Reason.STATUS_UNKNOWN)),
        (500, (Reason.TRUST_LIST_STALE, Reason.STATUS_UNKNOWN)),
    ],
)
def test_what_nobody_renews_grows_old(services: Services, days: int, reasons: tuple[Reason, ...]) -> None:
    later = DEMO_NOW + timedelta(days=days)
    verdict = services.scans.look_up(label_of(services, CLEAN).to_uri(), now=later).verdict
    assert verdict.reasons == reasons
    assert verdict.outcome is (Outcome.UNKNOWN if reasons else Outcome.VERIFIED)


def test_before_the_signing_nothing_is_green(services: Services) -> None:
    earlier = DEMO_NOW - timedelta(days=1)
    verdict = services.scans.look_up(label_of(services, CLEAN).to_uri(), now=earlier).verdict
    assert verdict.outcome is Outcome.INVALID
    assert Reason.NOT_YET_VALID in verdict.reasons


def test_scan_is_counted_after_the_flush_and_shown_next_time(own_services: Services) -> None:
    text = label_of(own_services, CLEAN).to_uri()
    assert own_services.scans.look_up(text, now=DEMO_NOW).checks == 0
    own_services.scans.look_up(text, now=DEMO_NOW)
    own_services.scans.counter.flush()
    assert own_services.scans.look_up(text, now=DEMO_NOW).checks == 2


def test_plain_form_shows_the_count_and_is_not_counted(own_services: Services) -> None:
    """A serial can be typed by anybody who has seen one; a seal comes from the label."""
    code = label_of(own_services, CLEAN)
    for form in (code, code.without_seal(), code.without_seal()):
        own_services.scans.look_up(form.to_uri(), now=DEMO_NOW)
    own_services.scans.counter.flush()
    assert own_services.scans.look_up(code.without_seal().to_uri(), now=DEMO_NOW).checks == 1


def test_seal_that_does_not_fit_is_not_counted(own_services: Services) -> None:
    code = label_of(own_services, CLEAN)
    moved = replace(code, serial=neighbour(own_services, code))
    foreign = replace(code, host="DEMO.LANGNGHE.INVALID")
    for text in (moved.to_uri(), foreign.to_uri()):
        own_services.scans.look_up(text, now=DEMO_NOW)
    own_services.scans.counter.flush()
    with own_services.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Scan)) == 0


def test_look_up_without_a_reader_is_not_counted(own_services: Services) -> None:
    text = label_of(own_services, CLEAN).to_uri()
    own_services.scans.look_up(text, now=DEMO_NOW, is_scan=False)
    own_services.scans.counter.flush()
    assert own_services.scans.look_up(text, now=DEMO_NOW).checks == 0


def test_uploads_are_forgotten(services: Services) -> None:
    """What strangers send never enters the reader that all requests share."""
    body = services.records.record("village-bat-trang").body
    services.scans.check_record(body, now=DEMO_NOW)
    before = services.scans._reader._read.cache_info().currsize
    for number in range(5):
        services.scans.check_record(body + b" " * (number + 1), now=DEMO_NOW)
    assert services.scans._reader._read.cache_info().currsize == before


def test_shared_reader_is_bounded(services: Services) -> None:
    assert (services.scans._reader._read.cache_info().maxsize or 0) <= 2_048


@pytest.mark.parametrize("change", [{"serial": None}, {"serial": "ZZZZZZZZZZZZ"}, {"lot": "NO-SUCH"}])
def test_what_names_no_known_serial_is_not_counted(
    own_services: Services, change: dict[str, str | None]
) -> None:
    code = replace(label_of(own_services, CLEAN).without_seal(), **change)  # type: ignore[arg-type]
    own_services.scans.look_up(code.to_uri(), now=DEMO_NOW)
    own_services.scans.counter.flush()
    with own_services.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Scan)) == 0


def test_look_up_takes_at_most_five_statements(services: Services) -> None:
    text = label_of(services, "com-tuoi").to_uri()
    with count_page_statements(services.database) as statements:
        services.scans.look_up(text, now=DEMO_NOW)
    assert len(statements) <= 5


def test_look_up_writes_nothing(services: Services) -> None:
    text = label_of(services, "com-tuoi").to_uri()
    with count_statements(services.database) as statements:
        services.scans.look_up(text, now=DEMO_NOW)
    assert {statement.split()[0] for statement in statements} <= {"SELECT", "WITH"}


def test_malformed_code_ends_before_the_database(services: Services) -> None:
    with count_statements(services.database) as statements:
        page = services.scans.look_up("https://demo.langnghe.example/01/123/10/A", now=DEMO_NOW)
    assert statements == []
    assert page.verdict.reasons == (Reason.BAD_LABEL,)


@given(st.text(max_size=200))
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_gives_a_page_that_is_not_green(sqlite_services: Services, text: str) -> None:
    page = sqlite_services.scans.look_up(text, now=DEMO_NOW)
    assert page.verdict.outcome in {Outcome.INVALID, Outcome.UNKNOWN}


def test_corrected_translation_shows_after_five_minutes(own_services: Services) -> None:
    text = label_of(own_services, CLEAN).to_uri()
    before = own_services.scans.look_up(text, now=DEMO_NOW)
    with own_services.database.write() as session:
        session.execute(
            update(Record).where(Record.id == before.record_id).values(translation='{"name": "Corrected"}')
        )
    after = own_services.scans.look_up(text, now=DEMO_NOW + timedelta(minutes=6))
    assert {station.title.en for station in after.stations if station.kind == "passport"} == {"Corrected"}


@pytest.mark.parametrize("record_id", ["village-bat-trang", "workshop-xuong-mau-1"])
def test_uploaded_record_verifies(services: Services, record_id: str) -> None:
    body = services.records.record(record_id).body
    page = services.scans.check_record(body, now=DEMO_NOW)
    assert page.verdict.outcome is Outcome.VERIFIED
    assert page.record_id == record_id


def test_uploaded_passport_verifies_with_its_whole_chain(services: Services) -> None:
    found = services.scans.look_up(label_of(services, CLEAN).to_uri(), now=DEMO_NOW)
    page = services.scans.check_record(services.records.record(found.record_id or "").body, now=DEMO_NOW)
    assert page.verdict.outcome is Outcome.VERIFIED
    assert page.stations == found.stations


def test_reindented_record_is_the_same_record(services: Services) -> None:
    body = services.records.record("village-bat-trang").body
    page = services.scans.check_record(body.replace(b'","', b'",\n  "'), now=DEMO_NOW)
    assert page.verdict.outcome is Outcome.VERIFIED


def test_changed_record_is_invalid(services: Services) -> None:
    body = services.records.record("village-bat-trang").body.replace(
        "Bát Tràng".encode(), "Bát Trang".encode()
    )
    assert services.scans.check_record(body, now=DEMO_NOW).verdict.outcome is Outcome.INVALID


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff\xfe", b'{"a":1,"a":2}', b"{" * 40])
def test_what_is_no_record_is_invalid(services: Services, data: bytes) -> None:
    page = services.scans.check_record(data, now=DEMO_NOW)
    assert page.verdict.outcome is Outcome.INVALID
    assert page.stations == ()


def test_record_check_takes_at_most_five_statements(services: Services) -> None:
    found = services.scans.look_up(label_of(services, CLEAN).to_uri(), now=DEMO_NOW)
    body = services.records.record(found.record_id or "").body
    with count_statements(services.database) as statements:
        services.scans.check_record(body, now=DEMO_NOW)
    assert len(statements) <= 5, len(statements)


def test_code_without_a_lot_names_its_product(services: Services) -> None:
    code = replace(label_of(services, CLEAN), seal=None, serial=None, lot=None)
    assert services.scans.product_slug(code) == CLEAN


def test_unknown_product_code_is_not_found(services: Services) -> None:
    with pytest.raises(NotFound) as caught:
        services.scans.product_slug(parse_label("https://demo.langnghe.example/P/NOSUCH"))
    assert caught.value.code == "NO_PRODUCT"
