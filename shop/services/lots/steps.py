"""Which things go into each step of a lot and come out of it, worked out from what was typed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from shop.services.lots.fields import Row
from traceability.records.canonical import Document
from traceability.records.event import EVENT_KINDS

__all__ = ["PIECES", "RECEIVED", "STEP_KINDS", "UNITS", "Goods", "Step", "things"]

# What a workshop does before goods leave it, in the order of a choice.
STEP_KINDS: Final = ("material_received", "made", "finished", "inspected", "labelled", "packed")
UNITS: Final = ("KGM", "GRM", "MTR", "CMT", "MMT", "LTR", "MLT", "H87")
PIECES: Final = "H87"
RECEIVED: Final = "material_received"


@dataclass(slots=True)
class Goods:
    """A material, or something bought in, under the name of its row; amount and unit are read later."""

    at: str
    row: Row
    amount: int = 0
    uom: str = PIECES

    def to_thing(self) -> Document:
        """Gives it as an event has it."""
        thing: Document = {"name": self.row["name"], "amount": self.amount, "uom": self.uom}
        if self.row["supplier"]:
            thing["supplier"] = self.row["supplier"]
        return thing | ({"boughtIn": True} if self.at.startswith("bought-") else {})


@dataclass(frozen=True, slots=True)
class Step:
    """A step as typed.

    Attributes:
        number: of its row.
        time: ISO 8601 with the offset of Viet Nam.
        uses: rows of goods that it brings or uses up, such as `material-1`.
        makes: name of the half-made thing that comes out; empty where the lot's own pieces do.
        makes_amount: how much of it; 0 for as many as the lot has.
    """

    number: int
    kind: str
    name: str
    detail: str
    time: str
    uses: tuple[str, ...]
    makes: str
    makes_amount: int
    makes_uom: str

    @property
    def is_making(self) -> bool:
        """Whether things go in and others come out."""
        return self.kind in EVENT_KINDS and EVENT_KINDS[self.kind].action is None

    @property
    def takes_goods(self) -> bool:
        """Whether it is about materials."""
        return self.is_making or self.kind == RECEIVED


def things(
    steps: Sequence[Step], goods: Sequence[Goods], units: int
) -> Iterator[tuple[list[Document], list[Document]]]:
    """Gives what goes into each step and what comes out.

    What no step names is brought by the first delivery, and used up by the first making. A making also takes
    what the making before it left half made.
    """
    named = {kind: _named(steps, goods, is_making=kind) for kind in (False, True)}
    last = max((step.number for step in steps if step.is_making), default=0)
    half_made: list[Document] = []
    pieces: Document = {"amount": units, "uom": PIECES}
    for step in steps:
        own = [item.to_thing() for item in named[step.is_making].get(step.number, ())]
        if step.kind == RECEIVED:
            yield [], own
        elif step.is_making:
            comes_out = _half_made(step, units) if step.makes and step.number != last else pieces
            yield [*half_made, *own], [comes_out]
            half_made = [comes_out]
        else:
            yield [], [pieces]


def _named(steps: Sequence[Step], goods: Sequence[Goods], *, is_making: bool) -> dict[int, list[Goods]]:
    """Gives which step brings which goods, or which one uses them up."""
    asked = [step for step in steps if (step.is_making if is_making else step.kind == RECEIVED)]
    if not asked:
        return {}
    unnamed = {item.at for item in goods} - {use for step in asked for use in step.uses}
    return {
        step.number: [
            item for item in goods if item.at in step.uses or (step is asked[0] and item.at in unnamed)
        ]
        for step in asked
    }


def _half_made(step: Step, units: int) -> Document:
    return {"name": step.makes, "amount": step.makes_amount or units, "uom": step.makes_uom}
