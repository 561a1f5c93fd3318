"""Labels on A4 pages, and labels of a roll as pages of their own size: PDF, streamed page by page."""

from collections.abc import Iterable, Iterator
from itertools import chain, islice, pairwise
from typing import BinaryIO, Final

from traceability.errors import Reason, Refused
from traceability.labels.code import LabelCode
from traceability.labels.layout import LabelPlan, numbered, plan_label
from traceability.labels.pdf import PT_PER_MM, PdfFile, draw_modules
from traceability.labels.presets import A4_MM, LabelForm, RollPreset, SheetPreset
from traceability.labels.wording import LabelWords, letters_of

__all__ = ["draw_label_pages", "draw_sheet"]

_MARK_MM: Final = 2.0
_HOLE_RADIUS_MM: Final = 2.0
_ROUND: Final = 0.5523  # of the radius: how far Bézier curves reach out for a circle
_HAIRLINE: Final = "0.25 w 0.55 G"


def draw_sheet(
    codes: Iterable[LabelCode],
    words: LabelWords,
    *,
    preset: SheetPreset,
    file: BinaryIO,
    skip_first: int = 0,
    numbers: Iterable[int] | None = None,
) -> int:
    """Draws A4 pages of labels, in the codes' order, row by row. Memory does not grow with the labels.

    Args:
        codes: at least one; they are taken as the pages are written.
        preset: a sheet of `presets.PRESETS`.
        file: is written to and stays open; it need not be seekable.
        skip_first: places of the first page that are used up.
        numbers: of the labels in their lot, as each shows its own; None shows none.

    Returns:
        How many labels were drawn.

    Raises:
        Refused: BAD_VALUE, before anything is written when the first label does not fit, when there is none,
            or `skip_first` leaves no place on a page.
    """
    if not 0 <= skip_first < preset.labels_per_page:
        raise Refused(
            Reason.BAD_VALUE, f"a page has {preset.labels_per_page} places, {skip_first} cannot be skipped"
        )
    plans = _plans(codes, words, preset.form, numbers)
    pdf = PdfFile(file, size_mm=A4_MM, letters=letters_of(words), title=words.product)
    drawn, skipped = 0, skip_first
    while page := list(islice(plans, preset.labels_per_page - skipped)):
        places = [_place(preset, skipped + at) for at in range(len(page))]
        labels = (_draw(pdf, plan, preset.form, place) for plan, place in zip(page, places, strict=True))
        pdf.page(chain(_marks(preset, places), chain.from_iterable(labels)))
        drawn, skipped = drawn + len(page), 0
    pdf.close()
    return drawn


def draw_label_pages(
    codes: Iterable[LabelCode],
    words: LabelWords,
    *,
    preset: RollPreset,
    file: BinaryIO,
    numbers: Iterable[int] | None = None,
) -> int:
    """Draws a PDF with one label a page, each in the exact size of the roll's labels.

    Args, Returns, Raises: as `draw_sheet`.
    """
    form = preset.form
    plans = _plans(codes, words, form, numbers)
    size = (form.width_mm, form.height_mm)
    pdf = PdfFile(file, size_mm=size, letters=letters_of(words), title=words.product)
    drawn = 0
    for plan in plans:
        pdf.page(_draw(pdf, plan, form, (0.0, form.height_mm * PT_PER_MM)))
        drawn += 1
    pdf.close()
    return drawn


def _plans(
    codes: Iterable[LabelCode], words: LabelWords, form: LabelForm, numbers: Iterable[int] | None
) -> Iterator[LabelPlan]:
    """Gives the labels laid out; the first at once, so that a fault shows before anything is written."""
    plans = (plan_label(code, words, form, number=number) for code, number in numbered(codes, numbers))
    first = next(plans, None)
    if first is None:
        raise Refused(Reason.BAD_VALUE, "there is no label to draw")
    return chain([first], plans)


def _place(preset: SheetPreset, index: int) -> tuple[float, float]:
    """Gives the upper left corner of a place on the page, in points, on the grid of dots."""
    row, column = divmod(index, preset.columns)
    grid = preset.form.dots_per_mm
    right = round((preset.left_mm + column * preset.pitch_x_mm) * grid) / grid
    down = round((preset.top_mm + row * preset.pitch_y_mm) * grid) / grid
    return right * PT_PER_MM, (A4_MM[1] - down) * PT_PER_MM


def _draw(pdf: PdfFile, plan: LabelPlan, form: LabelForm, corner: tuple[float, float]) -> Iterator[str]:
    """Gives the operators of one label: one path for the QR, then the words."""
    dot = PT_PER_MM / form.dots_per_mm
    left, top = corner
    corner = (left + plan.qr_x * dot, top - plan.qr_y * dot)
    yield from draw_modules(plan.modules, corner=corner, side_pt=dot * plan.module)
    for line in plan.lines:
        yield pdf.text(line.text, line.cut, line.size * dot, left + line.x * dot, top - line.baseline * dot)


def _marks(preset: SheetPreset, places: Iterable[tuple[float, float]]) -> Iterator[str]:
    """Gives where to cut and where to punch, for sheets that are not die-cut."""
    width, height = preset.form.width_mm * PT_PER_MM, preset.form.height_mm * PT_PER_MM
    mark = _MARK_MM * PT_PER_MM / 2
    for left, top in places if preset.is_cut_by_hand else ():
        yield f"q {_HAIRLINE}"
        for x, y in ((left, top), (left + width, top), (left, top - height), (left + width, top - height)):
            yield f"{x - mark:.3f} {y:.3f} m {x + mark:.3f} {y:.3f} l"
            yield f"{x:.3f} {y - mark:.3f} m {x:.3f} {y + mark:.3f} l"
        if preset.hole_mm is not None:
            yield _circle(left + width / 2, top - preset.hole_mm * PT_PER_MM, _HOLE_RADIUS_MM * PT_PER_MM)
        yield "S Q"


def _circle(x: float, y: float, radius: float) -> str:
    reach = _ROUND * radius
    corners = ((1, 0), (0, 1), (-1, 0), (0, -1), (1, 0))
    parts = [f"{x + radius:.3f} {y:.3f} m"]
    for (ax, ay), (bx, by) in pairwise(corners):
        points = (
            (ax * radius + bx * reach, ay * radius + by * reach),
            (bx * radius + ax * reach, by * radius + ay * reach),
            (bx * radius, by * radius),
        )
        parts.append(" ".join(f"{x + dx:.3f} {y + dy:.3f}" for dx, dy in points) + " c")
    return " ".join(parts)
