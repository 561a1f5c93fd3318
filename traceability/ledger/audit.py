"""Checking a whole published log: every tile and the root are computed again from the entries."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from traceability.errors import Reason, TraceabilityError
from traceability.ledger.merkle import HASH_BYTES, leaf_hash
from traceability.ledger.tile_proofs import root_at
from traceability.ledger.tiles import (
    FULL_TILE_BYTES,
    TILE_WIDTH,
    Resource,
    TileAddress,
    decode_bundle,
    grow_tiles,
    growth,
)

__all__ = ["Fault", "ReadFile", "audit_files"]

ReadFile = Callable[[str], bytes]
"""Gives the bytes of a path below the log's prefix; raises TraceabilityError when there is no such file."""

LEAF_LEVEL: Final = 0


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing in a log that is not as the entries say.

    Attributes:
        where: a path such as `tile/0/000`, or `entry 17`, or `head 1000`.
        reason: BAD_LOG for missing or damaged parts, FORK for a signed root that the entries do not give,
            ROLLBACK for entries that are gone from the end.
        detail: one plain sentence.
    """

    where: str
    reason: Reason
    detail: str


def audit_files(read: ReadFile, size: int, root: bytes) -> Iterator[Fault]:
    """Computes a published log again from its bundles, and compares every tile and the root.

    A partial file may have been dropped for the full one; then its beginning counts.

    Args:
        read: of the log's files.
        size: from a checked checkpoint.
        root: from the same checkpoint.

    Returns:
        Each fault as it is found; none means that the log is whole.
    """
    open_tiles: dict[TileAddress, bytes] = {}
    for bundle in (one for one in growth(0, size) if one.level is None):
        try:
            leaves = [leaf_hash(entry) for entry in _entries(read, bundle)]
        except TraceabilityError as error:
            # Without these entries nothing behind them can be computed, so what is published stands in.
            yield Fault(bundle.path, Reason.BAD_LOG, str(error))
            leaves = _published_leaves(read, bundle)
            if not leaves:
                yield Fault(f"head {size}", Reason.BAD_LOG, "neither entries nor tile: cannot go on")
                return
        changed = grow_tiles(bundle.n * TILE_WIDTH, leaves, open_tiles)
        for address, data in _full(changed).items():
            yield from _compare(read, Resource(address.level, address.n), data)
        _keep_open(open_tiles, changed)
    for address, data in _partial(open_tiles).items():
        yield from _compare(read, Resource(address.level, address.n, len(data) // HASH_BYTES), data)
    yield from _compare_root(size, root, open_tiles)


def _entries(read: ReadFile, bundle: Resource) -> list[bytes]:
    """Gives the entries of a bundle, from the full one where the partial one is gone."""
    try:
        return decode_bundle(read(bundle.path), width=bundle.width)
    except TraceabilityError:
        if bundle.width == TILE_WIDTH:
            raise
        full = decode_bundle(read(Resource(None, bundle.n).path), width=TILE_WIDTH)
        return full[: bundle.width]


def _published_leaves(read: ReadFile, bundle: Resource) -> list[bytes]:
    try:
        data = read(Resource(LEAF_LEVEL, bundle.n, bundle.width).path)
    except TraceabilityError:
        return []
    if len(data) != bundle.width * HASH_BYTES:
        return []
    return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]


def _compare(read: ReadFile, tile: Resource, expected: bytes) -> Iterator[Fault]:
    try:
        found = read(tile.path)
    except TraceabilityError as error:
        try:
            found = read(Resource(tile.level, tile.n).path)[: len(expected)]
        except TraceabilityError:
            yield Fault(tile.path, Reason.BAD_LOG, str(error))
            return
    if found != expected:
        yield Fault(tile.path, Reason.BAD_LOG, "the tile is not what the entries give")


def _keep_open(open_tiles: dict[TileAddress, bytes], changed: Mapping[TileAddress, bytes]) -> None:
    """Keeps the last tile of each level: the next entries grow it, and the root is made from these."""
    for address, data in changed.items():
        for other in [one for one in open_tiles if one.level == address.level and one.n < address.n]:
            del open_tiles[other]
        open_tiles[address] = data


def _compare_root(size: int, root: bytes, last_tiles: Mapping[TileAddress, bytes]) -> Iterator[Fault]:
    if root_at(size, lambda _: last_tiles) != root:
        yield Fault(f"head {size}", Reason.FORK, "the entries do not give the signed root")


def _full(tiles: Mapping[TileAddress, bytes]) -> dict[TileAddress, bytes]:
    return {address: data for address, data in tiles.items() if len(data) == FULL_TILE_BYTES}


def _partial(tiles: Mapping[TileAddress, bytes]) -> dict[TileAddress, bytes]:
    return {address: data for address, data in tiles.items() if len(data) < FULL_TILE_BYTES}
