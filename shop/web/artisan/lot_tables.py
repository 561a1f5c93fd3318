"""For artisans: steps of lots brought in as a table, which become drafts and nothing else."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from shop.errors import BadInput
from shop.services.access.actors import ARTISAN
from shop.services.lots.step_columns import KIND_WORDS, STEP_COLUMNS, CheckedSteps
from shop.services.lots.step_tables import StepTables
from shop.web.access import actor, needs
from shop.web.answers import WRONG, Answer
from shop.web.current import now, services
from shop.web.downloads import table_file
from shop.web.typed import uploaded

__all__ = ["blueprint"]

blueprint = Blueprint("artisan_lot_tables", __name__, url_prefix="/artisan/lots")


def tables() -> StepTables:
    """Gives the service of tables of steps."""
    return services().desks.lots.step_tables


@blueprint.get("/steps-empty.csv")
@needs(ARTISAN)
def empty() -> Response:
    """A table of steps without any, to fill in."""
    return table_file("steps-empty", STEP_COLUMNS, ())


@blueprint.get("/import")
@needs(ARTISAN)
def table() -> Answer:
    """Where a table of steps is brought in."""
    return _page()


@blueprint.post("/import")
@needs(ARTISAN)
def check() -> Answer:
    """Says of each row what is wrong with it, or what it would do."""
    try:
        checked = tables().check(actor(), uploaded("table") or b"", now=now())
    except BadInput as error:
        return _page(error=error.code), WRONG
    return _page(checked), WRONG if checked.mistakes else 200


@blueprint.post("/import/take")
@needs(ARTISAN)
def take() -> Answer:
    """Makes the drafts of a checked table."""
    try:
        count = tables().take(actor(), request.form.get("token", ""), now=now())
    except BadInput:
        flash(_("Bảng không còn đúng với xưởng nữa. Hãy chọn tệp lại."), "wrong")
        return redirect(url_for("artisan_lot_tables.table"), code=303)
    flash(
        ngettext(
            "Đã tạo %(num)s bản nháp. Mở ra, xem lại rồi ký.",
            "Đã tạo %(num)s bản nháp. Mở ra, xem lại rồi ký.",
            count,
        )
    )
    return redirect(url_for("artisan_lots.shelf"), code=303)


def _page(checked: CheckedSteps | None = None, error: str = "") -> str:
    return render_template(
        "artisan/import_steps.html",
        checked=checked,
        error=error,
        columns=STEP_COLUMNS,
        kinds=tuple(KIND_WORDS.items()),
    )
