"""What a view needs of the application that is serving: its services, and the time."""

from datetime import UTC, datetime
from typing import Final

from flask import current_app

from shop.wiring import Services

__all__ = ["EXTENSION", "now", "services"]

EXTENSION: Final = "langnghe"


def services() -> Services:
    """Gives the services of the application that is serving."""
    found: Services = current_app.extensions[EXTENSION]
    return found


def now() -> datetime:
    """Gives the present time; a request reads it once."""
    return datetime.now(UTC)
