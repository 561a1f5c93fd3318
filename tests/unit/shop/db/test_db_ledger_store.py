"""What the database itself refuses to do to the log, and entries that commit with other rows."""

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from shop.db import InstanceFact, migrations
from shop.db.ledger_store import SqlLedgerStore, join_log
from shop.db.session import Database
from tests.conftest import count_statements
from tests.simulators.ledger import NOW, later, make_entries, make_log
from tests.simulators.rows import fill
from tests.simulators.stored import log_faults
from traceability.errors import Reason, Refused
from traceability.ledger.log import append
from traceability.ledger.store import Entry

CHANGES = [
    "UPDATE log_entries SET idx = 7",
    "UPDATE log_entries SET entry_id = 'r9'",
    "UPDATE log_entries SET body = body",
    "DELETE FROM log_entries",
    "INSERT INTO log_entries SELECT idx, 'r9', leaf, body FROM log_entries",
    "UPDATE log_checkpoints SET note = 'another'",
    "UPDATE log_checkpoints SET signed_at = 1",
    "DELETE FROM log_checkpoints",
    "UPDATE log_cosignatures SET line = 'another'",
    "DELETE FROM log_cosignatures",
    "DELETE FROM log_tiles",
    "UPDATE log_tiles SET n = 7",
    "UPDATE log_tiles SET level = 7",
]
PLATFORM_CHANGES = {
    "sqlite": [
        "INSERT OR REPLACE INTO log_entries VALUES (0, 'r9', zeroblob(32), x'00')",
        "UPDATE log_tiles SET data = zeroblob(31) || x'01'",
        "UPDATE log_tiles SET data = x'01' || zeroblob(63)",
    ],
    "postgresql": [
        "TRUNCATE log_entries",
        "TRUNCATE log_tiles",
        "TRUNCATE log_checkpoints CASCADE",
        "TRUNCATE log_cosignatures",
        "UPDATE log_tiles SET data = decode(repeat('01', 32), 'hex')",
        "UPDATE log_tiles SET data = decode(repeat('01', 64), 'hex')",
    ],
}


@pytest.mark.parametrize("number", range(len(CHANGES)), ids=CHANGES)
def test_the_log_does_not_change_from_below(database: Database, number: int) -> None:
    with database.engine.begin() as connection:
        fill(connection)
    with pytest.raises(IntegrityError), database.engine.begin() as connection:
        connection.exec_driver_sql(CHANGES[number])


def test_the_log_does_not_change_in_a_databases_own_ways(database: Database) -> None:
    with database.engine.begin() as connection:
        fill(connection)
    for statement in PLATFORM_CHANGES[database.engine.dialect.name]:
        with pytest.raises(IntegrityError, match=r"append-only"), database.engine.begin() as connection:
            connection.exec_driver_sql(statement)


def test_a_partial_tile_may_grow_from_below(database: Database) -> None:
    zeros = "zeroblob(64)" if database.engine.dialect.name == "sqlite" else "decode(repeat('00', 64), 'hex')"
    with database.engine.begin() as connection:
        fill(connection)
        connection.exec_driver_sql(f"UPDATE log_tiles SET data = {zeros}")
        assert connection.exec_driver_sql("SELECT length(data) FROM log_tiles").scalar() == 64


def test_entries_commit_with_other_rows(database: Database) -> None:
    with database.write() as session:
        session.execute(insert(InstanceFact), {"key": "a", "value": "b"})
        assert append(join_log(session), make_entries(0, 3)) == (0, 1, 2)
    with database.read() as session:
        assert session.get(InstanceFact, "a") is not None
    with SqlLedgerStore(database).read() as view:
        assert view.size() == 3


def test_entries_and_other_rows_go_together_when_one_is_refused(database: Database) -> None:
    log = SqlLedgerStore(database)
    with log.write() as writer:
        append(writer, make_entries(0, 1))

    def issue() -> None:
        with database.write() as session:
            session.execute(insert(InstanceFact), {"key": "a", "value": "b"})
            append(join_log(session), [Entry("new", b"new"), Entry("record-0", b"other")])

    with pytest.raises(Refused):
        issue()
    with database.read() as session:
        assert session.get(InstanceFact, "a") is None


def test_a_restored_older_copy_is_refused(database: Database, tmp_path) -> None:
    """The rows of the last hour go missing, and every check inside the database still passes."""
    log = make_log(tmp_path / "heads", SqlLedgerStore(database))
    log.append_batch(make_entries(0, 300))
    log.checkpoint(NOW)
    with database.engine.begin() as connection:
        migrations.downgrade(connection, "0001")  # before there was a log
    database.migrate()
    log.append_batch(make_entries(0, 200))
    with pytest.raises(Refused) as caught:
        log.checkpoint(later(60))
    assert caught.value.code is Reason.ROLLBACK
    with database.read() as session:
        assert log_faults(session) == []


def test_a_batch_costs_the_same_statements_however_large(database: Database, tmp_path) -> None:
    log = make_log(tmp_path, SqlLedgerStore(database))
    counts = []
    for start, stop in [(0, 300), (300, 1_300)]:
        with count_statements(database) as statements:
            log.append_batch(make_entries(start, stop))
        counts.append(len(statements))
    assert max(counts) <= 6


def test_a_proof_costs_one_statement(database: Database, tmp_path) -> None:
    log = make_log(tmp_path, SqlLedgerStore(database))
    log.append_batch(make_entries(0, 600))
    with count_statements(database) as statements:
        log.prove(77, 600)
    assert len(statements) == 1
