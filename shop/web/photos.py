"""Photographs: those of products on sale for everybody, and how any of them is sent."""

from typing import Final

from flask import Blueprint, Response, send_file

from shop.services.products.photos import PhotoFile
from shop.web.current import services

__all__ = ["blueprint", "sent"]

blueprint = Blueprint("photos", __name__)

# The bytes under a name never change. A product may be hidden, though, so it is not kept for ever.
KEPT_FOR: Final = "public, max-age=2592000"


@blueprint.get("/photos/<name>")
def photo(name: str) -> Response:
    """A photograph of a product on sale, in one of its sizes."""
    return sent(services().desks.artisan.photos.public(name), keep=KEPT_FOR)


def sent(file: PhotoFile, *, keep: str) -> Response:
    """Gives a photograph as an answer.

    Args:
        file: as the service gave it.
        keep: who may keep it for how long, as `Cache-Control` says it.
    """
    response = send_file(file.path)
    response.headers.update(file.headers)
    response.headers["Cache-Control"] = keep
    return response
