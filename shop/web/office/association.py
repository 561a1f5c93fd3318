"""For associations and communes: what they are asked to attest or transcribe, and what they have signed."""

from flask import Blueprint

from shop.services.access.actors import ASSOCIATION
from shop.web.office.counter_views import serve_counter

__all__ = ["blueprint"]

blueprint = Blueprint("association", __name__, url_prefix="/association")
serve_counter(blueprint, ASSOCIATION, under="/requests")
