"""The frozen values of a verification page: what was found, what was said later, and where the log has it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from shop.services.log.values import LogPosition
from shop.services.signed.values import (
    CertificateView,
    CopiedPaper,
    Correction,
    NoticeView,
    Station,
    WithdrawnPaper,
)
from shop.services.storefront.values import ProductCard, VillageCard, WorkshopCard
from shop.services.texts import Text
from traceability.errors import Reason
from traceability.verdict import Check, CheckStatus, Verdict

__all__ = ["RecordedPlace", "VerificationPage"]

_AGAINST: Final = (CheckStatus.FAILED, CheckStatus.CAUTION)


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
