"""What every store of a log promises: in memory, on SQLite and on PostgreSQL."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from shop.db.ledger_store import SqlLedgerStore
from shop.db.session import open_database
from tests.conftest import FreshDatabaseUrl
from tests.simulators.ledger import NOW, ORIGIN, later, make_entries, make_log
from tests.simulators.merkle import inclusion_proof
from traceability.errors import Reason, Refused
from traceability.ledger import note
from traceability.ledger.checkpoint import Checkpoint
from traceability.ledger.heads import SignedHead
from traceability.ledger.log import append
from traceability.ledger.memory_store import MemoryStore
from traceability.ledger.merkle import leaf_hash, root
from traceability.ledger.store import Entry, LedgerStore
from traceability.ledger.tile_proofs import prove_inclusions, root_at
from traceability.ledger.tiles import TileAddress
from traceability.signing.keys import Ed25519Signer

SIGNER = Ed25519Signer.from_seed(bytes(32))


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(
    request: pytest.FixtureRequest, tmp_path: Path, fresh_database_url: FreshDatabaseUrl
) -> Iterator[LedgerStore]:
    """Each store in turn, empty."""
    if request.param == "memory":
        yield MemoryStore()
        return
    with fresh_database_url(request.param, tmp_path) as url:
        database = open_database(url)
        yield SqlLedgerStore(database)
        database.engine.dispose()


def append_to(store: LedgerStore, entries: list[Entry]) -> tuple[int, ...]:
    with store.write() as writer:
        return append(writer, entries)


def head_of(size: int, root_hash: bytes = bytes(32), *, at: int = 0) -> SignedHead:
    text = Checkpoint(ORIGIN, size, root_hash).to_text()
    return SignedHead(note.parse(note.sign(text, [(ORIGIN, SIGNER)])), later(at))


def size_of(store: LedgerStore) -> int:
    with store.read() as view:
        return view.size()


class Breakdown(Exception):
    """Stands for whatever may end a write."""


class TestLedgerStore:
    def test_an_empty_log_has_nothing(self, store: LedgerStore) -> None:
        with store.read() as view:
            assert (view.size(), view.entries(0, 9), view.leaves(0, 9), view.latest_head()) == (
                0,
                [],
                [],
                None,
            )
            assert view.positions(["record-0"]) == {}
            assert view.tiles([TileAddress(0, 0)]) == {}

    def test_indices_are_contiguous_from_zero(self, store: LedgerStore) -> None:
        found = [append_to(store, make_entries(at, at + 3)) for at in (0, 3, 6)]
        assert found == [(0, 1, 2), (3, 4, 5), (6, 7, 8)]

    def test_entries_come_back_in_order_and_byte_for_byte(self, store: LedgerStore) -> None:
        entries = [*make_entries(0, 5), Entry("ký tự/đ", bytes(range(256)) * 255), Entry("z", b"\0")]
        append_to(store, entries)
        with store.read() as view:
            assert view.entries(0, 99) == entries
            assert view.entries(2, 4) == entries[2:4]
            assert view.leaves(0, 99) == [leaf_hash(entry.body) for entry in entries]

    def test_the_same_bytes_again_keep_their_index(self, store: LedgerStore) -> None:
        append_to(store, make_entries(0, 4))
        assert append_to(store, [*make_entries(2, 6), *make_entries(0, 1)]) == (2, 3, 4, 5, 0)
        assert append_to(store, make_entries(0, 6)) == (0, 1, 2, 3, 4, 5)
        assert size_of(store) == 6

    def test_an_entry_twice_in_one_batch_stands_once(self, store: LedgerStore) -> None:
        assert append_to(store, [*make_entries(0, 2), *make_entries(0, 3)]) == (0, 1, 0, 1, 2)

    def test_other_bytes_under_a_known_id_are_refused_with_the_whole_batch(self, store: LedgerStore) -> None:
        append_to(store, make_entries(0, 2))
        with pytest.raises(Refused) as caught:
            append_to(store, [Entry("new", b"new"), Entry("record-1", b"other")])
        assert caught.value.code is Reason.LOG_CONFLICT
        assert size_of(store) == 2

    def test_two_bodies_for_one_id_in_one_batch_are_refused(self, store: LedgerStore) -> None:
        with pytest.raises(Refused):
            append_to(store, [Entry("a", b"1"), Entry("a", b"2")])
        assert size_of(store) == 0

    def test_a_write_that_breaks_off_leaves_nothing(self, store: LedgerStore) -> None:
        append_to(store, make_entries(0, 3))

        def break_off() -> None:
            with store.write() as writer:
                append(writer, make_entries(3, 300))
                raise Breakdown

        with pytest.raises(Breakdown):
            break_off()
        with store.read() as view:
            assert view.size() == 3
            assert view.positions(["record-3"]) == {}
            assert len(view.tiles([TileAddress(0, 0)])[TileAddress(0, 0)]) == 3 * 32
        assert append_to(store, make_entries(7, 9)) == (3, 4)
        with store.read() as view:
            assert view.positions(["record-3"]) == {}

    def test_a_write_sees_itself_and_a_reader_sees_it_after_the_end(self, store: LedgerStore) -> None:
        with store.write() as writer:
            append(writer, make_entries(0, 2))
            assert writer.size() == 2
            assert set(writer.positions(["record-1"])) == {"record-1"}
            assert size_of(store) == 0
        assert size_of(store) == 2

    def test_a_reader_keeps_the_state_that_it_began_with(self, store: LedgerStore) -> None:
        append_to(store, make_entries(0, 2))
        with store.read() as view:
            assert view.size() == 2
            append_to(store, make_entries(2, 300))
            assert (view.size(), len(view.entries(0, 999))) == (2, 2)
            assert root_at(view.size(), view.tiles) == root(view.leaves(0, 2))

    @pytest.mark.parametrize("sizes", [(1, 255, 1, 256, 87), (600,)])
    def test_tiles_give_the_root_and_proofs_of_the_tree(
        self, store: LedgerStore, sizes: tuple[int, ...]
    ) -> None:
        start = 0
        for count in sizes:
            append_to(store, make_entries(start, start + count))
            start += count
        leaves = [leaf_hash(entry.body) for entry in make_entries(0, 600)]
        with store.read() as view:
            assert root_at(600, view.tiles) == root(leaves)
            assert root_at(257, view.tiles) == root(leaves[:257])
            assert prove_inclusions([256], 600, view.tiles)[0] == inclusion_proof(256, leaves)

    def test_entries_that_do_not_follow_the_last_one_are_refused(self, store: LedgerStore) -> None:
        entries = make_entries(0, 1)
        for start in (1, -1):
            with pytest.raises(Refused), store.write() as writer:
                writer.add_entries(start, entries, [leaf_hash(entries[0].body)])
        assert size_of(store) == 0

    @pytest.mark.parametrize("ids", [["new", "record-0"], ["new", "new"]], ids=["in the log", "among these"])
    def test_an_id_is_never_added_twice(self, store: LedgerStore, ids: list[str]) -> None:
        append_to(store, make_entries(0, 1))
        with pytest.raises(Refused) as caught, store.write() as writer:
            writer.add_entries(1, [Entry(one, b"x") for one in ids], [bytes(32)] * 2)
        assert caught.value.code is Reason.LOG_CONFLICT
        assert size_of(store) == 1

    def test_a_transaction_goes_on_after_an_id_that_is_there(self, store: LedgerStore) -> None:
        append_to(store, make_entries(0, 1))
        with store.write() as writer:
            with pytest.raises(Refused):
                writer.add_entries(1, [Entry("new", b"x"), *make_entries(0, 1)], [bytes(32)] * 2)
            writer.add_entries(1, make_entries(1, 3), [bytes(32)] * 2)
        with store.read() as view:
            assert view.entries(0, 9) == make_entries(0, 3)

    def test_ids_and_bodies_come_back_as_they_were(self, store: LedgerStore) -> None:
        """Of every length, with quotes and characters of every width, and bytes that end a text."""
        ids = ["'", '"\\', "làng", "🏺" * 9, "x" * 512, "$[0]", "a%sb?:c"]
        entries = [Entry(one, bytes([number]) * (number * 9_362 + 1)) for number, one in enumerate(ids)]
        append_to(store, entries)
        with store.read() as view:
            assert view.entries(0, 9) == entries
            assert view.leaves(0, 9) == [leaf_hash(entry.body) for entry in entries]
            assert {key: one.index for key, one in view.positions(ids).items()} == {
                one: number for number, one in enumerate(ids)
            }

    def test_a_tile_only_grows(self, store: LedgerStore) -> None:
        place = TileAddress(0, 0)
        with store.write() as writer:
            writer.put_tiles({place: b"a" * 64})
        for data in (b"a" * 32, b"b" * 96):
            with pytest.raises(Refused), store.write() as writer:
                writer.put_tiles({place: data})
        with store.write() as writer:
            writer.put_tiles({place: b"a" * 8_192})
        with pytest.raises(Refused), store.write() as writer:
            writer.put_tiles({place: b"a" * 8_160 + b"b" * 32})
        with store.read() as view:
            assert view.tiles([place]) == {place: b"a" * 8_192}

    def test_heads_are_kept_and_the_latest_is_the_largest(self, store: LedgerStore) -> None:
        for size in (0, 3, 7):
            with store.write() as writer:
                writer.add_head(head_of(size))
        with store.read() as view:
            assert view.latest_head() == head_of(7)

    def test_the_same_head_again_changes_nothing(self, store: LedgerStore) -> None:
        for at in (0, 60):
            with store.write() as writer:
                writer.add_head(head_of(3, at=at))
        with store.read() as view:
            assert view.latest_head() == SignedHead(head_of(3).note, NOW)

    def test_another_head_of_the_same_size_is_a_fork(self, store: LedgerStore) -> None:
        with store.write() as writer:
            writer.add_head(head_of(3))
        with pytest.raises(Refused) as caught, store.write() as writer:
            writer.add_head(head_of(3, b"x" * 32))
        assert caught.value.code is Reason.FORK

    def test_a_head_never_shrinks(self, store: LedgerStore) -> None:
        with store.write() as writer:
            writer.add_head(head_of(3))
        with pytest.raises(Refused) as caught, store.write() as writer:
            writer.add_head(head_of(2))
        assert caught.value.code is Reason.ROLLBACK

    def test_many_writers_at_once_make_no_gap_and_no_double(self, store: LedgerStore) -> None:
        found: list[int] = []
        keep = threading.Lock()

        def work(writer_number: int) -> None:
            for turn in range(10):
                indices = append_to(store, make_entries(0, 3, salt=f"{writer_number}-{turn}-"))
                with keep:
                    found.extend(indices)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(found) == list(range(120))
        with store.read() as view:
            assert root_at(120, view.tiles) == root(view.leaves(0, 120))

    def test_a_log_over_it_signs_and_gives_receipts(self, store: LedgerStore, tmp_path: Path) -> None:
        log = make_log(tmp_path / "heads", store)
        log.append_batch(make_entries(0, 300))
        head = log.checkpoint(NOW)
        assert log.checkpoint(later(9)) == head
        receipts = log.receipts(["record-0", "record-299", "record-300"])
        assert {key: receipt.index for key, receipt in receipts.items()} == {"record-0": 0, "record-299": 299}
