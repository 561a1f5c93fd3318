"""What the lists of the desks are asked for in their addresses: words to look for, and a page."""

from flask import request

__all__ = ["asked_page", "asked_words"]

WORDS_MAX = 100


def asked_page() -> int:
    """Gives the page that `?page=` names; 1 for anything that is no number from 1 to 99,999."""
    digits = request.args.get("page", "")
    return max(1, int(digits)) if digits.isascii() and digits.isdigit() and len(digits) < 6 else 1


def asked_words(name: str = "q") -> str:
    """Gives the words of a parameter, at most 100 characters without line breaks or control characters."""
    text = request.args.get(name, "")[:WORDS_MAX]
    return "".join(letter for letter in text if letter.isprintable()).strip()
