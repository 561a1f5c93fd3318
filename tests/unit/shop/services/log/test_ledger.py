"""The shop's log: heads after commits, cosignatures, receipts that verify, and what is refused."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from shop.db.ledger_store import SqlLedgerStore
from shop.db.log_heads import add_cosignatures
from shop.db.session import Database
from shop.errors import NotFound
from shop.services.log.ledger import Ledger, LogSigning
from tests.conftest import count_page_statements, count_statements
from tests.simulators.ledger import read_head, read_log_of
from tests.simulators.village import LOG, NOW, WITNESS, Village, signer
from traceability.entry import record_entry
from traceability.errors import NotVerified, Reason, Refused
from traceability.evidence import SignedRecord
from traceability.ledger.audit import audit_files
from traceability.ledger.heads import HeadFolder
from traceability.ledger.log import Log
from traceability.ledger.merkle import leaf_hash
from traceability.ledger.note import Verifier
from traceability.ledger.quorum import Policy
from traceability.ledger.receipt import Receipt, verify_receipt
from traceability.ledger.tiles import decode_bundle
from traceability.ledger.witness import Cosigner
from traceability.signing.keys import Ed25519Signer

POLICY = Policy.from_bytes(Village().log_policy.encode())
LOG_KEY = signer(LOG)
LATER = NOW + timedelta(seconds=5)
Open = Callable[..., Ledger]


@pytest.fixture
def items() -> list[SignedRecord]:
    return list(Village().issue_all().records.values())


@pytest.fixture
def ledger_at(database: Database, tmp_path: Path) -> Open:
    """Opens the log again, as another process would; its folders stay."""

    def open_again(*, cosigned: bool = True, log_key: Ed25519Signer = LOG_KEY) -> Ledger:
        heads = tmp_path / "heads"
        log = Log(SqlLedgerStore(database), origin=LOG, signer=log_key, memory=HeadFolder(heads))
        known = {LOG: [Verifier(LOG, log_key.public_key)]}
        witness = Cosigner(WITNESS, signer(WITNESS), logs=known, memory=HeadFolder(heads / "witness"))
        signing = LogSigning(log, witness if cosigned else None, tmp_path / "log")
        return Ledger(database, policy=POLICY, signing=signing)

    return open_again


@pytest.fixture
def ledger(ledger_at: Open) -> Ledger:
    return ledger_at()


def _verify(items: list[SignedRecord], receipts: dict[str, bytes]) -> set[int]:
    """Checks the receipt of each record and gives the sizes of their heads."""
    return {
        verify_receipt(
            Receipt.from_bytes(receipts[item.envelope.id]),
            leaf_hash=leaf_hash(record_entry(item).body),
            policy=POLICY,
        ).checkpoint.size
        for item in items
    }


def _tamper(database: Database, *statements: str) -> None:
    """Changes rows that triggers keep, as somebody with the file in hand can."""
    is_sqlite = database.engine.dialect.name == "sqlite"
    tables = ("log_entries", "log_tiles", "log_checkpoints", "log_cosignatures")
    with database.engine.begin() as connection:
        if is_sqlite:
            names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
            for (name,) in names.all():
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
        else:
            for table in tables:
                connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            connection.exec_driver_sql(statement)


# --- Heads and receipts ------------------------------------------------------------------------


def test_nothing_is_logged_before_its_head_is_cosigned(ledger: Ledger, items: list[SignedRecord]) -> None:
    ledger.store(items)
    assert ledger.latest() is None
    assert ledger.receipts([item.envelope.id for item in items]) == {}
    assert ledger.publish() == []


def test_every_record_gets_a_receipt_that_verifies(ledger: Ledger, items: list[SignedRecord]) -> None:
    ledger.store(items)
    head = ledger.checkpoint(NOW)
    assert head is not None
    assert head.size == len(items)
    assert [one.witness.name for one in head.trusted.cosignatures] == [WITNESS]
    assert _verify(items, ledger.receipts([item.envelope.id for item in items])) == {len(items)}


def test_receipts_move_to_the_newest_head(ledger: Ledger, items: list[SignedRecord]) -> None:
    ledger.store(items[:2])
    ledger.checkpoint(NOW)
    ledger.store(items)
    assert _verify(items[:2], ledger.receipts([item.envelope.id for item in items])) == {2}
    ledger.checkpoint(LATER)
    assert _verify(items, ledger.receipts([item.envelope.id for item in items])) == {len(items)}


def test_another_process_sees_the_cosigned_head(ledger_at: Open, items: list[SignedRecord]) -> None:
    ledger_at().store(items)
    signed = ledger_at().checkpoint(NOW)
    assert ledger_at(cosigned=False).latest() == signed


def test_log_that_has_not_grown_is_not_signed_again(ledger: Ledger, items: list[SignedRecord]) -> None:
    ledger.store(items)
    assert ledger.checkpoint(NOW) == ledger.checkpoint(LATER)


def test_head_without_its_witness_counts_for_nothing(ledger_at: Open, items: list[SignedRecord]) -> None:
    ledger_at().store(items[:2])
    first = ledger_at().checkpoint(NOW)
    alone = ledger_at(cosigned=False)
    alone.store(items)
    assert alone.checkpoint(LATER) == first
    assert items[3].envelope.id not in alone.receipts([items[3].envelope.id])


def test_witness_that_comes_later_is_enough(
    ledger_at: Open, database: Database, items: list[SignedRecord]
) -> None:
    alone = ledger_at(cosigned=False)
    alone.store(items)
    assert alone.checkpoint(NOW) is None
    cosigned = ledger_at().checkpoint(LATER)
    assert cosigned is not None
    assert cosigned.size == len(items)


def test_line_of_a_witness_stands_once(ledger: Ledger, database: Database, items: list[SignedRecord]) -> None:
    ledger.store(items)
    head = ledger.checkpoint(NOW)
    assert head is not None
    with database.write() as session:
        add_cosignatures(session, head.size, head.head.note.signatures[1:], received_at=LATER)
    assert len(head.head.note.signatures) == 2


def test_strangers_line_does_not_take_a_head_away(
    ledger: Ledger, ledger_at: Open, database: Database, items: list[SignedRecord]
) -> None:
    ledger.store(items)
    head = ledger.checkpoint(NOW)
    assert head is not None
    _tamper(database, "INSERT INTO log_cosignatures VALUES (5, 'x', '— stranger.example AAAAAAA=\n', 1)")
    found = ledger_at().latest()
    assert found is not None
    assert found.trusted == head.trusted


def test_without_a_policy_nothing_is_trusted(database: Database) -> None:
    ledger = Ledger(database, policy=None, signing=None)
    assert ledger.latest() is None
    assert not ledger.signs
    with pytest.raises(Refused):
        ledger.checkpoint(NOW)


def test_reading_needs_no_key(ledger: Ledger, database: Database, items: list[SignedRecord]) -> None:
    ledger.store(items)
    ledger.checkpoint(NOW)
    reader = Ledger(database, policy=POLICY, signing=None)
    reader.check()
    assert _verify(items, reader.receipts([item.envelope.id for item in items])) == {len(items)}


@pytest.mark.parametrize("entry_id", ["", "nothing", "\0", "a\nb"])
def test_unknown_entry_has_no_receipt(ledger: Ledger, items: list[SignedRecord], entry_id: str) -> None:
    ledger.store(items)
    ledger.checkpoint(NOW)
    with pytest.raises(NotFound) as caught:
        ledger.receipt(entry_id)
    assert caught.value.code == "NO_RECEIPT"


def test_receipts_cost_three_statements_at_first_and_none_again(
    ledger: Ledger, database: Database, items: list[SignedRecord]
) -> None:
    ledger.store(items)
    ledger.checkpoint(NOW)
    ids = [item.envelope.id for item in items]
    with count_statements(database) as statements:
        ledger.receipts(ids)
    assert len(statements) <= 3
    with count_page_statements(database) as statements:
        ledger.receipts(ids)
    assert statements == []


# --- Refusals ----------------------------------------------------------------------------------


def _roll_back(database: Database) -> None:
    _tamper(
        database,
        "DELETE FROM log_cosignatures",
        "DELETE FROM log_checkpoints",
        "DELETE FROM log_tiles",
        "DELETE FROM log_entries",
    )


def test_database_that_went_back_is_not_signed(
    ledger: Ledger, ledger_at: Open, database: Database, items: list[SignedRecord]
) -> None:
    ledger.store(items)
    ledger.checkpoint(NOW)
    _roll_back(database)
    restored = ledger_at()
    for action in (restored.check, lambda: restored.checkpoint(LATER)):
        with pytest.raises(Refused) as caught:
            action()
        assert caught.value.code is Reason.ROLLBACK


def test_database_with_another_history_is_not_signed(
    ledger: Ledger, ledger_at: Open, database: Database, items: list[SignedRecord]
) -> None:
    ledger.store(items)
    ledger.checkpoint(NOW)
    _tamper(database)
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE log_tiles SET data = :data"), {"data": bytes(32 * len(items))})
    with pytest.raises(Refused) as caught:
        ledger_at().checkpoint(LATER)
    assert caught.value.code is Reason.FORK


def test_lost_folder_of_heads_is_not_forgotten(
    ledger: Ledger, ledger_at: Open, tmp_path: Path, items: list[SignedRecord]
) -> None:
    ledger.store(items)
    ledger.checkpoint(NOW)
    (tmp_path / "heads").rename(tmp_path / "lost")
    with pytest.raises(Refused) as caught:
        ledger_at().check()
    assert caught.value.code is Reason.ROLLBACK


def test_published_head_is_looked_at_when_the_folder_of_heads_is_lost_too(
    ledger: Ledger, ledger_at: Open, database: Database, tmp_path: Path, items: list[SignedRecord]
) -> None:
    ledger.store(items)
    ledger.checkpoint(NOW)
    ledger.publish()
    _roll_back(database)
    (tmp_path / "heads").rename(tmp_path / "lost")
    with pytest.raises(Refused) as caught:
        ledger_at().check()
    assert caught.value.code is Reason.ROLLBACK


def test_clock_that_went_back_signs_nothing(ledger: Ledger, items: list[SignedRecord]) -> None:
    ledger.store(items[:2])
    ledger.checkpoint(LATER)
    ledger.store(items)
    with pytest.raises(Refused) as caught:
        ledger.checkpoint(LATER - timedelta(minutes=1))
    assert caught.value.code is Reason.ROLLBACK


def test_head_of_another_key_is_not_trusted(ledger_at: Open, items: list[SignedRecord]) -> None:
    stranger = ledger_at(log_key=Ed25519Signer.from_seed(bytes(32)))
    stranger.store(items)
    assert stranger.checkpoint(NOW) is None
    assert stranger.receipts([items[0].envelope.id]) == {}


def test_witness_that_saw_more_declines(
    ledger: Ledger, ledger_at: Open, database: Database, tmp_path: Path, items: list[SignedRecord]
) -> None:
    ledger.store(items)
    ledger.checkpoint(NOW)
    _roll_back(database)
    for path in (tmp_path / "heads").glob("*.json"):
        path.unlink()  # the log's own memory is gone, the witness's is not
    again = ledger_at()
    again.store(items[1:3])
    with pytest.raises((NotVerified, Refused)) as caught:
        again.checkpoint(LATER)
    assert caught.value.code in {Reason.ROLLBACK, Reason.BAD_VALUE}
    assert again.latest() is None


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE log_tiles SET data = substr(data, 1, 32)",
        "UPDATE log_tiles SET n = 7",
        "UPDATE log_entries SET idx = idx + 1 WHERE idx = 4",
        "UPDATE log_entries SET leaf = (SELECT leaf FROM log_entries WHERE idx = 1) WHERE idx = 0",
    ],
    ids=["short-tile", "lost-tile", "moved-entry", "other-leaf"],
)
def test_damaged_log_gives_no_receipt_instead_of_a_wrong_one(
    ledger: Ledger, ledger_at: Open, database: Database, items: list[SignedRecord], change: str
) -> None:
    ledger.store(items)
    ledger.checkpoint(NOW)
    _tamper(database, change)
    assert ledger_at().receipts([items[-1 if "idx = 4" in change else 0].envelope.id]) == {}


# --- Public files ------------------------------------------------------------------------------


def test_published_files_hold_the_whole_log(
    ledger: Ledger, tmp_path: Path, items: list[SignedRecord]
) -> None:
    ledger.store(items)
    ledger.checkpoint(NOW)
    assert ledger.publish()[-1] == "checkpoint"
    read = read_log_of(tmp_path / "log")
    head = read_head(read, POLICY)
    assert list(audit_files(read, head.checkpoint.size, head.checkpoint.root)) == []
    assert ledger.publish() == []


def test_publishing_that_broke_off_is_finished(
    ledger: Ledger, ledger_at: Open, tmp_path: Path, items: list[SignedRecord]
) -> None:
    ledger.store(items[:2])
    ledger.checkpoint(NOW)
    ledger.publish()
    before = (tmp_path / "log" / "checkpoint").read_bytes()
    ledger.store(items)
    ledger.checkpoint(LATER)
    (tmp_path / "log" / "tile" / "0" / "000.p" / "5").mkdir()  # nothing can be written over it
    with pytest.raises(OSError, match="directory"):
        ledger.publish()
    assert (tmp_path / "log" / "checkpoint").read_bytes() == before
    (tmp_path / "log" / "tile" / "0" / "000.p" / "5").rmdir()
    assert ledger_at().publish()[-1] == "checkpoint"


def test_served_files_are_the_published_ones(
    ledger: Ledger, tmp_path: Path, items: list[SignedRecord]
) -> None:
    ledger.store(items)
    ledger.checkpoint(NOW)
    for path in ledger.publish()[:-1]:
        assert ledger.resource(path) == (tmp_path / "log" / path).read_bytes()


def test_narrower_file_is_cut_from_the_stored_one(ledger: Ledger, items: list[SignedRecord]) -> None:
    ledger.store(items)
    ledger.checkpoint(NOW)
    assert ledger.resource("tile/0/000.p/2") == ledger.resource("tile/0/000.p/5")[:64]
    assert decode_bundle(ledger.resource("tile/entries/000.p/1"), width=1) == [record_entry(items[0]).body]


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/000",
        "tile/0/000.p/6",
        "tile/0/000.p/0",
        "tile/0/000.p/05",
        "tile/0/0",
        "tile/1/000.p/1",
        "tile/64/000",
        "tile/entries/001.p/1",
        "tile/entries/000",
        "tile/../checkpoint",
        "checkpoint",
        "",
    ],
)
def test_file_that_the_log_has_not_is_not_found(ledger: Ledger, items: list[SignedRecord], path: str) -> None:
    ledger.store(items)
    ledger.checkpoint(NOW)
    with pytest.raises(NotFound) as caught:
        ledger.resource(path)
    assert caught.value.code == "NO_TILE"


def test_file_behind_the_head_is_not_there_yet(ledger: Ledger, items: list[SignedRecord]) -> None:
    ledger.store(items[:2])
    ledger.checkpoint(NOW)
    ledger.store(items)
    with pytest.raises(NotFound):
        ledger.resource("tile/entries/000.p/3")
