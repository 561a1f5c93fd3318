"""A report as A4 pages of a PDF: blocks flow from page to page; each page has a head, a mark and a number."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import BinaryIO, Final

from traceability.labels.font import Cut, open_typeface
from traceability.labels.pdf import LETTERS_MAX, PT_PER_MM, PdfFile, draw_modules
from traceability.labels.presets import A4_MM
from traceability.labels.qr import QUIET_ZONE, matrix

__all__ = ["ReportEntry", "ReportSheet", "draw_report"]

MISSING: Final = "?"  # for a letter that the typeface does not have

_WIDTH, _HEIGHT = (side * PT_PER_MM for side in A4_MM)
_MARGIN: Final = 51.0
_RIGHT: Final = _WIDTH - _MARGIN
_ROOM: Final = _RIGHT - _MARGIN
_HEAD_Y: Final = _HEIGHT - 36.0
_FOOT_Y: Final = 32.0
_TOP: Final = _HEIGHT - 58.0
_BOTTOM: Final = 56.0
_QR_SIDE: Final = 26 * PT_PER_MM
_BESIDE_QR: Final = _ROOM - _QR_SIDE - 8
_LABEL: Final = 118.0  # the width of what stands before a fact
_NEAR_LABEL: Final = 78.0  # of an entry
_LEADING: Final = 1.36
_SIGNING: Final = 58.0  # room for a name under the last words
_INK, _SOFT = "0.10 g", "0.38 g"
_RULE: Final = "0.6 w 0.78 G"
_TEXT_PT, _SMALL_PT = 10.0, 8.5


@dataclass(frozen=True, slots=True)
class ReportEntry:
    """One numbered entry.

    Attributes:
        title: its heading; `when` stands right of it.
        words: what was said; line breaks and unprintable characters are not kept.
        facts: what is known of it, each with what stands before it.
        code: text of its QR code.
    """

    title: str
    when: str
    words: str
    facts: tuple[tuple[str, str], ...]
    code: str


@dataclass(frozen=True, slots=True)
class ReportSheet:
    """A whole report, in words.

    Attributes:
        head: stands on top of every page, and `mark` right of it, such as that the data are made up.
        facts: under the title.
        empty: stands in place of entries where there are none.
        closing: paragraphs behind the last entry, the first of them as a heading.
        signature: over the room for a name by hand.
        page: of every page, with `{page}` and `{pages}`.
    """

    title: str
    head: str
    mark: str
    facts: tuple[tuple[str, str], ...]
    entries: tuple[ReportEntry, ...]
    empty: str
    closing: tuple[str, ...]
    signature: str
    page: str


@dataclass(frozen=True, slots=True)
class _Piece:
    """Words of a line, from a place on it on."""

    text: str
    x: float = _MARGIN
    size: float = _TEXT_PT
    cut: Cut = Cut.REGULAR
    ink: str = _INK


@dataclass(frozen=True, slots=True)
class _Line:
    """A line: `fall` is how far its baseline lies under the one before, in points."""

    pieces: tuple[_Piece, ...]
    fall: float


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines that stay together on a page if one can hold them, a QR code right of them, a rule over them."""

    lines: tuple[_Line, ...]
    code: str = ""
    gap: float = 0.0
    is_ruled: bool = False

    @property
    def height(self) -> float:
        lines = sum(line.fall for line in self.lines)
        return max(lines, _QR_SIDE if self.code else 0.0)


@dataclass(frozen=True, slots=True)
class _Placed:
    """A block, or some lines of one, below a height of a page."""

    block: _Block
    y: float


def draw_report(sheet: ReportSheet, file: BinaryIO) -> int:
    """Draws a report. The same sheet gives the same bytes.

    Args:
        sheet: in words.
        file: is written to and stays open; it need not be seekable.

    Returns:
        How many pages it has.

    Raises:
        Refused: BAD_VALUE, for a code that no QR code can hold.
    """
    setter = _Setter(sheet)
    pages = list(_paginate(setter.blocks()))
    pdf = PdfFile(file, size_mm=A4_MM, letters=setter.letters, title=setter.clean(sheet.title))
    for number, placed in enumerate(pages, 1):
        running = setter.running(number, len(pages))
        pdf.page(chain(_draw_pieces(pdf, running), chain.from_iterable(_draw(pdf, one) for one in placed)))
    pdf.close()
    return len(pages)


@dataclass(frozen=True)
class _Setter:
    """Sets the words of a sheet as lines."""

    sheet: ReportSheet

    @cached_property
    def letters(self) -> frozenset[str]:
        """The letters that are printed: those of the typeface; of more than a font holds, the commonest."""
        own = {chr(code) for cut in Cut for code in open_typeface(cut).widths}
        fixed = {*_tidy("".join(_fixed_texts(self.sheet))), *"0123456789 ", MISSING} & own
        counted = Counter(char for text in _texts(self.sheet) for char in _tidy(text) if char in own)
        order = sorted(counted.keys() - fixed, key=lambda char: (-counted[char], char))
        return frozenset(fixed | set(order[: LETTERS_MAX - len(fixed)]))

    def clean(self, text: str) -> str:
        """Gives a text in letters that are printed."""
        return "".join(char if char in self.letters else MISSING for char in _tidy(text))

    def running(self, number: int, count: int) -> tuple[_Piece, ...]:
        """Sets what stands on every page."""
        small = _Piece("", size=_SMALL_PT, ink=_SOFT)
        page = self.sheet.page.replace("{page}", f"{number}").replace("{pages}", f"{count}")
        mark = replace(small, size=_TEXT_PT, cut=Cut.SEMIBOLD, ink=_INK)
        return (
            replace(small, text=self._short(self.sheet.head, 0.66 * _ROOM, _SMALL_PT)),
            _to_right(replace(mark, text=self.clean(self.sheet.mark)), _RIGHT),
            _to_right(replace(small, text=self.clean(page)), _RIGHT),
        )

    def blocks(self) -> Iterator[_Block]:
        """Sets the whole, from the title to the room to sign in."""
        sheet = self.sheet
        title = self._lines(sheet.title, _Piece("", size=21, cut=Cut.SEMIBOLD), _ROOM)
        yield _Block((*title, *self._facts(sheet.facts, _ROOM, gap=12, label=_LABEL)))
        if not sheet.entries:
            yield _Block(tuple(self._lines(sheet.empty, _Piece("", size=12), _ROOM)), gap=22, is_ruled=True)
        for number, entry in enumerate(sheet.entries, 1):
            yield self._entry(number, entry)
        heading, *paragraphs = sheet.closing
        lines = self._lines(heading, _Piece("", size=11, cut=Cut.SEMIBOLD), _ROOM)
        for text in paragraphs:
            lines += _apart(self._lines(text, _Piece("", size=9.5), _ROOM), 3)
        signed = _to_right(_Piece(self.clean(sheet.signature), size=9.5, ink=_SOFT), _RIGHT)
        yield _Block((*lines, _Line((signed,), 28), _Line((), _SIGNING)), gap=20, is_ruled=True)

    def _entry(self, number: int, entry: ReportEntry) -> _Block:
        heading = _Piece("", size=11.5, cut=Cut.SEMIBOLD)
        title = self._lines(f"{number}. {entry.title}", heading, 0.68 * _BESIDE_QR)
        when = _Piece(self.clean(entry.when), size=_TEXT_PT, ink=_SOFT)
        first = _Line((*title[0].pieces, _to_right(when, _MARGIN + _BESIDE_QR)), title[0].fall)
        words = _apart(self._lines(entry.words, _Piece("", size=10.5), _BESIDE_QR), 3)
        facts = self._facts(entry.facts, _BESIDE_QR, gap=4, label=_NEAR_LABEL, size=_SMALL_PT)
        return _Block((first, *title[1:], *words, *facts), entry.code, gap=16, is_ruled=True)

    def _facts(
        self,
        facts: Sequence[tuple[str, str]],
        room: float,
        *,
        gap: float,
        label: float,
        size: float = _TEXT_PT,
    ) -> list[_Line]:
        """Sets facts, each beside its name."""
        lines: list[_Line] = []
        for name, value in facts:
            texts = self._lines(value, _Piece("", x=_MARGIN + label, size=size), room - label)
            before = _Piece(self._short(name, label - 6, size), size=size, ink=_SOFT)
            lines += [_Line((before, *texts[0].pieces), texts[0].fall), *texts[1:]]
        return _apart(lines, gap)

    def _lines(self, text: str, model: _Piece, room: float) -> list[_Line]:
        """Breaks a text into lines; a word wider than a line is broken behind its marks, else anywhere."""
        face = open_typeface(model.cut)
        texts = face.wrap(self.clean(text), room / model.size)
        parts = chain.from_iterable(face.break_address(one, room / model.size) for one in texts)
        return [_Line((replace(model, text=part),), _LEADING * model.size) for part in parts] or [
            _Line((), _LEADING * model.size)
        ]

    def _short(self, text: str, room: float, size: float) -> str:
        return self.clean(open_typeface(Cut.REGULAR).shorten(self.clean(text), room / size))


def _texts(sheet: ReportSheet) -> Iterator[str]:
    """Gives all texts of a sheet that were not written by us."""
    for entry in sheet.entries:
        yield from (entry.title, entry.when, entry.words)
        yield from chain.from_iterable(entry.facts)


def _fixed_texts(sheet: ReportSheet) -> Iterator[str]:
    """Gives the texts without which a page says nothing: their letters come first."""
    yield from (sheet.title, sheet.head, sheet.mark, sheet.empty, *sheet.closing, sheet.signature, sheet.page)
    yield from chain.from_iterable(sheet.facts)
    yield "…"


def _tidy(text: str) -> str:
    """Gives NFC text on one line, without characters that say nothing in print."""
    shown = unicodedata.normalize("NFC", text)
    return " ".join("".join(char if char.isprintable() else " " for char in shown).split())


def _apart(lines: list[_Line], gap: float) -> list[_Line]:
    """Sets lines apart from those over them."""
    return [replace(line, fall=line.fall + gap) if at == 0 else line for at, line in enumerate(lines)]


def _to_right(piece: _Piece, right: float) -> _Piece:
    """Gives a piece that ends at a place."""
    return replace(piece, x=right - open_typeface(piece.cut).width(piece.text) * piece.size)


def _paginate(blocks: Iterable[_Block]) -> Iterator[list[_Placed]]:
    """Fills pages; a block that no page can hold is broken between its lines."""
    page: list[_Placed] = []
    y = _TOP
    for block in blocks:
        gap = block.gap if page else 0.0
        needed = block.height if block.height <= _TOP - _BOTTOM else _QR_SIDE
        if page and y - gap - needed < _BOTTOM:
            yield page
            page, y, gap = [], _TOP, 0.0
        for part in _parts(block, y - gap):
            if page and part.y > y:
                yield page
                page = []
            page.append(part)
            y = part.y - part.block.height
    yield page


def _parts(block: _Block, y: float) -> Iterator[_Placed]:
    """Gives a block below a height, what does not fit any more from the top of the next page on."""
    lines: list[_Line] = []
    left, code, is_ruled = y - _BOTTOM, block.code, block.is_ruled
    for line in block.lines:
        if lines and sum(one.fall for one in lines) + line.fall > left:
            yield _Placed(_Block(tuple(lines), code, is_ruled=is_ruled), y)
            lines, code, is_ruled, y, left = [], "", False, _TOP, _TOP - _BOTTOM
        lines.append(line)
    yield _Placed(_Block(tuple(lines), code, is_ruled=is_ruled), y)


def _draw(pdf: PdfFile, placed: _Placed) -> Iterator[str]:
    if placed.block.is_ruled:
        rule = placed.y + 5
        yield f"q {_RULE} {_MARGIN:.3f} {rule:.3f} m {_RIGHT:.3f} {rule:.3f} l S Q"
    y = placed.y
    for line in placed.block.lines:
        y -= line.fall
        for piece in line.pieces:
            yield f"q {piece.ink}"
            yield pdf.text(piece.text, piece.cut, piece.size, piece.x, y)
            yield "Q"
    if placed.block.code:
        yield from _draw_code(placed.block.code, placed.y)


def _draw_pieces(pdf: PdfFile, pieces: tuple[_Piece, ...]) -> Iterator[str]:
    """Draws head, mark and page number."""
    for piece, y in zip(pieces, (_HEAD_Y, _HEAD_Y, _FOOT_Y), strict=True):
        yield f"q {piece.ink}"
        yield pdf.text(piece.text, piece.cut, piece.size, piece.x, y)
        yield "Q"


def _draw_code(text: str, y: float) -> Iterator[str]:
    """Draws a QR code at the right margin; its quiet zone is what stays white around it."""
    modules = matrix(text)
    side = _QR_SIDE / (len(modules) + QUIET_ZONE)
    yield from draw_modules(
        modules, corner=(_RIGHT - len(modules) * side, y - QUIET_ZONE * side), side_pt=side
    )
