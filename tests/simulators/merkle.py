"""Proofs of the Merkle tree from all its leaves, as RFC 6962 defines them: what others must equal."""

from collections.abc import Sequence

from traceability.ledger.merkle import root

__all__ = ["consistency_proof", "inclusion_proof"]


def inclusion_proof(index: int, leaf_hashes: Sequence[bytes]) -> tuple[bytes, ...]:
    """Gives the sibling hashes of a leaf, its own sibling first (RFC 6962 2.1.1). Linear in the tree.

    Args:
        index: of the leaf, from 0.
        leaf_hashes: of the whole tree, in order.
    """
    proof: list[bytes] = []
    while len(leaf_hashes) > 1:
        split = _split(len(leaf_hashes))
        left, right = leaf_hashes[:split], leaf_hashes[split:]
        if index < split:
            proof.append(root(right))
            leaf_hashes = left
        else:
            proof.append(root(left))
            leaf_hashes, index = right, index - split
    return tuple(reversed(proof))


def consistency_proof(old: int, leaf_hashes: Sequence[bytes]) -> tuple[bytes, ...]:
    """Gives the proof that the tree of the first `old` leaves is a beginning of this one (RFC 6962 2.1.2).

    Args:
        old: size of the earlier tree, 0 to the present size; both ends give the empty proof.
        leaf_hashes: of the whole present tree, in order.
    """
    if old == 0:
        return ()
    proof: list[bytes] = []
    is_whole = True  # as long as the walk has not gone right, the old root is known to the reader
    while old < len(leaf_hashes):
        split = _split(len(leaf_hashes))
        left, right = leaf_hashes[:split], leaf_hashes[split:]
        if old <= split:
            proof.append(root(right))
            leaf_hashes = left
        else:
            proof.append(root(left))
            leaf_hashes, old, is_whole = right, old - split, False
    if not is_whole:
        proof.append(root(leaf_hashes))
    return tuple(reversed(proof))


def _split(size: int) -> int:
    """Gives the largest power of two below `size` (RFC 6962 2.1)."""
    return 1 << (size - 1).bit_length() - 1
