"""Tree heads: origin, size and root <-> the text of a signed note (C2SP tlog-checkpoint).

Extension lines are refused: monitors cannot audit them, and a log of ours never writes one.
"""

import re
from dataclasses import dataclass
from typing import Final

from traceability.errors import Reason, Refused
from traceability.ledger.merkle import HASH_BYTES
from traceability.ledger.spelling import MAX_SIZE, bad_note, read_decimal, read_hash, write_base64

__all__ = ["Checkpoint"]

_ORIGIN: Final = re.compile(r"[^\x00-\x1f]+")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log: so many entries, under this root.

    Attributes:
        origin: the log's name, not empty, one line; compared character by character.
        size: number of entries, 0 to 2^63 - 1.
        root: 32 bytes.

    Raises:
        Refused: BAD_VALUE, for any other value.
    """

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        if not _ORIGIN.fullmatch(self.origin):
            raise Refused(Reason.BAD_VALUE, f"{self.origin[:80]!a} is no origin: one line, not empty")
        if not 0 <= self.size <= MAX_SIZE:
            raise Refused(Reason.BAD_VALUE, f"got the size {self.size}, 0 to 2^63 - 1 expected")
        if len(self.root) != HASH_BYTES:
            raise Refused(Reason.BAD_VALUE, f"a root has {HASH_BYTES} bytes, got {len(self.root)}")

    @classmethod
    def from_text(cls, text: str) -> "Checkpoint":
        """Reads the text of a note; `to_text` gives the same text back.

        Raises:
            Unreadable: BAD_NOTE, for anything but the three lines of a checkpoint.
        """
        lines = text.split("\n")
        if len(lines) != 4 or lines[3] or not _ORIGIN.fullmatch(lines[0]):
            raise bad_note("a checkpoint is three lines: origin, size, root")
        return cls(lines[0], read_decimal(lines[1]), read_hash(lines[2]))

    def to_text(self) -> str:
        """The note's text, three lines, with its final newline."""
        return f"{self.origin}\n{self.size}\n{write_base64(self.root)}\n"
