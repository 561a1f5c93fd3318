"""The words of a label, set as lines of a given width: product, lot, serial, what to do, host, note."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from string import ascii_letters, digits
from typing import Final
from unicodedata import normalize

from traceability.errors import Reason, Refused
from traceability.labels.code import LabelCode
from traceability.labels.font import ELLIPSIS, Cut, open_typeface
from traceability.labels.presets import LabelForm

__all__ = ["LabelWords", "TextLine", "Typesetter", "eights", "letters_of", "put_own"]

WORDS_MAX_CHARS: Final = 200  # of each text; no product's name comes near it

_MM_PER_PT: Final = 25.4 / 72
_GROUP: Final = 4  # characters of a serial that are read at one go
_NOTE: Final = 0.78  # of the small size
_NOTE_MIN_DOTS: Final = 14  # an em of fewer dots does not carry the marks of Vietnamese letters
_CHECKER: Final = 0.86
_SQUEEZED: Final = 0.85  # an address is set that much smaller before it is broken
_SCAN: Final = ("Quét để kiểm tra", "Scan to check")
_INDEPENDENT: Final = ("Kiểm tra độc lập", "Independent check")
_NUMBER: Final = " · № "  # which label of its lot this is, so that it is found again on the sheet
_NUMBER_DIGITS: Final = 3  # that are kept free at least: the labels of a lot of 999 look alike
# The longest that fits is taken: a narrow label has no room for what a reader can do without.
_CAPTIONS: Final = (("Lô / Lot ", "Số sê-ri / Serial "), ("Lô ", "Số sê-ri "), ("Lô ", "Sê-ri "), ("Lô ", ""))


@dataclass(frozen=True, slots=True)
class LabelWords:
    """What stands on every label of a lot, beside what the code itself says.

    Attributes:
        product: the product's name; shortened with an ellipsis where it does not fit.
        note: small type, such as a sentence that these are demo data; not shortened.
        checker: the address of the independent checker; only tags print it, and whole.

    Raises:
        Refused: BAD_VALUE, for a text over 200 characters, with control characters, or an empty name.
    """

    product: str
    note: str = ""
    checker: str = ""

    def __post_init__(self) -> None:
        for name, text in (("product", self.product), ("note", self.note), ("checker", self.checker)):
            if len(text) > WORDS_MAX_CHARS or not text.isprintable():
                raise Refused(
                    Reason.BAD_VALUE,
                    f"{name}: at most {WORDS_MAX_CHARS} characters, and no control characters, expected",
                )
        if not self.product.strip():
            raise Refused(Reason.BAD_VALUE, "product: a label names a product")


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line of text, in dots of the form's grid.

    Attributes:
        size: of an em.
        room: how wide it may be.
        gap: kept free above it, beside the usual leading.
        x, baseline: where it begins, from the label's upper left corner.
        is_serial: whether the serial of each label takes the place of its eights.
        is_number: whether the number of each label in its lot does.
    """

    text: str
    cut: Cut
    size: float
    room: float
    gap: float = 0
    x: float = 0
    baseline: float = 0
    is_serial: bool = False
    is_number: bool = False

    @property
    def is_own(self) -> bool:
        """Whether each label of a lot has other words here."""
        return self.is_serial or self.is_number


@dataclass(frozen=True, slots=True)
class Typesetter:
    """Sets the words of one lot for one form; every method gives lines that are at most `room` dots wide.

    Attributes:
        scale: of all type, 1 for the sizes that the form names.
        name_lines: of the product's name, at most.
        may_shorten: whether the name may end in an ellipsis.
    """

    words: LabelWords
    form: LabelForm
    scale: float
    name_lines: int
    may_shorten: bool

    def name(self, room: float) -> list[TextLine]:
        """Sets the product's name, whole or shortened to `name_lines`; none where neither is allowed."""
        typeface, size = open_typeface(Cut.SEMIBOLD), self._dots(self.form.name_pt)
        texts = typeface.balance(normalize("NFC", self.words.product), room / size)
        is_whole = len(texts) <= self.name_lines and max(map(typeface.width, texts)) * size <= room
        if not is_whole and not self.may_shorten:
            return []
        texts = texts if is_whole else typeface.wrap(normalize("NFC", self.words.product), room / size)
        kept, rest = texts[: self.name_lines - 1], " ".join(texts[self.name_lines - 1 :])
        shown = texts if is_whole else [typeface.shorten(text, room / size) for text in (*kept, rest) if text]
        return [TextLine(text, Cut.SEMIBOLD, size, room) for text in shown]

    def unit(self, lot: str, serial: str, room: float, *, number: str = "") -> list[TextLine]:
        """Sets lot and serial, with captions as far as there is room.

        Args:
            lot: as the code has it.
            serial: eights, as many as its characters.
            room: in dots.
            number: of the label in its lot, as eights; empty for none.
        """
        typeface, size, groups = open_typeface(Cut.REGULAR), self._dots(self.form.text_pt), _grouped(serial)
        last = f"{lot}{_NUMBER}{number}" if number else lot

        def fits(captions: tuple[str, str]) -> bool:
            widest = max(typeface.width(captions[0] + last), typeface.width(captions[1] + groups))
            return widest * size <= room

        captions = next(filter(fits, _CAPTIONS), _CAPTIONS[-1])
        lines = self._set([captions[0] + last], size, room) if lot else []
        lines = [replace(line, is_number=bool(number)) for line in lines]
        if serial:
            lines += [replace(self._set([captions[1] + groups], size, room)[0], is_serial=True)]
        return _apart(lines, 0.35)

    def scan(self, room: float) -> list[TextLine]:
        """Sets what to do with the code."""
        return self._pair(_SCAN, self._dots(self.form.small_pt), room)

    def host(self, host: str, room: float) -> list[TextLine]:
        """Sets the host, whole: whoever knows it sees through a sticker with another one."""
        size = self._dots(self.form.small_pt)
        texts = open_typeface(Cut.SEMIBOLD).break_address(host, room / size / _SQUEEZED)
        return self._set(texts, size, room, cut=Cut.SEMIBOLD)

    def checker(self, room: float) -> list[TextLine]:
        """Sets the address of the independent checker, whole."""
        if not self.words.checker:
            return []
        size = self._dots(self.form.small_pt) * _CHECKER
        address = open_typeface(Cut.REGULAR).break_address(self.words.checker, room / size / _SQUEEZED)
        return _apart([*self._pair(_INDEPENDENT, size, room), *self._set(address, size, room)], 0.5)

    def note(self, room: float) -> list[TextLine]:
        """Sets the note."""
        size = max(self._dots(self.form.small_pt) * _NOTE, _NOTE_MIN_DOTS)
        texts = open_typeface(Cut.REGULAR).wrap(normalize("NFC", self.words.note), room / size)
        return _apart(self._set(texts, size, room), 0.5)

    def _dots(self, points: float) -> float:
        return points * _MM_PER_PT * self.form.dots_per_mm * self.scale

    def _pair(self, words: tuple[str, str], size: float, room: float) -> list[TextLine]:
        """Sets Vietnamese and English on one line where they fit, else one under the other."""
        both = " / ".join(words)
        is_one_line = open_typeface(Cut.REGULAR).width(both) * size <= room
        return self._set([both] if is_one_line else words, size, room)

    def _set(
        self, texts: Iterable[str], size: float, room: float, *, cut: Cut = Cut.REGULAR
    ) -> list[TextLine]:
        fitted = [_fit(TextLine(text, cut, size, room)) for text in texts]
        smallest = min((line.size for line in fitted), default=size)
        return [replace(line, size=smallest) for line in fitted]


def eights(number: int | None) -> str:
    """Gives the digits that the number of a label is laid out with; none where it has no number."""
    return "8" * max(_NUMBER_DIGITS, len(str(number))) if number is not None else ""


def put_own(line: TextLine, code: LabelCode, number: int | None) -> TextLine:
    """Gives a line with what is the label's own in place of eights; in smaller type if that is wide."""
    if line.is_serial:
        serial = _grouped(code.serial or "")
        return _fit(replace(line, text=line.text[: len(line.text) - len(serial)] + serial))
    if line.is_number:
        return _fit(replace(line, text=line.text.removesuffix(eights(number)) + str(number)))
    return line


def letters_of(words: LabelWords) -> tuple[str, ...]:
    """Gives texts with all letters that labels with these words may show."""
    shown = "".join((words.product, words.note, words.checker))
    fixed = "".join((*_SCAN, *_INDEPENDENT, _NUMBER, *(text for pair in _CAPTIONS for text in pair)))
    return (normalize("NFC", shown), fixed, f" /.-{ELLIPSIS}{digits}{ascii_letters}")


def _fit(line: TextLine) -> TextLine:
    ems = open_typeface(line.cut).width(line.text)
    return replace(line, size=min(line.size, line.room / ems))


def _apart(lines: list[TextLine], ems: float) -> list[TextLine]:
    """Sets lines apart from what comes before them."""
    return [replace(line, gap=ems * line.size if at == 0 else 0.0) for at, line in enumerate(lines)]


def _grouped(serial: str) -> str:
    return " ".join(serial[at : at + _GROUP] for at in range(0, len(serial), _GROUP))
