"""Logs for tests: some entries, a log over any store, and where the shared vectors are."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from traceability.ledger.heads import HeadFolder
from traceability.ledger.log import Log
from traceability.ledger.memory_store import MemoryStore
from traceability.ledger.store import Entry, LedgerStore
from traceability.signing.keys import Ed25519Signer

__all__ = [
    "LOG_SIGNER",
    "NOW",
    "ORIGIN",
    "TESSERA",
    "TESSERA_KEY",
    "VECTORS",
    "later",
    "make_entries",
    "make_log",
]

VECTORS = (
    Path(os.environ.get("LANGNGHE_VECTORS") or Path(__file__).parents[2] / ".." / "shared" / "vectors")
    / "tlog"
)
TESSERA = VECTORS / "tessera-testlog" / "log"  # of transparency-dev/tessera, checkpoints 0 to 15
TESSERA_KEY = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
ORIGIN = "demo.langnghe.example/log"
LOG_SIGNER = Ed25519Signer.from_seed(bytes(range(32)))
NOW = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)


def later(seconds: int) -> datetime:
    """Gives a moment so many seconds after NOW."""
    return NOW + timedelta(seconds=seconds)


def make_entries(start: int, stop: int, *, salt: str = "") -> list[Entry]:
    """Gives entries with ids and bodies that follow from their numbers and the salt."""
    return [
        Entry(f"{salt}record-{number}", f"{salt}body of {number}".encode()) for number in range(start, stop)
    ]


def make_log(folder: Path, store: LedgerStore | None = None) -> Log:
    """Gives a log that remembers its last head in `folder`."""
    return Log(store or MemoryStore(), origin=ORIGIN, signer=LOG_SIGNER, memory=HeadFolder(folder))
