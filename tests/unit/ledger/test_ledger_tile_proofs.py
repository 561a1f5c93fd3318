"""Proofs from tiles: equal to those from all leaves, from few tiles, and not from wrong ones."""

import random

import pytest

from tests.simulators.merkle import consistency_proof, inclusion_proof
from traceability.errors import NotVerified, Reason, Refused
from traceability.ledger.merkle import leaf_hash, root
from traceability.ledger.tile_proofs import prove_consistency, prove_inclusions, root_at
from traceability.ledger.tiles import TileAddress, grow_tiles

LEAVES = [leaf_hash(b"%d" % number) for number in range(66_000)]
TILES = grow_tiles(0, LEAVES, {})
EDGES = [1, 2, 3, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 66_000]


def _read(addresses):
    return {address: TILES[address] for address in addresses if address in TILES}


@pytest.mark.parametrize("size", [0, *range(4, 41), *EDGES])
def test_the_root_is_that_of_the_leaves(size):
    assert root_at(size, _read) == root(LEAVES[:size])


@pytest.mark.parametrize("size", range(1, 41))
def test_every_proof_of_a_small_tree_is_that_of_the_leaves(size):
    leaves = LEAVES[:size]
    for index in range(size):
        assert prove_inclusions([index], size, _read)[0] == inclusion_proof(index, leaves)
    for old in range(size + 1):
        assert prove_consistency(old, size, _read) == consistency_proof(old, leaves)


@pytest.mark.parametrize("size", EDGES)
def test_proofs_at_the_edges_of_tiles_are_those_of_the_leaves(size):
    leaves, chance = LEAVES[:size], random.Random(size)
    for index in {0, size - 1, *(chance.randrange(size) for _ in range(4))}:
        assert prove_inclusions([index], size, _read)[0] == inclusion_proof(index, leaves)
        assert prove_consistency(index, size, _read) == consistency_proof(index, leaves)


def test_many_proofs_are_made_with_one_reading():
    calls = []

    def read(addresses):
        calls.append(addresses)
        return _read(addresses)

    indices = [0, 255, 256, 65_999, 0]
    proofs = prove_inclusions(indices, 66_000, read)
    assert proofs == [inclusion_proof(index, LEAVES) for index in indices]
    assert len(calls) == 1


def test_a_proof_needs_a_few_tiles_only():
    asked = set()
    prove_inclusions([40_000], 66_000, lambda addresses: (asked.update(addresses), _read(addresses))[1])
    assert len(asked) <= 6


@pytest.mark.parametrize(("index", "size"), [(-1, 5), (5, 5), (0, 0)])
def test_no_proof_is_made_for_a_leaf_that_is_not_there(index, size):
    with pytest.raises(Refused):
        prove_inclusions([index], size, _read)


@pytest.mark.parametrize(("old", "size"), [(-1, 5), (6, 5)])
def test_no_proof_is_made_from_a_size_that_never_was(old, size):
    with pytest.raises(Refused):
        prove_consistency(old, size, _read)


@pytest.mark.parametrize("cut", [0, 32, 63])
def test_a_missing_or_short_tile_is_named(cut):
    tiles = dict(TILES)
    tiles[TileAddress(0, 0)] = TILES[TileAddress(0, 0)][:cut]
    with pytest.raises(NotVerified) as caught:
        prove_inclusions([0], 300, lambda _: tiles)
    assert caught.value.code is Reason.BAD_RECEIPT
    assert "tile 0/0" in str(caught.value)
