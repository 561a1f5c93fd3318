"""What speaks against single records of a list, each by itself: its key, its issuer's list, notices about it.

The chain behind a record is not judged here; the record's own page does that.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Final

from sqlalchemy import Select, func, literal, select, union_all

from shop.db.lots import Record, RecordLink
from shop.db.session import Database
from shop.db.status_lists import StatusListVersion
from shop.services.log.ledger import Ledger
from shop.services.signed.rows import local_id
from traceability.chain import Chain
from traceability.entry import record_entry_id
from traceability.errors import Reason, TraceabilityError
from traceability.evidence import Evidence, Reader, SignedRecord
from traceability.limits import NOTICES_MAX_PER_RECORD
from traceability.logged import LogBook
from traceability.policy import log_policy
from traceability.records.notice import Notice
from traceability.signing.trust import TrustList
from traceability.status import judge_status
from traceability.verdict import CheckStatus

__all__ = ["Against", "Logged", "Standing"]

REMEMBERED: Final = 128
REMEMBERED_FOR_S: Final = 300
# What is told of a record, the gravest first; that a status is unknown is told on its own page.
_GRAVEST_FIRST: Final = (
    Reason.RECALLED,
    Reason.REVOKED,
    Reason.SUSPENDED,
    Reason.SUPERSEDED,
    Reason.FINDING,
)


@dataclass(frozen=True, slots=True)
class Logged:
    """A record, and its index in the log."""

    item: SignedRecord = field(compare=False)
    record_id: str
    index: int


@dataclass(frozen=True, slots=True)
class Against:
    """What speaks against a record.

    Attributes:
        reason: the gravest.
        is_certain: False asks for caution only: a recall of single units, or an unlogged notice.
    """

    reason: Reason
    is_certain: bool = True


@dataclass(frozen=True, slots=True)
class _Asked:
    """Records under one head and in one period: what is said of them changes with the log and with time."""

    logged: tuple[Logged, ...]
    size: int
    period: int
    now: datetime = field(compare=False)


class Standing:
    """Judges the records of a list; two statements for a list that was not seen of late."""

    def __init__(self, database: Database, *, ledger: Ledger, reader: Reader, trust: TrustList) -> None:
        self._database, self._ledger, self._reader, self._trust = database, ledger, reader, trust
        self._judged = lru_cache(REMEMBERED)(self._judge)

    def against(self, logged: Sequence[Logged], *, size: int, now: datetime) -> Mapping[str, Against]:
        """Gives the gravest that speaks against each record, by record id; nothing where nothing does.

        Args:
            logged: the records.
            size: of the newest trusted head.
            now: aware.
        """
        period = int(now.timestamp()) // REMEMBERED_FOR_S
        return self._judged(_Asked(tuple(logged), size, period, now)) if logged else {}

    def _judge(self, asked: _Asked) -> Mapping[str, Against]:
        evidence = self._gather([logged.item for logged in asked.logged])
        book = LogBook(evidence, log_policy(self._trust))
        found = {}
        for logged in asked.logged:
            told = self._against_key(logged) or self._against_status(logged.item, evidence, book, asked.now)
            if told is not None:
                found[logged.record_id] = told
        return found

    def _against_key(self, logged: Logged) -> Against | None:
        claim = logged.item.claim
        try:
            self._trust.key(claim.method_id).check_time(claim.created, log_index=logged.index)
        except TraceabilityError as error:
            return Against(error.code)
        return None

    def _against_status(
        self, item: SignedRecord, evidence: Evidence, book: LogBook, now: datetime
    ) -> Against | None:
        said = judge_status(
            Chain((item,), ()), evidence=evidence, trust=self._trust, place_of=book.place, at=now
        )
        told = {(status, reason) for status, reason, _, subject in said if subject == item.envelope.id}
        for reason in _GRAVEST_FIRST:
            statuses = {status for status, other in told if other is reason}
            if statuses:
                return Against(reason, CheckStatus.FAILED in statuses)
        return None

    def _gather(self, items: Sequence[SignedRecord]) -> Evidence:
        """Loads notices about the records and their status lists, with the log's receipts of both."""
        lists = {item.envelope.status.list_url for item in items if item.envelope.status is not None}
        ids = [local_id(item.envelope.id) for item in items]
        with self._database.read() as session:
            bodies = session.scalars(_said_of(ids, lists)).all()
        later: dict[str, list[bytes]] = {}
        versions: list[SignedRecord] = []
        entry_ids = []
        for body in bodies:
            with suppress(TraceabilityError):  # what cannot be read does not count
                signed = self._reader.read(body)
                entry_ids.append(record_entry_id(signed))
                if isinstance(signed.record, Notice):
                    later.setdefault(signed.record.about, []).append(body)
                else:
                    versions.append(signed)
        receipts = self._ledger.receipts(list(dict.fromkeys(entry_ids)))
        # Older versions come first; a newer one counts once the log has it under a trusted head.
        newest = {one.envelope.id: one.data for one in versions if record_entry_id(one) in receipts}
        return Evidence(reader=self._reader, receipts=receipts, status_lists=newest, later=later)


def _said_of(record_ids: Sequence[str], list_urls: set[str]) -> Select[bytes]:
    """Gives the select of the bodies: of notices, and of the two newest versions of each list, older first.

    A flood of notices about one record hides none about another: the limit holds for each by itself.
    """
    place = func.row_number().over(partition_by=RecordLink.target, order_by=Record.issued_at)
    notices = (
        select(Record.body, literal(0).label("version"), place.label("place"))
        .join(RecordLink, RecordLink.source == Record.id)
        .where(RecordLink.target.in_(record_ids), ~RecordLink.names_successor, Record.type == Notice.KIND)
        .subquery("notices")
    )
    newest = (
        select(StatusListVersion.url, func.max(StatusListVersion.version).label("version"))
        .where(StatusListVersion.url.in_(list_urls))
        .group_by(StatusListVersion.url)
        .subquery("newest")
    )
    lists = select(StatusListVersion.body, StatusListVersion.version).join(
        newest,
        (StatusListVersion.url == newest.c.url) & (StatusListVersion.version >= newest.c.version - 1),
    )
    kept = select(notices.c.body, notices.c.version).where(notices.c.place <= NOTICES_MAX_PER_RECORD + 1)
    both = union_all(kept, lists).subquery("both")
    return select(both.c.body).order_by(both.c.version)
