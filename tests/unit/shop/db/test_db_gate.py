"""The write gate, and that two processes lose nothing of each other's work."""

import fcntl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from shop.db import InstanceFact
from shop.db.gate import FileGate, OpenGate
from shop.db.session import Database, open_database
from shop.errors import StorageBusy

ROOT = Path(__file__).parents[4]
INCREMENTS = 200

# Each of these reads a number and writes it back one greater, as often as asked.
CAREFUL = """
import sys
from shop.db import InstanceFact
from shop.db.session import open_database
database = open_database(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
for _ in range(int(sys.argv[2])):
    with database.write() as session:
        fact = session.get(InstanceFact, "counter", with_for_update=True)
        fact.value = str(int(fact.value) + 1)
"""
CARELESS = """
import sys, time
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from shop.db import InstanceFact
engine = create_engine(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
for _ in range(int(sys.argv[2])):
    with Session(engine) as session, session.begin():
        fact = session.get(InstanceFact, "counter")
        time.sleep(0.0005)
        fact.value = str(int(fact.value) + 1)
"""
# This one takes the lock itself, and so starts in no time.
HOLDER = """
import fcntl, sys
with open(sys.argv[1], "a") as file:
    fcntl.flock(file, fcntl.LOCK_EX)
    print("ready", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def started(script: str, *arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Starts a script; it says when it is ready, and goes on when its input ends, at last after the block."""
    command = [sys.executable, "-c", script, *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield process
        process.communicate()


def wait_till_ready(process: "subprocess.Popen[bytes]") -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"


def let_go(process: "subprocess.Popen[bytes]") -> None:
    assert process.stdin is not None
    process.stdin.write(b"go\n")
    process.stdin.flush()


def count_in_two_processes(database: Database, script: str) -> int:
    with database.write() as session:
        session.add(InstanceFact(key="counter", value="0"))
    url = database.engine.url.render_as_string(hide_password=False)
    with started(script, url, str(INCREMENTS)) as first, started(script, url, str(INCREMENTS)) as second:
        for process in (first, second):
            wait_till_ready(process)
        for process in (first, second):
            let_go(process)
    assert (first.returncode, second.returncode) == (0, 0)
    with database.read() as session:
        return int(session.get_one(InstanceFact, "counter").value)


def enter_once(gate: FileGate) -> None:
    with gate.hold(wait_s=30):
        pass


def is_free(path: Path) -> bool:
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@pytest.fixture
def gate(tmp_path: Path) -> FileGate:
    return FileGate(tmp_path / "shop.db.lock")


@pytest.fixture
def holder(tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Another process that holds the gate until its input ends."""
    with started(HOLDER, str(tmp_path / "shop.db.lock")) as process:
        wait_till_ready(process)
        yield process


@pytest.mark.slow
@pytest.mark.faults
def test_two_processes_lose_no_update(database: Database) -> None:
    assert count_in_two_processes(database, CAREFUL) == 2 * INCREMENTS


@pytest.mark.slow
@pytest.mark.faults
def test_canary_a_default_engine_loses_updates(database: Database) -> None:
    """The test above means something only if carelessness fails it."""
    assert count_in_two_processes(database, CARELESS) < 2 * INCREMENTS


def test_canary_a_default_engine_loses_an_update_without_an_error(
    tmp_path: Path, sqlite_template: Path
) -> None:
    """The same without chance: two sessions read, then both write."""
    path = tmp_path / "shop.db"
    path.write_bytes(sqlite_template.read_bytes())
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO instance_facts VALUES ('counter', '0')")
    with engine.connect() as first, engine.connect() as second:
        for connection in (first, second):
            assert connection.exec_driver_sql("SELECT value FROM instance_facts").scalar() == "0"
        for connection in (first, second):
            connection.exec_driver_sql("UPDATE instance_facts SET value = '1'")
            connection.commit()
        assert first.exec_driver_sql("SELECT value FROM instance_facts").scalar() == "1"
    engine.dispose()


def test_the_gate_opens_again(gate: FileGate) -> None:
    for _ in range(3):
        with gate.hold(wait_s=0.1):
            pass


def test_the_gate_opens_again_after_an_error(gate: FileGate) -> None:
    with pytest.raises(LookupError), gate.hold():
        raise LookupError
    with gate.hold(wait_s=0.1):
        pass


def test_a_thread_waits_no_longer_than_told(gate: FileGate) -> None:
    with gate.hold():
        began = time.monotonic()
        with pytest.raises(StorageBusy, match=r"0\.2 seconds") as caught, gate.hold(wait_s=0.2):
            pass
    assert caught.value.code == "GATE_HELD"
    assert 0.2 <= time.monotonic() - began < 1


def test_another_process_makes_us_wait_no_longer_than_told(
    gate: FileGate, holder: "subprocess.Popen[bytes]"
) -> None:
    began = time.monotonic()
    with pytest.raises(StorageBusy), gate.hold(wait_s=0.2):
        pass
    assert 0.2 <= time.monotonic() - began < 1


def test_a_waiter_is_let_in_as_soon_as_the_other_process_leaves(
    gate: FileGate, holder: "subprocess.Popen[bytes]"
) -> None:
    threading.Timer(0.2, let_go, [holder]).start()
    began = time.monotonic()
    with gate.hold(wait_s=5):
        assert 0.1 < time.monotonic() - began < 1


def test_giving_up_leaves_one_waiting_thread_and_the_gate_usable(
    gate: FileGate, holder: "subprocess.Popen[bytes]"
) -> None:
    before = threading.active_count()
    for _ in range(5):
        with pytest.raises(StorageBusy), gate.hold(wait_s=0.02):
            pass
    assert threading.active_count() == before + 1
    let_go(holder)
    with gate.hold(wait_s=5):
        pass
    assert threading.active_count() <= before + 1
    holder.wait()


def test_a_killed_holder_leaves_the_gate_open(gate: FileGate, holder: "subprocess.Popen[bytes]") -> None:
    holder.kill()
    holder.wait()
    with gate.hold(wait_s=0.5):
        pass


def test_eight_threads_share_the_gate_one_at_a_time(gate: FileGate) -> None:
    inside, most = 0, 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(50):
            with gate.hold():
                inside += 1
                most = max(most, inside)
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_who_waits_keeps_the_entrance(tmp_path: Path, holder: "subprocess.Popen[bytes]") -> None:
    """So a busy writer that leaves cannot come in again before the one who waits."""
    gate = FileGate(tmp_path / "shop.db.lock")
    waiter = threading.Thread(target=enter_once, args=(gate,))
    waiter.start()
    entrance = tmp_path / "shop.db.lock.next"
    while not entrance.exists() or is_free(entrance):
        waiter.join(timeout=0.01)
        assert waiter.is_alive()
    let_go(holder)
    waiter.join()
    assert is_free(entrance)


def test_a_gate_that_cannot_be_made_says_so_each_time(tmp_path: Path) -> None:
    gate = FileGate(tmp_path / "nowhere" / "shop.db.lock")
    for _ in range(2):
        with pytest.raises(FileNotFoundError), gate.hold(wait_s=0.1):
            pass


def test_two_open_databases_in_one_process_share_the_gate(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    first, second = open_database(url), open_database(url)
    with first.gate.hold(), pytest.raises(StorageBusy), second.gate.hold(wait_s=0.1):
        pass
    first.close()
    second.close()


def test_the_open_gate_lets_everybody_in() -> None:
    with OpenGate().hold(), OpenGate().hold(wait_s=0):
        pass
