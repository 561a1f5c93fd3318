"""What all tables share: the base, constraint names, column types of our own, and how documents are spelt."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import BigInteger, Dialect, LargeBinary, MetaData, Text
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

from shop.money import Dong

__all__ = [
    "CAPITALS",
    "DIGITS",
    "EPOCH",
    "MILLISECOND",
    "SLUG_CHARACTERS",
    "Base",
    "Instant",
    "Money",
    "document_text",
    "holds_only",
    "is_one_of",
]

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND: Final = timedelta(milliseconds=1)

DIGITS: Final = "0123456789"
CAPITALS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SLUG_CHARACTERS: Final = CAPITALS.lower() + DIGITS + "-"

# Every constraint has a name that follows from its columns: SQLite can only change a named one.
NAMES: Final = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
}


class Instant(TypeDecorator[datetime]):
    """A moment: an aware datetime in Python (UTC when read), whole milliseconds since 1970 in the database.

    Parts of a millisecond are cut off towards the past. A naive datetime is refused with ValueError,
    which SQLAlchemy hands on as StatementError.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Gives the milliseconds to store."""
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError("got a naive datetime, expected one with a time zone")
        return (value - EPOCH) // MILLISECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Gives the moment back, in UTC."""
        return None if value is None else EPOCH + value * MILLISECOND


class Money(TypeDecorator[Dong]):
    """Whole dong: `Dong` in Python, an integer in the database. Anything but Dong is refused."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Dong | None, dialect: Dialect) -> int | None:
        """Gives the amount to store; a bare number may be of any currency, so it is a TypeError."""
        if value is None:
            return None
        if not isinstance(value, Dong):
            raise TypeError(f"got {type(value).__name__}, expected Dong")
        return value.amount

    def process_result_value(self, value: int | None, dialect: Dialect) -> Dong | None:
        """Gives the amount back."""
        return None if value is None else Dong(value)


class Base(DeclarativeBase):
    """The base of every table."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {str: Text(), bytes: LargeBinary(), datetime: Instant(), Dong: Money()}  # noqa: RUF012 -- SQLAlchemy reads a plain dict here.


def document_text(document: Mapping[str, Any]) -> str:
    """Gives a document as its column keeps it: JSON with sorted names, letters with marks as they are."""
    return json.dumps(dict(document), ensure_ascii=False, sort_keys=True)


def is_one_of(column: str, values: Iterable[str]) -> str:
    """Gives the SQL condition that `column` holds one of `values` (our own words, never input)."""
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def holds_only(column: str, characters: str) -> str:
    """Gives the SQL condition that `column` is not empty and has no character but `characters`.

    It is written with `ltrim`, the one spelling that SQLite and PostgreSQL share.
    """
    return f"{column} <> '' AND ltrim({column}, '{characters}') = ''"
