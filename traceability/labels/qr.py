"""QR codes: text to modules, SVG or PNG. The only door to `qrcode`, which is also the reference.

Error correction is always level M: a blot over 7 % of the area still reads, and a sealed code with a host
of up to 22 characters fits version 8 (49 modules a side).
"""

from html import escape
from io import BytesIO
from itertools import groupby
from math import isqrt
from typing import Final

import zxingcpp
from PIL import Image
from qrcode import QRCode
from qrcode.constants import ERROR_CORRECT_M
from qrcode.util import MODE_8BIT_BYTE, MODE_ALPHA_NUM, QRData

from traceability.errors import Reason, Refused
from traceability.limits import LABEL_MAX_CHARS

__all__ = ["QUIET_ZONE", "matrix", "png", "quick_matrix", "svg"]

QUIET_ZONE: Final = 4  # modules of white on every side (ISO/IEC 18004)

_ALPHANUMERIC: Final = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")
_MODULE_MM_RANGE: Final = (0.1, 20.0)
_DOTS_RANGE: Final = (1, 64)


def matrix(code_text: str) -> tuple[tuple[bool, ...], ...]:
    """Gives the modules, row by row, True for dark, without the quiet zone.

    The text is one segment: alphanumeric where its alphabet allows, UTF-8 bytes otherwise. The mask is the
    library's choice and may change with its version; every mask reads the same.

    Args:
        code_text: 1 to 512 bytes of UTF-8 without control characters; a label code or any other text.

    Raises:
        Refused: BAD_VALUE, for another text, or one that the encoder cannot draw.
    """
    # Checked before encoding, because a lone surrogate is not printable and has no UTF-8 form.
    if not code_text or not code_text.isprintable() or len(code_text.encode()) > LABEL_MAX_CHARS:
        raise Refused(
            Reason.BAD_VALUE, f"a QR text has 1 to {LABEL_MAX_CHARS} bytes and no control characters"
        )
    mode = MODE_ALPHA_NUM if _ALPHANUMERIC.issuperset(code_text) else MODE_8BIT_BYTE
    drawing = QRCode(error_correction=ERROR_CORRECT_M, border=0)
    drawing.add_data(QRData(code_text.encode(), mode=mode))
    try:
        drawing.make(fit=True)
    except ValueError:
        # A block of nothing but zero bits, such as 60 times the digit 0, stops qrcode 8.2 with glog(0).
        raise Refused(Reason.BAD_VALUE, "the QR encoder cannot draw a text of so many zeros") from None
    return tuple(tuple(map(bool, row)) for row in drawing.modules)


def quick_matrix(code_text: str) -> tuple[tuple[bool, ...], ...]:
    """Gives modules as `matrix` does, 20 times as fast, for the labels of a lot.

    Another encoder, which writes long runs of digits in a segment of their own: it chooses other modules for
    the same text, and a code at the border of two versions may come out in the smaller one.

    Args:
        code_text: a label code in capitals.

    Raises:
        Refused: BAD_VALUE, for another text.
    """
    if not 0 < len(code_text) <= LABEL_MAX_CHARS or not _ALPHANUMERIC.issuperset(code_text):
        raise Refused(Reason.BAD_VALUE, f"a label code has 1 to {LABEL_MAX_CHARS} capitals, digits and marks")
    code = zxingcpp.create_barcode(code_text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    picture = code.to_image(scale=1, add_quiet_zones=False)
    levels = memoryview(picture).tobytes()  # type: ignore[arg-type]  # the stubs leave its buffer out
    side = isqrt(len(levels))
    return tuple(tuple([not level for level in levels[at : at + side]]) for at in range(0, side * side, side))


def svg(code_text: str, *, title: str, module_mm: float = 0.4) -> str:
    """Draws a QR code as an `<svg>` element: black on white in any colour scheme, one path of runs.

    Args:
        code_text: as in `matrix`.
        title: the accessible name, in the language of the page; one line of plain text.
        module_mm: side of a module, 0.1 to 20 mm. Label printers need whole dots: 0.375 at 203 dpi.

    Raises:
        Refused: BAD_VALUE.
    """
    low, high = _MODULE_MM_RANGE
    if not low <= module_mm <= high:
        raise Refused(Reason.BAD_VALUE, f"a module is {low} to {high} mm wide, got {module_mm}")
    if not title.strip() or not title.isprintable():
        raise Refused(Reason.BAD_VALUE, "a picture needs a title of one line")
    modules = matrix(code_text)
    side = len(modules) + 2 * QUIET_ZONE
    size = f"{side * module_mm:.6g}mm"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{size}" height="{size}"'
        f' viewBox="0 0 {side} {side}" shape-rendering="crispEdges"><title>{escape(title)}</title>'
        f'<rect width="{side}" height="{side}" fill="#fff"/><path fill="#000" d="{_runs(modules)}"/></svg>'
    )


def png(code_text: str, *, dots_per_module: int = 8) -> bytes:
    """Draws a QR code with its quiet zone as a PNG picture of one bit a dot.

    Args:
        code_text: as in `matrix`.
        dots_per_module: 1 to 64.

    Raises:
        Refused: BAD_VALUE.
    """
    low, high = _DOTS_RANGE
    if not low <= dots_per_module <= high:
        raise Refused(Reason.BAD_VALUE, f"a module is {low} to {high} dots wide, got {dots_per_module}")
    modules = matrix(code_text)
    count = len(modules)
    side = count + 2 * QUIET_ZONE
    picture = Image.new("1", (side, side), 1)
    dark = Image.frombytes(
        "L", (count, count), bytes(0 if module else 255 for row in modules for module in row)
    )
    picture.paste(dark, (QUIET_ZONE, QUIET_ZONE))
    scaled = picture.resize((side * dots_per_module, side * dots_per_module), Image.Resampling.NEAREST)
    file = BytesIO()
    scaled.save(file, "PNG", optimize=True)
    return file.getvalue()


def _runs(modules: tuple[tuple[bool, ...], ...]) -> str:
    """Gives SVG path data with one closed rectangle for every run of dark modules in a row."""
    runs: list[str] = []
    for y, row in enumerate(modules, QUIET_ZONE):
        x = QUIET_ZONE
        for dark, group in groupby(row):
            length = sum(1 for _ in group)
            if dark:
                runs.append(f"M{x} {y}h{length}v1h-{length}z")
            x += length
    return "".join(runs)
