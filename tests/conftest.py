"""Fixtures that many tests share."""

import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, event, make_url

from shop.db.session import Database, open_database
from tests.simulators.postgres import running_server

# --- The database: what asks for `database` runs on both engines -------------------------------

ENGINES = ("sqlite", "postgresql")
FreshDatabaseUrl = Callable[[str, Path], AbstractContextManager[str]]

# What opens and ends transactions is not what a page is charged for.
NOT_COUNTED = ("BEGIN", "PRAGMA query_only")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a PostgreSQL server's database `postgres`; one server for each test process."""
    with running_server() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str) -> Iterator[str]:
    """The name of a migrated, empty database on the server, to be copied."""
    with temporary_postgres_database(postgres_url) as url:
        migrate_and_close(url)
        yield str(make_url(url).database)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    migrate_and_close(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def fresh_database_url(request: pytest.FixtureRequest) -> FreshDatabaseUrl:
    """Gives, for an engine's name and a folder, the URL of a migrated, empty database for one block."""

    @contextmanager
    def fresh(engine: str, folder: Path) -> Iterator[str]:
        if engine == "sqlite":
            path = folder / "shop.db"
            shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
            yield f"sqlite:///{path}"
            return
        server, template = (request.getfixturevalue(name) for name in ("postgres_url", "postgres_template"))
        with temporary_postgres_database(server, template=template) as url:
            yield url

    return fresh


@pytest.fixture(params=ENGINES)
def engine_name(request: pytest.FixtureRequest) -> str:
    """Each engine in turn."""
    return str(request.param)


@pytest.fixture
def database_url(engine_name: str, tmp_path: Path, fresh_database_url: FreshDatabaseUrl) -> Iterator[str]:
    """The URL of a migrated, empty database."""
    with fresh_database_url(engine_name, tmp_path) as url:
        yield url


@pytest.fixture
def empty_database_url(engine_name: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a database without tables."""
    if engine_name == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    with temporary_postgres_database(request.getfixturevalue("postgres_url")) as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A migrated, empty database, open."""
    opened = open_database(database_url)
    yield opened
    opened.engine.dispose()


@contextmanager
def count_statements(database: Database) -> Iterator[list[str]]:
    """Gives a list that fills with each SQL statement of the block."""
    statements: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(NOT_COUNTED):
            statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


@contextmanager
def temporary_postgres_database(server_url: str, *, template: str = "template0") -> Iterator[str]:
    """Gives the URL of a copy of `template` under a name of its own; the copy goes with the block."""
    name = f"test_{uuid.uuid4().hex}"
    server = create_engine(server_url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    try:
        yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
    finally:
        with server.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
        server.dispose()


def migrate_and_close(url: str) -> None:
    """Brings a database to the newest form and lets go of it."""
    opened = open_database(url)
    opened.migrate()
    opened.close()
