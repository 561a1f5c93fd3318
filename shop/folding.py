"""Text without accents, for search and sorting: đ is folded by hand, since Unicode does not decompose it."""

import re
import unicodedata
from typing import Final

__all__ = ["as_seen", "few_marks", "fold", "in_human_order", "is_one_letter_off", "without_marks", "words_of"]

# Cyrillic, then Greek letters that look like Latin ones, large and small apart: Ν is N, and ν is v.
_LOOKS_LIKE: Final = str.maketrans(
    "АВЕЅІЈКМНОРСТУХаеѕіјорсухһкмнтвΑΒΕΖΗΙΚΜΝΟΡΤΥΧαικνορτυχ",
    "ABESIJKMHOPCTYXaesijopcyxhkmhtbABEZHIKMNOPTYXaikvoptux",
)
MARKS_MAX: Final = 30  # on one letter; no language has so many (UAX 15, Stream-Safe Text Format)
SHORT_CHARS: Final = 400
_NUMBER: Final = re.compile(r"([0-9]+)")
_WORD: Final = re.compile(r"[^\W_]+")


def few_marks(text: str) -> str:
    """Gives a text without the marks beyond the thirtieth on one letter, to be composed or decomposed.

    Unicode sorts the marks of a letter, and Python takes the square of their number for it: a form full of
    them would hold the server for seconds. A short text is left as it is.
    """
    if len(text) <= SHORT_CHARS:
        return text
    kept, marks = [], 0
    for char in text:
        is_mark = char > "\u02ff" and unicodedata.combining(unicodedata.normalize("NFKD", char)[0])
        marks = marks + 1 if is_mark else 0
        if marks <= MARKS_MAX:
            kept.append(char)
    return "".join(kept)


def fold(text: str) -> str:
    """Gives the lower-case letters of a Vietnamese text without any accents: `Đồ gỗ` becomes `do go`."""
    return without_marks(text).casefold()


def without_marks(text: str) -> str:
    """Gives the letters of a Vietnamese text without any accents, large and small as they were."""
    plain = unicodedata.normalize("NFD", few_marks(text).replace("đ", "d").replace("Đ", "D"))
    return "".join(char for char in plain if not unicodedata.combining(char))


def as_seen(text: str) -> str:
    """Gives one text for names that people take for the same: accents, case, spaces, look-alikes aside."""
    latin = unicodedata.normalize("NFKC", few_marks(text)).translate(_LOOKS_LIKE)
    return " ".join(fold(latin).split())


def in_human_order(text: str) -> tuple[tuple[str, int], ...]:
    """Gives the key that sorts names as people do: accents aside, and `Xưởng 2` before `Xưởng 10`."""
    parts = _NUMBER.split(fold(text))
    return tuple(
        (word, int(number[:18] or "0")) for word, number in zip(parts[::2], [*parts[1::2], ""], strict=True)
    )


def words_of(*texts: str) -> tuple[str, ...]:
    """Gives the folded words of some texts, each once, in their order: letters and digits alone."""
    found = (word for text in texts for word in _WORD.findall(fold(text)))
    return tuple(dict.fromkeys(found))


def is_one_letter_off(word: str, other: str) -> bool:
    """Tells whether one letter more, less, changed, or swapped with the next, makes two words the same."""
    if word == other or abs(len(word) - len(other)) > 1:
        return False
    pairs = zip(word, other, strict=False)
    at = next((place for place, (one, two) in enumerate(pairs) if one != two), min(len(word), len(other)))
    rest, others = word[at:], other[at:]
    is_swapped = rest[:2] == others[:2][::-1] and rest[2:] == others[2:]
    return is_swapped or any((rest[1:] == others[1:], rest[1:] == others, rest == others[1:]))
