"""For everybody with an account: signing in and out, invitations, password, second factor."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.wrappers import Response

from shop.errors import BadInput
from shop.services.access.accounts import TOTP, Next, SignedIn
from shop.services.access.actors import Actor
from shop.services.access.invitations import Invited, Joining
from shop.services.access.sample_accounts import SAMPLE_ACCOUNTS, SAMPLE_PASSWORD
from shop.web.access import actor, desk_url, needs, present, safe_path
from shop.web.answers import WRONG, Answer
from shop.web.current import now, services
from shop.web.guards import guards
from shop.web.sessions import desk_session
from traceability.labels import qr

__all__ = ["blueprint"]

blueprint = Blueprint("account", __name__, url_prefix="/account")


@blueprint.get("/")
@needs()
def home() -> Answer:
    """The person's own page."""
    person = actor()
    visit = desk_session().visit
    return render_template(
        "account/home.html",
        has_second_factor=visit is not None and visit.has_second_factor,
        needs_second_factor=services().accounts.needs_second_factor(person.role),
        trail=services().audit_trail.own(person).entries[:10],
        signs_for=_name_of_issuer(person),
    )


@blueprint.get("/sign-in")
def sign_in() -> Answer:
    """The form; who is signed in is led on."""
    person = present()
    if person is not None:
        return redirect(desk_url(person))
    wanted = safe_path(request.args.get("next"))
    if _waiting() is not None:
        return redirect(url_for("account.second_factor", next=wanted))
    return _sign_in_page(next=wanted)


@blueprint.post("/sign-in")
def enter() -> Answer:
    """Checks name and password; the answer never says which of the two was wrong."""
    name, wanted = request.form.get("name", ""), safe_path(request.form.get("next"))
    guards().take_try(name)
    try:
        signed_in = services().accounts.sign_in(
            name,
            request.form.get("password", ""),
            now=now(),
            instead_of=desk_session().token,
            new_secret=guards().new_secret,
        )
    except BadInput as error:
        return _sign_in_page(error=error.code, name=name, next=wanted), WRONG
    guards().forgive_try(name)
    return _go_on(signed_in, wanted)


@blueprint.post("/sign-out")
def sign_out() -> Answer:
    """Ends this browser's session, or with `everywhere` all of the person's."""
    session, person = desk_session(), present()
    if person is not None and request.form.get("everywhere"):
        services().sessions.end_all(person, now=now())
    if session.token is not None:
        services().sessions.end(session.token, now=now())
    session.leave()
    flash(_("Bạn đã đăng xuất."))
    return redirect(url_for("account.sign_in"), code=303)


@blueprint.get("/password")
@needs()
def password() -> Answer:
    """The form for a new password."""
    return render_template("account/password.html")


@blueprint.post("/password")
@needs()
def change_password() -> Answer:
    """Changes the password and ends all other sessions."""
    person = actor()
    guards().take_code(person.account_id)
    try:
        signed_in = services().accounts.change_password(
            person,
            request.form.get("old", ""),
            request.form.get("new", ""),
            now=now(),
            instead_of=_token(),
        )
    except BadInput as error:
        return render_template("account/password.html", error=error.code), WRONG
    flash(_("Đã đổi mật khẩu. Các máy khác phải đăng nhập lại."))
    return _go_on(signed_in, url_for("account.home"))


@blueprint.get("/second-factor")
def second_factor() -> Answer:
    """Where a person who signed in shows the code of her telephone."""
    if _waiting() is None:
        return redirect(url_for("account.sign_in"))
    if TOTP in desk_session():
        return redirect(url_for("account.set_up"))
    return render_template("account/code.html", next=safe_path(request.args.get("next")))


@blueprint.post("/second-factor")
def show_code() -> Answer:
    """Checks that code."""
    person, wanted = _waiting(), safe_path(request.form.get("next"))
    if person is None:
        return redirect(url_for("account.sign_in"), code=303)
    guards().take_code(person.account_id)
    kept = services().accounts.second_factor(person.account_id)
    code = request.form.get("code", "")
    counter = guards().check_code(code, kept.secret, last=kept.counter) if kept else None
    try:
        signed_in = services().accounts.pass_code(person, counter, now=now(), instead_of=_token())
    except BadInput as error:
        return render_template("account/code.html", error=error.code, next=wanted), WRONG
    return _go_on(signed_in, wanted)


@blueprint.post("/second-factor/new")
@needs()
def begin_set_up() -> Answer:
    """Makes the secret of a second factor, which counts once a code of it was shown."""
    person = actor()
    guards().take_code(person.account_id)
    try:
        services().accounts.demand_password(person, request.form.get("password", ""))
    except BadInput:
        flash(_("Chưa bật được: mật khẩu chưa đúng."), "wrong")
        return redirect(url_for("account.home"), code=303)
    desk_session()[TOTP] = guards().new_secret()
    return redirect(url_for("account.set_up"), code=303)


@blueprint.get("/second-factor/set-up")
def set_up() -> Answer:
    """The secret as a QR code, and the field for its first code."""
    if TOTP not in desk_session():
        return redirect(url_for("account.home"))
    return _set_up_page()


@blueprint.post("/second-factor/set-up")
def finish_set_up() -> Answer:
    """Takes the second factor over, when its first code is right."""
    visit = desk_session().visit
    if visit is None or visit.account is None or TOTP not in desk_session():
        return redirect(url_for("account.home"), code=303)
    guards().take_code(visit.account.account_id)
    secret = desk_session()[TOTP]
    counter = guards().check_code(request.form.get("code", ""), secret)
    if counter is None:
        return _set_up_page(error="CODE_REFUSED"), WRONG
    signed_in = services().accounts.take_second_factor(
        visit.account, secret, counter, now=now(), instead_of=_token()
    )
    flash(_("Từ nay mỗi lần đăng nhập cần thêm một mã trên điện thoại."))
    return _go_on(signed_in, None)


@blueprint.post("/second-factor/off")
@needs()
def drop_second_factor() -> Answer:
    """Takes the second factor away, where the role may be without one."""
    person = actor()
    guards().take_code(person.account_id)
    try:
        signed_in = services().accounts.drop_second_factor(
            person, request.form.get("password", ""), now=now(), instead_of=_token()
        )
    except BadInput:
        flash(_("Chưa tắt được: mật khẩu chưa đúng, hoặc vai trò của bạn phải có mã xác thực."), "wrong")
        return redirect(url_for("account.home"), code=303)
    flash(_("Đã tắt mã xác thực."))
    return _go_on(signed_in, url_for("account.home"))


@blueprint.get("/join/<secret>")
def join(secret: str) -> Answer:
    """What an invitation says, and the form that uses it up."""
    return _join_page(services().invitations.look_up(secret, now=now()), secret)


@blueprint.post("/join/<secret>")
def accept(secret: str) -> Answer:
    """Makes the account, or opens it again, and signs in."""
    try:
        signed_in = services().invitations.accept(
            secret,
            Joining(*(request.form.get(name, "") for name in ("person", "name", "password"))),
            now=now(),
            instead_of=desk_session().token,
            new_secret=guards().new_secret,
        )
    except BadInput as error:
        invited = services().invitations.look_up(secret, now=now())
        return _join_page(invited, secret, error=error.code), WRONG
    return _go_on(signed_in, None)


@blueprint.get("/join/<secret>/card")
def card(secret: str) -> Answer:
    """The invitation as a sheet of paper: QR code and words in big print."""
    invited = services().invitations.look_up(secret, now=now())
    address = services().settings.public_base_url + url_for("account.join", secret=secret)
    picture = Markup(qr.svg(address, title=_("Mã mời"), module_mm=1.2))  # noqa: S704  # our own drawing
    return render_template("account/card.html", invited=invited, address=address, picture=picture)


def _go_on(signed_in: SignedIn, wanted: str | None) -> Response:
    """Hands the browser its new session and leads on: to what is missing, where she was going, her desk."""
    desk_session().take(signed_in.token)
    if signed_in.next is Next.CODE:
        return redirect(url_for("account.second_factor", next=wanted), code=303)
    if signed_in.next is Next.SET_UP:
        return redirect(url_for("account.set_up"), code=303)
    return redirect(wanted or desk_url(signed_in.actor), code=303)


def _sign_in_page(**values: str | None) -> str:
    samples = SAMPLE_ACCOUNTS if services().settings.is_demo else ()
    return render_template("account/sign_in.html", samples=samples, sample_password=SAMPLE_PASSWORD, **values)


def _waiting() -> Actor | None:
    """Gives whose second factor this browser's session waits for."""
    visit = desk_session().visit
    return visit.account if visit is not None and visit.is_waiting else None


def _name_of_issuer(person: Actor) -> str | None:
    """Gives for whom she signs, as the trust list prints it; the slug of an issuer that it does not know."""
    names = {key.method.controller.rpartition(":")[2]: key.name for key in services().records.trust.keys}
    return names.get(person.issuer, person.issuer) if person.issuer else None


def _token() -> str:
    return desk_session().token or ""


def _join_page(invited: Invited, secret: str, *, error: str = "") -> str:
    return render_template("account/join.html", invited=invited, secret=secret, error=error)


def _set_up_page(*, error: str = "") -> str:
    visit = desk_session().visit
    name = visit.account.name if visit is not None and visit.account is not None else ""
    address, letters = guards().shown_secret(name, desk_session()[TOTP])
    picture = Markup(qr.svg(address, title=_("Mã để cài ứng dụng"), module_mm=0.9))  # noqa: S704  # ours
    return render_template("account/set_up.html", picture=picture, letters=letters, error=error)
