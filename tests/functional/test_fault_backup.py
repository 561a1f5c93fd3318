"""R10: a copy made while the log is written to is consistent; and what a plain copy is worth."""

import os
import random
import secrets
import shutil
import signal
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from shop.db.ledger_store import SqlLedger, SqlLedgerStore
from shop.db.session import Database, open_database
from shop.errors import ShopError
from tests.simulators.appender import Job, Nursery, read_acks
from tests.simulators.ledger import ORIGIN, make_entries, make_log
from tests.simulators.stored import log_faults
from traceability.errors import Reason, Refused, TraceabilityError
from traceability.ledger.checkpoint import Checkpoint
from traceability.ledger.heads import HeadFolder

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

DATABASE = "shop.db"


@pytest.fixture
def written(tmp_path: Path, sqlite_template: Path) -> Iterator[Path]:
    """The folder of a log that another process appends to all the while."""
    folder = tmp_path / "live"
    folder.mkdir()
    shutil.copyfile(sqlite_template, folder / DATABASE)
    seed = secrets.randbits(32)
    sys.stderr.write(f"seed of the batches: {seed}\n")  # shown when the test fails
    with Nursery() as nursery:
        child = nursery.begin(Job(f"sqlite:///{folder / DATABASE}", str(folder), 0, seed))
        try:
            deadline = time.monotonic() + 30
            while not (folder / "signed").exists() and time.monotonic() < deadline:
                time.sleep(0.01)
            yield folder
        finally:
            os.kill(child, signal.SIGKILL)
            assert nursery.wait() == signal.SIGKILL


def remembered(folder: Path) -> Checkpoint:
    with HeadFolder(folder / "heads").hold(ORIGIN) as held:
        assert held.head is not None
        return held.head.checkpoint


@contextmanager
def restored(copy: Path) -> Iterator[Database]:
    database = open_database(f"sqlite:///{copy}")
    yield database
    database.engine.dispose()


def back_up(folder: Path, copy: Path) -> None:
    with closing(sqlite3.connect(folder / DATABASE)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)


@pytest.mark.parametrize("count", [5, pytest.param(20, marks=pytest.mark.faults)])
def test_every_copy_by_the_databases_own_means_is_consistent(
    written: Path, tmp_path: Path, count: int
) -> None:
    for number in range(count):
        copy, before, acked = tmp_path / f"{number}.db", remembered(written), len(read_acks(written))
        back_up(written, copy)
        with restored(copy) as database, database.read() as session:
            view = SqlLedger(session)
            size = view.size()
            assert size >= acked, "what was acknowledged before the copy began is in it"
            assert view.entries(0, size) == make_entries(0, size)
            assert log_faults(session, before) == []
        time.sleep(0.2)


def test_a_restored_copy_signs_nothing_after_the_log_went_on(written: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    back_up(written, copy)
    deadline = time.monotonic() + 30
    with restored(copy) as database:
        store = SqlLedgerStore(database)
        with store.read() as view:
            size = view.size()
        while remembered(written).size <= size and time.monotonic() < deadline:
            time.sleep(0.01)
        log = make_log(written / "heads", store)
        with database.read() as session:
            faults = log_faults(session, remembered(written))
        with pytest.raises(Refused) as caught:
            log.checkpoint(held_at(written))
    assert caught.value.code is Reason.ROLLBACK
    assert Reason.ROLLBACK in {fault.reason for fault in faults}


def test_canary_a_plain_copy_of_the_file_is_old_or_broken(written: Path, tmp_path: Path) -> None:
    """The tests above mean something only if a copy can be bad, and is then told."""
    chance = random.Random(7)
    for number in range(40):
        copy, acked = tmp_path / f"{number}.db", len(read_acks(written))
        before = remembered(written)
        shutil.copyfile(written / DATABASE, copy)
        try:
            with restored(copy) as database, database.read() as session:
                is_old = SqlLedger(session).size() < acked
                is_told = bool(log_faults(session, before))
        except (ShopError, TraceabilityError, DBAPIError):
            return
        if is_old and is_told:
            return
        time.sleep(chance.uniform(0.01, 0.1))
    pytest.fail("forty plain copies, and each was as good as a backup")


def held_at(folder: Path):
    with HeadFolder(folder / "heads").hold(ORIGIN) as held:
        assert held.head is not None
        return held.head.signed_at
