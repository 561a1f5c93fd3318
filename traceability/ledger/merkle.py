"""The Merkle tree of RFC 6962 over SHA-256: roots from leaf hashes, and the checks of proofs. Pure.

Everything but `leaf_hash` takes and gives hashes of exactly 32 bytes. A check raises or returns None; it is
never a truth value.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

from traceability.errors import NotVerified, Reason, Refused

__all__ = [
    "EMPTY_ROOT",
    "HASH_BYTES",
    "leaf_hash",
    "leaf_hashes",
    "node_hash",
    "root",
    "roots_along",
    "verify_consistency",
    "verify_inclusion",
]

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """Gives SHA-256(0x00, entry): the prefix keeps an entry from passing for a node (RFC 6962 2.1)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def leaf_hashes(entries: Iterable[bytes]) -> list[bytes]:
    """Gives `leaf_hash` of each entry, faster than one by one."""
    sha256 = hashlib.sha256
    return [sha256(b"\x00" + entry).digest() for entry in entries]


def node_hash(left: bytes, right: bytes) -> bytes:
    """Gives SHA-256(0x01, left, right) of two hashes (RFC 6962 2.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaf_hashes: Iterable[bytes]) -> bytes:
    """Gives the root of the tree over these leaf hashes, in linear time and logarithmic memory.

    Args:
        leaf_hashes: results of `leaf_hash`, 32 bytes each, in order; not the entries themselves.

    Raises:
        Refused: BAD_VALUE, for a hash of another length.
    """
    # The stack holds the roots of full subtrees, one for each bit of the leaves seen so far.
    stack: list[bytes] = []
    for index, current in enumerate(leaf_hashes):
        _demand_hash(current)
        while index & 1:
            current, index = node_hash(stack.pop(), current), index >> 1
        stack.append(current)
    if not stack:
        return EMPTY_ROOT
    current = stack.pop()
    while stack:
        current = node_hash(stack.pop(), current)
    return current


def verify_inclusion(index: int, size: int, *, leaf_hash: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Checks that a leaf stands at `index` in the tree of `size` leaves under `root` (RFC 9162 2.1.3.2).

    Args:
        index: from 0.
        size: from the same signed tree head as `root`: alone, a proof fits several sizes.
        leaf_hash: 32 bytes, made from the entry itself.
        proof: 32 bytes each, the leaf's sibling first.
        root: 32 bytes.

    Raises:
        NotVerified: BAD_RECEIPT.
    """
    if not 0 <= index < size:
        raise _bad_proof(f"leaf {index} is not in a tree of {size}")
    _demand_hashes(leaf_hash, root, *proof)
    position, last, current = index, size - 1, leaf_hash
    for sibling in proof:
        if last == 0:
            raise _bad_proof(f"{len(proof)} hashes are too many for leaf {index} of {size}")
        if position & 1 or position == last:
            current = node_hash(sibling, current)
            position, last = _climb(position, last)
        else:
            current = node_hash(current, sibling)
        position, last = position >> 1, last >> 1
    if last:
        raise _bad_proof(f"{len(proof)} hashes are too few for leaf {index} of {size}")
    if current != root:
        raise _bad_proof(f"leaf {index} and its proof do not lead to the root of the tree of {size}")


def verify_consistency(
    old: int, new: int, *, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Checks that the tree of `old` leaves is a beginning of the tree of `new` leaves (RFC 9162 2.1.4.2).

    Args:
        old: size of the earlier tree, 0 to `new`.
        new: size of the later tree.
        old_root: 32 bytes, from the signed head of the earlier tree.
        new_root: 32 bytes, from the signed head of the later tree.
        proof: 32 bytes each, in the order of `tile_proofs.prove_consistency`; empty when `old` is 0 or `new`.

    Raises:
        NotVerified: BAD_RECEIPT, for a proof that has not the form for these sizes; FORK, when one tree does
            not continue the other.
    """
    if not 0 <= old <= new:
        raise _bad_proof(f"a tree of {new} cannot continue a tree of {old}")
    _demand_hashes(old_root, new_root, *proof)
    if old in (0, new):
        _verify_trivial(old, new, old_root=old_root, new_root=new_root, proof=proof)
        return
    # A full old tree is a subtree of the new one, so its root begins the path and is not in the proof.
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        raise _bad_proof(f"the proof from {old} to {new} is empty")
    if roots_along(old, new, path) != (old_root, new_root):
        raise NotVerified(Reason.FORK, f"the tree of {new} does not continue the tree of {old}")


def roots_along(old: int, new: int, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Gives the roots of the old and the new tree that a consistency path leads to (RFC 9162 2.1.4.2).

    Args:
        old: size of the earlier tree, 1 to below `new`.
        new: size of the later tree.
        path: the hashes of the proof; behind the old root, when `old` is a power of two.

    Raises:
        NotVerified: BAD_RECEIPT, for too many or too few hashes.
    """
    position, last = old - 1, new - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    old_seen = new_seen = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise _bad_proof(f"there are too many hashes for a proof from {old} to {new}")
        if position & 1 or position == last:
            old_seen, new_seen = node_hash(sibling, old_seen), node_hash(sibling, new_seen)
            position, last = _climb(position, last)
        else:
            new_seen = node_hash(new_seen, sibling)
        position, last = position >> 1, last >> 1
    if last:
        raise _bad_proof(f"there are too few hashes for a proof from {old} to {new}")
    return old_seen, new_seen


def _verify_trivial(old: int, new: int, *, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Checks the two cases without a path: nothing before, or nothing since."""
    if proof:
        raise _bad_proof(f"the proof from {old} to {new} must be empty, got {len(proof)} hashes")
    if old == 0 and old_root != EMPTY_ROOT:
        raise NotVerified(Reason.FORK, "the empty tree has another root")
    if old == new and old_root != new_root:
        raise NotVerified(Reason.FORK, f"two trees of {old} have different roots")


def _climb(position: int, last: int) -> tuple[int, int]:
    """Passes the levels at which the last node has no sibling, until it is a right child or the root."""
    while position and not position & 1:
        position, last = position >> 1, last >> 1
    return position, last


def _demand_hash(value: bytes) -> None:
    if len(value) != HASH_BYTES:
        raise Refused(Reason.BAD_VALUE, f"a hash has {HASH_BYTES} bytes, got {len(value)}")


def _demand_hashes(*values: bytes) -> None:
    for value in values:
        if len(value) != HASH_BYTES:
            raise _bad_proof(f"a hash has {HASH_BYTES} bytes, got {len(value)}")


def _bad_proof(message: str) -> NotVerified:
    return NotVerified(Reason.BAD_RECEIPT, message)
