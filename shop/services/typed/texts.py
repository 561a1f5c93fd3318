"""What people type into a form, read strictly: lines, paragraphs, prices, counts and sizes."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from shop.errors import BadInput
from shop.folding import few_marks
from shop.money import Dong, read_price
from shop.services.texts import Text
from shop.services.typed.personal import personal_in

__all__ = ["FormReader", "shown_size"]

COUNT_MAX: Final = 10**9
SIZE_MAX_MM: Final = 100_000

# Thousands are grouped by threes with one kind of separator, or not at all: `12,5` is no count.
_GROUPED: Final = re.compile(r"[0-9]{1,3}(?:([., \N{NO-BREAK SPACE}])[0-9]{3})(?:\1[0-9]{3})*", re.ASCII)
_PLAIN: Final = re.compile(r"[0-9]{1,13}", re.ASCII)
_SIZE: Final = re.compile(r"([0-9]{1,5})(?:[.,]([0-9]))?", re.ASCII)


@dataclass(slots=True)
class FormReader:
    """Reads the fields of one form one by one, and gathers what is wrong with them.

    Attributes:
        texts: what was typed, by the name of the field.
        mistakes: codes by the name of the field; for `BadFields`, if there are any.
    """

    texts: Mapping[str, str]
    mistakes: dict[str, str] = field(default_factory=dict)

    def refuse(self, name: str, code: str) -> None:
        """Notes a mistake, unless the field has one already."""
        self.mistakes.setdefault(name, code)

    def demand_impersonal(self, *names: str) -> None:
        """Refuses fields that will be signed and hold what is a person's own, such as a telephone number.

        A field that is refused already, such as for its length, is not looked through.
        """
        for name in names:
            if name not in self.mistakes and personal_in(self.texts.get(name, "")) is not None:
                self.refuse(name, "PERSONAL")

    def line(self, name: str, *, most: int, is_required: bool = False) -> str:
        """Gives one line of NFC text with single spaces.

        Args:
            name: of the field.
            most: characters.
            is_required: whether it must hold something.
        """
        text = " ".join(self._typed(name).split())
        if not text.isprintable():
            self.refuse(name, "BAD_CHARACTER")
        return self._measured(name, text, most, is_required=is_required)

    def paragraph(self, name: str, *, most: int) -> str:
        """Gives NFC text of several lines, which end in a line feed alone."""
        lines = [" ".join(line.split()) for line in self._typed(name).splitlines()]
        if not all(line.isprintable() for line in lines):
            self.refuse(name, "BAD_CHARACTER")
        return self._measured(name, "\n".join(lines).strip(), most, is_required=False)

    def both(self, name: str, *, most: int, is_required: bool = False) -> Text:
        """Gives two lines, `<name>_vi` and `<name>_en`; without Vietnamese there is no English."""
        found = Text(
            self.line(f"{name}_vi", most=most, is_required=is_required), self.line(f"{name}_en", most=most)
        )
        return self._with_vietnamese(name, found)

    def paragraphs(self, name: str, *, most: int) -> Text:
        """Gives two texts, `<name>_vi` and `<name>_en`."""
        found = Text(self.paragraph(f"{name}_vi", most=most), self.paragraph(f"{name}_en", most=most))
        return self._with_vietnamese(name, found)

    def price(self, name: str) -> Dong:
        """Gives an amount as people type it: `350.000`, `350k`, `1,2 triệu`; 1 where it is a mistake."""
        typed = self._typed(name).strip()
        if not typed:
            self.refuse(name, "MISSING")
            return Dong(1)
        try:
            return read_price(typed)
        except BadInput as error:
            self.refuse(name, error.code)
            return Dong(1)

    def count(self, name: str) -> int:
        """Gives a whole number of pieces, 0 where it is a mistake."""
        amount = _number(self._typed(name).strip())
        if not self._typed(name).strip():
            self.refuse(name, "MISSING")
        elif amount is None or amount > COUNT_MAX:
            self.refuse(name, "BAD_COUNT")
        return min(amount or 0, COUNT_MAX)

    def size(self, name: str) -> int | None:
        """Gives in millimetres what is typed in centimetres, such as `17,5`; None where nothing is typed."""
        typed = self._typed(name).strip().removesuffix("cm").strip()
        found = _SIZE.fullmatch(typed)
        if found is None:
            if typed:
                self.refuse(name, "BAD_SIZE")
            return None
        size_mm = int(found[1]) * 10 + int(found[2] or 0)
        if not 1 <= size_mm <= SIZE_MAX_MM:
            self.refuse(name, "BAD_SIZE")
        return size_mm

    def choice(self, name: str, known: Mapping[str, object] | frozenset[str]) -> str:
        """Gives one of the known words."""
        value = self._typed(name).strip()
        if not value:
            self.refuse(name, "MISSING")
        elif value not in known:
            self.refuse(name, "UNKNOWN_CHOICE")
        return value

    def is_set(self, name: str) -> bool:
        """Tells whether a box is ticked, or a cell says yes."""
        value = self._typed(name).strip().casefold()
        if value not in _NO | _YES:
            self.refuse(name, "UNKNOWN_CHOICE")
        return value in _YES

    def _typed(self, name: str) -> str:
        return unicodedata.normalize("NFC", few_marks(self.texts.get(name, "")))

    def _measured(self, name: str, text: str, most: int, *, is_required: bool) -> str:
        if is_required and not text:
            self.refuse(name, "MISSING")
        if len(text) > most:
            self.refuse(name, "TOO_LONG")
        return text

    def _with_vietnamese(self, name: str, found: Text) -> Text:
        if found.en and not found.vi:
            self.refuse(f"{name}_vi", "NEEDS_VIETNAMESE")
        return found


_YES: Final = frozenset({"yes", "có", "co", "x", "1", "true", "on"})
_NO: Final = frozenset({"", "no", "không", "khong", "0", "false"})


def shown_size(size_mm: int | None) -> str:
    """Gives millimetres as they are typed, in centimetres: `17,5`."""
    return f"{size_mm / 10:g}".replace(".", ",") if size_mm else ""


def _number(text: str) -> int | None:
    if _PLAIN.fullmatch(text):
        return int(text)
    if _GROUPED.fullmatch(text):
        return int(re.sub(r"[^0-9]", "", text))
    return None
