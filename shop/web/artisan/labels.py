"""For artisans: labels of a lot as files for a printer, and those that were spoiled."""

from typing import Final

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _

from shop.errors import BadInput
from shop.services.access.actors import ARTISAN
from shop.services.lots.labels import LABELS_A_FILE, LabelOrder, label_presets
from shop.services.lots.services import LotServices
from shop.web.access import actor, needs
from shop.web.answers import WRONG, Answer
from shop.web.current import now, services

__all__ = ["blueprint"]

blueprint = Blueprint("artisan_labels", __name__, url_prefix="/artisan/lots/<int:lot_id>")

FIELDS: Final = ("preset", "kind", "first", "last", "skip")


def lots() -> LotServices:
    """Gives the services of lots."""
    return services().desks.lots


@blueprint.get("/labels")
@needs(ARTISAN)
def form(lot_id: int) -> Answer:
    """Chooses a form of labels, and which of them."""
    return _page(lot_id, {"preset": "a4-24", "kind": "pdf"})


@blueprint.post("/labels")
@needs(ARTISAN)
def print_file(lot_id: int) -> Answer:
    """Gives the labels as a file; the trail notes who printed."""
    typed = {name: request.form.get(name, "").strip()[:20] for name in FIELDS}
    try:
        found = lots().labels.draw(actor(), lot_id, LabelOrder(**typed), now=now())
    except BadInput as error:
        wrong = str(error).partition(": ")[0] if error.code == "BAD_LABELS" else "key"
        return _page(lot_id, typed, wrong), WRONG
    response = send_file(found.file, found.mimetype, as_attachment=True, download_name=found.name)
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/spoiled")
@needs(ARTISAN)
def mark(lot_id: int) -> Answer:
    """Marks labels as spoiled, by serial or by number."""
    typed = request.form.get("labels", "")
    try:
        marked = lots().spoiled.mark(actor(), lot_id, typed, now=now())
    except BadInput:
        page = lots().shelf.lot(actor(), lot_id, now=now())
        return render_template("artisan/lot.html", page=page, typed=typed, wrong=True), WRONG
    words = _("Đã đánh dấu hỏng: %(count)s tem.", count=len(marked.serials))
    flash(f"{words} {_left_in_stock(marked.taken)}")
    return redirect(url_for("artisan_lots.lot", lot_id=lot_id), 303)


@blueprint.post("/spoiled/undo")
@needs(ARTISAN)
def unmark(lot_id: int) -> Answer:
    """Takes the mark from a label, or from several (`serial`)."""
    gone = lots().spoiled.unmark(actor(), lot_id, request.form.getlist("serial"), now=now())
    words = _("Đã bỏ đánh dấu: %(count)s tem.", count=gone)
    flash(f"{words} {_('Số trong kho giữ nguyên. Sửa lại nếu cần.')}")
    return redirect(url_for("artisan_lots.lot", lot_id=lot_id), 303)


def _left_in_stock(taken: int) -> str:
    if taken:
        return str(_("Số trong kho bớt %(count)s. Sửa lại nếu cần.", count=taken))
    return str(_("Số trong kho giữ nguyên: lô này chưa cộng vào kho, hoặc kho không còn đủ."))


def _page(lot_id: int, typed: dict[str, str], wrong: str | None = None) -> str:
    page = lots().shelf.lot(actor(), lot_id, now=now())
    return render_template(
        "artisan/labels.html",
        page=page,
        presets=label_presets(),
        typed=typed,
        wrong=wrong,
        most=LABELS_A_FILE,
    )
