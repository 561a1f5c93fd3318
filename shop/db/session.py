"""Opening the database, and the two ways to use it: a transaction that reads and one that writes."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from shop.db import engines, migrations
from shop.db.gate import FileGate, Gate, OpenGate
from shop.errors import ConfigurationError, StorageBusy

__all__ = ["Database", "open_database"]

MIGRATION_WAIT_S: Final = 60.0  # a second process waits this long for the first one to migrate
MIGRATION_LOCK: Final = 0x6C616E67  # the advisory lock of migrations; any number of our own does ("lang")

# lock_not_available, query_canceled (by statement_timeout), deadlock_detected, serialization_failure.
BUSY_SQLSTATES: Final = frozenset({"55P03", "57014", "40P01", "40001"})


@dataclass(frozen=True, slots=True)
class Database:
    """An open database. Made by `open_database`; one per process, shared by its threads.

    Attributes:
        engine: for what needs no session; its transactions may write, and pass no gate.
        reader: the same pool for reading.
        gate: every write passes it.
    """

    engine: Engine
    reader: Engine
    gate: Gate

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Gives a session that sees one state of the database throughout and cannot change it.

        Raises:
            StorageBusy: STORAGE_BUSY, when no connection or no answer comes in time.
        """
        with _busy_is_ours(), Session(self.reader, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def read_rows(self) -> Iterator[Connection]:
        """Like `read`, without a session: for the one statement of a page that must be fast.

        Raises:
            StorageBusy: STORAGE_BUSY, when no connection or no answer comes in time.
        """
        with _busy_is_ours(), self.reader.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Gives a session that commits at the end of the block, and undoes everything if it raises.

        On SQLite no other writer works in the meantime. On PostgreSQL they do: lock a row before reading
        what its new value depends on (`with_for_update`), or change it by one conditional UPDATE.

        Raises:
            StorageBusy: GATE_HELD or STORAGE_BUSY; nothing was changed.
        """
        with (
            self.gate.hold(),
            _busy_is_ours(),
            Session(self.engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            session.connection()  # The transaction begins here and not at the first statement.
            yield session

    def has_tables(self) -> bool:
        """Says whether the tables have the newest form; an empty or older database has not."""
        with self.reader.connect() as connection:
            return migrations.is_at_head(connection)

    def migrate(self) -> None:
        """Brings the tables to the newest form, all or nothing; several processes may start it at once.

        Raises:
            StorageBusy: another process migrated for longer than a minute.
            ConfigurationError: BROKEN_REFERENCES, when rows refer to rows that are not there.
        """
        with self.reader.connect() as connection:
            if migrations.is_at_head(connection):
                return
        with self.gate.hold(wait_s=MIGRATION_WAIT_S), _busy_is_ours():
            # The connection is thrown away afterwards, because it was set up for this alone.
            with engines.for_migrations(self.engine).connect() as connection:
                connection.detach()
                with connection.begin():
                    _wait_for_other_migrations(connection)
                    migrations.upgrade(connection)
                    _refuse_broken_references(connection)

    def close(self) -> None:
        """Closes all connections, at the latest after GATE_WAIT_S; SQLite first renews its statistics."""
        # The last connection to leave copies SQLite's journal back, which must not run beside a writer
        # (before 3.51.3 that can, very rarely, damage the file). If the gate stays shut, somebody else is
        # connected, and we are not the last.
        with suppress(StorageBusy), self.gate.hold():
            if self.engine.dialect.name == "sqlite":
                with self.engine.begin() as connection:
                    connection.exec_driver_sql("PRAGMA optimize")
            self.engine.dispose()
        self.engine.dispose()


def open_database(url: str) -> Database:
    """Opens a database and checks that it is set up as it must be; creates a SQLite file but no tables.

    Args:
        url: `sqlite:///path` or `postgresql://user:password@host/name`.

    Raises:
        ConfigurationError: BAD_DATABASE_URL, DATABASE_UNREACHABLE, SQLITE_SETUP or POSTGRESQL_SETUP.
        StorageBusy: GATE_HELD, when a SQLite file is being written to just now.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ConfigurationError("BAD_DATABASE_URL", "the database url cannot be read") from None
    try:
        return _open_sqlite(parsed) if parsed.drivername == "sqlite" else _open_postgresql(parsed)
    except DBAPIError as error:
        raise _does_not_open(error.orig) from error
    except (sqlite3.Error, UnicodeDecodeError) as error:
        # A damaged file fails in the set-up of the connection already, where SQLAlchemy wraps nothing.
        raise _does_not_open(error) from error


def _does_not_open(error: BaseException | None) -> ConfigurationError:
    return ConfigurationError("DATABASE_UNREACHABLE", f"the database does not open: {error}")


def _open_sqlite(url: URL) -> Database:
    if url.database in (None, "", ":memory:"):
        raise ConfigurationError("BAD_DATABASE_URL", "got a sqlite database in memory, expected a file")
    engine, gate = engines.make_sqlite(url), FileGate(Path(f"{url.database}.lock"))
    try:
        # It holds every serial and who runs the instance; its journal takes over its mode.
        Path(str(url.database)).touch(mode=0o600, exist_ok=True)
        # The first connection ever turns the file to WAL, which two processes must not do at once.
        with gate.hold():
            engines.check_sqlite(engine)
    except OSError as error:
        raise ConfigurationError("DATABASE_UNREACHABLE", f"the lock file does not open: {error}") from error
    return Database(engine=engine, reader=engines.for_reading(engine), gate=gate)


def _open_postgresql(url: URL) -> Database:
    if url.drivername not in ("postgresql", "postgresql+psycopg"):
        raise ConfigurationError("BAD_DATABASE_URL", f"got {url.drivername}, expected sqlite or postgresql")
    engine = engines.make_postgresql(url.set(drivername="postgresql+psycopg"))
    engines.check_postgresql(engine)
    return Database(engine=engine, reader=engines.for_reading(engine), gate=OpenGate())


@contextmanager
def _busy_is_ours() -> Iterator[None]:
    """Turns the drivers' ways to say "not now" into StorageBusy; other errors pass."""
    try:
        yield
    except PoolTimeout as error:
        raise StorageBusy("STORAGE_BUSY", "all connections to the database are in use") from error
    except OperationalError as error:
        if not _is_busy(error.orig):
            raise
        raise StorageBusy("STORAGE_BUSY", "the database did not answer in time") from error


def _is_busy(error: BaseException | None) -> bool:
    if isinstance(error, sqlite3.OperationalError):
        return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
    return getattr(error, "sqlstate", None) in BUSY_SQLSTATES


def _wait_for_other_migrations(connection: Connection) -> None:
    """Takes PostgreSQL's lock of migrations till the end of the transaction; SQLite has the gate for it."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{MIGRATION_WAIT_S:g}s'")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")


def _refuse_broken_references(connection: Connection) -> None:
    """Checks at once what SQLite did not check during the migration; raising undoes the migration."""
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        if broken:
            raise ConfigurationError(
                "BROKEN_REFERENCES", f"{len(broken)} rows refer to nothing, first: {broken[0]}"
            )
