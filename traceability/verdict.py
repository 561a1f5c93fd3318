"""What a verification finds: one outcome, and one entry per check."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, NoReturn

from traceability.chain import Chain
from traceability.errors import Reason
from traceability.labels.code import LabelCode
from traceability.logged import LogPlace

__all__ = ["Check", "CheckStatus", "Outcome", "Verdict", "outcome_of", "verdict_to_json"]


class Outcome(StrEnum):
    """The one word of a verdict. Only `verified` is green and exits with 0."""

    VERIFIED = "verified"
    CAUTION = "caution"
    REVOKED = "revoked"
    INVALID = "invalid"
    UNKNOWN = "unknown"


class CheckStatus(StrEnum):
    """How one check ended; `skipped` is never a pass and says why."""

    PASSED = "passed"
    NOTE = "note"
    CAUTION = "caution"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Check:
    """One numbered check of docs/verification.md.

    Attributes:
        id: step and name, such as `3-proof`.
        status: how it ended.
        detail: one plain English sentence for logs and tools; pages translate `reason`.
        reason: the stable code, None where the check passed.
        subject: the id of the record or code that the check looked at.
        evidence: what a person can look at, as pairs of name and value.
    """

    id: str
    status: CheckStatus
    detail: str
    reason: Reason | None = None
    subject: str | None = None
    evidence: tuple[tuple[str, str], ...] = ()


# What a check that did not pass makes of the whole. Everything not named here makes it invalid.
_UNKNOWN: Final = frozenset(
    {
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
)
_REVOKED: Final = frozenset({Reason.REVOKED, Reason.SUSPENDED, Reason.RECALLED})


def outcome_of(reason: Reason | None) -> Outcome:
    """Gives what a failed check with this reason makes of the whole, if nothing worse is found."""
    if reason in _REVOKED:
        return Outcome.REVOKED
    return Outcome.UNKNOWN if reason in _UNKNOWN else Outcome.INVALID


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of a verification. It refuses to be a truth value: read `.outcome`.

    Attributes:
        checks: in the order of the steps of docs/verification.md.
        chain: the records that were looked at, None where not even the first could be read.
        code: the label's code, where a label was verified and could be read.
        places: where each record of the chain stands in the log, by its URL, as far as receipts prove it.
    """

    checks: tuple[Check, ...]
    chain: Chain | None = None
    code: LabelCode | None = None
    places: Mapping[str, LogPlace] = field(default_factory=dict)

    @property
    def outcome(self) -> Outcome:
        """The worst that the checks say: invalid, revoked, unknown, caution, then verified."""
        failed = {check.reason for check in self.checks if check.status is CheckStatus.FAILED}
        found = {outcome_of(reason) for reason in failed}
        for outcome in (Outcome.INVALID, Outcome.REVOKED, Outcome.UNKNOWN):
            if outcome in found:
                return outcome
        if any(check.status is CheckStatus.CAUTION for check in self.checks):
            return Outcome.CAUTION
        return Outcome.VERIFIED

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """The codes of every check that failed or asks for caution, in the order of the checks."""
        wanted = (CheckStatus.FAILED, CheckStatus.CAUTION)
        found = (check.reason for check in self.checks if check.status in wanted and check.reason)
        return tuple(dict.fromkeys(found))

    def __bool__(self) -> NoReturn:
        raise TypeError("a Verdict is not a truth value; compare .outcome with Outcome.VERIFIED")


def verdict_to_json(verdict: Verdict, name: str) -> dict[str, Any]:
    """Gives the JSON object of a verdict, as the command line and the web answer it.

    Args:
        verdict: what was found.
        name: what was checked: a file, a code or a record id.
    """
    return {
        "input": name,
        "outcome": verdict.outcome.value,
        "reasons": [reason.value for reason in verdict.reasons],
        "checks": [
            {
                "id": check.id,
                "status": check.status.value,
                "reason": check.reason.value if check.reason else None,
                "detail": check.detail,
                "subject": check.subject,
            }
            for check in verdict.checks
        ],
    }
