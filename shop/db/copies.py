"""Whole copies of a database: written by its own means, opened on the side, put in place of what is there.

A bare copy of a SQLite file that is in use lacks what still stands in its journal, or mixes two states; one
that is merely old verifies perfectly.
"""

import os
import secrets
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sqlalchemy import URL, create_engine, make_url

from shop.db.session import Database, open_database
from shop.errors import ConfigurationError

__all__ = ["opened_copy", "put_copy_in_place", "write_copy"]

PAGES_A_STEP: Final = 256  # 1 MB; between steps others may write, and then the copy takes their pages too
WAIT_S: Final = 60
HEADER: Final = b"SQLite format 3\x00"

Progress = Callable[[int, int], None]
"""Is told what is left and how much there is, in pages; PostgreSQL's tools do not say."""


def write_copy(url: str, target: Path, *, progress: Progress = lambda left, total: None) -> None:
    """Writes one consistent state of a database to a file of its own, whole or not at all.

    Args:
        url: of the database; it may be in use.
        target: a new file; readable by its owner alone, since it holds what was never published.
        progress: see Progress.

    Raises:
        ConfigurationError: FILE_EXISTS; DATABASE_UNREACHABLE, when the database or its tool says no.
        OSError: the file cannot be written.
    """
    if target.exists():
        raise ConfigurationError("FILE_EXISTS", f"{target} is there already")
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        draft.touch(mode=0o600, exist_ok=False)
        parsed = make_url(url)
        if parsed.drivername == "sqlite":
            _copy_sqlite(Path(parsed.database or ""), draft, progress)
        else:
            _run(parsed, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={draft}")
        _to_disk(draft)
        os.link(draft, target)  # unlike a rename, it never replaces what came there meanwhile
        _to_disk(target.parent)
    except FileExistsError as error:
        raise ConfigurationError("FILE_EXISTS", f"{target} is there already") from error
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def opened_copy(file: Path, url: str) -> Iterator[Database]:
    """Opens a copy beside the database that it is meant for, brought to the newest form; it is not changed.

    Args:
        file: from `write_copy`.
        url: of the database that it is meant for; PostgreSQL needs the right to make another one there.

    Raises:
        ConfigurationError: BAD_BACKUP, when it is no such copy; DATABASE_UNREACHABLE.
        OSError: the file cannot be read.
    """
    parsed = make_url(url)
    is_sqlite = _is_sqlite_file(file)
    if is_sqlite != (parsed.drivername == "sqlite"):
        raise ConfigurationError("BAD_BACKUP", f"{file} is no copy of such a database")
    with _beside(file, parsed) as other:
        try:
            database = open_database(other)
        except ConfigurationError as error:
            raise ConfigurationError("BAD_BACKUP", f"{file} does not open: {error}") from error
        try:
            yield database
        finally:
            database.engine.dispose()


def put_copy_in_place(copy: Database, file: Path, url: str) -> None:
    """Puts a copy in place of what the database holds, in one transaction.

    Args:
        copy: from `opened_copy`.
        file: the same copy.
        url: of the database; nobody else may be writing.

    Raises:
        ConfigurationError: DATABASE_UNREACHABLE; what was there is there still.
        StorageBusy: GATE_HELD.
    """
    parsed = make_url(url)
    if parsed.drivername == "sqlite":
        target = open_database(url)
        try:
            copy.engine.dispose()
            with target.gate.hold():
                target.engine.dispose()
                _copy_sqlite(Path(str(copy.engine.url.database)), Path(parsed.database or ""))
        finally:
            target.engine.dispose()
        return
    clean = ("--clean", "--if-exists", "--single-transaction", "--exit-on-error")
    _run(
        parsed,
        "pg_restore",
        "--no-owner",
        "--no-privileges",
        *clean,
        f"--dbname={parsed.database}",
        str(file),
    )


def _copy_sqlite(source: Path, target: Path, progress: Progress = lambda left, total: None) -> None:
    if not source.exists():
        raise ConfigurationError("DATABASE_UNREACHABLE", f"{source} is not there")
    try:
        with (
            closing(sqlite3.connect(source, timeout=WAIT_S)) as old,
            closing(sqlite3.connect(target, timeout=WAIT_S)) as new,
        ):
            old.backup(
                new, pages=PAGES_A_STEP, progress=lambda _, left, total: progress(left, total), sleep=0.01
            )
            # Alone in its file: the copy needs no journal beside it.
            if target.name.endswith(".part"):
                new.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        raise ConfigurationError("DATABASE_UNREACHABLE", f"the database was not copied: {error}") from error


@contextmanager
def _beside(file: Path, url: URL) -> Iterator[str]:
    """Gives the URL of a passing database that holds what the file holds."""
    if url.drivername == "sqlite":
        with TemporaryDirectory(prefix="langnghe-") as folder:
            place = Path(folder) / "copy.sqlite3"
            shutil.copyfile(file, place)
            yield f"sqlite:///{place}"
        return
    name = f"langnghe_restore_{secrets.token_hex(6)}"
    engine = create_engine(
        url.set(drivername="postgresql+psycopg", database="postgres"), isolation_level="AUTOCOMMIT"
    )
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'")
            try:
                _run(url, "pg_restore", "--no-owner", "--no-privileges", f"--dbname={name}", str(file))
                yield url.set(database=name).render_as_string(hide_password=False)
            finally:
                connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
    finally:
        engine.dispose()


def _run(url: URL, tool: str, *arguments: str) -> None:
    """Runs one of PostgreSQL's tools; the password goes by the environment, where `ps` does not show it."""
    host = url.query.get("host", url.host)
    known = {
        "PGHOST": host if isinstance(host, str) else None,
        "PGPORT": str(url.port) if url.port else None,
        "PGUSER": url.username,
        "PGPASSWORD": str(url.password) if url.password is not None else None,
        "PGDATABASE": url.database,
    }
    # Nothing else of ours goes along: the environment may hold the passphrase of the keys.
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    environment = kept | {name: value for name, value in known.items() if value}
    path = shutil.which(tool)
    if path is None:
        raise ConfigurationError("DATABASE_UNREACHABLE", f"{tool} is not installed on this machine")
    done = subprocess.run(  # noqa: S603 - a fixed tool, no shell
        [path, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        said = " ".join(done.stderr.split())[:300]
        raise ConfigurationError("DATABASE_UNREACHABLE", f"{tool}: {said}")


def _is_sqlite_file(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(len(HEADER)) == HEADER


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
