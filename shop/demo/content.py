"""Reads the demo's catalogue: fictional workshops, their products, lots and events."""

import json
from functools import cache
from importlib import resources
from typing import Any

__all__ = ["catalogue"]


@cache
def catalogue() -> dict[str, Any]:
    """The catalogue; tests hold it to its rules."""
    path = resources.files("shop.demo") / "catalogue.json"
    value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return value
