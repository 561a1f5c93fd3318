"""The two cuts of the typeface on labels: how wide a text is, where it breaks, and what a PDF embeds.

Source Sans Pro (SIL Open Font License) carries every Vietnamese letter and comes as a package.
"""

import unicodedata
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Final

from font_source_sans_pro import font_files_ttf
from reportlab.pdfbase.ttfonts import TTFontFace, makeToUnicodeCMap

from traceability.errors import Reason, Refused

__all__ = ["ELLIPSIS", "Cut", "Typeface", "open_typeface"]

ELLIPSIS: Final = "…"

_EMS: Final = 1_000  # the units of a font's widths in PDF
_SYMBOLIC: Final = 4  # PDF 32000-1, table 123: the codes are the subset's own


class Cut(StrEnum):
    """A cut of the typeface; its value is the name that PDF pages call it by."""

    REGULAR = "R"
    SEMIBOLD = "S"


_FILES: Final = {Cut.REGULAR: "SourceSansPro", Cut.SEMIBOLD: "SourceSansProSemibold"}


class Typeface:
    """One cut, opened for measuring and for making subsets."""

    def __init__(self, cut: Cut) -> None:
        self.path: str = font_files_ttf[_FILES[cut]]
        self._face = TTFontFace(self.path)

    @cached_property
    def widths(self) -> dict[int, float]:
        """Advance widths in ems by code point, of every letter that the cut has."""
        return {code: self._face.getCharWidth(code) / _EMS for code in self._face.charToGlyph}

    def width(self, text: str) -> float:
        """Gives how wide a text is, in ems.

        Raises:
            Refused: BAD_VALUE, for a letter that the typeface does not have.
        """
        try:
            return sum([self.widths[ord(char)] for char in text])
        except KeyError as error:
            foreign = chr(error.args[0])
            raise Refused(Reason.BAD_VALUE, f"labels have no letter {foreign!a} to print") from None

    def shorten(self, text: str, ems: float) -> str:
        """Gives the text, or as much as fits with an ellipsis: whole words, or at least letters."""
        if self.width(text) <= ems:
            return text
        kept = text
        while kept and self.width(kept + ELLIPSIS) > ems:
            kept = kept[:-1]
        # A mark that stands apart from its letter goes with it.
        while kept and unicodedata.combining(text[len(kept)]):
            kept = kept[:-1]
        words, space, _ = f"{kept}{text[len(kept)]}".rpartition(" ")
        if space and 2 * len(words) > len(kept):
            kept = words
        return kept.rstrip(" ,.;:–-(/") + ELLIPSIS

    def wrap(self, text: str, ems: float) -> list[str]:
        """Breaks a text at its spaces into lines; a word wider than a line has one of its own."""
        lines: list[str] = []
        for word in text.split():
            longer = f"{lines[-1]} {word}" if lines else word
            if lines and self.width(longer) <= ems:
                lines[-1] = longer
            else:
                lines.append(word)
        return lines

    def balance(self, text: str, ems: float) -> list[str]:
        """Breaks a text into as few lines as `wrap`, of about one length, so that no word is left over."""
        lines = narrower = self.wrap(text, ems)
        while len(narrower) == len(lines) > 1:
            lines, widest = narrower, max(map(self.width, narrower))
            narrower = self.wrap(text, widest - 0.001)
            if max(map(self.width, narrower)) >= widest:
                break  # the widest line is one word
        return lines

    def break_address(self, text: str, ems: float) -> list[str]:
        """Breaks an address without leaving anything out: behind `/`, `.` and `-`, else anywhere."""
        lines, rest = [], text
        while self.width(rest) > ems:
            end = max(1, next(end for end in range(1, len(rest) + 1) if self.width(rest[:end]) > ems) - 1)
            at_mark = max(rest.rfind(mark, 0, end) for mark in "/.-") + 1
            end = at_mark or end
            lines.append(rest[:end])
            rest = rest[end:]
        return [*lines, rest] if rest else lines

    def subset(self, codes: list[int]) -> tuple[bytes, str]:
        """Gives a TrueType file with just these code points as glyphs 0 to n, and its ToUnicode map."""
        # A face reads its file from a place that it remembers, so threads must not share one for this.
        return TTFontFace(self.path).makeSubset(codes), makeToUnicodeCMap("Subset", codes)

    @property
    def descriptor(self) -> dict[str, str]:
        """The entries of a PDF font descriptor that do not depend on the subset (PDF 32000-1, table 122)."""
        face = self._face
        return {
            "Ascent": f"{face.ascent}",
            "Descent": f"{face.descent}",
            "CapHeight": f"{face.capHeight}",
            "StemV": f"{face.stemV}",
            "ItalicAngle": "0",
            "Flags": f"{_SYMBOLIC}",
            "FontBBox": f"[{' '.join(map(str, face.bbox))}]",
        }

    @property
    def name(self) -> str:
        """The PostScript name."""
        return str(self._face.name, "ascii")


@lru_cache(maxsize=len(Cut))
def open_typeface(cut: Cut) -> Typeface:
    """Opens a cut, once a process: reading its file takes 25 ms."""
    return Typeface(cut)
