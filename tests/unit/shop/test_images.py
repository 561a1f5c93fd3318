"""Photographs: phones' pictures come out upright, small and bare; bombs and disguises are cheaply refused."""

import time
from contextlib import suppress
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from shop.errors import BadInput
from shop.images import PHOTO_MAX_BYTES, PHOTO_WIDTHS, PLAIN_MAX_BYTES, PLAIN_MAX_SIDE, demand_plain, redraw
from tests.conftest import VECTORS
from tests.simulators.apart import measured, needs_proc
from tests.simulators.pictures import (
    camera_exif,
    chunk,
    encoded,
    many_scans,
    one_colour_scanned,
    photo,
    plain,
    texts_bomb,
    with_segment,
)

SECURITY = VECTORS / "security"
needs_vectors = pytest.mark.skipif(not SECURITY.is_dir(), reason="the shared security vectors are absent")
LARGEST = PHOTO_WIDTHS[-1]
# What must never come out: scripts, archives, camera data, comments of JPEG files, and what we put in.
BARRED = (
    b"<script",
    b"script",
    b"<?php",
    b"PK\x03\x04",
    b"Exif",
    b"EXIF",
    b"XMP ",
    b"ICCP",
    b"SECRET",
    b"\xff\xfe",
)
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


def drawn(data, width=LARGEST):
    with Image.open(BytesIO(redraw(data)[width].data), formats=("WEBP",)) as picture:
        assert set(picture.info) <= {"loop", "background", "timestamp", "duration"}
        return picture.convert("RGB")


def code(data):
    try:
        redraw(data)
    except BadInput as error:
        return error.code
    return None


def colours(picture):
    """The strongest channels in the middle of each quarter."""
    width, height = picture.size
    places = [(x * width // 4, y * height // 4) for y in (1, 3) for x in (1, 3)]
    return [tuple(value > 128 for value in picture.getpixel(place)) for place in places]


UPRIGHT = colours(photo())


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P", "CMYK", "1", "LA", "I;16"])
def test_each_format_and_kind_of_pixel_is_drawn(kind, mode):
    grey = photo().convert("L")
    source = grey if mode == "I;16" else photo()
    modes = {"JPEG": {"RGB", "L", "CMYK", "1"}, "PNG": {"RGB", "L", "RGBA", "P", "1", "LA", "I;16"}}
    if mode not in modes.get(kind, {"RGB", "RGBA"}):
        return
    picture = drawn(encoded(source.convert(mode), kind))
    assert picture.size == (64, 48)
    if mode in {"RGB", "RGBA", "P", "CMYK"}:
        assert colours(picture) == UPRIGHT
    elif mode != "1":
        assert abs(picture.convert("L").getpixel((16, 12)) - grey.getpixel((16, 12))) < 12


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_what_is_transparent_becomes_white(kind):
    picture = drawn(encoded(Image.new("RGBA", (40, 40), (0, 0, 0, 0)), kind, lossless=True))
    assert picture.getpixel((20, 20)) == (255, 255, 255)


def test_a_transparent_colour_becomes_white():
    picture = drawn(encoded(Image.new("RGB", (40, 40), (9, 8, 7)), "PNG", transparency=(9, 8, 7)))
    assert picture.getpixel((20, 20)) == (255, 255, 255)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("orientation", TURNED)
def test_the_orientation_that_a_camera_wrote_is_undone(kind, orientation):
    turn = TURNED[orientation]
    stored = photo() if turn is None else photo().transpose(turn)
    picture = drawn(encoded(stored, kind, exif=camera_exif(orientation), quality=95))
    assert picture.size == (64, 48)
    assert colours(picture) == UPRIGHT


@pytest.mark.parametrize(
    "exif",
    [
        b"Exif\0\0",
        b"Exif\0\0II*\0\xff\xff\xff\xff",
        b"Exif\0\0II*\0\x08\0\0\0\xff\xff\x12\x01",
        b"Exif\0\0<script>",
    ]
    + [
        b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0" + bytes([number, 0, 0])
        for number in (0, 9)
    ],
)
def test_camera_data_that_cannot_be_read_says_nothing(exif):
    picture = drawn(with_segment(encoded(photo(), "JPEG", quality=95), 0xE1, exif))
    assert colours(picture) == UPRIGHT


def test_camera_data_may_have_the_high_byte_first():
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x03\0\0"
    picture = drawn(with_segment(encoded(photo(), "JPEG", quality=95), 0xE1, exif))
    assert colours(picture) == UPRIGHT[::-1]


@pytest.mark.parametrize(
    ("size", "sizes"),
    [
        ((2000, 1500), [(320, 240), (800, 600), (1600, 1200)]),
        ((1800, 2400), [(320, 427), (800, 1066), (1600, 2133)]),
        ((500, 300), [(320, 192), (500, 300), (500, 300)]),
        ((8000, 1), [(320, 1), (800, 1), (1600, 1)]),
        ((1, 8000), [(1, 640), (1, 1600), (1, 3200)]),
    ],
    ids=str,
)
def test_sizes_fit_their_width_and_twice_that_in_height(size, sizes):
    made = redraw(encoded(photo(size), "JPEG"))
    assert [(made[width].width, made[width].height) for width in PHOTO_WIDTHS] == sizes
    for picture in made.values():
        with Image.open(BytesIO(picture.data)) as opened:
            assert opened.size == (picture.width, picture.height)


def test_a_lying_picture_is_as_large_as_an_upright_one():
    made = redraw(encoded(photo((2400, 1800)), "JPEG", exif=camera_exif(6)))
    assert (made[LARGEST].width, made[LARGEST].height) == (1600, 2133)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_nothing_but_pixels_comes_out(kind):
    options = {"exif": camera_exif(), "icc_profile": b"SECRETPROFILE" * 20, "xmp": b"<script>SECRET</script>"}
    data = encoded(photo(), kind, **options) + b"PK\x03\x04SECRET"
    if kind == "JPEG":
        data = with_segment(data, 0xFE, b"<?php SECRET")
    if kind == "PNG":
        data = data.replace(chunk(b"IEND", b""), chunk(b"tEXt", b"k\0SECRET") + chunk(b"IEND", b""))
    assert data.count(b"SECRET") >= 4
    for picture in redraw(data).values():
        assert not [word for word in BARRED if word in picture.data]


def test_a_photograph_with_a_second_picture_behind_it_is_drawn():
    picture = drawn(encoded(photo(), "MPO", save_all=True, append_images=[Image.new("RGB", (64, 48))]))
    assert colours(picture) == UPRIGHT


def test_progressive_photographs_are_drawn():
    assert colours(drawn(encoded(photo(), "JPEG", progressive=True, quality=95))) == UPRIGHT


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "PPM", "ICO", "PDF", "JPEG2000"])
def test_other_formats_are_refused(kind):
    assert code(encoded(photo(), kind)) == "NOT_A_PICTURE"


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_an_animation_is_refused(kind):
    data = encoded(photo(), kind, save_all=True, append_images=[Image.new("RGB", (64, 48))], duration=100)
    assert code(data) == "NOT_A_PICTURE"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_a_file_cut_short_is_refused(kind, part):
    data = encoded(photo((640, 480)), kind)
    assert code(data[: int(len(data) * part)]) == "NOT_A_PICTURE"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8",
        b"\xff\xd8\xff\xd9",
        b"RIFF\x04\0\0\0WEBP",
        b"RIFF\xff\xff\xff\xffWEBP",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<?xml version='1.0'?><svg/>",
        b"GIF89a<script>",
        bytes(999),
        b"\x89PNG\r\n\x1a\n" + chunk(b"IEND", b""),
        b"RIFF\x0e\0\0\0WEBPVP8X\0\0\0\0",
    ],
)
def test_bytes_that_are_no_picture_are_refused(data):
    assert code(data) == "NOT_A_PICTURE"


def test_a_png_with_a_broken_sum_is_refused():
    data = encoded(photo(), "PNG")
    at = data.index(b"IDAT") + 10
    assert code(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]) == "NOT_A_PICTURE"


@pytest.mark.parametrize(
    ("kind", "mode", "size"),
    [
        ("PNG", "1", (8001, 1)),
        ("PNG", "1", (1, 8001)),
        ("PNG", "1", (3000, 3001)),
        ("WEBP", "RGB", (2500, 2001)),
        ("JPEG", "L", (6000, 4001)),
    ],
)
def test_a_picture_of_too_many_pixels_is_refused(kind, mode, size):
    assert code(encoded(Image.new(mode, size), kind)) == "PICTURE_TOO_LARGE"


def test_a_progressive_picture_of_too_many_pixels_is_refused():
    """It is held whole even where it has only one scan."""
    data = many_scans(1, (3000, 3001))
    second = data.index(b"\xff\xda", data.index(b"\xff\xda") + 2)
    assert code(data) == "PICTURE_TOO_LARGE"
    assert code(data[:second] + b"\xff\xd9") == "PICTURE_TOO_LARGE"


def test_a_scan_that_leaves_colours_out_counts_as_held_whole():
    assert code(one_colour_scanned(Image.new("RGB", (3000, 3001)))) == "PICTURE_TOO_LARGE"


def test_files_of_many_parts_are_refused():
    """A million of them kept a processor busy for seconds before any pixel was seen."""
    jpeg, png, webp = (encoded(photo(), kind) for kind in ("JPEG", "PNG", "WEBP"))
    files = [
        jpeg[:2] + b"\xff\xe5\0\2" * 1_000_000 + jpeg[2:],
        png[:33] + chunk(b"tEXt", b"") * 300_000 + png[33:],
        b"RIFF\xff\xff\xff\0WEBP" + b"JUNK\0\0\0\0" * 500_000 + webp[12:],
    ]
    began = time.process_time()
    assert [code(data) for data in files] == ["NOT_A_PICTURE"] * 3
    assert time.process_time() - began < 1


def test_a_file_of_too_many_bytes_is_refused():
    assert code(encoded(photo(), "PNG") + bytes(PHOTO_MAX_BYTES)) == "PICTURE_TOO_LARGE"


def test_a_thousand_scans_are_refused():
    """Decoded, 42 more bytes would cost as much as all pixels do."""
    assert code(many_scans(1_000, (3000, 2900))) == "PICTURE_TOO_LARGE"
    assert code(many_scans(20)) is None


@given(st.sampled_from(["PNG", "JPEG", "WEBP"]), st.data())
def test_an_altered_byte_gives_a_bare_picture_or_is_refused(kind, data):
    whole = FILES[kind]
    at, value = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(0, 255))
    altered = whole[:at] + bytes([value]) + whole[at + 1 :]
    assert code(altered) in {None, "NOT_A_PICTURE", "PICTURE_TOO_LARGE"}


FILES = {kind: encoded(photo((16, 12)), kind, exif=camera_exif(6)) for kind in ("PNG", "JPEG", "WEBP")}

HARMLESS = {
    "jpeg_with_gps_ifd.jpg",
    "png_trailing_zip.png",
    "png_ztxt_64MB.png",
    "PHP_exif_phpinfo.jpg",
    "onclick-xss-ecs.jpeg",
    "payload_in_all_known_exif_corrupted.jpg",
    "payload_in_all_known_metadata.jpg",
}


@needs_vectors
@needs_proc
def test_the_shared_bombs_and_polyglots_are_refused_or_come_out_bare_and_cheaply():
    folders = (SECURITY / "generated" / "image_bombs", SECURITY / "upload_polyglot")
    told = measured("shop.images:redraw", [path for folder in folders for path in sorted(folder.iterdir())])
    assert len(told) == 16
    assert {path.rpartition("/")[2] for path, one in told.items() if one["made"]} == HARMLESS
    for one in told.values():
        assert one["seconds"] < 1
        assert one["peak"] < 150_000_000
        for picture in map(bytes.fromhex, one["made"]):
            assert picture.startswith(b"RIFF")
            assert not [word for word in (*BARRED[:-1], b"PK") if word in picture]


@pytest.mark.slow
@needs_proc
def test_our_own_bombs_cost_little(tmp_path):
    """The largest that each limit lets through, and what would cost more without its limit."""
    files = {
        "scans.jpg": many_scans(1_000, (3000, 2900)),
        "texts.png": texts_bomb(40),
        "photo.jpg": encoded(Image.new("RGB", (6000, 4000)), "JPEG"),
        "progressive.jpg": encoded(Image.new("RGB", (3000, 3000)), "JPEG", progressive=True, subsampling=0),
        "four colours.jpg": encoded(Image.new("CMYK", (3000, 3000)), "JPEG", progressive=True),
        "page.png": encoded(Image.new("LA", (3000, 3000)), "PNG"),
        "screen.webp": encoded(
            Image.new("RGBA", (2500, 2000), (1, 2, 3, 9)), "WEBP", lossless=True, method=0
        ),
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    told = measured("shop.images:redraw", [tmp_path / name for name in files])
    assert [one["code"] for one in told.values()] == ["PICTURE_TOO_LARGE", *[None] * (len(files) - 1)]
    assert max(one["peak"] for one in told.values()) < 150_000_000
    assert max(one["seconds"] for one in told.values()) < 3


# --- Pictures that stay as they are ---------------------------------------------------------------

SOUND = plain(photo((60, 44)))


def test_a_jpeg_of_pixels_alone_may_stay_as_it_is():
    assert demand_plain(SOUND) == (60, 44)
    assert demand_plain(plain(photo((44, 60)).convert("L"))) == (44, 60)


UNFIT = {
    "camera data": (with_segment(SOUND, 0xE1, b"Exif\0\0"), "PICTURE_NOT_PLAIN"),
    "a JFIF header, which may hold a small picture": (encoded(photo(), "JPEG"), "PICTURE_NOT_PLAIN"),
    "a comment": (with_segment(SOUND, 0xFE, b"0912345678"), "PICTURE_NOT_PLAIN"),
    "a profile": (with_segment(SOUND, 0xE2, b"ICC_PROFILE\0"), "PICTURE_NOT_PLAIN"),
    "an unknown segment": (with_segment(SOUND, 0xF0, b"x"), "PICTURE_NOT_PLAIN"),
    "something behind its end": (SOUND + b"\0", "PICTURE_NOT_PLAIN"),
    "something between its segments": (SOUND[:2] + b"xx" + SOUND[2:], "PICTURE_NOT_PLAIN"),
    "no end": (SOUND[:-2], "NOT_A_PICTURE"),
    "many scans": (many_scans(3), "NOT_A_PICTURE"),
    "four colours": (plain(photo().convert("CMYK")), "NOT_A_PICTURE"),
    "a PNG": (encoded(photo(), "PNG"), "NOT_A_PICTURE"),
    "a WebP": (encoded(photo(), "WEBP"), "NOT_A_PICTURE"),
    "nothing": (b"", "NOT_A_PICTURE"),
    "a side too long": (plain(Image.new("L", (PLAIN_MAX_SIDE + 1, 8))), "PICTURE_TOO_LARGE"),
    "too many bytes": (SOUND + bytes(PLAIN_MAX_BYTES), "PICTURE_TOO_LARGE"),
}


@pytest.mark.parametrize(("data", "code"), UNFIT.values(), ids=UNFIT)
def test_a_picture_that_says_more_or_less_may_not_stay(data, code):
    with pytest.raises(BadInput) as caught:
        demand_plain(data)
    assert caught.value.code == code


@given(st.integers(0, len(SOUND) - 1), st.integers(0, 255))
def test_any_changed_byte_is_pixels_or_refused(at, value):
    with suppress(BadInput):
        demand_plain(SOUND[:at] + bytes([value]) + SOUND[at + 1 :])
