"""PDF labels: exact sizes, whole dots, text that can be searched, flat memory, and every code read back."""

import io
import itertools
import resource
import unicodedata
from pathlib import Path

import pytest

from tests.simulators.printed import cells, lot, opened, read_sealed, rendered
from traceability.errors import Reason, Refused
from traceability.labels.layout import plan_label
from traceability.labels.presets import PRESETS, ROLLS, SHEETS, find_preset
from traceability.labels.printing import PrintFile, draw_labels
from traceability.labels.wording import LabelWords

WORDS = LabelWords(
    "Bình gốm men rạn vẽ lam hoa sen, cao 32 cm",
    "Dữ liệu mẫu / Demo data: a camera app cannot open a sample address",
    "https://kiem-tra.example/verify",
)
CODES = lot(30)
MM_PER_PT = 25.4 / 72
STATM = Path("/proc/self/statm")

every_sheet = pytest.mark.parametrize("preset", SHEETS.values(), ids=list(SHEETS))
every_roll = pytest.mark.parametrize("preset", ROLLS.values(), ids=list(ROLLS))


def pdf(codes, preset, words=WORDS, **options):
    file = io.BytesIO()
    draw_labels(codes, words, preset=preset, kind=PrintFile.PDF, file=file, **options)
    return opened(file.getvalue())


class Counter:
    """A file that only counts: it can neither seek nor tell."""

    def __init__(self):
        self.size = 0

    def write(self, data):
        self.size += len(data)
        return len(data)


def bits(picture, corner, module, count):
    """The modules that a picture shows, by the middle of each; and whether all dots of a module agree."""
    x, y = corner
    part = picture.crop((x, y, x + module * count, y + module * count)).point(lambda level: level < 128)
    rows = [
        [
            part.getpixel((module * column + module // 2, module * row + module // 2))
            for column in range(count)
        ]
        for row in range(count)
    ]
    again = [
        part.getpixel((column, row)) == rows[row // module][column // module]
        for row in range(module * count)
        for column in range(module * count)
    ]
    return tuple(tuple(map(bool, row)) for row in rows), sum(again) / len(again)


@every_sheet
def test_pages_are_a4_and_as_many_as_needed(preset):
    document = pdf(CODES * 3, preset)
    assert len(document) == -(-90 // preset.labels_per_page)
    for page in document:
        width, height = page.get_size()
        assert (width * MM_PER_PT, height * MM_PER_PT) == pytest.approx((210, 297), abs=0.002)


@every_roll
def test_a_rolls_page_is_one_label_in_its_size(preset):
    document = pdf(CODES[:3], preset)
    assert len(document) == 3
    width, height = document[0].get_size()
    size = (preset.form.width_mm, preset.form.height_mm)
    assert (width * MM_PER_PT, height * MM_PER_PT) == pytest.approx(size, abs=0.002)


@every_sheet
def test_modules_of_a_sheet_fall_on_whole_dots(preset):
    page = rendered(pdf(CODES[:1], preset)[0], preset.form.dots_per_mm)
    plan = plan_label(CODES[0], WORDS, preset.form)
    left, top = (round(side * preset.form.dots_per_mm) for side in (preset.left_mm, preset.top_mm))
    modules, agreeing = bits(page, (left + plan.qr_x, top + plan.qr_y), plan.module, 49)
    assert modules == plan.modules
    assert agreeing == 1


@every_roll
def test_modules_of_a_rolls_page_fall_on_the_printers_dots(preset):
    page = rendered(pdf(CODES[:1], preset)[0], preset.form.dots_per_mm)
    plan = plan_label(CODES[0], WORDS, preset.form)
    modules, agreeing = bits(page, (plan.qr_x, plan.qr_y), plan.module, 49)
    assert modules == plan.modules
    # At 300 dpi a page has a part of a dot, for which this reader stretches it a little.
    assert agreeing >= (1 if preset.dpi == 203 else 0.97)


@pytest.mark.parametrize("preset", PRESETS.values(), ids=list(PRESETS))
def test_numbered_labels_show_their_number_and_are_read(preset):
    document = pdf(CODES[:2], preset, numbers=[17, 18])
    text = "".join(page.get_textpage().get_text_range() for page in document)
    assert "№ 17" in text
    assert "№ 18" in text
    page = rendered(document[0], preset.form.dots_per_mm)
    label = next(cells(page, preset)) if preset.name in SHEETS else page
    assert read_sealed(label) == CODES[0].to_uri()


@every_sheet
def test_a_half_used_sheet_begins_at_the_next_place(preset):
    last = preset.labels_per_page - 1
    document = pdf(CODES[:2], preset, skip_first=last)
    assert len(document) == 2
    pages = [list(cells(rendered(page, preset.form.dots_per_mm), preset)) for page in document]
    # The marks of a tag lie on its edges; what is inside is empty.
    empty = [cell.crop((20, 20, cell.width - 20, cell.height - 20)).getextrema() for cell in pages[0][:last]]
    assert set(empty) <= {(255, 255)}
    assert read_sealed(pages[0][last]) == CODES[0].to_uri()
    assert read_sealed(pages[1][0]) == CODES[1].to_uri()


def test_only_tags_have_marks_to_cut_and_a_hole_to_punch():
    tag, die_cut = find_preset("tag"), find_preset("a4-40")
    for preset, is_marked in ((tag, True), (die_cut, False)):
        page = rendered(pdf(CODES[:1], preset)[0], preset.form.dots_per_mm)
        x, y = (round(side * preset.form.dots_per_mm) for side in (preset.left_mm, preset.top_mm))
        assert (page.crop((x - 6, y - 6, x + 6, y + 6)).getextrema()[0] < 255) == is_marked


def test_all_letters_of_vietnamese_come_out_as_text():
    marks = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
    composed = [unicodedata.normalize("NFC", base + mark) for base in "aăâeêioôơuưy" for mark in marks]
    letters = "".join(composed) + "đ"
    assert len(letters) == 73
    for name in (letters[at : at + 12] for at in range(0, len(letters), 12)):
        page = pdf(CODES[:1], find_preset("tag"), LabelWords(f"{name} {name.upper()}"))[0]
        found = page.get_textpage().get_text_range()
        assert name in found
        assert name.upper() in found


def test_lot_serial_host_and_words_come_out_as_text():
    text = pdf(CODES[:1], find_preset("a4-24"))[0].get_textpage().get_text_range()
    serial = CODES[0].serial
    for words in ("GOM-2026-1", f"{serial[:4]} {serial[4:8]} {serial[8:]}", "langnghe-hn1.example"):
        assert words in text


def test_the_same_labels_give_the_same_bytes():
    first, second = io.BytesIO(), io.BytesIO()
    for file in (first, second):
        draw_labels(CODES, WORDS, preset=find_preset("a4-24"), kind=PrintFile.PDF, file=file)
    assert first.getvalue() == second.getvalue()


@pytest.mark.parametrize(
    ("preset", "kind", "skipped", "count"),
    [
        ("a4-24", PrintFile.PDF, 0, 0),
        ("a4-24", PrintFile.PDF, 24, 1),
        ("a4-24", PrintFile.PDF, -1, 1),
        ("a4-24", PrintFile.TSPL, 0, 1),
        ("tag", PrintFile.PNG_ZIP, 0, 1),
        ("40x30-203", PrintFile.PDF, 1, 1),
        ("40x30-203", PrintFile.PDF, 0, 0),
        ("40x30-203", PrintFile.TSPL, 0, 0),
        ("40x30-203", PrintFile.PNG_ZIP, 0, 0),
    ],
)
def test_what_cannot_be_drawn_is_refused_before_anything_is_written(preset, kind, skipped, count):
    file = Counter()
    with pytest.raises(Refused) as caught:
        draw_labels(
            CODES[:count], WORDS, preset=find_preset(preset), kind=kind, file=file, skip_first=skipped
        )
    assert caught.value.code is Reason.BAD_VALUE
    assert file.size == 0


@pytest.mark.slow
@pytest.mark.skipif(not STATM.exists(), reason="the system does not tell how much memory is in use")
def test_memory_stays_flat_however_many_labels():
    """2,000 labels make a file of 2.8 MB, out of 20 MB of drawing operators."""
    in_use = []

    def codes():
        for number in range(2_001):
            if number in (400, 2_000):
                in_use.append(int(STATM.read_text().split()[1]) * resource.getpagesize())
            yield CODES[number % len(CODES)]

    file = Counter()
    draw_labels(codes(), WORDS, preset=find_preset("a4-65"), kind=PrintFile.PDF, file=file)
    assert file.size > 2_000_000
    assert in_use[1] - in_use[0] < 1_500_000


@pytest.mark.slow
@pytest.mark.parametrize("name", SHEETS)
def test_every_label_of_a_lot_of_500_is_read_from_the_rendered_sheets(name):
    preset, codes = PRESETS[name], lot(500)
    pages = (rendered(page, preset.form.dots_per_mm) for page in pdf(codes, preset))
    labels = itertools.islice(itertools.chain.from_iterable(cells(page, preset) for page in pages), 500)
    assert [read_sealed(label) for label in labels] == [code.to_uri() for code in codes]
