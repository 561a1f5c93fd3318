"""Where a log keeps its entries, tiles and heads: the promises that every store keeps."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from traceability.errors import Reason, Refused
from traceability.ledger.heads import SignedHead
from traceability.ledger.tiles import TileAddress
from traceability.limits import LOG_ENTRY_ID_MAX_CHARS, LOG_ENTRY_MAX_BYTES

__all__ = ["Entry", "LedgerStore", "LedgerView", "LedgerWriter", "Position"]


@dataclass(frozen=True, slots=True)
class Entry:
    """What goes into a log.

    Attributes:
        id: names the entry within its log, 1 to 512 characters; not logged itself.
        body: the logged bytes, 1 to 65,535.

    Raises:
        Refused: BAD_VALUE.
    """

    id: str
    body: bytes

    def __post_init__(self) -> None:
        if not 1 <= len(self.id) <= LOG_ENTRY_ID_MAX_CHARS or not self.id.isprintable():
            raise Refused(Reason.BAD_VALUE, f"{self.id[:80]!a} is no entry id: 1 to 512 printable characters")
        if not 1 <= len(self.body) <= LOG_ENTRY_MAX_BYTES:
            message = f"an entry has 1 to {LOG_ENTRY_MAX_BYTES} bytes, got {len(self.body)}"
            raise Refused(Reason.BAD_VALUE, message)


@dataclass(frozen=True, slots=True)
class Position:
    """Where an entry stands.

    Attributes:
        index: from 0.
        leaf: its leaf hash, 32 bytes.
    """

    index: int
    leaf: bytes


class LedgerView(Protocol):
    """One state of a log, the same for every call."""

    def size(self) -> int:
        """Gives the number of entries."""
        ...

    def positions(self, entry_ids: Collection[str]) -> dict[str, Position]:
        """Gives the place of each of these entries; those that are not in the log are left out."""
        ...

    def entries(self, start: int, stop: int) -> list[Entry]:
        """Gives the entries from `start` up to before `stop`, in order; fewer where the log ends."""
        ...

    def leaves(self, start: int, stop: int) -> list[bytes]:
        """Gives the stored leaf hashes from `start` up to before `stop`, in order."""
        ...

    def tiles(self, addresses: Collection[TileAddress]) -> dict[TileAddress, bytes]:
        """Gives the data of each of these tiles, as wide as it is; those that are not there are left out."""
        ...

    def latest_head(self) -> SignedHead | None:
        """Gives the signed head with the largest size, None when nothing was ever signed."""
        ...


class LedgerWriter(LedgerView, Protocol):
    """One transaction. It sees its own writes; nobody else does before it ends."""

    def add_entries(self, start: int, entries: Sequence[Entry], leaves: Sequence[bytes]) -> None:
        """Adds entries with their leaf hashes, all or none; `start` is the present size.

        Raises:
            Refused: LOG_CONFLICT, when one of the ids stands in the log already, or twice among these; then
                nothing was added, and the transaction goes on. BAD_VALUE, for another start.
        """
        ...

    def put_tiles(self, tiles: Mapping[TileAddress, bytes]) -> None:
        """Adds tiles, or replaces partial ones by wider ones that begin with them."""
        ...

    def add_head(self, head: SignedHead) -> None:
        """Keeps a signed head; the very same one again changes nothing."""
        ...


class LedgerStore(Protocol):
    """Keeps one log.

    Promises, which tests/contracts/test_ledger_store.py holds every implementation to:
    - a write is one transaction: it is there as a whole, on the disk, when its block ends, or not at all
      when its block raises;
    - writes come one after the other, in all processes, so `size` read inside a write stays true in it;
    - indices are contiguous from 0, and an entry id stands at one index;
    - entries and full tiles never change and are never removed; a partial tile only grows; a head is kept as
      it was signed, one for a size, and is never removed;
    - whatever breaks one of these is refused with an error, also when it comes past this interface.
    """

    @contextmanager
    def read(self) -> Iterator[LedgerView]:
        """Gives one state of the log."""
        ...

    @contextmanager
    def write(self) -> Iterator[LedgerWriter]:
        """Gives a transaction, alone with the log till the end of the block."""
        ...
