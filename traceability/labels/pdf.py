"""A PDF file that goes out page by page: nothing of a page is kept once it is written.

Only what labels and reports need: text in two embedded cuts, filled runs, hairlines and circles. reportlab's
own document keeps all pages until the end, so it measures type and makes the subsets, and the file is ours.
"""

import zlib
from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import groupby
from math import floor
from typing import BinaryIO, Final

from traceability.errors import Reason, Refused
from traceability.labels.font import Cut, open_typeface

__all__ = ["LETTERS_MAX", "PT_PER_MM", "PdfFile", "draw_modules"]

PT_PER_MM: Final = 72 / 25.4

LETTERS_MAX: Final = 255  # of one byte; 0 is the sign for a missing letter

_CATALOG: Final = 1
_PAGES: Final = 2
_FIRST_FREE: Final = 3


class PdfFile:
    """Writes a PDF 1.4 to a file that need not be seekable. The same pages give the same bytes."""

    def __init__(
        self, file: BinaryIO, *, size_mm: tuple[float, float], letters: Iterable[str], title: str
    ) -> None:
        """Writes the head and the fonts.

        Args:
            size_mm: width and height of every page.
            letters: every letter that `text` will be given.
            title: of the document.

        Raises:
            Refused: BAD_VALUE, for more than 255 different letters.
        """
        codes = sorted({ord(char) for text in letters for char in text})
        if len(codes) > LETTERS_MAX:
            raise Refused(
                Reason.BAD_VALUE, f"got {len(codes)} different letters, at most {LETTERS_MAX} expected"
            )
        self._file, self._offset, self._offsets = file, 0, dict[int, int]()
        self._pages: list[int] = []
        self._next = _FIRST_FREE
        self._size_mm, self._title = size_mm, title
        self._codes = {code: at for at, code in enumerate(codes, 1)}
        self._digest = sha256()
        self._write(b"%PDF-1.4\n%\xc3\xa9\xc3\xaf\n")
        self._fonts = {cut: self._embed(cut, [0, *codes]) for cut in Cut}

    def text(self, text: str, cut: Cut, size_pt: float, x_pt: float, y_pt: float) -> str:
        """Gives the operators for a line of text whose baseline begins at a point."""
        shown = bytes(self._codes[ord(char)] for char in text).hex()
        return f"BT /{cut} {size_pt:.3f} Tf {x_pt:.3f} {y_pt:.3f} Td <{shown}> Tj ET"

    def page(self, operators: Iterable[str]) -> None:
        """Writes a page."""
        contents = self._stream("\n".join(operators).encode("ascii"))
        self._pages.append(
            self._object(f"<< /Type /Page /Parent {_PAGES} 0 R /Contents {contents} 0 R >>".encode())
        )

    def close(self) -> None:
        """Writes the end; the file itself stays open."""
        # Rounded down: a page that is a hair too large gets one dot more, and is stretched to fill it.
        width, height = (f"{floor(side * PT_PER_MM * 1_000) / 1_000:.3f}" for side in self._size_mm)
        fonts = " ".join(f"/{cut} {number} 0 R" for cut, number in self._fonts.items())
        kids = " ".join(f"{number} 0 R" for number in self._pages)
        self._object(
            f"<< /Type /Pages /Count {len(self._pages)} /Kids [{kids}] /MediaBox [0 0 {width} {height}]"
            f" /Resources << /Font << {fonts} >> >> >>".encode(),
            _PAGES,
        )
        # Without this, programs shrink the page to what the printer can reach, and modules leave the dots.
        preferences = "/ViewerPreferences << /PrintScaling /None >>"
        self._object(f"<< /Type /Catalog /Pages {_PAGES} 0 R {preferences} >>".encode(), _CATALOG)
        title = ("\ufeff" + self._title).encode("utf-16-be").hex()
        self._trailer(self._object(f"<< /Title <{title}> >>".encode()))

    def _embed(self, cut: Cut, codes: list[int]) -> int:
        """Writes a subset of a cut; letter n of it is byte n of the text."""
        typeface = open_typeface(cut)
        subset, unicode_map = typeface.subset(codes)
        file = self._stream(subset, f"/Length1 {len(subset)}")
        name = f"/{'ABCDEF' if cut is Cut.REGULAR else 'ABCDEG'}+{typeface.name}"
        entries = " ".join(f"/{key} {value}" for key, value in typeface.descriptor.items())
        descriptor = self._object(
            f"<< /Type /FontDescriptor /FontName {name} {entries} /FontFile2 {file} 0 R >>".encode()
        )
        widths = " ".join(f"{1000 * typeface.widths.get(code, 0):.0f}" for code in codes)
        return self._object(
            f"<< /Type /Font /Subtype /TrueType /BaseFont {name} /FirstChar 0 /LastChar {len(codes) - 1}"
            f" /Widths [{widths}] /FontDescriptor {descriptor} 0 R"
            f" /ToUnicode {self._stream(unicode_map.encode())} 0 R >>".encode()
        )

    def _stream(self, data: bytes, entries: str = "") -> int:
        packed = zlib.compress(data)
        head = f"<< /Filter /FlateDecode /Length {len(packed)} {entries} >>\nstream\n".encode()
        return self._object(head + packed + b"\nendstream")

    def _object(self, body: bytes, number: int | None = None) -> int:
        if number is None:
            number, self._next = self._next, self._next + 1
        self._offsets[number] = self._offset
        self._write(b"%d 0 obj\n%b\nendobj\n" % (number, body))
        return number

    def _trailer(self, info: int) -> None:
        start, count = self._offset, len(self._offsets) + 1
        rows = (f"{self._offsets[number]:010d} 00000 n \n" for number in range(1, count))
        name = self._digest.hexdigest()[:32]
        self._write(f"xref\n0 {count}\n0000000000 65535 f \n{''.join(rows)}".encode())
        self._write(
            f"trailer\n<< /Size {count} /Root {_CATALOG} 0 R /Info {info} 0 R /ID [<{name}> <{name}>] >>\n"
            f"startxref\n{start}\n%%EOF\n".encode()
        )

    def _write(self, data: bytes) -> None:
        self._digest.update(data)
        self._file.write(data)
        self._offset += len(data)


def draw_modules(
    modules: tuple[tuple[bool, ...], ...], *, corner: tuple[float, float], side_pt: float
) -> Iterator[str]:
    """Gives the operators of a QR code: one path, with a rectangle for every run of dark modules in a row.

    Args:
        modules: row by row, True for dark.
        corner: the upper left one of the first module, in points.
        side_pt: of a module.
    """
    yield f"q {side_pt:.6f} 0 0 {-side_pt:.6f}"
    yield f"{corner[0]:.4f} {corner[1]:.4f} cm"
    for y, row in enumerate(modules):
        x = 0
        for dark, group in groupby(row):
            length = len(list(group))
            if dark:
                yield f"{x} {y} {length} 1 re"
            x += length
    yield "f Q"
