"""Texts in the shop's two languages."""

from dataclasses import dataclass

__all__ = ["Text"]


@dataclass(frozen=True, slots=True)
class Text:
    """One text in the shop's two languages; an empty `en` means that only Vietnamese exists."""

    vi: str
    en: str = ""
