"""Dong: Vietnamese money, whole numbers only, and amounts as people type them."""

import re
from dataclasses import dataclass
from typing import Final

from shop.errors import BadInput

__all__ = ["PRICE_MAX", "Dong", "read_price", "write_price"]

PRICE_MAX: Final = 10**12
TYPED_MAX_CHARS: Final = 40
# No coin is smaller, and who writes 350 in a market means 350,000.
PRICE_MIN_WITHOUT_WORDS: Final = 1_000

_UNITS: Final = {"k": 10**3, "nghìn": 10**3, "ngàn": 10**3, "tr": 10**6, "triệu": 10**6}
_SPELLINGS: Final = {"nghin": "nghìn", "ngan": "ngàn", "trieu": "triệu"}
_MONEY_WORDS: Final = re.compile(r" ?(?:₫|đ|vnđ|vnd|đồng|dong)$")
# Thousands are grouped by threes with one kind of separator, or not at all: `12,5` is no price.
_GROUPED: Final = re.compile(r"[0-9]{1,3}(?:([., ])[0-9]{3})(?:\1[0-9]{3})*")
_PLAIN: Final = re.compile(r"[0-9]{1,13}")
_NAMED: Final = re.compile(r"([0-9]{1,6})(?:[.,]([0-9]{1,6}))?\s*([a-zà-ỹ]+)( ?)(.*)")
_TAIL: Final = re.compile(r"[0-9]{1,3}")


@dataclass(frozen=True, slots=True, order=True)
class Dong:
    """An amount in whole Vietnamese dong, never negative."""

    amount: int

    def __post_init__(self) -> None:
        if self.amount < 0:
            raise ValueError(f"an amount of money is not negative, got {self.amount}")


def read_price(typed: str) -> Dong:
    """Reads a price as people type it.

    `350.000`, `350 000đ`, `350000`, `350k`, `350 nghìn`, `12k5`, `1tr2`, `1,2 triệu` and
    `1 triệu 250 nghìn` are read. Digits behind a unit go on where it ends: `1tr25` is 1,250,000.

    Args:
        typed: NFC text, at most 40 characters.

    Raises:
        BadInput: BAD_PRICE; UNCLEAR_PRICE, for what could be read in two ways, such as `1.200k`, or `350`
            without a word, which is less than any price, or `1 triệu 50`, whose 50 are of no unit.
    """
    text = " ".join(typed[: TYPED_MAX_CHARS + 1].casefold().split())
    if len(text) > TYPED_MAX_CHARS:
        raise BadInput("BAD_PRICE", f"at most {TYPED_MAX_CHARS} characters of a price expected")
    bare = _MONEY_WORDS.sub("", text)
    amount = _digits(bare)
    if amount is None:
        amount = _named(bare)
    elif bare == text and 1 <= amount < PRICE_MIN_WITHOUT_WORDS:
        raise BadInput("UNCLEAR_PRICE", f"a price of {amount} dong, or of {amount} thousand")
    if not 1 <= amount <= PRICE_MAX:
        raise BadInput("BAD_PRICE", f"a price from 1 to {PRICE_MAX} dong expected, got {amount}")
    return Dong(amount)


def write_price(price: Dong) -> str:
    """Gives a price as it is typed: `350.000`; `read_price` reads it as the same."""
    digits = f"{price.amount:,}".replace(",", ".")
    return digits if price.amount >= PRICE_MIN_WITHOUT_WORDS else f"{digits} đ"


def _digits(text: str) -> int | None:
    if _PLAIN.fullmatch(text) or _GROUPED.fullmatch(text):
        return int(re.sub(r"[^0-9]", "", text))
    return None


def _named(text: str) -> int:
    """Reads an amount of thousands or millions, with what follows its unit."""
    found = _NAMED.fullmatch(text)
    unit = _UNITS.get(_SPELLINGS.get(found[3], found[3])) if found is not None else None
    if found is None or unit is None:
        raise BadInput("BAD_PRICE", "digits, perhaps with k, nghìn, tr or triệu, expected")
    whole, decimals, rest = found[1], found[2] or "", found[5]
    if len(decimals) > 2 or (decimals and rest):
        # `1.200k` is as likely 1,200 thousand as 1.2 thousand.
        raise BadInput("UNCLEAR_PRICE", "a decimal comma and a mark between thousands look alike")
    if found[4] and _TAIL.fullmatch(rest):
        # Who writes `1 triệu 50` may mean 50 thousand more, or half a million.
        raise BadInput("UNCLEAR_PRICE", "digits apart from the unit before them have none of their own")
    amount = int(whole) * unit + _part(decimals, unit)
    return amount + (_part(rest, unit) if _TAIL.fullmatch(rest) else _rest(rest, unit))


def _part(decimals: str, unit: int) -> int:
    """Gives what decimals of a unit are worth; three of them at most, so that it is whole."""
    return int(decimals.ljust(3, "0")) * unit // 1_000 if decimals else 0


def _rest(text: str, unit: int) -> int:
    """Reads what stands behind millions with a unit of its own: `1 triệu 250 nghìn`."""
    if not text:
        return 0
    found = _NAMED.fullmatch(text)
    is_smaller = found is not None and _UNITS.get(_SPELLINGS.get(found[3], found[3]), unit) < unit
    if found is None or not is_smaller or found[2] or found[5] or not 1 <= int(found[1]) < 1_000:
        raise BadInput("BAD_PRICE", "thousands behind millions expected")
    return int(found[1]) * 1_000
