"""For artisans whose key lies on their own device: what it is to sign, and what it has signed, as JSON."""

from typing import Any

from flask import Blueprint, jsonify, request, url_for
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from shop.services.actors import ARTISAN
from shop.services.lots.holding import HeldSigning, Unsigned
from shop.web.access import actor, needs
from shop.web.current import now, services
from shop.web.in_json import demand_no_zero

__all__ = ["blueprint"]

blueprint = Blueprint("artisan_signing", __name__, url_prefix="/artisan/lots/drafts/<token>/sign")


def held() -> HeldSigning:
    """Gives the service of keys on devices."""
    return services().desks.lots.held


@blueprint.post("/events")
@needs(ARTISAN)
def events(token: str) -> Response:
    """The steps to sign, and the status list; `seen` from the preview."""
    seen = _sent().get("seen")
    found = held().prepare_events(actor(), token, seen=seen if isinstance(seen, str) else "", now=now())
    return _answer(found)


@blueprint.post("/passport")
@needs(ARTISAN)
def passport(token: str) -> Response:
    """The passport to sign, over the signed steps in `records`."""
    return _answer(held().prepare_passport(actor(), token, _records(), now=now()))


@blueprint.post("/done")
@needs(ARTISAN)
def done(token: str) -> Response:
    """Takes in all signed `records`, and says where the lot is."""
    lot_id = held().admit_signed(actor(), token, _records(), now=now())
    return jsonify({"lot": url_for("artisan_lots.lot", lot_id=lot_id)})


def _answer(found: Unsigned) -> Response:
    return jsonify({"documents": found.documents, "method": found.method, "keyName": found.key_name})


def _sent() -> dict[str, Any]:
    demand_no_zero(request.get_data())
    sent = request.get_json(silent=True)
    if not isinstance(sent, dict):
        raise BadRequest
    return sent


def _records() -> list[bytes]:
    """Gives the signed records, which travel as text: their bytes are UTF-8 in one spelling."""
    records = _sent().get("records")
    if not isinstance(records, list) or not all(isinstance(record, str) for record in records):
        raise BadRequest
    return [record.encode("utf-8", "surrogatepass") for record in records]
