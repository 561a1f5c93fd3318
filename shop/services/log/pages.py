"""What the public page of the log shows: its head, who vouches for that, and the entries, newest first."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from shop.db.catalogue import Village
from shop.db.log import LogCheckpoint, LogEntry
from shop.db.lots import Record
from shop.db.session import Database
from shop.errors import NotFound
from shop.folding import in_human_order
from shop.services.log.about_village import entries_about
from shop.services.log.ledger import Ledger
from shop.services.log.values import Incident, Issuer, LogEntryView, LogHead, LogPage, LogPosition, Witnessed
from shop.services.signed.record_names import record_name
from shop.services.signed.rows import local_id
from shop.services.signed.standing import Against, Logged, Standing
from shop.services.storefront.cards import Rows
from traceability.errors import Reason, TraceabilityError
from traceability.evidence import Reader, SignedRecord
from traceability.ledger.quorum import Policy, TrustedHead
from traceability.logged import LogPlace
from traceability.policy import log_policy
from traceability.records.canonical import Document, parse
from traceability.signing.did import issuer_did
from traceability.signing.keys import PublicKey
from traceability.signing.trust import TrustList

__all__ = ["LogPages", "log_position", "witnessed"]

ENTRIES_A_PAGE: Final = 20
SHORT_ROOT_BYTES: Final = 8
_ROLLBACK: Final = re.compile(r"https://[^#]+#rollback-([0-9]{1,18})-([0-9]{1,18})", re.ASCII)


class LogPages:
    """Reads the log for people."""

    def __init__(
        self, database: Database, *, ledger: Ledger, reader: Reader, trust: TrustList, host: str
    ) -> None:
        self._database, self._ledger, self._host = database, ledger, host
        self._reader, self._trust = reader, trust
        names = {key.method.controller: key.name for key in trust.keys if key.use == "record"}
        self._issuers = {did: Issuer(did.rpartition(":")[2], name) for did, name in names.items()}
        self._policy = log_policy(trust)
        self._standing = Standing(database, ledger=ledger, reader=reader, trust=trust)

    def page(
        self, *, now: datetime, issuer: str | None = None, village: str | None = None, number: int = 1
    ) -> LogPage:
        """Gives one page of entries under the newest trusted head.

        Args:
            now: aware; what speaks against an entry is told as of then.
            issuer: the last part of a DID of the trust list; only what is issued in this name.
            village: a slug; only what is about this village, its workshops and what they make.
            number: from 1; a number behind the last page gives the last one.

        Raises:
            NotFound: NO_ISSUER, NO_VILLAGE.
        """
        signer = self._find_issuer(issuer) if issuer is not None else None
        head = self.head()
        size = head.size if head is not None else 0
        chosen, total, about = LogEntry.idx < size, size, None
        with self._database.read() as session:
            if signer is not None:
                chosen = chosen & self._is_issued_by(signer.slug)
                total = session.scalar(_count(chosen)) or 0
            elif village is not None:
                chosen = chosen & LogEntry.entry_id.in_(entries_about(village))
                about, total = _find_village(session, village, chosen)
            incidents = self._incidents(session, size) if signer is about is None else ()
            pages = max(1, -(-total // ENTRIES_A_PAGE))
            number = min(max(1, number), pages)
            rows = session.execute(_entries(chosen, number)).all()
        return LogPage(
            head=head,
            entries=self._views(rows, size, now),
            total=total,
            number=number,
            pages=pages,
            issuer=signer,
            issuers=tuple(sorted(self._issuers.values(), key=lambda one: in_human_order(one.name))),
            village=about,
            incidents=incidents,
        )

    def _find_issuer(self, slug: str) -> Issuer:
        found = self._issuers.get(issuer_did(self._host, slug))
        if found is None:
            raise NotFound("NO_ISSUER", f"no issuer {slug[:80]!r}")
        return found

    def _is_issued_by(self, slug: str) -> ColumnElement[bool]:
        """Gives the condition for an issuer's records, and its status lists, which are entered by version."""
        did, prefix = issuer_did(self._host, slug), f"https://{self._host}/status/{slug}"
        records = select(LogEntry.idx).join(Record, Record.url == LogEntry.entry_id)
        lists = select(LogEntry.idx).where(LogEntry.entry_id > f"{prefix}/", LogEntry.entry_id < f"{prefix}0")
        return or_(
            LogEntry.idx.in_(records.where(Record.issuer == did).scalar_subquery()),
            LogEntry.idx.in_(lists.scalar_subquery()),
        )

    def _incidents(self, session: Session, size: int) -> tuple[Incident, ...]:
        """Gives each time that the log went back, the newest first."""
        prefix = f"https://{self._host}/log#rollback"
        rows = session.execute(
            select(LogEntry.entry_id, _FIRST_HEAD.label("signed_at"))
            .where(LogEntry.entry_id > f"{prefix}-", LogEntry.entry_id < f"{prefix}.", LogEntry.idx < size)
            .order_by(LogEntry.idx.desc())
        )
        found = (_incident(row.entry_id, row.signed_at) for row in rows)
        return tuple(incident for incident in found if incident is not None)

    def head(self) -> LogHead | None:
        """Gives the newest trusted head, None before there is one."""
        latest = self._ledger.latest()
        if latest is None:
            return None
        digits = latest.trusted.checkpoint.root[:SHORT_ROOT_BYTES].hex()
        return LogHead(
            size=latest.size,
            short_root=" ".join(digits[at : at + 4] for at in range(0, len(digits), 4)),
            checkpoint=latest.head.note.to_bytes().decode(),
            signed_at=latest.head.signed_at,
            witnesses=witnessed(latest.trusted, self._policy, own=self._ledger.own_witness),
        )

    def _views(self, rows: Sequence[Any], size: int, now: datetime) -> tuple[LogEntryView, ...]:
        """Gives the entries with what speaks against each."""
        read = {row.idx: item for row in rows if (item := self._read_record(row)) is not None}
        logged = [Logged(item, local_id(item.envelope.id), index) for index, item in read.items()]
        against = self._standing.against(logged, size=size, now=now)
        return tuple(self._entry(row, read.get(row.idx), against) for row in rows)

    def _read_record(self, row: Any) -> SignedRecord | None:
        if row.record_body is None:
            return None
        try:
            return self._reader.read(row.record_body)
        except TraceabilityError:
            return None

    def _entry(self, row: Any, item: SignedRecord | None, against: Mapping[str, Against]) -> LogEntryView:
        body = _read(row.body)
        entry_id, kind = str(body.get("id", "")), str(body.get("type", ""))
        name = item.envelope.name if item is not None else None
        told = against.get(row.record_id)
        reason = told.reason if told is not None else self._replaced(kind, entry_id)
        return LogEntryView(
            index=row.idx,
            kind=kind,
            title=record_name(name, row.translation) if name else None,
            issuer=self._issuers.get(str(body.get("issuer"))),
            record_id=row.record_id,
            status_list=self._status_list(entry_id),
            signed_at=row.signed_at,
            against=reason.value if reason is not None else None,
            key_ended=self._key_ended(item) if item is not None else None,
            incident=_incident(entry_id, row.signed_at),
        )

    def _replaced(self, kind: str, entry_id: str) -> Reason | None:
        """Tells of a trust list that a newer one stands in its place."""
        number = entry_id.rpartition("#")[2]
        is_old = kind == "TrustList" and number.isdecimal() and int(number) < self._trust.sequence
        return Reason.SUPERSEDED if is_old else None

    def _key_ended(self, item: SignedRecord) -> tuple[datetime, str] | None:
        """Gives when and why the key that signed a record was withdrawn, None while it is in use."""
        try:
            revoked = self._trust.key(item.claim.method_id).revoked
        except TraceabilityError:
            return None
        return (revoked.time, revoked.reason) if revoked is not None else None

    def _status_list(self, entry_id: str) -> tuple[str, str] | None:
        """Gives issuer and number from an id such as `https://<host>/status/<issuer>/1#7`."""
        prefix, _, rest = entry_id.partition(f"https://{self._host}/status/")
        issuer, slash, number = rest.partition("#")[0].partition("/")
        return (issuer, number) if not prefix and slash and number.isdigit() else None


def log_position(
    item: SignedRecord, place: LogPlace | None, policy: Policy | None, *, own: PublicKey | None
) -> LogPosition | None:
    """Gives what a page says of a record's place in the log; None where no receipt proves one."""
    if place is None:
        return None
    issuer = item.envelope.issuer.did.rpartition(":")[2]
    seen_by = witnessed(place.head, policy, own=own)
    return LogPosition(place.index, place.head.checkpoint.size, seen_by, issuer)


def witnessed(head: TrustedHead, policy: Policy | None, *, own: PublicKey | None) -> tuple[Witnessed, ...]:
    """Gives who cosigned a head, by the names that the trust list's policy has for them.

    Args:
        head: trusted.
        policy: which names the witnesses have.
        own: the key of the witness that lies on this server, None where there is none.
    """
    names = {witness: name for name, witness in policy.witnesses} if policy is not None else {}
    return tuple(
        Witnessed(
            names.get(one.witness, one.witness.name),
            datetime.fromtimestamp(one.time_s, UTC),
            is_here=one.witness.key == own,
        )
        for one in head.cosignatures
    )


_FIRST_HEAD: Final = (
    select(LogCheckpoint.signed_at)
    .where(LogCheckpoint.size > LogEntry.idx)
    .order_by(LogCheckpoint.size)
    .limit(1)
    .correlate(LogEntry)
    .scalar_subquery()
)


def _count(chosen: ColumnElement[bool]) -> Select[int]:
    return select(func.count()).select_from(LogEntry).where(chosen)


def _find_village(session: Session, slug: str, chosen: ColumnElement[bool]) -> tuple[Issuer, int]:
    """Gives a village with how many entries are about it.

    Raises:
        NotFound: NO_VILLAGE.
    """
    wanted = select(Village.name, _count(chosen).scalar_subquery()).where(Village.slug == slug)
    row = session.execute(wanted).one_or_none() if slug.isprintable() else None
    if row is None:
        raise NotFound("NO_VILLAGE", f"no village {slug[:80]!r}")
    return Issuer(slug, row[0]), row[1]


def _incident(entry_id: str, told_at: datetime | None) -> Incident | None:
    """Reads a rollback from the name of its entry, `…/log#rollback-<before>-<after>`."""
    match = _ROLLBACK.fullmatch(entry_id)
    return Incident(int(match[1]), int(match[2]), told_at) if match is not None else None


def _entries(chosen: ColumnElement[bool], number: int) -> Rows:
    """Gives one page of the chosen entries, newest first, each with its record and the first head over it."""
    return (
        select(
            LogEntry.idx,
            LogEntry.body,
            Record.id.label("record_id"),
            Record.body.label("record_body"),
            Record.translation,
            _FIRST_HEAD.label("signed_at"),
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
