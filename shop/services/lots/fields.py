"""What is typed about a lot: flat fields by name, such as `units` or `material-1-origin`, all text."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

from shop.errors import BadInput
from shop.folding import few_marks

__all__ = [
    "GROUPS",
    "ROWS_MAX",
    "Fields",
    "Row",
    "add_row",
    "clean",
    "drop_row",
    "row_count",
    "rows",
    "spread",
]

Fields = dict[str, str]
"""Typed texts by name of field; rows of a group are numbered from 1."""

Row = dict[str, str]

ROWS_MAX: Final = 20
FIELD_MAX_CHARS: Final = 1_000
GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "material": ("name", "kind", "origin", "country", "percent", "amount", "uom", "supplier"),
    "bought": ("name", "supplier", "country", "amount", "uom"),
    "step": (
        *("kind", "name", "detail", "day", "time", "guess"),
        *("makes", "makesAmount", "makesUom", "uses", "was"),
    ),
}
# What a choice shows in a row that was just added, so that the page says what would be taken.
_NEW_ROW: Final[Mapping[str, Row]] = {
    "material": {"country": "VN", "uom": "KGM"},
    "bought": {"country": "VN", "uom": "H87"},
    "step": {"kind": "made", "time": "08:00", "makesUom": "H87"},
}
_ALONE: Final = ("lot", "units", "madeOn", "expiresOn", "warnings", "addStock", "reason")
_NAME: Final = re.compile(
    rf"(?:{'|'.join(_ALONE)})"
    + "".join(rf"|{group}-[1-9][0-9]?-(?:{'|'.join(names)})" for group, names in GROUPS.items()),
    re.ASCII,
)


def clean(typed: Iterable[tuple[str, str]]) -> Fields:
    """Gives those of the typed texts that are fields of a lot: one line each, composed, trimmed.

    Args:
        typed: pairs as a form sends them; texts of one name that comes several times are joined by commas.

    Raises:
        BadInput: FIELD_TOO_LONG; the message names the field.
    """
    found: Fields = {}
    for name, text in typed:
        if not _NAME.fullmatch(name):
            continue
        line = " ".join(unicodedata.normalize("NFC", few_marks(text)).split())
        found[name] = f"{found[name]},{line}" if name in found else line
        if len(found[name]) > FIELD_MAX_CHARS:
            raise BadInput("FIELD_TOO_LONG", f"{name}: at most {FIELD_MAX_CHARS} characters expected")
    return found


def rows(fields: Mapping[str, str], group: str) -> dict[int, Row]:
    """Gives the rows of a group by number, each with all of its fields."""
    names = GROUPS[group]
    return {
        number: {name: fields.get(f"{group}-{number}-{name}", "") for name in names}
        for number in range(1, row_count(fields, group) + 1)
    }


def row_count(fields: Mapping[str, str], group: str) -> int:
    """Gives the number of the last row that has a field, filled in or not."""
    numbers = [int(name.split("-")[1]) for name in fields if name.startswith(f"{group}-")]
    return max(numbers, default=0)


def spread(group: str, found: Iterable[Row]) -> Fields:
    """Gives rows as flat fields, numbered from 1."""
    return {
        f"{group}-{number}-{name}": row.get(name, "")
        for number, row in enumerate(found, start=1)
        for name in GROUPS[group]
    }


def add_row(fields: Fields, group: str) -> Fields:
    """Gives the fields with one more empty row.

    Raises:
        BadInput: TOO_MANY_ROWS.
    """
    count = row_count(fields, group)
    if group not in GROUPS or count >= ROWS_MAX:
        raise BadInput("TOO_MANY_ROWS", f"at most {ROWS_MAX} rows of a known group expected")
    first = _NEW_ROW.get(group, {})
    return fields | {f"{group}-{count + 1}-{name}": first.get(name, "") for name in GROUPS[group]}


def drop_row(fields: Fields, group: str, number: int) -> Fields:
    """Gives the fields without a row; those after it move up, and steps forget a material that went."""
    kept = [row for at, row in rows(fields, group).items() if at != number]
    others = {name: text for name, text in fields.items() if not name.startswith(f"{group}-")}
    if group == "step":
        return others | spread(group, kept)
    for name, text in others.items():
        if name.endswith("-uses"):
            others[name] = _renumbered(text, group, number)
    return others | spread(group, kept)


def _renumbered(uses: str, group: str, gone: int) -> str:
    """Gives what a step uses, such as `material-1,bought-2`, after one row went."""
    kept = []
    for use in filter(None, uses.split(",")):
        of, _, text = use.partition("-")
        number = int(text) if text.isascii() and text.isdigit() else 0
        if of != group or number < gone:
            kept.append(use)
        elif number > gone:
            kept.append(f"{of}-{number - 1}")
    return ",".join(kept)
