"""What a correction has changed, on every page that it concerns."""

from dataclasses import replace
from datetime import timedelta

from shop.services.signed.corrections import correction_of, corrections, passport_facts
from shop.services.signed.evidence import SignedEvidence
from shop.services.signed.values import Correction
from shop.services.texts import Text
from shop.wiring import Services
from tests.conftest import DEMO_NOW
from tests.simulators.corrections import corrected
from tests.simulators.village import NOW, Village
from traceability.chain import collect_chain
from traceability.issue import link_to
from traceability.records.event import TraceEvent
from traceability.records.passport import LotPassport

CORRECTION = "correction-workshop"
LINKED = ("workshop", "certificate")


def told(village: Village, name: str, **changed: object) -> tuple[Correction, ...]:
    """The corrections on the page of one of the village's records."""
    found = village.evidence
    signed = SignedEvidence(found.records, found.receipts, found.status_lists, found.later, {})
    start = village.records[name]
    return corrections(start, replace(signed, **changed), trust=village.trust, now=NOW)  # type: ignore[arg-type]


def changes(village: Village, after: LotPassport) -> dict[str, tuple[object, object]]:
    """What differs, by member, where this passport takes the first one's place."""
    village.issue("passport-2", after, "workshop#record", LINKED)
    notice = village.notify("passport", "correction", "workshop")
    one = correction_of(collect_chain(notice, village.evidence), {})
    assert one is not None
    return {change.member: (change.before, change.after) for change in one.changes}


def second(village: Village) -> LotPassport:
    """The first passport under a new id, with no event linked."""
    passport = village.passport()
    links = tuple(link_to(village.records[name]) for name in LINKED)
    envelope = replace(passport.envelope, id=f"{passport.envelope.id}-2", links=links)
    return replace(passport, envelope=envelope)


def test_both_passports_pages_tell_what_changed() -> None:
    village, _ = corrected()
    old, new = told(village, "passport"), told(village, "passport-2")
    assert old == new
    assert [change.member for change in old[0].changes] == ["product_name"]
    assert old[0].changes[0].after == (Text("Bình mẫu men lam"),)


def test_a_revoked_correction_is_not_told() -> None:
    village, _ = corrected()
    village.revoke(CORRECTION)
    village.publish_lists()
    assert told(village, "passport-2") == ()


def test_a_correction_that_the_log_does_not_have_is_not_told() -> None:
    village, _ = corrected()
    own = village.records[CORRECTION].envelope.id
    receipts = {url: data for url, data in village.evidence.receipts.items() if not url.startswith(own)}
    assert told(village, "passport-2", receipts=receipts) == ()


def test_other_records_have_no_corrections() -> None:
    village, _ = corrected()
    assert told(village, "workshop") == ()


def test_a_step_that_is_left_out_is_told_whole() -> None:
    village = Village().issue_all()
    event = village.records["event"].record
    assert isinstance(event, TraceEvent)
    before, after = changes(village, second(village))["step"]
    assert {Text(event.envelope.name), event.time, Text(event.detail)} <= set(before)
    assert after == ()


def test_a_paper_that_is_left_out_is_named() -> None:
    village = Village().issue_all()
    event, paper = village.records["event"], village.records["certificate"]
    links = tuple(link for link in village.passport().envelope.links if link.url != paper.envelope.id)
    after = second(village)
    after = replace(after, envelope=replace(after.envelope, links=links))
    village.issue("passport-2", after, "workshop#record", ("workshop", "event"))
    notice = village.notify("passport", "correction", "workshop")
    one = correction_of(collect_chain(notice, village.evidence), {})
    assert one is not None
    assert event.envelope.id in {link.url for link in links}
    assert [(change.member, change.before) for change in one.changes] == [
        ("linked", (Text(paper.envelope.name),))
    ]


def test_advice_and_days_stand_side_by_side() -> None:
    village = Village().issue_all()
    after = second(village)
    day = after.made_on + timedelta(days=9)
    said = changes(village, replace(after, warnings="Không ngâm.", expires_on=day))
    assert said["warnings"] == ((), (Text("Không ngâm."),))
    assert said["expires_on"][1] == (day,)
    assert "other" not in said


def test_what_has_no_line_of_its_own_is_an_other_part() -> None:
    village = Village().issue_all()
    assert "other" in changes(village, replace(second(village), makers=(), serial_root="0" * 64))


def test_a_passports_facts_leave_out_what_it_does_not_say() -> None:
    passport = replace(Village().issue_all().passport(), warnings=None)
    members = [fact.member for fact in passport_facts(passport, None)]
    assert "warnings" not in members
    assert {"made_on", "materials"} <= set(members)


def test_the_demos_pages_tell_the_correction(services: Services) -> None:
    for record_id in ("lot-mau3-bc-201", "lot-mau3-bc-201-2", "correction-lot-mau3-bc-201"):
        body = services.records.record(record_id).body
        page = services.scans.check_record(body, now=DEMO_NOW)
        (one,) = page.corrections
        assert [change.member for change in one.changes] == ["warnings"]
        is_replaced = {station.record_id: station.is_replaced for station in page.stations}
        assert is_replaced.get("lot-mau3-bc-201") in {True, None}
        assert not is_replaced.get("lot-mau3-bc-201-2")


def test_that_a_correction_is_signed_later_is_no_change() -> None:
    after = second(village := Village().issue_all())
    later = replace(after.envelope, valid_from=after.envelope.valid_from + timedelta(seconds=1))
    assert "other" not in changes(village, replace(after, envelope=later))
