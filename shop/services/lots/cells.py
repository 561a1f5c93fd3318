"""What stands in one cell of a table of steps: lists of materials, bought-in goods and amounts."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

from shop.errors import BadInput
from shop.folding import fold
from shop.services.lots.fields import Row

__all__ = [
    "Thing",
    "read_bought",
    "read_date",
    "read_materials",
    "read_moment",
    "read_things",
    "write_bought",
    "write_materials",
    "write_things",
]

_BARRED: Final = re.compile(r'[;:()\[\]"%]')  # a text with one of these is quoted
_TEXT: Final = r'"(?:[^"]|"")+"|[^;:()\[\]"]+'
_NAME: Final = r'"(?:[^"]|"")+"|[^;:()\[\]"%]+'
_COUNTRY: Final = r"\[(?P<country>[A-Z]{2})\]"
_CLASS: Final = rf"\[(?P<country>[A-Z]{{2}})(?: (?P<code>[0-9]{{2,6}})(?: (?P<words>{_TEXT}))?)?\]"
_MATERIAL: Final = re.compile(
    rf"(?:(?P<percent>[0-9]{{1,3}}) ?%)?(?P<name> ?(?:{_NAME})) ?(?:\((?P<origin>{_TEXT})\))? ?(?:{_CLASS})?"
)
_BOUGHT: Final = re.compile(rf"(?P<name>{_TEXT}) ?(?:\((?P<supplier>{_TEXT})\))? ?(?:{_COUNTRY})?")
# Before a colon a name may have brackets, as names of products often do.
_BARRED_BEFORE_COLON: Final = re.compile(r'[;:"]')
_AMOUNT: Final = r" ?: ?(?P<amount>[0-9][0-9.,]*(?: [0-9]{3})*)(?: ?(?P<uom>[^\W\d_][^\W_]*))?"
_SUPPLIER: Final = rf" ?(?:\((?P<supplier>{_TEXT})\))?"
_THING: Final = re.compile(rf'(?P<name>"(?:[^"]|"")+"|[^;:"]+){_AMOUNT}{_SUPPLIER}')
_NAMED_THING: Final = re.compile(rf"(?P<name>{_TEXT})(?P<amount>)(?P<uom>){_SUPPLIER}")
_YEARS: Final = range(1900, 9900)  # records know no others
_DAY: Final = r"(?:(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})"
_VIETNAMESE_DAY: Final = r"|(?P<day2>[0-9]{1,2})[/.-](?P<month2>[0-9]{1,2})[/.-](?P<year2>[0-9]{4}))"
_DATE: Final = re.compile(_DAY + _VIETNAMESE_DAY, re.ASCII)
_MOMENT: Final = re.compile(
    _DAY + _VIETNAMESE_DAY + r"[T ](?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::[0-9]{2})?", re.ASCII
)
# How people write the units that a form knows; its own codes are read as well.
_UNITS: Final = {
    "kg": "KGM", "g": "GRM", "gram": "GRM", "m": "MTR", "met": "MTR", "cm": "CMT", "mm": "MMT", "l": "LTR",
    "lit": "LTR", "litre": "LTR", "ml": "MLT", "chiec": "H87", "cai": "H87", "piece": "H87", "pieces": "H87",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Thing:
    """So much of something, as it was typed.

    Attributes:
        amount: digits, perhaps with commas or points; empty where the cell only names the thing.
        uom: UN/ECE Recommendation 20 code, or what was typed where it is no unit that a form knows.
        supplier: empty for none.
    """

    name: str
    amount: str = ""
    uom: str = ""
    supplier: str = ""


def read_materials(text: str) -> list[Row]:
    """Reads a list such as `60% Đất sét (Trúc Thôn) [VN 2508]; Tro trấu (Bát Tràng)`.

    Returns:
        Rows with name, percent, origin, country and kind, as a lot's form has them; empty where nothing is
        said. Runs of spaces count as one.

    Raises:
        BadInput: NOT_A_LIST.
    """
    return [
        {
            "name": _plain(found["name"]),
            "percent": found["percent"] or "",
            "origin": _plain(found["origin"]),
            "country": found["country"] or "",
            "kind": " ".join(filter(None, (found["code"], _plain(found["words"])))),
        }
        for found in _matches(text, _MATERIAL)
    ]


def write_materials(items: Iterable[Row]) -> str:
    """Writes what `read_materials` reads back."""
    return "; ".join(
        _joined(
            f"{item['percent']}%" if item["percent"] else "",
            _quoted(item["name"]),
            _bracketed("({})", item["origin"]),
            _class(item["country"], item["kind"]),
        )
        for item in items
    )


def read_bought(text: str) -> list[Row]:
    """Reads a list such as `Quai da (Hợp tác xã Mẫu) [VN]` into rows with name, supplier and country.

    Raises:
        BadInput: NOT_A_LIST.
    """
    return [
        {
            "name": _plain(found["name"]),
            "supplier": _plain(found["supplier"]),
            "country": found["country"] or "",
        }
        for found in _matches(text, _BOUGHT)
    ]


def write_bought(items: Iterable[Row]) -> str:
    """Writes what `read_bought` reads back."""
    return "; ".join(
        _joined(
            _quoted(item["name"]), _bracketed("({})", item["supplier"]), _bracketed("[{}]", item["country"])
        )
        for item in items
    )


def read_things(text: str) -> list[Thing]:
    """Reads a list such as `Đất sét: 20 kg (Hợp tác xã Mẫu); Khung gỗ`.

    Raises:
        BadInput: NOT_A_LIST.
    """
    return [
        Thing(
            _plain(found["name"]), found["amount"] or "", _unit(found["uom"] or ""), _plain(found["supplier"])
        )
        for found in _matches(text, _THING, _NAMED_THING)
    ]


def write_things(items: Iterable[Thing]) -> str:
    """Writes what `read_things` reads back."""
    return "; ".join(
        _joined(
            _quoted(item.name, _BARRED_BEFORE_COLON) + ":" if item.amount else _quoted(item.name),
            item.amount,
            item.uom if item.amount else "",
            _bracketed("({})", item.supplier),
        )
        for item in items
    )


def read_date(text: str) -> date | None:
    """Gives a day such as `2026-11-22` or, day first, `22/11/2026`; None for anything else."""
    found = _DATE.fullmatch(_single_spaced(text))
    return _day(found) if found is not None else None


def read_moment(text: str) -> datetime | None:
    """Gives day and time such as `2026-11-22 08:00` or `22/11/2026 8:00`, naive; None for anything else.

    Seconds, which some spreadsheets add, are dropped.
    """
    found = _MOMENT.fullmatch(_single_spaced(text))
    day = _day(found) if found is not None else None
    if found is None or day is None or int(found["hour"]) > 23 or int(found["minute"]) > 59:
        return None
    return datetime.combine(day, time(int(found["hour"]), int(found["minute"])))


def _day(found: re.Match[str]) -> date | None:
    parts = [found[name] or found[f"{name}2"] for name in ("year", "month", "day")]
    try:
        day = date(*map(int, parts))
    except ValueError:
        return None
    return day if day.year in _YEARS else None


def _matches(text: str, *patterns: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """Gives each entry as the first of the patterns that it follows reads it."""
    for item in _items(_single_spaced(text)):
        found = next(filter(None, (pattern.fullmatch(item) for pattern in patterns)), None)
        if found is None or not _plain(found["name"]):
            raise BadInput("NOT_A_LIST", f"got {item[:40]!r}, an entry of a list expected")
        yield found


def _items(text: str) -> Iterator[str]:
    """Splits at semicolons outside quotes; empty entries are passed over."""
    parts, is_quoted = [""], False
    for char in text:
        is_quoted ^= char == '"'
        if char == ";" and not is_quoted:
            parts.append("")
        else:
            parts[-1] += char
    yield from filter(None, (part.strip() for part in parts))


def _plain(text: str | None) -> str:
    """Gives a text without its quotes."""
    found = (text or "").strip()
    return found[1:-1].replace('""', '"').strip() if found.startswith('"') else found


def _quoted(text: str, barred: re.Pattern[str] = _BARRED) -> str:
    line = _single_spaced(text)
    return '"' + line.replace('"', '""') + '"' if barred.search(line) else line


def _class(country: str, kind: str) -> str:
    code, _, words = kind.partition(" ")
    return _bracketed("[{}]", _joined(country, code, _quoted(words)), is_plain=True) if country else ""


def _bracketed(form: str, text: str, *, is_plain: bool = False) -> str:
    return form.format(text if is_plain else _quoted(text)) if text else ""


def _joined(*parts: str) -> str:
    return " ".join(filter(None, parts))


def _unit(typed: str) -> str:
    return _UNITS.get(fold(typed), typed.upper())


def _single_spaced(text: str) -> str:
    return " ".join(text.split())
