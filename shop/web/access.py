"""Who acts in this request, and what only some roles may open."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import abort, g

from shop.services.actors import Actor, demand_role

__all__ = ["actor", "needs"]

View = TypeVar("View", bound=Callable[..., Any])


def actor() -> Actor:
    """Gives the signed-in person."""
    found: Actor | None = g.get("actor")
    if found is None:
        abort(401)
    return found


def needs(*roles: str) -> Callable[[View], View]:
    """Lets only these roles in."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            demand_role(actor(), *roles)
            return view(*args, **kwargs)

        return guarded  # type: ignore[return-value]

    return guard
