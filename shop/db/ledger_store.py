"""The log's store in SQL: the same code on SQLite, behind the write gate, and on PostgreSQL, behind a lock.

The log's protocol and its promises stand in `traceability.ledger.store`.
"""

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import accumulate, islice
from typing import Final, TypeVar

from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from shop.db.log import LogCheckpoint, LogEntry
from shop.db.session import Database
from traceability.errors import Reason, Refused, Unreadable
from traceability.ledger import note as notes
from traceability.ledger.heads import SignedHead
from traceability.ledger.store import Entry, LedgerView, LedgerWriter, Position
from traceability.ledger.tiles import TileAddress

__all__ = ["SqlLedger", "SqlLedgerStore", "join_log"]

Item = TypeVar("Item")

LOG_LOCK: Final = 0x6C6F6721  # the advisory lock of the log; any number of our own does ("log!")
TILES_A_QUERY: Final = 500

SQLITE_DAMAGE: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_IOERR})
NO_TEXT: Final = "Could not decode to UTF-8"  # Python's driver says it with the code of any error
POSTGRESQL_DAMAGE: Final = frozenset({"XX001", "XX002"})

# Each adds a whole batch by one statement, since handing over row by row costs as much as writing. SQLite
# gets leaf hashes and bodies as two long values, and cuts them; what it refuses, it undoes as a whole.
ADD_CUT: Final = (
    "INSERT INTO log_entries (idx, entry_id, leaf, body)"
    " SELECT ? + key, json_extract(value, '$[0]'), substr(?, key * 32 + 1, 32),"
    " substr(?, json_extract(value, '$[1]'), json_extract(value, '$[2]')) FROM json_each(?)"
)
ADD_COLUMNS: Final = (
    "INSERT INTO log_entries (idx, entry_id, leaf, body)"
    " SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bytea[], %s::bytea[])"
)
ID_STANDS: Final = "UNIQUE constraint failed: log_entries.entry_id"  # as SQLite says it
FIND_ENTRIES: Final = "SELECT entry_id, idx, leaf FROM log_entries WHERE entry_id IN ({})"
FIND_TILES: Final = "SELECT level, n, data FROM log_tiles WHERE "
UNPACK_IDS: Final = {
    "sqlite": "SELECT value FROM json_each(:ids)",
    "postgresql": "SELECT json_array_elements_text(CAST(:ids AS json))",
}

PUT_TILE: Final = (
    "INSERT INTO log_tiles (level, n, data) VALUES ({0}, {0}, {0})"
    " ON CONFLICT (level, n) DO UPDATE SET data = excluded.data"
)


class SqlLedgerStore:
    """A `LedgerStore` over an open database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def read(self) -> Iterator[LedgerView]:
        """See `LedgerStore.read`.

        Raises:
            StorageBusy: STORAGE_BUSY.
            Unreadable: BAD_LOG, when the database cannot read a part of itself.
        """
        with _damage_is_ours(), self._database.read() as session:
            yield SqlLedger(session)

    @contextmanager
    def write(self) -> Iterator[LedgerWriter]:
        """See `LedgerStore.write`.

        Raises:
            StorageBusy: GATE_HELD or STORAGE_BUSY; nothing was changed.
            Unreadable: BAD_LOG, when the database cannot read a part of itself; nothing was changed.
        """
        with _damage_is_ours(), _conflict_is_ours(), self._database.write() as session:
            yield join_log(session)


def join_log(session: Session) -> "SqlLedger":
    """Gives the log inside a transaction of `Database.write`, so that entries commit with other rows.

    Nobody else writes to the log until that transaction ends. It must not have read from the log before.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"SELECT pg_advisory_xact_lock({LOG_LOCK})"))
    return SqlLedger(session)


class SqlLedger:
    """A `LedgerWriter` over a session. Made by `SqlLedgerStore` or `join_log`."""

    def __init__(self, session: Session) -> None:
        self._session = session
        # Statements go to the driver as they are: what SQLAlchemy does with each costs more than running it.
        self._driver = session.connection()
        self._is_postgresql = self._driver.dialect.name == "postgresql"
        self._size: int | None = None  # once read, it is true till the end of the transaction

    def size(self) -> int:
        """See `LedgerView.size`."""
        if self._size is None:
            with _damage_is_ours():
                last = self._driver.exec_driver_sql("SELECT max(idx) FROM log_entries").scalar()
            self._size = 0 if last is None else last + 1
        return self._size

    def positions(self, entry_ids: Collection[str]) -> dict[str, Position]:
        """See `LedgerView.positions`."""
        # One value instead of a thousand: an IN list of that length takes longer to write than to look up.
        query = FIND_ENTRIES.format(UNPACK_IDS[self._session.get_bind().dialect.name])
        rows = self._session.execute(text(query), {"ids": json.dumps(list(entry_ids))})
        return {entry_id: Position(index, leaf) for entry_id, index, leaf in rows}

    def entries(self, start: int, stop: int) -> list[Entry]:
        """See `LedgerView.entries`."""
        columns = select(LogEntry.entry_id, LogEntry.body).order_by(LogEntry.idx)
        with _damage_is_ours():
            rows = self._session.execute(columns.where(LogEntry.idx >= start, LogEntry.idx < stop))
            # A damaged SQLite file may give a value of another type than its column's.
            return [Entry(_text(entry_id), _bytes(body)) for entry_id, body in rows]

    def leaves(self, start: int, stop: int) -> list[bytes]:
        """See `LedgerView.leaves`."""
        column = select(LogEntry.leaf).order_by(LogEntry.idx)
        with _damage_is_ours():
            found = self._session.scalars(column.where(LogEntry.idx >= start, LogEntry.idx < stop))
            return [_bytes(leaf) for leaf in found]

    def tiles(self, addresses: Collection[TileAddress]) -> dict[TileAddress, bytes]:
        """See `LedgerView.tiles`."""
        found: dict[TileAddress, bytes] = {}
        for part in _parts(addresses):
            numbers: dict[int, list[int]] = {}
            for address in part:
                numbers.setdefault(address.level, []).append(address.n)
            # For a list of pairs SQLite reads the whole table; level by level it uses the key.
            levels = [f"level = {level} AND n IN ({str(some)[1:-1]})" for level, some in numbers.items()]
            with _damage_is_ours():
                rows = self._driver.exec_driver_sql(FIND_TILES + " OR ".join(levels))
                found.update((TileAddress(level, n), _bytes(data)) for level, n, data in rows)
        return found

    def latest_head(self) -> SignedHead | None:
        """See `LedgerView.latest_head`."""
        latest = select(LogCheckpoint.note, LogCheckpoint.signed_at)
        with _damage_is_ours():
            row = self._session.execute(latest.order_by(LogCheckpoint.size.desc()).limit(1)).first()
            return None if row is None else SignedHead(notes.parse(_text(row.note).encode()), row.signed_at)

    def add_entries(self, start: int, entries: Sequence[Entry], leaves: Sequence[bytes]) -> None:
        """See `LedgerWriter.add_entries`."""
        if start != self.size():
            raise Refused(Reason.BAD_VALUE, f"the log has {self.size()} entries, not {start}")
        if not entries:
            return
        if self._is_postgresql:
            self._add_columns(start, entries, leaves)
        else:
            self._add_cut(start, entries, leaves)
        self._size = start + len(entries)

    def _add_columns(self, start: int, entries: Sequence[Entry], leaves: Sequence[bytes]) -> None:
        ids = [entry.id for entry in entries]
        # Asked before, because a refused statement would end PostgreSQL's transaction.
        if len(set(ids)) != len(ids) or self.positions(ids):
            raise _id_stands()
        columns = (list(range(start, start + len(ids))), ids, list(leaves), [one.body for one in entries])
        self._driver.exec_driver_sql(ADD_COLUMNS, columns)

    def _add_cut(self, start: int, entries: Sequence[Entry], leaves: Sequence[bytes]) -> None:
        bodies = [entry.body for entry in entries]
        ends = accumulate(map(len, bodies), initial=1)
        # One end more than entries: the first is where the first body begins.
        cuts = [(entry.id, at, len(entry.body)) for entry, at in zip(entries, ends, strict=False)]
        try:
            self._driver.exec_driver_sql(
                ADD_CUT, (start, b"".join(leaves), b"".join(bodies), json.dumps(cuts))
            )
        except IntegrityError as error:
            if str(error.orig) == ID_STANDS:
                raise _id_stands() from error
            raise

    def put_tiles(self, tiles: Mapping[TileAddress, bytes]) -> None:
        """See `LedgerWriter.put_tiles`."""
        rows = [(key.level, key.n, data) for key, data in tiles.items()]
        if rows:
            # Both databases spell it so but for the mark of a value.
            self._driver.exec_driver_sql(PUT_TILE.format("%s" if self._is_postgresql else "?"), rows)

    def add_head(self, head: SignedHead) -> None:
        """See `LedgerWriter.add_head`."""
        size, note = head.checkpoint.size, head.note.to_bytes().decode()
        latest = self._session.scalar(select(func.max(LogCheckpoint.size)))
        kept = self._session.scalar(select(LogCheckpoint.note).where(LogCheckpoint.size == size))
        if kept is None and latest is not None and latest > size:
            raise Refused(Reason.ROLLBACK, f"a head of {size} entries comes after one of {latest}")
        if kept is not None and kept != note:
            raise Refused(Reason.FORK, f"another head of {size} entries was signed before")
        if kept is None:
            values = {"size": size, "note": note, "signed_at": head.signed_at}
            self._session.execute(insert(LogCheckpoint), values)


def _id_stands() -> Refused:
    return Refused(Reason.LOG_CONFLICT, "an id of these stands in the log, or twice among these")


@contextmanager
def _conflict_is_ours() -> Iterator[None]:
    """Turns what a constraint or a trigger refuses into our own error."""
    try:
        yield
    except IntegrityError as error:
        raise Refused(Reason.BAD_VALUE, f"the database refuses a change of the log: {error.orig}") from error


@contextmanager
def _damage_is_ours() -> Iterator[None]:
    """Turns what a damaged file makes of a query into our own error; other errors pass."""
    try:
        yield
    except DBAPIError as error:
        if not _is_damage(error.orig):
            raise
        raise Unreadable(Reason.BAD_LOG, f"the database is damaged: {error.orig}") from error


def _is_damage(error: BaseException | None) -> bool:
    if isinstance(error, sqlite3.DatabaseError):
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        return code & 0xFF in SQLITE_DAMAGE or NO_TEXT in str(error)
    return getattr(error, "sqlstate", None) in POSTGRESQL_DAMAGE


def _bytes(value: object) -> bytes:
    if not isinstance(value, bytes):
        raise Unreadable(Reason.BAD_LOG, f"got {type(value).__name__} from the database, bytes expected")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Unreadable(Reason.BAD_LOG, f"got {type(value).__name__} from the database, text expected")
    return value


def _parts(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Gives the items in parts that fit into one query."""
    rest = iter(items)
    while part := list(islice(rest, TILES_A_QUERY)):
        yield part
