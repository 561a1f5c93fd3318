"""Checks a whole instance: the database's own form, log, trust lists, records, and what was read off them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from shop.audit.lists import check_status_lists
from shop.audit.log import LoggedEntries, check_heads, check_kept, compare_head, read_log
from shop.audit.places import check_places
from shop.audit.records import check_records, check_trust_lists
from shop.audit.schema import schema_faults
from shop.db.lots import Record
from shop.db.session import Database
from traceability.errors import Reason, TraceabilityError
from traceability.ledger.audit import Fault
from traceability.ledger.checkpoint import Checkpoint
from traceability.ledger.note import Note, Verifier
from traceability.policy import log_policy
from traceability.signing.trust import TrustList

__all__ = ["Outside", "Report", "audit_instance", "count_records"]

Outside = Sequence[tuple[str, Checkpoint]]
"""Heads that were kept outside the database, each with where it comes from."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was found.

    Attributes:
        faults: in the order of finding; none means that everything is whole.
        records: number of sound records.
        size: number of log entries.
        root: of the whole log, in hexadecimal.
    """

    faults: tuple[Fault, ...]
    records: int
    size: int
    root: str


def count_records(database: Database) -> int:
    """Gives how many records there are, for a progress bar."""
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(Record)) or 0


def audit_instance(
    database: Database,
    *,
    roots: Sequence[Verifier],
    outside: Outside = (),
    kept: Sequence[tuple[str, Note]] = (),
    tick: Callable[[], None] = lambda: None,
) -> Report:
    """Computes everything again that can be, and compares.

    Args:
        database: migrated; it is only read.
        roots: the pinned root keys.
        outside: heads to compare with, such as the last one signed and one that a witness kept.
        kept: heads as they left this instance, each with where it lies: they must be stored with every line.
        tick: is called for each record.
    """
    faults: list[Fault] = []
    records: int = 0
    logged = LoggedEntries()
    try:
        with database.read() as session:
            faults += _own_form(session)
            logged = read_log(session, faults)
            trust = check_trust_lists(session, logged, roots, faults)
            faults += _heads(session, logged, trust)
            for where, head in outside:
                faults += compare_head(head, logged, where)
            for where, note in kept:
                faults += check_kept(session, logged, where, note)
            found = check_records(session, logged, trust, faults, tick)
            records = len(found)
            faults += check_status_lists(session, logged, trust)
            faults += check_places(session, logged, found, trust)
    except DBAPIError as error:
        faults.append(Fault("database", Reason.BAD_LOG, f"the database does not read: {error.orig}"))
    return Report(tuple(dict.fromkeys(faults)), records, logged.size, logged.root(logged.size).hex())


def _own_form(session: Session) -> Iterator[Fault]:
    """Asks SQLite for pages that do not fit together, and rows that refer to nothing."""
    if session.get_bind().dialect.name != "sqlite":
        return
    for (line,) in session.execute(text("PRAGMA integrity_check(20)")):
        if line != "ok":
            yield Fault("database", Reason.BAD_LOG, str(line).replace("\n", " "))
    yield from schema_faults(session)
    for table, row, parent, _ in session.execute(text("PRAGMA foreign_key_check")):
        yield Fault(f"{table} row {row}", Reason.BAD_LOG, f"it refers to no row of {parent}")


def _heads(session: Session, logged: LoggedEntries, trust: TrustList | None) -> Iterator[Fault]:
    try:
        policy = log_policy(trust) if trust is not None else None
    except TraceabilityError as error:
        yield Fault("trust list", error.code, str(error))
        policy = None
    yield from check_heads(session, logged, policy)
