"""Amounts as people type them: 20, 1.500, or 1,5 kg, which is signed as whole grams."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

__all__ = ["AMOUNT_MAX", "Amount", "read_amount", "read_whole", "scaled"]

AMOUNT_MAX: Final = 999_999_999
# Records hold whole numbers; what has decimals is told in the first of these that makes it whole.
_SMALLER: Final[Mapping[str, tuple[tuple[str, int], ...]]] = {
    "KGM": (("GRM", 3),),
    "MTR": (("CMT", 2), ("MMT", 3)),
    "LTR": (("MLT", 3),),
}
_DECIMAL: Final = re.compile(r"([0-9]{1,9})[.,]([0-9]{1,9})", re.ASCII)
_WHOLE: Final = re.compile(r"[0-9]{1,12}", re.ASCII)
_TWO_WAYS: Final = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Amount:
    """So much of something.

    Attributes:
        amount: a whole number; 0 where it could not be read.
        uom: UN/ECE Recommendation 20 code, perhaps smaller than the one that was chosen.
        wrong: why it could not be read: EMPTY, NUMBER, AMOUNT or UNCLEAR; empty where it could.
    """

    amount: int
    uom: str
    wrong: str = ""


def read_whole(typed: str, high: int) -> int:
    """Gives a whole number from 1 to `high`, 0 for anything else; digits may stand in groups of three."""
    found = re.sub(r"(?<=\d)[.,\s](?=\d{3}(?!\d))", "", typed)
    if not _WHOLE.fullmatch(found) or not 1 <= int(found) <= high:
        return 0
    return int(found)


def read_amount(typed: str, uom: str) -> Amount:
    """Gives what was typed as a whole number, of a smaller unit where it has decimals.

    Args:
        typed: digits with a decimal comma or point, or in groups of three. `1,250` may be either where the
            unit can be divided, and nobody but the maker knows which.
        uom: code of the unit that was chosen.
    """
    if uom in _SMALLER and _TWO_WAYS.fullmatch(typed):
        return Amount(0, uom, "UNCLEAR")
    found = _DECIMAL.fullmatch(typed)
    if uom in _SMALLER and found is not None:
        return _divided(Decimal(f"{found[1]}.{found[2]}"), uom)
    whole = read_whole(typed, AMOUNT_MAX)
    wrong = "AMOUNT" if uom in _SMALLER else "NUMBER"
    return Amount(whole, uom, "" if whole else wrong if typed else "EMPTY")


def scaled(amount: int, uom: str, share: Fraction) -> tuple[str, str] | None:
    """Gives a share of an amount as people type it, with its unit; None where nothing says it exactly.

    Args:
        amount: a whole number of `uom`.
        uom: UN/ECE Recommendation 20 code.
        share: how much of it.

    Returns:
        Whole, or with one or two decimals after a comma; what has three stands in a smaller unit, since
        `2,125` may be read in two ways.
    """
    for unit, places in ((uom, 0), *_SMALLER.get(uom, ())):
        found = amount * share * 10**places
        if found.denominator != 1 or not 1 <= found <= AMOUNT_MAX:
            continue
        if places == 0 or found % 10 ** (places - 2):
            return str(found), unit
        return f"{Decimal(int(found)).scaleb(-places).normalize():f}".replace(".", ","), uom
    return None


def _divided(value: Decimal, uom: str) -> Amount:
    for unit, places in ((uom, 0), *_SMALLER[uom]):
        scaled = value.scaleb(places)
        if scaled == int(scaled) and 1 <= scaled <= AMOUNT_MAX:
            return Amount(int(scaled), unit)
    return Amount(0, uom, "AMOUNT")
