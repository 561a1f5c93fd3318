"""The log, computed again from its entries: leaves, tiles, heads, and what witnesses signed under them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from shop.audit.rows import Row, read_rows
from traceability.errors import Reason, TraceabilityError
from traceability.ledger import note as notes
from traceability.ledger.audit import Fault
from traceability.ledger.checkpoint import Checkpoint
from traceability.ledger.cosignature import verify_cosignatures
from traceability.ledger.merkle import HASH_BYTES, leaf_hash
from traceability.ledger.note import Note
from traceability.ledger.quorum import Policy
from traceability.ledger.tile_proofs import root_at
from traceability.ledger.tiles import TILE_WIDTH, Resource, TileAddress, grow_tiles, open_tiles
from traceability.records.canonical import canonical, parse

__all__ = ["LoggedEntries", "check_heads", "check_kept", "compare_head", "read_log"]


@dataclass(frozen=True, slots=True)
class LoggedEntries:
    """What the entries give.

    Attributes:
        size: number of entries.
        places: index and leaf hash by the id that each entry names.
        kinds: what each entry says that it is, by the same id.
        tiles: every tile, as wide as the log makes it.
    """

    size: int = 0
    places: Mapping[str, tuple[int, bytes]] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)
    tiles: Mapping[TileAddress, bytes] = field(default_factory=dict)

    def root(self, size: int) -> bytes:
        """Gives the root of the first `size` entries."""
        return root_at(size, lambda wanted: {key: self.tiles[key] for key in wanted if key in self.tiles})


def read_log(session: Session, faults: list[Fault]) -> LoggedEntries:
    """Reads every entry, compares all tiles with them, and adds what differs to `faults`."""
    stored = {(row["level"], row["n"]): row["data"] for row in read_rows(session, "log_tiles")}
    leaves: list[bytes] = []
    places: dict[str, tuple[int, bytes]] = {}
    kinds: dict[str, str] = {}
    for row in read_rows(session, "log_entries"):
        index = len(leaves)
        if row["idx"] != index:
            text = f"the index is {row['idx']}, and {index} is expected"
            faults.append(_damaged(f"entry {index}", text))
        leaf = _leaf(row, stored.get((0, index // TILE_WIDTH), b""), index, faults)
        name, kind = _name(row, index, faults)
        if name in places:
            faults.append(_damaged(f"entry {index}", f"entry {places[name][0]} has the same id"))
        places.setdefault(name, (index, leaf))
        kinds.setdefault(name, kind)
        leaves.append(leaf)
    tiles = _all_tiles(leaves)
    _compare_tiles(tiles, stored, faults)
    return LoggedEntries(len(leaves), places, kinds, tiles)


def check_heads(session: Session, logged: LoggedEntries, policy: Policy | None) -> Iterator[Fault]:
    """Checks every signed head: its signature, its size, and that the entries give its root."""
    lines: dict[int, list[Row]] = {}
    for row in read_rows(session, "log_cosignatures"):
        lines.setdefault(row["size"], []).append(row)
    for row in read_rows(session, "log_checkpoints"):
        where = f"head {row['size']}"
        try:
            note = notes.parse(row["note"].encode())
            if policy is not None:
                notes.verify(note, policy.logs)
            head = Checkpoint.from_text(note.text)
        except (TraceabilityError, UnicodeEncodeError) as error:
            yield _damaged(where, f"the head does not read: {_plain(error)}")
            continue
        if head.size != row["size"]:
            yield _damaged(where, f"the head itself names {head.size} entries")
            continue
        yield from compare_head(head, logged, where)
        for line in lines.pop(row["size"], []):
            yield from _check_cosignature(line, row["note"], policy)
    for size in lines:
        yield _damaged(f"head {size}", "witnesses signed a head that is not stored")


def check_kept(session: Session, logged: LoggedEntries, where: str, note: Note) -> Iterator[Fault]:
    """Demands that a head which has left this instance is stored, with every line that stood under it."""
    head = Checkpoint.from_text(note.text)
    size = head.size
    if size > logged.size:
        yield from compare_head(head, logged, where)
        return
    stored = [row["note"] for row in read_rows(session, "log_checkpoints") if row["size"] == size]
    stored += [row["line"] for row in read_rows(session, "log_cosignatures") if row["size"] == size]
    lines = {line for part in stored for line in part.split("\n")}
    missing = [line for line in note.to_bytes().decode().split("\n") if line not in lines]
    if not stored:
        yield _damaged(where, f"the head of {size} entries is not stored")
    elif missing:
        yield _damaged(where, f"under the head of {size} entries {len(missing)} lines are not stored")


def compare_head(head: Checkpoint, logged: LoggedEntries, where: str) -> Iterator[Fault]:
    """Compares one head with the entries: the log must be as long, and give the signed root."""
    if head.size > logged.size:
        yield Fault(where, Reason.ROLLBACK, f"{head.size} entries were signed, the log has {logged.size}")
    elif logged.root(head.size) != head.root:
        yield Fault(where, Reason.FORK, "the entries do not give the signed root")


def _leaf(row: Row, tile: bytes, index: int, faults: list[Fault]) -> bytes:
    """Gives the leaf hash to go on with: of three copies the one that two agree on."""
    own, kept = leaf_hash(row["body"]), row["leaf"]
    start = index % TILE_WIDTH * HASH_BYTES
    in_tile = tile[start : start + HASH_BYTES]
    if own == kept:
        return own
    if kept == in_tile:
        faults.append(_damaged(f"entry {index}", "the entry's bytes are not those that were logged"))
        return bytes(kept)
    faults.append(_damaged(f"entry {index}", "the stored leaf hash is not that of the entry"))
    return own


def _name(row: Row, index: int, faults: list[Fault]) -> tuple[str, str]:
    """Gives the id and type that the entry's own bytes name; the stored id must be the same."""
    stored = str(row["entry_id"])
    try:
        body = parse(row["body"])
        if canonical(body) != row["body"]:
            raise ValueError("the entry is not in its canonical form")
        name, kind = str(body["id"]), str(body["type"])
    except (TraceabilityError, ValueError, KeyError) as error:
        faults.append(_damaged(f"entry {index}", f"the entry does not read: {_plain(error)}"))
        return stored, ""
    if name != stored:
        faults.append(_damaged(f"entry {index}", f"it is stored under another id than {name}"))
    return name, kind


def _all_tiles(leaves: Sequence[bytes]) -> dict[TileAddress, bytes]:
    tiles: dict[TileAddress, bytes] = {}
    for start in range(0, len(leaves), TILE_WIDTH):
        known = {address: tiles[address] for address in open_tiles(start) if address in tiles}
        tiles.update(grow_tiles(start, leaves[start : start + TILE_WIDTH], known))
    return tiles


def _compare_tiles(
    tiles: Mapping[TileAddress, bytes], stored: Mapping[tuple[int, int], bytes], faults: list[Fault]
) -> None:
    rest = dict(stored)
    for address, data in tiles.items():
        kept = rest.pop((address.level, address.n), None)
        if kept == data:
            continue
        path = Resource(address.level, address.n).path
        if kept is None:
            faults.append(_damaged(path, "the tile is missing"))
            continue
        starts = range(0, max(len(data), len(kept)), HASH_BYTES)
        other = [at for at in starts if kept[at : at + HASH_BYTES] != data[at : at + HASH_BYTES]]
        places = ", ".join(str(at // HASH_BYTES) for at in other[:8])
        faults.append(_damaged(path, f"the tile is not what the entries give at {places}"))
    faults += [_damaged(f"tile {level}/{n}", "the entries give no such tile") for level, n in rest]


def _check_cosignature(row: Row, note: str, policy: Policy | None) -> Iterator[Fault]:
    where = f"head {row['size']}, witness {row['witness']}"
    try:
        whole = notes.parse((note + row["line"]).encode())
        line = whole.signatures[-1]
        if len(whole.signatures) < 2 or f"{line.name} {line.key_id.hex()}" != row["witness"]:
            yield _damaged(where, "the line is another witness's")
        elif policy is not None:
            verify_cosignatures(whole, [key for _, key in policy.witnesses])
    except (TraceabilityError, UnicodeEncodeError) as error:
        yield _damaged(where, f"the line does not hold: {_plain(error)}")


def _damaged(where: str, detail: str) -> Fault:
    return Fault(where, Reason.BAD_LOG, detail)


def _plain(error: Exception) -> str:
    """Gives an error's sentence; bytes that are no text would make one of their own."""
    return str(error).encode("ascii", "backslashreplace").decode("ascii")
