"""Recordings without what they tell of whoever made them: titles, places, devices, moments."""

import struct
from collections.abc import Iterator
from typing import Final

from shop.voice_containers import read_number

__all__ = ["plain_mp4", "plain_ogg", "plain_wav", "plain_webm"]

# WebM (RFC 9559): elements whose content is looked into, and those that stay as they are.
_ENTERED: Final = frozenset({0x18538067, 0x1549A966, 0x1654AE6B, 0xAE, 0x1F43B675})
_KEPT: Final = frozenset(
    {0x1A45DFA3, 0x114D9B74, 0x1C53BB6B}  # head of the file, places of its parts, places of moments
    | {0x2AD7B1, 0x4489}  # scale and length of time
    | {0xE7, 0xA3, 0xA0, 0xA7, 0xAB}  # of a cluster: its moment, its blocks, where it lies
    | {
        0xD7,
        0x73C5,
        0x83,
        0x86,
        0x63A2,
        0x56AA,
        0x56BB,
        0xE1,
        0xB9,
        0x88,
        0x55AA,
        0x9C,
        0x22B59C,
    }  # of a track
)
_BLANKED: Final = frozenset({0x4D80, 0x5741})  # what wrote the file: must be there, and may be empty
_VOID: Final = 0xEC

_RIFF_KEPT: Final = frozenset({b"fmt ", b"fact", b"data"})

_BOXES_DEEPEST: Final = 16  # those of real recordings lie within five others
_BOXES_ENTERED: Final = frozenset(
    {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"mvex", b"moof", b"traf", b"mfra", b"edts"}
)
_BOXES_KEPT: Final = frozenset(
    {b"ftyp", b"styp", b"mdat", b"sidx", b"mvhd", b"tkhd", b"mdhd", b"hdlr", b"elst", b"smhd", b"dinf"}
    | {b"stsd", b"stts", b"ctts", b"stss", b"stsc", b"stsz", b"stz2", b"stco", b"co64", b"sgpd", b"sbgp"}
    | {b"mehd", b"trex", b"mfhd", b"tfhd", b"tfdt", b"trun", b"saiz", b"saio", b"tfra", b"mfro", b"iods"}
)
_DATED: Final = frozenset({b"mvhd", b"tkhd", b"mdhd"})
_HANDLER_NAME_AT: Final = 24

_PAGE_HEAD: Final = 27
_PAGE_CRC_AT: Final = 22
_SEGMENTS_AT: Final = 26
_FIRST_PAGE: Final = 2
_LACED: Final = 255
_TAGS: Final = b"OpusTags"
_CRC_POLYNOMIAL: Final = 0x04C11DB7


def plain_webm(data: bytes) -> bytes:
    """Voids all elements but those that a player needs, where they lie, so that no place changes.

    Raises:
        ValueError: an element is named as nothing is.
        IndexError: as `ValueError`.
    """
    plain, at = bytearray(data), 0
    while at < len(data):
        begun = at
        name, at = read_number(data, begun, is_length=False)
        length, at = read_number(data, at, is_length=True)
        if name in _ENTERED:
            continue
        if length is None or at + length > len(data):
            # A recorder that was cut off: what it did not finish goes.
            return bytes(plain[:begun])
        if name in _BLANKED:
            plain[at : at + length] = bytes(length)
        elif name not in _KEPT:
            plain[begun : at + length] = _void(at + length - begun)
        at += length
    return bytes(plain)


def _void(size: int) -> bytes:
    """Gives an element of some bytes, two at least, that says nothing."""
    width = 1 if size < 0x7F else 8
    length = size - 1 - width
    return bytes([_VOID]) + (length | 1 << 7 * width).to_bytes(width) + bytes(length)


def plain_mp4(data: bytes) -> bytes:
    """Makes free space of all boxes but those that a player needs; moments and names of makers become zero.

    Raises:
        ValueError: a length leads out of the file.
        struct.error: the file ends early.
    """
    plain = bytearray(data)
    _free(plain, 0, len(plain))
    return bytes(plain)


def _free(plain: bytearray, start: int, end: int, *, depth: int = 0) -> None:
    if depth > _BOXES_DEEPEST:
        raise ValueError("boxes nest too deep")
    at = start
    while at < end:
        begun = at
        name, inside, at = _box(plain, begun, end)
        if name in _BOXES_ENTERED:
            _free(plain, inside, at, depth=depth + 1)
        elif name not in _BOXES_KEPT:
            plain[begun + 4 : begun + 8] = b"free"
            plain[inside:at] = bytes(at - inside)
        elif name in _DATED:
            dates = min(16 if plain[inside] == 1 else 8, at - inside - 4)
            plain[inside + 4 : inside + 4 + dates] = bytes(dates)
        elif name == b"hdlr" and at - inside > _HANDLER_NAME_AT:
            plain[inside + _HANDLER_NAME_AT : at] = bytes(at - inside - _HANDLER_NAME_AT)


def _box(plain: bytearray, at: int, end: int) -> tuple[bytes, int, int]:
    """Gives a box's name, and where its content begins and ends."""
    length, name = struct.unpack_from(">I4s", plain, at)
    head = 8
    if length == 1:
        length, head = struct.unpack_from(">Q", plain, at + 8)[0], 16
    elif length == 0:
        length = end - at
    if length < head or at + length > end:
        raise ValueError("a box leads out of the file")
    return name, at + head, at + length


def plain_wav(data: bytes) -> bytes:
    """Keeps format and sound alone.

    Raises:
        struct.error: the file ends early.
    """
    parts, at = [], 12
    while at + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, at)
        if name in _RIFF_KEPT:
            parts.append(data[at : at + 8 + length] + bytes(length % 2))
        at += 8 + length + length % 2
    body = b"WAVE" + b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def plain_ogg(data: bytes) -> bytes:
    """Empties the tags of an Opus stream in their place: behind no tags, zeros are padding (RFC 7845, 5.2).

    What follows the stream's last whole page goes, another stream too.

    Raises:
        ValueError: the tags do not begin the second page, or never end.
        struct.error: the file ends early.
    """
    pages = list(_pages(data))
    plain, filling, is_open = pages[:1], _TAGS, True
    for page in pages[1:]:
        if is_open:
            page, is_open = _emptied(page, filling)
            filling = b""
        plain.append(page)
    if is_open:
        raise ValueError("the tags never end")
    return b"".join(plain)


def _emptied(page: bytes, filling: bytes) -> tuple[bytes, bool]:
    """Gives a page whose first packet is emptied, and whether that packet goes on behind it."""
    start = _PAGE_HEAD + page[_SEGMENTS_AT]
    segments = page[_PAGE_HEAD:start]
    used = next((at + 1 for at, lace in enumerate(segments) if lace < _LACED), len(segments))
    size = sum(segments[:used])
    empty = filling.ljust(size, b"\0")[:size]
    is_open = segments[-1:] == bytes([_LACED]) and used == len(segments)
    return _with_crc(page[:start] + empty + page[start + size :]), is_open


def _pages(data: bytes) -> Iterator[bytes]:
    at, stream = 0, data[14:18]
    while data[at : at + 4] == b"OggS" and at + _PAGE_HEAD <= len(data):
        start = at + _PAGE_HEAD + data[at + _SEGMENTS_AT]
        end = start + sum(data[at + _PAGE_HEAD : start])
        is_other = data[at + 14 : at + 18] != stream or (at > 0 and data[at + 5] & _FIRST_PAGE)
        if is_other or end > len(data):
            return
        yield data[at:end]
        at = end


def _crc_table() -> tuple[int, ...]:
    table = []
    for number in range(256):
        value = number << 24
        for _ in range(8):
            value = (value << 1) ^ (_CRC_POLYNOMIAL if value & 0x80000000 else 0)
        table.append(value & 0xFFFFFFFF)
    return tuple(table)


_CRC: Final = _crc_table()


def _with_crc(page: bytes) -> bytes:
    """Gives a page with its checksum (RFC 3533, 6)."""
    bare = page[:_PAGE_CRC_AT] + bytes(4) + page[_PAGE_CRC_AT + 4 :]
    value = 0
    for byte in bare:
        value = (value << 8 & 0xFFFFFFFF) ^ _CRC[value >> 24 ^ byte]
    return page[:_PAGE_CRC_AT] + struct.pack("<I", value) + page[_PAGE_CRC_AT + 4 :]
