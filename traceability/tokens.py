"""A `vc+jwt` token with evidence, trust and a time gives a Verdict: on its own signature, then on its record.

A token is another form of a record, and log, status lists and links know the record, not the token. So a
token is worth what the record of the same words is worth: a good signature round a bad credential fails.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final

from traceability.clock import day_in_viet_nam
from traceability.errors import NotVerified, Reason, TraceabilityError, Unreadable
from traceability.evidence import Evidence, SignedRecord
from traceability.export.jwt import Token, check_token, read_jwt
from traceability.policy import allowed_roles
from traceability.records.canonical import canonical
from traceability.records.kinds import Record, read_record
from traceability.signing.trust import TrustList
from traceability.verdict import Check, CheckStatus, Verdict
from traceability.verify import LINKS, PARSE, PROOF, STATUS, TRUST, verify_record

__all__ = ["verify_jwt"]

_NOT_AT_HAND: Final = (
    "the record itself is not at hand: a token alone leads to no log, no status list and no linked record"
)


def verify_jwt(token: bytes, *, trust: TrustList, evidence: Evidence, at: datetime) -> Verdict:
    """Verifies a token and the record whose words it carries.

    Args:
        token: any bytes give a verdict.
        trust: the opened trust list.
        evidence: the record itself and linked records by URL. Without the record the outcome is `unknown` at
            best, and what the token alone shows to be wrong makes it worse.
        at: aware time that validity is judged at.
    """
    try:
        found = read_jwt(token)
        record = read_record(found.document, found.envelope)
        check_token(found, trust.methods)
    except TraceabilityError as error:
        return Verdict((_failure(PARSE if isinstance(error, Unreadable) else PROOF, error),))
    passed = Check(PROOF, CheckStatus.PASSED, f"the token's signature fits {found.method_id}")
    data = evidence.records.get(found.envelope.id)
    if data is None:
        return _in_order(passed, *_judge_alone(found, record, trust, at))
    try:
        _check_same(found, evidence.reader.read(data))
    except TraceabilityError as error:
        return _in_order(passed, _failure(LINKS, error, found.envelope.id))
    verdict = verify_record(data, trust=trust, evidence=evidence, at=at)
    return replace(verdict, checks=_in_order(passed, *verdict.checks).checks)


def _check_same(token: Token, record: SignedRecord) -> None:
    """Checks that the record at hand has the token's words and names the token's key."""
    unsigned = {name: value for name, value in record.document.items() if name != "proof"}
    if canonical(unsigned) != canonical(token.document):
        raise NotVerified(Reason.LINK_DIGEST_MISMATCH, "the record of this id says something else")
    if record.claim.method_id != token.method_id:
        raise NotVerified(
            Reason.KEY_NOT_AUTHORISED, f"the record was signed with {record.claim.method_id}, not this key"
        )


def _judge_alone(token: Token, record: Record, trust: TrustList, at: datetime) -> Iterator[Check]:
    """Gives all that can be held against a token without its record, and that this record is missing.

    A token names no time of signing, so its key must be in force when it is judged.
    """
    envelope, key = token.envelope, trust.key(token.method_id)
    try:
        key.check_time(at)
        if key.role not in allowed_roles(record):
            raise NotVerified(
                Reason.KEY_NOT_AUTHORISED, f"a {key.role} {key.use} key may not sign a {record.KIND}"
            )
    except NotVerified as error:
        yield _failure(TRUST, error, envelope.id)
    yield _failure(LINKS, NotVerified(Reason.LINK_MISSING, _NOT_AT_HAND), envelope.id)
    if envelope.valid_from > at:
        detail = f"valid from {day_in_viet_nam(envelope.valid_from)}"
        yield Check(STATUS, CheckStatus.CAUTION, detail, Reason.NOT_YET_VALID, envelope.id)
    if envelope.valid_until is not None and envelope.valid_until <= at:
        detail = f"valid until {day_in_viet_nam(envelope.valid_until)}"
        yield Check(STATUS, CheckStatus.CAUTION, detail, Reason.EXPIRED, envelope.id)


def _failure(step: str, error: TraceabilityError, subject: str | None = None) -> Check:
    return Check(step, CheckStatus.FAILED, str(error), error.code, subject)


def _in_order(*checks: Check) -> Verdict:
    return Verdict(tuple(sorted(checks, key=lambda check: check.id)))
