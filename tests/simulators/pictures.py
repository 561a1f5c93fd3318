"""Pictures as phones, scanners and attackers send them, built byte by byte where Pillow would not."""

import struct
import zlib
from io import BytesIO

from PIL import Image, PngImagePlugin

__all__ = [
    "camera_exif",
    "chunk",
    "encoded",
    "many_scans",
    "one_colour_scanned",
    "photo",
    "plain",
    "texts_bomb",
    "with_segment",
]


def photo(size=(64, 48)):
    """Red, green, blue and white quarters, from left to right and down: every turn of it differs."""
    picture = Image.new("RGB", size, "white")
    half = (size[0] // 2, size[1] // 2)
    for at, colour in [((0, 0), "red"), ((half[0], 0), "lime"), ((0, half[1]), "blue")]:
        picture.paste(colour, (*at, at[0] + half[0], at[1] + half[1]))
    return picture


def encoded(picture, kind, **options):
    """The file of a picture."""
    file = BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def plain(picture):
    """The file as the inspector's phone sends it: a JPEG without any APP segment or comment."""
    data = encoded(picture, "JPEG")
    at = 2
    while data[at + 1] != 0xDA:
        end = at + 2 + struct.unpack_from(">H", data, at + 2)[0]
        if 0xE0 <= data[at + 1] <= 0xEF or data[at + 1] == 0xFE:
            data, end = data[:at] + data[end:], at
        at = end
    return data


def camera_exif(orientation=1):
    """What a phone writes: how it was held, who made it, and where."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "SECRETPHONE"
    exif.get_ifd(0x8825).update({1: "N", 2: (21.0, 1.0, 42.0), 3: "E", 4: (105.0, 51.0, 15.0)})
    exif.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0SECRETCOMMENT"
    return exif


def with_segment(jpeg, marker, content):
    """A JPEG with one more segment at its beginning."""
    return jpeg[:2] + bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content + jpeg[2:]


def many_scans(times, size=(64, 48), *, mode="L"):
    """A progressive JPEG whose last scan comes again and again: few bytes, and all pixels each time."""
    data = encoded(Image.new(mode, size), "JPEG", progressive=True, subsampling=0)
    last = data.rfind(b"\xff\xda")
    return data[:last] + data[last:-2] * times + data[-2:]


def one_colour_scanned(picture):
    """A baseline JPEG whose only scan has the first of its colours: the decoder waits for the others."""
    data = encoded(picture, "JPEG", subsampling=0)
    scan = data.index(b"\xff\xda")
    header = b"\xff\xda\0\x08\x01" + data[scan + 5 : scan + 7] + b"\0\x3f\0"
    return data[:scan] + header + data[scan + 2 + int.from_bytes(data[scan + 2 : scan + 4]) :]


def chunk(name, content):
    """A PNG chunk."""
    body = name + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def texts_bomb(times):
    """A PNG with texts of nearly a megabyte each, packed to a thousandth."""
    info = PngImagePlugin.PngInfo()
    for number in range(times):
        info.add_text(f"k{number}", "x" * 1_000_000, zip=True)
    return encoded(photo(), "PNG", pnginfo=info)
