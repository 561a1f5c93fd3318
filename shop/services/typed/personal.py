"""Finds what is a person's own in a text to be signed: telephone, citizen and tax numbers, mail addresses."""

import re
import unicodedata
from typing import Final

from shop.errors import BadInput
from shop.folding import few_marks
from shop.services.typed.identifiers import read_tax_code

__all__ = ["personal_in"]

# Days are taken away first: with the number after them they can look like a telephone's.
_DAY: Final = re.compile(
    r"(?<!\d)(?:\d{1,2}([./-])\d{1,2}\1(?:19|20)\d{2}|(?:19|20)\d{2}-\d{2}-\d{2})(?!\d)", re.ASCII
)
_MONEY: Final = r"(?!\s*(?:đồng|đ(?!\w)|₫|vnđ|vnd|usd))"
# Begun in the midst of a word, or given back letter by letter, this would take the square of a word's length.
_MAIL: Final = re.compile(r"(?<![\w.+-])[\w.+-]++\s?@\s?[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}", re.IGNORECASE)
# Mobiles have nine digits after the 0 or +84, landlines ten; then those of other countries.
_PHONES: Final = (
    re.compile(
        r"(?<!\d)(?<!\d[.,-])\(?0(?:[ .-]?[35789](?:[ .-]?\d){8}|2(?:\)?[ .-]?\d){9})(?!\d)", re.ASCII
    ),
    re.compile(r"(?<!\d)(?<!\d[.,])84 ?[2-9](?: ?\d){8,9}(?!\d)" + _MONEY, re.IGNORECASE),
    re.compile(r"\+ ?\d{1,3}(?:[ .-]?\(?\d\)?){7,12}(?!\d)" + _MONEY, re.IGNORECASE),
)
_MOBILE: Final = re.compile(r"(?:0|84)(?:3[2-9]|5[25689]|7[06-9]|8[1-9]|9\d)\d{7}", re.ASCII)
_LANDLINE: Final = re.compile(r"(?:0|84)2\d{9}", re.ASCII)
_CITIZEN: Final = re.compile(
    r"(?<!\d)0(?:\d{11}|\d{2}([ .-])\d{3}\1\d{3}\1?\d{3}|\d{3}([ .-])\d{4}\2\d{4})(?!\d)", re.ASCII
)
_TAX: Final = re.compile(
    r"(?<![\d\w])(?<!lô )(?<!lot )(?!20\d\d(?:0[1-9]|1[0-2])[0-3]\d\d\d(?!-))\d{10}(?:-\d{3})?(?!\d)"
    + _MONEY,
    re.IGNORECASE,
)
# Beside such words any long number is one, whatever its check digit says.
_NAMED: Final = re.compile(
    r"(?:căn cước|cccd|cmnd|cmt|chứng minh|mã số thuế|mst|tax code|hộ chiếu)\D{0,20}\d(?:[ .-]?\d){8,}",
    re.IGNORECASE,
)


def personal_in(text: str) -> str | None:
    """Gives the first thing in a text that belongs to a person, as it stands there; None where nothing does.

    Days, amounts of money, numbers of lots and decisions, and GTINs are none of it. The time that it takes
    grows with the length of the text, never with its square: strangers choose both.
    """
    plain = unicodedata.normalize("NFKC", few_marks(text))
    plain = "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in plain)
    plain = _DAY.sub("…", plain)
    found = _MAIL.search(plain) or _NAMED.search(plain)
    if found is not None:
        return found[0]
    return _phone_in(plain) or _number_in(plain)


def _phone_in(text: str) -> str | None:
    for pattern in _PHONES:
        for found in pattern.finditer(text):
            if found[0].startswith("+") or _is_dialled(found[0]):
                return found[0]
    return None


def _is_dialled(text: str) -> bool:
    """Tells a telephone number from a row of small numbers: by its first digits, and by its groups."""
    groups = {len(group) > 1 for group in re.findall(r"[0-9]+", text)}
    digits = re.sub(r"[^0-9]", "", text)
    return len(groups) == 1 and bool(_MOBILE.fullmatch(digits) or _LANDLINE.fullmatch(digits))


def _number_in(text: str) -> str | None:
    for pattern in (_CITIZEN, _TAX):
        for found in pattern.finditer(text):
            try:
                read_tax_code(found[0])
            except BadInput:
                continue
            return found[0]
    return None
