"""The frozen values of a verification page: what was found, what was said later, and where the log has it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from shop.services.storefront.values import (
    CertificateView,
    FactValue,
    ProductCard,
    Station,
    Text,
    VillageCard,
    WorkshopCard,
)
from traceability.errors import Reason
from traceability.verdict import Check, CheckStatus, Verdict

__all__ = [
    "Change",
    "CopiedPaper",
    "Correction",
    "LogPosition",
    "NoticeView",
    "RecordedPlace",
    "VerificationPage",
    "WithdrawnPaper",
    "Witnessed",
]

_AGAINST: Final = (CheckStatus.FAILED, CheckStatus.CAUTION)


@dataclass(frozen=True, slots=True)
class NoticeView:
    """What an entitled body said later about a record."""

    action: str  # revoke, suspend, recall, finding, correction
    about: Text
    reason: Text
    serials: tuple[str, ...]  # the units concerned; empty means all
    signer: str
    signed_on: date
    record_id: str
    successor_id: str | None  # of a correction: the record that takes the place
    about_url: str = ""
    lot: str | None = None  # where it is about a lot's passport
    photos: int = 0  # whose digests it signs; the pictures are the office's
    tells_of_copies: bool = False  # a finding that a label was copied


@dataclass(frozen=True, slots=True)
class Change:
    """What two passports of a lot say under one member; `other` stands for all that has no line of its own.

    Of `linked` records and steps only those that one of the two leads to and the other does not.

    Attributes:
        about: the name of the `step` that says something else now.
    """

    member: str
    before: tuple[FactValue, ...]
    after: tuple[FactValue, ...]
    about: Text | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """A notice that put a lot's newer passport in the place of an earlier one, and what differs."""

    record_id: str
    before_id: str
    after_id: str
    reason: Text
    signer: str
    signed_on: date
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class WithdrawnPaper:
    """A linked record that was revoked or suspended, while the record that leads to it was not.

    Attributes:
        subject: its URL, as checks name it.
        notice: who said so and when; None where its issuer's status list says it, which names no day.
    """

    subject: str
    title: Text
    issuer: str
    is_suspended: bool
    notice: NoticeView | None


@dataclass(frozen=True, slots=True)
class CopiedPaper:
    """What an association copied from a paper; the body that the paper names has signed nothing here.

    Attributes:
        scan_digest: its first characters, to compare by eye.
    """

    record_id: str
    title: Text
    claim: str
    paper_issuer: str
    decision: str | None
    paper_date: date | None
    scan_digest: str
    copied_by: str
    signed_on: date
    is_sound: bool = True
    withdrawn: Reason | None = None  # REVOKED or SUSPENDED


@dataclass(frozen=True, slots=True)
class Witnessed:
    """Who cosigned a head of the log, and when by its own clock.

    `is_here` tells that its key lies on this very server, so that it vouches for nothing.
    """

    name: str
    at: datetime
    is_here: bool = False


@dataclass(frozen=True, slots=True)
class LogPosition:
    """Where a record stands in the log.

    Attributes:
        index: from 0.
        size: number of entries under the head that proves it.
        witnesses: of that head; the record was logged before the earliest of them signed.
        issuer: the last part of the issuer's DID.
    """

    index: int
    size: int
    witnesses: tuple[Witnessed, ...]
    issuer: str


@dataclass(frozen=True, slots=True)
class RecordedPlace:
    """The place that a record is about; `kind` is `village` or `workshop`."""

    kind: str
    slug: str
    name: str
    has_page: bool


@dataclass(frozen=True, slots=True)
class VerificationPage:
    """All that a verification page shows: the verdict, the thing, and its origin chain."""

    verdict: Verdict
    code: str | None  # the text that was checked, in capitals
    product: ProductCard | None
    village: VillageCard | None
    workshop: WorkshopCard | None
    lot: str | None
    serial: str | None
    units: int | None
    record_id: str | None
    issued_at: datetime | None
    voucher: str | None  # who signed the passport
    stations: tuple[Station, ...]
    certificates: tuple[CertificateView, ...]
    checks: int | None  # how often this code was looked at before, None where not counted
    checked_at: datetime
    roots_fingerprint: str
    is_record: bool = False  # a record was given, not a label
    title: Text | None = None  # the record's own name
    place: RecordedPlace | None = None  # that the record is about
    notice: NoticeView | None = None  # where the record says something about another one
    body: str | None = None  # a record's text, indented for reading
    is_made_outside: bool = False  # the workshop's site lies outside its village
    expires_on: date | None = None
    is_past_use_by: bool = False
    notices: tuple[NoticeView, ...] = ()
    corrections: tuple[Correction, ...] = ()  # of the lot's passport, or what this very notice corrects
    withdrawn: tuple[WithdrawnPaper, ...] = ()
    papers: tuple[CopiedPaper, ...] = ()
    log: LogPosition | None = None  # None where no receipt proves a place
    is_spoiled: bool = False  # the workshop told us so of this label, and signed nothing
    replaced_id: str | None = None  # that the label was sealed for, where the page tells a newer record
    newer_checks: tuple[Check, ...] = ()  # of that newer record; the verdict has the label's

    @property
    def is_found_copied(self) -> bool:
        """Whether somebody entitled found this very label copied."""
        named = {one.upper() for told in self.notices if told.tells_of_copies for one in told.serials}
        return self.serial is not None and self.serial.upper() in named

    @property
    def because(self) -> tuple[Check, ...]:
        """The checks that speak against the thing itself, each reason once.

        A linked paper that was taken back stands in `withdrawn`. Under an address that is not ours the other
        findings say nothing. That a record was replaced is no news where the page tells the newer one.
        """
        told = {paper.subject for paper in self.withdrawn}
        against: dict[Reason, Check] = {}
        for check in (*self.verdict.checks, *self.newer_checks):
            is_papers = check.subject in told and check.reason in (Reason.REVOKED, Reason.SUSPENDED)
            is_told = check.reason is Reason.SUPERSEDED and self._is_replaced(check.subject)
            if check.status in _AGAINST and check.reason and not is_papers and not is_told:
                against.setdefault(check.reason, check)
        host = against.get(Reason.HOST_NOT_TRUSTED)
        return (host,) if host is not None else tuple(against.values())

    def _is_replaced(self, subject: str | None) -> bool:
        return self.replaced_id is not None and (subject or "").rpartition("/")[2] == self.replaced_id
