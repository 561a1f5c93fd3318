"""For anybody: photos and voice notes of signed steps, under the digests that the steps have signed."""

from io import BytesIO
from typing import Final

from flask import Blueprint, Response, send_file

from shop.services.uploads.step_files import ServedFile
from shop.web.current import services

__all__ = ["blueprint"]

blueprint = Blueprint("evidence", __name__)

# What stands under a digest can be nothing else, ever.
KEPT_FOR: Final = "public, max-age=31536000, immutable"


@blueprint.get("/evidence/<digest>")
def whole(digest: str) -> Response:
    """A photo or voice note of a step: exactly the bytes that the digest is of."""
    return _sent(services().step_files.whole(digest), digest)


@blueprint.get("/evidence/<digest>/small")
def small(digest: str) -> Response:
    """A photo of a step in the size of a page's column, drawn from those bytes."""
    return _sent(services().step_files.small(digest), f"{digest}-small")


def _sent(file: ServedFile, name: str) -> Response:
    # Pictures are our own drawings. A browser that is led to a recording saves it; a player plays it.
    is_picture = file.mimetype.startswith("image/")
    response = send_file(
        BytesIO(file.data), file.mimetype, as_attachment=not is_picture, download_name=name, etag=name
    )
    response.headers["Cache-Control"] = KEPT_FOR
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
