"""Photographs from outside: decoded strictly; drawn anew in a few sizes, or kept if they are pixels alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from PIL import Image

from shop.errors import BadInput
from traceability.errors import Unreadable
from traceability.labels.decoding import PICTURE_FAULTS, upright
from traceability.labels.picture_parts import PictureParts, pixel_parts

__all__ = [
    "PHOTO_BUDGET_BYTES",
    "PHOTO_MAX_BYTES",
    "PHOTO_MIMETYPE",
    "PHOTO_WIDTHS",
    "PLAIN_MAX_BYTES",
    "PLAIN_MAX_SIDE",
    "Drawn",
    "demand_plain",
    "redraw",
]

PHOTO_MAX_BYTES: Final = 5_000_000
PHOTO_MAX_SIDE: Final = 8_000  # pixels
# How many pixels are decoded, so that each costs less than 150 MB. A JPEG of one scan is decoded line by line
# at reduced size: a phone's 24 megapixels cost 70 MB. A progressive one and a PNG are held whole, at up to
# 12 bytes a pixel (a page scanned at 300 dpi has 8.7 megapixels); a WebP at up to 21.
PHOTO_MAX_PIXELS: Final = {"JPEG": 24_000_000, "PNG": 9_000_000, "WEBP": 5_000_000}
PHOTO_MAX_PIXELS_WHOLE: Final = 9_000_000
# Each scan goes over all pixels, and 42 bytes are one: a file of 136 kB kept a processor busy for 22 seconds.
# Encoders write about ten.
PHOTO_MAX_SCANS: Final = 30

PHOTO_WIDTHS: Final = (
    320,
    800,
    1600,
)  # pixels; a picture is at most twice as high as that, and never enlarged
PHOTO_MIMETYPE: Final = "image/webp"
# Pages weigh little on slow networks: a size with a budget is drawn at the best quality that keeps to it.
PHOTO_BUDGET_BYTES: Final = {320: 12_000, 800: 45_000}
_QUALITIES: Final = (78, 65, 50, 35)

# A photo whose digest was signed must stay as it is, so its sender draws it anew: `pocket/photo.js`.
PLAIN_MAX_BYTES: Final = 400_000
PLAIN_MAX_SIDE: Final = 1_600  # pixels
# Where a JPEG keeps what is no pixel: APP0 to APP15, with camera, place and thumbnails, and comments.
_TALKING: Final = frozenset({*range(0xE0, 0xF0), 0xFE})

_LYING: Final = range(5, 9)  # the orientations whose pictures lie on their side


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture that we drew.

    Attributes:
        data: a WebP file without metadata.
        width: pixels.
        height: pixels.
    """

    data: bytes
    width: int
    height: int


def redraw(data: bytes, widths: Sequence[int] = PHOTO_WIDTHS) -> dict[int, Drawn]:
    """Draws a photograph upright on new canvases, one for each width; transparency becomes white.

    Takes up to a second of a processor and 150 MB: let few do it at once.

    Args:
        data: a PNG, JPEG or WebP file of one frame, within the PHOTO limits.
        widths: some of `PHOTO_WIDTHS`, in pixels.

    Raises:
        BadInput: PICTURE_TOO_LARGE (bytes, pixels or scans) or NOT_A_PICTURE.
    """
    if len(data) > PHOTO_MAX_BYTES:
        raise BadInput("PICTURE_TOO_LARGE", f"got {len(data)} bytes, at most {PHOTO_MAX_BYTES} expected")
    try:
        parts = pixel_parts(data)
        canvas = _decode(parts)
    except Unreadable as error:
        raise BadInput("NOT_A_PICTURE", str(error)) from error
    except PICTURE_FAULTS as error:
        raise BadInput("NOT_A_PICTURE", "a whole PNG, JPEG or WebP picture expected") from error
    return {width: _draw(canvas, width) for width in widths}


def demand_plain(data: bytes) -> tuple[int, int]:
    """Checks that a file is a whole small JPEG of pixels and nothing else; gives its width and height.

    Takes some 20 MB: let few do it at once.

    Args:
        data: at most `PLAIN_MAX_BYTES`, `PLAIN_MAX_SIDE` pixels a side, without any APP segment or comment.

    Raises:
        BadInput: PICTURE_TOO_LARGE, NOT_A_PICTURE, or PICTURE_NOT_PLAIN, where it says more than pixels.
    """
    if len(data) > PLAIN_MAX_BYTES:
        raise BadInput("PICTURE_TOO_LARGE", f"got {len(data)} bytes, at most {PLAIN_MAX_BYTES} expected")
    try:
        parts = pixel_parts(data)
        if parts.kind != "JPEG" or parts.is_held_whole:
            raise BadInput("NOT_A_PICTURE", "a JPEG of one scan expected")
        if parts.data != data or parts.markers & _TALKING:
            raise BadInput("PICTURE_NOT_PLAIN", "a JPEG of pixels alone expected, got one that says more")
        return _decode_whole(data)
    except Unreadable as error:
        raise BadInput("NOT_A_PICTURE", str(error)) from error
    except PICTURE_FAULTS as error:
        raise BadInput("NOT_A_PICTURE", "a whole JPEG picture expected") from error


def _decode_whole(data: bytes) -> tuple[int, int]:
    """Decodes every pixel: a file that ends early, or in the middle, is none."""
    with Image.open(BytesIO(data), formats=("JPEG",)) as picture:
        if max(picture.size) > PLAIN_MAX_SIDE:
            width, height = picture.size
            raise BadInput(
                "PICTURE_TOO_LARGE",
                f"got {width} x {height} pixels, at most {PLAIN_MAX_SIDE} a side expected",
            )
        if picture.mode not in ("RGB", "L"):
            raise BadInput("NOT_A_PICTURE", f"got the colours {picture.mode}, RGB or L expected")
        picture.load()
        return picture.size


def _decode(parts: PictureParts) -> Image.Image:
    """Gives upright RGB pixels that fit the largest width."""
    with Image.open(BytesIO(parts.data), formats=(parts.kind,)) as picture:
        _check_header(picture, parts)
        fitting = _fit(picture.size, PHOTO_WIDTHS[-1], is_lying=parts.orientation in _LYING)
        picture.draft("RGB", fitting)  # a JPEG decodes straight to a half, a quarter or an eighth
        canvas = _flatten(picture, fitting)
    return upright(canvas, parts.orientation)


def _check_header(picture: Image.Image, parts: PictureParts) -> None:
    width, height = picture.size
    most = PHOTO_MAX_PIXELS[parts.kind]
    if parts.is_held_whole:
        most = min(most, PHOTO_MAX_PIXELS_WHOLE)
    if max(width, height) > PHOTO_MAX_SIDE or width * height > most:
        limit = f"at most {PHOTO_MAX_SIDE} a side and {most} in all"
        raise BadInput("PICTURE_TOO_LARGE", f"got {width} x {height} pixels, {limit} expected")
    if parts.scans > PHOTO_MAX_SCANS:
        raise BadInput("PICTURE_TOO_LARGE", f"got {parts.scans} scans, at most {PHOTO_MAX_SCANS} expected")


def _fit(size: tuple[int, int], width: int, *, is_lying: bool = False) -> tuple[int, int]:
    """Gives the largest size of the same shape within a width, and twice that in height; as it lies."""
    box = (2 * width, width) if is_lying else (width, 2 * width)
    scale = min(1, box[0] / size[0], box[1] / size[1])
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _flatten(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Copies the pixels onto a new white canvas of that size."""
    canvas = Image.new("RGB", size, "white")
    layered = picture.has_transparency_data
    mode = "RGBA" if layered else "RGB"
    plain = picture
    if picture.mode not in (mode, "L"):
        plain = picture.convert(mode)
        picture.close()  # or its pixels are held a second time while others are made
    small = plain.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    canvas.paste(small, mask=small.getchannel("A") if layered else None)
    return canvas


def _draw(canvas: Image.Image, width: int) -> Drawn:
    size = _fit(canvas.size, width)
    drawn = canvas if size == canvas.size else canvas.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    for quality in _QUALITIES:
        file = BytesIO()
        drawn.save(file, "WEBP", quality=quality, method=4)
        if file.tell() <= PHOTO_BUDGET_BYTES.get(width, PHOTO_MAX_BYTES):
            break
    return Drawn(file.getvalue(), *size)
