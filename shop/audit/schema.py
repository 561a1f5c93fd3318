"""The tables' own form on SQLite: the same tables, indices and triggers as the migrations make."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from shop.db.session import open_database
from traceability.errors import Reason
from traceability.ledger.audit import Fault

__all__ = ["schema_faults"]


def schema_faults(session: Session) -> Iterator[Fault]:
    """Compares a SQLite database with a fresh one; a missing trigger is a guard that was taken away."""
    found, expected = _schema(session.connection()), _fresh()
    for name in sorted(found.keys() | expected.keys()):
        if name not in found:
            yield Fault(f"schema {name}", Reason.BAD_LOG, "it is missing")
        elif name not in expected:
            yield Fault(f"schema {name}", Reason.BAD_LOG, "no migration makes it")
        elif found[name] != expected[name]:
            yield Fault(f"schema {name}", Reason.BAD_LOG, "it is not as the migrations make it")


def _schema(connection: Connection) -> dict[str, str]:
    query = "SELECT name, CAST(sql AS BLOB) FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    rows = connection.exec_driver_sql(query)
    return {str(name): (sql or b"").decode("utf-8", "surrogateescape") for name, sql in rows}


@cache
def _fresh() -> dict[str, str]:
    with TemporaryDirectory() as folder:
        database = open_database(f"sqlite:///{Path(folder) / 'fresh.sqlite3'}")
        try:
            database.migrate()
            with database.read() as session:
                return _schema(session.connection())
        finally:
            database.close()
