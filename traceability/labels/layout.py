"""Where everything stands on one label: the QR on whole dots, the words beside it or under it.

Measured in dots of the form's grid from the label's upper left corner; whether a page or a bitmap is drawn
on is no matter here.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import repeat
from typing import Final

from traceability.errors import Reason, Refused
from traceability.labels.code import LabelCode
from traceability.labels.presets import LabelForm
from traceability.labels.qr import QUIET_ZONE, quick_matrix
from traceability.labels.wording import LabelWords, TextLine, Typesetter, eights, put_own

__all__ = ["LabelPlan", "numbered", "plan_label"]

_CAPITALS: Final = 0.66  # height of capitals in ems
_ACCENTS: Final = 0.28  # what two marks over a capital rise above it
_TAILS: Final = 0.22
_LEADING: Final = 1.2  # the marks of a line just clear the tails of the one above
_SCALES: Final = (1.0, 0.94, 0.88, 0.82)
_SMALLEST: Final = (0.82, 0.76, 0.7)


@dataclass(frozen=True, slots=True)
class LabelPlan:
    """One label, ready to be drawn.

    Attributes:
        modules: of the QR code, row by row, True for dark, without the quiet zone.
        module: dots a module.
        qr_x, qr_y: where the first module's upper left corner lies.
        lines: the words.
    """

    modules: tuple[tuple[bool, ...], ...]
    module: int
    qr_x: int
    qr_y: int
    lines: tuple[TextLine, ...]


def plan_label(
    code: LabelCode, words: LabelWords, form: LabelForm, *, number: int | None = None
) -> LabelPlan:
    """Lays out one label.

    Args:
        code: what the QR says.
        words: of the lot.
        form: what it is printed on.
        number: which label of its lot it is, from 1; stands behind the lot. None prints none.

    Raises:
        Refused: BAD_VALUE, when code or words do not fit the form, or the typeface lacks a letter.
    """
    modules = quick_matrix(code.to_uri())
    serial = "8" * len(code.serial or "")
    plan = _plan(words, form, len(modules), (code.host.lower(), code.lot or "", serial, eights(number)))
    lines = tuple(put_own(line, code, number) if line.is_own else line for line in plan.lines)
    return replace(plan, modules=modules, lines=lines)


def numbered(
    codes: Iterable[LabelCode], numbers: Iterable[int] | None
) -> Iterator[tuple[LabelCode, int | None]]:
    """Gives each code with its label's number in the lot; None where labels show none."""
    return zip(codes, repeat(None) if numbers is None else numbers, strict=False)


@lru_cache(maxsize=16)
def _plan(words: LabelWords, form: LabelForm, count: int, names: tuple[str, str, str, str]) -> LabelPlan:
    """Lays out a label whose serial and number are eights, so that all labels of a lot look alike."""
    module = _module_dots(form, count)
    for scale, name_lines, may_shorten in _attempts(form.name_lines):
        setter = Typesetter(words, form, scale, name_lines, may_shorten)
        composer = _Composer(setter, module * count, module * QUIET_ZONE)
        name = setter.name(composer.room)
        qr_y, lines = composer.compose(name, names) if name else (0, None)
        if lines is not None:
            return LabelPlan((), module, composer.left, qr_y, tuple(lines))
    raise Refused(Reason.BAD_VALUE, f"the words do not fit on {form.width_mm:g} x {form.height_mm:g} mm")


def _attempts(name_lines: int) -> Iterator[tuple[float, int, bool]]:
    """Gives scale, lines of the name and whether it may be shortened, in the order in which they are tried.

    Smaller type comes before a shortened name, and that before type that only good eyes can read.
    """
    yield from ((scale, name_lines, False) for scale in _SCALES)
    yield from ((scale, lines, True) for lines in range(name_lines, 1, -1) for scale in _SCALES)
    yield from ((scale, 1, True) for scale in _SMALLEST)


def _module_dots(form: LabelForm, count: int) -> int:
    """Gives the largest module that fits into the label together with its quiet zone."""
    side = count + 2 * QUIET_ZONE
    module = min(form.module_dots_max, form.height_dots // side, form.width_dots // side)
    if module < form.module_dots_min:
        raise Refused(
            Reason.BAD_VALUE,
            f"a code of {count} modules and its quiet zone do not fit on {form.width_mm:g} x"
            f" {form.height_mm:g} mm at {form.module_dots_min / form.dots_per_mm:.3g} mm a module",
        )
    return module


@dataclass(frozen=True, slots=True)
class _Composer:
    """Arranges what a typesetter sets around a QR of `ink` dots a side."""

    setter: Typesetter
    ink: int
    quiet: int

    @property
    def left(self) -> int:
        """Where the ink of the QR begins."""
        return max(self.quiet, round(self._inset))

    @property
    def room(self) -> float:
        """How wide the name may be."""
        return self._right - self._column

    def compose(
        self, name: list[TextLine], names: tuple[str, str, str, str]
    ) -> tuple[int, list[TextLine] | None]:
        """Gives the upper edge of the QR, and the lines; None when they need more room.

        Args:
            name: of the product, set in `room`.
            names: host, lot, serial and number.
        """
        host, lot, serial, number = names
        upper = self.setter.unit(lot, serial, self.room, number=number)
        form = self.setter.form
        if form.arrangement == "tag":
            return self._tag(name, upper, host)
        if form.arrangement == "footer":
            return self.left, self._footer(self.left, [*name, *upper], host)
        top = (form.height_dots - self.ink) // 2
        return top, self._beside(top, [*name, *upper], host)

    def _beside(self, top: int, upper: list[TextLine], host: str) -> list[TextLine] | None:
        """Sets name, lot and serial level with the QR's head, the rest level with its foot."""
        lower = [
            *self.setter.scan(self.room),
            *self.setter.host(host, self.room),
            *self.setter.note(self.room),
        ]
        level = _between(upper, lower, self._column, (top, top + self.ink))
        whole = (self._inset + _ACCENTS * upper[0].size, self._lowest(lower))
        return level or _between(upper, lower, self._column, whole)

    def _footer(self, top: int, upper: list[TextLine], host: str) -> list[TextLine] | None:
        """Sets what to do, and the host, under the QR over the whole width."""
        wide = self._right - self.left
        foot = [*self.setter.scan(wide), *self.setter.host(host, wide)]
        lowest = self._lowest(foot)
        under = _between([], foot, self.left, (self._under(top, foot), lowest))
        note = self.setter.note(self.room)
        level = _between(upper, note, self._column, (top, top + self.ink))
        # Where that is too short, the column may go on down to the words under the QR.
        whole = (float(top), lowest - _height(foot) - _LEADING * foot[0].size)
        beside = level or _between(upper, note, self._column, whole)
        return None if beside is None or under is None else beside + under

    def _tag(
        self, name: list[TextLine], upper: list[TextLine], host: str
    ) -> tuple[int, list[TextLine] | None]:
        """Sets all in one column: the name between hole and QR, the rest under it."""
        form, room = self.setter.form, self.room
        head = form.head_mm * form.dots_per_mm
        # The QR stays where it is on all tags of a form, however long the name of the product is.
        size = name[0].size / self.setter.scale
        over = round(head + (_CAPITALS + _LEADING * (form.name_lines - 1) + _TAILS) * size)
        top = over + self.quiet
        named = _between([], name, self.left, (head, over - _TAILS * size))
        lower = [*self.setter.scan(room), *self.setter.host(host, room)]
        lower += [*self.setter.checker(room), *self.setter.note(room)]
        under = _between(upper, lower, self.left, (self._under(top, upper or lower), self._lowest(lower)))
        return top, None if named is None or under is None else named + under

    @property
    def _inset(self) -> float:
        return self.setter.form.inset_mm * self.setter.form.dots_per_mm

    @property
    def _right(self) -> float:
        return self.setter.form.width_dots - self._inset

    @property
    def _column(self) -> int:
        """Where lines begin: right of the QR and its quiet zone, or level with its ink."""
        beside = self.setter.form.arrangement != "tag"
        return self.left + (self.ink + self.quiet if beside else 0)

    def _under(self, top: int, lines: list[TextLine]) -> float:
        """Gives where capitals under the QR may begin, so that their marks leave its quiet zone white."""
        return top + self.ink + self.quiet + _ACCENTS * lines[0].size

    def _lowest(self, lines: list[TextLine]) -> float:
        """Gives the lowest baseline that the last of the lines may have."""
        return self.setter.form.height_dots - self._inset - _TAILS * lines[-1].size


def _between(
    upper: list[TextLine], lower: list[TextLine], x: float, span: tuple[float, float]
) -> list[TextLine] | None:
    """Stacks some lines from the top down and some from the bottom up; None when they would meet."""
    top, bottom = span
    needed = _height(upper) + _height(lower)
    if upper and lower:
        needed += (_LEADING - _CAPITALS + 0.3) * lower[0].size
    if needed > bottom - top:
        return None
    return [*_stack(upper, x, top), *_stack(lower, x, bottom - _height(lower))]


def _height(lines: list[TextLine]) -> float:
    """Gives the height from the top of the first line's capitals to the last baseline."""
    steps = sum(line.gap + _LEADING * line.size for line in lines[1:])
    return _CAPITALS * lines[0].size + steps if lines else 0.0


def _stack(lines: list[TextLine], x: float, top: float) -> list[TextLine]:
    placed: list[TextLine] = []
    baseline = top
    for line in lines:
        baseline += line.gap + _LEADING * line.size if placed else _CAPITALS * line.size
        # On whole dots, so that the labels of a bitmap and of a page are the same.
        placed.append(replace(line, x=round(x), baseline=round(baseline)))
    return placed
