"""For artisans: what to do next, the application for a workshop, the workshop itself, and its trail."""

from collections.abc import Mapping
from typing import Final

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.errors import BadFields, BadInput
from shop.services.access.actors import ARTISAN
from shop.services.products.fields import craft_choices
from shop.services.workshops.application_fields import APPLICATION_FIELDS, read_application
from shop.services.workshops.services import ArtisanDesk
from shop.web.access import actor, needs
from shop.web.answers import WRONG, Answer
from shop.web.asked import asked_page
from shop.web.current import now, services
from shop.web.typed import typed, uploaded

__all__ = ["blueprint", "desk"]

blueprint = Blueprint("artisan", __name__, url_prefix="/artisan")

STORY: Final = ("name_en", "story_vi", "story_en")


def desk() -> ArtisanDesk:
    """Gives the services of the artisan's desk."""
    return services().desks.artisan


@blueprint.get("/")
@needs(ARTISAN)
def home() -> Answer:
    """The one next step, the workshop's products, and what waits."""
    return render_template("artisan/home.html", page=desk().home.page(actor(), now=now()))


@blueprint.get("/apply")
@needs(ARTISAN)
def application() -> Answer:
    """The form; what was refused or withdrawn is there to be mended."""
    if actor().workshop_id is not None:
        return redirect(url_for("artisan.workshop"))
    begun = desk().application_drafts.read(actor())
    before = next(iter(desk().applications.mine(actor())), None)
    return _application_page(begun or (before.texts if before is not None else {}), {})


@blueprint.post("/apply/draft")
@needs(ARTISAN)
def keep_application() -> Answer:
    """Keeps what was typed into the application so far; a script sends it."""
    desk().application_drafts.keep(actor(), typed(APPLICATION_FIELDS), now=now())
    return jsonify({"saved": True})


@blueprint.post("/apply")
@needs(ARTISAN)
def apply() -> Answer:
    """Sends the application to whoever may sign for the village."""
    texts = typed(APPLICATION_FIELDS)
    try:
        fields = read_application(texts)
        desk().applications.apply(actor(), fields, paper=uploaded("paper", "paper_file"), now=now())
    except BadFields as error:
        return _application_page(texts, error.mistakes), WRONG
    except BadInput:  # she has a workshop by now
        return redirect(url_for("artisan.home"), code=303)
    flash(_("Đã gửi. Khi có người trả lời, trang này sẽ cho bạn biết."))
    return redirect(url_for("artisan.home"), code=303)


@blueprint.post("/apply/<int:request_id>/withdraw")
@needs(ARTISAN)
def withdraw(request_id: int) -> Answer:
    """Takes an application back; what was typed stays in the form."""
    try:
        desk().applications.withdraw(actor(), request_id, now=now())
    except BadInput:
        flash(_("Đơn này đã được trả lời rồi."), "wrong")
    else:
        flash(_("Đã rút đơn. Bạn có thể sửa rồi gửi lại."))
    return redirect(url_for("artisan.home"), code=303)


@blueprint.get("/workshop")
@needs(ARTISAN)
def workshop() -> Answer:
    """The workshop: its story, makers, people, keys and tax code."""
    return _workshop_page({})


@blueprint.post("/workshop/story")
@needs(ARTISAN)
def tell() -> Answer:
    """Changes the story and the English name."""
    try:
        desk().workshop.tell(actor(), typed(STORY), now=now())
    except BadFields as error:
        return _workshop_page(error.mistakes), WRONG
    return _told(_("Đã lưu câu chuyện của xưởng."))


@blueprint.post("/workshop/makers")
@needs(ARTISAN)
def add_maker() -> Answer:
    """Adds a maker who agreed to be named."""
    consent = request.form.get("consent") == "yes"
    try:
        desk().workshop.add_maker(actor(), request.form.get("maker", ""), has_consent=consent, now=now())
    except BadFields as error:
        return _workshop_page(error.mistakes), WRONG
    return _told(_("Đã thêm người làm."))


@blueprint.post("/workshop/makers/<int:maker_id>/remove")
@needs(ARTISAN)
def remove_maker(maker_id: int) -> Answer:
    """Deletes a maker's name for good."""
    desk().workshop.remove_maker(actor(), maker_id, now=now())
    return _told(_("Đã xóa tên người làm."))


@blueprint.post("/workshop/tax-code")
@needs(ARTISAN)
def enter_tax_code() -> Answer:
    """Keeps the tax code, which is never shown in full again; an empty field deletes it."""
    try:
        desk().workshop.enter_tax_code(actor(), request.form.get("tax_code", ""), now=now())
    except BadFields as error:
        return _workshop_page(error.mistakes), WRONG
    return _told(_("Đã lưu. Chỉ thanh tra xem được đủ số."))


@blueprint.post("/workshop/invite")
@needs(ARTISAN)
def invite() -> Answer:
    """Makes an invitation into her own workshop, and shows the sheet to print."""
    made = services().invitations.make(actor(), ARTISAN, now=now())
    return redirect(url_for("account.card", secret=made.secret), code=303)


@blueprint.get("/trail")
@needs(ARTISAN)
def trail() -> Answer:
    """Who did what in the workshop; `page`."""
    found = services().audit_trail.of_workshop(actor(), page=asked_page())
    return render_template("artisan/trail.html", trail=found)


def _application_page(texts: Mapping[str, str], mistakes: dict[str, str]) -> str:
    villages = services().places.villages()
    return render_template(
        "artisan/apply.html", texts=texts, mistakes=mistakes, villages=villages, crafts=craft_choices()
    )


def _workshop_page(mistakes: dict[str, str]) -> str:
    typed_now = request.form.to_dict() if mistakes else {}
    mine = desk().workshop.mine(actor())
    return render_template("artisan/workshop.html", mine=mine, mistakes=mistakes, typed=typed_now)


def _told(words: str) -> Response:
    flash(words)
    return redirect(url_for("artisan.workshop"), code=303)
