"""For the operator: lists of certificates, reports, invitations, keys of the trust list, and log entries."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from shop.errors import BadInput
from shop.services.access.actors import OPERATOR
from shop.services.access.invitation_list import STATES as INVITATION_STATES
from shop.services.operating.certificate_watch import STATES
from shop.services.operating.public_lists import KEY_STATES
from shop.web.access import actor, needs
from shop.web.answers import WRONG, Answer
from shop.web.asked import asked_one, asked_page, asked_words
from shop.web.current import now, services

__all__ = ["blueprint"]

blueprint = Blueprint("admin_lists", __name__, url_prefix="/admin")


@blueprint.get("/certificates")
@needs(OPERATOR)
def certificates() -> Answer:
    """Certificates, those that end first at the top; `state`, `q`, `page`."""
    state = asked_one("state", STATES)
    page = services().desks.certificates.page(
        actor(), now=now(), state=state, search=asked_words(), number=asked_page()
    )
    return render_template("admin/certificates.html", page=page, state=state, q=asked_words())


@blueprint.get("/invitations")
@needs(OPERATOR)
def invitations() -> Answer:
    """Who was invited, the newest first; `state`, `q`, `page`."""
    state = asked_one("state", INVITATION_STATES)
    page = services().desks.invitations.page(
        actor(), now=now(), state=state, search=asked_words(), number=asked_page()
    )
    return render_template("admin/invitations.html", page=page, state=state, q=asked_words())


@blueprint.post("/invitations/<int:invitation_id>/take-back")
@needs(OPERATOR)
def take_back_invitation(invitation_id: int) -> Answer:
    """Makes an invitation that still opens useless; asks first, does it with `sure=yes`."""
    if request.form.get("sure") != "yes":
        return render_template("admin/invitation_back.html", invitation_id=invitation_id)
    services().invitations.take_back(actor(), invitation_id, now=now())
    flash(_("Đã thu lại: tờ giấy ấy không mở được gì nữa."))
    return redirect(url_for("admin_lists.invitations"), code=303)


@blueprint.get("/keys")
@needs(OPERATOR)
def keys() -> Answer:
    """The keys of the trust list in force; `state`, `q`, `page`."""
    state = asked_one("state", KEY_STATES)
    page = services().desks.public.keys(actor(), state=state, search=asked_words(), number=asked_page())
    return render_template("admin/keys.html", page=page, state=state, q=asked_words())


@blueprint.get("/log")
@needs(OPERATOR)
def log() -> Answer:
    """What stands in the log, the newest first; `q`, `page`."""
    page = services().desks.public.entries(actor(), search=asked_words(), number=asked_page())
    return render_template("admin/log.html", page=page, q=asked_words())


@blueprint.get("/reports")
@needs(OPERATOR)
def reports() -> Answer:
    """What visitors reported; `state`, `q`, `page`."""
    return _reports_page()


@blueprint.post("/reports/<int:report_id>/close")
@needs(OPERATOR)
def close_report(report_id: int) -> Answer:
    """Closes a case with what came of it."""
    typed = request.form.get("answer", "")
    try:
        services().desks.reports.close(actor(), report_id, typed, now=now())
    except BadInput as error:
        return _reports_page(wrong={"id": report_id, "code": error.code, "answer": typed}), WRONG
    flash(_("Đã đóng. Cách liên lạc của người báo đã được xóa."))
    return redirect(url_for("admin_lists.reports"), code=303)


def _reports_page(wrong: dict[str, object] | None = None) -> str:
    state = "closed" if request.args.get("state") == "closed" else "open"
    page = services().desks.reports.page(actor(), state=state, search=asked_words(), number=asked_page())
    return render_template("admin/reports.html", page=page, state=state, q=asked_words(), wrong=wrong or {})
