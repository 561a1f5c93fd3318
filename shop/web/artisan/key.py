"""For artisans whose record key is on their own device: who holds what, and where a key is handed in."""

from typing import Any

from flask import Blueprint, jsonify, render_template, request
from werkzeug.wrappers import Response

from shop.services.access.actors import ARTISAN
from shop.services.keys.own_keys import OwnKeyStanding
from shop.web.access import actor, needs
from shop.web.current import now, services
from shop.web.in_json import in_json, take_key

__all__ = ["blueprint"]

blueprint = Blueprint("artisan_key", __name__, url_prefix="/artisan")


@blueprint.get("/key")
@needs(ARTISAN)
def page() -> str | Response:
    """Who holds the workshop's keys; for the page's script, where this account stands, as JSON."""
    standing = services().desks.own_keys.standing(actor(), now=now())
    if request.accept_mimetypes.best == "application/json":
        return jsonify(_for_script(standing))
    desk = services().desks.artisan
    mine, status_list = desk.workshop.mine(actor()), desk.status_list.standing(actor(), now=now())
    return render_template("artisan/key.html", standing=standing, mine=mine, status_list=status_list)


@blueprint.post("/key")
@in_json
@needs(ARTISAN)
def hand_in() -> Response:
    """Takes the public half of a key that was made in a browser."""
    return take_key()


def _for_script(standing: OwnKeyStanding) -> dict[str, Any]:
    return {
        "accountId": standing.account_id,
        "issuer": standing.issuer,
        "host": standing.host,
        "nonce": standing.nonce,
        "keyName": standing.key_name,
        "holder": standing.holder,
        "keys": [{"publicKey": one.public_key, "state": one.state} for one in standing.keys],
    }
