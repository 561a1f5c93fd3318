"""Tiles and entry bundles: the log as immutable files of 256 hashes or 256 entries (C2SP tlog-tiles). Pure.

A tile of level 0 holds leaf hashes; each hash of a higher level is the root of a full tile below. A partial
tile is a beginning of the tile that it grows into, so a stored tile can be cut to any width it once had.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from traceability.errors import Reason, Refused, Unreadable
from traceability.ledger.merkle import HASH_BYTES
from traceability.limits import LOG_ENTRY_MAX_BYTES

__all__ = [
    "FULL_TILE_BYTES",
    "TILE_WIDTH",
    "Resource",
    "TileAddress",
    "decode_bundle",
    "encode_bundle",
    "grow_tiles",
    "growth",
    "hash_pairs",
    "open_tiles",
    "resource_width",
]

TILE_WIDTH: Final = 256
TILE_HEIGHT: Final = 8  # 2^8 hashes
FULL_TILE_BYTES: Final = TILE_WIDTH * HASH_BYTES
MAX_LEVEL: Final = 63

_LENGTH_BYTES: Final = 2
_PATH: Final = re.compile(
    r"tile/(entries|0|[1-9]\d?)/((?:x\d{3}/){0,6}\d{3})(?:\.p/([1-9]\d{0,2}))?", re.ASCII
)


@dataclass(frozen=True, slots=True, order=True)
class TileAddress:
    """Where a tile stands, whatever its width.

    Attributes:
        level: 0 for leaf hashes, up to 63.
        n: number within the level, from 0.
    """

    level: int
    n: int


@dataclass(frozen=True, slots=True)
class Resource:
    """One static file of a log: a tile, or a bundle of entries.

    Attributes:
        level: 0 to 63 for a tile of hashes, None for a bundle of entries.
        n: number within the level, from 0.
        width: how many hashes or entries, 1 to 256; below 256 the file is partial.

    Raises:
        Refused: BAD_VALUE, for any other value.
    """

    level: int | None
    n: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        if not (0 <= (self.level or 0) <= MAX_LEVEL and self.n >= 0 and 1 <= self.width <= TILE_WIDTH):
            raise Refused(Reason.BAD_VALUE, f"no tile has level {self.level}, n {self.n}, width {self.width}")

    @property
    def path(self) -> str:
        """The path below the log's prefix, such as `tile/0/x001/x234/067.p/8` or `tile/entries/000`."""
        groups = [f"{self.n % 1000:03}"]
        rest = self.n // 1000
        while rest:
            groups.insert(0, f"x{rest % 1000:03}")
            rest //= 1000
        level = "entries" if self.level is None else self.level
        partial = "" if self.width == TILE_WIDTH else f".p/{self.width}"
        return f"tile/{level}/{'/'.join(groups)}{partial}"

    @classmethod
    def from_path(cls, path: str) -> "Resource":
        """Reads a path; `path` gives the same one back.

        Raises:
            Unreadable: BAD_RECEIPT, for a path that no file of a log has.
        """
        match = _PATH.fullmatch(path)
        if match:
            level = None if match[1] == "entries" else int(match[1])
            n, width = int(re.sub("[x/]", "", match[2])), int(match[3] or TILE_WIDTH)
            # Leading groups of zeros, `.p/256` and level 64 fail here: each file has one path.
            if width <= TILE_WIDTH and (level or 0) <= MAX_LEVEL and cls(level, n, width).path == path:
                return cls(level, n, width)
        raise Unreadable(Reason.BAD_RECEIPT, f"{path[:80]!a} is not the path of a tile or a bundle")


def resource_width(level: int | None, n: int, *, size: int) -> int:
    """Gives how many hashes or entries tile `n` of a level has in a log of `size` entries, 0 to 256."""
    return min(TILE_WIDTH, max(0, _count(level, size) - n * TILE_WIDTH))


def growth(old: int, new: int) -> Iterator[Resource]:
    """Gives each file that a log of `new` entries has and one of `old` entries had not.

    Args:
        old: earlier size; 0 gives every file of the log.
        new: present size, at least `old`.

    Returns:
        Bundles first, then tiles from level 0 upwards, each in rising order.
    """
    levels: list[int | None] = [None, *range(MAX_LEVEL + 1)]
    for level in levels:
        before, after = _count(level, old), _count(level, new)
        if after > before:
            for n in range(before // TILE_WIDTH, -(-after // TILE_WIDTH)):
                yield Resource(level, n, min(TILE_WIDTH, after - n * TILE_WIDTH))


def open_tiles(size: int) -> tuple[TileAddress, ...]:
    """Gives the partial tiles of a log of `size` entries, level 0 first: the next ones to grow."""
    return tuple(
        TileAddress(level, _count(level, size) // TILE_WIDTH)
        for level in range(MAX_LEVEL + 1)
        if _count(level, size) % TILE_WIDTH
    )


def grow_tiles(
    size: int, leaf_hashes: Sequence[bytes], tiles: Mapping[TileAddress, bytes]
) -> dict[TileAddress, bytes]:
    """Gives the tiles that appending these leaves makes or changes; each node is hashed once.

    Args:
        size: of the log before.
        leaf_hashes: of the new entries, 32 bytes each, in order.
        tiles: the whole data of each of `open_tiles(size)`.

    Raises:
        Refused: BAD_VALUE, for a tile that has not the width that `size` gives it.
    """
    changed: dict[TileAddress, bytes] = {}
    level, hashes = 0, list(leaf_hashes)
    while hashes:
        n, width = divmod(_count(level, size), TILE_WIDTH)
        begun = tiles.get(TileAddress(level, n), b"") if width else b""
        if len(begun) != width * HASH_BYTES:
            raise Refused(
                Reason.BAD_VALUE, f"tile {level}/{n} has {len(begun)} bytes, {width * HASH_BYTES} expected"
            )
        data = begun + b"".join(hashes)
        hashes = []
        for at in range(0, len(data), FULL_TILE_BYTES):
            tile = data[at : at + FULL_TILE_BYTES]
            changed[TileAddress(level, n + at // FULL_TILE_BYTES)] = tile
            if len(tile) == FULL_TILE_BYTES:
                hashes.append(_full_tile_root(tile))
        level += 1
    return changed


def hash_pairs(hashes: bytes) -> bytes:
    """Gives the node over each pair of hashes, one after the other; a last one without a partner is left.

    Args:
        hashes: 32 bytes each, without anything between.
    """
    # One joined text a row, and no call of our own a node: this loop is most of what appending costs.
    sha256, step = hashlib.sha256, 2 * HASH_BYTES
    stop = len(hashes) - len(hashes) % step
    return b"".join([sha256(b"\x01" + hashes[at : at + step]).digest() for at in range(0, stop, step)])


def _full_tile_root(tile: bytes) -> bytes:
    for _ in range(TILE_HEIGHT):
        tile = hash_pairs(tile)
    return tile


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Gives the file of up to 256 entries, each behind its length as two bytes, big-endian.

    Raises:
        Refused: BAD_VALUE, for more entries, or one above 65,535 bytes.
    """
    if len(entries) > TILE_WIDTH or any(len(entry) > LOG_ENTRY_MAX_BYTES for entry in entries):
        raise Refused(Reason.BAD_VALUE, "a bundle has at most 256 entries of at most 65,535 bytes")
    return b"".join(len(entry).to_bytes(_LENGTH_BYTES, "big") + entry for entry in entries)


def decode_bundle(data: bytes, *, width: int) -> list[bytes]:
    """Gives the entries of a bundle file.

    Args:
        data: the file.
        width: how many entries it must hold, as its path says.

    Raises:
        Unreadable: BAD_RECEIPT, when the file ends inside an entry or holds another number of them.
    """
    entries: list[bytes] = []
    at = 0
    while at < len(data) and len(entries) < width:
        begin = at + _LENGTH_BYTES
        at = begin + int.from_bytes(data[at:begin], "big")
        entries.append(data[begin:at])
    if at != len(data) or len(entries) != width:
        raise Unreadable(Reason.BAD_RECEIPT, f"the bundle does not hold {width} whole entries")
    return entries


def _count(level: int | None, size: int) -> int:
    """Gives how many hashes (or entries) a whole level of a log of `size` entries has."""
    return size >> TILE_HEIGHT * (level or 0)
