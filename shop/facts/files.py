"""Reads the data files. Every field has its source in the file; tests hold them to their rules."""

import json
from functools import cache
from importlib import resources
from typing import Any

__all__ = ["crafts", "statistics", "villages", "words"]


def crafts() -> dict[str, Any]:
    """The crafts that products are listed under: key -> words in both languages."""
    return _read("crafts.json")


def villages() -> dict[str, Any]:
    """The thirty villages with the sources of every fact."""
    return _read("villages.json")


def words() -> dict[str, Any]:
    """What villages.json says in one language only, in Vietnamese and English."""
    return _read("words.json")


def statistics() -> dict[str, Any]:
    """Dated, quoted figures of the city and the country."""
    return _read("statistics.json")


@cache
def _read(name: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((resources.files("shop.facts") / name).read_text(encoding="utf-8"))
    return value
