"""What a view needs of the application that is serving: its services, and the time."""

import logging
from datetime import UTC, datetime
from threading import Lock
from typing import Final

from flask import Flask, current_app

from shop.errors import ShopError
from shop.wiring import Services, take_up_newest_list

__all__ = ["EXTENSION", "now", "renew_services", "services", "watch_trust"]

EXTENSION: Final = "langnghe"

_log = logging.getLogger(__name__)


def services() -> Services:
    """Gives the services of the application that is serving."""
    found: Services = current_app.extensions[EXTENSION]
    return found


def now() -> datetime:
    """Gives the present time; a request reads it once."""
    return datetime.now(UTC)


def watch_trust(app: Flask) -> None:
    """Has the application take up a newer trust list by itself, at the next request after it was seen."""
    taking = Lock()

    @app.before_request
    def _take_up() -> None:
        # One request does it; the others go on under the list that they have.
        if services().trust_watch.has_newer and taking.acquire(blocking=False):
            try:
                renew_services()
            except ShopError as error:
                _log.error("the newest trust list is not taken up: %s", error)
            finally:
                taking.release()


def renew_services() -> None:
    """Takes up the newest stored trust list now, for whoever has just stored it.

    Raises:
        ConfigurationError: it cannot be taken up; the one in use stays.
    """
    current_app.extensions[EXTENSION] = take_up_newest_list(services())
