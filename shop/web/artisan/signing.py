"""For artisans whose key lies on their own device: what it is to sign, and what it has signed, as JSON.

Each address ends in the name of a round. A script sends all that it has signed so far, signs what it is
given, and goes on to the next round, until one answers with the page to show.
"""

from flask import Blueprint, jsonify, url_for
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from shop.services.access.actors import ARTISAN
from shop.services.keys.own_status_list import OwnStatusList
from shop.services.lots.held_corrections import HeldCorrections
from shop.services.lots.holding import HeldSigning
from shop.services.lots.prepared import Unsigned
from shop.web.access import actor, needs
from shop.web.current import now, services
from shop.web.in_json import sent_object

__all__ = ["blueprint"]

blueprint = Blueprint("artisan_signing", __name__, url_prefix="/artisan")


def held() -> HeldSigning:
    """Gives the service of lots for keys on devices."""
    return services().desks.lots.held


def corrections() -> HeldCorrections:
    """Gives the service of corrections for keys on devices."""
    return services().desks.lots.held_corrections


def status_list() -> OwnStatusList:
    """Gives the service of status lists for keys on devices."""
    return services().desks.artisan.status_list


@blueprint.post("/lots/drafts/<token>/sign/events")
@needs(ARTISAN)
def events(token: str) -> Response:
    """The steps to sign, and the status list; `seen` from the preview."""
    return _answer(held().prepare_events(actor(), token, seen=_seen(), now=now()))


@blueprint.post("/lots/drafts/<token>/sign/passport")
@needs(ARTISAN)
def passport(token: str) -> Response:
    """The passport to sign, over the signed steps in `records`."""
    return _answer(held().prepare_passport(actor(), token, _records(), now=now()))


@blueprint.post("/lots/drafts/<token>/sign/done")
@needs(ARTISAN)
def done(token: str) -> Response:
    """Takes in all signed `records`, and says where the lot is."""
    lot_id = held().admit_signed(actor(), token, _records(), now=now())
    return jsonify({"page": url_for("artisan_lots.lot", lot_id=lot_id)})


@blueprint.post("/lots/corrections/<token>/sign/steps")
@needs(ARTISAN)
def corrected_steps(token: str) -> Response:
    """The corrected steps to sign, and the status list; `seen` from the preview."""
    return _answer(corrections().prepare_steps(actor(), token, seen=_seen(), now=now()))


@blueprint.post("/lots/corrections/<token>/sign/passport")
@needs(ARTISAN)
def corrected_passport(token: str) -> Response:
    """The newer passport to sign, over the signed steps in `records`."""
    return _answer(corrections().prepare_passport(actor(), token, _records(), now=now()))


@blueprint.post("/lots/corrections/<token>/sign/notice")
@needs(ARTISAN)
def correcting_notice(token: str) -> Response:
    """The notice to sign, over the signed passport in `records`."""
    return _answer(corrections().prepare_notice(actor(), token, _records(), now=now()))


@blueprint.post("/lots/corrections/<token>/sign/done")
@needs(ARTISAN)
def corrected(token: str) -> Response:
    """Takes in all signed `records`, and says where the lot is."""
    lot_id = corrections().admit_signed(actor(), token, _records(), now=now())
    return jsonify({"page": url_for("artisan_lots.lot", lot_id=lot_id)})


@blueprint.post("/status-list/sign/list")
@needs(ARTISAN)
def next_list() -> Response:
    """The next version of the workshop's status list, to sign."""
    return _answer(status_list().prepare(actor(), now=now()))


@blueprint.post("/status-list/sign/done")
@needs(ARTISAN)
def renewed() -> Response:
    """Takes in the signed version."""
    status_list().admit_signed(actor(), tuple(_records()), now=now())
    return jsonify({"page": url_for("artisan_key.page")})


def _answer(found: Unsigned) -> Response:
    return jsonify({"documents": found.documents, "method": found.method, "keyName": found.key_name})


def _seen() -> str:
    seen = sent_object().get("seen")
    return seen if isinstance(seen, str) else ""


def _records() -> list[bytes]:
    """Gives the signed records, which travel as text: their bytes are UTF-8 in one spelling."""
    records = sent_object().get("records")
    if not isinstance(records, list) or not all(isinstance(record, str) for record in records):
        raise BadRequest
    return [record.encode("utf-8", "surrogatepass") for record in records]
