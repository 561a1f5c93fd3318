"""Labels of a corrected lot: those printed before still count, and say what took their passport's place."""

from dataclasses import replace

import pytest

from tests.simulators.forgery import relogged
from tests.simulators.village import HOST, NOW, Village, url
from traceability.corrected import passports_of
from traceability.errors import Reason
from traceability.issue import issue_labels
from traceability.labels.code import parse as parse_label
from traceability.labels.seal import attach
from traceability.records.canonical import sha256
from traceability.verdict import Outcome
from traceability.verify import verify_label

LOT = f"https://{HOST}/01/09520000000011/10/L1"


def corrected(issuer="workshop"):
    """A village whose lot has a second passport, and the evidence in which that one is the newest."""
    village = Village().issue_all()
    first = village.records["passport"].record
    second = replace(
        first, envelope=replace(first.envelope, id=url("passport-2")), product_name="Bình mẫu men lam"
    )
    village.issue("passport-2", second, "workshop#record", ("workshop", "event", "certificate"))
    village.notify("passport", "correction", issuer)
    village.publish_lists()
    evidence = village.evidence
    return village, replace(evidence, passports={LOT: village.records["passport-2"].data})


VILLAGE, EVIDENCE = corrected()
OLD_LABEL = VILLAGE.labels()[0]


def new_label():
    lot, serials = parse_label(LOT), [VILLAGE.serials[:12]]
    passport, key = VILLAGE.records["passport-2"], VILLAGE.key("workshop#seal")
    return next(issue_labels(lot, serials=serials, passport=passport, key=key, now=NOW))


def judge(label, village=VILLAGE, evidence=EVIDENCE):
    return verify_label(label.to_uri(), trust=village.trust, evidence=evidence, at=NOW)


def test_a_label_printed_before_the_correction_is_judged_by_its_own_passport():
    verdict = judge(OLD_LABEL)
    assert verdict.chain.records[0].envelope.id == url("passport")
    assert (verdict.outcome, verdict.reasons) == (Outcome.CAUTION, (Reason.SUPERSEDED,))
    assert any(url("passport-2") in check.detail for check in verdict.checks)


def test_a_label_printed_after_it_is_judged_by_the_new_one():
    verdict = judge(new_label())
    assert verdict.chain.records[0].envelope.id == url("passport-2")
    assert verdict.outcome is Outcome.VERIFIED


def test_a_code_without_a_seal_names_the_newest():
    assert passports_of(OLD_LABEL.without_seal(), EVIDENCE) == (VILLAGE.records["passport-2"].data,)


def test_without_the_notice_the_old_label_does_not_fit():
    evidence = relogged(VILLAGE, replace(EVIDENCE, later={}))
    assert Reason.LINK_DIGEST_MISMATCH in judge(OLD_LABEL, evidence=evidence).reasons


def test_without_the_old_passport_the_old_label_does_not_fit():
    records = {key: data for key, data in EVIDENCE.records.items() if key != url("passport")}
    assert (
        Reason.LINK_DIGEST_MISMATCH in judge(OLD_LABEL, evidence=replace(EVIDENCE, records=records)).reasons
    )


def test_a_seal_for_no_bytes_brings_no_record_that_is_not_at_hand():
    records = {key: data for key, data in EVIDENCE.records.items() if key != url("passport")}
    key = VILLAGE.key("workshop#seal")
    sealed = attach(
        OLD_LABEL.without_seal(),
        kid=key.signer.public_key.kid,
        day=NOW.date(),
        record_digest=sha256(b""),
        sign=key.signer.sign,
    )
    newest = VILLAGE.records["passport-2"].data
    assert passports_of(sealed, replace(EVIDENCE, records=records)) == (newest,)


def test_a_notice_of_a_stranger_brings_the_passport_but_changes_nothing_of_it():
    """The neighbour may not correct: the label's own passport is shown, and the notice counts for nothing."""
    village, evidence = corrected("workshop")
    notice = village.records["correction-workshop"]
    document = {
        **notice.document,
        "issuer": {**notice.document["issuer"], "id": "did:web:village.example:issuers:neighbour"},
    }
    forged = village.forge(document, "neighbour#record")
    evidence = relogged(village, replace(evidence, later={url("passport"): (forged,)}), forged)
    verdict = judge(village.labels()[0], village, evidence)
    assert verdict.chain.records[0].envelope.id == url("passport")
    assert Reason.SUPERSEDED not in verdict.reasons


@pytest.mark.parametrize("body", ["inspector", "workshop"])
def test_a_recall_of_the_newer_passport_reaches_the_labels_that_were_printed_before(body):
    village, evidence = corrected()
    village.notify("passport-2", "recall", body)
    village.publish_lists()
    evidence = replace(village.evidence, passports=evidence.passports)
    verdict = judge(village.labels()[0], village, evidence)
    assert (verdict.outcome, Reason.RECALLED in verdict.reasons) == (Outcome.REVOKED, True)


def test_a_revoked_bit_of_the_newer_passport_reaches_them_too():
    village, evidence = corrected()
    village.revoke("passport-2")
    evidence = replace(village.evidence, passports=evidence.passports)
    assert judge(village.labels()[0], village, evidence).outcome is Outcome.REVOKED


def test_a_passport_that_was_corrected_twice_is_still_found():
    village, _ = corrected()
    second = village.records["passport-2"].record
    third = replace(second, envelope=replace(second.envelope, id=url("passport-2-2")))
    village.issue("passport-2-2", third, "workshop#record", ("workshop", "event", "certificate"))
    village.notify("passport-2", "correction")
    village.publish_lists()
    evidence = replace(village.evidence, passports={LOT: village.records["passport-2-2"].data})
    rows = passports_of(village.labels()[0], evidence)
    assert rows == tuple(village.records[name].data for name in ("passport", "passport-2", "passport-2-2"))
    assert judge(village.labels()[0], village, evidence).reasons == (Reason.SUPERSEDED,)


def test_an_earlier_passport_that_was_only_spelled_otherwise_is_found():
    spelled = VILLAGE.records["passport"].data.replace(b'{"@context"', b'{ "@context"', 1)
    records = {**EVIDENCE.records, url("passport"): spelled}
    assert judge(OLD_LABEL, evidence=replace(EVIDENCE, records=records)).reasons == (Reason.SUPERSEDED,)
