"""Numbers that carry their own check: GTINs and tax codes; and how a tax code is shown."""

import re
from typing import Final

from stdnum import ean
from stdnum.exceptions import ValidationError
from stdnum.vn import mst

from shop.errors import BadInput

__all__ = ["masked", "read_gtin", "read_tax_code"]

GTIN_DIGITS: Final = 14
SHOWN_DIGITS: Final = 4

_SEPARATORS: Final = re.compile(r"[\s.\-\N{NO-BREAK SPACE}]")
# A citizen number: the province (001 to 096), a digit for sex and century, the year, and six digits.
_CITIZEN: Final = re.compile(r"0(?:0[1-9]|[1-8][0-9]|9[0-6])[0-9]{9}", re.ASCII)


def read_gtin(text: str) -> str:
    """Gives a GTIN of 8, 12, 13 or 14 digits as 14 digits; its last digit must be the right one.

    Raises:
        BadInput: BAD_GTIN.
    """
    digits = _SEPARATORS.sub("", text)
    try:
        checked = ean.validate(digits) if digits.isascii() and digits.isdigit() else ""
    except ValidationError as error:
        raise BadInput("BAD_GTIN", f"got {len(digits)} digits without a right check digit") from error
    if not checked.strip("0"):
        raise BadInput("BAD_GTIN", "8, 12, 13 or 14 digits expected")
    return str(checked).zfill(GTIN_DIGITS)


def read_tax_code(text: str) -> str:
    """Gives a tax code: 10 digits, 13 of a branch, or the 12 of a citizen, which a household business uses.

    Raises:
        BadInput: BAD_TAX_CODE; the message holds no digit of it.
    """
    digits = _SEPARATORS.sub("", text)
    if _CITIZEN.fullmatch(digits):
        return digits
    try:
        return str(mst.validate(digits))
    except ValidationError as error:
        raise BadInput("BAD_TAX_CODE", "10, 12 or 13 digits with a right check digit expected") from error


def masked(value: str) -> str:
    """Gives a number with all but its last digits hidden: `•••••••1234`."""
    shown = value[-SHOWN_DIGITS:] if len(value) > 2 * SHOWN_DIGITS else ""
    return "•" * (len(value) - len(shown)) + shown
