"""What the public page of the log shows: its head, who vouches for that, and the entries, newest first."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, func, or_, select

from shop.db.log import LogCheckpoint, LogEntry
from shop.db.lots import Record
from shop.db.session import Database
from shop.errors import NotFound
from shop.services.cards import Rows
from shop.services.certificates import english
from shop.services.ledger import Ledger, TrustedSignedHead
from shop.services.values import LogPosition, Paged, Text, Witnessed
from traceability.errors import TraceabilityError
from traceability.evidence import SignedRecord
from traceability.ledger.quorum import Policy, TrustedHead
from traceability.logged import LogPlace
from traceability.policy import log_policy
from traceability.records.canonical import Document, parse
from traceability.signing.trust import TrustList

__all__ = ["Issuer", "LogEntryView", "LogHead", "LogPage", "LogPages", "log_position", "witnessed"]

ENTRIES_A_PAGE: Final = 20
SHORT_ROOT_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class LogHead:
    """The newest trusted head.

    Attributes:
        short_root: 16 hexadecimal digits in groups of four, to compare by eye.
        checkpoint: the whole signed note.
        signed_at: by the log's own clock.
    """

    size: int
    short_root: str
    checkpoint: str
    signed_at: datetime
    witnesses: tuple[Witnessed, ...]


@dataclass(frozen=True, slots=True)
class Issuer:
    """Somebody in whose name things are logged."""

    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class LogEntryView:
    """One entry.

    Attributes:
        kind: the type in the entry, such as `LotPassport`; empty for an entry that does not read.
        title: the record's name, None where the shop does not hold the record.
        issuer: None for the trust list.
        status_list: issuer and number of a status list, None for everything else.
        signed_at: of the first head that the entry stands under.
    """

    index: int
    kind: str
    title: Text | None
    issuer: Issuer | None
    record_id: str | None
    status_list: tuple[str, str] | None
    signed_at: datetime | None


@dataclass(frozen=True, slots=True)
class LogPage(Paged):
    """The page; `issuer` is whose entries alone are shown, None for everybody's."""

    head: LogHead | None
    entries: tuple[LogEntryView, ...]
    total: int
    number: int
    pages: int
    issuer: Issuer | None
    issuers: tuple[Issuer, ...]


class LogPages:
    """Reads the log for people."""

    def __init__(self, database: Database, *, ledger: Ledger, trust: TrustList, host: str) -> None:
        self._database, self._ledger, self._host = database, ledger, host
        names = {key.method.controller: key.name for key in trust.keys if key.use == "record"}
        self._issuers = {did: Issuer(did.rpartition(":")[2], name) for did, name in names.items()}
        self._policy = log_policy(trust)

    def page(self, *, issuer: str | None = None, number: int = 1) -> LogPage:
        """Gives one page of entries under the newest trusted head.

        Args:
            issuer: the last part of a DID of the trust list; only what is issued in this name.
            number: from 1; a number behind the last page gives the last one.

        Raises:
            NotFound: NO_ISSUER.
        """
        did = f"did:web:{self._host}:issuers:{issuer}"
        if issuer is not None and did not in self._issuers:
            raise NotFound("NO_ISSUER", f"no issuer {issuer[:80]!r}")
        latest = self._ledger.latest()
        size = latest.size if latest is not None else 0
        chosen = LogEntry.idx < size
        with self._database.read() as session:
            total = size
            if issuer is not None:
                chosen = chosen & self._is_issued_by(did, issuer)
                total = session.scalar(select(func.count()).select_from(LogEntry).where(chosen)) or 0
            pages = max(1, -(-total // ENTRIES_A_PAGE))
            number = min(max(1, number), pages)
            rows = session.execute(_entries(chosen, number)).all()
        return LogPage(
            head=self._head(latest) if latest is not None else None,
            entries=tuple(self._entry(row) for row in rows),
            total=total,
            number=number,
            pages=pages,
            issuer=self._issuers.get(did) if issuer is not None else None,
            issuers=tuple(sorted(self._issuers.values(), key=lambda one: one.name)),
        )

    def _is_issued_by(self, did: str, slug: str) -> ColumnElement[bool]:
        """Gives the condition for an issuer's records, and its status lists, which are entered by version."""
        prefix = f"https://{self._host}/status/{slug}"
        records = select(LogEntry.idx).join(Record, Record.url == LogEntry.entry_id)
        lists = select(LogEntry.idx).where(LogEntry.entry_id > f"{prefix}/", LogEntry.entry_id < f"{prefix}0")
        return or_(
            LogEntry.idx.in_(records.where(Record.issuer == did).scalar_subquery()),
            LogEntry.idx.in_(lists.scalar_subquery()),
        )

    def _head(self, latest: TrustedSignedHead) -> LogHead:
        digits = latest.trusted.checkpoint.root[:SHORT_ROOT_BYTES].hex()
        return LogHead(
            size=latest.size,
            short_root=" ".join(digits[at : at + 4] for at in range(0, len(digits), 4)),
            checkpoint=latest.head.note.to_bytes().decode(),
            signed_at=latest.head.signed_at,
            witnesses=witnessed(latest.trusted, self._policy),
        )

    def _entry(self, row: Any) -> LogEntryView:
        body = _read(row.body)
        issuer = body.get("issuer")
        name = _read(row.record_body).get("name") if row.record_body is not None else None
        return LogEntryView(
            index=row.idx,
            kind=str(body.get("type", "")),
            title=Text(str(name), english(row.translation, "name")) if name else None,
            issuer=self._issuers.get(str(issuer)),
            record_id=row.record_id,
            status_list=self._status_list(str(body.get("id", ""))),
            signed_at=row.signed_at,
        )

    def _status_list(self, entry_id: str) -> tuple[str, str] | None:
        """Gives issuer and number from an id such as `https://<host>/status/<issuer>/1#7`."""
        prefix, _, rest = entry_id.partition(f"https://{self._host}/status/")
        issuer, slash, number = rest.partition("#")[0].partition("/")
        return (issuer, number) if not prefix and slash and number.isdigit() else None


def log_position(item: SignedRecord, place: LogPlace | None, policy: Policy | None) -> LogPosition | None:
    """Gives what a page says of a record's place in the log; None where no receipt proves one."""
    if place is None:
        return None
    issuer = item.envelope.issuer.did.rpartition(":")[2]
    return LogPosition(place.index, place.head.checkpoint.size, witnessed(place.head, policy), issuer)


def witnessed(head: TrustedHead, policy: Policy | None) -> tuple[Witnessed, ...]:
    """Gives who cosigned a head, by the names that the trust list's policy has for them."""
    names = {witness: name for name, witness in policy.witnesses} if policy is not None else {}
    return tuple(
        Witnessed(names.get(one.witness, one.witness.name), datetime.fromtimestamp(one.time_s, UTC))
        for one in head.cosignatures
    )


def _entries(chosen: ColumnElement[bool], number: int) -> Rows:
    """Gives one page of the chosen entries, newest first, each with its record and the first head over it."""
    first_head = (
        select(LogCheckpoint.signed_at)
        .where(LogCheckpoint.size > LogEntry.idx)
        .order_by(LogCheckpoint.size)
        .limit(1)
        .scalar_subquery()
    )
    return (
        select(
            LogEntry.idx,
            LogEntry.body,
            Record.id.label("record_id"),
            Record.body.label("record_body"),
            Record.translation,
            first_head.label("signed_at"),
        )
        .outerjoin(Record, Record.url == LogEntry.entry_id)
        .where(chosen)
        .order_by(LogEntry.idx.desc())
        .limit(ENTRIES_A_PAGE)
        .offset((number - 1) * ENTRIES_A_PAGE)
    )


def _read(data: bytes) -> Document:
    """Reads an entry or a record of our own; what does not read is shown without words."""
    try:
        return parse(data)
    except TraceabilityError:
        return {}
