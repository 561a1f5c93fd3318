"""For artisans: lots of their workshop, from a draft as typed to signed records."""

from flask import Blueprint, flash, jsonify, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.errors import BadInput
from shop.services.access.actors import ARTISAN
from shop.services.lots.services import LotServices
from shop.services.lots.step_columns import STEP_COLUMNS
from shop.services.lots.tables import LOT_COLUMNS
from shop.web.access import actor, needs
from shop.web.answers import Answer
from shop.web.artisan.lot_forms import form_values, has_guessed_days, is_background, typed_fields
from shop.web.asked import asked_number, asked_page
from shop.web.current import now, services
from shop.web.downloads import table_file
from shop.web.typed import uploaded
from traceability.clock import day_in_viet_nam

__all__ = ["blueprint"]

blueprint = Blueprint("artisan_lots", __name__, url_prefix="/artisan/lots")


def lots() -> LotServices:
    """Gives the services of lots."""
    return services().desks.lots


@blueprint.get("/")
@needs(ARTISAN)
def shelf() -> Answer:
    """The workshop's lots, newest first; `product`, `page`."""
    product = request.args.get("product") or None
    page = lots().shelf.lots(actor(), page=asked_page(), product=product, now=now())
    drafts = lots().drafts.list(actor(), kind="lot")
    names = lots().shelf.product_names(actor())
    return render_template("artisan/lots.html", page=page, drafts=drafts, product=product, names=names)


@blueprint.get("/lots.csv")
@needs(ARTISAN)
def lots_file() -> Response:
    """All lots as a table."""
    return table_file("lots", LOT_COLUMNS, lots().tables.lots(actor()))


@blueprint.get("/steps.csv")
@needs(ARTISAN)
def steps_file() -> Response:
    """The steps of all lots as a table."""
    return table_file("steps", STEP_COLUMNS, lots().tables.steps(actor()))


@blueprint.get("/new")
@needs(ARTISAN)
def new() -> Answer:
    """Begins a lot of `product`: like the one before, or from the craft's usual steps."""
    begun = lots().desk.new(actor(), request.args.get("product", ""))
    return render_template("artisan/lot_new.html", new=begun, today=day_in_viet_nam(now()).isoformat())


@blueprint.post("/new")
@needs(ARTISAN)
def begin() -> Answer:
    """Makes the draft; one that is copied can be looked at right away."""
    slug, is_copy = request.form.get("product", ""), request.form.get("how") == "copy"
    units, made_on = (request.form.get(name, "").strip()[:20] for name in ("units", "madeOn"))
    token = lots().desk.begin(actor(), slug, units=units, made_on=made_on, is_copy=is_copy, now=now())
    return redirect(url_for("artisan_lots.preview" if is_copy else "artisan_lots.edit", token=token), 303)


@blueprint.get("/drafts/<token>")
@needs(ARTISAN)
def edit(token: str) -> Answer:
    """A lot as typed so far."""
    draft = lots().desk.draft(actor(), token)
    if draft.became is not None:
        return _to_lot(token)
    dropped = {name: asked_number(name) for name in ("dropped", "added")} | {
        "dropped_of": asked_number("step")
    }
    return render_template("artisan/lot_edit.html", draft=draft, **form_values(draft.fields), **dropped)


@blueprint.post("/drafts/<token>")
@needs(ARTISAN)
def save(token: str) -> Answer:
    """Keeps what was typed; the buttons of the form say what comes next."""
    lots().desk.save(actor(), token, typed_fields(), now=now())
    if is_background():
        return jsonify({"saved": True})
    if request.form.get("then") == "preview":
        return redirect(url_for("artisan_lots.preview", token=token), 303)
    changed = request.form.get("add") or request.form.get("drop", "").partition("-")[0]
    return redirect(url_for("artisan_lots.edit", token=token, _anchor=changed or "saved"), 303)


@blueprint.get("/drafts/<token>/preview")
@needs(ARTISAN)
def preview(token: str) -> Answer:
    """What would be signed, or the form again with what keeps it from that."""
    found = lots().desk.preview(actor(), token, now=now())
    if found.draft.became is not None:
        return _to_lot(token)
    if found.mistakes:
        values = form_values(found.draft.fields, found.mistakes)
        return render_template("artisan/lot_edit.html", draft=found.draft, **values)
    guesses = has_guessed_days(found.draft.fields)
    return render_template("artisan/lot_preview.html", preview=found, draft=found.draft, guesses=guesses)


@blueprint.post("/drafts/<token>/issue")
@needs(ARTISAN)
def issue(token: str) -> Answer:
    """Signs the lot, once for a draft."""
    try:
        lot_id = lots().desk.issue(actor(), token, seen=request.form.get("seen", ""), now=now())
    except BadInput as error:
        flash(_refusal(error.code), "wrong")
        return redirect(url_for("artisan_lots.preview", token=token), 303)
    flash(_("Đã ký và ghi vào sổ. Bây giờ in tem."))
    return redirect(url_for("artisan_lots.lot", lot_id=lot_id), 303)


@blueprint.post("/drafts/<token>/throw-away")
@needs(ARTISAN)
def throw_away(token: str) -> Answer:
    """Throws a draft away; for a day it can be taken back."""
    lots().drafts.throw_away(actor(), token, kind="lot", now=now())
    return redirect(url_for("artisan_lots.thrown_away", token=token), 303)


@blueprint.get("/drafts/<token>/thrown-away")
@needs(ARTISAN)
def thrown_away(token: str) -> Answer:
    """Says that a draft is gone, with the button that brings it back."""
    draft = lots().drafts.open(actor(), token, kind="lot")
    return render_template("artisan/lot_thrown_away.html", draft=draft)


@blueprint.post("/drafts/<token>/take-back")
@needs(ARTISAN)
def take_back(token: str) -> Answer:
    """Brings a draft back."""
    lots().drafts.take_back(actor(), token, kind="lot", now=now())
    return redirect(url_for("artisan_lots.edit", token=token), 303)


@blueprint.post("/drafts/<token>/steps/<int:step>/media")
@needs(ARTISAN)
def add_media(token: str, step: int) -> Answer:
    """Takes a photo (`photo`) or a voice note (`voice`) of a step."""
    voice = uploaded("voice")
    data, added = voice or uploaded("photo") or b"", 1
    try:
        lots().pictures.add(actor(), token, step, data, is_voice=voice is not None, now=now())
    except BadInput:
        added = 0
        flash(_("Tệp này không nhận được: chọn ảnh JPEG, PNG hoặc WebP, hay ghi âm ngắn."), "wrong")
    here = f"step-{step}" if added else None  # a mistake is told at the top
    return redirect(url_for("artisan_lots.edit", token=token, step=step, added=added, _anchor=here), 303)


@blueprint.post("/drafts/<token>/steps/<int:step>/media/<int:media_id>/drop")
@needs(ARTISAN)
def drop_media(token: str, step: int, media_id: int) -> Answer:
    """Takes a photo or voice note from its step; the answer offers it back."""
    lots().pictures.drop(actor(), token, step, media_id, now=now())
    offer = url_for("artisan_lots.edit", token=token, step=step, dropped=media_id, _anchor=f"step-{step}")
    return redirect(offer, 303)


@blueprint.post("/drafts/<token>/steps/<int:step>/media/<int:media_id>/put-back")
@needs(ARTISAN)
def put_back_media(token: str, step: int, media_id: int) -> Answer:
    """Gives a photo or voice note back to its step."""
    try:
        lots().pictures.put_back(actor(), token, step, media_id, now=now())
    except BadInput:
        flash(_("Bước này đã đủ tệp."), "wrong")
    return redirect(url_for("artisan_lots.edit", token=token, _anchor=f"step-{step}"), 303)


@blueprint.get("/media/<name>")
@needs(ARTISAN)
def media(name: str) -> Response:
    """A photo or voice note of the workshop's own."""
    path, headers = lots().pictures.file(actor(), name)
    response = send_file(path, conditional=True)
    response.headers.update(headers)
    response.headers["Cache-Control"] = "private, max-age=86400"
    return response


@blueprint.get("/<int:lot_id>")
@needs(ARTISAN)
def lot(lot_id: int) -> Answer:
    """A signed lot: its steps, labels, and what speaks against it."""
    return render_template("artisan/lot.html", page=lots().shelf.lot(actor(), lot_id, now=now()))


def _to_lot(token: str) -> Response:
    lot_id = lots().desk.lot_of(actor(), token)
    return redirect(url_for("artisan_lots.lot", lot_id=lot_id), 303)


def _refusal(code: str) -> str:
    if code == "OTHER_DRAFT":
        return str(_("Bản nháp vừa được sửa ở máy khác. Xem lại rồi ký."))
    if code == "NO_KEY":
        return str(_("Máy chủ không giữ khóa ký đang có hiệu lực của xưởng. Hỏi hiệp hội."))
    return str(_("Chưa ký được và chưa có gì được ghi. Xem lại các mục rồi thử lần nữa."))
