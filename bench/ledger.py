"""How near appending to the log comes to its bare hashes, and how a proof's time grows with the log."""

import hashlib
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bench.figures import Figure, alternate
from bench.instance import Instance
from shop.db.ledger_store import SqlLedgerStore
from shop.db.session import open_database
from traceability.entry import record_entry
from traceability.evidence import Reader
from traceability.ledger.heads import HeadFolder
from traceability.ledger.log import Log
from traceability.ledger.store import Entry
from traceability.signing.keys import Ed25519Signer

__all__ = ["measure_append", "measure_proof"]

ROUNDS: Final = 5
BATCH, BATCHES_A_ROUND = 1_000, 20
SMALL_LOG, LARGE_LOG, PROOFS_A_ROUND = 10_000, 1_000_000, 200


def measure_append(instance: Instance) -> Figure:
    """Entries of the length of ours, added 1,000 at a time on SQLite with synchronous=FULL, each batch on the
    disk before the next one, in a log of up to 120,000; against each leaf and node hashed once.

    The ids rise, as those of one bulk issue do.
    """
    record = Reader(1).read(instance.records[0])
    length = len(record_entry(record).body)
    with _open_log(instance.folder / "bench-append.sqlite3") as log:
        start = iter(range(0, 10**9, BATCH * BATCHES_A_ROUND))

        def append() -> float:
            first = next(start)
            batches = [_entries(first + at * BATCH, BATCH, length) for at in range(BATCHES_A_ROUND)]
            started = time.perf_counter()
            for batch in batches:
                log.append_batch(batch)
            return (time.perf_counter() - started) / BATCHES_A_ROUND

        bodies = [entry.body for entry in _entries(0, BATCH * BATCHES_A_ROUND, length)]
        figure = alternate(
            "log_append_vs_floor", bar=8.0, ours=append, reference=lambda: _hash_all(bodies), rounds=ROUNDS
        )
    return replace(figure, is_time=True)


def measure_proof(instance: Instance) -> Figure:
    """A receipt, found by the id of the entry, in a log of a million entries, against one of ten thousand."""
    with (
        _open_log(instance.folder / "bench-large.sqlite3") as large,
        _open_log(instance.folder / "bench-small.sqlite3") as small,
    ):
        figure = alternate(
            "inclusion_proof_1m_vs_10k",
            bar=2.0,
            ours=_proofs(_filled(large, LARGE_LOG), LARGE_LOG),
            reference=_proofs(_filled(small, SMALL_LOG), SMALL_LOG),
            rounds=ROUNDS,
        )
    return replace(figure, is_time=True, ours_at_most=0.005)


def _hash_all(bodies: Sequence[bytes]) -> float:
    """Gives the seconds that hashing costs a batch: as many nodes as leaves, less one."""
    sha256, started = hashlib.sha256, time.perf_counter()
    row = [sha256(b"\x00" + body).digest() for body in bodies]
    while len(row) > 1:
        row = [sha256(b"\x01" + row[at] + row[at + 1]).digest() for at in range(0, len(row) - 1, 2)]
    return (time.perf_counter() - started) * BATCH / len(bodies)


def _proofs(log: Log, size: int) -> Callable[[], float]:
    chance = random.Random(7)

    def prove() -> float:
        times = []
        for entry_id in [_entry_id(chance.randrange(size)) for _ in range(PROOFS_A_ROUND)]:
            started = time.perf_counter()
            found = log.receipts([entry_id])
            times.append(time.perf_counter() - started)
            if len(found) != 1:
                raise RuntimeError(f"no receipt of {entry_id}")
        return statistics.median(times)

    return prove


def _filled(log: Log, size: int) -> Log:
    for start in range(0, size, SMALL_LOG):
        log.append_batch(_entries(start, SMALL_LOG, 100))
    log.checkpoint(datetime.now(UTC))
    return log


def _entries(start: int, count: int, length: int) -> list[Entry]:
    return [Entry(_entry_id(n), _entry_id(n).encode().ljust(length)) for n in range(start, start + count)]


def _entry_id(number: int) -> str:
    return f"https://demo.langnghe.example/records/{number:012d}"


@contextmanager
def _open_log(path: Path) -> Iterator[Log]:
    """Gives an empty log; its file goes with the block, because it is large."""
    database = open_database(f"sqlite:///{path}")
    database.migrate()
    heads = HeadFolder(path.with_suffix(".heads"))
    try:
        yield Log(
            SqlLedgerStore(database), origin="bench.example", signer=Ed25519Signer.generate(), memory=heads
        )
    finally:
        database.close()
        for name in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
            name.unlink(missing_ok=True)
