"""The columns of a table of products, and what is told of one before it is taken in."""

from dataclasses import dataclass
from typing import Final, Literal

from shop.csv_tables import Column

__all__ = ["COLUMNS", "CheckedTable", "Deed", "PlannedRow", "RowMistake"]

Deed = Literal["make", "change", "keep"]

_REQUIRED: Final = frozenset({"name_vi", "craft", "price"})
COLUMNS: Final = tuple(
    Column(key, vi, en, is_required=key in _REQUIRED)
    for key, vi, en in (
        ("slug", "Tên trong địa chỉ", "Address name"),
        ("name_vi", "Tên", "Name (Vietnamese)"),
        ("name_en", "Tên tiếng Anh", "Name (English)"),
        ("craft", "Nghề", "Craft"),
        ("price", "Giá (đồng)", "Price (dong)"),
        ("stock", "Còn", "In stock"),
        ("one_off", "Chiếc duy nhất", "One of a kind"),
        ("listed", "Cho người mua thấy", "Shown to buyers"),
        ("hs", "Mã HS", "HS code"),
        ("gtin", "GTIN", "GTIN"),
        ("code", "Mã riêng", "Own code"),
        ("summary_vi", "Tóm tắt", "Summary (Vietnamese)"),
        ("summary_en", "Tóm tắt tiếng Anh", "Summary (English)"),
        ("making_vi", "Cách làm", "Making (Vietnamese)"),
        ("making_en", "Cách làm tiếng Anh", "Making (English)"),
        ("care_vi", "Giữ gìn", "Care (Vietnamese)"),
        ("care_en", "Giữ gìn tiếng Anh", "Care (English)"),
        ("warnings_vi", "Lời dặn", "Warnings (Vietnamese)"),
        ("warnings_en", "Lời dặn tiếng Anh", "Warnings (English)"),
        ("height_cm", "Cao (cm)", "Height (cm)"),
        ("width_cm", "Rộng (cm)", "Width (cm)"),
        ("length_cm", "Dài (cm)", "Length (cm)"),
        ("thickness_cm", "Dày (cm)", "Thickness (cm)"),
        ("weight_g", "Nặng (g)", "Weight (g)"),
    )
)


@dataclass(frozen=True, slots=True)
class RowMistake:
    """What is wrong with a row: where it begins, the column's key or None for the whole row, and a code."""

    line: int
    key: str | None
    code: str


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """What a row would do: `make`, `change`, or `keep` where it says what is here already."""

    line: int
    name: str
    deed: Deed


@dataclass(frozen=True, slots=True)
class CheckedTable:
    """What taking a table in would do; nothing was changed.

    Attributes:
        rows: those without a mistake.
        mistakes: in the order of the file.
        ignored: headings that name no column.
        token: takes this very table in; None where it has mistakes, or nothing to do.
    """

    rows: tuple[PlannedRow, ...]
    mistakes: tuple[RowMistake, ...]
    ignored: tuple[str, ...]
    token: str | None
