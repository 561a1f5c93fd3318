"""The scan counter: batches, a bounded queue, and what happens when the database is busy."""

import logging
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from shop.db.lots import Lot
from shop.db.scans import Scan
from shop.db.session import Database, open_database
from shop.errors import StorageBusy
from shop.services.checking.scan_counter import BATCH, CAPACITY, ScanCounter
from shop.wiring import Services
from tests.conftest import DEMO_NOW, Demo, count_statements

SERIAL, OTHER = "000000000001", "000000000002"


class FlakyDatabase:
    """A database that fails as often as it is told to; everything else is the real one."""

    def __init__(self, database: Database, failures: list[Exception]) -> None:
        self._database, self._failures = database, failures

    @contextmanager
    def write(self) -> Iterator[Session]:
        if self._failures:
            raise self._failures.pop()
        with self._database.write() as session:
            yield session


@pytest.fixture
def counter(own_services: Services) -> ScanCounter:
    return own_services.scans.counter


@pytest.fixture
def lot_id(own_services: Services) -> int:
    with own_services.database.read() as session:
        return session.scalars(select(Lot.id).order_by(Lot.id)).first() or 0


def _rows(services: Services) -> dict[tuple[str, str], int]:
    with services.database.read() as session:
        return {(scan.serial, scan.day.isoformat()): scan.count for scan in session.scalars(select(Scan))}


def test_nothing_is_written_before_the_flush(
    own_services: Services, counter: ScanCounter, lot_id: int
) -> None:
    counter.count(lot_id, SERIAL, at=DEMO_NOW)
    assert _rows(own_services) == {}


def test_scans_of_a_serial_and_day_become_one_row(
    own_services: Services, counter: ScanCounter, lot_id: int
) -> None:
    for minutes in range(3):
        counter.count(lot_id, SERIAL, at=DEMO_NOW + timedelta(minutes=minutes))
    counter.count(lot_id, OTHER, at=DEMO_NOW)
    counter.flush()
    assert _rows(own_services) == {(SERIAL, "2026-06-01"): 3, (OTHER, "2026-06-01"): 1}


def test_earliest_moment_is_kept(own_services: Services, counter: ScanCounter, lot_id: int) -> None:
    for minutes in (5, 1, 3):
        counter.count(lot_id, SERIAL, at=DEMO_NOW + timedelta(minutes=minutes))
    counter.flush()
    with own_services.database.read() as session:
        assert session.scalars(select(Scan.first_at)).one() == DEMO_NOW + timedelta(minutes=1)


def test_day_is_the_day_in_viet_nam(own_services: Services, counter: ScanCounter, lot_id: int) -> None:
    counter.count(lot_id, SERIAL, at=datetime(2026, 6, 1, 16, 59, tzinfo=UTC))
    counter.count(lot_id, SERIAL, at=datetime(2026, 6, 1, 17, 0, tzinfo=UTC))
    counter.flush()
    assert _rows(own_services) == {(SERIAL, "2026-06-01"): 1, (SERIAL, "2026-06-02"): 1}


def test_second_flush_adds_to_the_row(own_services: Services, counter: ScanCounter, lot_id: int) -> None:
    for _ in range(2):
        counter.count(lot_id, SERIAL, at=DEMO_NOW)
        counter.flush()
    assert _rows(own_services) == {(SERIAL, "2026-06-01"): 2}


def test_flush_without_scans_asks_nothing(own_services: Services, counter: ScanCounter) -> None:
    with count_statements(own_services.database) as statements:
        counter.flush()
    assert statements == []


def test_batch_is_one_statement(own_services: Services, counter: ScanCounter, lot_id: int) -> None:
    for number in range(BATCH):
        counter.count(lot_id, f"{number:012}", at=DEMO_NOW)
    with count_statements(own_services.database) as statements:
        counter.flush()
    assert len([one for one in statements if "INSERT" in one]) <= 2


def test_close_writes_more_than_one_batch(own_services: Services, counter: ScanCounter, lot_id: int) -> None:
    for _ in range(BATCH + 5):
        counter.count(lot_id, SERIAL, at=DEMO_NOW)
    counter.close()
    assert _rows(own_services) == {(SERIAL, "2026-06-01"): BATCH + 5}


def test_full_queue_drops_and_says_so(
    own_services: Services, counter: ScanCounter, lot_id: int, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="shop.services.checking.scan_counter"):
        for _ in range(CAPACITY + 3):
            counter.count(lot_id, SERIAL, at=DEMO_NOW)
    assert len([record for record in caplog.records if "dropped" in record.message]) == 3
    assert SERIAL not in caplog.text
    counter.close()
    assert sum(_rows(own_services).values()) == CAPACITY


@pytest.mark.parametrize(
    "failure",
    [StorageBusy("GATE_HELD", "busy"), OperationalError("insert", {}, Exception("server is gone"))],
    ids=["busy", "gone"],
)
def test_scans_wait_while_the_database_takes_none(
    own_services: Services, lot_id: int, failure: Exception
) -> None:
    flaky = FlakyDatabase(own_services.database, [failure])
    counter = ScanCounter(flaky, interval_s=None)  # type: ignore[arg-type]  # all that it uses of a database
    counter.count(lot_id, SERIAL, at=DEMO_NOW)
    counter.flush()
    assert _rows(own_services) == {}
    counter.flush()
    assert _rows(own_services) == {(SERIAL, "2026-06-01"): 1}


def test_batch_that_can_never_be_written_does_not_stop_the_next(
    own_services: Services, counter: ScanCounter, lot_id: int
) -> None:
    counter.count(999_999, SERIAL, at=DEMO_NOW)  # no such lot
    counter.flush()
    counter.count(lot_id, SERIAL, at=DEMO_NOW)
    counter.flush()
    assert _rows(own_services) == {(SERIAL, "2026-06-01"): 1}


def test_background_writer_writes_by_itself_and_close_ends_it(own_services: Services, lot_id: int) -> None:
    counter = ScanCounter(own_services.database, interval_s=0.01)
    counter.count(lot_id, SERIAL, at=DEMO_NOW)
    thread = counter._thread
    assert thread is not None
    counter.close()
    assert not thread.is_alive()
    assert _rows(own_services) == {(SERIAL, "2026-06-01"): 1}


def test_close_twice_counts_once(own_services: Services, counter: ScanCounter, lot_id: int) -> None:
    counter.count(lot_id, SERIAL, at=DEMO_NOW)
    counter.close()
    counter.close()
    assert _rows(own_services) == {(SERIAL, "2026-06-01"): 1}


def _count_in_process(url: str, lot: int) -> None:
    database = open_database(url)
    counter = ScanCounter(database, interval_s=None)
    for _ in range(20):
        counter.count(lot, SERIAL, at=DEMO_NOW)
        counter.flush()
    database.close()


@pytest.mark.slow
def test_two_processes_lose_nothing(own_demo: Demo, own_services: Services, lot_id: int) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [
        context.Process(target=_count_in_process, args=(own_demo.database_url, lot_id)) for _ in range(2)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    with own_services.database.read() as session:
        assert session.scalar(select(func.sum(Scan.count))) == 40
