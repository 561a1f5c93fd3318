"""Two heads of one log, one kept from earlier and one seen now: does the log stand by its word?"""

from collections.abc import Sequence
from enum import StrEnum
from typing import NoReturn

from traceability.errors import NotVerified, Reason, Refused
from traceability.ledger.checkpoint import Checkpoint
from traceability.ledger.merkle import roots_along, verify_consistency
from traceability.ledger.tile_proofs import ReadTiles, prove_consistency, root_at

__all__ = ["Relation", "compare", "compare_by_tiles"]


class Relation(StrEnum):
    """How a later head stands to an earlier one. Compare it by name: it is no truth value."""

    CONSISTENT = "CONSISTENT"
    FORK = "FORK"
    ROLLBACK = "ROLLBACK"

    def __bool__(self) -> NoReturn:
        raise TypeError("a Relation is not a truth value: compare it with Relation.CONSISTENT")


def compare(kept: Checkpoint, seen: Checkpoint, *, proof: Sequence[bytes]) -> Relation:
    """Compares two heads by a consistency proof from the smaller to the larger.

    Args:
        kept: the earlier head, with a checked signature.
        seen: the head given now, with a checked signature.
        proof: 32 bytes each. A proof of nothing cannot be told from that of a fork: ask again, or compare by
            tiles, before accusing anybody.

    Returns:
        CONSISTENT when `seen` continues `kept`; ROLLBACK when it is smaller and `kept` continues it; FORK
        when neither.

    Raises:
        Refused: BAD_VALUE, for heads of two origins.
        NotVerified: BAD_RECEIPT, for a proof that has not the form for these sizes.
    """
    _demand_one_log(kept, seen)
    old, new = sorted((kept, seen), key=lambda head: head.size)
    try:
        verify_consistency(old.size, new.size, old_root=old.root, new_root=new.root, proof=proof)
    except NotVerified as error:
        if error.code is Reason.FORK:
            return Relation.FORK
        raise
    return Relation.ROLLBACK if seen.size < kept.size else Relation.CONSISTENT


def compare_by_tiles(kept: Checkpoint, seen: Checkpoint, read: ReadTiles) -> Relation:
    """Compares two heads by the tiles of the larger one. A FORK said here is proven by two signed heads.

    Args:
        kept: the earlier head, with a checked signature.
        seen: the head given now, with a checked signature.
        read: tiles from anybody; they are believed only after they give the larger head's root.

    Raises:
        Refused: BAD_VALUE, for heads of two origins.
        NotVerified: BAD_RECEIPT, when a tile is missing, or the tiles are not those of the larger head.
    """
    _demand_one_log(kept, seen)
    old, new = sorted((kept, seen), key=lambda head: head.size)
    if old.size in (0, new.size):
        return compare(kept, seen, proof=())
    path = list(prove_consistency(old.size, new.size, read))
    if old.size & (old.size - 1) == 0:  # A full old tree is a subtree of the new one and begins the path.
        path.insert(0, root_at(old.size, read))
    # The old root is believed only from hashes that lead to the new, signed root at the same time.
    old_root, new_root = roots_along(old.size, new.size, path)
    if new_root != new.root:
        raise NotVerified(Reason.BAD_RECEIPT, f"the tiles are not those of the head of {new.size} entries")
    if old_root != old.root:
        return Relation.FORK
    return Relation.ROLLBACK if seen.size < kept.size else Relation.CONSISTENT


def _demand_one_log(kept: Checkpoint, seen: Checkpoint) -> None:
    if kept.origin != seen.origin:
        raise Refused(Reason.BAD_VALUE, f"got heads of {kept.origin!a} and of {seen.origin!a}")
