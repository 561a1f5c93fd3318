"""Publishing a log as static files: any web server, or a USB stick, can then serve it (C2SP tlog-tiles).

What is published is a function of the store and the head alone, so a publishing that broke off is done again
from its beginning and ends the same.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Final

from traceability.errors import NotVerified, Reason, Refused
from traceability.ledger import note as notes
from traceability.ledger.checkpoint import Checkpoint
from traceability.ledger.files import replace_file
from traceability.ledger.heads import SignedHead
from traceability.ledger.merkle import HASH_BYTES
from traceability.ledger.store import LedgerStore, LedgerView
from traceability.ledger.tile_proofs import root_at
from traceability.ledger.tiles import TILE_WIDTH, Resource, TileAddress, encode_bundle, growth

__all__ = ["CHECKPOINT", "Progress", "publish", "read_resource"]

CHECKPOINT: Final = "checkpoint"
FILES_A_READ: Final = 32  # 8,192 entries at a time stay in memory

Progress = Callable[[int, int], None]
"""Is told how many files are done, of how many; the checkpoint is not counted."""


def publish(
    store: LedgerStore, head: SignedHead, folder: Path, *, progress: Progress = lambda done, total: None
) -> list[str]:
    """Writes every file that `folder` has not yet for this head, the checkpoint last.

    Args:
        store: of the log.
        head: signed by this log; with the cosignatures that it is to be served with.
        folder: of one log; it is made if it is not there. Files of other names are left alone.
        progress: see Progress.

    Returns:
        The paths that were written, in order; a second call writes nothing but a checkpoint that changed.

    Raises:
        Refused: ROLLBACK, when a larger head is published there already, be it by another process in the
            meantime; FORK, when the log does not continue the published one, or a file there has other bytes
            than the log.
        Unreadable: BAD_NOTE, when the published checkpoint cannot be read.
        NotVerified: BAD_RECEIPT, when the store lacks a part of the log.
        OSError: the folder cannot be written; what was served before is served still.
    """
    new = head.checkpoint
    old_size = _published_size(store, new, folder)
    written: list[str] = []
    total, done = sum(1 for _ in growth(old_size, new.size)), 0
    files = growth(old_size, new.size)
    while part := list(islice(files, FILES_A_READ)):
        with store.read() as view:
            contents = [(one.path, read_resource(view, one)) for one in part]
        written += [path for path, data in contents if _write_once(folder / path, data)]
        done += len(part)
        progress(done, total)
    folder.mkdir(parents=True, exist_ok=True)
    return [*written, CHECKPOINT] if _put_checkpoint(store, head, folder) else written


def read_resource(view: LedgerView, resource: Resource) -> bytes:
    """Gives the bytes of one file of a log, cut to the width that its path names.

    Raises:
        NotVerified: BAD_RECEIPT, when the log has no such file, or not at that width yet.
    """
    if resource.level is None:
        start = resource.n * TILE_WIDTH
        entries = view.entries(start, start + resource.width)
        if len(entries) == resource.width:
            return encode_bundle([entry.body for entry in entries])
    else:
        address = TileAddress(resource.level, resource.n)
        data = view.tiles([address]).get(address, b"")[: resource.width * HASH_BYTES]
        if len(data) == resource.width * HASH_BYTES:
            return data
    raise NotVerified(Reason.BAD_RECEIPT, f"the log has no {resource.path}")


def _put_checkpoint(store: LedgerStore, head: SignedHead, folder: Path) -> bool:
    """Puts the checkpoint in place, unless a larger one came meanwhile; says whether it was not there yet.

    Tiles only ever come to be, so several may write them side by side; the checkpoint must not go back.
    """
    note = head.note.to_bytes()
    with _alone(folder):
        _published_size(store, head.checkpoint, folder)
        if _read(folder / CHECKPOINT) == note:
            return False
        replace_file(folder / CHECKPOINT, note)
    return True


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Lets no other process or thread publish in this folder; the kernel lets go of what a dead one held."""
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _published_size(store: LedgerStore, new: Checkpoint, folder: Path) -> int:
    """Gives the size that is published, after the check that the new head continues it; 0 for nothing."""
    try:
        data = (folder / CHECKPOINT).read_bytes()
    except FileNotFoundError:
        return 0
    old = Checkpoint.from_text(notes.parse(data).text)
    if old.origin != new.origin:
        raise Refused(Reason.FORK, f"the folder holds the log {old.origin!a}, not {new.origin!a}")
    if old.size > new.size:
        raise Refused(Reason.ROLLBACK, f"a head of {old.size} entries is published, got one of {new.size}")
    with store.read() as view:
        if root_at(old.size, view.tiles) != old.root:
            raise Refused(Reason.FORK, f"the log does not continue the published head of {old.size} entries")
    return old.size


def _write_once(path: Path, data: bytes) -> bool:
    """Writes a file that never changes again; says whether it was not there yet."""
    kept = _read(path)  # once: another process may write the same file just now
    if kept == data:
        return False
    if kept is not None:
        raise Refused(Reason.FORK, f"{path.name} is published with other bytes")
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, data)
    return True


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
