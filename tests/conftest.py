"""Fixtures that many tests share."""

import os
import shutil
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings as hypothesis_settings
from sqlalchemy import create_engine, event, make_url, select
from xdist.scheduler import LoadFileScheduling

from shop.app import create_app
from shop.config import DEMO_HOST, Settings, load_settings
from shop.db.lots import Lot
from shop.db.session import Database, open_database
from shop.demo.build import build_demo
from shop.passwords import Passwords
from shop.wiring import Services, build_services, open_migrated
from tests.simulators.postgres import running_server

# Machines differ and are busy: how long one example takes says nothing about the code.
hypothesis_settings.register_profile("steady", deadline=None)
hypothesis_settings.load_profile("steady")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Puts the longest files first, and leaves the tests of full size to `-m faults`."""
    items.sort(key=lambda item: rank(item.nodeid))
    if "faults" in config.option.markexpr:
        return
    left_out = [item for item in items if item.get_closest_marker("faults")]
    items[:] = [item for item in items if not item.get_closest_marker("faults")]
    config.hook.pytest_deselected(items=left_out)


# --- Which process runs what: whole files, so that what a file sets up is set up once --------------

# Files that begin alike share what is long to make, or load the machine so that one at a time is enough.
# They come first and in this order, so that no process is left alone with a long one at the end.
TOGETHER = (
    "tests/functional/test_static_",
    "tests/functional/test_browser",
    "tests/functional/test_start_a_village",
    "tests/functional/test_verifier_js",
    "tests/functional/test_fault_",
    "tests/functional/test_demo_labels",
    "tests/functional/test_cli_care",
    "tests/functional/test_cli_log_instance",
)


def rank(node_id: str) -> int:
    """Gives the place of a test's file in `TOGETHER`, or the number behind the last one."""
    return next((place for place, start in enumerate(TOGETHER) if node_id.startswith(start)), len(TOGETHER))


class ByFile(LoadFileScheduling):
    """Hands out whole files, and those that begin alike in `TOGETHER` as one.

    The marker `xdist_group` would say the same beside the tests, but pytest-xdist 3.8 does not see it under
    pytest 9.2: it writes the group into an attribute that pytest no longer reads.
    """

    def _split_scope(self, nodeid: str) -> str:
        place = rank(nodeid)
        return TOGETHER[place] if place < len(TOGETHER) else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling | None:
    """Gives how files are handed out; another `--dist` than `loadfile` has its own way."""
    return ByFile(config, log) if config.getvalue("dist") == "loadfile" else None


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
def count_page_statements(database: Database) -> Iterator[list[str]]:
    """Like `count_statements`, without the look for a newer head: all pages of a second share one."""
    shown: list[str] = []
    with count_statements(database) as statements:
        yield shown
    shown += [statement for statement in statements if "FROM log_checkpoints" not in statement]


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


# --- The application: a demo made for real, once for each engine and test process -----------------

DEMO_NOW = datetime(2026, 6, 1, 3, 0, tzinfo=UTC)
PASSPHRASE = "only for tests"
CHEAP = Passwords(memory_kib=8)
PROJECT = Path(__file__).parents[1]
VECTORS = PROJECT / ".." / "shared" / "vectors"


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo instance: its database, its data folder, and the moment it was signed at."""

    database_url: str
    folder: Path
    now: datetime

    def settings(self, **others: Any) -> Settings:
        """Gives settings that read nothing from the environment."""
        values = {
            "DATABASE_URL": self.database_url,
            "LANGNGHE_DATA_DIR": self.folder,
            "PUBLIC_BASE_URL": "http://127.0.0.1:8000",
            "IDENTITY_HOST": DEMO_HOST,
            "LANGNGHE_MODE": "demo",
            "LANGNGHE_KEY_PASSPHRASE": PASSPHRASE,
            "SECRET_KEY": "only-for-tests-only-for-tests-only",
            "PORT": 8000,
            "LAN": False,
        }
        if others.get("LANGNGHE_MODE") != "production":
            values["LANGNGHE_PASSWORD_MEMORY_KIB"] = CHEAP.memory_kib
        return load_settings(**(values | others))


def make_demo(database_url: str, folder: Path, *, now: datetime) -> Demo:
    """Signs and stores a whole demo."""
    demo = Demo(database_url, folder, now)
    database = open_migrated(demo.settings())
    build_demo(database, host=DEMO_HOST, folder=folder, passphrase=PASSPHRASE, now=now, passwords=CHEAP)
    database.close()
    return demo


def copy_of(demo: Demo, folder: Path) -> Demo:
    """Copies a demo's folder, and its database if that is SQLite.

    SQLite itself copies the database. Whoever opens and closes the file of a database that this process has
    open gives up the process's locks on it, and another process may then take its journal away.
    """
    shutil.copytree(demo.folder, folder, ignore=shutil.ignore_patterns("shop.db*"))
    url = make_url(demo.database_url)
    if url.drivername != "sqlite":
        return replace(demo, folder=folder)
    copied = folder / "shop.db"
    with closing(sqlite3.connect(str(url.database))) as source, closing(sqlite3.connect(copied)) as target:
        source.backup(target)
    return Demo(f"sqlite:///{copied}", folder, demo.now)


@contextmanager
def services_over(demo: Demo) -> Iterator[Services]:
    """Gives the services of a demo for one block; scans are written by `flush` alone, else never."""
    built = build_services(demo.settings(), scans_wait_s=None)
    yield built
    built.database.close()


def sample_labels(services: Services) -> list[str]:
    """Gives the sealed text of one label of each lot, in the order of the lots."""
    with services.database.read() as session:
        return [text for text in session.scalars(select(Lot.sample_label).order_by(Lot.id)) if text]


@pytest.fixture(scope="session")
def sqlite_demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """A demo on SQLite at DEMO_NOW, to be read only."""
    folder = tmp_path_factory.mktemp("demo-sqlite")
    return make_demo(f"sqlite:///{folder / 'shop.db'}", folder, now=DEMO_NOW)


@pytest.fixture(scope="session")
def postgresql_demo(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo on PostgreSQL at DEMO_NOW, only ever to be copied."""
    with temporary_postgres_database(postgres_url) as url:
        yield make_demo(url, tmp_path_factory.mktemp("demo-postgresql"), now=DEMO_NOW)


@pytest.fixture
def demo(engine_name: str, request: pytest.FixtureRequest) -> Demo:
    """A demo at DEMO_NOW on each engine in turn, to be read only."""
    found: Demo = request.getfixturevalue(f"{engine_name}_demo")
    return found


@pytest.fixture(scope="session")
def sqlite_services(sqlite_demo: Demo) -> Iterator[Services]:
    """The services over the demo on SQLite."""
    with services_over(sqlite_demo) as built:
        yield built


@pytest.fixture(scope="session")
def postgresql_services(postgres_url: str, postgresql_demo: Demo) -> Iterator[Services]:
    """The services over a copy of the demo on PostgreSQL, which copies no database that is in use."""
    template = str(make_url(postgresql_demo.database_url).database)
    with (
        temporary_postgres_database(postgres_url, template=template) as url,
        services_over(replace(postgresql_demo, database_url=url)) as built,
    ):
        yield built


@pytest.fixture
def services(engine_name: str, request: pytest.FixtureRequest) -> Services:
    """The services over the demo, to be read only, on each engine in turn."""
    found: Services = request.getfixturevalue(f"{engine_name}_services")
    return found


@pytest.fixture
def own_demo(demo: Demo, engine_name: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Demo]:
    """A copy of the demo that the test may write to, on each engine in turn."""
    copied = copy_of(demo, tmp_path / "own")
    if engine_name == "sqlite":
        yield copied
        return
    template = str(make_url(demo.database_url).database)
    with temporary_postgres_database(request.getfixturevalue("postgres_url"), template=template) as url:
        yield replace(copied, database_url=url)


@pytest.fixture
def own_services(own_demo: Demo) -> Iterator[Services]:
    """The services over a copy of the demo that the test may write to, on each engine in turn."""
    with services_over(own_demo) as built:
        yield built


@pytest.fixture(scope="session")
def catalogues() -> None:
    """The compiled words of the pages, made where they are missing or older than their source."""
    for source in (PROJECT / "shop" / "translations").glob("*/LC_MESSAGES/messages.po"):
        compiled = source.with_suffix(".mo")
        if compiled.exists() and compiled.stat().st_mtime >= source.stat().st_mtime:
            continue
        fresh = source.with_name(f"{uuid.uuid4().hex}.mo")
        with source.open("rb") as words, fresh.open("wb") as output:
            write_mo(output, read_po(words))
        os.replace(fresh, compiled)


@pytest.fixture(scope="session")
def live_demo(tmp_path_factory: pytest.TempPathFactory, catalogues: None) -> Demo:
    """A demo on SQLite that was signed just now, for pages: their time is the present."""
    folder = tmp_path_factory.mktemp("demo-live")
    now = datetime.now(UTC).replace(microsecond=0)
    return make_demo(f"sqlite:///{folder / 'shop.db'}", folder, now=now)


@pytest.fixture(scope="session")
def app(live_demo: Demo) -> Iterator[Flask]:
    """The application over the demo of just now; nothing but `flush` writes."""
    with services_over(live_demo) as built:
        yield create_app(live_demo.settings(), built)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor without cookies."""
    return app.test_client()


@pytest.fixture(scope="session")
def labels(app: Flask) -> list[str]:
    """The sealed text of one label of each lot of the demo."""
    return sample_labels(app.extensions["langnghe"])
