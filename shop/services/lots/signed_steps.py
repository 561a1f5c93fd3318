"""A signed step as the form that would make it, to tell whether a form says the same."""

from shop.services.lots.steps import PIECES
from traceability.clock import VIET_NAM_TIME
from traceability.records.canonical import Document
from traceability.records.event import Quantity, TraceEvent

__all__ = ["step_form", "with_pieces"]


def step_form(event: TraceEvent, lot_id: str) -> Document:
    """Gives a step as `make_form` gives it.

    Args:
        event: as it was signed.
        lot_id: URL of the lot, whose own pieces have no name in a form.
    """
    form: Document = {
        "kind": event.kind,
        "name": event.envelope.name,
        "time": event.time.astimezone(VIET_NAM_TIME).isoformat(),
        "detail": event.detail,
        "inputs": [_thing(item, lot_id) for item in event.inputs],
        "outputs": [_thing(item, lot_id) for item in event.outputs],
    }
    return form | ({"evidence": list(event.evidence)} if event.evidence else {})


def with_pieces(typed: Document, said: Document) -> Document:
    """Gives a typed step with as many of the lot's own pieces as were signed: no field says how many.

    Args:
        typed: from `make_form`, whose pieces are as many as the lot has units.
        said: the signed step that it was, from `step_form`.
    """
    are_pieces = [[("name" not in item, item["uom"]) for item in step["outputs"]] for step in (typed, said)]
    is_same = are_pieces[0] == are_pieces[1] == [(True, PIECES)]
    return typed | {"outputs": said["outputs"]} if is_same else typed


def _thing(item: Quantity, lot_id: str) -> Document:
    thing: Document = {"amount": item.amount, "uom": item.uom}
    if item.id != lot_id:
        thing["name"] = item.name
    if item.supplier:
        thing["supplier"] = item.supplier
    return thing | ({"boughtIn": True} if item.is_bought_in else {})
