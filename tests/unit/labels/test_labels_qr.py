"""Drawing: size, form, and that every drawn code is read back by another library."""

import re
import xml.etree.ElementTree as ET
from datetime import date
from io import BytesIO

import pytest
from PIL import Image

from traceability.errors import Reason, Refused
from traceability.labels.code import LabelCode
from traceability.labels.qr import matrix, png, quick_matrix, svg
from traceability.labels.read import read_labels
from traceability.labels.seal import attach


def _sealed(host):
    code = LabelCode(host, gtin="09521234543213", lot="GOM-2026-1", serial="4AKC00TT3FCK")
    sealed = attach(
        code, kid=b"kid4", day=date(2026, 8, 1), record_digest=b"d" * 32, sign=lambda _: bytes(range(64))
    )
    return sealed.to_uri()


LABEL = _sealed("LANGNGHE-HN1.EXAMPLE")
SVG = "{http://www.w3.org/2000/svg}"


def _version(modules):
    return (len(modules) - 17) // 4


def test_a_label_of_219_characters_is_version_8():
    assert len(LABEL) == 219
    assert _version(matrix(LABEL)) == 8


@pytest.mark.parametrize(("length", "version"), [(4, 8), (22, 8), (23, 9), (63, 9)])
def test_longer_hosts_take_larger_versions(length, version):
    text = _sealed("A" * length)
    assert _version(matrix(text)) == version
    assert read_labels(png(text)) == (text,)


def test_the_three_finders_stand_in_their_corners_without_a_quiet_zone():
    modules = matrix(LABEL)
    assert modules[0][:8] == modules[0][:-9:-1] == modules[-1][:8] == (True,) * 7 + (False,)


@pytest.mark.parametrize(
    "text",
    [LABEL, LABEL.lower(), "HTTP://10.0.0.7:8000", "Gốm sứ Bát Tràng", "38540010A00000072701", "A"],
    ids=["label", "lower case", "plain link", "Vietnamese", "payment", "one letter"],
)
def test_a_drawn_code_is_read_back(text):
    assert read_labels(png(text)) == (text,)


def test_capitals_take_fewer_modules_than_small_letters():
    assert len(matrix(LABEL)) < len(matrix(LABEL.lower()))


@pytest.mark.parametrize("dots", [2, 3, 8])
def test_a_png_has_one_bit_a_dot_and_whole_dots_a_module(dots):
    with Image.open(BytesIO(png(LABEL, dots_per_module=dots))) as picture:
        assert picture.mode == "1"
        assert picture.size == (57 * dots, 57 * dots)


def test_a_png_of_a_label_is_small():
    assert len(png(LABEL)) < 2_000


def test_an_svg_says_its_size_in_millimetres():
    root = ET.fromstring(svg(LABEL, title="Tem", module_mm=0.375))
    assert (root.get("width"), root.get("height"), root.get("viewBox")) == (
        "21.375mm",
        "21.375mm",
        "0 0 57 57",
    )


def test_an_svg_is_a_picture_with_a_name_and_crisp_edges():
    root = ET.fromstring(svg(LABEL, title='Tem "A" <lô 1> & 2'))
    assert (root.get("role"), root.get("shape-rendering")) == ("img", "crispEdges")
    assert root.findtext(f"{SVG}title") == 'Tem "A" <lô 1> & 2'


def test_an_svg_is_small_and_has_one_path():
    text = svg(LABEL, title="Tem")
    assert text.count("<path") == 1
    assert len(text) < 10_000


def test_the_path_of_an_svg_covers_the_dark_modules_and_no_others():
    path = ET.fromstring(svg(LABEL, title="Tem")).find(f"{SVG}path").get("d")
    runs = re.findall(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z", path)
    assert "".join(f"M{x} {y}h{n}v1h-{n}z" for x, y, n, _ in runs) == path
    dark = {(int(x) + step - 4, int(y) - 4) for x, y, n, _ in runs for step in range(int(n))}
    modules = matrix(LABEL)
    assert dark == {(x, y) for y, row in enumerate(modules) for x, module in enumerate(row) if module}


REFUSED_TEXTS = {
    "empty": "",
    "newline": "BEGIN:VCARD\nEND:VCARD",
    "null": "\0",
    "lone surrogate": "\ud800",
    "direction mark": "A\u202eB",
    "513 bytes": "A" * 513,
    "513 bytes of UTF-8": "ố" * 171,
}


@pytest.mark.parametrize("text", REFUSED_TEXTS.values(), ids=REFUSED_TEXTS)
def test_a_text_that_cannot_be_drawn_is_refused(text):
    with pytest.raises(Refused) as caught:
        matrix(text)
    assert caught.value.code is Reason.BAD_VALUE


@pytest.mark.parametrize("count", [50, 56, 60, 100, 200, 400])
def test_a_text_of_zeros_is_drawn_or_refused_but_stops_nothing(count):
    """The encoder's glog(0): some of these have an error correction block of zero bits only."""
    try:
        picture = png("0" * count)
    except Refused:
        return
    assert read_labels(picture) == ("0" * count,)


@pytest.mark.parametrize("module_mm", [0, -1, 0.05, 21, float("nan"), float("inf")])
def test_a_module_of_no_useful_width_is_refused(module_mm):
    with pytest.raises(Refused):
        svg(LABEL, title="Tem", module_mm=module_mm)


@pytest.mark.parametrize("dots", [0, -1, 65])
def test_a_module_of_no_useful_number_of_dots_is_refused(dots):
    with pytest.raises(Refused):
        png(LABEL, dots_per_module=dots)


@pytest.mark.parametrize("title", ["", " ", "a\nb", "\0"])
def test_a_picture_without_a_title_of_one_line_is_refused(title):
    with pytest.raises(Refused):
        svg(LABEL, title=title)


def _picture(modules):
    side = len(modules)
    levels = bytes(0 if module else 255 for row in modules for module in row)
    canvas = Image.new("L", (side + 8, side + 8), 255)
    canvas.paste(Image.frombytes("L", (side, side), levels), (4, 4))
    file = BytesIO()
    canvas.resize((4 * canvas.width, 4 * canvas.height), Image.Resampling.NEAREST).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize("text", [LABEL, _sealed("A" * 22), _sealed("A" * 63), "HTTPS://A.EXAMPLE/P/BINH"])
def test_the_quick_encoder_draws_the_same_text_in_the_same_size(text):
    modules = quick_matrix(text)
    assert len(modules) == len(matrix(text))
    assert read_labels(_picture(modules)) == (text,)


@pytest.mark.parametrize(
    "text", ["", LABEL.lower(), "GỐM", "A" * 513], ids=["none", "small", "marks", "long"]
)
def test_the_quick_encoder_takes_label_codes_only(text):
    with pytest.raises(Refused) as caught:
        quick_matrix(text)
    assert caught.value.code is Reason.BAD_VALUE
