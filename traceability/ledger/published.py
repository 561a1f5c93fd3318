"""Reading tiles of somebody's published log, at the size of a signed head."""

from collections.abc import Set

from traceability.errors import TraceabilityError
from traceability.ledger.audit import ReadFile
from traceability.ledger.merkle import HASH_BYTES
from traceability.ledger.tile_proofs import ReadTiles
from traceability.ledger.tiles import TILE_WIDTH, Resource, TileAddress, resource_width

__all__ = ["tile_reader"]


def tile_reader(read: ReadFile, size: int) -> ReadTiles:
    """Gives the reader of the tiles that a log of `size` entries has.

    A partial tile that is gone is cut from the full one; a tile that is not there at all is left out.

    Args:
        read: of the log's files, from anybody: the tiles prove something only together with a signed root.
        size: of the head whose tiles are asked for.
    """

    def tiles(addresses: Set[TileAddress]) -> dict[TileAddress, bytes]:
        found = {address: _read_tile(read, address, size) for address in addresses}
        return {address: data for address, data in found.items() if data is not None}

    return tiles


def _read_tile(read: ReadFile, address: TileAddress, size: int) -> bytes | None:
    width = resource_width(address.level, address.n, size=size)
    for served in dict.fromkeys((width, TILE_WIDTH)) if width else ():
        try:
            return read(Resource(address.level, address.n, served).path)[: width * HASH_BYTES]
        except TraceabilityError:
            continue
    return None
