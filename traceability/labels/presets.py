"""The sizes that labels are printed in, as data: sheets of A4 and rolls of label printers.

Lengths are millimetres; whole dots are those of the grid that modules snap to. A sheet's grid is 300 dots
an inch, which also falls on the dots of printers with 600 and 1,200.
"""

from dataclasses import dataclass, replace
from math import ceil
from typing import Final

from traceability.errors import Reason, Refused

__all__ = ["A4_MM", "PRESETS", "ROLLS", "SHEETS", "LabelForm", "RollPreset", "SheetPreset", "find_preset"]

A4_MM: Final = (210.0, 297.0)
# At 0.33 mm a module two dots of a 203 dpi printer are too few; cameras read from here on.
MODULE_MIN_MM: Final = 0.33

_PER_MM_300: Final = 300 / 25.4
_PER_MM_203: Final = 8.0  # what the trade calls 203 dpi is 8 dots a millimetre
_ROLL_GAP_MM: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelForm:
    """One label: its size, its grid of dots, and how large its parts are.

    Attributes:
        dots_per_mm: of the grid.
        module_max_mm: side of a QR module, at most; the largest number of whole dots that fits is taken.
        inset_mm: how far all ink stays from the edges.
        name_pt, text_pt, small_pt: type sizes of the product, of lot and serial, of the rest.
        name_lines: of the product's name, at most.
        arrangement: `beside` text right of the QR; `footer` the last lines under it; `tag` all in a column.
        head_mm: kept free at the top of a tag, for the punch hole.
    """

    width_mm: float
    height_mm: float
    dots_per_mm: float
    module_max_mm: float
    inset_mm: float
    name_pt: float
    text_pt: float
    small_pt: float
    name_lines: int = 3
    arrangement: str = "beside"
    head_mm: float = 0.0

    @property
    def width_dots(self) -> int:
        """Whole dots that lie on the label from left to right."""
        return int(self.width_mm * self.dots_per_mm + 1e-6)

    @property
    def height_dots(self) -> int:
        """Whole dots that lie on the label from top to bottom."""
        return int(self.height_mm * self.dots_per_mm + 1e-6)

    @property
    def module_dots_min(self) -> int:
        """The fewest dots that a module may have on this grid."""
        return ceil(MODULE_MIN_MM * self.dots_per_mm)

    @property
    def module_dots_max(self) -> int:
        """The most dots that a module shall have."""
        return int(self.module_max_mm * self.dots_per_mm + 1e-6)


@dataclass(frozen=True, slots=True)
class SheetPreset:
    """A4 pages of labels.

    Attributes:
        pitch_x_mm, pitch_y_mm: from one label's edge to the next one's.
        left_mm, top_mm: from the page's edges to the first label.
        hole_mm: height of the punch hole's centre under the label's upper edge; None without one.
        is_cut_by_hand: plain paper, so that marks show where to cut; else the sheet is die-cut.
    """

    name: str
    form: LabelForm
    columns: int
    rows: int
    pitch_x_mm: float
    pitch_y_mm: float
    left_mm: float
    top_mm: float
    hole_mm: float | None = None
    is_cut_by_hand: bool = False

    @property
    def labels_per_page(self) -> int:
        """How many labels a page has."""
        return self.columns * self.rows


@dataclass(frozen=True, slots=True)
class RollPreset:
    """A roll of single labels.

    Attributes:
        dpi: what the printer is sold as, 203 or 300.
        gap_mm: between two labels on the liner.
    """

    name: str
    form: LabelForm
    dpi: int
    gap_mm: float = _ROLL_GAP_MM


_A4_24: Final = LabelForm(
    width_mm=70,
    height_mm=37,
    dots_per_mm=_PER_MM_300,
    module_max_mm=0.51,
    inset_mm=5,  # the labels reach to the edges of the page, where no printer prints
    name_pt=10,
    text_pt=8,
    small_pt=7,
)
_A4_40: Final = LabelForm(
    width_mm=48.5,
    height_mm=25.4,
    dots_per_mm=_PER_MM_300,
    module_max_mm=0.43,
    inset_mm=1.7,
    name_pt=7.5,
    text_pt=6.5,
    small_pt=5.5,
)
_A4_65: Final = LabelForm(
    width_mm=38.1,
    height_mm=21.2,
    dots_per_mm=_PER_MM_300,
    module_max_mm=0.34,
    inset_mm=1.4,
    name_pt=6,
    text_pt=5.5,
    small_pt=5,
)
_TAG: Final = LabelForm(
    width_mm=50,
    height_mm=90,
    dots_per_mm=_PER_MM_300,
    module_max_mm=0.68,
    inset_mm=6,
    name_pt=11,
    text_pt=8.5,
    small_pt=7,
    name_lines=2,
    arrangement="tag",
    head_mm=13.5,
)


def _roll_forms(dots_per_mm: float) -> tuple[LabelForm, ...]:
    small = LabelForm(
        width_mm=40,
        height_mm=30,
        dots_per_mm=dots_per_mm,
        module_max_mm=0.38,
        inset_mm=1.5,
        name_pt=7.5,
        text_pt=6.5,
        small_pt=6.5,
        arrangement="footer",
    )
    middle = replace(small, width_mm=50, module_max_mm=0.51, name_pt=8, text_pt=7, small_pt=6)
    large = LabelForm(
        width_mm=60,
        height_mm=40,
        dots_per_mm=dots_per_mm,
        module_max_mm=0.51,
        inset_mm=2,
        name_pt=10,
        text_pt=8,
        small_pt=7.5,
        arrangement="footer",
    )
    return small, replace(middle, arrangement="beside"), large


SHEETS: Final = {
    sheet.name: sheet
    for sheet in (
        SheetPreset("a4-24", _A4_24, columns=3, rows=8, pitch_x_mm=70, pitch_y_mm=37, left_mm=0, top_mm=0.5),
        SheetPreset(
            "a4-40", _A4_40, columns=4, rows=10, pitch_x_mm=48.5, pitch_y_mm=25.4, left_mm=8, top_mm=21.5
        ),
        SheetPreset(
            "a4-65", _A4_65, columns=5, rows=13, pitch_x_mm=40.6, pitch_y_mm=21.2, left_mm=4.75, top_mm=10.7
        ),
        SheetPreset(
            "tag",
            _TAG,
            columns=4,
            rows=3,
            pitch_x_mm=50,
            pitch_y_mm=90,
            left_mm=5,
            top_mm=13.5,
            hole_mm=7,
            is_cut_by_hand=True,
        ),
    )
}
ROLLS: Final = {
    f"{form.width_mm:g}x{form.height_mm:g}-{dpi}": RollPreset(
        f"{form.width_mm:g}x{form.height_mm:g}-{dpi}", form, dpi
    )
    for dpi, dots_per_mm in ((203, _PER_MM_203), (300, _PER_MM_300))
    for form in _roll_forms(dots_per_mm)
}
PRESETS: Final[dict[str, SheetPreset | RollPreset]] = {**SHEETS, **ROLLS}


def find_preset(name: str) -> SheetPreset | RollPreset:
    """Gives a preset by its name.

    Raises:
        Refused: BAD_VALUE, for a name that is none; it names those that there are.
    """
    preset = PRESETS.get(name)
    if preset is None:
        raise Refused(Reason.BAD_VALUE, f"no preset {name[:40]!a}; there are {', '.join(PRESETS)}")
    return preset
