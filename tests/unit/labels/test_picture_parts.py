"""Parts of pictures: pixels stay, all else goes, and what makes a file costly is told before decoding."""

from dataclasses import replace
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.simulators.pictures import camera_exif, chunk, encoded, many_scans, one_colour_scanned, photo
from traceability.errors import Reason, Unreadable
from traceability.labels.picture_parts import pixel_parts
from traceability.limits import PICTURE_MAX_PARTS

KINDS = ["PNG", "JPEG", "WEBP"]
FILES = {kind: encoded(photo((16, 12)), kind, exif=camera_exif(6)) for kind in KINDS}


def refused(data):
    with pytest.raises(Unreadable) as caught:
        pixel_parts(data)
    assert caught.value.code is Reason.UNREADABLE_PICTURE


def pixels(data):
    with Image.open(BytesIO(data)) as picture:
        return picture.convert("RGBA").tobytes()


@pytest.mark.parametrize("kind", KINDS)
def test_the_pixels_stay_and_the_camera_goes(kind):
    parts = pixel_parts(FILES[kind] + b"SECRET")
    assert (parts.kind, parts.orientation, parts.scans) == (kind, 6, 1)
    assert pixels(parts.data) == pixels(FILES[kind])
    assert b"SECRET" not in parts.data


def test_what_the_decoder_holds_whole_is_told():
    rgb, grey = photo(), photo().convert("L")
    told = {
        "baseline": encoded(rgb, "JPEG"),
        "one colour, all of them": one_colour_scanned(grey),
        "one colour of three": one_colour_scanned(rgb),
        "progressive": encoded(rgb, "JPEG", progressive=True),
    }
    assert [name for name, data in told.items() if not pixel_parts(data).is_held_whole] == [*told][:2]


def test_every_scan_is_counted():
    assert pixel_parts(many_scans(100)).scans == pixel_parts(many_scans(1)).scans + 99


def test_scans_behind_the_end_are_left_behind():
    """The decoder sees what was counted and nothing else."""
    data = many_scans(1)
    last = data.rfind(b"\xff\xda")
    assert pixel_parts(data + data[last:] * 100) == pixel_parts(data)


@pytest.mark.parametrize("filling", [b"\xff", b"\xff\x01", b"\xff\xd0\xff", b"\0"], ids=bytes.hex)
def test_filling_before_a_scan_hides_it_not(filling):
    data = many_scans(1)
    last = data.rfind(b"\xff\xda")
    assert pixel_parts(data[:last] + filling + data[last:]).scans == pixel_parts(data).scans


@pytest.mark.parametrize("kind", KINDS)
def test_too_many_parts_are_refused(kind):
    part, at = {
        "JPEG": (b"\xff\xe5\0\2", 2),
        "PNG": (chunk(b"tEXt", b""), 33),
        "WEBP": (b"JUNK\0\0\0\0", 12),
    }[kind]
    data = encoded(photo(), kind)
    many = data[:at] + part * PICTURE_MAX_PARTS + data[at:]
    refused(many if kind != "WEBP" else many[:4] + (len(many) - 8).to_bytes(4, "little") + many[8:])


def parts_or_reason(data):
    try:
        return pixel_parts(data)
    except Unreadable as error:
        return error.code


@given(st.sampled_from(KINDS), st.data())
def test_an_altered_byte_gives_parts_of_one_spelling_or_our_error(kind, data):
    whole = FILES[kind]
    at, value = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(0, 255))
    parts = parts_or_reason(whole[:at] + bytes([value]) + whole[at + 1 :])
    if parts is not Reason.UNREADABLE_PICTURE:
        assert replace(pixel_parts(parts.data), orientation=parts.orientation) == parts


@given(st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8", b"RIFF\xff\0\0\0WEBP"]), st.binary())
def test_any_bytes_give_parts_or_our_error(start, rest):
    told = parts_or_reason(start + rest)
    assert told is Reason.UNREADABLE_PICTURE or told.kind in KINDS
