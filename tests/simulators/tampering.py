"""Editing a database past all that guards it, as somebody with the file or a superuser can."""

import sqlite3
from contextlib import closing
from typing import Any

from shop.db.base import Base
from shop.db.session import Database

__all__ = ["disarm", "edit"]


def disarm(database: Database) -> None:
    """Takes away triggers, checks and references."""
    with database.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").all()
            for (name,) in names:
                connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
            return
        for table in Base.metadata.tables:
            connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        found = connection.exec_driver_sql(
            "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'c'"
            " AND connamespace = 'public'::regnamespace"
        ).all()
        for table, name in found:
            connection.exec_driver_sql(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')


def edit(database: Database, statement: str, *values: Any) -> None:
    """Runs one statement that nothing refuses any more; `?` stands for a value."""
    if database.engine.dialect.name == "sqlite":
        with closing(sqlite3.connect(str(database.engine.url.database), isolation_level=None)) as raw:
            raw.execute("PRAGMA ignore_check_constraints = ON")
            raw.execute(statement, values)
        return
    with database.engine.begin() as connection:
        connection.exec_driver_sql(statement.replace("?", "%s"), values)
