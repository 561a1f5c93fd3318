"""Fifty forks, fifty rollbacks, fifty honest growths: each is told right, by proofs and by tiles."""

import random
from contextlib import contextmanager, suppress

import pytest

from tests.simulators.ledger import LOG_SIGNER, ORIGIN, later, make_entries, make_log
from tests.simulators.merkle import consistency_proof
from traceability.errors import NotVerified, Reason, Refused
from traceability.ledger.checkpoint import Checkpoint
from traceability.ledger.compare import Relation, compare, compare_by_tiles
from traceability.ledger.log import Log
from traceability.ledger.memory_store import MemoryStore
from traceability.ledger.merkle import leaf_hash, root
from traceability.ledger.tiles import TileAddress, grow_tiles


def _leaves(count, *, forged_from=None):
    return [
        leaf_hash(b"%d%s" % (number, b"!" if forged_from is not None and number >= forged_from else b""))
        for number in range(count)
    ]


def _head(leaves):
    return Checkpoint(ORIGIN, len(leaves), root(leaves))


def _reader(leaves):
    tiles = grow_tiles(0, leaves, {})
    return lambda addresses: {address: tiles[address] for address in addresses if address in tiles}


def _sizes(seed):
    chance = random.Random(seed)
    old = chance.choice([1, 2, 255, 256, 257, chance.randrange(1, 900)])
    return old, old + chance.choice([1, 2, 256, chance.randrange(1, 600)]), chance.randrange(old)


def _both(kept, seen, larger, smaller_size):
    """Gives what the two ways say; they must agree."""
    proof = consistency_proof(smaller_size, larger)
    by_proof = compare(_head(kept), _head(seen), proof=proof)
    assert compare_by_tiles(_head(kept), _head(seen), _reader(larger)) is by_proof
    return by_proof


@pytest.mark.parametrize("seed", range(50))
def test_an_honest_growth_is_consistent(seed):
    old, new, _ = _sizes(seed)
    leaves = _leaves(new)
    assert _both(leaves[:old], leaves, leaves, old) is Relation.CONSISTENT


@pytest.mark.parametrize("seed", range(50))
def test_a_rollback_is_told(seed):
    old, new, _ = _sizes(seed)
    leaves = _leaves(new)
    assert _both(leaves, leaves[:old], leaves, old) is Relation.ROLLBACK


@pytest.mark.parametrize("seed", range(50))
def test_a_fork_is_told_in_either_direction(seed):
    old, new, at = _sizes(seed)
    kept, forged = _leaves(old), _leaves(new, forged_from=at)
    assert _both(kept, forged, forged, old) is Relation.FORK
    assert _both(forged, kept, forged, old) is Relation.FORK


@pytest.mark.parametrize("size", [0, 1, 300])
def test_the_same_head_is_consistent_and_another_root_is_a_fork(size):
    leaves = _leaves(size)
    head, other = _head(leaves), Checkpoint(ORIGIN, size, bytes(32))
    for way in (
        lambda *heads: compare(*heads, proof=()),
        lambda *heads: compare_by_tiles(*heads, _reader(leaves)),
    ):
        assert way(head, head) is Relation.CONSISTENT
        assert way(head, other) is Relation.FORK


def test_growth_from_nothing_is_consistent():
    leaves = _leaves(7)
    assert _both([], leaves, leaves, 0) is Relation.CONSISTENT
    assert _both(leaves, [], leaves, 0) is Relation.ROLLBACK


def test_tiles_that_are_not_the_larger_heads_accuse_nobody():
    kept, seen = _head(_leaves(5)), _head(_leaves(300))
    with pytest.raises(NotVerified) as caught:
        compare_by_tiles(kept, seen, _reader(_leaves(300, forged_from=3)))
    assert caught.value.code is Reason.BAD_RECEIPT


def test_tiles_mixed_from_two_trees_do_not_hide_a_fork():
    """A server could show the true lower tiles for the old root and forged upper ones for the new."""
    honest, forged = _leaves(700), _leaves(700, forged_from=100)
    mixed = grow_tiles(0, forged, {})
    mixed[TileAddress(0, 0)] = grow_tiles(0, honest, {})[TileAddress(0, 0)]
    for old in (128, 200, 256, 300):
        with suppress(NotVerified):
            found = compare_by_tiles(_head(honest[:old]), _head(forged), lambda _: mixed)
            assert found is Relation.FORK


def test_a_proof_of_another_length_accuses_nobody():
    leaves = _leaves(9)
    with pytest.raises(NotVerified) as caught:
        compare(_head(leaves[:5]), _head(leaves), proof=consistency_proof(5, leaves)[1:])
    assert caught.value.code is Reason.BAD_RECEIPT


def test_heads_of_two_logs_are_not_compared():
    head = _head(_leaves(3))
    with pytest.raises(Refused):
        compare(head, Checkpoint("other", 3, head.root), proof=())


def test_a_relation_is_no_truth_value():
    with pytest.raises(TypeError):
        bool(Relation.FORK)


class Forgetful:
    """A memory that remembers nothing: what signing would be without the file outside the store."""

    @contextmanager
    def hold(self, origin):
        yield self

    head = None

    def store(self, head):
        pass


def _copy_of(entries, signer_log):
    other = Log(MemoryStore(), origin=ORIGIN, signer=LOG_SIGNER, memory=signer_log)
    other.append_batch(entries)
    return other


@pytest.mark.parametrize("seed", range(50))
def test_a_log_does_not_sign_below_or_beside_its_last_head(seed, tmp_path):
    old, new, at = _sizes(seed)
    log = make_log(tmp_path)
    log.append_batch(make_entries(0, new))
    log.checkpoint(later(0))
    memory = log._memory
    for entries, reason in [
        (make_entries(0, old), Reason.ROLLBACK),
        ([*make_entries(0, at), *make_entries(at, new + 1, salt="forged ")], Reason.FORK),
    ]:
        restored = _copy_of(entries, memory)
        with pytest.raises(Refused) as caught:
            restored.checkpoint(later(60))
        assert caught.value.code is reason
    log.append_batch(make_entries(new, new + 1))
    assert log.checkpoint(later(60)).checkpoint.size == new + 1


@pytest.mark.parametrize("seed", range(50))
def test_canary_without_the_memory_outside_rollbacks_and_forks_pass_unnoticed(seed):
    """The test above means something only if the store's own checks let these through."""
    old, new, at = _sizes(seed)
    for entries in (make_entries(0, old), [*make_entries(0, at), *make_entries(at, new + 1, salt="forged ")]):
        assert _copy_of(entries, Forgetful()).checkpoint(later(60)).checkpoint.size == len(entries)
