"""Runs the application under gunicorn: one process with threads that no client holds for long."""

import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.util import close_graceful
from gunicorn.workers.gthread import ThreadWorker

from shop.web.current import EXTENSION

__all__ = ["run"]

THREADS: Final = 32
HEADERS_S: Final = 8.0  # from the first byte, or none, to the end of the headers
REQUEST_S: Final = 30.0  # for the body and the answer: 6 MB at 2 Mbit/s
REST_S: Final = 2.0  # for what is still on its way of a body that nobody read
LINGER_S: Final = 0.5  # for a client to close, so that it gets the end of the answer


class _Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's threads with a deadline for each request.

    gunicorn waits for as long as a client likes once a first byte has come, so that a few clients who send
    a byte now and then would hold all threads. And it waits in the main loop, which all others need, up to
    two seconds for each client that does not close; here the thread that answered does, for a moment.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deadlines: dict[Any, float] = {}  # by connection, while a thread is at it

    def handle(self, conn: Any) -> Any:
        """Reads and answers one request, in a thread."""
        self._deadlines[conn] = time.monotonic() + HEADERS_S
        try:
            if answer := super().handle(conn):
                return answer
            close_graceful(conn.sock, timeout=LINGER_S)
            conn.close = _is_closed
            return answer
        finally:
            del self._deadlines[conn]

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Answers a request whose headers have come."""
        self._deadlines[conn] = time.monotonic() + REQUEST_S
        try:
            return super().handle_request(req, conn)
        finally:
            self._deadlines[conn] = time.monotonic() + REST_S

    def notify(self) -> None:
        """Is called by the main loop at least once a second: ends what is overdue."""
        super().notify()
        now = time.monotonic()
        for conn, deadline in list(self._deadlines.items()):
            if deadline < now:
                with suppress(OSError):  # it has just gone by itself
                    conn.sock.shutdown(socket.SHUT_RDWR)


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn with options from code instead of a file."""

    def __init__(self, make_app: Callable[[], Flask], options: dict[str, Any]) -> None:
        self._make_app, self._options = make_app, options
        super().__init__()

    def load_config(self) -> None:
        """Takes the options."""
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Makes the application in the worker, so that no connection is shared across a fork."""
        return self._make_app()


def run(make_app: Callable[[], Flask], *, host: str, port: int) -> None:
    """Serves until a signal ends it; waiting scans are written before the worker goes."""
    options = {
        "bind": f"{host}:{port}",
        "workers": 1,
        "threads": THREADS,
        "worker_class": _Worker,
        "timeout": 30,
        "graceful_timeout": 8,
        "loglevel": "warning",
        "worker_exit": _close,
        "control_socket_disable": True,
        # No header says where we are or who asks: addresses come from the settings, and a client on this
        # very machine is no proxy to be believed.
        "forwarder_headers": "",
        "forwarded_allow_ips": "",
        "secure_scheme_headers": {},
    }
    _Server(make_app, options).run()


def _is_closed(graceful: bool = False) -> None:
    """Takes the place of a connection's `close` when it has been closed."""


def _close(server: Any, worker: Any) -> None:
    """Writes what waits, undisturbed.

    Ctrl-C reaches the worker twice, by itself and through its parent; the second time must not break off
    the writing.
    """
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    app = getattr(worker, "wsgi", None)
    if isinstance(app, Flask):
        app.extensions[EXTENSION].close()
