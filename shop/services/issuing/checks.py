"""Checks a form before anything is made of it: what cannot be taken is named by its path, with an example."""

import json
from datetime import datetime
from typing import Any

from shop.errors import BadInput
from shop.services.issuing.shapes import Leaf, Many, Shape, shape_of
from shop.services.typed.personal import personal_in
from traceability.limits import EVENT_EVIDENCE_MAX
from traceability.records.canonical import Document
from traceability.records.event import EVENT_KINDS

__all__ = ["check_form", "refuse"]


def check_form(kind: str, form: Document, now: datetime) -> None:
    """Checks every field of a form.

    Args:
        kind: as on the command line.
        form: as parsed.
        now: aware; what is told as done does not lie after it.

    Raises:
        BadInput: BAD_FORM: the path of the first field that is unknown, missing or not as expected, what is
            expected there, an example, and what was got. PERSONAL: the path of a text that holds a telephone,
            citizen or tax number or a mail address, without repeating it.
    """
    _check(form, shape_of(kind, form), now, "")
    if kind == "lot":
        _check_lot(form)
    if kind == "certificate":
        _check_certificate(form)
    if kind == "notice" and (form["action"] == "correction") != ("supersededBy" in form):
        expected = "the id of the record in its place, for a correction alone"
        raise refuse("supersededBy", expected, "giay-moi", form.get("supersededBy"))


def refuse(path: str, expected: str, example: Any, got: Any = None) -> BadInput:
    """Gives the error for a field that is not as expected."""
    found = "nothing" if got is None else _shown(got)
    return BadInput("BAD_FORM", f"{path}: expected {expected}, such as {_shown(example)}; got {found}")


def _check(value: Any, wanted: Leaf | Many | Shape, now: datetime, path: str) -> None:
    if isinstance(wanted, Leaf):
        if not wanted.accepts(value, now):
            raise refuse(path, wanted.expected, wanted.example, value)
        if wanted.is_signed_text and personal_in(value) is not None:
            expected = "no telephone, citizen or tax number and no mail address"
            raise BadInput("PERSONAL", f"{path}: expected {expected}: what is signed cannot be deleted")
    elif isinstance(wanted, Many):
        if not isinstance(value, list):
            raise refuse(path, "a list", _example(wanted), value)
        for number, item in enumerate(value):
            _check(item, wanted.item, now, f"{path}[{number}]")
    else:
        _check_object(value, wanted, now, path)


def _check_object(value: Any, fields: Shape, now: datetime, path: str) -> None:
    if not isinstance(value, dict):
        raise refuse(path or "the form", "an object", _example(fields), value)
    known = {name.removesuffix("?"): wanted for name, wanted in fields.items()}
    for name in value:
        if name not in known:
            raise BadInput("BAD_FORM", f"{_at(path, name)}: unknown field; known here: {', '.join(known)}")
    for name, wanted in known.items():
        if name in value:
            _check(value[name], wanted, now, _at(path, name))
        elif name in fields:
            expected = wanted.expected if isinstance(wanted, Leaf) else "this field"
            raise refuse(_at(path, name), expected, _example(wanted))


def _check_lot(form: Document) -> None:
    """Checks what no field says by itself."""
    _check_product(form["product"])
    shares = [item["percent"] for item in form["materials"]]
    if sum(shares) != 100:
        raise refuse("materials[].percent", "shares that add up to 100", [70, 30], shares)
    if form.get("expiresOn", form["madeOn"]) < form["madeOn"]:
        raise refuse("expiresOn", "a day after madeOn", "2027-10-01", form["expiresOn"])
    for number, event in enumerate(form.get("events", ())):
        _check_event(event, f"events[{number}]")


def _check_event(event: Document, path: str) -> None:
    is_made = EVENT_KINDS[event["kind"]].action is None
    wanted = {"inputs": is_made, "outputs": True}
    for name, is_wanted in wanted.items():
        if bool(event.get(name)) is not is_wanted:
            expected = "at least one thing" if is_wanted else f"nothing of a kind {event['kind']}"
            example = [{"amount": 12, "uom": "H87"}] if is_wanted else []
            raise refuse(f"{path}.{name}", expected, example, event.get(name))
    digests = event.get("evidence", [])
    if len(digests) > EVENT_EVIDENCE_MAX or len(set(digests)) < len(digests):
        expected = f"at most {EVENT_EVIDENCE_MAX} digests, each of them once"
        raise refuse(f"{path}.evidence", expected, digests[:1], digests)


def _check_certificate(form: Document) -> None:
    """Checks what no field says by itself."""
    if "product" in form:
        _check_product(form["product"])
    if form.get("validUntil", form["assessedOn"]) < form["assessedOn"]:
        raise refuse("validUntil", "a day after assessedOn", "2027-10-01", form["validUntil"])


def _check_product(product: Document) -> None:
    if not {"code", "gtin"} & product.keys():
        raise refuse("product.code", "the product's own code, or its gtin", "GIOMAU")


def _example(wanted: Leaf | Many | Shape) -> Any:
    """Gives an example: of an object, the fields that must be there."""
    if isinstance(wanted, Leaf):
        return wanted.example
    if isinstance(wanted, Many):
        return [_example(wanted.item)]
    return {name: _example(field) for name, field in wanted.items() if not name.endswith("?")}


def _at(path: str, name: str) -> str:
    shown = name if name.isidentifier() else json.dumps(name[:40], ensure_ascii=False)
    return f"{path}.{shown}" if path else shown


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 160 else f"{text[:160]}…"
