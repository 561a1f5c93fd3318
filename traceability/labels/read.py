"""Pictures of labels: the library's door through which picture bytes from outside are decoded.

Guarded: few formats, of which only the parts that pixels need are decoded; sizes and scans checked before any
pixel is; one frame; and only grey pixels on a canvas of our own go on.
"""

from io import BytesIO
from typing import Final

import zxingcpp
from PIL import Image, ImageFilter

from traceability.errors import Reason, Unreadable
from traceability.labels.decoding import PICTURE_FAULTS, upright
from traceability.labels.picture_parts import PictureParts, pixel_parts
from traceability.limits import (
    PICTURE_MAX_BYTES,
    PICTURE_MAX_PIXELS,
    PICTURE_MAX_PIXELS_PNG,
    PICTURE_MAX_PIXELS_WEBP,
    PICTURE_MAX_SCANS,
    PICTURE_MAX_SIDE,
    PICTURE_MAX_VALUES_HELD,
)

__all__ = ["read_labels"]

MAX_PIXELS: Final = {
    "JPEG": PICTURE_MAX_PIXELS,
    "PNG": PICTURE_MAX_PIXELS_PNG,
    "WEBP": PICTURE_MAX_PIXELS_WEBP,
}
# Looking for codes costs more than the square of what looks like a corner of one, and a picture of 40 KiB
# can be nothing but corners: at 2,500 pixels a side it kept a processor busy for 26 seconds, so it takes
# about one. A label that fills a twelfth of a photograph's side still has 2 pixels a module and is read.
READ_SIDE: Final = 1_600  # pixels
SMOOTH_ABOVE: Final = 1_000  # pixels a side; a smaller picture may be a screenshot with fine modules
_SMOOTH: Final = ImageFilter.BoxBlur(0.5)  # takes away the corners of one-pixel modules, which no label has

_QR_ONLY: Final = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


def read_labels(data: bytes) -> tuple[str, ...]:
    """Gives the texts of the QR codes in a picture, each once, in the reader's order; maybe none.

    The texts are what the pixels say, from anyone: parse them as label codes before believing anything.

    Args:
        data: a PNG, JPEG or WebP file of one frame, within the PICTURE limits.

    Raises:
        Unreadable: UNREADABLE_PICTURE.
    """
    if len(data) > PICTURE_MAX_BYTES:
        raise _unreadable(f"got {len(data)} bytes, at most {PICTURE_MAX_BYTES} expected")
    parts = pixel_parts(data)
    try:
        canvas = _decode(parts)
    except PICTURE_FAULTS as error:
        raise _unreadable(f"a whole {parts.kind} picture expected") from error
    if max(canvas.size) > SMOOTH_ABOVE:
        canvas = canvas.filter(_SMOOTH)
    found = zxingcpp.read_barcodes(canvas, formats=_QR_ONLY, text_mode=zxingcpp.TextMode.Plain)
    return tuple(dict.fromkeys(code.text for code in found if code.valid))


def _decode(parts: PictureParts) -> Image.Image:
    """Gives upright grey pixels, at most `READ_SIDE` a side."""
    with Image.open(BytesIO(parts.data), formats=(parts.kind,)) as picture:
        _check_header(picture, parts)
        # JPEG decodes straight to grey and to a half, a quarter or an eighth; other formats ignore this.
        picture.draft("L", _fit(picture.size))
        grey = _flatten(picture)
    grey.thumbnail((READ_SIDE, READ_SIDE), reducing_gap=2.0)
    return upright(grey, parts.orientation)


def _check_header(picture: Image.Image, parts: PictureParts) -> None:
    width, height = picture.size
    most = MAX_PIXELS[parts.kind]
    if parts.is_held_whole:
        most = min(most, PICTURE_MAX_VALUES_HELD // len(picture.getbands()))
    if max(width, height) > PICTURE_MAX_SIDE or width * height > most:
        limit = f"at most {PICTURE_MAX_SIDE} a side and {most} in all"
        raise _unreadable(f"got {width} x {height} pixels, {limit} expected")
    if parts.scans > PICTURE_MAX_SCANS:
        raise _unreadable(f"got {parts.scans} scans, at most {PICTURE_MAX_SCANS} expected")


def _fit(size: tuple[int, int]) -> tuple[int, int]:
    """Gives the largest size of the same shape within `READ_SIDE`."""
    scale = min(1, READ_SIDE / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _flatten(picture: Image.Image) -> Image.Image:
    """Copies the grey pixels onto a new white canvas; what is transparent becomes white."""
    canvas = Image.new("L", picture.size, 255)
    if picture.has_transparency_data:
        layered = picture if picture.mode in ("LA", "RGBA") else picture.convert("RGBA")
        canvas.paste(layered.convert("L"), mask=layered.getchannel("A"))
    else:
        canvas.paste(picture.convert("L"))
    return canvas


def _unreadable(message: str) -> Unreadable:
    return Unreadable(Reason.UNREADABLE_PICTURE, message)
