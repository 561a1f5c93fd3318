"""For inspectors: the page that works without signal."""

from typing import Final

from flask import Blueprint, Response, redirect, render_template, url_for
from werkzeug.wrappers import Response as BaseResponse

from shop.services.access.actors import INSPECTOR
from shop.web.access import needs
from shop.web.current import services
from shop.web.inspector.pocket import READER, WASM, script_url, vendor_url
from shop.web.security import POLICY
from traceability.errors import Reason

__all__ = ["blueprint"]

blueprint = Blueprint("inspector", __name__, url_prefix="/inspector")

# WebAssembly is compiled on this page alone, to read codes; it comes from this site, as everything does.
POCKET_POLICY: Final = POLICY.replace("script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'") + (
    "; worker-src 'self'; manifest-src 'self'"
)


@blueprint.get("/")
@needs(INSPECTOR)
def home() -> BaseResponse:
    """The inspector's desk is the page that she takes along."""
    return redirect(url_for("inspector.pocket"))


@blueprint.get("/pocket")
@needs(INSPECTOR)
def pocket() -> Response:
    """The page; there is nothing of anybody in it, because the browser keeps it."""
    head = services().log_pages.head()
    html = render_template(
        "inspector/pocket.html",
        script_url=script_url(),
        reader_url=vendor_url(READER),
        wasm_url=vendor_url(WASM),
        reasons=[str(reason) for reason in Reason],
        inside_witnesses=head.inside if head is not None else (),
        shop_address=services().settings.public_base_url,
        exported_at="{made}",
    )
    response = Response(html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = POCKET_POLICY
    response.headers["Cache-Control"] = "no-cache"
    return response
