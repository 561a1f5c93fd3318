"""Errors of the shop's commands as one line, and the settings that they all begin with."""

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import click
from sqlalchemy.exc import DBAPIError

from shop.errors import ShopError
from traceability.cli import printable
from traceability.errors import TraceabilityError

__all__ = ["in_one_line"]


def in_one_line(command: Callable[..., None]) -> Callable[..., None]:
    """Turns our errors into one line on stderr and exit status 2."""

    @wraps(command)
    def wrapped(*arguments: Any, **options: Any) -> None:
        try:
            command(*arguments, **options)
        except (ShopError, TraceabilityError) as error:
            click.echo(f"langnghe: {error.code}: {printable(' '.join(str(error).split()))}", err=True)
            sys.exit(2)
        except DBAPIError as error:
            said = printable(" ".join(str(error.orig).split()))
            click.echo(f"langnghe: DATABASE_UNREACHABLE: the database does not answer: {said}", err=True)
            sys.exit(2)
        except OSError as error:
            place = f"{error.filename}: " if error.filename else ""
            click.echo(f"langnghe: FILE_ERROR: {printable(place)}{error.strerror or error}", err=True)
            sys.exit(2)

    return wrapped
