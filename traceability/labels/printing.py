"""Labels of a lot as one file for a printer: which preset becomes which kind of file."""

from collections.abc import Iterable
from enum import StrEnum
from typing import BinaryIO

from traceability.errors import Reason, Refused
from traceability.labels.code import LabelCode
from traceability.labels.presets import RollPreset, SheetPreset
from traceability.labels.roll import draw_png_zip, draw_tspl
from traceability.labels.sheet import draw_label_pages, draw_sheet
from traceability.labels.wording import LabelWords

__all__ = ["PrintFile", "draw_labels"]


class PrintFile(StrEnum):
    """A kind of file; its value is the file's usual ending."""

    PDF = "pdf"
    PNG_ZIP = "zip"
    TSPL = "tspl"


def draw_labels(
    codes: Iterable[LabelCode],
    words: LabelWords,
    *,
    preset: SheetPreset | RollPreset,
    kind: PrintFile,
    file: BinaryIO,
    skip_first: int = 0,
    numbers: Iterable[int] | None = None,
) -> int:
    """Draws labels in the order of their codes. Memory does not grow with their number.

    Args:
        codes: at least one; each is taken when it is drawn.
        preset: one of `presets.PRESETS`, as `presets.find_preset` gives it.
        kind: any for a roll, PDF for a sheet.
        file: is written to and stays open; it need not be seekable.
        skip_first: places of a sheet's first page that are used up; 0 for a roll.
        numbers: of the labels in their lot, from 1, as many as codes: each shows its own behind the lot;
            None shows none.

    Returns:
        How many labels were drawn.

    Raises:
        Refused: BAD_VALUE: before anything is written, when there is no label, the first does not fit, or the
            arguments do not go together; later, when a later label does not fit.
    """
    if isinstance(preset, SheetPreset):
        if kind is not PrintFile.PDF:
            raise Refused(Reason.BAD_VALUE, f"{preset.name} is a sheet of paper, and drawn as pdf only")
        return draw_sheet(codes, words, preset=preset, file=file, skip_first=skip_first, numbers=numbers)
    if skip_first:
        raise Refused(Reason.BAD_VALUE, f"{preset.name} is a roll: no place of it can be skipped")
    draw = {PrintFile.PDF: draw_label_pages, PrintFile.PNG_ZIP: draw_png_zip, PrintFile.TSPL: draw_tspl}
    return draw[kind](codes, words, preset=preset, file=file, numbers=numbers)
