"""Opening a database, and what a session may do."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from shop.db import InstanceFact, engines
from shop.db.session import Database, open_database
from shop.errors import ConfigurationError, StorageBusy
from tests.conftest import count_statements


def put(session: Session, value: str) -> None:
    session.merge(InstanceFact(key="fact", value=value))
    session.flush()


def value(database: Database) -> str | None:
    with database.read() as session:
        fact = session.get(InstanceFact, "fact")
        return fact.value if fact else None


# --- Reading and writing ---------------------------------------------------------------------------


def test_a_write_is_committed(database: Database) -> None:
    with database.write() as session:
        put(session, "1")
    assert value(database) == "1"


def test_a_write_that_raises_is_undone(database: Database) -> None:
    def change_and_fail() -> None:
        with database.write() as session:
            put(session, "1")
            raise LookupError

    with pytest.raises(LookupError):
        change_and_fail()
    assert value(database) is None


def test_a_read_session_cannot_write(database: Database) -> None:
    with database.read() as session, pytest.raises(DBAPIError, match=r"readonly|read-only"):
        put(session, "1")
    assert value(database) is None


def test_a_read_session_cannot_commit_what_was_added(database: Database) -> None:
    with database.read() as session:
        session.add(InstanceFact(key="fact", value="1"))
        with pytest.raises(DBAPIError, match=r"readonly|read-only"):
            session.commit()
    assert value(database) is None


def test_a_write_after_a_read_on_the_same_connection_may_write(database: Database) -> None:
    for number in range(3):
        value(database)
        with database.write() as session:
            put(session, str(number))
    assert database.engine.pool.checkedin() == 1  # type: ignore[attr-defined]  # All went over one connection.
    assert value(database) == "2"


def test_a_read_after_a_write_on_the_same_connection_cannot_write(database: Database) -> None:
    with database.write() as session:
        put(session, "1")
    with database.read() as session, pytest.raises(DBAPIError, match=r"readonly|read-only"):
        put(session, "2")


def test_a_read_session_sees_one_state_throughout(database: Database) -> None:
    with database.read() as session:
        assert session.get(InstanceFact, "fact") is None
        with database.write() as other:
            put(other, "1")
        assert session.get(InstanceFact, "fact") is None
    assert value(database) == "1"


def test_values_can_be_read_after_the_session(database: Database) -> None:
    with database.write() as session:
        fact = InstanceFact(key="fact", value="1")
        session.add(fact)
    assert fact.value == "1"


def test_beginning_a_transaction_is_no_statement_of_the_page(database: Database) -> None:
    with count_statements(database) as statements, database.read() as session:
        session.get(InstanceFact, "fact")
    assert len(statements) == 1


# --- Waiting ---------------------------------------------------------------------------------------


def test_a_locked_row_gives_storage_busy(database: Database) -> None:
    """On PostgreSQL after its lock_timeout of 2 s, on SQLite at the gate after as long."""
    with database.write() as session:
        put(session, "1")
    with database.write() as first:
        put(first, "2")
        with pytest.raises(StorageBusy) as caught, database.write() as second:
            put(second, "3")
    assert caught.value.code in ("GATE_HELD", "STORAGE_BUSY")
    assert value(database) == "2"


def test_a_lock_outside_the_gate_gives_storage_busy(tmp_path: Path, sqlite_template: Path) -> None:
    """A backup tool knows no gate; then SQLite's own waiting decides, here shortened."""
    path = tmp_path / "shop.db"
    path.write_bytes(sqlite_template.read_bytes())
    opened = open_database(f"sqlite:///{path}")
    event.listen(opened.engine, "checkout", lambda driver, *_: driver.execute("PRAGMA busy_timeout=20"))
    with closing(sqlite3.connect(path, isolation_level=None)) as tool:
        tool.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageBusy, match="did not answer in time"), opened.write() as session:
            put(session, "1")
    opened.engine.dispose()


# --- Opening ---------------------------------------------------------------------------------------


def test_a_plain_postgresql_url_means_psycopg_3(postgres_url: str) -> None:
    opened = open_database(postgres_url.replace("postgresql+psycopg://", "postgresql://"))
    assert opened.engine.dialect.driver == "psycopg"
    opened.close()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "shop.db",
        "sqlite://",
        "sqlite:///:memory:",
        "mysql://u:secret@h/d",
        "postgresql+psycopg2://u:secret@h/d",
    ],
)
def test_another_kind_of_url_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        open_database(url)
    assert caught.value.code == "BAD_DATABASE_URL"
    assert "secret" not in str(caught.value)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        open_database(f"sqlite:///{tmp_path / 'nowhere' / 'shop.db'}")
    assert caught.value.code == "DATABASE_UNREACHABLE"


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "shop.db").write_bytes(b"not a database" * 100)
    with pytest.raises(ConfigurationError, match="not a database"):
        open_database(f"sqlite:///{tmp_path / 'shop.db'}")


def test_a_server_that_is_not_there_is_refused_without_the_password(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        open_database(f"postgresql://u:secret@/d?host={tmp_path}")
    assert caught.value.code == "DATABASE_UNREACHABLE"
    assert "secret" not in str(caught.value)


def test_a_default_engine_fails_the_check(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'shop.db'}")
    with pytest.raises(ConfigurationError, match="journal_mode is delete, expected wal"):
        engines.check_sqlite(engine)
    engine.dispose()


@pytest.mark.parametrize(
    ("pragma", "message"),
    [
        ("journal_mode=DELETE", "journal_mode is delete, expected wal"),
        ("synchronous=NORMAL", "synchronous is 1, expected 2"),
        ("foreign_keys=OFF", "foreign_keys is 0, expected 1"),
        ("trusted_schema=ON", "trusted_schema is 1, expected 0"),
        ("recursive_triggers=OFF", "recursive_triggers is 0, expected 1"),
        ("journal_size_limit=-1", "journal_size_limit is -1, expected 67108864"),
        ("busy_timeout=0", "busy_timeout is 0, expected 10000"),
    ],
)
def test_a_pragma_that_is_not_in_force_fails_the_check(tmp_path: Path, pragma: str, message: str) -> None:
    engine = engines.make_sqlite(make_url(f"sqlite:///{tmp_path / 'shop.db'}"))
    event.listen(engine, "connect", lambda driver, _: driver.execute(f"PRAGMA {pragma}"))
    with pytest.raises(ConfigurationError, match=message):
        engines.check_sqlite(engine)
    engine.dispose()


def test_a_deferred_begin_fails_the_check(tmp_path: Path) -> None:
    engine = engines.for_reading(engines.make_sqlite(make_url(f"sqlite:///{tmp_path / 'shop.db'}")))
    with pytest.raises(ConfigurationError, match="begin with BEGIN, expected BEGIN IMMEDIATE"):
        engines.check_sqlite(engine)
    engine.dispose()


def test_a_postgresql_connection_without_time_limits_fails_the_check(postgres_url: str) -> None:
    engine = create_engine(postgres_url)
    with pytest.raises(ConfigurationError, match="statement_timeout is 0, expected 15s"):
        engines.check_postgresql(engine)
    engine.dispose()


def test_closing_leaves_the_file_and_the_gate(tmp_path: Path) -> None:
    opened = open_database(f"sqlite:///{tmp_path / 'shop.db'}")
    opened.migrate()
    opened.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "shop.db",
        "shop.db.lock",
        "shop.db.lock.next",
    ]


def test_closing_does_not_wait_for_ever_at_the_gate(database: Database) -> None:
    value(database)
    with database.gate.hold():
        database.close()
    assert database.engine.pool.checkedin() == 0  # type: ignore[attr-defined]
