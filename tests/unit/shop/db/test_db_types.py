"""The column types: what they take, what they give back, what they refuse."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import StatementError

from shop.db import Product, Record
from shop.db.base import Instant, Money, holds_only, is_one_of
from shop.db.session import Database
from shop.money import Dong
from tests.simulators.rows import fill

DIALECT = sqlite.dialect()
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
# A day is kept clear at both ends of the calendar, where no time zone can be converted.
FIRST, LAST = datetime(1, 1, 2), datetime(9999, 12, 30)  # noqa: DTZ001 -- hypothesis adds the time zone.
MOMENTS = st.datetimes(FIRST, LAST, timezones=OFFSETS)


@given(MOMENTS)
def test_instant_comes_back_in_utc_less_than_a_millisecond_earlier(moment: datetime) -> None:
    stored = Instant().process_bind_param(moment, DIALECT)
    back = Instant().process_result_value(stored, DIALECT)
    assert back is not None
    assert back.tzinfo is UTC
    assert timedelta(0) <= moment - back < timedelta(milliseconds=1)


@given(st.datetimes())
def test_instant_refuses_a_naive_datetime(moment: datetime) -> None:
    with pytest.raises(ValueError, match="naive"):
        Instant().process_bind_param(moment, DIALECT)


def test_instant_is_whole_milliseconds() -> None:
    assert Instant().process_bind_param(datetime(1970, 1, 1, 0, 0, 1, 2_999, tzinfo=UTC), DIALECT) == 1002


def test_instant_before_1970_is_cut_towards_the_past() -> None:
    assert (
        Instant().process_bind_param(datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC), DIALECT) == -1
    )


def test_nothing_stays_nothing() -> None:
    assert Instant().process_bind_param(None, DIALECT) is None
    assert Instant().process_result_value(None, DIALECT) is None
    assert Money().process_bind_param(None, DIALECT) is None
    assert Money().process_result_value(None, DIALECT) is None


@given(st.integers(0, 2**53))
def test_money_comes_back(amount: int) -> None:
    assert Money().process_result_value(Money().process_bind_param(Dong(amount), DIALECT), DIALECT) == Dong(
        amount
    )


def test_money_refuses_a_bare_number() -> None:
    with pytest.raises(TypeError, match="got int, expected Dong"):
        Money().process_bind_param(120_000, DIALECT)  # type: ignore[arg-type]


def test_both_types_come_back_from_the_database(database: Database) -> None:
    with database.engine.begin() as connection:
        fill(connection)
    with database.read() as session:
        product = session.get_one(Product, 1)
        assert product.price == Dong(120_000)
        assert product.listed_at == datetime(2026, 11, 22, 8, 30, tzinfo=UTC)


def test_a_query_with_a_naive_datetime_is_refused(database: Database) -> None:
    with database.read() as session, pytest.raises(StatementError, match="naive"):
        session.execute(select(Record).where(Record.issued_at > datetime(2026, 1, 1)))  # noqa: DTZ001


@given(st.text(alphabet="0123456789ab-'% \u0301", max_size=6))
def test_holds_only_agrees_with_python(text: str) -> None:
    with create_engine("sqlite://").connect() as connection:
        found = connection.exec_driver_sql(
            f"SELECT {holds_only('x', '0123456789')} FROM (SELECT ? AS x)", (text,)
        )
        assert bool(found.scalar()) == (text != "" and all(letter in "0123456789" for letter in text))


def test_is_one_of_spells_a_list() -> None:
    assert is_one_of("kind", ("a", "b")) == "kind IN ('a', 'b')"
