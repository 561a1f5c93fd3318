"""For artisans: correcting a lot whose labels are printed already."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask import request as asked
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.errors import BadInput
from shop.services.access.actors import ARTISAN
from shop.services.lots.correcting import CorrectionDesk
from shop.web.access import actor, needs
from shop.web.answers import Answer
from shop.web.artisan.lot_forms import form_values, is_background, typed_fields
from shop.web.current import now, services

__all__ = ["blueprint"]

blueprint = Blueprint("artisan_corrections", __name__, url_prefix="/artisan/lots")


def desk() -> CorrectionDesk:
    """Gives the service of corrections."""
    return services().desks.lots.corrections


@blueprint.post("/<int:lot_id>/correct")
@needs(ARTISAN)
def begin(lot_id: int) -> Answer:
    """Begins a correction with what was signed, or goes on with the open one."""
    token = desk().begin(actor(), lot_id, now=now())
    return redirect(url_for("artisan_corrections.edit", token=token), 303)


@blueprint.get("/corrections/<token>")
@needs(ARTISAN)
def edit(token: str) -> Answer:
    """A correction as typed so far."""
    draft = desk().draft(actor(), token)
    if draft.became is not None:
        return redirect(url_for("artisan_lots.lot", lot_id=draft.lot_id), 303)
    return render_template("artisan/correction_edit.html", draft=draft, **form_values(draft.fields))


@blueprint.post("/corrections/<token>")
@needs(ARTISAN)
def save(token: str) -> Answer:
    """Keeps what was typed."""
    desk().save(actor(), token, typed_fields(), now=now())
    if is_background():
        return Response('{"saved": true}', mimetype="application/json")
    wanted = "preview" if asked.form.get("then") == "preview" else "edit"
    return redirect(url_for(f"artisan_corrections.{wanted}", token=token), 303)


@blueprint.get("/corrections/<token>/preview")
@needs(ARTISAN)
def preview(token: str) -> Answer:
    """What would change, or the form again with what keeps it from being signed."""
    found = desk().preview(actor(), token, now=now())
    if found.draft.became is not None:
        return redirect(url_for("artisan_lots.lot", lot_id=found.draft.lot_id), 303)
    if found.mistakes:
        values = form_values(found.draft.fields, found.mistakes)
        return render_template("artisan/correction_edit.html", draft=found.draft, **values)
    return render_template("artisan/correction_preview.html", preview=found, draft=found.draft)


@blueprint.post("/corrections/<token>/issue")
@needs(ARTISAN)
def issue(token: str) -> Answer:
    """Signs the correction, once for a draft."""
    try:
        lot_id = desk().issue(actor(), token, seen=asked.form.get("seen", ""), now=now())
    except BadInput:
        flash(_("Chưa ký được và chưa có gì được ghi. Xem lại các mục rồi thử lần nữa."), "wrong")
        return redirect(url_for("artisan_corrections.preview", token=token), 303)
    flash(_("Đã đính chính. Tem đã in vẫn dùng được: mở ra bản mới, và nói rõ đã đính chính điều gì."))
    return redirect(url_for("artisan_lots.lot", lot_id=lot_id), 303)


@blueprint.post("/corrections/<token>/throw-away")
@needs(ARTISAN)
def throw_away(token: str) -> Answer:
    """Throws a correction away; what was signed stays as it is."""
    draft = desk().draft(actor(), token)
    services().desks.lots.drafts.throw_away(actor(), token, kind="correction", now=now())
    flash(_("Đã bỏ bản đính chính. Lô giữ nguyên như đã ký."))
    return redirect(url_for("artisan_lots.lot", lot_id=draft.lot_id), 303)
