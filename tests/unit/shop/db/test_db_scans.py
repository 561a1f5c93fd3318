"""Counting scans in batches."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from shop.db import Scan
from shop.db.scans import ScanCount, add_scans
from shop.db.session import Database
from tests.simulators.rows import MOMENT, SERIAL, fill

TODAY = MOMENT.date()
LATER = MOMENT + timedelta(hours=1)
EARLIER = MOMENT - timedelta(hours=1)


@pytest.fixture
def counted(database: Database) -> Database:
    """A database with one lot, of which one serial was looked at once."""
    with database.engine.begin() as connection:
        fill(connection)
    return database


def scans(database: Database) -> dict[tuple[str, date], int]:
    with database.read() as session:
        return {(scan.serial, scan.day): scan.count for scan in session.scalars(select(Scan))}


def test_a_new_serial_gets_a_row(counted: Database) -> None:
    with counted.write() as session:
        add_scans(session, [ScanCount(1, "000000000000", TODAY, 3, MOMENT)])
    assert scans(counted) == {(SERIAL, TODAY): 1, ("000000000000", TODAY): 3}


def test_a_known_serial_is_added_to(counted: Database) -> None:
    with counted.write() as session:
        add_scans(session, [ScanCount(1, SERIAL, TODAY, 3, LATER)])
    assert scans(counted) == {(SERIAL, TODAY): 4}


def test_the_same_serial_twice_in_a_batch_counts_twice(counted: Database) -> None:
    with counted.write() as session:
        add_scans(session, [ScanCount(1, SERIAL, TODAY, 2, LATER)] * 2)
    assert scans(counted) == {(SERIAL, TODAY): 5}


def test_another_day_has_its_own_row(counted: Database) -> None:
    tomorrow = TODAY + timedelta(days=1)
    with counted.write() as session:
        add_scans(session, [ScanCount(1, SERIAL, tomorrow, 1, LATER)])
    assert scans(counted) == {(SERIAL, TODAY): 1, (SERIAL, tomorrow): 1}


@pytest.mark.parametrize(("moment", "kept"), [(EARLIER, EARLIER), (LATER, MOMENT)], ids=["earlier", "later"])
def test_the_earliest_moment_is_kept(counted: Database, moment: object, kept: object) -> None:
    with counted.write() as session:
        add_scans(session, [ScanCount(1, SERIAL, TODAY, 1, moment)])  # type: ignore[arg-type]
    with counted.read() as session:
        assert session.scalars(select(Scan)).one().first_at == kept


def test_an_empty_batch_does_nothing(counted: Database) -> None:
    with counted.write() as session:
        add_scans(session, [])
    assert scans(counted) == {(SERIAL, TODAY): 1}


@pytest.mark.parametrize(
    "wrong",
    [
        ScanCount(9, SERIAL, TODAY, 1, MOMENT),
        ScanCount(1, "short", TODAY, 1, MOMENT),
        ScanCount(1, "000000000000", TODAY, 0, MOMENT),
        ScanCount(1, SERIAL, TODAY, 0, MOMENT),
    ],
    ids=["lot", "serial", "count", "count of a known serial"],
)
def test_one_wrong_scan_undoes_the_batch(counted: Database, wrong: ScanCount) -> None:
    with pytest.raises(IntegrityError), counted.write() as session:
        add_scans(session, [ScanCount(1, SERIAL, TODAY, 1, LATER), wrong])
    assert scans(counted) == {(SERIAL, TODAY): 1}
