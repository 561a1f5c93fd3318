"""R1: a process that appends is killed at any moment. What it acknowledged is neither lost nor moved."""

import os
import random
import secrets
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from shop.db.ledger_store import SqlLedger, SqlLedgerStore
from shop.db.session import Database, open_database
from tests.simulators.appender import Job, Nursery, read_acks
from tests.simulators.ledger import LOG_SIGNER, NOW, ORIGIN, make_entries, make_log, read_head, read_log_of
from tests.simulators.stored import log_faults
from traceability.ledger.audit import audit_files
from traceability.ledger.heads import HeadFolder
from traceability.ledger.note import Verifier
from traceability.ledger.publish import publish
from traceability.ledger.quorum import Policy

pytestmark = pytest.mark.timeout(600)

POLICY = Policy((Verifier(ORIGIN, LOG_SIGNER.public_key),))
RESTART_MAX_S = 20.0  # the reference is 2; machines are busy
CANARY_KILLS = 40  # one of three is enough, as a rule


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery() as started:
        yield started


@dataclass
class Killed:
    """A log whose writer is killed again and again."""

    nursery: Nursery
    url: str
    folder: Path
    chance: random.Random
    slowest_start_s: float = 0.0

    def kill_once(self, *, acks_early: bool = False) -> None:
        """Lets a writer go on from behind the last acknowledged entry, and kills it after a while."""
        acked = read_acks(self.folder)
        seed = self.chance.getrandbits(32)
        # One that acknowledges too early does nothing else, so that a kill mostly comes in between.
        job = Job(self.url, str(self.folder), len(acked), seed, acks_early, signs=not acks_early)
        started = time.monotonic()
        child = self.nursery.begin(job)
        size = self._wait_for_an_ack(started)
        self.slowest_start_s = max(self.slowest_start_s, time.monotonic() - started)
        time.sleep(self.chance.uniform(0, 0.15))
        os.kill(child, signal.SIGKILL)
        assert self.nursery.wait() == signal.SIGKILL, "the writer ended by itself"
        assert size > 0

    def _wait_for_an_ack(self, started: float) -> int:
        path = self.folder / "acks"
        before = path.stat().st_size if path.exists() else 0
        while time.monotonic() < started + 60:
            if path.exists() and path.stat().st_size > before:
                return path.stat().st_size
            time.sleep(0.002)
        raise AssertionError("the writer acknowledged nothing")

    def lost(self) -> list[int]:
        """Gives the acknowledged entries that are not in the log at their index."""
        database = open_database(self.url)
        try:
            with SqlLedgerStore(database).read() as view:
                ids = [entry.id for entry in view.entries(0, view.size())]
        finally:
            database.engine.dispose()
        return [at for at, entry_id in read_acks(self.folder) if at >= len(ids) or ids[at] != entry_id]


@pytest.fixture
def killed(database_url: str, tmp_path: Path, nursery: Nursery) -> Killed:
    seed = secrets.randbits(32)
    sys.stderr.write(f"seed of the kills: {seed}\n")  # shown when the test fails
    return Killed(nursery, database_url, tmp_path, random.Random(seed))


def check_heads(killed: Killed, database: Database) -> None:
    """Checks the log against what is remembered, and what was published of it."""
    with HeadFolder(killed.folder / "heads").hold(ORIGIN) as held:
        remembered = held.head
    assert remembered is not None
    with database.read() as session:
        view = SqlLedger(session)
        size = view.size()
        assert view.entries(0, size) == make_entries(0, size)
        assert log_faults(session, remembered.checkpoint) == []
    # The last publishing may have been broken off; what is published is a beginning all the same.
    read = read_log_of(killed.folder / "log")
    published = read_head(read, POLICY).checkpoint
    assert published.size <= remembered.checkpoint.size
    assert list(audit_files(read, published.size, published.root)) == []
    log = make_log(killed.folder / "heads", SqlLedgerStore(database))
    publish(log.store, log.checkpoint(max(NOW, remembered.signed_at)), killed.folder / "log")


def check_log(killed: Killed) -> int:
    """Checks everything at the end, and gives the number of acknowledged entries."""
    acks = read_acks(killed.folder)
    assert killed.lost() == []
    assert len({entry_id for _, entry_id in acks}) == len({at for at, _ in acks})
    assert {(at, f"record-{at}") for at, _ in acks} == set(acks), "an index moved"
    database = open_database(killed.url)
    try:
        check_heads(killed, database)
    finally:
        database.engine.dispose()
    signed = [int(line) for line in (killed.folder / "signed").read_text(encoding="ascii").split()]
    assert signed == sorted(signed)
    assert killed.slowest_start_s < RESTART_MAX_S
    return len(acks)


@pytest.mark.slow
def test_a_killed_writer_loses_nothing(killed: Killed) -> None:
    kills = 0
    # A busy machine may not come to publish anything within the first few.
    while kills < 6 or not (killed.folder / "log" / "checkpoint").exists():
        killed.kill_once()
        kills += 1
    assert check_log(killed) > 50


@pytest.mark.faults
def test_a_writer_that_is_killed_a_hundred_times_loses_nothing(killed: Killed) -> None:
    kills = 0
    while kills < 100 or len(read_acks(killed.folder)) < 50_000:
        killed.kill_once()
        kills += 1
    assert check_log(killed) >= 50_000


@pytest.mark.slow
def test_canary_a_writer_that_acknowledges_too_early_is_caught(killed: Killed) -> None:
    """The tests above mean something only if a loss would be seen."""
    for _ in range(CANARY_KILLS):
        killed.kill_once(acks_early=True)
        if killed.lost():
            return
    pytest.fail(f"{CANARY_KILLS} kills, and nothing was lost")
