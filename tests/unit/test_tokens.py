"""A token is worth what its record is worth: a good signature round a bad credential fails."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.simulators.forgery import altered, evidence_with, forge_at
from tests.simulators.village import NOW, Village, url
from traceability.errors import Reason
from traceability.evidence import Evidence
from traceability.export.jwt import write_jwt
from traceability.records.canonical import Document, canonical
from traceability.signing.trust import Revocation, TrustList
from traceability.tokens import verify_jwt
from traceability.verdict import CheckStatus, Outcome, Verdict

VILLAGE = Village().issue_all()
PASSPORT = VILLAGE.records["passport"]


def token_of(data: bytes, key: str = "workshop#record") -> bytes:
    return write_jwt(data, VILLAGE.key(key).signer)


TOKEN = token_of(PASSPORT.data)


def judge(
    token: bytes = TOKEN,
    *,
    evidence: Evidence = VILLAGE.evidence,
    trust: TrustList = VILLAGE.trust,
    at: datetime = NOW,
) -> Verdict:
    return verify_jwt(token, trust=trust, evidence=evidence, at=at)


def forged(document: Document, key: str = "workshop#record", **options: object) -> bytes:
    """Gives the bytes of a record that a thief, or a careless tool, signed."""
    return forge_at(VILLAGE, document, key, NOW, **options)


# --- With its record at hand ----------------------------------------------------------------------------


def test_a_token_of_a_good_record_is_verified_with_its_chain() -> None:
    verdict = judge()
    assert verdict.outcome is Outcome.VERIFIED
    assert verdict.chain is not None
    assert len(verdict.chain.records) == 5


def test_the_checks_stand_in_order_and_name_the_tokens_own_signature() -> None:
    checks = judge().checks
    assert [check.id for check in checks] == sorted(check.id for check in checks)
    proofs = [check.detail for check in checks if check.id == "3-proof"]
    assert f"the token's signature fits {PASSPORT.claim.method_id}" in proofs


@pytest.mark.parametrize("name", ["event", "certificate", "workshop", "village"])
def test_what_makes_the_record_fail_makes_its_token_fail(name: str) -> None:
    assert judge(evidence=evidence_with(VILLAGE, **{name: None})).outcome is Outcome.UNKNOWN
    broken = canonical(altered(VILLAGE.records[name].document, ["name"], "Tên khác"))
    assert judge(evidence=evidence_with(VILLAGE, **{name: broken})).outcome is Outcome.INVALID


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        pytest.param(
            altered(VILLAGE.records["village"].document, ["issuer"], PASSPORT.document["issuer"]),
            Reason.KEY_NOT_AUTHORISED,
            id="wrong-role",
        ),
        pytest.param(
            altered(PASSPORT.document, ["validFrom"], "2030-01-01T00:00:00Z"),
            Reason.NOT_YET_VALID,
            id="not-yet-valid",
        ),
        pytest.param(
            altered(PASSPORT.document, ["validUntil"], "2026-11-01T00:00:00Z"),
            Reason.EXPIRED,
            id="expired",
        ),
        pytest.param(
            altered(PASSPORT.document, ["relatedResource", 0, "id"], url("nowhere")),
            Reason.LINK_MISSING,
            id="link-to-nowhere",
        ),
    ],
)
def test_a_good_token_round_a_bad_credential_is_not_verified(document: Document, reason: Reason) -> None:
    data = forged(document)
    name = document["id"].rpartition("/")[2]
    verdict = judge(token_of(data), evidence=evidence_with(VILLAGE, **{name: data}))
    assert verdict.outcome is not Outcome.VERIFIED
    assert reason in verdict.reasons


def test_a_token_of_a_record_that_is_not_logged_is_unknown() -> None:
    verdict = judge(evidence=replace(VILLAGE.evidence, receipts={}))
    assert verdict.outcome is Outcome.UNKNOWN
    assert verdict.reasons == (Reason.NOT_LOGGED, Reason.STATUS_UNKNOWN)


def test_a_key_that_was_lost_later_spoils_no_token_of_a_record_that_was_logged_before() -> None:
    village = Village().issue_all()
    village.rotate("workshop")
    village.publish_list("workshop")
    key = village.keys["workshop#record"]
    for size, outcome in ((1_000, Outcome.VERIFIED), (0, Outcome.INVALID)):
        lost = Revocation("compromised", NOW, log_size=size)
        village.keys["workshop#record"] = replace(key, revoked=lost)
        assert judge(trust=village.trust, evidence=village.evidence).outcome is outcome


def test_an_expired_proof_of_the_record_is_not_mended_by_a_token() -> None:
    data = forged(PASSPORT.document, expires="2026-11-22T07:59:59Z")
    verdict = judge(token_of(data), evidence=evidence_with(VILLAGE, passport=data))
    assert verdict.outcome is Outcome.INVALID
    assert Reason.PROOF_EXPIRED in verdict.reasons


def test_a_token_that_says_something_else_than_the_record_is_invalid() -> None:
    other = token_of(forged(altered(PASSPORT.document, ["name"], "Hộ chiếu khác")))
    verdict = judge(other)
    assert verdict.outcome is Outcome.INVALID
    assert verdict.reasons == (Reason.LINK_DIGEST_MISMATCH,)


def test_a_record_that_cannot_be_read_vouches_for_no_token() -> None:
    verdict = judge(evidence=evidence_with(VILLAGE, passport=b"{}"))
    assert verdict.outcome is Outcome.INVALID


def test_a_token_by_another_key_of_the_issuer_than_the_records_is_invalid() -> None:
    village = Village()
    seal = village.keys["workshop#seal"]
    village.keys["workshop#seal"] = replace(seal, use="record")  # so that the issuer has two
    village.issue_all()
    passport = village.records["passport"]
    resigned = forge_at(village, passport.document, "workshop#seal", NOW)
    token = write_jwt(resigned, village.key("workshop#seal").signer)
    verdict = judge(token, evidence=village.evidence, trust=village.trust)
    assert verdict.outcome is Outcome.INVALID
    assert verdict.reasons == (Reason.KEY_NOT_AUTHORISED,)


# --- Without its record ---------------------------------------------------------------------------------


def test_a_token_alone_is_unknown_and_says_why() -> None:
    verdict = judge(evidence=Evidence())
    assert verdict.outcome is Outcome.UNKNOWN
    assert verdict.reasons == (Reason.LINK_MISSING,)
    assert verdict.chain is None


def test_a_token_alone_with_the_wrong_role_is_invalid() -> None:
    document = altered(VILLAGE.records["village"].document, ["issuer"], PASSPORT.document["issuer"])
    verdict = judge(token_of(forged(document)), evidence=Evidence())
    assert verdict.outcome is Outcome.INVALID
    assert Reason.KEY_NOT_AUTHORISED in verdict.reasons


@pytest.mark.parametrize(
    ("member", "value", "reason"),
    [
        ("validFrom", "2030-01-01T00:00:00Z", Reason.NOT_YET_VALID),
        ("validUntil", "2026-11-01T00:00:00Z", Reason.EXPIRED),
    ],
)
def test_a_token_alone_names_dates_that_ask_for_caution(member: str, value: str, reason: Reason) -> None:
    data = forged(altered(PASSPORT.document, [member], value))
    verdict = judge(token_of(data), evidence=Evidence())
    assert verdict.outcome is Outcome.UNKNOWN
    assert reason in verdict.reasons


@pytest.mark.parametrize("reason", ["retired", "compromised"])
def test_a_token_alone_by_a_revoked_key_is_invalid(reason: str) -> None:
    village = Village().issue_all()
    key = village.keys["workshop#record"]
    village.keys["workshop#record"] = replace(key, revoked=Revocation(reason, NOW - timedelta(hours=1)))
    verdict = judge(trust=village.trust, evidence=Evidence())
    assert verdict.outcome is Outcome.INVALID
    assert Reason.KEY_REVOKED in verdict.reasons


# --- What is no token -----------------------------------------------------------------------------------


def test_a_key_that_is_not_listed_makes_a_token_invalid() -> None:
    village = Village()
    del village.keys["workshop#record"]
    verdict = judge(trust=village.trust)
    assert verdict.outcome is Outcome.INVALID
    assert verdict.reasons == (Reason.KEY_UNKNOWN,)


def test_a_credential_of_no_kind_of_ours_is_invalid_for_all_its_good_token() -> None:
    data = forged(altered(PASSPORT.document, ["credentialSubject", "ln:origin", "recordType"], "Other"))
    verdict = judge(token_of(data), evidence=Evidence())
    assert verdict.outcome is Outcome.INVALID
    assert verdict.reasons == (Reason.BAD_RECORD,)


@given(st.binary(max_size=300) | st.integers(0, len(TOKEN) - 1).map(lambda end: TOKEN[:end]))
def test_any_bytes_give_a_verdict_that_is_not_verified(data: bytes) -> None:
    verdict = judge(data)
    assert verdict.outcome is Outcome.INVALID
    assert all(check.status is CheckStatus.FAILED for check in verdict.checks)
