"""Counts scans off the request path: a bounded queue in memory, written to the database in batches."""

import atexit
import logging
from collections import Counter
from datetime import datetime
from queue import Empty, Full, Queue
from threading import Event, Lock, Thread
from typing import Final

from sqlalchemy.exc import OperationalError, SQLAlchemyError

from shop.db.scans import ScanCount, add_scans
from shop.db.session import Database
from shop.errors import StorageBusy
from traceability.clock import day_in_viet_nam

__all__ = ["ScanCounter"]

CAPACITY: Final = 4_096  # scans waiting; more are dropped, because a page must never wait for a count
BATCH: Final = 1_024

_log = logging.getLogger(__name__)


class ScanCounter:
    """Takes scans from requests and writes them in the background. Safe to share between threads.

    Kept of a scan: the lot, the serial and the day in Viet Nam. No address, no browser, no person.
    """

    def __init__(self, database: Database, *, interval_s: float | None) -> None:
        """Takes scans for `database`.

        Args:
            interval_s: how long scans may wait; None writes only when `flush` is called.
        """
        self._database, self._interval_s = database, interval_s
        self._waiting: Queue[tuple[int, str, datetime]] = Queue(CAPACITY)
        self._stop, self._starting = Event(), Lock()
        self._thread: Thread | None = None

    def count(self, lot_id: int, serial: str, *, at: datetime) -> None:
        """Notes one scan; when too many wait already, it is dropped and logged."""
        self._put((lot_id, serial, at))
        if self._interval_s is not None and self._thread is None:
            self._start(self._interval_s)

    def flush(self) -> None:
        """Writes the scans that wait now, in batches; those that cannot be written just now wait again."""
        for _ in range(-(-self._waiting.qsize() // BATCH)):
            if not self._write_batch():
                return

    def _write_batch(self) -> bool:
        """Writes one batch; False when the database takes none now."""
        taken: list[tuple[int, str, datetime]] = []
        while len(taken) < BATCH:
            try:
                taken.append(self._waiting.get_nowait())
            except Empty:
                break
        try:
            with self._database.write() as session:
                add_scans(session, _summed(taken))
        except (StorageBusy, OperationalError) as error:
            _log.warning("%d scans wait for the database: %s", len(taken), type(error).__name__)
            for scan in taken:
                self._put(scan)
            return False
        except SQLAlchemyError:
            # Such a batch would fail each time; without it the others are still counted.
            _log.exception("%d scans cannot be written", len(taken))
        return True

    def close(self) -> None:
        """Stops the background writer after it has written what waits."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)
        self.flush()

    def _put(self, scan: tuple[int, str, datetime]) -> None:
        try:
            self._waiting.put_nowait(scan)
        except Full:
            _log.warning("a scan was dropped: %d are waiting", CAPACITY)

    def _start(self, interval_s: float) -> None:
        """Starts the writer in the process that serves; before a fork there is nothing to write."""
        with self._starting:
            if self._thread is None:
                self._thread = Thread(target=self._run, args=(interval_s,), name="scan-counter", daemon=True)
                self._thread.start()
                atexit.register(self.close)

    def _run(self, interval_s: float) -> None:
        while not self._stop.wait(interval_s):
            self.flush()


def _summed(scans: list[tuple[int, str, datetime]]) -> list[ScanCount]:
    """Sums the scans of one serial on one day into one row."""
    counts: Counter[tuple[int, str, object]] = Counter()
    first: dict[tuple[int, str, object], datetime] = {}
    for lot_id, serial, at in scans:
        key = (lot_id, serial, day_in_viet_nam(at))
        counts[key] += 1
        first[key] = min(at, first.get(key, at))
    return [
        ScanCount(lot_id, serial, day_in_viet_nam(first[key]), count, first[key])
        for key, count in counts.items()
        for lot_id, serial, _ in (key,)
    ]
