"""Logs for tests: some entries, a log over any store, published ones, and where the shared vectors are."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from traceability.cli.log_sources import file_limit, folder_reader
from traceability.ledger import note as notes
from traceability.ledger.audit import ReadFile
from traceability.ledger.heads import HeadFolder
from traceability.ledger.log import Log
from traceability.ledger.memory_store import MemoryStore
from traceability.ledger.publish import CHECKPOINT
from traceability.ledger.quorum import Policy, TrustedHead
from traceability.ledger.store import Entry, LedgerStore
from traceability.records.canonical import canonical
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
    "read_head",
    "read_log_of",
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
    names = [f"{salt}record-{number}" for number in range(start, stop)]
    return [Entry(name, canonical({"id": name, "type": "Test"})) for name in names]


def make_log(folder: Path, store: LedgerStore | None = None) -> Log:
    """Gives a log that remembers its last head in `folder`."""
    return Log(store or MemoryStore(), origin=ORIGIN, signer=LOG_SIGNER, memory=HeadFolder(folder))


def read_log_of(folder: Path) -> ReadFile:
    """Gives the reader of a log that was published into a folder."""
    return folder_reader(folder, file_limit)


def read_head(read: ReadFile, policy: Policy) -> TrustedHead:
    """Gives the published checkpoint after checking its signatures."""
    return policy.check(notes.parse(read(CHECKPOINT)))
