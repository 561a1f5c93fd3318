"""For the operator: what waits, people and invitations, the trail, and how the instance is."""

from typing import Final

from flask import Blueprint, redirect, render_template, request, url_for

from shop.errors import BadInput
from shop.folding import in_human_order
from shop.services.access.actors import OPERATOR, ROLES
from shop.web.access import actor, needs
from shop.web.answers import WRONG, Answer
from shop.web.asked import asked_page, asked_words
from shop.web.current import now, services

__all__ = ["blueprint", "place_choices"]

blueprint = Blueprint("admin", __name__, url_prefix="/admin")

OFFICES: Final = frozenset({"association", "commune", "inspector"})  # roles of the trust list


@blueprint.get("/")
@needs(OPERATOR)
def home() -> Answer:
    """The desk: how the instance is, and the work that waits."""
    person, moment = actor(), now()
    return render_template(
        "admin/home.html",
        health=services().desks.health.look(person, now=moment),
        waiting_keys=services().desks.trust.count_waiting(person, now=moment),
        certificates=services().desks.certificates.page(person, now=moment).counts,
    )


@blueprint.get("/people")
@needs(OPERATOR)
def people() -> Answer:
    """Everybody with an account; `q`, `role`, `page`."""
    role = request.args.get("role")
    page = services().desks.people.page(actor(), role=role, search=asked_words(), number=asked_page())
    return render_template(
        "admin/people.html", page=page, roles=ROLES, role=role, q=asked_words(), **place_choices()
    )


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
    """Who did what, newest first; `q`, `page`; `subject` shows one thing's trail."""
    subject = asked_words("subject") or None
    page = services().audit_trail.page(actor(), page=asked_page(), subject=subject, search=asked_words())
    return render_template("admin/trail.html", page=page, subject=subject, q=asked_words())


def _invitation_page(typed: dict[str, str], *, error: str = "") -> str:
    return render_template("admin/invite.html", typed=typed, error=error, roles=ROLES, **place_choices())


def place_choices() -> dict[str, object]:
    """Gives the workshops and offices that the form of an invitation or of a person's place offers."""
    offices = {
        key.method.controller.rpartition(":")[2]: key.name
        for key in services().records.trust.keys
        if key.role in OFFICES and key.revoked is None
    }
    return {
        "places": services().desks.people.places(actor()),
        "offices": dict(sorted(offices.items(), key=lambda one: in_human_order(one[1]))),
    }
