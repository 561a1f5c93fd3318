"""What the lists of the desks are asked for in their addresses: words to look for, and a page."""

from collections.abc import Collection

from flask import request

__all__ = ["asked_one", "asked_page", "asked_words"]

WORDS_MAX = 100


def asked_page() -> int:
    """Gives the page that `?page=` names; 1 for anything that is no number from 1 to 99,999."""
    digits = request.args.get("page", "")
    return max(1, int(digits)) if digits.isascii() and digits.isdigit() and len(digits) < 6 else 1


def asked_words(name: str = "q") -> str:
    """Gives the words of a parameter, at most 100 characters without line breaks or control characters."""
    text = request.args.get(name, "")[:WORDS_MAX]
    return "".join(letter for letter in text if letter.isprintable()).strip()


def asked_one(name: str, known: Collection[str]) -> str | None:
    """Gives the word of a parameter, if it is one of some; None for anything else."""
    found = request.args.get(name)
    return found if found in known else None
