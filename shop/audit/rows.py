"""Reads tables as they lie there, so that a damaged value is a finding and not a crash."""

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Boolean, Column, Date, LargeBinary, Text
from sqlalchemy.orm import Session

from shop.db.base import Base

__all__ = ["Row", "read_rows"]

UNREADABLE: Final = "\udcff"

Row = dict[str, Any]
"""Column values: text, bytes, whole numbers, None; days and truths as ISO text and 0 or 1."""


def read_rows(session: Session, table: str, *, without: tuple[str, ...] = ()) -> Iterator[Row]:
    """Gives the rows of a table in the order of its primary key.

    On SQLite text is read as bytes first: a byte that is no UTF-8 becomes a lone surrogate, which equals
    nothing that was signed. So does a value that its column cannot hold.

    Args:
        session: of a transaction that reads.
        table: one of ours.
        without: columns that are left out, because they are large.
    """
    columns = [column for column in Base.metadata.tables[table].columns if column.name not in without]
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    shown = [
        f'CAST("{column.name}" AS BLOB)' if is_sqlite and _is_text(column.type) else f'"{column.name}"'
        for column in columns
    ]
    keys = ", ".join(f'"{column.name}"' for column in Base.metadata.tables[table].primary_key)
    # The names are those of our own tables.
    query = f'SELECT {", ".join(shown)} FROM "{table}" ORDER BY {keys}'  # noqa: S608
    # A cursor of PostgreSQL's server is closed even if nobody reads to the end.
    with session.connection().execution_options(yield_per=500).exec_driver_sql(query) as result:
        for values in result:
            pairs = zip(columns, values, strict=True)
            yield {column.name: _sound(_plain(value, column.type), column) for column, value in pairs}


def _is_text(kind: Any) -> bool:
    return isinstance(kind, Text | Date)


def _sound(value: Any, column: Column[Any]) -> Any:
    """Gives a value that the column can hold; in place of any other, one that equals nothing of ours."""
    if value is None and column.nullable:
        return None
    if isinstance(column.type, LargeBinary):
        return value if isinstance(value, bytes) else b""
    if _is_text(column.type):
        return value if isinstance(value, str) else UNREADABLE
    return value if isinstance(value, int) else -1


def _plain(value: Any, kind: Any) -> Any:
    if isinstance(value, memoryview):
        value = value.tobytes()
    if isinstance(value, bytes) and not isinstance(kind, LargeBinary):
        return value.decode("utf-8", "surrogateescape")
    if isinstance(kind, Boolean) and value is not None:
        return int(value)
    return value.isoformat() if hasattr(value, "isoformat") else value
