"""For anybody: reporting what is odd about a label or a record."""

from typing import Final

from flask import Blueprint, render_template, request

from shop.errors import BadInput
from shop.web.answers import WRONG, Answer
from shop.web.asked import asked_words
from shop.web.current import now, services
from shop.web.guards import guards

__all__ = ["blueprint"]

blueprint = Blueprint("report", __name__)

SUBJECT_MAX: Final = 300


@blueprint.get("/report")
def form() -> Answer:
    """The form; `about` names the label or the record."""
    return render_template("report/form.html", typed={"about": _about()}, error="")


@blueprint.post("/report")
def send() -> Answer:
    """Takes a report in and tells its case number; a trap field that people do not see catches robots."""
    typed = {name: request.form.get(name, "") for name in ("about", "words", "contact")}
    guards().take_report()
    if request.form.get("website"):
        return render_template("report/done.html", case_number="")
    try:
        case_number = services().desks.reports.take_in(
            subject=typed["about"], words=typed["words"], contact=typed["contact"], now=now()
        )
    except BadInput as error:
        return render_template("report/form.html", typed=typed, error=error.code), WRONG
    return render_template("report/done.html", case_number=case_number)


def _about() -> str:
    """Gives the subject: a label's text is longer than a search."""
    text = request.args.get("about", "")[:SUBJECT_MAX]
    return text if text.isprintable() else asked_words("about")
