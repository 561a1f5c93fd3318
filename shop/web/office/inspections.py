"""For inspectors: the inspections that they are asked for, and what they have signed."""

from flask import Blueprint

from shop.services.access.actors import INSPECTOR
from shop.web.office.counter_views import serve_counter

__all__ = ["blueprint"]

blueprint = Blueprint("inspections", __name__, url_prefix="/inspector/requests")
serve_counter(blueprint, INSPECTOR)
