"""Lists in pages: one page of many rows, and how many rows a table to download has at most."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

__all__ = ["EXPORT_MAX_ROWS", "ROWS_A_PAGE", "Listed", "Paged", "in_pages", "page_numbers"]

EXPORT_MAX_ROWS: Final = 20_000  # some 5 MB, which every spreadsheet opens; the page says so
ROWS_A_PAGE: Final = 50
T = TypeVar("T")


class Paged:
    """What pages of a list share: `number` counts from 1 to `pages`."""

    __slots__ = ()

    number: int
    pages: int

    @property
    def previous(self) -> int | None:
        """The number of the page before, None on the first."""
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        """The number of the page after, None on the last."""
        return self.number + 1 if self.number < self.pages else None


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """One page of a list, and how many rows there are over all pages."""

    rows: tuple[T, ...]
    total: int
    number: int
    pages: int


def page_numbers(total: int, asked: int) -> tuple[int, int]:
    """Gives the page to show and how many there are: behind the last one comes the last one."""
    pages = max(1, -(-total // ROWS_A_PAGE))
    return min(max(1, asked), pages), pages


def in_pages(rows: Sequence[T], asked: int) -> Listed[T]:
    """Gives a page of rows that are all at hand."""
    number, pages = page_numbers(len(rows), asked)
    start = (number - 1) * ROWS_A_PAGE
    return Listed(tuple(rows[start : start + ROWS_A_PAGE]), len(rows), number, pages)
