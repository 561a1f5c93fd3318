"""A log's store in memory, for tests and tools."""

import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager

from traceability.errors import Reason, Refused
from traceability.ledger.heads import SignedHead
from traceability.ledger.store import Entry, LedgerView, LedgerWriter, Position
from traceability.ledger.tiles import FULL_TILE_BYTES, TileAddress

__all__ = ["MemoryStore"]


class MemoryStore:
    """A `LedgerStore` in memory. A reader keeps the state it began with, while a writer goes on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._state = _MemoryView([], [], {}, 0, {}, {})

    @contextmanager
    def read(self) -> Iterator[LedgerView]:
        """See `LedgerStore.read`."""
        yield self._state

    @contextmanager
    def write(self) -> Iterator[LedgerWriter]:
        """See `LedgerStore.write`."""
        with self._lock:
            draft = self._state.draft()
            yield draft
            self._state = draft


class _MemoryView:
    """One state. Entries only ever join the shared lists behind the size of every earlier state."""

    def __init__(
        self,
        entries: list[Entry],
        leaves: list[bytes],
        places: dict[str, int],
        size: int,
        tiles: dict[TileAddress, bytes],
        heads: dict[int, SignedHead],
    ) -> None:
        self._entries, self._leaves, self._places, self._size = entries, leaves, places, size
        self._tiles, self._heads = tiles, heads

    def draft(self) -> "_MemoryView":
        """Gives a state that may change without this one changing; what an undone write left, goes."""
        del self._entries[self._size :], self._leaves[self._size :]
        return _MemoryView(
            self._entries, self._leaves, self._places, self._size, dict(self._tiles), dict(self._heads)
        )

    def size(self) -> int:
        return self._size

    def positions(self, entry_ids: Collection[str]) -> dict[str, Position]:
        found: dict[str, Position] = {}
        for entry_id in entry_ids:
            index = self._places.get(entry_id)
            # A write that was undone may have left a place behind; the entry itself decides.
            if index is not None and index < self._size and self._entries[index].id == entry_id:
                found[entry_id] = Position(index, self._leaves[index])
        return found

    def entries(self, start: int, stop: int) -> list[Entry]:
        return self._entries[start : min(stop, self._size)]

    def leaves(self, start: int, stop: int) -> list[bytes]:
        return self._leaves[start : min(stop, self._size)]

    def tiles(self, addresses: Collection[TileAddress]) -> dict[TileAddress, bytes]:
        return {address: self._tiles[address] for address in addresses if address in self._tiles}

    def latest_head(self) -> SignedHead | None:
        return self._heads[max(self._heads)] if self._heads else None

    def add_entries(self, start: int, entries: Sequence[Entry], leaves: Sequence[bytes]) -> None:
        ids = {entry.id for entry in entries}
        if start != self._size:
            raise Refused(Reason.BAD_VALUE, f"the log has {self._size} entries, not {start}")
        if len(ids) != len(entries) or self.positions(ids):
            raise Refused(Reason.LOG_CONFLICT, "an id of these stands in the log, or twice among these")
        self._entries.extend(entries)
        self._leaves.extend(leaves)
        self._places.update((entry.id, start + at) for at, entry in enumerate(entries))
        self._size += len(entries)

    def put_tiles(self, tiles: Mapping[TileAddress, bytes]) -> None:
        for address, data in tiles.items():
            old = self._tiles.get(address, b"")
            if not data.startswith(old) or (len(old) == FULL_TILE_BYTES and data != old):
                raise Refused(Reason.BAD_VALUE, f"tile {address.level}/{address.n} would change")
        self._tiles.update(tiles)

    def add_head(self, head: SignedHead) -> None:
        size = head.checkpoint.size
        old = self._heads.get(size)
        if old is not None and old.note != head.note:
            raise Refused(Reason.FORK, f"another head of {size} entries was signed before")
        if size < max(self._heads, default=0):
            raise Refused(Reason.ROLLBACK, f"a head of {size} entries comes after a larger one")
        self._heads.setdefault(size, head)
