"""Typed members of parsed JSON: each function gives the member or says what it expected instead."""

from datetime import date
from typing import Any, TypeVar

from traceability.clock import parse_day
from traceability.errors import Reason, Unreadable

__all__ = ["array", "day", "flag", "integer", "mapping", "optional_day", "optional_text", "text"]

_Member = TypeVar("_Member")


def text(value: dict[str, Any], name: str) -> str:
    """Gives a text member; it may be empty."""
    return _typed(value, name, str, "text")


def optional_text(value: dict[str, Any], name: str) -> str | None:
    """Gives a text member, or None where it is absent."""
    return text(value, name) if name in value else None


def integer(value: dict[str, Any], name: str) -> int:
    """Gives an integer member; true and false are not integers."""
    if isinstance(value.get(name), bool):
        raise Unreadable(Reason.BAD_RECORD, f"{name}: expected an integer, got a truth value")
    return _typed(value, name, int, "an integer")


def flag(value: dict[str, Any], name: str) -> bool:
    """Gives a true or false member."""
    return _typed(value, name, bool, "true or false")


def mapping(value: dict[str, Any], name: str) -> dict[str, Any]:
    """Gives an object member."""
    return _typed(value, name, dict, "an object")


def array(value: dict[str, Any], name: str) -> list[Any]:
    """Gives an array member."""
    return _typed(value, name, list, "an array")


def day(value: dict[str, Any], name: str) -> date:
    """Gives a date member, YYYY-MM-DD."""
    return parse_day(value.get(name))


def optional_day(value: dict[str, Any], name: str) -> date | None:
    """Gives a date member, or None where it is absent."""
    return day(value, name) if name in value else None


def _typed(value: dict[str, Any], name: str, kind: type[_Member], expected: str) -> _Member:
    member = value.get(name)
    if not isinstance(member, kind):
        raise Unreadable(Reason.BAD_RECORD, f"{name}: expected {expected}, got {type(member).__name__}")
    return member
