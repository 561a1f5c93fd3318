"""The verdict: each outcome, what outweighs what, and that it is never a truth value."""

import pytest

from traceability.errors import Reason
from traceability.verdict import Check, CheckStatus, Outcome, Verdict


def check(status, reason=None, name="4-trust"):
    return Check(name, status, "detail", reason)


def failed(*reasons):
    return tuple(check(CheckStatus.FAILED, reason) for reason in reasons)


CAUTION = check(CheckStatus.CAUTION, Reason.EXPIRED)
NOTE = check(CheckStatus.NOTE, Reason.NO_SEAL)
SKIPPED = check(CheckStatus.SKIPPED, Reason.NO_SCAN_SIGNALS_YET)
PASSED = check(CheckStatus.PASSED)

REVOKING = {Reason.REVOKED, Reason.SUSPENDED, Reason.RECALLED}
UNDECIDED = {
    Reason.LINK_MISSING,
    Reason.NO_TRUST_LIST,
    Reason.NOT_LOGGED,
    Reason.QUORUM_MISSING,
    Reason.SERIALS_MISSING,
    Reason.STATUS_UNKNOWN,
    Reason.UNKNOWN_CODE,
    Reason.UNREADABLE_PICTURE,
    Reason.TRUST_LIST_STALE,
}


@pytest.mark.parametrize(
    ("checks", "outcome"),
    [
        pytest.param((PASSED, NOTE, SKIPPED), Outcome.VERIFIED, id="passed-noted-skipped"),
        pytest.param((PASSED, CAUTION), Outcome.CAUTION, id="caution"),
        pytest.param((CAUTION, *failed(Reason.LINK_MISSING)), Outcome.UNKNOWN, id="unknown-over-caution"),
        pytest.param(failed(Reason.REVOKED, Reason.LINK_MISSING), Outcome.REVOKED, id="revoked-over-unknown"),
        pytest.param(
            failed(Reason.BAD_SIGNATURE, Reason.REVOKED), Outcome.INVALID, id="invalid-over-revoked"
        ),
    ],
)
def test_the_worst_finding_decides(checks, outcome):
    assert Verdict(checks).outcome is outcome


@pytest.mark.parametrize("reason", Reason)
def test_a_failed_check_never_gives_verified(reason):
    expected = Outcome.REVOKED if reason in REVOKING else Outcome.INVALID
    assert Verdict(failed(reason)).outcome is (Outcome.UNKNOWN if reason in UNDECIDED else expected)


def test_a_failed_check_without_a_reason_is_invalid():
    assert Verdict(failed(None)).outcome is Outcome.INVALID


def test_reasons_are_those_that_count_each_once_and_in_order():
    checks = (NOTE, SKIPPED, CAUTION, *failed(Reason.KEY_UNKNOWN, Reason.BAD_SIGNATURE, Reason.KEY_UNKNOWN))
    assert Verdict(checks).reasons == (Reason.EXPIRED, Reason.KEY_UNKNOWN, Reason.BAD_SIGNATURE)


@pytest.mark.parametrize("checks", [(PASSED,), failed(Reason.BAD_SIGNATURE)])
def test_a_verdict_refuses_to_be_a_truth_value(checks):
    verdict = Verdict(checks)
    for use in (bool, lambda value: not value, lambda value: value and 1):
        with pytest.raises(TypeError, match="outcome"):
            use(verdict)
