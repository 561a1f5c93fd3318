"""Reads the data files. Every field has its source in the file; tests hold them to their rules."""

import json
from functools import cache
from importlib import resources
from typing import Any

__all__ = ["crafts", "hs_codes", "statistics", "step_templates", "village_name", "villages", "words"]


def crafts() -> dict[str, Any]:
    """The crafts that products are listed under: key -> words in both languages."""
    return _read("crafts.json")


def hs_codes() -> dict[str, Any]:
    """The headings of the Harmonized System that goods of each craft fall under, the likeliest first."""
    return _read("hs_codes.json")


def villages() -> dict[str, Any]:
    """The thirty villages with the sources of every fact."""
    return _read("villages.json")


def village_name(village: dict[str, Any]) -> str:
    """Gives the name that reads well after "làng"; the source's own name may hold that word already."""
    spoken = words()["villages"][village["slug"]].get("name")
    return str(spoken["vi"] if spoken else village["name_vi"])


def words() -> dict[str, Any]:
    """What villages.json says in one language only, in Vietnamese and English."""
    return _read("words.json")


def statistics() -> dict[str, Any]:
    """Dated, quoted figures of the city and the country."""
    return _read("statistics.json")


def step_templates() -> dict[str, Any]:
    """What a craft's first lot begins with: its usual materials and steps, and the kinds of material."""
    return _read("step_templates.json")


@cache
def _read(name: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((resources.files("shop.facts") / name).read_text(encoding="utf-8"))
    return value
