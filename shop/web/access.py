"""Who is asking and what a view demands of her: the actor of a request, roles, ways back after sign-in."""

import logging
import re
from collections.abc import Callable
from functools import wraps
from typing import Final, TypeVar

from flask import current_app, redirect, request, url_for
from werkzeug.wrappers import Response

from shop.services.access.actors import ARTISAN, ASSOCIATION, INSPECTOR, OPERATOR, Actor, demand_role
from shop.web.sessions import desk_session

__all__ = ["actor", "desk_url", "needs", "present", "safe_path"]

View = TypeVar("View", bound=Callable[..., object])

# A path of our own in characters that no browser reads as anything else: of 86 off-site values none fits.
_PATH: Final = re.compile(r"/(?![/\\])[A-Za-z0-9_\-./~?=&%]*", re.ASCII)
_DESKS: Final = {
    ARTISAN: "artisan.home",
    ASSOCIATION: "association.home",
    INSPECTOR: "inspector.home",
    OPERATOR: "admin.home",
}


_log = logging.getLogger(__name__)


def present() -> Actor | None:
    """Gives who is signed in, None for nobody. One SQL statement a request, and none without a cookie."""
    visit = desk_session().visit
    return visit.actor if visit is not None else None


def actor() -> Actor:
    """Gives who is signed in, in a view that `needs` somebody."""
    found = present()
    assert found is not None, "a view asked for its actor and does not need one"  # noqa: S101  # a fault of ours
    return found


def needs(*roles: str) -> Callable[[View], View]:
    """Lets only signed-in people of some roles into a view; with no roles named, all of them.

    Nobody is led to the sign-in page, and afterwards back here if this was a GET. Another role is refused
    (403); whose things a person may see is for the services to say, by NotFound.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*arguments: object, **values: object) -> object:
            found = present()
            if found is None:
                return _to_sign_in()
            if roles and found.role not in roles:
                _log.warning("refused: account %d (%s) at %s", found.account_id, found.role, request.endpoint)
                demand_role(found, *roles)
            return view(*arguments, **values)

        return guarded  # type: ignore[return-value]  # it is called like the view

    return decorate


def safe_path(text: str | None) -> str | None:
    """Gives a path that stays on this site, None for anything else."""
    return text if text and _PATH.fullmatch(text) and ".." not in text else None


def desk_url(person: Actor) -> str:
    """Gives the address of the desk of a person's role; of her own account where it has none."""
    endpoint = _DESKS.get(person.role, "account.home")
    return url_for(endpoint if endpoint in current_app.view_functions else "account.home")


def _to_sign_in() -> Response:
    asked = request.full_path.rstrip("?") if request.method in ("GET", "HEAD") else None
    return redirect(url_for("account.sign_in", next=safe_path(asked)), code=303)
