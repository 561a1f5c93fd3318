"""From typed fields to a lot's form: every mistake by the field that it stands in, none thrown away."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from shop.errors import BadInput
from shop.facts.files import step_templates
from shop.services.issuing.checks import check_form
from shop.services.keys.makers import Maker
from shop.services.lots.amounts import read_amount, read_whole
from shop.services.lots.fields import Row, rows
from shop.services.lots.products import LotProduct
from shop.services.lots.steps import PIECES, STEP_KINDS, UNITS, Goods, Step, things
from shop.services.typed.personal import personal_in
from traceability.clock import day_in_viet_nam, parse_instant
from traceability.errors import TraceabilityError
from traceability.limits import LABELS_PER_BATCH
from traceability.records.canonical import Document

__all__ = ["FormMistake", "MadeForm", "make_form"]

_LOT: Final = re.compile(r"[A-Z0-9-]{1,10}", re.ASCII)
_COUNTRY: Final = re.compile(r"[A-Z]{2}", re.ASCII)
_TIME: Final = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]", re.ASCII)
_KIND: Final = re.compile(r"([0-9]{2,6})(?: (.+))?", re.ASCII)
_PATH: Final = re.compile(r"(materials|boughtIn|events)\[([0-9]+)\](?:\.(\w+))?", re.ASCII)
_GROUPS: Final = {"materials": "material", "boughtIn": "bought", "events": "step"}


@dataclass(frozen=True, slots=True)
class FormMistake:
    """What is wrong with one field.

    Attributes:
        field: its name; empty where the whole is meant.
        code: EMPTY, NUMBER, AMOUNT, UNCLEAR, DAY, FUTURE, BEFORE, PERCENT, SHARES, LOT, LOT_USED,
            COUNTRY, TIME, KIND, NOTHING, UNIT, TWICE, TEXT, PERSONAL, NOTICED or OTHER; pages have the words.
    """

    field: str
    code: str


@dataclass(frozen=True, slots=True)
class MadeForm:
    """A lot's form, and what keeps it from being signed; with mistakes it is not to be used."""

    form: Document
    mistakes: tuple[FormMistake, ...]


@dataclass(slots=True)
class _Reading:
    """Reads fields, and remembers what is wrong with them."""

    fields: Mapping[str, str]
    now: datetime
    mistakes: list[FormMistake] = field(default_factory=list)

    def wrong(self, name: str, code: str) -> None:
        self.mistakes.append(FormMistake(name, code))

    def text(self, name: str) -> str:
        found = self.fields.get(name, "")
        if not found:
            self.wrong(name, "EMPTY")
        elif not found.isprintable():
            self.wrong(name, "TEXT")
        elif personal_in(found) is not None:
            self.wrong(name, "PERSONAL")
        return found

    def matching(self, name: str, pattern: re.Pattern[str], code: str) -> str:
        found = self.fields.get(name, "")
        if not pattern.fullmatch(found):
            self.wrong(name, code if found else "EMPTY")
        return found

    def number(self, name: str, high: int) -> int:
        typed = self.fields.get(name, "")
        found = read_whole(typed, high)
        if not found:
            self.wrong(name, "NUMBER" if typed else "EMPTY")
        return found

    def amount(self, name: str, uom: str) -> tuple[int, str]:
        found = read_amount(self.fields.get(name, ""), uom)
        if found.wrong:
            self.wrong(name, found.wrong)
        return found.amount, found.uom

    def day(self, name: str, *, is_past: bool = True) -> str:
        found = self.fields.get(name, "")
        try:
            day = day_in_viet_nam(parse_instant(f"{found}T12:00:00+07:00"))
        except TraceabilityError:
            self.wrong(name, "DAY" if found else "EMPTY")
            return ""
        if is_past and day > day_in_viet_nam(self.now):
            self.wrong(name, "FUTURE")
        return found


def make_form(
    fields: Mapping[str, str],
    product: LotProduct,
    maker: Maker,
    *,
    now: datetime,
    evidence: Mapping[int, tuple[str, ...]] | None = None,
    corrects: str | None = None,
) -> MadeForm:
    """Gives the form that typed fields make, as `check_form` takes it.

    Args:
        fields: from `fields.clean`.
        product: of the workshop.
        maker: who is to sign.
        now: aware; nothing is told as done after it.
        evidence: digests of photos and voice notes by number of step.
        corrects: local id of the passport that is to be corrected, with a reason; None for a new lot.
    """
    reading = _Reading(fields, now)
    form: Document = {
        "workshop": maker.record_id,
        "issuer": maker.did.rpartition(":")[2],
        "lot": reading.matching("lot", _LOT, "LOT"),
        "units": 1 if product.is_one_off else reading.number("units", LABELS_PER_BATCH),
        "madeOn": reading.day("madeOn"),
        "product": product.to_form(),
    }
    if corrects is not None:
        form |= {"corrects": corrects, "reason": reading.text("reason")}
    _read_optional(reading, form)
    goods = _read_goods(reading, form)
    _read_steps(reading, form, goods, evidence or {})
    if not reading.mistakes:
        _check_whole(reading, form)
    return MadeForm(form, tuple(reading.mistakes))


def _read_optional(reading: _Reading, form: Document) -> None:
    if reading.fields.get("expiresOn"):
        form["expiresOn"] = reading.day("expiresOn", is_past=False)
        if form["madeOn"] and form["expiresOn"] and form["expiresOn"] < form["madeOn"]:
            reading.wrong("expiresOn", "BEFORE")
    if reading.fields.get("warnings"):
        form["warnings"] = reading.text("warnings")


def _read_goods(reading: _Reading, form: Document) -> list[Goods]:
    """Reads what the lot was made of, and what was bought in for it."""
    filled, bought = _filled(reading, "material"), _filled(reading, "bought")
    form["materials"] = _read_materials(reading, filled)
    if bought:
        form["boughtIn"] = [
            {
                "name": reading.text(f"bought-{number}-name"),
                "supplier": reading.text(f"bought-{number}-supplier"),
                "country": reading.matching(f"bought-{number}-country", _COUNTRY, "COUNTRY"),
            }
            for number in bought
        ]
    return [Goods(f"material-{number}", row) for number, row in filled.items()] + [
        Goods(f"bought-{number}", row) for number, row in bought.items() if row["amount"]
    ]


def _read_materials(reading: _Reading, filled: Mapping[int, Row]) -> list[Document]:
    first = f"material-{next(iter(filled), 1)}"
    if not filled:
        reading.wrong(f"{first}-name", "EMPTY")
    shares = _read_shares(reading, filled)
    if sum(shares.values()) != 100 and all(shares.values()):
        reading.wrong(f"{first}-percent", "SHARES")
    return [
        {
            "name": reading.text(f"material-{number}-name"),
            "origin": reading.text(f"material-{number}-origin"),
            "country": reading.matching(f"material-{number}-country", _COUNTRY, "COUNTRY"),
            "percent": shares[number],
            "hs": _hs(reading, f"material-{number}", row),
        }
        for number, row in filled.items()
    ]


def _read_shares(reading: _Reading, filled: Mapping[int, Row]) -> dict[int, int]:
    """Reads percents; the one that is left out is the rest, and two that are left out are one mistake."""
    typed = {number: row["percent"] for number, row in filled.items()}
    rest, untold = _rest(typed), [number for number, text in typed.items() if not text]
    if len(untold) > 1:
        reading.wrong(f"material-{untold[0]}-percent", "PERCENT")
    left_out = set(untold) if rest or len(untold) > 1 else set()
    return {
        number: rest if number in left_out else reading.number(f"material-{number}-percent", 100)
        for number in typed
    }


def _read_steps(
    reading: _Reading, form: Document, goods: list[Goods], evidence: Mapping[int, tuple[str, ...]]
) -> None:
    steps = [_read_step(reading, number, row) for number, row in _filled(reading, "step").items()]
    if any(step.takes_goods for step in steps):
        for item in goods:
            uom = _unit(reading, f"{item.at}-uom")
            item.amount, item.uom = reading.amount(f"{item.at}-amount", uom)
    _demand_own_names(reading, goods, steps)
    for step, (inputs, outputs) in zip(steps, things(steps, goods, form["units"]), strict=True):
        if not outputs or (step.is_making and not inputs):
            reading.wrong(f"step-{step.number}-uses", "NOTHING")
        event = {
            "kind": step.kind, "name": step.name, "time": step.time, "detail": step.detail,
            "inputs": inputs, "outputs": outputs,
        }  # fmt: skip
        digests = list(evidence.get(step.number, ()))
        form.setdefault("events", []).append(event | ({"evidence": digests} if digests else {}))


def _demand_own_names(reading: _Reading, goods: list[Goods], steps: list[Step]) -> None:
    """Refuses two things of one name: an event tells things apart by their names."""
    named = [(f"{item.at}-name", item.row["name"]) for item in goods]
    named += [(f"step-{step.number}-makes", step.makes) for step in steps if step.makes]
    seen: set[str] = set()
    for at, name in named:
        if name and name in seen:
            reading.wrong(at, "TWICE")
        seen.add(name)


def _read_step(reading: _Reading, number: int, row: Row) -> Step:
    at = f"step-{number}"
    if row["kind"] not in STEP_KINDS:
        reading.wrong(f"{at}-kind", "KIND")
    day = reading.day(f"{at}-day")
    time = reading.matching(f"{at}-time", _TIME, "TIME")
    instant = f"{day}T{time}:00+07:00"
    if day and _TIME.fullmatch(time) and parse_instant(instant) > reading.now:
        reading.wrong(f"{at}-time", "FUTURE")
    amount, uom = 0, _unit(reading, f"{at}-makesUom") if row["makesUom"] else PIECES
    if row["makesAmount"]:
        amount, uom = reading.amount(f"{at}-makesAmount", uom)
    return Step(
        number=number,
        kind=row["kind"],
        name=reading.text(f"{at}-name"),
        detail=reading.text(f"{at}-detail"),
        time=instant,
        uses=tuple(filter(None, row["uses"].split(","))),
        makes=reading.text(f"{at}-makes") if row["makes"] else "",
        makes_amount=amount,
        makes_uom=uom,
    )


def _check_whole(reading: _Reading, form: Document) -> None:
    """Asks what every form is asked; after our own checks it should find nothing."""
    try:
        check_form("lot", form, reading.now)
    except BadInput as error:
        reading.wrong(_field_at(str(error).partition(": ")[0], reading), "OTHER")


def _field_at(path: str, reading: _Reading) -> str:
    found = _PATH.match(path)
    if found is None:
        return path if path in {"lot", "units", "madeOn", "expiresOn", "warnings"} else ""
    group = _GROUPS[found[1]]
    numbers = list(_filled(reading, group))
    number = numbers[int(found[2])] if int(found[2]) < len(numbers) else 1
    return f"{group}-{number}-{found[3] or 'name'}"


def _filled(reading: _Reading, group: str) -> dict[int, Row]:
    """Gives the rows that say something: a name, or for a step what was done."""
    said = ("name", "detail") if group == "step" else ("name", "origin", "supplier", "amount")
    return {
        number: row
        for number, row in rows(reading.fields, group).items()
        if any(row.get(name) for name in said)
    }


def _rest(shares: Mapping[int, str]) -> int:
    """Gives what the others leave to the one material whose share is not typed; 0 where that is unclear."""
    typed = [text for text in shares.values() if text]
    if len(typed) != len(shares) - 1 or not all(text.isascii() and text.isdigit() for text in typed):
        return 0
    return max(0, 100 - sum(map(int, typed)))


def _unit(reading: _Reading, name: str) -> str:
    found = reading.fields.get(name, "")
    if found not in UNITS:
        reading.wrong(name, "UNIT")
    return found


def _hs(reading: _Reading, at: str, row: Row) -> dict[str, Any]:
    """Gives the class of a material: a code of ours, or code and name as an earlier lot had them."""
    found = _KIND.fullmatch(row["kind"])
    known = {item["code"]: item["hs"] for item in step_templates()["material_kinds"]}
    if found is None or not (found[2] or found[1] in known):
        reading.wrong(f"{at}-kind", "KIND" if row["kind"] else "EMPTY")
        return {}
    return {"code": found[1], "name": found[2] or known[found[1]]}
