"""What can be said of a record with less than a trust list: its proof under given keys, or its form alone."""

from collections.abc import Callable, Mapping
from datetime import datetime

from traceability.clock import day_in_viet_nam
from traceability.errors import NotVerified, Reason, TraceabilityError
from traceability.evidence import Reader
from traceability.export.jwt import check_token, is_jwt, read_jwt
from traceability.records.envelope import Envelope
from traceability.records.kinds import read_record
from traceability.signing.proof import VerificationMethod, verify_proof
from traceability.verdict import Check, CheckStatus, Verdict
from traceability.verify import LABEL, LINKS, LOG, PARSE, PROOF, SCANS, STATUS, TRUST

__all__ = ["judge_form", "judge_proof"]


def judge_proof(keys: Mapping[str, VerificationMethod], at: datetime) -> Callable[[str, bytes], Verdict]:
    """Gives a function that checks form, proof and dates of a record or token, and says what it left out.

    Args:
        keys: trusted by the caller, by verification method id.
        at: aware time that dates are judged at.
    """

    def judge(_name: str, data: bytes) -> Verdict:
        try:
            envelope, method = _prove(data, keys, at)
        except TraceabilityError as error:
            return Verdict((_failure(error), *_skipped()))
        passed = (
            Check(
                PARSE, CheckStatus.PASSED, "the record is strict JSON with the shared part of every record"
            ),
            Check(PROOF, CheckStatus.PASSED, f"the signature fits {method.id}"),
        )
        return Verdict(tuple(sorted((*passed, *_dates(envelope, at), *_skipped()), key=lambda c: c.id)))

    return judge


def judge_form(_name: str, data: bytes) -> Verdict:
    """Reads a record or token without knowing anybody's key: never more than `unknown`."""
    try:
        if is_jwt(data):
            token = read_jwt(data)
            read_record(token.document, token.envelope)
        else:
            Reader(1).read(data)
    except TraceabilityError as error:
        return Verdict((_failure(error),))
    passed = Check(PARSE, CheckStatus.PASSED, "the record is strict JSON of a known kind")
    detail = "no trust list and no keys were given: nobody's signature is known"
    return Verdict((passed, Check(TRUST, CheckStatus.FAILED, detail, Reason.NO_TRUST_LIST)))


def _prove(
    data: bytes, keys: Mapping[str, VerificationMethod], at: datetime
) -> tuple[Envelope, VerificationMethod]:
    """Gives the shared part of a record or token, and the key that fits."""
    if is_jwt(data):
        token = read_jwt(data)
        return token.envelope, check_token(token, keys)
    proof = verify_proof(data, keys, at=at)
    return proof.envelope, proof.method


def _failure(error: TraceabilityError) -> Check:
    step = PROOF if isinstance(error, NotVerified) else PARSE
    return Check(step, CheckStatus.FAILED, str(error), error.code)


def _dates(envelope: Envelope, at: datetime) -> tuple[Check, ...]:
    if envelope.valid_from > at:
        detail = f"valid from {day_in_viet_nam(envelope.valid_from)}"
        return (Check(STATUS, CheckStatus.CAUTION, detail, Reason.NOT_YET_VALID, envelope.id),)
    if envelope.valid_until is not None and envelope.valid_until <= at:
        detail = f"valid until {day_in_viet_nam(envelope.valid_until)}"
        return (Check(STATUS, CheckStatus.CAUTION, detail, Reason.EXPIRED, envelope.id),)
    return ()


def _skipped() -> tuple[Check, ...]:
    return tuple(
        Check(step, CheckStatus.SKIPPED, detail, reason)
        for step, reason, detail in (
            (LABEL, Reason.NO_SEAL, "a record was given, not a label"),
            (TRUST, Reason.NO_TRUST_LIST, "keys were given: role, scope and period were not checked"),
            (LINKS, Reason.LINK_MISSING, "keys were given: links were not followed"),
            (LOG, Reason.NOT_LOGGED, "with --keys the log is not looked at"),
            (STATUS, Reason.STATUS_UNKNOWN, "revocation was not checked"),
            (SCANS, Reason.NO_SCAN_SIGNALS_YET, "a record was given, not a label"),
        )
    )
