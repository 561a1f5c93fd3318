"""The columns of a table of steps, and what is told of one before it is taken in."""

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from shop.csv_tables import Column
from shop.services.products.columns import RowMistake
from shop.services.texts import Text

__all__ = ["KIND_WORDS", "STEP_COLUMNS", "CheckedSteps", "LeftRow", "PlannedLot", "Why"]

Why = Literal["signed", "changed", "drafted"]

_REQUIRED: Final = frozenset({"lot", "kind", "name", "time"})
STEP_COLUMNS: Final = tuple(
    Column(key, vi, en, is_required=key in _REQUIRED)
    for key, vi, en in (
        ("product", "Sản phẩm", "Product"),
        ("code", "Mã sản phẩm", "Product code"),
        ("lot", "Lô", "Lot"),
        ("kind", "Việc", "Kind"),
        ("name", "Tên bước", "Step"),
        ("detail", "Làm thế nào", "How"),
        ("time", "Lúc", "Time"),
        ("inputs", "Dùng", "Used"),
        ("outputs", "Ra", "Gives"),
        ("units", "Số tem", "Labels"),
        ("made_on", "Ngày làm xong", "Finished on"),
        ("expires_on", "Hạn dùng", "Use by"),
        ("materials", "Vật liệu", "Materials"),
        ("bought_in", "Hàng mua ngoài", "Bought in"),
        ("warnings", "Lời dặn", "Advice"),
        ("record_id", "Bản ký", "Record"),
    )
)
# What people may write instead of a kind's own name; pages show the same words.
KIND_WORDS: Final = {
    "material_received": Text("Nhận vật liệu", "Materials received"),
    "made": Text("Làm", "Made"),
    "finished": Text("Hoàn thiện", "Finished"),
    "inspected": Text("Tự kiểm", "Checked in house"),
    "labelled": Text("Gắn tem", "Labelled"),
    "packed": Text("Đóng gói", "Packed"),
}


@dataclass(frozen=True, slots=True)
class PlannedLot:
    """A lot that would become a draft.

    Attributes:
        lines: where its steps stand in the file, in the order of their times.
        units: as typed; empty where the draft is to ask for it.
        since: day of the first step, in Viet Nam.
        until: day of the last one.
        open_fields: how many fields the draft still asks for before it can be signed.
    """

    lines: tuple[int, ...]
    product: str
    lot: str
    units: str
    since: date
    until: date
    open_fields: int


@dataclass(frozen=True, slots=True)
class LeftRow:
    """A row that is left alone.

    Attributes:
        why: `signed`: its lot was signed, and the row says the same; `changed`: its lot was signed, and the
            row says something else, which changes nothing; `drafted`: a draft of its lot is open.
    """

    line: int
    product: str
    lot: str
    name: str
    why: Why


@dataclass(frozen=True, slots=True)
class CheckedSteps:
    """What taking a table in would do; nothing was changed.

    Attributes:
        lots: that would become drafts.
        left: rows of lots that are here already.
        mistakes: in the order of the file.
        ignored: headings that name no column.
        token: takes this very table in; None where it has mistakes, or nothing to do.
    """

    lots: tuple[PlannedLot, ...]
    left: tuple[LeftRow, ...]
    mistakes: tuple[RowMistake, ...]
    ignored: tuple[str, ...]
    token: str | None
