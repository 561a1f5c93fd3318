"""Status lists: every stored version, compared with its own bytes and with the log."""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from shop.audit.log import LoggedEntries
from shop.audit.rows import read_rows
from shop.db.base import EPOCH, MILLISECOND
from traceability.entry import record_entry
from traceability.errors import Reason, TraceabilityError
from traceability.evidence import Reader, SignedRecord
from traceability.ledger.audit import Fault
from traceability.ledger.merkle import leaf_hash
from traceability.records.canonical import canonical
from traceability.records.status_list import StatusList
from traceability.signing.trust import TrustList

__all__ = ["check_status_lists"]


def check_status_lists(session: Session, logged: LoggedEntries, trust: TrustList | None) -> Iterator[Fault]:
    """Reads every version again: digest, row, proof, entry; and asks that no logged one is missing."""
    reader, found = Reader(16), set[str]()
    for row in read_rows(session, "status_lists"):
        where = f"status list {row['url']} version {row['version']}"
        where = where.encode("utf-8", "backslashreplace").decode("utf-8")
        try:
            item = reader.read(row["body"])
            _compare_row(row, item)
            if trust is not None:
                reader.prove(row["body"], trust.key(item.claim.method_id).method.key)
        except (TraceabilityError, ValueError) as error:
            code = error.code if isinstance(error, TraceabilityError) else Reason.BAD_LOG
            yield Fault(where, code, str(error).encode("utf-8", "backslashreplace").decode("utf-8"))
            continue
        entry = record_entry(item)
        found.add(entry.id)
        place = logged.places.get(entry.id)
        if place is None:
            yield Fault(where, Reason.NOT_LOGGED, "the log has no entry of it")
        elif place[1] != leaf_hash(entry.body):
            yield Fault(where, Reason.LOG_CONFLICT, f"entry {place[0]} was logged for other bytes")
    for name, (index, _) in logged.places.items():
        if logged.kinds[name] == StatusList.KIND and name not in found:
            yield Fault(f"entry {index}", Reason.BAD_LOG, f"no sound status list {name!a} is stored")


def _compare_row(row: dict[str, object], item: SignedRecord) -> None:
    record, until = item.record, item.envelope.valid_until
    if not isinstance(record, StatusList) or until is None:
        raise ValueError("it is no status list")
    expected = {
        "body": canonical(item.document),
        "digest": item.digest,
        "url": item.envelope.id,
        "version": record.version,
        "issuer": item.envelope.issuer.did,
        "issued_at": (item.envelope.valid_from - EPOCH) // MILLISECOND,
        "valid_until": (until - EPOCH) // MILLISECOND,
    }
    for name, value in expected.items():
        if row[name] != value:
            raise ValueError(f"the column {name} is not what the list says")
