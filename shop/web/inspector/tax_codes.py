"""For inspectors: a workshop's tax code, asked for with a reason and shown once."""

from flask import Blueprint, make_response, render_template

from shop.errors import BadFields
from shop.services.access.actors import INSPECTOR
from shop.services.inspecting.tax_codes import WORKSHOPS_A_PAGE, TaxCodes
from shop.web.access import actor, needs
from shop.web.answers import WRONG, Answer
from shop.web.asked import asked_words
from shop.web.current import now, services
from shop.web.guards import guards
from shop.web.typed import typed

__all__ = ["blueprint"]

blueprint = Blueprint("inspector_tax_codes", __name__, url_prefix="/inspector/tax-codes")


def tax_codes() -> TaxCodes:
    """Gives the service."""
    return services().desks.tax_codes


@blueprint.get("/")
@needs(INSPECTOR)
def home() -> Answer:
    """Looks for a workshop; `q`."""
    found = tax_codes().workshops(actor(), asked_words(), now=now())
    return render_template(
        "inspector/tax_codes.html",
        found=found[:WORKSHOPS_A_PAGE],
        has_more=len(found) > WORKSHOPS_A_PAGE,
        q=asked_words(),
    )


@blueprint.get("/<slug>")
@needs(INSPECTOR)
def form(slug: str) -> Answer:
    """The form that asks for the reason; nothing is told yet."""
    return _form(slug, {}, {})


@blueprint.post("/<slug>")
@needs(INSPECTOR)
def look(slug: str) -> Answer:
    """Tells the code in this answer alone, which nothing keeps; every look is noted and counted."""
    texts = typed(("reason",))
    guards().take_look(actor().account_id)
    try:
        told = tax_codes().tell(actor(), slug, texts["reason"], now=now())
    except BadFields as error:
        return _form(slug, texts, error.mistakes), WRONG
    response = make_response(render_template("inspector/tax_code_told.html", told=told))
    response.headers["Cache-Control"] = "no-store"
    return response


def _form(slug: str, texts: dict[str, str], mistakes: dict[str, str]) -> str:
    workshop = tax_codes().workshop(actor(), slug, now=now())
    return render_template("inspector/tax_code.html", workshop=workshop, typed=texts, mistakes=mistakes)
