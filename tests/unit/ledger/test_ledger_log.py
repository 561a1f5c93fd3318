"""Signing heads: only what is committed, never back, never beside; and what a restored copy meets."""

import copy

import pytest

from tests.simulators.ledger import LOG_SIGNER, NOW, ORIGIN, later, make_entries, make_log
from tests.simulators.merkle import consistency_proof, inclusion_proof
from traceability.errors import KeyUnavailable, NotVerified, Reason, Refused, Unreadable
from traceability.ledger import note
from traceability.ledger.heads import HeadFolder
from traceability.ledger.log import Log, append
from traceability.ledger.memory_store import MemoryStore
from traceability.ledger.merkle import leaf_hash, root
from traceability.ledger.note import Verifier
from traceability.ledger.store import Entry
from traceability.limits import LOG_BATCH_MAX


@pytest.fixture
def log(tmp_path):
    return make_log(tmp_path / "heads")


def _refused(reason, log, now):
    with pytest.raises(Refused) as caught:
        log.checkpoint(now)
    assert caught.value.code is reason


def test_a_head_is_signed_over_all_entries(log):
    log.append_batch(make_entries(0, 5))
    head = log.checkpoint(NOW)
    assert note.verify(head.note, [Verifier(ORIGIN, LOG_SIGNER.public_key)]) == (ORIGIN,)
    assert head.checkpoint.root == root([leaf_hash(entry.body) for entry in make_entries(0, 5)])
    assert (head.checkpoint.size, head.signed_at) == (5, NOW)


def test_an_empty_log_has_a_head(log):
    assert log.checkpoint(NOW).checkpoint.size == 0


def test_without_growth_the_same_head_is_given(log):
    log.append_batch(make_entries(0, 5))
    assert log.checkpoint(NOW) == log.checkpoint(later(60))


def test_entries_of_a_write_that_broke_off_are_not_signed(log):
    log.append_batch(make_entries(0, 5))

    def break_off():
        with log.store.write() as writer:
            append(writer, make_entries(5, 9))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        break_off()
    assert log.checkpoint(NOW).checkpoint.size == 5


def test_a_store_behind_the_last_head_is_a_rollback(log):
    log.append_batch(make_entries(0, 5))
    old = copy.deepcopy(log.store._state)
    log.append_batch(make_entries(5, 9))
    log.checkpoint(NOW)
    log.store._state = old
    _refused(Reason.ROLLBACK, log, later(60))


def test_a_restored_copy_that_grew_again_is_a_fork(log):
    log.append_batch(make_entries(0, 5))
    old = copy.deepcopy(log.store._state)
    log.append_batch(make_entries(5, 9))
    log.checkpoint(NOW)
    log.store._state = old
    log.append_batch(make_entries(5, 12, salt="other "))
    _refused(Reason.FORK, log, later(60))


def test_a_restored_copy_that_grew_to_the_same_size_is_a_fork(log):
    log.append_batch(make_entries(0, 5))
    old = copy.deepcopy(log.store._state)
    log.append_batch(make_entries(5, 9))
    log.checkpoint(NOW)
    log.store._state = old
    log.append_batch(make_entries(5, 9, salt="other "))
    _refused(Reason.FORK, log, later(60))


def test_an_empty_store_beside_a_remembered_head_is_a_rollback(log, tmp_path):
    log.append_batch(make_entries(0, 5))
    log.checkpoint(NOW)
    _refused(Reason.ROLLBACK, make_log(tmp_path / "heads"), later(60))


def test_a_clock_that_went_back_signs_nothing(log):
    log.append_batch(make_entries(0, 5))
    log.checkpoint(later(60))
    log.append_batch(make_entries(5, 6))
    _refused(Reason.ROLLBACK, log, NOW)
    assert log.checkpoint(later(60)).checkpoint.size == 6


def test_whoever_waited_for_another_head_signs_at_its_time(log):
    log.append_batch(make_entries(0, 5))
    log.checkpoint(later(5))
    log.append_batch(make_entries(5, 6))
    head = log.checkpoint(NOW)
    assert (head.checkpoint.size, head.signed_at) == (6, later(5))


def test_a_lost_memory_beside_signed_heads_signs_nothing(log, tmp_path):
    log.append_batch(make_entries(0, 5))
    log.checkpoint(NOW)
    _refused(Reason.ROLLBACK, make_log(tmp_path / "empty", log.store), later(60))


def test_a_lost_memory_can_be_given_the_head_again(log, tmp_path):
    log.append_batch(make_entries(0, 5))
    head = log.checkpoint(NOW)
    other = make_log(tmp_path / "empty", log.store)
    other.adopt(head)
    assert other.checkpoint(later(60)) == head


def test_a_strangers_head_is_not_adopted(log, tmp_path):
    log.append_batch(make_entries(0, 5))
    head = log.checkpoint(NOW)
    stranger = Log(
        MemoryStore(), origin=ORIGIN, signer=type(LOG_SIGNER).generate(), memory=HeadFolder(tmp_path / "x")
    )
    with pytest.raises(NotVerified):
        stranger.adopt(head)


def test_a_damaged_memory_signs_nothing(log, tmp_path):
    log.append_batch(make_entries(0, 5))
    log.checkpoint(NOW)
    (path,) = (tmp_path / "heads").glob("*.json")
    path.write_text("")
    with pytest.raises(Unreadable):
        log.checkpoint(later(60))


def test_a_memory_out_of_reach_signs_nothing(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(KeyUnavailable):
        make_log(tmp_path / "file").checkpoint(NOW)


def test_a_crash_between_memory_and_store_loses_nothing(log):
    """The head is remembered, the store has not kept it yet: the next call does both alike."""
    log.append_batch(make_entries(0, 5))
    before = copy.deepcopy(log.store._state)
    head = log.checkpoint(NOW)
    log.store._state = before
    assert log.checkpoint(later(60)) == head
    with log.store.read() as view:
        assert view.latest_head() == head


@pytest.mark.parametrize("size", [1, 2, 7, 255, 256, 257, 300])
def test_proofs_are_those_of_the_tree(log, size):
    log.append_batch(make_entries(0, 300))
    leaves = [leaf_hash(entry.body) for entry in make_entries(0, size)]
    assert log.prove(size - 1, size) == inclusion_proof(size - 1, leaves)
    assert log.prove_growth(size // 2, size) == consistency_proof(size // 2, leaves)


def test_an_entry_behind_the_head_has_no_receipt_yet(log):
    log.append_batch(make_entries(0, 5))
    assert log.receipts(["record-1"]) == {}
    head = log.checkpoint(NOW)
    log.append_batch(make_entries(5, 6))
    assert set(log.receipts(["record-1", "record-5", "stranger"])) == {"record-1"}
    log.checkpoint(later(60))
    assert log.receipts(["record-5"])["record-5"].index == 5
    assert log.receipts(["record-1"], head)["record-1"].checkpoint == head.note


def test_a_batch_above_the_limit_is_refused(log):
    with pytest.raises(Refused):
        log.append_batch([Entry("a", b"a")] * (LOG_BATCH_MAX + 1))


def test_no_entries_are_no_growth(log):
    assert log.append_batch([]) == ()


@pytest.mark.parametrize(
    ("entry_id", "body"),
    [("", b"a"), ("a\n", b"a"), ("a" * 513, b"a"), ("a", b""), ("a", b"x" * 65_536)],
    ids=range(5),
)
def test_an_entry_that_the_log_could_not_hold_is_refused(entry_id, body):
    with pytest.raises(Refused):
        Entry(entry_id, body)
