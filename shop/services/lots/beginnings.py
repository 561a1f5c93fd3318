"""What a new lot's draft begins with: the lot before it, or what its craft usually does."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import Any, Final

from shop.facts.files import step_templates
from shop.services.lots.amounts import scaled
from shop.services.lots.fields import Fields, Row, spread
from shop.services.lots.products import LotProduct
from shop.services.lots.steps import PIECES, RECEIVED
from traceability.clock import VIET_NAM_TIME
from traceability.records.event import EVENT_KINDS, Quantity, TraceEvent
from traceability.records.passport import LotPassport

__all__ = ["EarlierLot", "copied_fields", "next_number", "passport_fields", "template_fields"]

FIRST_NUMBER: Final = "L1"
NUMBER_MAX_CHARS: Final = 10
WHOLE: Final = Fraction(1)
_COUNTED: Final = re.compile(r"(.*?)([0-9]+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class EarlierLot:
    """A lot that was signed before: its passport, and its steps in the order of their times."""

    passport: LotPassport
    events: tuple[TraceEvent, ...]


def next_number(taken: Sequence[str]) -> str:
    """Gives the number that follows the newest one: L1, L2; BH-074, BH-075.

    Args:
        taken: numbers of the product's lots, newest first.
    """
    number = taken[0] if taken else ""
    used = set(taken)
    while not number or number in used:
        number = _counted_on(number) if number else FIRST_NUMBER
    return number


def _counted_on(number: str) -> str:
    found = _COUNTED.fullmatch(number)
    if found is None:
        return f"{number[: NUMBER_MAX_CHARS - 2]}-2"
    head, digits = found[1], str(int(found[2]) + 1).zfill(len(found[2]))
    return f"{head[: max(0, NUMBER_MAX_CHARS - len(digits))]}{digits}"


def copied_fields(earlier: EarlierLot, *, units: int, made_on: date, now: datetime) -> Fields:
    """Gives the fields of a lot like an earlier one: days move along, amounts grow with the units.

    Args:
        earlier: whose materials, steps and warnings are taken over.
        units: of the new lot.
        made_on: of the new lot.
        now: aware; nothing is said to happen after it.
    """
    passport = earlier.passport
    shift, share = made_on - passport.made_on, Fraction(units, passport.unit_count)
    fields = passport_fields(earlier, share=share)
    if passport.expires_on is not None:
        fields["expiresOn"] = (passport.expires_on + shift).isoformat()
    at = _goods_by_name(fields)
    move = _Move(shift, share, now)
    return fields | spread("step", [_copied_step(event, passport, at, move) for event in earlier.events])


def passport_fields(earlier: EarlierLot, *, share: Fraction = WHOLE) -> Fields:
    """Gives what a passport says of materials and warnings as fields, with amounts from its steps."""
    passport = earlier.passport
    amounts = _amounts(earlier)
    materials = [
        {
            "name": item.name,
            "kind": _kind(item.type.code, item.type.name),
            "origin": item.origin,
            "country": item.country,
            "percent": str(item.percent),
            **_amount(amounts.get(item.name), share),
        }
        for item in passport.materials
    ]
    bought = [
        {"name": item.name, "supplier": item.supplier, "country": item.country}
        | _amount(amounts.get(item.name), share)
        for item in passport.bought_in
        if item.name not in {material["name"] for material in materials}
    ]
    return {"warnings": passport.warnings or ""} | spread("material", materials) | spread("bought", bought)


def template_fields(product: LotProduct, *, made_on: date, now: datetime) -> Fields:
    """Gives the fields of a first lot: what the product's page or its craft says, and the craft's steps.

    Origins, shares and amounts of a craft's materials stay empty: nobody but the workshop knows them. The
    days of steps are guesses; `guess` keeps them beside what is typed, so that pages can say so.
    """
    craft = step_templates()["crafts"][product.craft]
    usual = {item["code"]: item["uom"] for item in craft["materials"]}
    if product.materials:
        materials = [_known_material(item, usual) for item in product.materials]
    else:
        materials = [
            {"name": item["name"], "kind": item["code"], "country": "VN", "uom": item["uom"]}
            for item in craft["materials"]
        ]
    if len(materials) == 1:
        materials[0]["percent"] = "100"
    steps = [
        {
            "kind": item["kind"],
            "name": item["name"],
            "detail": item["detail"],
            "makes": item.get("makes", ""),
            **_moment(made_on - timedelta(days=item["days"]), time.fromisoformat(item["time"]), now),
        }
        for item in craft["steps"]
    ]
    guessed = [step | {"guess": step["day"]} for step in steps]
    return {"warnings": product.warnings} | spread("material", materials) | spread("step", guessed)


def _known_material(item: dict[str, Any], usual: dict[str, str]) -> Row:
    hs = item.get("hs") or {}
    return {
        "name": str(item["name"]["vi"]),
        "kind": _kind(hs.get("code", ""), hs.get("name", "")),
        "origin": str((item.get("origin") or {}).get("vi", "")),
        "country": item.get("country") or "VN",
        "percent": str(item.get("percent") or ""),
        "uom": usual.get(hs.get("code", ""), "KGM"),
        "supplier": str(item.get("supplier") or ""),
    }


@dataclass(frozen=True, slots=True)
class _Move:
    """How a copy differs: days by `shift`, amounts by `share`, and nothing after `now`."""

    shift: timedelta
    share: Fraction
    now: datetime


def _copied_step(event: TraceEvent, passport: LotPassport, at: dict[str, str], move: _Move) -> Row:
    when = event.time.astimezone(VIET_NAM_TIME)
    goods = event.inputs if EVENT_KINDS[event.kind].action is None else event.outputs
    makes = next((item for item in event.outputs if event.inputs and item.id != passport.lot_id), None)
    makes_amount, makes_uom = _made(makes, move.share) if makes is not None else ("", PIECES)
    return {
        "kind": event.kind,
        "name": event.envelope.name,
        "detail": event.detail,
        **_moment(when.date() + move.shift, when.time(), move.now),
        "uses": ",".join(at[item.name] for item in goods if item.name in at),
        "makes": makes.name if makes is not None else "",
        "makesAmount": makes_amount,
        "makesUom": makes_uom,
    }


def _moment(day: date, at: time, now: datetime) -> Row:
    """Gives day and time in Viet Nam, at the latest now: what is signed has happened."""
    latest = now.astimezone(VIET_NAM_TIME).replace(second=0, microsecond=0)
    moment = min(datetime.combine(day, at.replace(second=0, microsecond=0), VIET_NAM_TIME), latest)
    return {"day": moment.date().isoformat(), "time": f"{moment:%H:%M}"}


def _amounts(earlier: EarlierLot) -> dict[str, Quantity]:
    """Gives how much of each thing the steps say; deliveries come first, since they say the whole."""
    events = sorted(earlier.events, key=lambda event: event.kind != RECEIVED)
    found: dict[str, Quantity] = {}
    half_made = {item.name for event in events if event.inputs for item in event.outputs}
    for event in events:
        for item in (*event.inputs, *(event.outputs if event.kind == RECEIVED else ())):
            if item.id != earlier.passport.lot_id and item.name not in half_made:
                found.setdefault(item.name, item)
    return found


def _amount(item: Quantity | None, share: Fraction) -> Row:
    if item is None:
        return {"amount": "", "uom": "KGM", "supplier": ""}
    # What cannot be said exactly is left to the maker: a rounded amount would be signed as if it was weighed.
    amount, uom = scaled(item.amount, item.uom, share) or ("", item.uom)
    row = {"amount": amount, "uom": uom}
    return row | ({"supplier": item.supplier} if item.supplier else {})


def _made(item: Quantity, share: Fraction) -> tuple[str, str]:
    """Gives how much a step makes. Of pieces nothing means as many as the lot has; of all else `≈` asks."""
    about = "" if item.uom == PIECES else f"≈ {float(item.amount * share):.2f}".replace(".", ",")
    return scaled(item.amount, item.uom, share) or (about, item.uom)


def _goods_by_name(fields: Fields) -> dict[str, str]:
    """Gives the row of each material and bought-in thing by its name, such as `material-1`."""
    return {
        text: name.removesuffix("-name")
        for name, text in fields.items()
        if name.startswith(("material-", "bought-")) and name.endswith("-name") and text
    }


def _kind(code: str, name: str) -> str:
    """Gives a class as the choice of materials has it: the code alone where it is one of ours."""
    known: Iterable[dict[str, str]] = step_templates()["material_kinds"]
    return code if any(item["code"] == code for item in known) or not name else f"{code} {name}"
