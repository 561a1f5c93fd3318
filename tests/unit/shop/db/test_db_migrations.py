"""The migrations: forward, back, twice at once, and broken off in the middle."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, select, text

from shop.db import Base, Record, RecordLink, migrations
from shop.db.session import MIGRATION_LOCK, Database, open_database
from shop.errors import ConfigurationError
from tests.simulators.rows import fill, record_row

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[4]
MIGRATE = "import sys; from shop.db.session import open_database; open_database(sys.argv[1]).migrate()"


class PowerCut(Exception):
    """Stands for whatever may stop a migration."""


@pytest.fixture
def empty_database(empty_database_url: str) -> Iterator[Database]:
    opened = open_database(empty_database_url)
    yield opened
    opened.engine.dispose()


def table_names(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return set(inspect(connection).get_table_names())


def break_off_at_scans(engine: Engine) -> None:
    """Makes `engine` fail where the migration creates its last table."""

    def fail(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if "CREATE TABLE scans" in statement:
            raise PowerCut

    event.listen(engine, "before_cursor_execute", fail)


def is_declared(name: str | None, *_: Any) -> bool:
    """Leaves out the index of words, which SQLAlchemy cannot declare; searching shows that it is there."""
    return not (name or "").startswith(("word_index", "ix_product_words"))


def definitions(connection: Connection) -> list[str]:
    """Gives every column, constraint and index as the database itself spells it."""
    if connection.dialect.name == "sqlite":
        query = """
            SELECT sql FROM sqlite_master
            WHERE type <> 'trigger' AND sql IS NOT NULL
              AND name NOT LIKE 'alembic%' AND name NOT LIKE 'word_index%'"""
        found = "\n".join(connection.scalars(text(query)))
        return sorted(line.strip().rstrip(",") for line in found.splitlines())
    query = """
        SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint
          WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text NOT LIKE 'alembic%'
        UNION ALL SELECT indexdef FROM pg_indexes
          WHERE schemaname = 'public' AND tablename NOT LIKE 'alembic%'
            AND indexname <> 'ix_product_words_words'
        UNION ALL SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default)
          FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE 'alembic%'"""
    return sorted(connection.scalars(text(query)))


def test_the_migrated_tables_are_the_declared_ones(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": is_declared})
        assert compare_metadata(context, Base.metadata) == []


def test_the_migrated_tables_have_every_declared_rule(database: Database, empty_database: Database) -> None:
    """Alembic compares no CHECK; here the databases compare everything but triggers."""
    with empty_database.engine.begin() as declared, database.engine.connect() as migrated:
        Base.metadata.create_all(declared)
        assert definitions(migrated) == definitions(declared)


def test_migrating_again_changes_nothing(database: Database) -> None:
    with database.engine.begin() as connection:
        fill(connection)
    database.migrate()
    with database.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM records").scalar() == 3
        assert migrations.is_at_head(connection)


def test_an_empty_database_is_not_at_head(empty_database: Database) -> None:
    with empty_database.engine.connect() as connection:
        assert not migrations.is_at_head(connection)


def test_downgrade_to_base_leaves_nothing(database: Database) -> None:
    with database.engine.begin() as connection:
        fill(connection)
        migrations.downgrade(connection, "base")
    assert table_names(database.engine) == {"alembic_version"}


def test_up_down_up_works(database: Database) -> None:
    with database.engine.begin() as connection:
        migrations.downgrade(connection, "base")
    database.migrate()
    with database.engine.begin() as connection:
        fill(connection)


def test_links_of_stored_corrections_are_marked(database: Database) -> None:
    """By what the bodies say; what does not read stays a notice about its target."""
    said = {"about": record_row("old")["url"], "supersedes": record_row("new")["url"]}
    bodies = {"mend": json.dumps({"credentialSubject": {"ln:origin": said}}), "odd": "{"}
    notices = [record_row(name, type="Notice", body=body.encode()) for name, body in bodies.items()]
    with database.engine.begin() as connection:
        migrations.downgrade(connection, "0004")
        connection.execute(insert(Record), [record_row("old"), record_row("new"), *notices])
        links = [(name, target) for name in bodies for target in ("old", "new")]
        for source, target in links:
            connection.exec_driver_sql(f"INSERT INTO record_links VALUES ('{source}', '{target}')")
    database.migrate()
    with database.engine.connect() as connection:
        marks = connection.execute(select(RecordLink.source, RecordLink.target, RecordLink.names_successor))
        assert {(source, target): mark for source, target, mark in marks} == {
            one: one == ("mend", "new") for one in links
        }


def test_a_migration_waits_for_another_one(empty_database: Database) -> None:
    other = (
        nullcontext() if empty_database.engine.dialect.name == "postgresql" else empty_database.gate.hold()
    )
    thread = threading.Thread(target=empty_database.migrate)
    with other, empty_database.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
        thread.start()
        thread.join(timeout=0.5)
        assert thread.is_alive()
        assert table_names(empty_database.engine) == set()
    thread.join()
    assert "products" in table_names(empty_database.engine)


def test_a_migration_that_breaks_off_leaves_nothing(empty_database: Database) -> None:
    break_off_at_scans(empty_database.engine)
    with pytest.raises(PowerCut):
        empty_database.migrate()
    assert table_names(empty_database.engine) == set()


def test_canary_a_default_engine_leaves_half_a_migration(tmp_path: Path) -> None:
    """The test above means something only if the driver's own mode fails it."""
    engine = create_engine(f"sqlite:///{tmp_path / 'canary.db'}")
    break_off_at_scans(engine)
    with pytest.raises(PowerCut), engine.begin() as connection:
        migrations.upgrade(connection)
    assert "products" in table_names(engine)
    engine.dispose()


@pytest.mark.slow
def test_two_processes_may_migrate_at_once(empty_database_url: str) -> None:
    command = [sys.executable, "-c", MIGRATE, empty_database_url]
    with subprocess.Popen(command, cwd=ROOT) as first, subprocess.Popen(command, cwd=ROOT) as second:
        assert (first.wait(), second.wait()) == (0, 0)
    opened = open_database(empty_database_url)
    with opened.engine.connect() as connection:
        assert migrations.is_at_head(connection)
    opened.engine.dispose()


def test_a_migration_that_breaks_references_is_refused(tmp_path: Path) -> None:
    """Foreign keys are off while SQLite rebuilds tables, so they are checked before the commit."""
    opened = open_database(f"sqlite:///{tmp_path / 'broken.db'}")

    def orphan(connection: Connection, cursor: Any, statement: str, *_: Any) -> None:
        if statement == "PRAGMA foreign_key_check":
            cursor.execute("INSERT INTO record_links (source, target) VALUES ('r1', 'r2')")

    event.listen(opened.engine, "before_cursor_execute", orphan)
    with pytest.raises(ConfigurationError, match="2 rows refer to nothing"):
        opened.migrate()
    assert table_names(opened.engine) == set()
    opened.engine.dispose()


def test_foreign_keys_are_in_force_after_a_migration(tmp_path: Path) -> None:
    opened = open_database(f"sqlite:///{tmp_path / 'shop.db'}")
    opened.migrate()
    with opened.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    opened.engine.dispose()


def test_a_folder_with_a_percent_sign_is_no_trouble(tmp_path: Path) -> None:
    folder = tmp_path / "100%s"
    folder.mkdir()
    opened = open_database(f"sqlite:///{folder / 'shop.db'}")
    opened.migrate()
    assert "products" in table_names(opened.engine)
    opened.engine.dispose()
