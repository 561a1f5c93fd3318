"""Labels for label printers, one bit a dot in the printer's own dots: PNG pictures and TSPL commands."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from io import BytesIO
from itertools import chain
from typing import BinaryIO, Final
from zipfile import ZipFile, ZipInfo

from PIL import Image, ImageDraw, ImageFont

from traceability.errors import Reason, Refused
from traceability.labels.code import LabelCode
from traceability.labels.font import Cut, open_typeface
from traceability.labels.layout import LabelPlan, numbered, plan_label
from traceability.labels.presets import LabelForm, RollPreset
from traceability.labels.wording import LabelWords, TextLine

__all__ = ["draw_label_png", "draw_png_zip", "draw_tspl"]

# TSPL's scale is 0 to 15; 8 is what printers come with.
DENSITY: Final = 8

_MM_PER_INCH: Final = 25.4
# Type is drawn this much larger and then reduced: its widths are then those of the page, not of the hinting.
_FINER: Final = 4
_INK_FROM: Final = 105  # of 255 grey levels; a dot that is not quite half covered keeps thin strokes whole
_WHITE: Final = 255


def draw_label_png(
    code: LabelCode, words: LabelWords, *, preset: RollPreset, number: int | None = None
) -> bytes:
    """Draws one label as a PNG of one bit a dot, in exact dots, with the printer's resolution in the file.

    Raises:
        Refused: BAD_VALUE, as `layout.plan_label`.
    """
    plan = plan_label(code, words, preset.form, number=number)
    return _png(_bitmap(plan, preset.form), preset.form)


def draw_png_zip(
    codes: Iterable[LabelCode],
    words: LabelWords,
    *,
    preset: RollPreset,
    file: BinaryIO,
    numbers: Iterable[int] | None = None,
) -> int:
    """Writes a ZIP with a PNG for each label, `00001-<serial>.png` and so on, one after the other.

    Args:
        codes: at least one.
        preset: a roll of `presets.PRESETS`.
        file: is written to and stays open; it need not be seekable.
        numbers: of the labels in their lot, as each shows its own; None shows none.

    Returns:
        How many labels were drawn.

    Raises:
        Refused: BAD_VALUE, before anything is written when the first label does not fit or there is none.
    """
    drawn = 0
    pictures = _bitmaps(codes, words, preset.form, numbers)
    with ZipFile(file, "w") as archive:
        for drawn, (code, number, bitmap) in enumerate(pictures, 1):
            # A name without a date gives the same bytes for the same labels.
            name = f"{number or drawn:05d}-{code.serial or code.lot or 'label'}.png"
            archive.writestr(ZipInfo(name), _png(bitmap, preset.form))
    return drawn


def draw_tspl(
    codes: Iterable[LabelCode],
    words: LabelWords,
    *,
    preset: RollPreset,
    file: BinaryIO,
    numbers: Iterable[int] | None = None,
) -> int:
    """Writes TSPL for a label printer: every label as one bitmap, so that no font of the printer is needed.

    Source: TSC, TSPL/TSPL2 Programming Language: SIZE, GAP, DENSITY, CLS, BITMAP, PRINT.

    Args, Returns, Raises: as `draw_png_zip`.
    """
    form, drawn = preset.form, 0
    for drawn, (_, _, bitmap) in enumerate(_bitmaps(codes, words, form, numbers), 1):
        if drawn == 1:
            size = f"SIZE {form.width_mm:g} mm,{form.height_mm:g} mm\r\nGAP {preset.gap_mm:g} mm,0 mm\r\n"
            file.write(f"{size}DENSITY {DENSITY}\r\n".encode("ascii"))
        width = (bitmap.width + 7) // 8
        whole = Image.new("1", (8 * width, bitmap.height), 1)
        whole.paste(bitmap)
        file.write(f"CLS\r\nBITMAP 0,0,{width},{bitmap.height},0,".encode("ascii"))
        file.write(whole.tobytes())  # in TSPL as in the picture, 0 is a dot of ink
        file.write(b"\r\nPRINT 1\r\n")
    return drawn


def _bitmaps(
    codes: Iterable[LabelCode], words: LabelWords, form: LabelForm, numbers: Iterable[int] | None
) -> Iterator[tuple[LabelCode, int | None, Image.Image]]:
    """Gives the labels drawn; the first at once, so that a fault shows before anything is written."""
    drawn = (
        (code, number, _bitmap(plan_label(code, words, form, number=number), form))
        for code, number in numbered(codes, numbers)
    )
    first = next(drawn, None)
    if first is None:
        raise Refused(Reason.BAD_VALUE, "there is no label to draw")
    return chain([first], drawn)


def _bitmap(plan: LabelPlan, form: LabelForm) -> Image.Image:
    """Draws a label, 0 for ink: what all labels of a lot share is drawn once."""
    shared = tuple(line for line in plan.lines if not line.is_own)
    bitmap = _drawn_once(shared, (form.width_dots, form.height_dots)).copy()
    for line in plan.lines:
        if line.is_own:
            corner = (int(line.x), int(line.baseline - line.size))
            size = (min(int(line.room) + 1, form.width_dots - corner[0]), int(1.4 * line.size))
            bitmap.paste(0, corner, _ink((line,), size, corner))
    count = len(plan.modules)
    levels = bytes(0 if module else _WHITE for row in plan.modules for module in row)
    side = (count * plan.module, count * plan.module)
    code = Image.frombytes("L", (count, count), levels).resize(side, Image.Resampling.NEAREST)
    bitmap.paste(code, (plan.qr_x, plan.qr_y))
    return bitmap


@lru_cache(maxsize=4)
def _drawn_once(lines: tuple[TextLine, ...], size: tuple[int, int]) -> Image.Image:
    bitmap = Image.new("1", size, 1)
    bitmap.paste(0, (0, 0), _ink(lines, size, (0, 0)))
    return bitmap


def _ink(lines: Iterable[TextLine], size: tuple[int, int], corner: tuple[int, int]) -> Image.Image:
    """Gives the dots of some lines in a part of a label, 1 for ink."""
    fine = Image.new("L", (_FINER * size[0], _FINER * size[1]), 0)
    draw = ImageDraw.Draw(fine)
    for line in lines:
        place = (_FINER * (line.x - corner[0]), _FINER * (line.baseline - corner[1]))
        draw.text(place, line.text, fill=_WHITE, font=_font(line.cut, _FINER * line.size), anchor="ls")
    return fine.reduce(_FINER).point([_WHITE * (level >= _INK_FROM) for level in range(256)], "1")


@lru_cache(maxsize=32)
def _font(cut: Cut, size: float) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(open_typeface(cut).path, size, layout_engine=ImageFont.Layout.BASIC)


def _png(bitmap: Image.Image, form: LabelForm) -> bytes:
    file = BytesIO()
    dpi = form.dots_per_mm * _MM_PER_INCH
    bitmap.save(file, "PNG", dpi=(dpi, dpi))
    return file.getvalue()
