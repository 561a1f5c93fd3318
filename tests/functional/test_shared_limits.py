"""Tries to sign in that several processes count together, over a real Redis server where there is one."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask

from shop.app import create_app
from shop.errors import ConfigurationError
from shop.wiring import Services
from tests.conftest import Demo

STARTS_WITHIN_S = 10.0


@contextmanager
def running_redis() -> Iterator[str]:
    """Gives the URL of a Redis server of its own on a Unix socket; it ends with the block."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("no redis-server on this machine")
    folder = Path(tempfile.mkdtemp(prefix="redis-"))  # short, because a socket's path holds 107 characters
    socket = folder / "redis.sock"
    options = ["--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(folder)]
    process = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + STARTS_WITHIN_S
        while not socket.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        assert socket.exists(), "the server did not start"
        yield f"redis+unix://{socket}"
    finally:
        process.terminate()
        process.wait(STARTS_WITHIN_S)
        shutil.rmtree(folder, ignore_errors=True)


def wrong_tries(*apps: Flask, count: int) -> list[int]:
    """Sends wrong passwords to the applications in turn, each for another name; gives the answers."""
    return [
        apps[number % len(apps)]
        .test_client()
        .post("/account/sign-in", data={"name": f"nr{number}@vidu.example", "password": "sai"})
        .status_code
        for number in range(count)
    ]


def application(services: Services, demo: Demo, url: str | None) -> Flask:
    return create_app(demo.settings(**({"REDIS_URL": url} if url else {})), services)


def test_two_processes_count_tries_together(sqlite_services: Services, sqlite_demo: Demo) -> None:
    with running_redis() as url:
        first, second = (application(sqlite_services, sqlite_demo, url) for _ in range(2))
        assert wrong_tries(first, second, count=12) == [422] * 10 + [429] * 2
        # One that counts by itself knows nothing of them: the ten are the server's, not the visitor's.
        assert wrong_tries(application(sqlite_services, sqlite_demo, None), count=1) == [422]


@pytest.mark.parametrize("url", ["redys://127.0.0.1:6379", "redis://127.0.0.1:port", "nowhere"])
def test_an_address_of_no_server_is_refused(sqlite_services: Services, sqlite_demo: Demo, url: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        application(sqlite_services, sqlite_demo, url)
    assert refused.value.code == "BAD_REDIS_URL"


def test_nobody_gets_in_uncounted(sqlite_services: Services, sqlite_demo: Demo) -> None:
    silent = application(sqlite_services, sqlite_demo, "redis://127.0.0.1:1/0")
    assert wrong_tries(silent, count=1) == [503]
