"""For auditors and witnesses: the log's checkpoint, tiles and entries, as C2SP tlog-tiles names them.

Everything comes from the database; the static files in the data folder are a copy of the same bytes.
"""

from typing import Final

from flask import Blueprint, Response, render_template, request

from shop.errors import NotFound
from shop.web.answers import open_to_all
from shop.web.current import now, services

__all__ = ["blueprint"]

blueprint = Blueprint("log", __name__)
blueprint.after_request(open_to_all)

TEXT: Final = "text/plain; charset=utf-8"
FRESH: Final = "public, max-age=3"  # a new head is signed within a second
FOR_EVER: Final = "public, max-age=31536000, immutable"


@blueprint.get("/log")
def page() -> str | tuple[str, int]:
    """The log for people: its head, its witnesses, and what stands in it, of all, an issuer or a village."""
    asked = request.args
    digits = asked.get("page", "")
    number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 1
    issuer, village = asked.get("issuer") or None, asked.get("village") or None
    try:
        found = services().log_pages.page(now=now(), issuer=issuer, village=village, number=number)
    except NotFound:
        return render_template("log/nobody.html", name=(issuer or village or "")[:80]), 404
    return render_template(
        "log/page.html",
        page=found,
        roots_fingerprint=services().records.roots_fingerprint,
        address=services().settings.public_base_url,
    )


@blueprint.get("/log/checkpoint")
def checkpoint() -> Response:
    """The newest head, with the log's signature and its witnesses' cosignatures."""
    latest = services().ledger.latest()
    if latest is None:
        return _absent("no checkpoint yet")
    response = Response(latest.head.note.to_bytes(), content_type=TEXT)
    response.headers["Cache-Control"] = FRESH
    response.add_etag()
    response.make_conditional(request)
    return response


@blueprint.get("/log/tile/<path:rest>", merge_slashes=False)
def tile(rest: str) -> Response:
    """A tile of hashes or a bundle of entries, full or partial."""
    try:
        data = services().ledger.resource(f"tile/{rest}")
    except NotFound:
        return _absent("no such tile")
    response = Response(data, content_type="application/octet-stream")
    response.headers["Cache-Control"] = FOR_EVER
    response.add_etag()
    response.make_conditional(request)
    return response


def _absent(words: str) -> Response:
    """Gives a short answer for programs; what is not there yet may be in a moment."""
    response = Response(f"{words}\n", status=404, content_type=TEXT)
    response.headers["Cache-Control"] = "no-store"
    return response
