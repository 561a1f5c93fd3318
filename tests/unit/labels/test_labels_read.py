"""Reading pictures: good photographs are read, hostile files are refused or give nothing, quickly."""

import time
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from tests.simulators.apart import measured, needs_proc
from tests.simulators.pictures import camera_exif, encoded, many_scans, one_colour_scanned, texts_bomb
from traceability.errors import Reason, Unreadable
from traceability.labels.qr import png
from traceability.labels.read import read_labels

SECURITY = Path(__file__).parents[3] / ".." / "shared" / "vectors" / "security"
TEXT = "HTTPS://OCOP.EXAMPLE/01/09521234543213/10/GOM-2026-1/21/4AKC00TT3FCK"
OTHER = "HTTPS://OCOP.EXAMPLE/01/09521234543213/10/GOM-2026-1/21/0000000000Z1"
# Orientation, and what a camera that writes it has done to the picture.
TURNED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def _drawn(text=TEXT, *, dots=8):
    with Image.open(BytesIO(png(text, dots_per_module=dots))) as picture:
        return picture.convert("RGB")


def _file(picture, kind, **options):
    file = BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_each_format_is_read(kind, mode):
    assert read_labels(_file(_drawn().convert(mode), kind)) == (TEXT,)


@pytest.mark.parametrize("mode", ["1", "P", "LA", "RGBA", "I;16"])
def test_each_kind_of_png_pixel_is_read(mode):
    picture = _drawn().convert("L") if mode == "I;16" else _drawn()
    assert read_labels(_file(picture.convert(mode), "PNG")) == (TEXT,)


def test_a_cmyk_jpeg_is_read():
    assert read_labels(_file(_drawn().convert("CMYK"), "JPEG")) == (TEXT,)


def test_what_is_transparent_counts_as_white():
    dark = _drawn().convert("L").point(lambda value: 255 - value)
    black = Image.new("RGBA", dark.size, (0, 0, 0, 255))
    black.putalpha(dark)
    assert read_labels(_file(black, "PNG")) == (TEXT,)


@pytest.mark.parametrize("orientation", TURNED)
def test_the_orientation_that_a_camera_wrote_is_undone(orientation):
    """Two codes side by side come back in the order that an upright picture gives."""
    upright = Image.new("RGB", (900, 420), "white")
    upright.paste(_drawn(dots=6), (20, 20))
    upright.paste(_drawn(OTHER, dots=6), (480, 20))
    turn = TURNED[orientation]
    stored = upright if turn is None else upright.transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert read_labels(_file(stored, "JPEG", exif=exif, quality=95)) == read_labels(_file(upright, "PNG"))


def test_a_large_photograph_is_read_in_a_reduced_form():
    photo = Image.new("RGB", (5600, 4200), "white")
    photo.paste(_drawn(dots=16), (2000, 1500))
    assert read_labels(_file(photo, "JPEG")) == (TEXT,)


def test_a_photograph_with_a_second_picture_behind_it_is_read():
    data = _file(_drawn(), "MPO", save_all=True, append_images=[_drawn(OTHER)])
    assert read_labels(data) == (TEXT,)


def test_two_labels_give_two_texts_and_one_label_twice_gives_one():
    sheet = Image.new("RGB", (1300, 420), "white")
    for column, text in enumerate([TEXT, OTHER, TEXT]):
        sheet.paste(_drawn(text, dots=6), (20 + column * 420, 20))
    assert sorted(read_labels(_file(sheet, "PNG"))) == sorted([TEXT, OTHER])


@pytest.mark.parametrize("size", [(1, 1), (1, 8000), (200, 200)], ids=str)
def test_a_picture_without_a_code_gives_nothing(size):
    assert read_labels(_file(Image.new("RGB", size, "white"), "PNG")) == ()


def test_a_label_in_a_twelfth_of_a_photograph_is_read():
    text = "HTTPS://DEMO.LANGNGHE.EXAMPLE/S/" + "A2" * 70 + "/01/09520000000011/10/GOM-2026-1/21/4AKC00TT3FCK"
    photo = Image.effect_noise((4000, 3000), 40).point(lambda value: min(255, value // 2 + 60))
    photo.paste(_drawn(text).convert("L").resize((334, 334)), (1900, 700))
    assert read_labels(_file(photo, "JPEG", quality=75)) == (text,)


@pytest.mark.parametrize("dots", [3, 4])
def test_a_screenshot_with_fine_modules_is_read(dots):
    screen = Image.new("L", (1920, 1080), 240)
    screen.paste(_drawn(dots=dots).convert("L"), (700, 300))
    assert read_labels(_file(screen, "PNG")) == (TEXT,)


def _corners(side, size, step):
    """A picture of nothing but the square corners by which codes are found."""
    corner = Image.new("L", (7, 7), 0)
    corner.paste(255, (1, 1, 6, 6))
    corner.paste(0, (2, 2, 5, 5))
    corner = corner.resize((size, size), Image.Resampling.NEAREST)
    picture = Image.new("L", (side, side), 255)
    for x in range(0, side - size, step):
        for y in range(0, side - size, step):
            picture.paste(corner, (x, y))
    return _file(picture, "PNG")


def test_a_progressive_photograph_of_a_phone_is_read():
    photo = Image.new("RGB", (4032, 3024), "gray")
    photo.paste(_drawn().resize((500, 500)), (1900, 700))
    data = _file(photo, "JPEG", progressive=True, subsampling=0, exif=camera_exif(6))
    assert read_labels(data) == (TEXT,)


@pytest.mark.parametrize(("side", "size", "step"), [(2500, 7, 8), (1600, 7, 8), (1600, 14, 16), (1000, 7, 8)])
def test_a_picture_of_corners_costs_little(side, size, step):
    """The first took 26 seconds of processor time when the reader looked at 2,500 pixels a side."""
    data = _corners(side, size, step)
    began = time.process_time()
    assert read_labels(data) == ()
    assert time.process_time() - began < 2


def _refused(data):
    with pytest.raises(Unreadable) as caught:
        read_labels(data)
    assert caught.value.code is Reason.UNREADABLE_PICTURE


def test_other_formats_are_refused():
    for kind in ("GIF", "BMP", "TIFF", "PPM", "ICO"):
        _refused(_file(_drawn(), kind))


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_an_animation_is_refused(kind):
    _refused(_file(_drawn(), kind, save_all=True, append_images=[_drawn(OTHER)], duration=100))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_file_cut_short_is_refused(kind):
    data = _file(_drawn(), kind)
    _refused(data[: len(data) // 2])


@pytest.mark.parametrize("size", [(8001, 1), (1, 8001), (3201, 2500)], ids=str)
def test_a_picture_of_too_many_pixels_is_refused(size):
    _refused(_file(Image.new("1", size), "PNG"))


def test_each_format_has_its_most_pixels():
    _refused(_file(Image.new("L", (6001, 4000)), "JPEG"))
    _refused(_file(Image.new("RGB", (2501, 2000)), "WEBP"))


def test_a_jpeg_that_is_held_whole_has_fewer_pixels():
    """Progressive, even with one scan; and a baseline one whose first scan leaves colours out."""
    size = (4001, 3125)
    progressive = many_scans(1, size, mode="RGB")
    second = progressive.index(b"\xff\xda", progressive.index(b"\xff\xda") + 2)
    _refused(progressive)
    _refused(progressive[:second] + b"\xff\xd9")
    _refused(one_colour_scanned(Image.new("RGB", size)))
    assert read_labels(one_colour_scanned(Image.new("L", size))) == ()
    _refused(many_scans(1, (3062, 3062), mode="CMYK"))


def test_scans_are_counted():
    ordinary = _file(_drawn(), "JPEG", progressive=True)
    last, scans = ordinary.rfind(b"\xff\xda"), ordinary.count(b"\xff\xda")
    repeated = [ordinary[:-2] + ordinary[last:-2] * (more - scans) + ordinary[-2:] for more in (30, 31)]
    assert read_labels(repeated[0]) == (TEXT,)
    _refused(repeated[1])


def test_a_file_of_too_many_bytes_is_refused():
    _refused(_file(_drawn(), "PNG") + bytes(6_000_000))


def test_bytes_that_are_no_picture_are_refused():
    for data in (b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBP", b"<svg/>", bytes(1_000)):
        _refused(data)


def _hostile():
    folders = (SECURITY / "generated" / "image_bombs", SECURITY / "upload_polyglot")
    return sorted(path for folder in folders if folder.is_dir() for path in folder.iterdir())


@pytest.mark.skipif(not SECURITY.is_dir(), reason="the shared security vectors are absent")
@pytest.mark.parametrize("path", _hostile(), ids=lambda path: path.name)
def test_a_hostile_file_is_refused_or_gives_nothing_within_a_second(path):
    data = path.read_bytes()
    began = time.perf_counter()
    assert _texts_or_reason(data) in ((), Reason.UNREADABLE_PICTURE)
    assert time.perf_counter() - began < 1


def _texts_or_reason(data):
    try:
        return read_labels(data)
    except Unreadable as error:
        return error.code


@needs_proc
def test_a_thousand_scans_are_refused_at_once(tmp_path):
    """136 kB kept a processor busy for more than a minute."""
    path = tmp_path / "scans.jpg"
    path.write_bytes(many_scans(1_000, (4000, 3000)))
    (told,) = measured("traceability.labels.read:read_labels", [path]).values()
    assert told["code"] == "UNREADABLE_PICTURE"
    assert told["seconds"] < 1
    assert told["peak"] < 50_000_000


@pytest.mark.slow
@needs_proc
def test_the_largest_pictures_cost_little(tmp_path):
    """What each limit lets through, and what would cost more without its limit."""
    read = {
        "scans.jpg": many_scans(17, (4080, 3060), mode="RGB"),
        "colours.jpg": one_colour_scanned(Image.new("RGB", (4080, 3060))),
        "photo.jpg": encoded(Image.new("RGB", (6000, 4000)), "JPEG"),
        "strip.jpg": encoded(Image.new("CMYK", (7500, 3190)), "JPEG"),
        "four colours.jpg": encoded(Image.new("CMYK", (3190, 3190)), "JPEG"),
        "four progressive.jpg": many_scans(1, (3060, 3060), mode="CMYK"),
        "screen.png": encoded(Image.new("RGB", (3200, 2500)), "PNG", transparency=(0, 0, 0)),
        "screen.webp": encoded(Image.new("RGBA", (2500, 2000)), "WEBP", lossless=True, method=0),
        "texts.png": texts_bomb(40),
    }
    refused = {
        "progressive.jpg": encoded(Image.new("RGB", (6000, 4000)), "JPEG", progressive=True),
        "large.webp": encoded(Image.new("RGB", (3200, 2500)), "WEBP", method=0),
    }
    for name, data in (read | refused).items():
        (tmp_path / name).write_bytes(data)
    told = measured("traceability.labels.read:read_labels", [tmp_path / name for name in read | refused])
    assert {Path(path).name for path, one in told.items() if one["code"]} == {*refused}
    assert max(one["peak"] for one in told.values()) < 150_000_000
    assert max(one["seconds"] for one in told.values()) < 2
