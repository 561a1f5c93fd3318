"""Roots and proofs from tiles: each names the few tiles that it needs, never all leaves. Pure.

A proof is a row of ranges of leaves; the hash of a range is put together from the full subtrees in it, and
each of those lies in one tile (RFC 6962 2.1, C2SP tlog-tiles).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from functools import lru_cache
from typing import Final

from traceability.errors import NotVerified, Reason, Refused
from traceability.ledger.merkle import EMPTY_ROOT, HASH_BYTES, node_hash
from traceability.ledger.tiles import TILE_WIDTH, TileAddress, hash_pairs

__all__ = ["ReadTiles", "prove_consistency", "prove_inclusions", "root_at"]

TILE_HEIGHT: Final = 8
Range = tuple[int, int]  # of leaves: first, and the one after the last

ReadTiles = Callable[[Set[TileAddress]], Mapping[TileAddress, bytes]]
"""Gives the data of each tile asked for, as wide as it is at present or was at the size asked about."""


def root_at(size: int, read: ReadTiles) -> bytes:
    """Gives the root that the tree had at `size` entries.

    Args:
        size: at most the present size.
        read: called at most once.

    Raises:
        NotVerified: BAD_RECEIPT, when a tile is missing or too short.
    """
    if size == 0:
        return EMPTY_ROOT
    return _hashes([(0, size)], read)[0]


def prove_inclusions(indices: Sequence[int], size: int, read: ReadTiles) -> list[tuple[bytes, ...]]:
    """Gives the inclusion proof of each of several leaves, its sibling first.

    Args:
        indices: of the leaves, from 0.
        size: at most the present size.
        read: called at most once, for at most two tiles a level and leaf.

    Raises:
        Refused: BAD_VALUE, when that tree has no such leaf.
        NotVerified: BAD_RECEIPT, when a tile is missing or too short.
    """
    ranges = [_inclusion_ranges(index, size) for index in indices]
    unique = list(dict.fromkeys(one for row in ranges for one in row))
    found = dict(zip(unique, _hashes(unique, read), strict=True))
    return [tuple(found[one] for one in row) for row in ranges]


def prove_consistency(old: int, size: int, read: ReadTiles) -> tuple[bytes, ...]:
    """Gives the proof that the tree of `old` leaves is a beginning of the tree of `size` leaves.

    Args:
        old: 0 to `size`; both ends give the empty proof.
        size: at most the present size.
        read: called at most once.

    Raises:
        Refused: BAD_VALUE, when the earlier tree would be larger.
        NotVerified: BAD_RECEIPT, when a tile is missing or too short.
    """
    if not 0 <= old <= size:
        raise Refused(Reason.BAD_VALUE, f"size {old} is no earlier size of a tree of {size}")
    return tuple(_hashes(_consistency_ranges(old, size), read))


def _inclusion_ranges(index: int, size: int) -> list[Range]:
    """Gives the leaves under each sibling on the way from a leaf to the root (RFC 6962 2.1.1)."""
    if not 0 <= index < size:
        raise Refused(Reason.BAD_VALUE, f"leaf {index} is not in a tree of {size}")
    ranges: list[Range] = []
    start, stop = 0, size
    while stop - start > 1:
        middle = start + _split(stop - start)
        if index < middle:
            ranges.append((middle, stop))
            stop = middle
        else:
            ranges.append((start, middle))
            start = middle
    return ranges[::-1]


def _consistency_ranges(old: int, size: int) -> list[Range]:
    """Gives the leaves under each hash of a consistency proof (RFC 6962 2.1.2)."""
    if old in (0, size):
        return []
    ranges: list[Range] = []
    start, stop = 0, size
    while old < stop:
        middle = start + _split(stop - start)
        if old <= middle:
            ranges.append((middle, stop))
            stop = middle
        else:
            ranges.append((start, middle))
            start = middle
    # While the walk has not gone right, the old root itself begins the path, and its reader has it.
    if start:
        ranges.append((start, stop))
    return ranges[::-1]


def _hashes(ranges: Sequence[Range], read: ReadTiles) -> list[bytes]:
    """Gives the hash of the tree over each range, with one call of `read`."""
    if not ranges:
        return []
    needed = {_place(*node)[0] for one in ranges for node in _full_subtrees(*one)}
    nodes = _Nodes(read(needed))
    return [_hash_of(one, nodes) for one in ranges]


def _hash_of(leaves: Range, nodes: "_Nodes") -> bytes:
    parts = [nodes.hash_at(height, index) for height, index in _full_subtrees(*leaves)]
    current = parts.pop()
    while parts:
        current = node_hash(parts.pop(), current)
    return current


def _full_subtrees(start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Gives height and index of the full subtrees that make up a range, the largest and leftmost first.

    The range of a proof begins where its largest subtree may begin, so halves of its length fit.
    """
    while start < stop:
        height = (stop - start).bit_length() - 1
        yield height, start >> height
        start += 1 << height


def _place(height: int, index: int) -> tuple[TileAddress, int, int]:
    """Gives the tile that a full subtree's hash is made from, its height in there, and its place there."""
    level, inside = divmod(height, TILE_HEIGHT)
    n, first = divmod(index << inside, TILE_WIDTH)
    return TileAddress(level, n), inside, first >> inside


class _Nodes:
    """The hashes of all full subtrees in some tiles; a tile is hashed once, however many proofs need it."""

    def __init__(self, tiles: Mapping[TileAddress, bytes]) -> None:
        self._tiles = tiles
        self._rows: dict[TileAddress, tuple[bytes, ...]] = {}

    def hash_at(self, height: int, index: int) -> bytes:
        """Gives the hash of one full subtree."""
        address, inside, place = _place(height, index)
        if address not in self._rows:
            rows = _rows if address.level == 0 else _rows_of_upper_tile
            self._rows[address] = rows(self._tiles.get(address, b""))
        found = self._rows[address][inside][place * HASH_BYTES : (place + 1) * HASH_BYTES]
        if len(found) != HASH_BYTES:
            message = f"tile {address.level}/{address.n} is missing or too short"
            raise NotVerified(Reason.BAD_RECEIPT, message)
        return found


def _rows(tile: bytes) -> tuple[bytes, ...]:
    """Gives the hashes of a tile, of the pairs of them, and so on, up to the root of a full tile."""
    rows = [tile]
    for _ in range(TILE_HEIGHT):
        rows.append(hash_pairs(rows[-1]))
    return tuple(rows)


# Proofs from everywhere in a log meet in its upper tiles: 32 of them are those of two million entries.
_rows_of_upper_tile = lru_cache(maxsize=32)(_rows)


def _split(size: int) -> int:
    """Gives the largest power of two below `size` (RFC 6962 2.1)."""
    return 1 << (size - 1).bit_length() - 1
