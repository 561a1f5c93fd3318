"""Labels of a corrected lot: those printed before still count, and say what took their passport's place."""

from dataclasses import dataclass, replace

import pytest

from tests.simulators.corrections import (
    LOT,
    corrected,
    every_label,
    newest_first,
    with_forged_passport,
    with_notice,
    with_replaced_step,
    with_strangers_passport,
    with_strangers_step,
    with_unreadable_passport,
)
from tests.simulators.forgery import forge_at, relogged
from tests.simulators.village import HOST, NOW, did, url
from traceability.chain import Chain
from traceability.corrected import passports_of
from traceability.errors import Reason
from traceability.labels.seal import attach
from traceability.records.canonical import sha256
from traceability.status import judge_status
from traceability.verdict import CheckStatus, Outcome
from traceability.verify import verify_label


@dataclass(frozen=True)
class At:
    """A place in a log."""

    index: int


VILLAGE, EVIDENCE = corrected()
LABELS = every_label(VILLAGE)
OLD_LABEL = LABELS["old"]


def judge(label, village=VILLAGE, evidence=EVIDENCE):
    return verify_label(label.to_uri(), trust=village.trust, evidence=evidence, at=NOW)


def test_a_label_printed_before_the_correction_is_judged_by_its_own_passport():
    verdict = judge(OLD_LABEL)
    assert verdict.chain.records[0].envelope.id == url("passport")
    assert (verdict.outcome, verdict.reasons) == (Outcome.CAUTION, (Reason.SUPERSEDED,))
    assert any(url("passport-2") in check.detail for check in verdict.checks)


def test_a_label_printed_after_it_is_judged_by_the_new_one():
    verdict = judge(LABELS["new"])
    assert verdict.chain.records[0].envelope.id == url("passport-2")
    assert verdict.outcome is Outcome.VERIFIED


def test_a_code_without_a_seal_names_the_newest():
    newest, *others = passports_of(OLD_LABEL.without_seal(), EVIDENCE)
    assert newest == VILLAGE.records["passport-2"].data
    assert others == [VILLAGE.records["passport"].data]


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
    evidence = newest_first(village)
    verdict = judge(village.labels()[0], village, evidence)
    assert (verdict.outcome, Reason.RECALLED in verdict.reasons) == (Outcome.REVOKED, True)


def test_a_revoked_bit_of_the_newer_passport_reaches_them_too():
    village, evidence = corrected()
    village.revoke("passport-2")
    evidence = newest_first(village)
    assert judge(village.labels()[0], village, evidence).outcome is Outcome.REVOKED


def test_a_passport_that_was_corrected_twice_is_still_found():
    village, _ = corrected()
    second = village.records["passport-2"].record
    third = replace(second, envelope=replace(second.envelope, id=url("passport-2-2")))
    village.issue("passport-2-2", third, "workshop#record", ("workshop", "event", "certificate"))
    village.notify("passport-2", "correction")
    village.publish_lists()
    evidence = replace(village.evidence, passports={LOT: village.records["passport-2-2"].data})
    first, *others = passports_of(village.labels()[0], evidence)
    assert first == village.records["passport"].data
    assert set(others) == {village.records[name].data for name in ("passport-2", "passport-2-2")}
    assert judge(village.labels()[0], village, evidence).reasons == (Reason.SUPERSEDED,)


def test_an_earlier_passport_that_was_only_spelled_otherwise_is_found():
    spelled = VILLAGE.records["passport"].data.replace(b'{"@context"', b'{ "@context"', 1)
    records = {**EVIDENCE.records, url("passport"): spelled}
    assert judge(OLD_LABEL, evidence=replace(EVIDENCE, records=records)).reasons == (Reason.SUPERSEDED,)


# --- What is said of an earlier passport -----------------------------------------------------------------


for_every_label = pytest.mark.parametrize("label", LABELS)


@for_every_label
@pytest.mark.parametrize("action", ["recall", "suspend", "revoke"])
@pytest.mark.parametrize("issuer", ["inspector", "workshop"])
def test_what_was_recalled_stays_recalled_under_another_passport(action, issuer, label):
    assert judge(LABELS[label], *with_notice(action, issuer)).outcome is Outcome.REVOKED


@for_every_label
def test_a_revoked_bit_of_the_earlier_passport_reaches_every_label(label):
    village, evidence = corrected()
    village.revoke("passport")
    evidence = newest_first(village)
    assert judge(LABELS[label], village, evidence).outcome is Outcome.REVOKED


@for_every_label
def test_a_finding_about_the_earlier_passport_reaches_every_label(label):
    verdict = judge(LABELS[label], *with_notice("finding"))
    assert (verdict.outcome, Reason.FINDING in verdict.reasons) == (Outcome.CAUTION, True)


@for_every_label
@pytest.mark.parametrize("action", ["recall", "suspend", "revoke"])
def test_what_is_said_of_a_step_that_was_replaced_reaches_every_label(action, label):
    village, evidence = with_replaced_step(action)
    verdict = judge(every_label(village)[label], village, evidence)
    assert verdict.outcome is Outcome.REVOKED
    assert url("event") in {check.subject for check in verdict.checks if check.status is CheckStatus.FAILED}


@for_every_label
def test_a_revoked_bit_of_a_step_that_was_replaced_reaches_every_label(label):
    village, evidence = with_replaced_step(None)
    assert judge(every_label(village)[label], village, evidence).outcome is Outcome.REVOKED


def test_that_a_step_was_itself_corrected_says_nothing_of_the_newer_passport():
    village, evidence = with_replaced_step("correction", "workshop")
    assert judge(every_label(village)["new"], village, evidence).reasons == ()


def test_a_step_of_a_neighbours_passport_is_none_of_ours():
    village, evidence = with_strangers_step()
    assert judge(every_label(village)["new"], village, evidence).outcome is Outcome.VERIFIED


def test_a_replaced_step_in_other_bytes_than_those_linked_is_passed_over():
    village, evidence = with_replaced_step("recall")
    other = {**evidence.records, url("event"): village.records["event-2"].data}
    label = every_label(village)["new"]
    assert judge(label, village, replace(evidence, records=other)).outcome is Outcome.VERIFIED
    other[url("event")] = b"{}"
    assert judge(label, village, replace(evidence, records=other)).outcome is Outcome.VERIFIED


def test_a_correction_alone_makes_only_the_earlier_passport_superseded():
    assert judge(LABELS["new"]).reasons == ()
    assert judge(OLD_LABEL.without_seal()).reasons == ()


@for_every_label
def test_a_recall_that_was_withdrawn_no_longer_counts(label):
    village, evidence = with_notice("recall")
    village.revoke("recall-inspector")
    evidence = newest_first(village)
    assert judge(LABELS[label], village, evidence).outcome in {Outcome.VERIFIED, Outcome.CAUTION}
    assert Reason.RECALLED not in judge(LABELS[label], village, evidence).reasons


def test_a_recall_of_other_units_of_the_earlier_passport_is_a_note():
    other = VILLAGE.labels()[1].serial
    assert judge(LABELS["new"], *with_notice("recall", serials=(other,))).outcome is Outcome.VERIFIED
    assert (
        judge(LABELS["new"], *with_notice("recall", serials=(OLD_LABEL.serial,))).outcome is Outcome.REVOKED
    )


def test_a_recall_reaches_what_took_the_place_beside_the_newest():
    """Recalled under the second passport; then the first one is corrected once more."""
    village, evidence = corrected()
    second = village.records["passport-2"].record
    third = replace(second, envelope=replace(second.envelope, id=url("passport-3")))
    village.issue("passport-3", third, "workshop#record", ("workshop", "event", "certificate"))
    village.notify("passport-2", "recall")
    village.publish_lists()
    evidence = replace(village.evidence, passports={LOT: village.records["passport-3"].data})
    assert judge(OLD_LABEL.without_seal(), village, evidence).outcome is Outcome.REVOKED


def test_a_passport_that_cannot_be_read_does_not_hide_the_others():
    assert judge(LABELS["new"], *with_unreadable_passport()).outcome is Outcome.REVOKED


@pytest.mark.parametrize("changed", [{}, {"facility_id": f"https://{HOST}/workshops/xuong-ben"}])
def test_a_neighbour_recalls_no_lot_of_ours_by_way_of_a_passport_of_its_own(changed):
    village, evidence = with_strangers_passport(**changed)
    assert len(passports_of(LABELS["new"], evidence)) == 3
    assert judge(LABELS["new"], village, evidence).outcome is Outcome.VERIFIED


def test_a_passport_that_the_workshop_did_not_sign_brings_no_bit():
    village, evidence = with_forged_passport()
    found = [check.subject for check in judge(LABELS["new"], village, evidence).checks if check.reason]
    assert url("passport") not in found


def test_an_heir_of_the_workshop_does_not_shake_off_a_recall():
    """The second passport is of another issuer who runs the same workshop by now."""
    village, _ = with_notice("recall")
    first, passport = village.records["passport-2"], village.records["passport"]
    heir = did("workshop") + "-2"
    document = {**first.document, "issuer": {**first.document["issuer"], "id": heir}}
    start = village.evidence.reader.read(
        forge_at(village, document, "neighbour#record", NOW, verificationMethod=f"{heir}#record")
    )
    remarks = judge_status(
        Chain((start,), ()),
        evidence=village.evidence,
        trust=village.trust,
        place_of=lambda item: At(1),
        at=NOW,
        others=[passport],
    )
    assert (CheckStatus.FAILED, Reason.RECALLED) in [remark[:2] for remark in remarks]
