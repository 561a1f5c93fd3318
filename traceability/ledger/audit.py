"""Checking a whole log: its published files, or its store. Everything is computed again from the entries."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from traceability.errors import Reason, TraceabilityError, Unreadable
from traceability.ledger import note as notes
from traceability.ledger.checkpoint import Checkpoint
from traceability.ledger.merkle import HASH_BYTES, leaf_hash
from traceability.ledger.publish import CHECKPOINT
from traceability.ledger.quorum import Policy, TrustedHead
from traceability.ledger.store import LedgerView
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

__all__ = ["Fault", "ReadFile", "audit_files", "audit_store", "folder_reader", "read_head"]

ReadFile = Callable[[str], bytes]
"""Gives the bytes of a path below the log's prefix; raises TraceabilityError when there is no such file."""

LEAF_LEVEL: Final = 0


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing in a log that is not as the entries say.

    Attributes:
        where: a path such as `tile/0/000`, or `entry 17`, or `head 1000`.
        reason: BAD_LOG for missing or damaged parts, FORK for a signed root that the entries do not give,
            ROLLBACK for entries that are gone from the end, FILE_CHANGED for a file that an export's manifest
            does not vouch for.
        detail: one plain sentence.
    """

    where: str
    reason: Reason
    detail: str


def folder_reader(folder: Path) -> ReadFile:
    """Gives the reader of a published folder."""

    def read(path: str) -> bytes:
        try:
            return (folder / path).read_bytes()
        except OSError as error:
            raise Unreadable(Reason.BAD_LOG, f"{path}: {error.strerror}") from error

    return read


def read_head(read: ReadFile, policy: Policy) -> TrustedHead:
    """Gives the published checkpoint after checking its signatures.

    Raises:
        TraceabilityError: see `Policy.check` and `note.parse`.
    """
    return policy.check(notes.parse(read(CHECKPOINT)))


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


def audit_store(view: LedgerView, kept: Checkpoint | None = None) -> Iterator[Fault]:
    """Computes a stored log again from its entries: leaf hashes, tiles, and the signed heads.

    Args:
        view: of the store.
        kept: the last head that is remembered outside the store. Without it a store that lost its newest
            entries and heads together is as whole as it was before they came.

    Returns:
        Each fault as it is found, with the index of a damaged entry; none means that the log is whole.
    """
    try:
        size = view.size()
        yield from _entry_faults(view, size)
        yield from _stored_head_faults(view, size)
        if kept is not None:
            yield from _head_faults(view, size, kept)
    except TraceabilityError as error:
        yield Fault("store", error.code, f"a part of it cannot be read: {error}")


def _entry_faults(view: LedgerView, size: int) -> Iterator[Fault]:
    """Compares leaf hashes and tiles with the entries, up to the first entries that are not there."""
    open_tiles: dict[TileAddress, bytes] = {}
    for start in range(0, size, TILE_WIDTH):
        stop = min(size, start + TILE_WIDTH)
        try:
            leaves = [leaf_hash(entry.body) for entry in view.entries(start, stop)]
        except TraceabilityError:
            leaves = []
        if len(leaves) != stop - start:
            yield from _missing(view, start, stop)
            return
        stored = view.leaves(start, stop)
        for at, leaf in enumerate(leaves):
            if leaf != stored[at]:
                yield Fault(f"entry {start + at}", Reason.BAD_LOG, "the entry and its leaf hash differ")
        # The tiles are compared with the leaf hashes of the entries themselves.
        changed = grow_tiles(start, leaves, open_tiles)
        yield from _tile_faults(view, _full(changed))
        _keep_open(open_tiles, changed)
    yield from _tile_faults(view, _partial(open_tiles))


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


def _tile_faults(view: LedgerView, expected: Mapping[TileAddress, bytes]) -> Iterator[Fault]:
    """Compares stored tiles with what the entries give, and names the hashes that differ."""
    found = view.tiles(list(expected))
    for address, data in expected.items():
        kept = found.get(address, b"")
        if kept != data:
            starts = range(0, len(data), HASH_BYTES)
            other = [at for at in starts if kept[at : at + HASH_BYTES] != data[at : at + HASH_BYTES]]
            places = ", ".join(str(at // HASH_BYTES) for at in other[:8]) or "its end"
            path = Resource(address.level, address.n).path
            yield Fault(path, Reason.BAD_LOG, f"the tile is not what the entries give at {places}")


def _missing(view: LedgerView, start: int, stop: int) -> Iterator[Fault]:
    """Names each entry of a range that is not there or cannot be read."""
    for index in range(start, stop):
        try:
            detail = "" if view.entries(index, index + 1) else "there is no entry at this index"
        except TraceabilityError as error:
            detail = str(error)
        if detail:
            yield Fault(f"entry {index}", Reason.BAD_LOG, detail)


def _stored_head_faults(view: LedgerView, size: int) -> Iterator[Fault]:
    try:
        head = view.latest_head()
    except TraceabilityError as error:
        yield Fault("head", Reason.BAD_LOG, str(error))
        return
    if head is not None:
        yield from _head_faults(view, size, head.checkpoint)


def _head_faults(view: LedgerView, size: int, signed: Checkpoint) -> Iterator[Fault]:
    where = f"head {signed.size}"
    if signed.size > size:
        yield Fault(where, Reason.ROLLBACK, f"the log has {size} entries only")
        return
    try:
        found = root_at(signed.size, view.tiles)
    except TraceabilityError as error:
        yield Fault(where, Reason.BAD_LOG, str(error))
        return
    if found != signed.root:
        yield Fault(where, Reason.FORK, "the tiles do not give the signed root")
