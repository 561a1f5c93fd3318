"""What the lists of the desks are asked for in their addresses: words to look for, and a page."""

from collections.abc import Collection

from flask import request

__all__ = ["asked_number", "asked_one", "asked_page", "asked_words"]

WORDS_MAX = 100


def asked_page() -> int:
    """Gives the page that `?page=` names; 1 for anything that is no number from 1 to 99,999."""
    return max(1, asked_number("page", digits=5))


def asked_number(name: str, *, digits: int = 9) -> int:
    """Gives the number of a parameter; 0 for anything that is no number of so many digits at most."""
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= digits else 0


def asked_words(name: str = "q") -> str:
    """Gives the words of a parameter, at most 100 characters without line breaks or control characters."""
    text = request.args.get(name, "")[:WORDS_MAX]
    return "".join(letter for letter in text if letter.isprintable()).strip()


def asked_one(name: str, known: Collection[str]) -> str | None:
    """Gives the word of a parameter, if it is one of some; None for anything else."""
    found = request.args.get(name)
    return found if found in known else None
