"""For resolvers: the linkset of a label's path, the way to one of its links, and what this resolver is.

Source: GS1 Digital Link 1.6.0 and GS1's resolver standard; RFC 9264. What a link leads to is looked up among
our own addresses, never taken from the request, so nobody can send a visitor elsewhere.
"""

from typing import Any, Final

from flask import Blueprint, Response, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from shop.errors import NotFound
from shop.services.signed.rows import local_id
from shop.web.answers import open_to_all
from shop.web.current import now, services
from traceability.errors import Reason
from traceability.export.linkset import LINKSET_MEDIA_TYPE, lot_linkset, page_link, product_linkset
from traceability.labels.code import LabelCode
from traceability.records.canonical import Document, canonical
from traceability.records.passport import LotPassport

__all__ = ["advertise", "answer", "blueprint"]

blueprint = Blueprint("links", __name__)

GS1: Final = "https://ref.gs1.org/voc/"
_LINKSET: Final = frozenset({"all", "linkset"})
_PAGE: Final = frozenset({f"{GS1}defaultLink", f"{GS1}traceability"})  # this very address


@blueprint.get("/.well-known/gs1resolver")
def resolver() -> Response:
    """What this resolver is and can, as GS1's resolver standard asks."""
    response = jsonify(
        {
            "name": "Làng nghề",
            "resolverRoot": f"https://{services().settings.identity_host}",
            "supportedPrimaryKeys": ["01"],
            "supportedLinkType": [{"namespace": GS1, "prefix": "gs1:"}],
            "linkTypeDefaultCanBeLinkset": False,
        }
    )
    response.headers["Cache-Control"] = "public, max-age=86400"
    return open_to_all(response)


def answer(code: LabelCode) -> BaseResponse | None:
    """Gives what the request wants instead of a page: the linkset, or the way to a link; None for the page.

    Raises:
        NotFound: for a product, lot or serial that is not known, and a link type that it has not.
    """
    asked = request.args.get("linkType")
    link_type = _expand(asked) if asked else None
    if link_type in _PAGE or (link_type is None and not _accepts_linkset()):
        return None
    linkset = _linkset(code)
    if link_type is None or link_type in _LINKSET:
        return _send(linkset)
    return _lead(linkset, link_type, code)


def advertise(response: BaseResponse, code: LabelCode) -> None:
    """Names the linkset in the headers of a label's page."""
    target = f'<{code.path}?linkType=linkset>; rel="linkset"; type="{LINKSET_MEDIA_TYPE}"'
    response.headers["Link"] = target


def _expand(link_type: str) -> str:
    """Gives a link type as linksets spell it: GS1's as an address, UNTP's by its short name."""
    if link_type.startswith("gs1:"):
        return GS1 + link_type.removeprefix("gs1:")
    return link_type.removeprefix("untp:")


def _accepts_linkset() -> bool:
    kinds = ["text/html", "application/json", LINKSET_MEDIA_TYPE]
    return request.accept_mimetypes.best_match(kinds, default="text/html") == LINKSET_MEDIA_TYPE


def _linkset(code: LabelCode) -> Document:
    if code.lot is None:
        slug = services().scans.product_slug(code)
        card = services().catalogue.product(slug, now=now()).card
        page = services().settings.public_base_url + url_for("storefront.product", slug=slug, lang=None)
        return product_linkset(code.product_uri, page_link(page, card.name.vi))
    verdict = services().scans.look_up(code.to_uri(), now=now(), is_scan=False).verdict
    records = [item.record for item in verdict.chain.records] if verdict.chain is not None else []
    if not records or not isinstance(records[0], LotPassport) or Reason.SERIAL_NOT_IN_LOT in verdict.reasons:
        raise NotFound("NO_LOT", f"nothing is known of {code.unsealed_uri}")
    return lot_linkset(records[0], records[1:], serial=code.serial)


def _lead(linkset: Document, link_type: str, code: LabelCode) -> BaseResponse:
    """Leads to the link of a type, of the nearest level that has it; several are answered as a choice."""
    found: list[Any] = next((level[link_type] for level in linkset["linkset"] if link_type in level), [])
    if link_type in {"anchor", "description"} or not found:
        raise NotFound("NO_LINK", f"no link of type {link_type[:80]!r}")
    if len(found) > 1:
        return _send(linkset, status=300)
    if link_type == f"{GS1}pip":
        return redirect(url_for("storefront.product", slug=services().scans.product_slug(code)), 307)
    return redirect(url_for("records.record", record_id=local_id(found[0]["href"])), 307)


def _send(linkset: Document, *, status: int = 200) -> Response:
    response = Response(canonical(linkset), status=status, mimetype=LINKSET_MEDIA_TYPE)
    response.headers["Cache-Control"] = "no-cache"
    response.vary.add("Accept")
    return open_to_all(response)
