"""Storing what was signed: the rows of records and trust lists, and their entries in the log, all or none."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.db.base import document_text
from shop.db.ledger_store import join_log
from shop.db.log import LogEntry
from shop.db.lots import Record, RecordLink
from shop.db.lots import TrustList as TrustListRow
from shop.db.status_lists import StatusListVersion
from shop.errors import ConfigurationError
from traceability.entry import record_entry, trust_list_entry
from traceability.errors import Reason, Refused
from traceability.evidence import SignedRecord
from traceability.ledger import note as notes
from traceability.ledger.log import append
from traceability.limits import TRUST_LIST_MAX_BYTES
from traceability.records.canonical import canonical, digest_multibase
from traceability.records.notice import Notice
from traceability.records.status_list import StatusList
from traceability.signing.trust import TrustList

__all__ = ["Translations", "demand_newest_list", "local_id", "store_records", "store_trust_list"]

Translations = Mapping[str, Mapping[str, str]]
"""Unsigned English texts by record URL."""


def store_records(
    session: Session, items: Sequence[SignedRecord], *, translations: Translations | None = None
) -> tuple[int, ...]:
    """Stores signed records with their links, and logs them. What is there already stays as it is.

    Args:
        session: of a transaction that writes, and has not read from the log yet.
        items: in the order of signing, at most 10,000, versions of status lists among them; records may link
            to each other and to stored ones.
        translations: unsigned texts of these records.

    Returns:
        The index of each record in the log; it may be told to nobody before the transaction is committed.

    Raises:
        Refused: LOG_CONFLICT, when the log or the database has other bytes under the same URL; BAD_VALUE,
            for too many. Nothing may be committed then.
    """
    indices = append(join_log(session), [record_entry(item) for item in items])
    _store_status_lists(session, items)
    items = [item for item in items if not isinstance(item.record, StatusList)]
    urls = [item.envelope.id for item in items]
    stored = {
        url: digest
        for url, digest in session.execute(select(Record.url, Record.digest).where(Record.url.in_(urls)))
    }
    for item in items:
        if stored.get(item.envelope.id, item.digest) != item.digest:
            raise Refused(Reason.LOG_CONFLICT, f"{item.envelope.id!a} is stored with other bytes")
    new = {item.envelope.id: item for item in items if item.envelope.id not in stored}
    session.add_all(_row(item, (translations or {}).get(url)) for url, item in new.items())
    session.flush()
    _store_links(session, list(new.values()))
    return indices


def _store_status_lists(session: Session, items: Sequence[SignedRecord]) -> None:
    """Stores versions of status lists; the log has made sure that no other bytes stand under the same one."""
    for item in items:
        if isinstance(item.record, StatusList):
            key = (item.envelope.id, item.record.version)
            if session.get(StatusListVersion, key) is None:
                session.add(_status_row(item, item.record))
    session.flush()


def _status_row(item: SignedRecord, record: StatusList) -> StatusListVersion:
    return StatusListVersion(
        url=item.envelope.id,
        version=record.version,
        issuer=item.envelope.issuer.did,
        digest=item.digest,
        issued_at=item.envelope.valid_from,
        valid_until=item.envelope.valid_until,
        body=_served(item),
    )


def store_trust_list(session: Session, trust: TrustList, data: bytes) -> int:
    """Stores a trust list as it was signed, and logs it; gives its index in the log.

    Args:
        session: see `store_records`.
        trust: what `data` says, opened by the caller.
        data: the signed note.

    Raises:
        Refused: LOG_CONFLICT, when another list of this sequence is in the log.
    """
    note = notes.parse(data, max_bytes=TRUST_LIST_MAX_BYTES)
    (index,) = append(join_log(session), [trust_list_entry(trust, note)])
    if session.get(TrustListRow, trust.sequence) is None:
        row = TrustListRow(sequence=trust.sequence, note=data.decode("utf-8"), published_at=trust.issued)
        session.add(row)
        session.flush()
    return index


def demand_newest_list(session: Session, origin: str, sequence: int) -> None:
    """Checks that the log names no trust list above the newest one that is stored.

    Args:
        session: of either database.
        origin: of the trust lists.
        sequence: of the newest stored one.

    Raises:
        ConfigurationError: TRUST_LIST_MISSING: whoever took the newest list away could have a revoked key
            trusted again.
    """
    prefix = f"https://{origin}#"
    entries = select(LogEntry.entry_id).where(LogEntry.entry_id.startswith(prefix, autoescape=True))
    numbers = [name.removeprefix(prefix) for name in session.scalars(entries)]
    logged = max((int(number) for number in numbers if number.isascii() and number.isdigit()), default=0)
    if logged > sequence:
        raise ConfigurationError(
            "TRUST_LIST_MISSING",
            f"the log names trust list {logged}, and the newest that is stored is {sequence}: publish list"
            f" {logged} again, or restore a backup that has it",
        )


def _row(item: SignedRecord, translation: Mapping[str, str] | None) -> Record:
    english = document_text(translation) if translation else None
    return Record(
        id=local_id(item.envelope.id),
        url=item.envelope.id,
        digest=item.digest,
        type=item.record.KIND,
        issuer=item.envelope.issuer.did,
        issued_at=item.claim.created,
        body=_served(item),
        translation=english,
    )


def _served(item: SignedRecord) -> bytes:
    """Gives the canonical bytes, which the digest is of; nearly always they are those that came."""
    return item.data if digest_multibase(item.data) == item.digest else canonical(item.document)


def _store_links(session: Session, items: Sequence[SignedRecord]) -> None:
    """Stores the links to records that are here; where a link leads elsewhere, a verification says so."""
    targets = {link.url for item in items for link in item.envelope.links}
    known = {
        url: record_id
        for url, record_id in session.execute(select(Record.url, Record.id).where(Record.url.in_(targets)))
    }
    session.add_all(
        RecordLink(
            source=local_id(item.envelope.id),
            target=known[url],
            names_successor=isinstance(item.record, Notice) and item.record.names_successor(url),
        )
        for item in items
        for url in dict.fromkeys(link.url for link in item.envelope.links)
        if url in known
    )
    session.flush()


def local_id(url: str) -> str:
    """Gives the local id of a record: the last part of its URL."""
    return url.rpartition("/")[2]
