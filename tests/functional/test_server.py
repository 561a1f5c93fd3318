"""The server itself: slow clients do not stop it, and no header moves it."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from shop.serve import HEADERS_S, THREADS
from tests.conftest import PROJECT

pytestmark = [pytest.mark.slow]

SCRIPT = """
import sys
from types import SimpleNamespace
from flask import Flask, request
from shop.serve import run

def make():
    app = Flask("small")
    app.extensions["langnghe"] = SimpleNamespace(close=lambda: None)
    app.add_url_rule("/", "home", lambda: f"{request.script_root}|{request.path}|{request.scheme}")
    return app

run(make, host="127.0.0.1", port=int(sys.argv[1]))
"""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(port)], cwd=PROJECT, env={"PATH": os.environ["PATH"]}
    )
    for _ in range(100):
        try:
            _get(port)
            break
        except OSError:
            time.sleep(0.1)
    yield port
    process.terminate()
    assert process.wait(20) == 0


def _get(port: int, **headers: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", "/", headers=headers)
    answer = connection.getresponse().read().decode()
    connection.close()
    return answer


@pytest.mark.parametrize(
    "name", ["SCRIPT_NAME", "PATH_INFO", "X-Forwarded-Proto", "X-Forwarded-Prefix", "X-Forwarded-Ssl"]
)
def test_no_header_moves_the_application(port: int, name: str) -> None:
    assert _get(port, **{name: "https" if "Proto" in name else "//evil.example"}) == "|/|http"


def test_clients_who_never_end_their_headers_are_sent_away(port: int) -> None:
    """More of them than threads: others wait until the deadline and are then answered."""
    with ExitStack() as stack:
        for _ in range(THREADS + 8):
            slow = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            slow.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ")
        began = time.monotonic()
        assert _get(port) == "|/|http"
        assert time.monotonic() - began < 2 * HEADERS_S + 4


def test_clients_who_do_not_close_hold_nobody_up(port: int) -> None:
    """The main loop used to wait two seconds for each of them."""
    with ExitStack() as stack:
        for _ in range(8):
            open_ended = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            open_ended.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        time.sleep(0.2)
        began = time.monotonic()
        assert _get(port) == "|/|http"
        assert time.monotonic() - began < 2
