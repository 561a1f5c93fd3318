"""For the operator: the trust list in force, the draft of the next one, and putting a signed one in force."""

from datetime import UTC, datetime, timedelta
from typing import Final

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from shop.errors import BadInput, ConfigurationError
from shop.services.access.actors import OPERATOR
from shop.services.trust.desk import Draft, Ending
from shop.web.access import actor, needs
from shop.web.answers import WRONG, Answer
from shop.web.current import now, renew_services, services
from traceability.errors import TraceabilityError

__all__ = ["blueprint"]

blueprint = Blueprint("admin_trust", __name__, url_prefix="/admin/trust")

SHOWN_FOR: Final = timedelta(hours=1)


@blueprint.get("/")
@needs(OPERATOR)
def page() -> Answer:
    """The list in force and the keys that wait."""
    return _page()


@blueprint.post("/draft")
@needs(OPERATOR)
def draft() -> Answer:
    """Shows what the next list would change, or gives it as a file; nothing is stored."""
    try:
        made = _draft()
    except BadInput as error:
        return _page(error=error.code), WRONG
    if request.form.get("as") == "file":
        response = Response(made.data, content_type="application/json; charset=utf-8")
        response.headers["Content-Disposition"] = f'attachment; filename="trust-draft-{made.sequence}.json"'
        return response
    chosen = request.form.to_dict(flat=False) | {"at": [made.issued]}
    return render_template("admin/trust_draft.html", draft=made, chosen=chosen)


@blueprint.post("/publish")
@needs(OPERATOR)
def publish() -> Answer:
    """Puts the uploaded signed list in force."""
    upload = request.files.get("note")
    data = upload.read() if upload is not None else b""
    moment = now().replace(microsecond=0)
    try:
        changes = services().desks.trust.publish(actor(), data, now=moment)
        renew_services()
    except (TraceabilityError, ConfigurationError, BadInput) as error:
        return _page(error=error.code, detail=str(error)), WRONG
    flash(_("Danh sách này đang có hiệu lực rồi.") if changes is None else _("Danh sách mới đã có hiệu lực."))
    return redirect(url_for("admin_trust.page"), code=303)


@blueprint.post("/enrolments/<int:enrolment_id>/refuse")
@needs(OPERATOR)
def refuse(enrolment_id: int) -> Answer:
    """Takes a waiting key off the list of those that wait."""
    services().desks.trust.refuse(actor(), enrolment_id, now=now())
    flash(_("Đã từ chối khóa này."))
    return redirect(url_for("admin_trust.page"), code=303)


def _draft() -> Draft:
    """Reads which keys are to come and to go.

    Raises:
        BadInput: what the desk refuses.
    """
    form = request.form
    accepted = {
        int(one): (form.get(f"name-{one}", ""), form.get(f"scope-{one}", "").split())
        for one in form.getlist("accept")
        if one.isascii() and one.isdigit() and len(one) < 10
    }
    reason = "compromised" if form.get("reason") == "compromised" else "retired"
    endings = [Ending(method_id, reason) for method_id in form.getlist("end") if method_id]
    moment = _moment(form.get("at", ""))
    wanted = form.getlist("want")
    return services().desks.trust.draft(
        actor(), accepted=accepted, wanted=wanted, endings=endings, now=moment
    )


def _moment(seen: str) -> datetime:
    """Gives the moment of a draft: the one that was shown a while ago, so that the file is the very same."""
    present = now().replace(microsecond=0)
    if seen.isascii() and seen.isdigit() and len(seen) < 12:
        shown = datetime.fromtimestamp(int(seen), UTC)
        return shown if present - SHOWN_FOR < shown <= present else present
    return present


def _page(*, error: str = "", detail: str = "") -> str:
    return render_template(
        "admin/trust.html",
        trust=services().records.trust,
        keys_in_force=services().desks.public.all_keys(actor(), state="in_force"),
        waiting=services().desks.trust.waiting(actor()),
        wanted=services().desks.trust.wanted(actor(), now=now().replace(microsecond=0)),
        typed=request.form,
        error=error,
        detail=detail,
        roots_fingerprint=services().records.roots_fingerprint,
    )
