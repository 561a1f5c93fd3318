"""Issuing: what is issued verifies, and what would not verify is not issued."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.simulators.forgery import every_kind, notice, relogged, transcription
from tests.simulators.village import HOST, NOW, Village, signer
from traceability.clock import VIET_NAM_TIME
from traceability.errors import Reason, Refused
from traceability.evidence import Reader
from traceability.issue import (
    SigningKey,
    demand_present,
    issue_labels,
    issue_record,
    issue_status_list,
    link_to,
    new_serials,
)
from traceability.labels import code, seal
from traceability.limits import LABELS_PER_BATCH, STATUS_LIST_BITS
from traceability.records.bitstring import with_bit
from traceability.records.canonical import canonical
from traceability.records.envelope import Issuer, StatusEntry
from traceability.records.event import EVENT_KINDS
from traceability.signing.proof import verify_proof
from traceability.signing.trust import Revocation
from traceability.verdict import Outcome
from traceability.verify import verify_label, verify_record

VILLAGE = Village().issue_all()
RECORDS = every_kind(VILLAGE)
LINKS = {"passport": ["workshop", "event", "certificate"], "event": ["workshop"]}


def issue(record, key="workshop#record", linked=("workshop",), *, village=VILLAGE, now=NOW):
    return issue_record(
        record, key=village.key(key), linked=[village.records[name] for name in linked], now=now
    )


def refusal(record, key="workshop#record", linked=("workshop",), **context):
    with pytest.raises(Refused) as caught:
        issue(record, key, linked, **context)
    return caught.value.code


def judge(item):
    """The verdict over a record, in a log that holds it."""
    village = Village().issue_all()
    village.records["another"] = item
    evidence = relogged(village, village.publish_lists().evidence)
    return verify_record(item.data, trust=VILLAGE.trust, evidence=evidence, at=NOW)


def test_what_is_issued_is_canonical_and_verifies():
    for item in VILLAGE.records.values():
        assert item.data == canonical(item.document)
        verify_proof(item.data, VILLAGE.trust.methods, at=NOW)
        assert judge(item).outcome is Outcome.VERIFIED


@pytest.mark.parametrize("kind", EVENT_KINDS)
def test_an_event_of_each_kind_is_issued_and_verifies(kind):
    item = issue(RECORDS[f"event-{kind}"])
    assert judge(item).outcome is Outcome.VERIFIED


@pytest.mark.parametrize(
    ("record", "key", "linked"),
    [
        pytest.param(RECORDS["certificate-artisan_title"], "province#record", ("workshop",), id="title"),
        pytest.param(RECORDS["certificate-inspection"], "inspector#record", ("workshop",), id="inspection"),
        pytest.param(notice(VILLAGE, "finding"), "inspector#record", ("passport",), id="finding"),
        pytest.param(
            notice(VILLAGE, "recall", issuer="workshop"), "workshop#record", ("passport",), id="recall"
        ),
        pytest.param(transcription(VILLAGE), "association#record", ("workshop",), id="transcription"),
    ],
)
def test_the_other_kinds_are_issued_and_verify(record, key, linked):
    issuer = Issuer(VILLAGE.keys[key].method.controller, VILLAGE.keys[key].name)
    status = StatusEntry(VILLAGE.list_url(key.partition("#")[0]), 99)
    envelope = replace(record.envelope, issuer=issuer, status=status)
    item = issue(replace(record, envelope=envelope), key, linked)
    assert judge(item).outcome is Outcome.VERIFIED


def test_the_same_values_at_the_same_time_give_the_same_bytes():
    assert Village().issue_all().records["passport"].data == VILLAGE.records["passport"].data


@pytest.mark.parametrize("linked", [(), ("village",), ("workshop", "village")])
def test_links_must_be_those_of_the_linked_records(linked):
    assert refusal(RECORDS["event"], linked=linked) is Reason.LINK_MISSING


def test_a_link_with_another_digest_is_not_signed():
    link = replace(link_to(VILLAGE.records["workshop"]), digest=VILLAGE.records["village"].digest)
    record = replace(RECORDS["event"], envelope=replace(RECORDS["event"].envelope, links=(link,)))
    assert refusal(record) is Reason.LINK_MISSING


@pytest.mark.parametrize("key", ["province#record", "inspector#record", "workshop#seal", "neighbour#record"])
def test_a_key_that_may_not_is_refused(key):
    assert refusal(RECORDS["event"], key) is Reason.KEY_NOT_AUTHORISED


def test_a_record_that_names_another_issuer_is_refused():
    envelope = RECORDS["village"].envelope
    issuer = replace(envelope.issuer, did=envelope.issuer.did + "x")
    record = replace(RECORDS["village"], envelope=replace(envelope, issuer=issuer))
    assert refusal(record, "province#record", ()) is Reason.ISSUER_MISMATCH


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"since": NOW + timedelta(seconds=1)}, Reason.KEY_EXPIRED),
        ({"until": NOW}, Reason.KEY_EXPIRED),
        ({"revoked": Revocation("retired", NOW)}, Reason.KEY_REVOKED),
        ({"revoked": Revocation("compromised", NOW + timedelta(days=1))}, Reason.KEY_REVOKED),
    ],
)
def test_a_key_that_is_not_in_force_signs_nothing(change, reason):
    village = Village().issue_all()
    village.keys["workshop#record"] = replace(village.keys["workshop#record"], **change)
    assert refusal(RECORDS["event"], village=village) is reason


def test_a_record_is_not_signed_before_those_that_it_links_to():
    assert refusal(RECORDS["event"], now=NOW - timedelta(seconds=1)) is Reason.LINK_FORWARD


@pytest.mark.parametrize(
    "change",
    [
        {"valid_from": datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC)},
        {"id": "http://village.example/records/event"},
        {"name": "La\u0300ng"},
        {"name": "\ud800"},
        {"types": ("VerifiableCredential",)},
        {"contexts": RECORDS["village"].envelope.contexts},
    ],
    ids=ascii,
)
def test_a_value_that_does_not_read_back_is_not_issued(change):
    """The errors differ, but each is ours, and no signed bytes come out."""
    record = replace(RECORDS["event"], envelope=replace(RECORDS["event"].envelope, **change))
    with pytest.raises(Refused):
        issue(record)


def test_a_private_key_and_its_entry_must_be_one_key():
    with pytest.raises(Refused) as caught:
        SigningKey(signer("another"), VILLAGE.keys["workshop#record"])
    assert caught.value.code is Reason.KEY_NOT_AUTHORISED


# --- Serials and labels ----------------------------------------------------------------------------------


def counting():
    numbers = iter(range(10**6))
    return lambda count: next(numbers).to_bytes(count, "big")


def test_new_serials_are_sorted_and_unique():
    serials = Reader().serials(new_serials(50, counting()))
    assert len(serials.members) == 50


def test_a_serial_that_is_drawn_twice_is_drawn_again():
    draws = iter([b"\0" * 8, b"\0" * 8, b"\1" * 8])
    assert len(new_serials(2, lambda _: next(draws))) == 24


@pytest.mark.parametrize("count", [0, -1, LABELS_PER_BATCH + 1])
def test_a_lot_of_another_size_is_refused(count):
    with pytest.raises(Refused) as caught:
        new_serials(count, counting())
    assert caught.value.code is Reason.BAD_VALUE


LOT = code.parse(f"https://{HOST}/01/09520000000011/10/L1")


def labels(lot=LOT, *, key="workshop#seal", passport="passport", village=VILLAGE, now=NOW):
    serials = [village.serials[:12]]
    passport = village.records[passport]
    return list(issue_labels(lot, serials=serials, passport=passport, key=village.key(key), now=now))


def label_refusal(*arguments, **context):
    with pytest.raises(Refused) as caught:
        labels(*arguments, **context)
    return caught.value.code


def test_a_label_carries_lot_serial_and_the_passports_digest():
    (label,) = labels()
    read = seal.parse(label.seal)
    assert (label.lot, label.serial) == ("L1", VILLAGE.serials[:12].decode())
    assert read.record == VILLAGE.records["passport"].sha256[:16]
    assert read.day == NOW.date()
    verdict = verify_label(label.to_uri(), trust=VILLAGE.trust, evidence=VILLAGE.evidence, at=NOW)
    assert verdict.outcome is Outcome.VERIFIED


def test_a_seal_keeps_the_day_of_utc_whatever_the_clock_shows():
    evening = NOW.replace(hour=20)
    (label,) = labels(now=evening.astimezone(VIET_NAM_TIME))
    assert labels(now=evening) == [label]
    assert seal.parse(label.seal).day == evening.date()


@pytest.mark.parametrize("key", ["workshop#record", "neighbour#seal", "province#record"])
def test_only_the_workshops_seal_key_seals(key):
    assert label_refusal(key=key) is Reason.KEY_NOT_AUTHORISED


def test_a_label_of_another_lot_than_the_passports_is_not_sealed():
    assert label_refusal(replace(LOT, lot="L2")) is Reason.SUBJECT_MISMATCH
    assert label_refusal(passport="event") is Reason.SUBJECT_MISMATCH


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"until": NOW}, Reason.KEY_EXPIRED), ({"revoked": Revocation("retired", NOW)}, Reason.KEY_REVOKED)],
)
def test_a_seal_key_that_is_not_in_force_seals_nothing(change, reason):
    village = Village().issue_all()
    village.keys["workshop#seal"] = replace(village.keys["workshop#seal"], **change)
    assert label_refusal(village=village) is reason


def test_labels_are_made_one_by_one():
    """A lot of any size costs no memory: the serials are an iterator, and so are the labels."""

    def serials():
        yield VILLAGE.serials[:12]
        raise AssertionError("the second serial was asked for before it was needed")

    passport, key = VILLAGE.records["passport"], VILLAGE.key("workshop#seal")
    assert next(issue_labels(LOT, serials=serials(), passport=passport, key=key, now=NOW)).lot == "L1"


def test_a_signer_goes_by_the_name_of_the_trust_list():
    """Pages print the signed name, so a workshop must not sign as the city."""
    record = VILLAGE.records["passport"].record
    issuer = Issuer(record.envelope.issuer.did, "Ủy ban nhân dân thành phố Hà Nội")
    impostor = replace(record, envelope=replace(record.envelope, issuer=issuer))
    with pytest.raises(Refused) as caught:
        issue_record(
            impostor,
            key=VILLAGE.key("workshop#record"),
            linked=[VILLAGE.records[name] for name in ("workshop", "event", "certificate")],
            now=NOW,
        )
    assert caught.value.code is Reason.ISSUER_MISMATCH


@pytest.mark.parametrize("hours", [-24, 0, 24])
def test_a_record_signed_about_now_may_be_logged(hours):
    demand_present(VILLAGE.records["passport"], now=NOW + timedelta(hours=hours))


@pytest.mark.parametrize("seconds", [-86_401, 86_401, 10**9, -(10**9)])
def test_a_record_signed_at_another_time_is_not_logged(seconds):
    with pytest.raises(Refused) as caught:
        demand_present(VILLAGE.records["passport"], now=NOW + timedelta(seconds=seconds))
    assert caught.value.code is Reason.BAD_TIME


def test_what_it_tells_may_lie_long_ago():
    """`validFrom` and the time of an event are claims about the past."""
    event = VILLAGE.records["event"]
    assert NOW - event.record.time > timedelta(days=30)
    demand_present(event, now=NOW)


# --- Status lists ----------------------------------------------------------------------------------------

LIST_URL = "https://village.example/status/workshop/1"
CLEAR = bytes(STATUS_LIST_BITS // 8)
FIRST_BIT = with_bit(CLEAR, 1)


def issue_list(bits=CLEAR, *, url=LIST_URL, purpose="revocation", previous=None, now=NOW, **changed):
    key = VILLAGE.key("workshop#record")
    return issue_status_list(url, bits, purpose=purpose, key=key, previous=previous, now=now, **changed)


def refused_list(*arguments, **changed):
    with pytest.raises(Refused) as caught:
        issue_list(*arguments, **changed)
    return caught.value.code


def test_the_first_version_of_a_list_has_number_1_and_holds_for_92_days():
    item = issue_list()
    assert item.record.version == 1
    assert item.record.bits == CLEAR
    assert item.envelope.valid_until - item.envelope.valid_from == timedelta(days=92)
    verify_proof(item.data, VILLAGE.trust.methods, at=NOW)


def test_each_later_version_has_the_next_number():
    first = issue_list()
    second = issue_list(FIRST_BIT, previous=first)
    third = issue_list(with_bit(FIRST_BIT, 2), previous=second, now=NOW + timedelta(days=1))
    assert (second.record.version, third.record.version) == (2, 3)
    assert third.record.has(1)
    assert third.record.has(2)


def test_a_revocation_is_not_taken_back():
    assert refused_list(CLEAR, previous=issue_list(FIRST_BIT)) is Reason.BAD_VALUE
    assert refused_list(with_bit(CLEAR, 2), previous=issue_list(FIRST_BIT)) is Reason.BAD_VALUE


def test_a_suspension_is_taken_back():
    before = issue_list(FIRST_BIT, purpose="suspension")
    assert not issue_list(CLEAR, purpose="suspension", previous=before).record.has(1)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        pytest.param({"bits": CLEAR[1:]}, Reason.BAD_VALUE, id="too-short"),
        pytest.param({"bits": CLEAR + b"\0"}, Reason.BAD_VALUE, id="too-long"),
        pytest.param({"bits": b""}, Reason.BAD_VALUE, id="no-bits"),
        pytest.param({"period": timedelta(days=92, seconds=1)}, Reason.BAD_VALUE, id="holds-too-long"),
        pytest.param({"period": timedelta(0)}, Reason.BAD_VALUE, id="holds-never"),
        pytest.param({"purpose": "message"}, Reason.BAD_VALUE, id="purpose"),
        pytest.param({"url": "https://village.example/records/x"}, Reason.BAD_VALUE, id="no-lists-address"),
        pytest.param(
            {"url": LIST_URL.replace("workshop", "province")},
            Reason.KEY_NOT_AUTHORISED,
            id="anothers",
        ),
        pytest.param({"now": NOW - timedelta(days=500)}, Reason.KEY_EXPIRED, id="before-the-key"),
        pytest.param({"previous": VILLAGE.records["event"]}, Reason.BAD_VALUE, id="previous-is-no-list"),
        pytest.param(
            {"previous": VILLAGE.lists[VILLAGE.list_url("commune")]}, Reason.BAD_VALUE, id="of-another"
        ),
        pytest.param({"previous": issue_list(purpose="suspension")}, Reason.BAD_VALUE, id="other-purpose"),
        pytest.param({"previous": issue_list(now=NOW + timedelta(seconds=1))}, Reason.BAD_VALUE, id="later"),
    ],
)
def test_a_list_that_no_verifier_would_take_is_not_issued(changed, reason):
    assert refused_list(**changed) is reason
