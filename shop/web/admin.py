"""For the operator: what waits, people and invitations, the trail, and how the instance is."""

from typing import Final

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from shop.csv_tables import Column
from shop.errors import BadInput
from shop.services.actors import OPERATOR, ROLES
from shop.web.access import actor, needs
from shop.web.asked import asked_page, asked_words
from shop.web.current import now, services
from shop.web.downloads import table_file

__all__ = ["blueprint"]

blueprint = Blueprint("admin", __name__, url_prefix="/admin")

Answer = str | BaseResponse | tuple[str, int]
WRONG: Final = 422
OFFICES: Final = frozenset({"association", "commune", "inspector"})  # roles of the trust list
PEOPLE: Final = (
    Column("name", "Tên", "Name"),
    Column("sign_in_name", "Tên đăng nhập", "Sign-in name"),
    Column("role", "Vai", "Role"),
    Column("workshop", "Xưởng", "Workshop"),
    Column("issuer", "Ký thay cho", "Signs for"),
    Column("is_active", "Đang mở", "Open"),
    Column("created_at", "Có từ", "Since"),
)


@blueprint.get("/")
@needs(OPERATOR)
def home() -> Answer:
    """The desk: how the instance is, and the work that waits."""
    person, moment = actor(), now()
    return render_template(
        "admin/home.html",
        health=services().desks.health.look(person, now=moment),
        certificates=services().desks.certificates.page(person, now=moment).counts,
    )


@blueprint.get("/people")
@needs(OPERATOR)
def people() -> Answer:
    """Everybody with an account; `q`, `role`, `page`."""
    role = request.args.get("role")
    page = services().desks.people.page(actor(), role=role, search=asked_words(), number=asked_page())
    return render_template("admin/people.html", page=page, roles=ROLES, role=role, q=asked_words())


@blueprint.get("/people.csv")
@needs(OPERATOR)
def people_file() -> Response:
    """The same as a table."""
    rows = (
        {
            "name": one.name,
            "sign_in_name": one.sign_in_name,
            "role": one.role,
            "workshop": one.workshop or "",
            "issuer": one.issuer or "",
            "is_active": "1" if one.is_active else "0",
            "created_at": one.created_at.isoformat(timespec="seconds"),
        }
        for one in services().desks.people.export(actor())
    )
    return table_file("people", PEOPLE, rows)


@blueprint.post("/people/<int:account_id>/open")
@needs(OPERATOR)
def set_open(account_id: int) -> Answer:
    """Closes an account, or opens it again."""
    is_open = request.form.get("open") == "1"
    try:
        services().accounts.set_open(actor(), account_id, is_open=is_open, now=now())
    except BadInput:
        flash(_("Không ai tự đóng tài khoản của chính mình được."), "wrong")
        return redirect(url_for("admin.people"), code=303)
    flash(_("Đã mở lại.") if is_open else _("Đã đóng. Mọi phiên của người ấy đã chấm dứt."))
    return redirect(url_for("admin.people"), code=303)


@blueprint.post("/people/<int:account_id>/recovery")
@needs(OPERATOR)
def recover(account_id: int) -> Answer:
    """Makes an invitation that lets a person back in, and shows it."""
    made = services().invitations.make_recovery(actor(), account_id, now=now())
    return redirect(url_for("account.card", secret=made.secret), code=303)


@blueprint.get("/invitations/new")
@needs(OPERATOR)
def invitation() -> Answer:
    """The form of a new invitation."""
    return _invitation_page({"role": request.args.get("role", "artisan")})


@blueprint.post("/invitations/new")
@needs(OPERATOR)
def invite() -> Answer:
    """Makes an invitation and shows the sheet to print."""
    typed = {name: request.form.get(name, "").strip() for name in ("role", "workshop", "issuer")}
    try:
        made = services().invitations.make(
            actor(),
            typed["role"],
            workshop=typed["workshop"] or None,
            issuer=typed["issuer"] or None,
            now=now(),
        )
    except BadInput as error:
        return _invitation_page(typed, error=error.code), WRONG
    return redirect(url_for("account.card", secret=made.secret), code=303)


@blueprint.get("/trail")
@needs(OPERATOR)
def trail() -> Answer:
    """Who did what, newest first; `subject` shows one thing's trail."""
    subject = asked_words("subject") or None
    page = services().audit_trail.page(actor(), page=asked_page(), subject=subject)
    return render_template("admin/trail.html", page=page, subject=subject)


def _invitation_page(typed: dict[str, str], *, error: str = "") -> str:
    places = services().desks.people.places(actor())
    offices = {
        key.method.controller.rpartition(":")[2]: key.name
        for key in services().records.trust.keys
        if key.role in OFFICES and key.revoked is None
    }
    return render_template(
        "admin/invite.html", typed=typed, error=error, roles=ROLES, places=places, offices=offices
    )
