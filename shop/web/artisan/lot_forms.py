"""What the pages of lots share: typed fields in, a form with its mistakes out."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask import request

from shop.services.lots.fields import Fields, add_row, clean, drop_row, rows
from shop.services.lots.forms import FormMistake
from shop.services.lots.products import material_kinds
from shop.services.lots.steps import STEP_KINDS, UNITS

__all__ = ["form_values", "has_guessed_days", "is_background", "typed_fields"]

# Where materials of the crafts come from; any other country of an earlier lot is shown beside them.
COUNTRIES: Final = ("VN", "CN", "LA", "KH", "TH", "MM", "IN", "ID", "JP", "KR")


def typed_fields() -> Fields:
    """Gives the fields of the request, with a row more or less where a button asked for that.

    Raises:
        BadInput: FIELD_TOO_LONG, TOO_MANY_ROWS.
    """
    fields = clean(request.form.items(multi=True))
    if request.form.get("add"):
        return add_row(fields, request.form["add"])
    group, _, number = request.form.get("drop", "").partition("-")
    if group and number.isascii() and number.isdigit():
        return drop_row(fields, group, int(number))
    return fields


def is_background() -> bool:
    """Whether a script saves what was typed and wants no page for it."""
    return request.accept_mimetypes.best == "application/json"


def has_guessed_days(fields: Mapping[str, str]) -> bool:
    """Whether a step still has the day that the craft's template guessed."""
    return any(row["guess"] and row["guess"] == row["day"] for row in rows(fields, "step").values())


def form_values(fields: Mapping[str, str], mistakes: Sequence[FormMistake] = ()) -> dict[str, Any]:
    """Gives what the template of a lot's form needs beside the draft: rows, choices, mistakes by field."""
    wrong: dict[str, str] = {}
    for mistake in mistakes:
        wrong.setdefault(mistake.field, mistake.code)
    return {
        "fields": fields,
        "wrong": wrong,
        "wrong_rows": {"-".join(name.split("-")[:2]) for name in wrong},
        "materials": rows(fields, "material"),
        "bought": rows(fields, "bought"),
        "steps": rows(fields, "step"),
        "kinds": material_kinds(),
        "step_kinds": STEP_KINDS,
        "units": UNITS,
        "countries": COUNTRIES,
    }
