"""Step 6: what a receipt must show, and what the log's order tells about keys that were lost."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.simulators.forgery import forge_at, relogged
from tests.simulators.village import HOST, LOG, NOW, WITNESS, Village, signer, url
from traceability.entry import record_entry, trust_list_entry
from traceability.errors import Reason
from traceability.ledger import note
from traceability.ledger.receipt import Receipt
from traceability.records.canonical import digest_multibase, parse
from traceability.signing.trust import Revocation, TrustedHost
from traceability.verdict import CheckStatus, Outcome
from traceability.verify import verify_label, verify_record

VILLAGE = Village().issue_all()
PASSPORT = VILLAGE.records["passport"]
ENTRIES = [record_entry(item) for item in VILLAGE.records.values()]
DAY = timedelta(days=1)


def judge(receipts=None, *, trust=VILLAGE.trust, evidence=VILLAGE.evidence, data=PASSPORT.data, at=NOW):
    evidence = evidence if receipts is None else replace(evidence, receipts=receipts)
    return verify_record(data, trust=trust, evidence=evidence, at=at)


def without(name):
    return {key: data for key, data in VILLAGE.evidence.receipts.items() if key != url(name)}


def with_receipt(name, data):
    return {**VILLAGE.evidence.receipts, url(name): data}


def rebuilt(name, **changes):
    return replace(Receipt.from_bytes(VILLAGE.receipts[url(name)]), **changes).to_bytes()


# --- What passes -----------------------------------------------------------------------------------------


def test_the_places_of_all_records_stand_in_the_verdict():
    places = judge().places
    assert {key: place.index for key, place in places.items()} == {
        url(name): index for index, name in enumerate(VILLAGE.records)
    }
    head = places[url("passport")].head
    assert (head.checkpoint.origin, head.checkpoint.size) == (LOG, len(VILLAGE.records))
    assert [one.witness.name for one in head.cosignatures] == [WITNESS]


def test_a_record_that_was_spelled_otherwise_has_the_same_entry():
    spelled = PASSPORT.data.replace(b'{"@context"', b'{ "@context"', 1)
    assert judge(data=spelled).outcome is Outcome.VERIFIED


def test_receipts_under_two_checkpoints_of_one_log_are_as_good():
    earlier = VILLAGE.receipts_of(ENTRIES[:2])
    assert judge({**VILLAGE.evidence.receipts, **earlier}).outcome is Outcome.VERIFIED


def test_an_entry_holds_digest_and_names_and_nothing_else():
    entry = parse(ENTRIES[-1].body)
    assert entry == {
        "digest": PASSPORT.digest,
        "id": url("passport"),
        "issuer": "did:web:village.example:issuers:workshop",
        "type": "LotPassport",
        "v": 1,
    }


def test_a_trust_list_is_logged_by_its_text_whoever_signs_it_later():
    two, three = (note.parse(VILLAGE.trust_note(roots)) for roots in ((1, 2), (1, 2, 3)))
    entry = trust_list_entry(VILLAGE.trust, two)
    assert entry == trust_list_entry(VILLAGE.trust, three)
    assert (entry.id, parse(entry.body)["type"]) == ("https://village.example/trust#1", "TrustList")
    assert parse(entry.body)["digest"] == digest_multibase(two.text.encode())


# --- What does not ---------------------------------------------------------------------------------------


def not_logged():
    return judge({})


def one_of_the_chain_not_logged():
    return judge(without("event"))


def list_without_a_log():
    return judge(trust=replace(VILLAGE.trust, log_policy=None))


def not_cosigned():
    return judge(VILLAGE.receipts_of(ENTRIES, cosigned=False))


def receipt_of_another_record():
    return judge(with_receipt("passport", VILLAGE.receipts[url("event")]))


def receipt_with_another_index():
    return judge(with_receipt("passport", rebuilt("passport", index=0)))


def receipt_with_a_hash_too_many():
    hashes = Receipt.from_bytes(VILLAGE.receipts[url("passport")]).hashes
    return judge(with_receipt("passport", rebuilt("passport", hashes=(*hashes, bytes(32)))))


def receipt_that_is_none():
    return judge(with_receipt("passport", b"{}"))


def receipt_that_is_too_large():
    return judge(with_receipt("passport", b"x" * 65_537))


def checkpoint_of_a_stranger():
    head = VILLAGE.head([])
    stranger = note.parse(note.sign(head.text, [("other.example/log", signer("other"))]))
    return judge(with_receipt("passport", rebuilt("passport", checkpoint=stranger)))


def checkpoint_under_our_name_with_another_key():
    receipt = Receipt.from_bytes(VILLAGE.receipts[url("passport")])
    forged = note.parse(note.sign(receipt.checkpoint.text, [(LOG, signer("thief"))]))
    return judge(with_receipt("passport", replace(receipt, checkpoint=forged).to_bytes()))


def checkpoint_changed_after_signing():
    data = VILLAGE.receipts[url("passport")].replace(f"{LOG}\n5\n".encode(), f"{LOG}\n6\n".encode())
    return judge(with_receipt("passport", data))


def two_trees_of_one_size():
    others = VILLAGE.receipts_of(list(reversed(ENTRIES)))
    return judge(with_receipt("passport", others[url("passport")]))


FAILURES = {
    not_logged: (Outcome.UNKNOWN, Reason.NOT_LOGGED),
    one_of_the_chain_not_logged: (Outcome.UNKNOWN, Reason.NOT_LOGGED),
    list_without_a_log: (Outcome.UNKNOWN, Reason.NOT_LOGGED),
    not_cosigned: (Outcome.UNKNOWN, Reason.QUORUM_MISSING),
    receipt_of_another_record: (Outcome.INVALID, Reason.BAD_RECEIPT),
    receipt_with_another_index: (Outcome.INVALID, Reason.BAD_RECEIPT),
    receipt_with_a_hash_too_many: (Outcome.INVALID, Reason.BAD_RECEIPT),
    receipt_that_is_none: (Outcome.INVALID, Reason.BAD_RECEIPT),
    receipt_that_is_too_large: (Outcome.INVALID, Reason.TOO_LARGE),
    checkpoint_of_a_stranger: (Outcome.INVALID, Reason.KEY_UNKNOWN),
    checkpoint_under_our_name_with_another_key: (Outcome.INVALID, Reason.KEY_UNKNOWN),
    checkpoint_changed_after_signing: (Outcome.INVALID, Reason.BAD_SIGNATURE),
    two_trees_of_one_size: (Outcome.INVALID, Reason.FORK),
}


@pytest.mark.parametrize("case", FAILURES, ids=lambda case: case.__name__)
def test_a_receipt_that_does_not_show_it_fails_step_6(case):
    verdict = case()
    outcome, reason = FAILURES[case]
    assert verdict.outcome is outcome
    assert [check.reason for check in verdict.checks if check.id == "6-log"] == [reason] * sum(
        check.id == "6-log" for check in verdict.checks
    )


# --- Lost keys and the log's order -----------------------------------------------------------------------


ROTATED = Village().issue_all()
ROTATED.rotate("workshop")
ROTATED.publish_list("workshop")


def revoked(reason, log_size, *, key="workshop#record"):
    """The trust list after a rotation: the old key is revoked, the new one signs the status list."""
    entry = replace(ROTATED.keys[key], revoked=Revocation(reason, NOW + DAY, log_size))
    return replace(ROTATED.trust, keys=tuple({**ROTATED.keys, key: entry}.values()))


@pytest.mark.parametrize("reason", ["retired", "compromised"])
def test_records_from_before_the_size_stay_verified(reason):
    verdict = judge(trust=revoked(reason, 5), evidence=ROTATED.evidence, at=NOW + 2 * DAY)
    assert verdict.outcome is Outcome.VERIFIED


@pytest.mark.parametrize("reason", ["retired", "compromised"])
def test_records_from_behind_the_size_do_not_count(reason):
    verdict = judge(trust=revoked(reason, 4), evidence=ROTATED.evidence, at=NOW + 2 * DAY)
    assert verdict.reasons == (Reason.KEY_REVOKED,)


@pytest.mark.parametrize("reason", ["retired", "compromised"])
def test_a_status_list_of_the_revoked_key_tells_nothing_any_more(reason):
    verdict = judge(trust=revoked(reason, 5), evidence=VILLAGE.evidence, at=NOW + 2 * DAY)
    assert (verdict.outcome, verdict.reasons) == (Outcome.UNKNOWN, (Reason.STATUS_UNKNOWN,))


def test_a_date_before_the_theft_does_not_help_a_record_logged_after_it():
    dated_back = forge_at(VILLAGE, PASSPORT.document, "workshop#record", NOW - 30 * DAY)
    evidence = relogged(VILLAGE, VILLAGE.evidence, dated_back)
    verdict = judge(data=dated_back, evidence=evidence, trust=revoked("compromised", 4))
    assert Reason.KEY_REVOKED in verdict.reasons


def test_a_compromised_keys_record_without_a_receipt_does_not_count():
    assert Reason.KEY_REVOKED in judge(without("passport"), trust=revoked("compromised", 5)).reasons


@pytest.mark.parametrize(("log_size", "reasons"), [(5, ()), (4, (Reason.KEY_REVOKED,))])
def test_a_label_of_a_stolen_seal_key_counts_by_its_lots_place(log_size, reasons):
    code = VILLAGE.labels()[0].to_uri()
    trust = revoked("compromised", log_size, key="workshop#seal")
    assert verify_label(code, trust=trust, evidence=ROTATED.evidence, at=NOW).reasons == reasons


# --- Hosts -----------------------------------------------------------------------------------------------


def test_a_label_of_an_earlier_host_names_its_successor():
    hosts = (TrustedHost(HOST, NOW - 400 * DAY, NOW + DAY, "new.example"),)
    verdict = verify_label(
        VILLAGE.labels()[0].to_uri(),
        trust=replace(VILLAGE.trust, hosts=hosts),
        evidence=VILLAGE.evidence,
        at=NOW + 2 * DAY,
    )
    moved = [check for check in verdict.checks if check.reason is Reason.HOST_MOVED]
    assert verdict.outcome is Outcome.VERIFIED
    assert [(check.status, "new.example" in check.detail) for check in moved] == [(CheckStatus.NOTE, True)]
