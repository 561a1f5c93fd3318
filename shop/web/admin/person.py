"""For the operator: one person's page, and what is changed of her account, each asked twice."""

from collections.abc import Callable
from typing import Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from shop.errors import BadInput
from shop.services.access.actors import OPERATOR, ROLES
from shop.services.access.person_desk import Place
from shop.web.access import actor, needs
from shop.web.admin.people import place_choices
from shop.web.answers import WRONG, Answer
from shop.web.current import now, services
from shop.web.typed import typed

__all__ = ["blueprint"]

blueprint = Blueprint("admin_person", __name__, url_prefix="/admin/people/<int:account_id>")

LATEST: Final = 10
FIELDS: Final = ("role", "workshop", "issuer", "reason", "open")


@blueprint.get("/")
@needs(OPERATOR)
def page(account_id: int) -> Answer:
    """Who she is, what she did lately, and what can be changed."""
    return _page(account_id)


@blueprint.post("/place")
@needs(OPERATOR)
def move(account_id: int) -> Answer:
    """Gives her another role, workshop or office."""
    form = typed(FIELDS)
    wanted = Place(form["role"], form["workshop"].strip() or None, form["issuer"].strip() or None)
    told = _("Đã đổi. Người ấy phải đăng nhập lại.")
    try:
        wanted.demand_office()
    except BadInput as error:
        return _page(account_id, error=error.code), WRONG
    return _twice(
        account_id,
        "place",
        lambda: services().desks.person.move(actor(), account_id, wanted, now=now()),
        told,
    )


@blueprint.post("/open")
@needs(OPERATOR)
def set_open(account_id: int) -> Answer:
    """Closes her account, or opens it again."""
    is_open = request.form.get("open") == "1"
    told = _("Đã mở lại.") if is_open else _("Đã đóng. Mọi phiên của người ấy đã chấm dứt.")
    return _twice(
        account_id,
        "open" if is_open else "close",
        lambda: services().accounts.set_open(actor(), account_id, is_open=is_open, now=now()),
        told,
    )


@blueprint.post("/sessions")
@needs(OPERATOR)
def sign_out(account_id: int) -> Answer:
    """Ends all her sessions."""
    return _twice(
        account_id,
        "sessions",
        lambda: services().desks.person.sign_out(actor(), account_id, now=now()),
        _("Người ấy đã bị đăng xuất ở mọi máy."),
    )


@blueprint.post("/second-factor")
@needs(OPERATOR)
def remove_second_factor(account_id: int) -> Answer:
    """Takes her second factor off, for a `reason`."""
    reason = request.form.get("reason", "")
    return _twice(
        account_id,
        "second_factor",
        lambda: services().desks.person.remove_second_factor(actor(), account_id, reason, now=now()),
        _("Đã gỡ mã xác thực. Người ấy phải đăng nhập lại."),
    )


@blueprint.post("/recovery")
@needs(OPERATOR)
def recover(account_id: int) -> Answer:
    """Makes an invitation that lets her back in, and shows it."""
    if not _is_sure():
        return _ask(account_id, "recovery")
    try:
        made = services().invitations.make_recovery(actor(), account_id, now=now())
    except BadInput as error:
        return _page(account_id, error=error.code), WRONG
    return redirect(url_for("account.card", secret=made.secret), code=303)


def _twice(account_id: int, deed: str, do: Callable[[], None], told: str) -> Answer:
    """Asks first whether it is meant, naming what will be; does it where the form says `sure`."""
    if not _is_sure():
        return _ask(account_id, deed)
    try:
        do()
    except BadInput as error:
        return _page(account_id, error=error.code), WRONG
    flash(told)
    return redirect(url_for("admin_person.page", account_id=account_id), code=303)


def _is_sure() -> bool:
    return request.form.get("sure") == "yes"


def _ask(account_id: int, deed: str) -> str:
    view = services().desks.person.one(actor(), account_id, now=now())
    return render_template("admin/sure.html", view=view, deed=deed, typed=typed(FIELDS), **place_choices())


def _page(account_id: int, *, error: str = "") -> str:
    view = services().desks.person.one(actor(), account_id, now=now())
    place = {"role": view.place.role, "workshop": view.place.workshop, "issuer": view.place.issuer}
    return render_template(
        "admin/person.html",
        view=view,
        typed=typed(FIELDS) if error else place,
        error=error,
        roles=ROLES,
        entries=services().audit_trail.page(actor(), account_id=account_id).entries[:LATEST],
        **place_choices(),
    )
