"""A process that appends to a log without end, and acknowledges what is committed, until it is killed.

    python -m tests.simulators.appender

It reads commands from stdin, one JSON object a line, forks a child for each, prints the child's process id,
and a second line when the child has ended. Everything is imported before the first fork, so a child is at
work within milliseconds.
"""

import json
import os
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

from sqlalchemy import event, make_url

from shop.db import engines
from shop.db.gate import FileGate
from shop.db.ledger_store import SqlLedgerStore
from shop.db.session import Database, open_database
from tests.simulators.ledger import make_entries, make_log
from traceability.ledger.log import Log, append
from traceability.ledger.publish import publish
from traceability.ledger.store import LedgerWriter

__all__ = ["Job", "Nursery", "read_acks"]

MAX_BATCH = 40
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Job:
    """What a child does.

    Attributes:
        url: of the database.
        folder: for `heads/`, `log/`, `acks` (a line `index id` for each acknowledged entry) and `signed` (a
            line `size` for each signed head).
        start: number of the first entry; those that are in the log already are appended once more.
        seed: of the sizes of batches.
        acks_early: acknowledge before the commit, which is the mistake that a test must notice.
        stop: number of the entry to stop before; 0 for never.
        pragmas: set on each SQLite connection after those of the shop.
        signs: sign and publish heads now and then.
    """

    url: str
    folder: str
    start: int
    seed: int
    acks_early: bool = False
    stop: int = 0
    pragmas: tuple[str, ...] = ()
    signs: bool = True


class Nursery:
    """The process that children are forked from; it ends with the block."""

    def __init__(self, *wrapper: str) -> None:
        """Starts it; `wrapper` is a command that runs it, such as strace with its options."""
        command = [*wrapper, sys.executable, "-m", "tests.simulators.appender"]
        self._process = Popen(command, stdin=PIPE, stdout=PIPE, text=True, cwd=ROOT)

    def __enter__(self) -> "Nursery":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=60)

    def begin(self, job: Job) -> int:
        """Forks a child and gives its process id."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asdict(job)) + "\n")
        self._process.stdin.flush()
        return int(self._line())

    def wait(self) -> int:
        """Waits for the child's end, and gives its status as `os.waitpid` does."""
        return int(self._line())

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


def read_acks(folder: Path) -> list[tuple[int, str]]:
    """Gives index and id of each acknowledged entry; a line that was cut off is none."""
    try:
        lines = (folder / "acks").read_text(encoding="ascii").split("\n")[:-1]
    except FileNotFoundError:
        return []
    pairs = (line.split(" ") for line in lines)
    return [(int(index), entry_id) for index, entry_id in pairs]


def _work(job: Job) -> None:
    folder, chance = Path(job.folder), random.Random(job.seed)
    with _opened(job) as database:
        log = make_log(folder / "heads", SqlLedgerStore(database))
        acks = os.open(folder / "acks", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        number = job.start
        while not job.stop or number < job.stop:
            is_first = number == job.start
            number = _append(log, number, chance, acks, early=job.acks_early)
            if job.signs and (is_first or chance.random() < 0.2):
                head = log.checkpoint(datetime.now(UTC))
                _write_line(folder / "signed", str(head.checkpoint.size))
                publish(log.store, head, folder / "log")


def _append(log: Log, number: int, chance: random.Random, acks: int, *, early: bool) -> int:
    """Appends a few batches in a transaction and acknowledges them, after the commit unless `early`."""
    said: list[bytes] = []
    with log.store.write() as writer:
        for _ in range(chance.randint(1, 4)):
            stop = number + chance.randint(1, MAX_BATCH)
            said.append(_append_batch(writer, number, stop))
            if early:
                os.write(acks, said.pop())
            number = stop
    if said:
        os.write(acks, b"".join(said))
    return number


def _append_batch(writer: LedgerWriter, start: int, stop: int) -> bytes:
    entries = make_entries(start, stop)
    indices = append(writer, entries)
    return b"".join(b"%d %s\n" % (at, one.id.encode()) for at, one in zip(indices, entries, strict=True))


@contextmanager
def _opened(job: Job) -> Iterator[Database]:
    if not job.pragmas:
        database = open_database(job.url)
    else:
        # Past the check of the set-up, which is there to refuse just these.
        url = make_url(job.url)
        engine = engines.make_sqlite(url)
        event.listen(engine, "connect", _setting(job.pragmas))
        database = Database(engine, engines.for_reading(engine), FileGate(Path(f"{url.database}.lock")))
    yield database
    database.engine.dispose()


def _setting(pragmas: Sequence[str]) -> Callable[[Any, object], None]:
    def listener(connection: Any, record: object) -> None:
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    return listener


def _write_line(path: Path, line: str) -> None:
    with path.open("a", encoding="ascii") as file:
        file.write(f"{line}\n")


def _main() -> None:
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            job = json.loads(line)
            _work(Job(**{**job, "pragmas": tuple(job["pragmas"])}))
            os._exit(0)
        _say(child)
        _say(os.waitpid(child, 0)[1])


def _say(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _main()
