"""What decoding any picture with Pillow has in common: what it raises, and how pixels are turned upright."""

import struct
import zlib
from typing import Final

from PIL import Image

__all__ = ["PICTURE_FAULTS", "upright"]

# What Pillow raises on broken pictures, beside its own errors.
PICTURE_FAULTS: Final = (
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
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def upright(canvas: Image.Image, orientation: int) -> Image.Image:
    """Gives pixels as they are to be seen.

    Args:
        canvas: as they lie in the file.
        orientation: 1 to 8, as the camera wrote it (Exif 2.32, 4.6.4).
    """
    turn = _TURNS.get(orientation)
    return canvas if turn is None else canvas.transpose(turn)
