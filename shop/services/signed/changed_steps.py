"""What the steps of a lot say otherwise since a correction: the words that differ, step by step."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from shop.services.signed.certificates import english
from shop.services.signed.values import Change, FactValue
from shop.services.texts import Text
from traceability.records.event import Quantity, TraceEvent

__all__ = ["step_changes"]

_Translations = Mapping[str, str | None]
_Pair = tuple[TraceEvent | None, TraceEvent | None]

# UN/ECE codes that steps of workshops use; any other one is shown as it is.
_UNITS: Final[Mapping[str, Text]] = {
    "KGM": Text("kg", "kg"), "GRM": Text("g", "g"), "MTR": Text("m", "m"), "CMT": Text("cm", "cm"),
    "MMT": Text("mm", "mm"), "LTR": Text("lít", "l"), "MLT": Text("ml", "ml"), "H87": Text("chiếc", "pieces"),
}  # fmt: skip


def step_changes(
    gone: Sequence[TraceEvent], come: Sequence[TraceEvent], translations: _Translations | None = None
) -> tuple[Change, ...]:
    """Gives what differs between the steps that a passport led to and those in their place.

    A step takes the place of the one of its kind and name, else of its kind; what has none is told whole.

    Args:
        gone: steps that only the earlier passport leads to.
        come: steps that only the newer one leads to.
        translations: unsigned English texts by record URL.
    """
    known = translations or {}
    return tuple(_change(pair, known) for pair in _pairs(list(gone), list(come)))


def _pairs(gone: list[TraceEvent], come: list[TraceEvent]) -> Iterator[_Pair]:
    left = sorted(come, key=lambda event: event.time)
    partners: dict[str, TraceEvent] = {}
    for is_named in (True, False):
        for event in gone:
            found = next((one for one in left if _fits(one, event, is_named=is_named)), None)
            if event.envelope.id not in partners and found is not None:
                partners[event.envelope.id] = found
                left.remove(found)
    for event in sorted(gone, key=lambda event: event.time):
        yield event, partners.get(event.envelope.id)
    yield from ((None, event) for event in left)


def _fits(one: TraceEvent, other: TraceEvent, *, is_named: bool) -> bool:
    return one.kind == other.kind and (one.envelope.name == other.envelope.name or not is_named)


def _change(pair: _Pair, translations: _Translations) -> Change:
    said, says = (_parts(event, translations) if event is not None else {} for event in pair)
    before, after = pair
    told = [
        name for name in (said or says) if not (said and says) or _words(said[name]) != _words(says[name])
    ]
    shown = before or after
    return Change(
        "step",
        tuple(value for name in told if name in said for value in said[name]),
        tuple(value for name in told if name in says for value in says[name]),
        _name(shown, translations) if shown is not None else None,
    )


def _parts(event: TraceEvent, translations: _Translations) -> dict[str, tuple[FactValue, ...]]:
    detail = Text(event.detail, english(translations.get(event.envelope.id), "detail"))
    return {
        "name": (_name(event, translations),),
        "time": (event.time,),
        "detail": (detail,),
        "inputs": tuple(_goods(item) for item in event.inputs),
        "outputs": tuple(_goods(item) for item in event.outputs),
        "evidence": tuple(Text(digest) for digest in event.evidence),
    }


def _name(event: TraceEvent, translations: _Translations) -> Text:
    return Text(event.envelope.name, english(translations.get(event.envelope.id), "name"))


def _goods(item: Quantity) -> Text:
    unit = _UNITS.get(item.uom, Text(item.uom, item.uom))
    seller = f" ({item.supplier})" if item.supplier else ""
    return Text(
        f"{item.name} {item.amount} {unit.vi}{seller}", f"{item.name} {item.amount} {unit.en}{seller}"
    )


def _words(values: Sequence[FactValue]) -> list[object]:
    """Gives what was signed of some values; translations are not."""
    return [value.vi if isinstance(value, Text) else value for value in values]
