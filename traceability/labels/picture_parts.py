"""The parts of a PNG, JPEG or WebP file that its pixels need: what else a file holds never meets a decoder.

Texts, profiles, camera data, second pictures and whatever is appended stay behind, and what makes a small
file costly (a JPEG of a thousand scans, an animation) is seen before anything is decoded.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeVar

from traceability.errors import Reason, Unreadable
from traceability.limits import PICTURE_MAX_PARTS

__all__ = ["PictureParts", "pixel_parts"]

PNG_START: Final = b"\x89PNG\r\n\x1a\n"
PNG_KEPT: Final = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
WEBP_KEPT: Final = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH"})
ANIMATED: Final = frozenset({b"acTL", b"fdAT", b"ANIM", b"ANMF"})
WEBP_ALPHA: Final = 0x10  # the one flag of VP8X that speaks of pixels

JPEG_START: Final = b"\xff\xd8"
JPEG_END: Final = 0xD9
JPEG_SCAN: Final = 0xDA
JPEG_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
JPEG_BASELINE: Final = frozenset({0xC0, 0xC1})
JPEG_CAMERA: Final = 0xE1
# Frames, Huffman and quantization tables, restart intervals; and, from APP0 and APP14, what the colours mean.
JPEG_KEPT: Final = frozenset({*range(0xC0, 0xD0), 0xDB, 0xDD, 0xE0, 0xEE, JPEG_SCAN})
# In the data of a scan FF 00 is a value and FF D0 to FF D7 are restarts; FF before FF is filling.
_MARKER: Final = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")

EXIF_START: Final = b"Exif\0\0"
EXIF_ORIENTATION: Final = 0x0112
EXIF_SHORT: Final = 3
EXIF_MAX_ENTRIES: Final = 512


Name = TypeVar("Name", bytes, int)


@dataclass(frozen=True, slots=True)
class PictureParts:
    """A picture file of nothing but pixels.

    Attributes:
        kind: `PNG`, `JPEG` or `WEBP`.
        data: the file again, of the parts that were kept.
        orientation: 1 to 8, as the camera wrote it (Exif 2.32, 4.6.4); 1 where it wrote none.
        scans: how often the decoder goes over all pixels.
        is_held_whole: whether it holds all of them at once, and not line by line.
        markers: of a JPEG, which kinds of segments were kept.
    """

    kind: str
    data: bytes
    orientation: int
    scans: int
    is_held_whole: bool
    markers: frozenset[int] = frozenset()


def pixel_parts(data: bytes) -> PictureParts:
    """Takes a picture file apart.

    Raises:
        Unreadable: UNREADABLE_PICTURE, when it is no PNG, JPEG or WebP file, broken in its structure, of
            more than `PICTURE_MAX_PARTS` parts, or animated.
    """
    try:
        if data.startswith(PNG_START):
            return _png(data)
        if data.startswith(JPEG_START):
            return _jpeg(data)
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return _webp(data)
    except struct.error as error:
        raise _unreadable("a whole picture expected, got one that ends early") from error
    raise _unreadable("a PNG, JPEG or WebP file expected")


def _png(data: bytes) -> PictureParts:
    """PNG 3rd edition, 5.3: length, name, content, CRC."""
    kept, orientation = [PNG_START], 1
    for name, chunk in _few(_png_chunks(data)):
        _refuse_animation(name)
        if name == b"eXIf":
            orientation = _orientation(chunk[8:-4])
        elif name in PNG_KEPT:
            kept.append(chunk)
    return PictureParts("PNG", b"".join(kept), orientation, scans=1, is_held_whole=True)


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at, name = len(PNG_START), b""
    while name != b"IEND":
        length, name = struct.unpack_from(">I4s", data, at)
        yield name, data[at : at + length + 12]
        at += length + 12


def _webp(data: bytes) -> PictureParts:
    """RFC 9649, 2.3: name, length, content, and a byte more where the length is odd."""
    kept, orientation = [b"WEBP"], 1
    for name, chunk in _few(_webp_chunks(data)):
        _refuse_animation(name)
        if name == b"EXIF":
            orientation = _orientation(chunk[8:].removeprefix(EXIF_START))
        elif name == b"VP8X":
            kept.append(chunk[:8] + bytes([chunk[8] & WEBP_ALPHA if chunk[8:] else 0]) + chunk[9:])
        elif name in WEBP_KEPT:
            kept.append(chunk)
    body = b"".join(kept)
    file = b"RIFF" + struct.pack("<I", len(body)) + body
    return PictureParts("WEBP", file, orientation, scans=1, is_held_whole=True)


def _webp_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at, end = 12, 8 + struct.unpack_from("<I", data, 4)[0]
    while at < end:
        name, length = struct.unpack_from("<4sI", data, at)
        yield name, data[at : at + 8 + length + length % 2]
        at += 8 + length + length % 2


def _few(parts: Iterator[tuple[Name, bytes]]) -> Iterator[tuple[Name, bytes]]:
    for number, part in enumerate(parts):
        if number >= PICTURE_MAX_PARTS:
            raise _unreadable(f"at most {PICTURE_MAX_PARTS} parts expected")
        yield part


def _refuse_animation(name: bytes) -> None:
    if name in ANIMATED:
        raise _unreadable("one frame expected, got an animation")


def _jpeg(data: bytes) -> PictureParts:
    kept, orientation, scans, is_held_whole = [JPEG_START], 1, 0, False
    colours, markers = b"", set()
    for marker, segment in _few(_segments(data)):
        if marker in JPEG_FRAMES:
            colours = segment[9:10]
            is_held_whole |= marker not in JPEG_BASELINE
        elif marker == JPEG_SCAN:
            scans += 1
            is_held_whole |= scans > 1 or segment[4:5] != colours  # it waits for scans of the other colours
        if marker == JPEG_CAMERA and segment[4:].startswith(EXIF_START):
            orientation = _orientation(segment[4 + len(EXIF_START) :])
        elif marker in JPEG_KEPT:
            kept.append(segment)
            markers.add(marker)
    file = b"".join([*kept, b"\xff\xd9"])
    return PictureParts("JPEG", file, orientation, scans, is_held_whole, frozenset(markers))


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Gives the segments up to the end of the first picture, a scan's with its data (ITU T.81, B.1.1).

    A phone appends a second picture, or a film, behind the end of the first.
    """
    found = _MARKER.search(data, len(JPEG_START))
    while found and data[found.start() + 1] != JPEG_END:
        at, marker = found.start(), data[found.start() + 1]
        end = at + 2 + max(2, struct.unpack_from(">H", data, at + 2)[0])
        found = _MARKER.search(data, end)
        if marker == JPEG_SCAN:
            end = found.start() if found else len(data)
        yield marker, data[at:end]
    if not found:
        raise _unreadable("a whole JPEG expected, got one without an end")


def _orientation(exif: bytes) -> int:
    """Reads the one number that pixels need; camera data that cannot be read says nothing."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    if order is None:
        return 1
    try:
        first = struct.unpack_from(f"{order}I", exif, 4)[0]
        count = struct.unpack_from(f"{order}H", exif, first)[0]
        for entry in range(min(count, EXIF_MAX_ENTRIES)):
            at = first + 2 + entry * 12
            tag, kind, values, value = struct.unpack_from(f"{order}HHIH", exif, at)
            if (tag, kind, values) == (EXIF_ORIENTATION, EXIF_SHORT, 1):
                return value if 1 <= value <= 8 else 1
    except struct.error:
        return 1
    return 1


def _unreadable(message: str) -> Unreadable:
    return Unreadable(Reason.UNREADABLE_PICTURE, message)
