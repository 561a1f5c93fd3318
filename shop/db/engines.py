"""How an engine is set up for each database, and the check at start-up that the set-up is in force.

Python's driver and SQLAlchemy leave SQLite in a mode that loses updates without an error: a transaction
begins with its first write only, so two may read the same state and both write. And with synchronous=NORMAL
a power cut may lose what was acknowledged. So nothing is left to a default here, and nothing is assumed.
"""

import sqlite3
from contextlib import closing
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from shop.errors import ConfigurationError

__all__ = [
    "check_postgresql",
    "check_sqlite",
    "for_migrations",
    "for_reading",
    "make_postgresql",
    "make_sqlite",
]

BUSY_WAIT_S: Final = 10  # a backstop for writers who do not use the gate, such as a backup tool
POOL_WAIT_S: Final = 2

# Each pragma with what to set, and how SQLite then prints it.
PRAGMAS: Final = (
    ("journal_mode", "WAL", "wal"),
    ("synchronous", "FULL", "2"),  # NORMAL lost acknowledged records in 268 of 400 simulated power cuts
    ("foreign_keys", "ON", "1"),
    ("trusted_schema", "OFF", "0"),
    ("recursive_triggers", "ON", "1"),  # without it INSERT OR REPLACE deletes past the append-only triggers
    ("journal_size_limit", "67108864", "67108864"),
    # In pages, 16 MB. After 1,000 already, bulk appends wait for the disk four times as often.
    ("wal_autocheckpoint", "4000", "4000"),
)

# What opens a transaction of each kind. Every kind sets query_only, so that none inherits it from the pool.
BEGIN_STATEMENTS: Final = {
    "write": ("PRAGMA query_only=OFF", "BEGIN IMMEDIATE"),
    "read": ("PRAGMA query_only=ON", "BEGIN"),
    # Rebuilding a table drops it for a moment; the keys are checked as a whole afterwards.
    "migrate": ("PRAGMA query_only=OFF", "PRAGMA foreign_keys=OFF", "BEGIN IMMEDIATE"),
}
KIND: Final = "langnghe_transaction"

# Each setting with what PostgreSQL prints for it.
POSTGRESQL_SETTINGS: Final = (
    ("statement_timeout", "15s"),
    ("lock_timeout", "2s"),
    ("idle_in_transaction_session_timeout", "30s"),
    ("jit", "off"),  # compiling a lot's long statement takes several times as long as running it
    ("TimeZone", "UTC"),
)


def make_sqlite(url: URL) -> Engine:
    """Gives an engine whose transactions begin with BEGIN IMMEDIATE unless they only read."""
    engine = create_engine(url, connect_args={"timeout": BUSY_WAIT_S}, pool_timeout=POOL_WAIT_S)
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin)
    return engine


def make_postgresql(url: URL) -> Engine:
    """Gives an engine over psycopg 3 with a time limit on statements, on locks and on idle transactions."""
    engine = create_engine(url, pool_pre_ping=True, pool_timeout=POOL_WAIT_S)
    event.listen(engine, "connect", _set_limits)
    return engine


def for_reading(engine: Engine) -> Engine:
    """Gives the same engine and pool for transactions that cannot write and see one state throughout."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(**{KIND: "read"})
    return engine.execution_options(postgresql_readonly=True, isolation_level="REPEATABLE READ")


def for_migrations(engine: Engine) -> Engine:
    """Gives the same engine for transactions that change tables; their connections must not be used again."""
    return engine.execution_options(**{KIND: "migrate"})


def check_sqlite(engine: Engine) -> None:
    """Checks the pragmas and that a transaction holds the write lock from its start.

    Raises:
        ConfigurationError: SQLITE_SETUP; the message names what was found and what was expected.
    """
    with engine.begin() as connection:
        for name, _, expected in (*PRAGMAS, ("busy_timeout", "", str(BUSY_WAIT_S * 1000))):
            found = str(connection.exec_driver_sql(f"PRAGMA {name}").scalar())
            if found != expected:
                raise ConfigurationError("SQLITE_SETUP", f"{name} is {found}, expected {expected}")
        if _may_write(connection):
            raise ConfigurationError(
                "SQLITE_SETUP", "transactions begin with BEGIN, expected BEGIN IMMEDIATE"
            )


def check_postgresql(engine: Engine) -> None:
    """Checks the encoding and the time limits; a connection pooler in between may have dropped them.

    Raises:
        ConfigurationError: POSTGRESQL_SETUP; the message names what was found and what was expected.
    """
    with engine.connect() as connection:
        for name, expected in (*POSTGRESQL_SETTINGS, ("server_encoding", "UTF8")):
            found = str(connection.exec_driver_sql(f"SHOW {name}").scalar())
            if found != expected:
                raise ConfigurationError("POSTGRESQL_SETUP", f"{name} is {found}, expected {expected}")


def _set_pragmas(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    driver: Any = connection  # The protocol does not know sqlite3's own attributes.
    driver.isolation_level = None  # sqlite3 would begin transactions by itself, and not before a SELECT.
    for name, value, _ in PRAGMAS:
        driver.execute(f"PRAGMA {name}={value}")


def _begin(connection: Connection) -> None:
    for statement in BEGIN_STATEMENTS[connection.get_execution_options().get(KIND, "write")]:
        connection.exec_driver_sql(statement)


def _set_limits(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for name, value in POSTGRESQL_SETTINGS:
        cursor.execute(f"SET {name} = '{value}'")
    cursor.close()
    connection.commit()


def _may_write(connection: Connection) -> bool:
    """Says whether another connection can begin to write while `connection` is in a transaction."""
    with closing(sqlite3.connect(str(connection.engine.url.database), timeout=0)) as other:
        try:
            other.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        return True
