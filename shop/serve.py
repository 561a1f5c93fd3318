"""Runs the application under gunicorn: one process with threads."""

from collections.abc import Callable
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from shop.web.current import EXTENSION

__all__ = ["run"]


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
        "threads": 8,
        "worker_class": "gthread",
        "timeout": 30,
        "graceful_timeout": 8,
        "loglevel": "warning",
        "worker_exit": _close,
        "control_socket_disable": True,
    }
    _Server(make_app, options).run()


def _close(server: Any, worker: Any) -> None:
    app = getattr(worker, "wsgi", None)
    if isinstance(app, Flask):
        app.extensions[EXTENSION].close()
