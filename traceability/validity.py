"""Step 7's judgement of dates: what has begun, what has ended, and what contradicts the day it was signed.

The time that counts is the proof's, not what a record says of itself: a lot that is dated back would
otherwise borrow a certificate that had lapsed long before anybody signed.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final

from traceability.chain import Chain
from traceability.clock import day_in_viet_nam, format_instant
from traceability.errors import Reason
from traceability.evidence import SignedRecord
from traceability.limits import CLOCK_MAX_SKEW
from traceability.records.certificate import Certificate
from traceability.records.event import TraceEvent
from traceability.records.passport import LotPassport
from traceability.verdict import CheckStatus

__all__ = ["Remark", "certificate_state", "is_told_later", "judge_dates", "last_day"]

# Status, reason, a sentence, and the id of the record.
Remark = tuple[CheckStatus, Reason, str, str]

CLOCK_SLACK: Final = timedelta(days=1)  # plain dates carry no zone, and clocks of workshops are not exact


def certificate_state(certificate: Certificate, at: datetime) -> str:
    """Gives `valid`, `expired` or `not_yet_valid` at a time; computed, never stored."""
    until = certificate.envelope.valid_until
    if at < certificate.envelope.valid_from:
        return "not_yet_valid"
    return "expired" if until is not None and at >= until else "valid"


def last_day(certificate: Certificate) -> date | None:
    """Gives the last day, in Viet Nam, on part of which a certificate holds; None where it has no end."""
    until = certificate.envelope.valid_until
    return day_in_viet_nam(until - timedelta(seconds=1)) if until is not None else None


def is_told_later(item: SignedRecord) -> bool:
    """Tells whether an event was signed more than a day after it is said to have happened."""
    record = item.record
    return isinstance(record, TraceEvent) and item.claim.created - record.time > CLOCK_MAX_SKEW


def judge_dates(chain: Chain, at: datetime) -> Iterator[Remark]:
    """Gives what a person should know about the dates of a chain, record by record."""
    start = chain.records[0]
    # A certificate by itself is judged now; one in a lot's chain also when the lot was signed.
    signed = start.claim.created if isinstance(start.record, LotPassport) else at
    for item in chain.records:
        if isinstance(item.record, Certificate):
            yield from _judge_certificate(item, item.record, signed, at)
        else:
            yield from _judge_period(item, at)
        yield from _judge_claims(item, at)
    if isinstance(start.record, LotPassport) and start.record.expires_on is not None:
        if start.record.expires_on < day_in_viet_nam(at):
            detail = f"the goods were to be used by {start.record.expires_on}"
            yield _caution(start, Reason.PAST_USE_BY, detail)


def _judge_certificate(
    item: SignedRecord, certificate: Certificate, signed: datetime, at: datetime
) -> Iterator[Remark]:
    """A certificate that lapsed since the lot was signed is only a note."""
    then, now = certificate_state(certificate, signed), certificate_state(certificate, at)
    began = day_in_viet_nam(item.envelope.valid_from)
    if now == "not_yet_valid":
        yield _caution(item, Reason.NOT_YET_VALID, f"valid from {began}")
    elif then == "expired":
        yield _caution(item, Reason.EXPIRED, "the certificate had expired before the lot was signed")
    elif now == "expired":
        detail = "the certificate was valid when the lot was signed and has expired since"
        yield (CheckStatus.NOTE, Reason.EXPIRED, detail, item.envelope.id)
    elif then == "not_yet_valid":
        detail = f"the certificate began on {began}, after the lot was signed"
        yield (CheckStatus.NOTE, Reason.NOT_YET_VALID, detail, item.envelope.id)


def _judge_period(item: SignedRecord, at: datetime) -> Iterator[Remark]:
    if item.envelope.valid_from > at:
        yield _caution(item, Reason.NOT_YET_VALID, f"valid from {day_in_viet_nam(item.envelope.valid_from)}")
    elif item.envelope.valid_until is not None and item.envelope.valid_until <= at:
        yield _caution(item, Reason.EXPIRED, f"valid until {day_in_viet_nam(item.envelope.valid_until)}")


def _judge_claims(item: SignedRecord, at: datetime) -> Iterator[Remark]:
    """Nothing is signed in the future, and nothing is told as done that lay ahead when it was signed."""
    created, record = item.claim.created, item.record
    if created > at:
        yield _caution(item, Reason.NOT_YET_VALID, f"signed at {format_instant(created)}")
    ahead = isinstance(record, TraceEvent) and record.time > created + CLOCK_SLACK
    if isinstance(record, LotPassport):
        ahead = record.made_on > day_in_viet_nam(created + CLOCK_SLACK)
    if ahead:
        yield _caution(item, Reason.NOT_YET_VALID, "it tells of a day that lay ahead when it was signed")
    if isinstance(record, TraceEvent) and is_told_later(item):
        detail = f"happened at {format_instant(record.time)}, signed at {format_instant(created)}"
        yield (CheckStatus.NOTE, Reason.TOLD_LATER, detail, item.envelope.id)


def _caution(item: SignedRecord, reason: Reason, detail: str) -> Remark:
    return (CheckStatus.CAUTION, reason, detail, item.envelope.id)
