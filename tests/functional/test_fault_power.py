"""R2: the power goes at any moment. With synchronous=FULL nothing that was acknowledged is lost."""

import os
import random
import secrets
import shutil
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.exc import DatabaseError

from shop.db.ledger_store import SqlLedger
from shop.db.session import open_database
from shop.errors import ShopError
from tests.simulators.appender import Job, Nursery
from tests.simulators.ledger import make_entries
from tests.simulators.power import STRACE, Cut, cuts, read_trace
from tests.simulators.stored import log_faults
from traceability.errors import TraceabilityError

pytestmark = [
    pytest.mark.skipif(
        shutil.which("strace") is None and os.environ.get("CI") != "true", reason="there is no strace"
    ),
    pytest.mark.timeout(600),
]

DATABASE, ACKS = "shop.db", "acks"
FILES = (DATABASE, f"{DATABASE}-wal", ACKS)
# The journal is copied back often, because a cut in the middle of that is the worst one.
OFTEN = "wal_autocheckpoint=30"

Cutting = Callable[[str, int], Counter[str]]


@pytest.fixture
def cutting(tmp_path: Path, sqlite_template: Path) -> Cutting:
    """Gives a function that counts how the log is after so many power cuts, with a setting of SQLite's."""

    def cut(synchronous: str, count: int) -> Counter[str]:
        seed = secrets.randbits(32)
        sys.stderr.write(f"seed of the cuts: {seed}\n")  # shown when the test fails
        chance = random.Random(seed)
        folder = tmp_path / "traced"
        folder.mkdir()
        shutil.copyfile(sqlite_template, folder / DATABASE)
        before = (folder / DATABASE).read_bytes()
        pragmas = (f"synchronous={synchronous}", OFTEN)
        job = Job(
            f"sqlite:///{folder / DATABASE}", str(folder), 0, seed, stop=1_200, pragmas=pragmas, signs=False
        )
        with Nursery(*STRACE, str(tmp_path / "trace")) as nursery:
            nursery.begin(job)
            assert nursery.wait() == 0
        events = read_trace(tmp_path / "trace", folder, FILES)
        assert sum(event.at is None for event in events) > 5 or synchronous == "OFF"
        found = Counter[str]()
        for number, one in enumerate(cuts(events, {DATABASE: before}, chance, count)):
            found[judge(one, tmp_path / str(number))] += 1
        return found

    return cut


def judge(cut: Cut, folder: Path) -> str:
    """Says whether the log after a cut is `whole`, has `lost` what was acknowledged, or is `damaged`."""
    folder.mkdir()
    for name in FILES[:2]:
        if name in cut.files:
            (folder / name).write_bytes(cut.files[name])
    acked = len(cut.seen.splitlines())
    try:
        database = open_database(f"sqlite:///{folder / DATABASE}")
        try:
            with database.read() as session:
                view = SqlLedger(session)
                size = view.size()
                is_whole = view.entries(0, size) == make_entries(0, size) and not log_faults(session)
        finally:
            database.engine.dispose()
    except (ShopError, TraceabilityError, DatabaseError):
        is_whole, size = False, 0
    shutil.rmtree(folder)
    if not is_whole:
        return "damaged"
    return "lost" if size < acked else "whole"


@pytest.mark.slow
def test_sixty_power_cuts_lose_nothing(cutting: Cutting) -> None:
    assert cutting("FULL", 60) == {"whole": 60}


@pytest.mark.faults
def test_four_hundred_power_cuts_lose_nothing(cutting: Cutting) -> None:
    assert cutting("FULL", 400) == {"whole": 400}


@pytest.mark.slow
def test_canary_without_waiting_for_the_journal_acknowledged_entries_are_lost(cutting: Cutting) -> None:
    """The tests above mean something only if a loss would be seen."""
    found = cutting("NORMAL", 40)
    assert found["lost"] > 0
    assert found["damaged"] == 0


@pytest.mark.slow
def test_canary_without_waiting_for_the_disk_at_all_the_log_is_damaged(cutting: Cutting) -> None:
    assert cutting("OFF", 40)["damaged"] > 0
