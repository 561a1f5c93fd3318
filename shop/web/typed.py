"""What a form holds: its texts by the names that are asked for, and the one file of several fields."""

from collections.abc import Iterable

from flask import request

__all__ = ["row_number", "typed", "typed_number", "uploaded"]


def typed(names: Iterable[str]) -> dict[str, str]:
    """Gives the texts of some fields, empty where the form has none; other fields are not looked at."""
    return {name: request.form.get(name, "") for name in names}


def typed_number(name: str) -> int | None:
    """Gives a number that one of our own pages put into a hidden field; None for anything else."""
    return _number(request.form.get(name, ""), 12)


def row_number(digits: str) -> int | None:
    """Gives the number of a row that one of our own pages put into a hidden field; None for anything else."""
    return _number(digits, 9)


def _number(digits: str, most: int) -> int | None:
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= most else None


def uploaded(*names: str) -> bytes | None:
    """Gives the file of the first field that has one: a camera's and a folder's stand side by side."""
    files = [file for name in names for file in request.files.getlist(name) if file.filename]
    return files[0].stream.read() if files else None
