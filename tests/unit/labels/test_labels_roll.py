"""Labels of label printers: exact dots, PNG, ZIP and TSPL that agree, and every code read back when worn."""

import io
import re
import zipfile

import pytest
from PIL import Image

from tests.simulators.printed import lot, read_sealed, worn
from traceability.labels.layout import plan_label
from traceability.labels.presets import ROLLS
from traceability.labels.printing import PrintFile, draw_labels
from traceability.labels.roll import draw_label_png
from traceability.labels.wording import LabelWords

WORDS = LabelWords(
    "Bình gốm men rạn vẽ lam hoa sen, cao 32 cm",
    "Dữ liệu mẫu / Demo data: a camera app cannot open a sample address",
)
CODES = lot(3)
SIZES = {
    "40x30-203": (320, 240),
    "50x30-203": (400, 240),
    "60x40-203": (480, 320),
    "40x30-300": (472, 354),
    "50x30-300": (590, 354),
    "60x40-300": (708, 472),
}
TSPL = re.compile(rb"CLS\r\nBITMAP 0,0,(\d+),(\d+),0,")

every_roll = pytest.mark.parametrize("preset", ROLLS.values(), ids=list(ROLLS))


def picture(code, preset, words=WORDS):
    return Image.open(io.BytesIO(draw_label_png(code, words, preset=preset)))


def drawn(kind, preset, codes=CODES):
    file = io.BytesIO()
    assert draw_labels(codes, WORDS, preset=preset, kind=kind, file=file) == len(codes)
    return file.getvalue()


@every_roll
def test_a_picture_has_the_printers_dots_one_bit_each(preset):
    image = picture(CODES[0], preset)
    assert (image.mode, image.size) == ("1", SIZES[preset.name])
    dots = {203: 203.2, 300: 300.0}[preset.dpi]
    assert image.info["dpi"] == pytest.approx((dots, dots), abs=0.02)


@every_roll
def test_every_module_is_a_square_of_whole_dots(preset):
    image, plan = picture(CODES[0], preset), plan_label(CODES[0], WORDS, preset.form)
    side = plan.module * len(plan.modules)
    part = image.crop((plan.qr_x, plan.qr_y, plan.qr_x + side, plan.qr_y + side))
    for y in range(side):
        for x in range(side):
            assert bool(part.getpixel((x, y))) != plan.modules[y // plan.module][x // plan.module]


@every_roll
def test_the_quiet_zone_is_white_and_so_are_the_edges(preset):
    words = LabelWords("Ả" * 60 + " " + "Ộ" * 60, WORDS.note)
    image, plan = picture(CODES[0], preset, words), plan_label(CODES[0], words, preset.form)
    side, quiet = plan.module * len(plan.modules), 4 * plan.module
    image.paste(255, (plan.qr_x, plan.qr_y, plan.qr_x + side, plan.qr_y + side))
    box = (plan.qr_x - quiet, plan.qr_y - quiet, plan.qr_x + side + quiet, plan.qr_y + side + quiet)
    assert image.crop(box).getextrema() == (255, 255)
    ink = image.convert("L").point(lambda level: 255 - level).getbbox()
    inset = preset.form.inset_mm * preset.form.dots_per_mm - 2
    assert ink[0] >= inset
    assert ink[2] <= image.width - inset
    assert ink[3] <= image.height - inset


@every_roll
def test_tspl_holds_the_same_dots_as_the_pictures(preset):
    data, form = drawn(PrintFile.TSPL, preset), preset.form
    head = f"SIZE {form.width_mm:g} mm,{form.height_mm:g} mm\r\nGAP 2 mm,0 mm\r\nDENSITY 8\r\n".encode()
    assert data.startswith(head)
    at = len(head)
    for code in CODES:
        match = TSPL.match(data, at)
        width, height = int(match[1]), int(match[2])
        at = match.end() + width * height
        bitmap = Image.frombytes("1", (8 * width, height), data[match.end() : at])
        image = picture(code, preset)
        assert bitmap.crop((0, 0, *image.size)).tobytes() == image.tobytes()
        # What lies beyond the label is not printed.
        assert 0 <= bitmap.width - image.width < 8
        rest = bitmap.crop((image.width, 0, *bitmap.size))
        assert not rest.width or rest.getextrema() == (255, 255)
        assert data[at : at + 11] == b"\r\nPRINT 1\r\n"
        at += 11
    assert at == len(data)


def test_a_zip_has_one_picture_a_label_in_order():
    preset = ROLLS["50x30-203"]
    with zipfile.ZipFile(io.BytesIO(drawn(PrintFile.PNG_ZIP, preset))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [f"{at:05d}-{code.serial}.png" for at, code in enumerate(CODES, 1)]
        for name, code in zip(archive.namelist(), CODES, strict=True):
            assert archive.read(name) == draw_label_png(code, WORDS, preset=preset)


@every_roll
def test_a_numbered_picture_differs_in_its_words_alone_and_is_read(preset):
    plain, form = picture(CODES[0], preset), preset.form
    data = draw_label_png(CODES[0], WORDS, preset=preset, number=17)
    plan = plan_label(CODES[0], WORDS, form, number=17)
    box = (plan.qr_x, plan.qr_y, *(at + plan.module * len(plan.modules) for at in (plan.qr_x, plan.qr_y)))
    numbered = Image.open(io.BytesIO(data))
    assert numbered.tobytes() != plain.tobytes()
    assert numbered.crop(box).tobytes() == plain.crop(box).tobytes()
    assert read_sealed(data) == CODES[0].to_uri()


@pytest.mark.parametrize("kind", PrintFile)
def test_the_same_labels_give_the_same_bytes(kind):
    assert drawn(kind, ROLLS["40x30-203"]) == drawn(kind, ROLLS["40x30-203"])


@pytest.mark.slow
@pytest.mark.parametrize("name", ROLLS)
def test_every_label_of_a_lot_of_500_is_read_clean_and_worn(name):
    codes, clean, degraded = lot(500), 0, 0
    with zipfile.ZipFile(io.BytesIO(drawn(PrintFile.PNG_ZIP, ROLLS[name], codes))) as archive:
        for number, (entry, code) in enumerate(zip(archive.namelist(), codes, strict=True)):
            data = archive.read(entry)
            clean += read_sealed(data) == code.to_uri()
            degraded += read_sealed(worn(Image.open(io.BytesIO(data)), number)) == code.to_uri()
    assert clean == len(codes)
    assert degraded >= 0.999 * len(codes)
