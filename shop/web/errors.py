"""Errors as pages: one table from our errors and HTTP's to a status, and one template."""

import logging
from typing import Final

from flask import Flask, current_app, render_template, request, url_for
from werkzeug.exceptions import HTTPException, SecurityError

from shop.errors import BadInput, Forbidden, NotFound, ShopError, StorageBusy
from shop.web.jinja import current_language
from traceability.errors import TraceabilityError

__all__ = ["install"]

# The first class that fits decides; everything else of ours is a fault of the server.
STATUSES: Final = (
    (NotFound, 404),
    (Forbidden, 403),
    (BadInput, 400),
    (TraceabilityError, 400),
    (StorageBusy, 503),
)
RETRY_AFTER_S: Final = {429: "300", 503: "5"}
PAGES: Final = frozenset({400, 403, 404, 413, 429, 500, 503})

_log = logging.getLogger(__name__)


def install(app: Flask) -> None:
    """Registers the handlers."""
    app.register_error_handler(ShopError, _ours)
    app.register_error_handler(TraceabilityError, _ours)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def _ours(error: Exception) -> tuple[str, int, dict[str, str]]:
    status = next((status for kind, status in STATUSES if isinstance(error, kind)), 500)
    if status == 500:
        _log.error("a request failed: %s", error)
    return _page(status)


def _http(error: HTTPException) -> tuple[str, int, dict[str, str]]:
    if isinstance(error, SecurityError):
        # A page has links, and under a host that is not ours there is nothing to build them from.
        return "400 unknown host\n", 400, {"Content-Type": "text/plain; charset=utf-8"}
    if error.code == 405:
        # The methods that would be answered stand in the error's own headers.
        return _page(405, Allow=dict(error.get_headers()).get("Allow", ""))
    return _page(error.code if error.code is not None else 500)


def _unexpected(error: Exception) -> tuple[str, int, dict[str, str]]:
    _log.exception("a request failed")
    return _page(500)


def _page(status: int, **more: str) -> tuple[str, int, dict[str, str]]:
    """Gives the page; a status that has no words of its own borrows those of 400 or 500."""
    later = {"Retry-After": RETRY_AFTER_S[status]} if status in RETRY_AFTER_S else {}
    headers = {"Cache-Control": "no-store"} | later | more
    shown = status if status in PAGES else (500 if status >= 500 else 400)
    return render_template("errors/error.html", code=shown, **_other_language()), status, headers


def _other_language() -> dict[str, object]:
    """Gives where the other language leads behind a form: to the form's page, or to the first one."""
    if request.method in {"GET", "HEAD"}:
        return {}
    if current_app.url_map.bind("").test(request.path, method="GET"):
        return {"has_switch": True}
    other = "vi" if current_language() == "en" else "en"
    return {"has_switch": True, "switch_language_url": url_for("storefront.home", lang=other)}
