"""From the rows of one lot in a table of steps to the fields of a draft, and the cell of each field."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeVar

from shop.csv_tables import Row
from shop.errors import BadInput
from shop.services.lots.amounts import AMOUNT_MAX, read_amount, read_whole
from shop.services.lots.cells import (
    Thing,
    read_bought,
    read_date,
    read_materials,
    read_moment,
    read_things,
)
from shop.services.lots.fields import ROWS_MAX, Fields, clean, spread
from shop.services.lots.fields import Row as FieldRow
from shop.services.lots.products import LotProduct
from shop.services.lots.step_columns import KIND_WORDS
from shop.services.lots.steps import PIECES, RECEIVED, STEP_KINDS
from shop.services.products.columns import RowMistake
from traceability.records.event import EVENT_KINDS

__all__ = ["LotRows", "read_lot_rows"]

_Item = TypeVar("_Item")

_NEW_MATERIAL: Final = {"country": "VN", "uom": "KGM"}
_OF_LOT: Final = ("units", "made_on", "expires_on", "materials", "bought_in", "warnings")


@dataclass(frozen=True, slots=True)
class LotRows:
    """What the rows of one lot say.

    Attributes:
        fields: of the draft.
        places: line and column by name of field, or by a beginning of it such as `material`.
        lines: of the steps, in the order of their times.
        since: of the first step, naive, in Viet Nam.
        until: of the last one.
    """

    fields: Fields
    places: Mapping[str, tuple[int, str]]
    lines: tuple[int, ...]
    since: datetime
    until: datetime

    def place(self, name: str) -> tuple[int, str | None]:
        """Gives the line and column that a field comes from; of the whole lot, its first line."""
        return _place(self.places, name) or (min(self.lines), None)


@dataclass(frozen=True, slots=True)
class _Step:
    """A row as a step, as far as it can be read by itself."""

    line: int
    cells: Mapping[str, str]
    kind: str
    moment: datetime
    inputs: list[Thing]
    outputs: list[Thing]

    @property
    def is_making(self) -> bool:
        return EVENT_KINDS[self.kind].action is None

    def order(self) -> tuple[datetime, int]:
        return self.moment, STEP_KINDS.index(self.kind)


@dataclass(slots=True)
class _Reading:
    """Reads the rows of one lot, and remembers what is wrong with them and where everything stood."""

    product: LotProduct
    kinds: Mapping[str, str]
    mistakes: list[RowMistake] = field(default_factory=list)
    places: dict[str, tuple[int, str]] = field(default_factory=dict)
    goods: dict[str, FieldRow] = field(default_factory=dict)  # by `material-1`, `bought-1` …
    is_listed: bool = False  # the table says what the lot is made of
    half_made: Thing | None = None  # what the making before left

    def wrong(self, line: int, key: str | None, code: str) -> None:
        self.mistakes.append(RowMistake(line, key, code))

    def step(self, row: Row) -> _Step | None:
        """Reads one row by itself; None where it cannot be a step."""
        kind = _kind(row.cells["kind"])
        if not kind:
            self.wrong(row.line, "kind", "KIND")
        moment = read_moment(row.cells["time"])
        if moment is None:
            self.wrong(row.line, "time", "MOMENT")
        lists = [self.listed(row.line, key, row.cells[key], read_things) for key in ("inputs", "outputs")]
        if not kind or moment is None:
            return None
        return _Step(row.line, row.cells, kind, moment, *lists)

    def listed(self, line: int, key: str, text: str, read: Callable[[str], list[_Item]]) -> list[_Item]:
        try:
            found = read(text)
        except BadInput:
            self.wrong(line, key, "NOT_A_LIST")
            return []
        if len(found) > ROWS_MAX:
            self.wrong(line, key, "TOO_MANY_ITEMS")
        return found[:ROWS_MAX]

    def of_lot(self, rows: Sequence[Row]) -> dict[str, str]:
        """Gives what is said of the lot as a whole: each row may repeat it or leave it out."""
        found = dict.fromkeys(_OF_LOT, "")
        for row in rows:
            for key in _OF_LOT:
                text = " ".join(row.cells[key].split())
                if text and not found[key]:
                    found[key], self.places[key] = text, (row.line, key)
                elif text and text != found[key]:
                    self.wrong(row.line, key, "OTHER_IN_LOT")
        return found

    def name_goods(self, said: Mapping[str, str]) -> None:
        """Takes in what the columns of materials and of bought-in goods list."""
        lines = {key: self.places.get(key, (0, key))[0] for key in ("materials", "bought_in")}
        materials = self.listed(lines["materials"], "materials", said["materials"], read_materials)
        bought = self.listed(lines["bought_in"], "bought_in", said["bought_in"], read_bought)
        for number, row in enumerate(materials, start=1):
            kind = row["kind"] or self.kinds.get(row["name"], "")
            self.goods[f"material-{number}"] = _NEW_MATERIAL | row | {
                "country": row["country"] or "VN", "kind": kind,
            }  # fmt: skip
        for number, row in enumerate(bought, start=1):
            self.goods[f"bought-{number}"] = row | {"country": row["country"] or "VN", "uom": PIECES}
        self.is_listed = bool(materials)
        for group, key in (("material", "materials"), ("bought", "bought_in")):
            if key in self.places:
                self.places[group] = self.places[key]

    def use(self, step: _Step, key: str, thing: Thing) -> str | None:
        """Gives the row of goods that a step names, with the amount that it has in the whole lot."""
        at = next((at for at, row in self.goods.items() if row["name"] == thing.name), None)
        if at is None and self.is_listed:
            self.wrong(step.line, key, "UNKNOWN_THING")
            return None
        if at is None:
            at = f"material-{1 + sum(name.startswith('material-') for name in self.goods)}"
            kind = self.kinds.get(thing.name, "")
            self.goods[at] = _NEW_MATERIAL | {"name": thing.name, "kind": kind}
            self.places[at] = (step.line, key)
        row = self.goods[at]
        if not thing.amount:
            return at
        if not row.get("amount"):
            row |= {"amount": thing.amount, "uom": thing.uom}
            self.places |= {f"{at}-{name}": (step.line, key) for name in ("amount", "uom")}
        elif _measure(row["amount"], row["uom"]) != _measure(thing.amount, thing.uom):
            self.wrong(step.line, key, "OTHER_AMOUNT")
        if thing.supplier and row.setdefault("supplier", "") not in ("", thing.supplier):
            self.wrong(step.line, key, "OTHER_SUPPLIER")
        row["supplier"] = row.get("supplier") or thing.supplier
        return at

    def used(self, step: _Step) -> list[str]:
        """Gives the rows of goods that a step brings or uses up.

        What the making before left half made is none of them: the form adds it by itself.
        """
        key = "inputs" if step.is_making else "outputs"
        before = self.half_made if step.is_making else None
        found: list[str | None] = []
        for thing in step.inputs if step.is_making else step.outputs:
            if before is None or before.name != thing.name:
                found.append(self.use(step, key, thing))
            elif thing.amount and before.amount and _of(thing) != _of(before):
                self.wrong(step.line, key, "OTHER_AMOUNT")
        return [at for at in found if at]

    def pieces(self, step: _Step, said: dict[str, str]) -> bool:
        """Whether a step's only output is the lot's own pieces; they are as many as the lot has labels."""
        if not step.outputs:
            return True
        thing = step.outputs[0]
        if len(step.outputs) > 1 or thing.name != self.product.name_vi:
            return False
        if thing.amount and not said["units"]:
            said["units"], self.places["units"] = thing.amount, (step.line, "outputs")
        wanted = read_whole(said["units"], AMOUNT_MAX)
        if thing.amount and wanted and _of(thing) != (wanted, PIECES):
            self.wrong(step.line, "outputs", "OTHER_COUNT")
        return True

    def given(self, step: _Step, said: dict[str, str], *, is_last: bool) -> FieldRow:
        """Gives what a step brings, uses up and makes, as its row of the form has it."""
        if step.is_making:
            uses = self.used(step)
            return {"uses": ",".join(uses)} | self.made(step, said, is_last=is_last)
        if step.inputs:
            self.wrong(step.line, "inputs", "NO_INPUTS")
        if step.kind == RECEIVED:
            return {"uses": ",".join(self.used(step))}
        if not self.pieces(step, said):
            self.wrong(step.line, "outputs", "PIECES_ONLY")
        return {}

    def made(self, step: _Step, said: dict[str, str], *, is_last: bool) -> FieldRow:
        if self.pieces(step, said):
            self.half_made = Thing(self.product.name_vi, said["units"], PIECES)
            return {}
        if len(step.outputs) > 1 or is_last:
            self.wrong(step.line, "outputs", "LAST_GIVES" if is_last else "ONE_OUTPUT")
            self.half_made = Thing(step.outputs[0].name)
            return {}
        thing = step.outputs[0]
        self.half_made = thing if thing.amount else Thing(thing.name, said["units"], PIECES)
        return {"makes": thing.name, "makesAmount": thing.amount, "makesUom": thing.uom or PIECES}


def read_lot_rows(
    rows: Sequence[Row], product: LotProduct, lot: str, *, kinds: Mapping[str, str], is_whole: bool
) -> tuple[LotRows | None, tuple[RowMistake, ...]]:
    """Gives the draft that the rows of one lot make, or what is wrong with them.

    Args:
        rows: of the lot, in the order of the file.
        product: of the workshop.
        lot: its number.
        kinds: the class of each material that is known by name, as a form has it.
        is_whole: these are all the rows of the lot; where others could not be read, each is looked at by
            itself alone.
    """
    reading = _Reading(product, kinds)
    said = reading.of_lot(rows)
    reading.name_goods(said)
    found = [reading.step(row) for row in rows]
    steps = sorted((step for step in found if step is not None), key=_Step.order)
    _refuse_doubles(reading, rows)
    for row in rows[ROWS_MAX:]:
        reading.wrong(row.line, None, "TOO_MANY_STEPS")
    if not steps or not is_whole or reading.mistakes:
        return None, tuple(reading.mistakes)
    fields = _cleaned(reading, _fields(reading, steps, said, lot))
    lines = tuple(step.line for step in steps)
    made = LotRows(fields, reading.places, lines, steps[0].moment, steps[-1].moment)
    return made, tuple(reading.mistakes)


def _fields(reading: _Reading, steps: Sequence[_Step], said: dict[str, str], lot: str) -> Fields:
    last = max((number for number, step in enumerate(steps) if step.is_making), default=-1)
    reading.places["lot"] = (steps[0].line, "lot")
    if reading.product.is_one_off and said["units"] not in ("", "1"):
        reading.wrong(*reading.places["units"], "ONE_PIECE")
    told = []
    for number, step in enumerate(steps):
        row = {
            "kind": step.kind,
            "name": step.cells["name"],
            "detail": step.cells["detail"],
            "day": step.moment.date().isoformat(),
            "time": f"{step.moment:%H:%M}",
            "makesUom": PIECES,
        }
        told.append(row | reading.given(step, said, is_last=number == last))
        reading.places |= _step_places(f"step-{number + 1}", step.line)
    goods = {
        group: [row for at, row in reading.goods.items() if at.startswith(f"{group}-")]
        for group in ("material", "bought")
    }
    reading.places["madeOn"] = reading.places.get("made_on", (steps[-1].line, "time"))
    reading.places["expiresOn"] = reading.places.get("expires_on", reading.places["lot"])
    return {
        "lot": lot,
        "units": "1" if reading.product.is_one_off else said["units"],
        "madeOn": _date(reading, said, "made_on") or steps[-1].moment.date().isoformat(),
        "expiresOn": _date(reading, said, "expires_on"),
        "warnings": said["warnings"] or reading.product.warnings,
        **spread("material", goods["material"]),
        **spread("bought", goods["bought"]),
        **spread("step", told),
    }


def _step_places(at: str, line: int) -> dict[str, tuple[int, str]]:
    columns = {
        "kind": "kind", "name": "name", "detail": "detail", "day": "time", "time": "time", "uses": "inputs",
        "makes": "outputs", "makesAmount": "outputs", "makesUom": "outputs",
    }  # fmt: skip
    return {f"{at}-{name}": (line, key) for name, key in columns.items()}


def _date(reading: _Reading, said: Mapping[str, str], key: str) -> str:
    day = read_date(said[key]) if said[key] else None
    if said[key] and day is None:
        reading.wrong(*reading.places[key], "DAY")
    return day.isoformat() if day is not None else ""


def _cleaned(reading: _Reading, fields: Fields) -> Fields:
    """Gives the fields as a form would send them; one that is too long is told and left out."""
    found: Fields = {}
    for name, text in fields.items():
        try:
            found |= clean([(name, text)])
        except BadInput:
            line, key = _place(reading.places, name) or reading.places["lot"]
            reading.wrong(line, key, "CELL_TOO_LONG")
    return found


def _place(places: Mapping[str, tuple[int, str]], name: str) -> tuple[int, str] | None:
    known = (name, name.rpartition("-")[0], name.partition("-")[0])
    return next((places[one] for one in known if one in places), None)


def _refuse_doubles(reading: _Reading, rows: Sequence[Row]) -> None:
    seen: set[tuple[str, ...]] = set()
    for row in rows:
        cells = tuple(" ".join(text.split()) for text in row.cells.values())
        if cells in seen:
            reading.wrong(row.line, None, "DOUBLE_STEP")
        seen.add(cells)


def _kind(typed: str) -> str:
    """Gives the kind of a step by its name or by the words that pages show for it; empty for neither."""
    text = " ".join(typed.split()).casefold()
    for kind, words in KIND_WORDS.items():
        if text in {kind, words.vi.casefold(), words.en.casefold()}:
            return kind
    return ""


def _of(thing: Thing) -> tuple[int | str, str]:
    return _measure(thing.amount, thing.uom or PIECES)


def _measure(amount: str, uom: str) -> tuple[int | str, str]:
    """Gives an amount so that two spellings of one are equal; what cannot be read counts as it is typed."""
    found = read_amount(amount, uom)
    return (amount if found.wrong else found.amount), found.uom
