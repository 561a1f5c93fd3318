"""For artisans: asking to be attested, transcribed or inspected, and what became of it."""

from typing import Final

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _

from shop.errors import BadFields, BadInput, NotFound
from shop.services.access.actors import ARTISAN
from shop.services.countersigning.asking import Asking
from shop.services.countersigning.values import ATTESTATION, INSPECTION, TRANSCRIPTION
from shop.web.access import actor, needs
from shop.web.answers import WRONG, Answer
from shop.web.asked import asked_page
from shop.web.current import now, services
from shop.web.office.counter_views import REQUEST_FIELDS, media_answer
from shop.web.typed import typed, uploaded

__all__ = ["blueprint"]

blueprint = Blueprint("artisan_requests", __name__, url_prefix="/artisan/requests")

KINDS: Final = (ATTESTATION, TRANSCRIPTION, INSPECTION)


@blueprint.get("/")
@needs(ARTISAN)
def home() -> Answer:
    """What was asked for, and the state of each; `page`."""
    if actor().workshop_id is None:
        return render_template("artisan/requests_none.html")
    page = _asking().mine(actor(), number=asked_page())
    return render_template("artisan/requests.html", page=page, kinds=KINDS)


@blueprint.get("/new/<kind>")
@needs(ARTISAN)
def new(kind: str) -> Answer:
    """The form."""
    return _form(kind, {})


@blueprint.post("/new/<kind>")
@needs(ARTISAN)
def ask(kind: str) -> Answer:
    """Asks."""
    texts, scan = typed((*REQUEST_FIELDS, "office")), uploaded("paper", "paper_file")
    try:
        made = _asking().ask(actor(), _known(kind), texts, paper=scan, now=now())
    except BadInput as error:
        return _form(kind, texts, error), WRONG
    flash(_("Đã gửi. Bạn xem ở đây khi nào có trả lời."))
    return redirect(url_for(".one", request_id=made), code=303)


@blueprint.get("/<int:request_id>")
@needs(ARTISAN)
def one(request_id: int) -> Answer:
    """One request: what was asked, of whom, and the answer."""
    row, words, paper = _asking().one(actor(), request_id)
    return render_template("artisan/request.html", row=row, words=words, paper=paper)


@blueprint.post("/<int:request_id>/withdraw")
@needs(ARTISAN)
def withdraw(request_id: int) -> Answer:
    """Takes a request back."""
    try:
        _asking().withdraw(actor(), request_id, now=now())
    except BadInput:
        flash(_("Nơi được đề nghị đã trả lời trước rồi."), "wrong")
        return redirect(url_for(".one", request_id=request_id), code=303)
    flash(_("Đã rút lại."))
    return redirect(url_for(".one", request_id=request_id), code=303)


@blueprint.get("/<int:request_id>/paper")
@needs(ARTISAN)
def paper(request_id: int) -> Answer:
    """The scan that went with a request."""
    return media_answer(_asking().file(actor(), request_id))


def _asking() -> Asking:
    return services().desks.counter.asking


def _known(kind: str) -> str:
    if kind not in KINDS:
        raise NotFound("NO_KIND", f"nobody is asked for {kind[:20]!r}")
    return kind


def _form(kind: str, texts: dict[str, str], error: BadInput | None = None) -> str:
    person, moment = actor(), now()
    return render_template(
        "artisan/request_new.html",
        kind=_known(kind),
        typed=texts,
        offices=_asking().offices_for(person, kind, now=moment),
        things=_asking().things(person),
        wrong=error.mistakes if isinstance(error, BadFields) else {},
        error=error.code if error is not None else "",
    )
