"""Pictures of a few steps of the demo: drawn at the first start, and each says that it is no photograph."""

import hashlib
from collections.abc import Callable
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from shop.media import MediaStore, StoredMedia
from traceability.labels.font import Cut, open_typeface

__all__ = ["keep_illustrations"]

SIDES: Final = (640, 480)  # pixels
DRAWN: Final = (1600, 1200)  # before it is made smaller, for smooth edges
WORDS: Final = "Minh họa, không phải ảnh chụp · Dữ liệu mẫu"
WORDS_EN: Final = "Illustration, not a photograph · Sample data"
PAPER, INK, SOFT = "#FBF8F2", "#1E1B16", "#E2DACB"
LACQUER, AMBER = "#9E2A2B", "#8A5A00"

Pen = ImageDraw.ImageDraw


def keep_illustrations(folder: Path) -> dict[str, StoredMedia]:
    """Draws the pictures, keeps them, and gives each under the local id of the event that is to show it.

    Args:
        folder: where media are kept.
    """
    # The names follow from the events, so that a build that broke off leaves nothing behind.
    return {
        record_id: MediaStore(folder, random=partial(_name, record_id)).keep_photo(_draw(paint))
        for record_id, paint in _SHOWN.items()
    }


def _name(record_id: str, count: int) -> bytes:
    return hashlib.sha256(record_id.encode("ascii")).digest()[:count]


def _draw(paint: Callable[[Pen], None]) -> bytes:
    width, height = DRAWN
    canvas = Image.new("RGB", DRAWN, PAPER)
    pen = ImageDraw.Draw(canvas)
    pen.rectangle((0, 980, width, height), fill=SOFT)
    paint(pen)
    for top, words, size in ((1010, WORDS, 74), (1105, WORDS_EN, 66)):
        font = ImageFont.truetype(open_typeface(Cut.SEMIBOLD).path, size)
        pen.text((width / 2, top), words, fill=INK, font=font, anchor="mt")
    file = BytesIO()
    canvas.resize(SIDES, Image.Resampling.BOX).save(file, "PNG", compress_level=1)
    return file.getvalue()


def _clay(pen: Pen) -> None:
    """Sacks of clay that came in."""
    for left, top in ((260, 640), (660, 640), (1060, 640), (460, 360), (860, 360)):
        pen.rounded_rectangle((left, top, left + 360, top + 320), 90, fill=AMBER, outline=INK, width=10)
        pen.line((left + 90, top + 70, left + 270, top + 70), fill=PAPER, width=12)
        pen.ellipse((left + 150, top + 150, left + 210, top + 210), fill=PAPER)


def _wheel(pen: Pen) -> None:
    """A vase on the wheel."""
    pen.ellipse((440, 820, 1160, 960), fill=AMBER, outline=INK, width=10)
    left, right = ((640, 880), (540, 600), (700, 380), (700, 240)), ((900, 240), (900, 380), (1060, 600))
    pen.polygon((*left, *right, (960, 880)), fill=LACQUER, outline=INK, width=10)
    for top in (440, 540, 640, 740):
        pen.arc((580, top - 60, 1020, top + 60), 20, 160, fill=PAPER, width=10)


def _kiln(pen: Pen) -> None:
    """The kiln, with what is fired in it."""
    pen.pieslice((300, 160, 1300, 1800), 180, 360, fill=LACQUER, outline=INK, width=10)
    pen.pieslice((520, 400, 1080, 1560), 180, 360, fill=INK)
    for left in (580, 740, 900):
        pen.polygon(((left, 970), (left + 60, 700), (left + 120, 970)), fill=AMBER)
        pen.polygon(((left + 30, 970), (left + 60, 820), (left + 90, 970)), fill=PAPER)


_SHOWN: Final[dict[str, Callable[[Pen], None]]] = {
    "event-09520000000011-bh-071-1": _clay,
    "event-09520000000011-bh-071-2": _wheel,
    "event-09520000000011-bh-071-3": _kiln,
}
