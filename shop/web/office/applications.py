"""For associations and communes: workshops that apply, each to be signed or refused."""

from typing import Final

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _

from shop.errors import BadFields, BadInput
from shop.services.access.actors import ASSOCIATION
from shop.services.workshops.application_fields import read_paper
from shop.services.workshops.applications import Applications
from shop.web.access import actor, needs
from shop.web.answers import WRONG, Answer
from shop.web.current import now, services
from shop.web.office.counter_views import media_answer
from shop.web.typed import typed

__all__ = ["blueprint"]

blueprint = Blueprint("applications", __name__, url_prefix="/association/applications")

PAPER_FIELDS: Final = ("title", "claim", "paper_issuer", "decision", "paper_date")


@blueprint.get("/")
@needs(ASSOCIATION)
def home() -> Answer:
    """The applications that wait for the person's office."""
    return render_template("counter/applications.html", views=_applications().waiting(actor()))


@blueprint.get("/<int:request_id>")
@needs(ASSOCIATION)
def one(request_id: int) -> Answer:
    """One application, and the form of the answer."""
    return _page(request_id)


@blueprint.post("/<int:request_id>/preview")
@needs(ASSOCIATION)
def preview(request_id: int) -> Answer:
    """What would be signed, in words; nothing is signed yet."""
    texts, view = typed(PAPER_FIELDS), _applications().one(actor(), request_id)
    try:
        paper = read_paper(texts) if view.is_association else None
    except BadFields as error:
        return _page(request_id, error, texts), WRONG
    return render_template("counter/application_preview.html", view=view, paper=paper, texts=texts)


@blueprint.post("/<int:request_id>/sign")
@needs(ASSOCIATION)
def sign(request_id: int) -> Answer:
    """Signs the workshop's record."""
    texts, view = typed(PAPER_FIELDS), _applications().one(actor(), request_id)
    try:
        paper = read_paper(texts) if view.is_association else None
        _applications().approve(actor(), request_id, paper, now=now().replace(microsecond=0))
    except BadInput as error:
        return _page(request_id, error, texts), WRONG
    flash(_("Đã ký và ghi vào sổ công khai. Khóa của xưởng chờ danh sách tin cậy kế tiếp."))
    return redirect(url_for(".one", request_id=request_id), code=303)


@blueprint.post("/<int:request_id>/refuse")
@needs(ASSOCIATION)
def refuse(request_id: int) -> Answer:
    """Refuses an application with a reason."""
    texts = typed(("reason",))
    try:
        _applications().refuse(actor(), request_id, texts["reason"], now=now())
    except BadInput as error:
        return _page(request_id, error, texts), WRONG
    flash(_("Đã từ chối. Người nộp đơn đọc được lý do của bạn."))
    return redirect(url_for(".one", request_id=request_id), code=303)


@blueprint.get("/<int:request_id>/paper")
@needs(ASSOCIATION)
def paper(request_id: int) -> Answer:
    """The photograph or PDF that came with an application."""
    return media_answer(services().desks.counter.queue.application_paper(actor(), request_id))


def _applications() -> Applications:
    return services().desks.artisan.applications


def _page(request_id: int, error: BadInput | None = None, texts: dict[str, str] | None = None) -> str:
    return render_template(
        "counter/application.html",
        view=_applications().one(actor(), request_id),
        answer=texts or {},
        wrong=error.mistakes if isinstance(error, BadFields) else {},
        error=error.code if error is not None else "",
    )
