"""Signed records and trust lists: their rows, links and log entries, compared with their bytes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from shop.audit.log import LoggedEntries
from shop.audit.rows import Row, read_rows
from shop.db.base import EPOCH, MILLISECOND
from traceability.entry import TRUST_LIST, record_entry, trust_list_entry
from traceability.errors import Reason, TraceabilityError
from traceability.evidence import Reader, SignedRecord
from traceability.ledger import note as notes
from traceability.ledger.audit import Fault
from traceability.ledger.merkle import leaf_hash
from traceability.ledger.note import Verifier
from traceability.limits import TRUST_LIST_MAX_BYTES
from traceability.policy import check_succession, open_trust_list
from traceability.records.canonical import canonical
from traceability.records.notice import Notice
from traceability.signing.trust import TrustList

__all__ = ["Records", "check_records", "check_trust_lists", "shown"]

Records = Mapping[str, SignedRecord]
NOT_STORED: Final = frozenset(
    {TRUST_LIST, "StatusList", "Incident", ""}
)  # entries without a row in `records`


def check_trust_lists(
    session: Session, logged: LoggedEntries, roots: Sequence[Verifier], faults: list[Fault]
) -> TrustList | None:
    """Checks every trust list and that each follows the one before; gives the newest that opens."""
    newest: TrustList | None = None
    found = set[str]()
    for row in read_rows(session, "trust_lists"):
        where = f"trust list {row['sequence']}"
        try:
            data = row["note"].encode("utf-8")
            trust = open_trust_list(data, roots)
            entry = trust_list_entry(trust, notes.parse(data, max_bytes=TRUST_LIST_MAX_BYTES))
            found.add(entry.id)
            if trust.sequence != row["sequence"] or _instant(trust.issued) != row["published_at"]:
                raise ValueError("the row and the list differ in number or time")
            if newest is not None:
                check_succession(newest, trust)
            faults += _check_logged(where, entry.id, leaf_hash(entry.body), logged)
            newest = trust
        except (TraceabilityError, ValueError) as error:
            faults.append(_fault(where, error))
    for name, (index, _) in logged.places.items():
        if logged.kinds[name] == TRUST_LIST and name not in found:
            faults.append(
                Fault(f"entry {index}", Reason.BAD_LOG, f"no sound trust list {shown(name)} is stored")
            )
    return newest


def check_records(
    session: Session,
    logged: LoggedEntries,
    trust: TrustList | None,
    faults: list[Fault],
    tick: Callable[[], None],
) -> dict[str, SignedRecord]:
    """Reads every record again: digest, row, proof, entry in the log, links; gives them by local id."""
    reader, found = Reader(1), dict[str, SignedRecord]()
    for row in read_rows(session, "records"):
        tick()
        where = f"record {shown(row['id'])}{_index(logged, row['url'])}"
        try:
            item = reader.read(row["body"])
            _compare_row(row, item)
            if trust is not None:
                reader.prove(row["body"], trust.key(item.claim.method_id).method.key)
        except (TraceabilityError, ValueError) as error:
            faults.append(_fault(where, error))
            continue
        found[row["id"]] = item
        faults += _check_logged(where, item.envelope.id, leaf_hash(record_entry(item).body), logged)
    faults += _check_entries_have_records(logged, found)
    faults += _check_links(session, found)
    return found


def _compare_row(row: Row, item: SignedRecord) -> None:
    envelope = item.envelope
    expected = {
        "body": canonical(item.document),
        "digest": item.digest,
        "url": envelope.id,
        "id": envelope.id.rpartition("/")[2],
        "type": item.record.KIND,
        "issuer": envelope.issuer.did,
        "issued_at": _instant(item.claim.created),
    }
    for name, value in expected.items():
        if row[name] != value:
            raise ValueError(f"the column {name} is not what the record says")


def _check_logged(where: str, entry_id: str, leaf: bytes, logged: LoggedEntries) -> Iterator[Fault]:
    place = logged.places.get(entry_id)
    if place is None:
        yield Fault(where, Reason.NOT_LOGGED, "the log has no entry of it")
    elif place[1] != leaf:
        yield Fault(where, Reason.LOG_CONFLICT, f"entry {place[0]} was logged for other bytes")


def _check_entries_have_records(logged: LoggedEntries, found: Records) -> Iterator[Fault]:
    urls = {item.envelope.id for item in found.values()}
    for name, (index, _) in logged.places.items():
        if logged.kinds[name] not in NOT_STORED and name not in urls:
            yield Fault(f"entry {index}", Reason.BAD_LOG, f"no sound record of {shown(name)} is stored")


def _check_links(session: Session, found: Records) -> Iterator[Fault]:
    ids = {item.envelope.id: record_id for record_id, item in found.items()}
    expected = {
        (record_id, ids[link.url]): int(_names_successor(item, link.url))
        for record_id, item in found.items()
        for link in item.envelope.links
        if link.url in ids
    }
    rows = {(row["source"], row["target"]): row for row in read_rows(session, "record_links")}
    for source, target in sorted(rows.keys() & expected.keys()):
        if rows[source, target]["names_successor"] != expected[source, target]:
            where, detail = (
                f"link {shown(source)} > {shown(target)}",
                "its mark is not what the record says",
            )
            yield Fault(where, Reason.BAD_LOG, detail)
    stored = rows.keys()
    for source, target in sorted(stored ^ expected.keys()):
        if source in found and (target in found or (source, target) in stored):
            state = "is missing" if (source, target) in expected else "is not in the record"
            yield Fault(
                f"link {shown(source)} > {shown(target)}", Reason.BAD_LOG, f"the row of the link {state}"
            )
        elif (source, target) in stored and source not in found:
            yield Fault(
                f"link {shown(source)} > {shown(target)}", Reason.BAD_LOG, "it links from nothing sound"
            )


def _names_successor(item: SignedRecord, url: str) -> bool:
    return isinstance(item.record, Notice) and item.record.names_successor(url)


def _fault(where: str, error: Exception) -> Fault:
    code = error.code if isinstance(error, TraceabilityError) else Reason.BAD_LOG
    return Fault(where, code, shown(str(error)))


def _index(logged: LoggedEntries, url: Any) -> str:
    place = logged.places.get(url)
    return f" (entry {place[0]})" if place is not None else ""


def _instant(moment: datetime) -> int:
    return (moment - EPOCH) // MILLISECOND


def shown(text: Any) -> str:
    """Gives text that can be printed, whatever bytes it was read from."""
    return str(text).encode("utf-8", "backslashreplace").decode("utf-8")
