"""The last head of each log that was signed or cosigned here: a small file per origin, outside any database.

A restored old database passes every check of its own. Only what was remembered elsewhere tells that a log
has gone back, so this folder belongs on other storage than the log, and is never restored with it.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

from traceability.clock import parse_instant
from traceability.errors import KeyUnavailable, Reason, Refused, TraceabilityError, Unreadable
from traceability.ledger import note as notes
from traceability.ledger.checkpoint import Checkpoint
from traceability.ledger.files import replace_file
from traceability.ledger.note import Note

__all__ = ["HeadFolder", "HeadMemory", "HeldHead", "SignedHead"]

VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A checkpoint as it was signed, and when.

    Attributes:
        note: the signed note.
        signed_at: aware; by the signer's own clock, so no evidence for others.

    Raises:
        Unreadable: BAD_NOTE, when the note is no checkpoint.
        Refused: BAD_VALUE, for a time without its zone.
    """

    note: Note
    signed_at: datetime

    def __post_init__(self) -> None:
        Checkpoint.from_text(self.note.text)
        if self.signed_at.utcoffset() is None:
            raise Refused(Reason.BAD_VALUE, "got a naive datetime, expected one with a time zone")

    @property
    def checkpoint(self) -> Checkpoint:
        """Origin, size and root."""
        return Checkpoint.from_text(self.note.text)


class HeldHead(Protocol):
    """The remembered head of one origin, while nobody else can change it."""

    @property
    def head(self) -> SignedHead | None:
        """What is remembered, None if nothing ever was."""
        ...

    def store(self, head: SignedHead) -> None:
        """Remembers `head` instead. It is on the disk when this returns."""
        ...


class HeadMemory(Protocol):
    """Remembers one head per origin.

    Promises: between the beginning and the end of `hold`, in all processes, nobody else holds this origin;
    what `store` was given is there after a crash; a store that did not return left the old head whole.
    """

    @contextmanager
    def hold(self, origin: str) -> Iterator[HeldHead]:
        """Holds the head of one origin for the length of a `with` block.

        Raises:
            Unreadable: BAD_NOTE, when what is remembered is damaged. It must not count as nothing.
            KeyUnavailable: KEY_UNAVAILABLE, when the memory cannot be reached.
        """
        ...


class HeadFolder:
    """A `HeadMemory` in a folder: a JSON file for each origin, named by the SHA-256 of the origin.

    Whoever deletes the files makes the next signature possible that must never be made: a lost folder means
    a new witness key, never a start from nothing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def hold(self, origin: str) -> Iterator[HeldHead]:
        """See `HeadMemory.hold`."""
        path = self._folder / f"{hashlib.sha256(origin.encode()).hexdigest()}.json"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            lock = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise _unreachable(error) from error
        try:
            # The kernel drops the lock when its holder dies, so a killed process blocks nobody.
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield _HeldFile(path, origin)
        finally:
            os.close(lock)


class _HeldFile:
    """See `HeldHead`. The lock belongs to whoever made this."""

    def __init__(self, path: Path, origin: str) -> None:
        self._path, self._origin = path, origin
        self._head = _read(path, origin)

    @property
    def head(self) -> SignedHead | None:
        return self._head

    def store(self, head: SignedHead) -> None:
        if head.checkpoint.origin != self._origin:
            raise Refused(Reason.BAD_VALUE, f"got a head of {head.checkpoint.origin!a}, not {self._origin!a}")
        try:
            replace_file(self._path, _to_bytes(head))
        except OSError as error:
            raise _unreachable(error) from error
        self._head = head


def _to_bytes(head: SignedHead) -> bytes:
    members = {
        "v": VERSION,
        "signedAt": head.signed_at.astimezone(UTC).isoformat(),
        "checkpoint": head.note.to_bytes().decode(),
    }
    return json.dumps(members, ensure_ascii=False, indent=1).encode() + b"\n"


def _read(path: Path, origin: str) -> SignedHead | None:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreachable(error) from error
    try:
        members = json.loads(data)
        note = notes.parse(members["checkpoint"].encode())
        head = SignedHead(note, parse_instant(members["signedAt"]))
        if members["v"] == VERSION and head.checkpoint.origin == origin and _to_bytes(head) == data:
            return head
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, TraceabilityError):
        pass
    raise Unreadable(Reason.BAD_NOTE, f"{path.name} does not hold the last head of {origin!a}")


def _unreachable(error: OSError) -> KeyUnavailable:
    return KeyUnavailable(Reason.KEY_UNAVAILABLE, f"the last heads cannot be reached: {error.strerror}")
