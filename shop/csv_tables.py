"""CSV from and for spreadsheets: read with a mistake for each bad row, written so that none is a formula."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from shop.errors import BadInput
from shop.folding import few_marks, fold

__all__ = ["Column", "Mistake", "MistakeCode", "Row", "Table", "read_table", "write_table"]

TABLE_MAX_BYTES: Final = 2_000_000
TABLE_MAX_ROWS: Final = 5_000
CELL_MAX_CHARS: Final = 10_000
DELIMITERS: Final = (",", ";", "\t")

_UTF8_MARK: Final = b"\xef\xbb\xbf"
_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")  # what Excel calls "Unicode Text"
_GUARD: Final = "'"
_MINUS: Final = "\N{MINUS SIGN}"  # folds to itself, and spreadsheets read it as a minus
_BARRED: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")  # control characters but tab and line ends

MistakeCode = Literal["TOO_MANY_CELLS", "EMPTY_CELL", "CELL_TOO_LONG", "BAD_CHARACTER"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes:
        key: what programs call it; it may stand in the heading row too.
        vi: its heading in Vietnamese.
        en: its heading in English.
        is_required: whether the column must be there and each of its cells hold something.
    """

    key: str
    vi: str
    en: str
    is_required: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """A row that could be read.

    Attributes:
        line: where it begins in the file; the heading row's is 1.
        cells: the NFC text of every column by key, empty where the file has none; never trimmed.
    """

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with a row.

    Attributes:
        line: where the row begins.
        key: the column's, or None where the whole row is meant.
        code: what is wrong.
    """

    line: int
    key: str | None
    code: MistakeCode


@dataclass(frozen=True, slots=True)
class Table:
    """What was read of a file.

    Attributes:
        rows: those without a mistake, in the file's order.
        mistakes: of the other rows, in the file's order.
        ignored: headings that name no column.
    """

    rows: tuple[Row, ...]
    mistakes: tuple[Mistake, ...]
    ignored: tuple[str, ...]


def read_table(data: bytes, columns: Sequence[Column]) -> Table:
    """Reads what a person saved from a spreadsheet, or what `write_table` gave.

    Columns stand in any order under headings in Vietnamese or English, with or without accents, in any case.
    Rows without any text are passed over. A guard that `write_table` sets is taken off.

    Args:
        data: UTF-8 with or without a byte order mark, or UTF-16 with one; between cells `,`, `;` or tab.
        columns: those to look for.

    Raises:
        BadInput: TABLE_TOO_LARGE (bytes or rows), NOT_A_TABLE (encoding or quoting), MISSING_COLUMN or
            DOUBLE_COLUMN.
    """
    if len(data) > TABLE_MAX_BYTES:
        raise BadInput("TABLE_TOO_LARGE", f"got {len(data)} bytes, at most {TABLE_MAX_BYTES} expected")
    text = _decode(data)
    lines = _records(text, _delimiter(text, columns))
    _, headings = next(lines, (1, []))
    keys = _keys(headings, columns)
    rows: list[Row] = []
    mistakes: list[Mistake] = []
    for number, (line, cells) in enumerate(lines):
        if number >= TABLE_MAX_ROWS:
            raise BadInput("TABLE_TOO_LARGE", f"at most {TABLE_MAX_ROWS} rows expected")
        row = Row(line, _cells(cells, keys, columns))
        found = list(_judge(row, cells, keys, columns))
        mistakes += found
        if not found:
            rows.append(row)
    ignored = tuple(heading for heading, key in zip(headings, keys, strict=True) if not key and heading)
    return Table(tuple(rows), tuple(mistakes), ignored)


def write_table(
    columns: Sequence[Column],
    rows: Iterable[Mapping[str, str]],
    *,
    language: Literal["vi", "en"] = "vi",
    delimiter: str = ",",
) -> bytes:
    """Writes a table that a spreadsheet opens and `read_table` reads back as it was.

    Each cell is quoted. One that a spreadsheet would take for a formula gets a `'` in front.

    Args:
        columns: in their order.
        rows: texts by key, written in NFC; a missing one is written as an empty cell.
        language: of the headings.
        delimiter: `,`, `;` or tab.

    Returns:
        UTF-8 with a byte order mark, without which Excel guesses another encoding; lines end with CR LF.

    Raises:
        BadInput: NOT_A_TABLE, for another delimiter.
    """
    if delimiter not in DELIMITERS:
        raise BadInput("NOT_A_TABLE", f"got the delimiter {delimiter!r}, a comma, semicolon or tab expected")
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(_guard(column.vi if language == "vi" else column.en) for column in columns)
    for row in rows:
        writer.writerow(_guard(_nfc(row.get(column.key, ""))) for column in columns)
    return _UTF8_MARK + file.getvalue().encode()


def _decode(data: bytes) -> str:
    encoding = "utf-16" if data.startswith(_UTF16_MARKS) else "utf-8"
    try:
        return data.removeprefix(_UTF8_MARK).decode(encoding)
    except UnicodeDecodeError as error:
        raise BadInput("NOT_A_TABLE", "text in UTF-8, or in UTF-16 with a mark, expected") from error


def _delimiter(text: str, columns: Sequence[Column]) -> str:
    """Gives the delimiter under which the heading row names the most columns."""
    known = _known(columns)

    def named(delimiter: str) -> int:
        try:
            _, headings = next(_records(text, delimiter), (1, []))
        except BadInput:  # quotes that end where this delimiter does not follow
            return -1
        return sum(_folded(heading) in known for heading in headings)

    return max(DELIMITERS, key=named)


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Gives the rows that hold any text, each with the line at which it begins."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield line, [_without_guard(_nfc(cell)) for cell in cells]
            line = reader.line_num + 1
    except csv.Error as error:
        raise BadInput("NOT_A_TABLE", f"line {line}: {error}") from error


def _keys(headings: Sequence[str], columns: Sequence[Column]) -> list[str]:
    """Gives the key of each heading, empty where it names no column."""
    known = _known(columns)
    keys = [known.get(_folded(heading), "") for heading in headings]
    for column in columns:
        if column.is_required and column.key not in keys:
            raise BadInput("MISSING_COLUMN", f"a column {column.vi!r} expected")
        if keys.count(column.key) > 1:
            raise BadInput("DOUBLE_COLUMN", f"got the column {column.vi!r} more than once")
    return keys


def _known(columns: Sequence[Column]) -> dict[str, str]:
    return {
        _folded(heading): column.key for column in columns for heading in (column.key, column.vi, column.en)
    }


def _folded(heading: str) -> str:
    return " ".join(fold(heading).replace("_", " ").split())


def _cells(cells: Sequence[str], keys: Sequence[str], columns: Sequence[Column]) -> dict[str, str]:
    """Gives every column's text; spreadsheets leave out empty cells at a row's end."""
    found = dict(zip(keys, cells, strict=False))
    return {column.key: found.get(column.key, "") for column in columns}


def _judge(
    row: Row, cells: Sequence[str], keys: Sequence[str], columns: Sequence[Column]
) -> Iterator[Mistake]:
    if any(cell.strip() for cell in cells[len(keys) :]):
        yield Mistake(row.line, None, "TOO_MANY_CELLS")
    for column in columns:
        text = row.cells[column.key]
        if column.is_required and not text.strip():
            yield Mistake(row.line, column.key, "EMPTY_CELL")
        elif len(text) > CELL_MAX_CHARS:
            yield Mistake(row.line, column.key, "CELL_TOO_LONG")
        elif _BARRED.search(text):
            yield Mistake(row.line, column.key, "BAD_CHARACTER")


def _nfc(text: str) -> str:
    """Composes one cell: in a whole file this could make a delimiter, since U+037E becomes a semicolon."""
    return unicodedata.normalize("NFC", few_marks(text))


def _guard(text: str) -> str:
    return _GUARD + text if _is_dangerous(text) else text


def _without_guard(text: str) -> str:
    """Takes off what `_guard` sets and nothing else: what follows must be such that it would set it."""
    rest = text.removeprefix(_GUARD)
    return rest if rest != text and _is_dangerous(rest) else text


def _is_dangerous(text: str) -> bool:
    """Whether a spreadsheet may take a cell for a formula.

    Spaces, marks and characters that cannot be seen may be dropped on the way, so what follows them decides;
    and what follows our own guard too, or a text that begins with one could not be told from a guarded one.
    """
    for char in text:
        if char in "\t\r\n":
            return True
        if char == _GUARD or char.isspace() or unicodedata.category(char) in {"Cf", "Cc"}:
            continue
        return char == _MINUS or unicodedata.normalize("NFKC", char)[:1] in tuple("=+-@")
    return False
