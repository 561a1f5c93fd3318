"""The sizes that labels are printed in, as data: sheets of A4 and rolls of label printers.

Lengths are millimetres; whole dots are those of the grid that modules snap to. A sheet's grid is 300 dots
an inch, which also falls on the dots of printers with 600 and 1,200.
"""

from dataclasses import dataclass
from math import ceil
from typing import Final

from traceability.errors import Reason, Refused

__all__ = ["A4_MM", "PRESETS", "LabelForm", "RollPreset", "SheetPreset", "find_preset"]

A4_MM: Final = (210.0, 297.0)
# At 0.33 mm a module two dots of a 203 dpi printer are too few; cameras read from here on.
MODULE_MIN_MM: Final = 0.33

_PER_MM_300: Final = 300 / 25.4
_PER_MM_203: Final = 8.0  # what the trade calls 203 dpi is 8 dots a millimetre
_ROLL_GAP_MM: Final = 2.0


@dataclass(frozen=True, slots=True)
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


_SHEETS: Final = (
    SheetPreset(
        "a4-24", LabelForm(70, 37, _PER_MM_300, 0.51, 5, 10, 8, 7), 3, 8, 70, 37, left_mm=0, top_mm=0.5
    ),
    SheetPreset(
        "a4-40",
        LabelForm(48.5, 25.4, _PER_MM_300, 0.43, 1.7, 7.5, 6.5, 5.5),
        *(4, 10, 48.5, 25.4),
        left_mm=8,
        top_mm=21.5,
    ),
    SheetPreset(
        "a4-65",
        LabelForm(38.1, 21.2, _PER_MM_300, 0.34, 1.4, 6, 5.5, 5),
        *(5, 13, 40.6, 21.2),
        left_mm=4.75,
        top_mm=10.7,
    ),
    SheetPreset(
        "tag",
        LabelForm(50, 90, _PER_MM_300, 0.68, 6, 11, 8.5, 7, 2, arrangement="tag", head_mm=13.5),
        *(4, 3, 50, 90),
        left_mm=5,
        top_mm=13.5,
        hole_mm=7,
        is_cut_by_hand=True,
    ),
)


def _rolls(dpi: int, dots_per_mm: float) -> tuple[RollPreset, ...]:
    small = LabelForm(40, 30, dots_per_mm, 0.38, 1.5, 7.5, 6.5, 6.5, arrangement="footer")
    middle = LabelForm(50, 30, dots_per_mm, 0.51, 1.5, 8, 7, 6)
    large = LabelForm(60, 40, dots_per_mm, 0.51, 2, 10, 8, 7.5, arrangement="footer")
    forms = {"40x30": small, "50x30": middle, "60x40": large}
    return tuple(RollPreset(f"{size}-{dpi}", form, dpi) for size, form in forms.items())


PRESETS: Final[dict[str, SheetPreset | RollPreset]] = {
    preset.name: preset for preset in (*_SHEETS, *_rolls(203, _PER_MM_203), *_rolls(300, _PER_MM_300))
}


def find_preset(name: str) -> SheetPreset | RollPreset:
    """Gives a preset by its name.

    Raises:
        Refused: BAD_VALUE, for a name that is none; it names those that there are.
    """
    preset = PRESETS.get(name)
    if preset is None:
        raise Refused(Reason.BAD_VALUE, f"no preset {name[:40]!a}; there are {', '.join(PRESETS)}")
    return preset
