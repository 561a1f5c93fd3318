"""Independent programs in JavaScript that the tests run against our records, installed when first asked for.

`npm ci` installs them, as pinned in tests/peers/package-lock.json, into a folder beside that git ignores.
"""

import fcntl
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

__all__ = ["ask_peer", "require_peers", "run_peer"]

PEERS = Path(__file__).parents[1] / "peers"


def require_peers() -> None:
    """Installs the peers. Without node and npm the test is skipped, or fails where CI=true promises both."""
    reason = _install()
    if reason is not None and os.environ.get("CI") == "true":
        pytest.fail(reason)
    if reason is not None:
        pytest.skip(reason)


def run_peer(script: str, *arguments: Path) -> dict[str, dict[str, Any]]:
    """Gives what a script of tests/peers says of each file of a folder, by the file's name.

    Args:
        script: prints one JSON object a line, with the member `file`.
        arguments: of the script: the folder and its keys.
    """
    lines = [json.loads(line) for line in ask_peer(script, *arguments).splitlines()]
    return {line["file"]: line for line in lines}


def ask_peer(script: str, *arguments: Path, given: str = "") -> str:
    """Gives what a script of tests/peers prints.

    Args:
        script: by its file's name.
        arguments: of the script.
        given: its standard input.
    """
    done = subprocess.run(
        ["node", str(PEERS / script), *map(str, arguments)],
        input=given,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout


def _install() -> str | None:
    if shutil.which("node") is None or shutil.which("npm") is None:
        return "the JavaScript peers need node and npm"
    folder = os.open(PEERS, os.O_RDONLY)
    try:
        # Test processes run side by side, and npm ci empties the folder first.
        fcntl.flock(folder, fcntl.LOCK_EX)
        return _install_alone()
    finally:
        os.close(folder)


def _install_alone() -> str | None:
    lock, stamp = PEERS / "package-lock.json", PEERS / "node_modules" / ".installed-from"
    if stamp.exists() and stamp.read_bytes() == lock.read_bytes():
        return None
    done = subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=PEERS,
        capture_output=True,
        text=True,
        timeout=240,
    )
    if done.returncode != 0:
        return f"npm ci could not install the peers: {done.stderr.strip()[-300:]}"
    stamp.write_bytes(lock.read_bytes())
    return None
