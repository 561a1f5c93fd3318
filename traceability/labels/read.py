"""Pictures of labels: the one door through which picture bytes from outside are decoded.

Guarded: few formats, sizes checked from the header before any pixel is decoded, one frame, and only grey
pixels on a canvas of our own go on, so metadata and trailing data are left behind.
"""

import struct
import zlib
from io import BytesIO
from typing import Final

import zxingcpp
from PIL import Image

from traceability.errors import Reason, Unreadable
from traceability.limits import (
    PICTURE_MAX_BYTES,
    PICTURE_MAX_PIXELS,
    PICTURE_MAX_PIXELS_WHOLE,
    PICTURE_MAX_SIDE,
)

__all__ = ["read_labels"]

FORMATS: Final = ("PNG", "JPEG", "WEBP")
READ_SIDE: Final = 2_500  # pixels: a label that fills a tenth of the side still has 5 pixels a module

_QR_ONLY: Final = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)

# What Pillow raises on broken pictures, beside its own errors.
_BROKEN: Final = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    OverflowError,
    MemoryError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
    Warning,  # under `-W error`; without it our own limits refuse what Pillow only warns of
)
_ORIENTATION_TAG: Final = 0x0112
# How the pixels must be turned for each Exif orientation (Exif 2.32, 4.6.4).
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


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
    try:
        canvas = _decode(data)
    except _BROKEN as error:
        raise _unreadable(f"not a whole picture of the formats {', '.join(FORMATS)}") from error
    found = zxingcpp.read_barcodes(canvas, formats=_QR_ONLY, text_mode=zxingcpp.TextMode.Plain)
    return tuple(dict.fromkeys(code.text for code in found if code.valid))


def _decode(data: bytes) -> Image.Image:
    """Gives upright grey pixels, at most `READ_SIDE` a side."""
    with Image.open(BytesIO(data), formats=FORMATS) as picture:
        _check_header(picture)
        # JPEG decodes straight to grey and to a half, a quarter or an eighth; other formats ignore this.
        picture.draft("L", (READ_SIDE, READ_SIDE))
        grey = _flatten(picture)
        turn = _TURNS.get(picture.getexif().get(_ORIENTATION_TAG, 1))
    grey.thumbnail((READ_SIDE, READ_SIDE), reducing_gap=2.0)
    return grey if turn is None else grey.transpose(turn)


def _check_header(picture: Image.Image) -> None:
    width, height = picture.size
    most = PICTURE_MAX_PIXELS if picture.format in ("JPEG", "MPO") else PICTURE_MAX_PIXELS_WHOLE
    if max(width, height) > PICTURE_MAX_SIDE or width * height > most:
        limit = f"at most {PICTURE_MAX_SIDE} a side and {most} in all"
        raise _unreadable(f"got {width} x {height} pixels, {limit} expected")
    # Phones append a second picture to a JPEG (Pillow calls that MPO); only the first is ever decoded.
    if picture.format != "MPO" and getattr(picture, "n_frames", 1) != 1:
        raise _unreadable("got an animation, one frame expected")


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
