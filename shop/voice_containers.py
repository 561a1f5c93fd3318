"""The containers that browsers record voices into, WebM and MP4: what kinds of tracks are in them."""

import struct
from collections.abc import Iterator
from typing import Final

__all__ = ["is_mp4_voice", "is_webm_voice", "read_number"]

# WebM elements (RFC 8794, RFC 9559).
EBML: Final = 0x1A45DFA3
DOC_TYPE: Final = 0x4282
SEGMENT: Final = 0x18538067
CLUSTER: Final = 0x1F43B675
TRACKS: Final = 0x1654AE6B
TRACK: Final = 0xAE
TRACK_TYPE: Final = 0x83
CODEC: Final = 0x86
AUDIO: Final = b"\x02"
WEBM_CODECS: Final = frozenset({b"A_OPUS"})

MP4_BRANDS: Final = frozenset(
    {b"M4A ", b"M4B ", b"mp41", b"mp42", b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"iso8", b"dash"}
)
MP4_CODECS: Final = frozenset({b"mp4a", b"Opus"})
MP4_SAMPLES: Final = (b"minf", b"stbl", b"stsd")

# A named part of a file: its name and its content.
_Element = tuple[int, bytes]
_Box = tuple[bytes, bytes]


def is_webm_voice(data: bytes) -> bool:
    """Whether a file is WebM whose only tracks are voices in Opus.

    Raises:
        ValueError: a length leads out of the file.
        IndexError: the file ends early.
    """
    top = _elements(data)
    name, header = next(top, (0, b""))
    if name != EBML or dict(_elements(header)).get(DOC_TYPE) != b"webm":
        return False
    name, segment = next(top, (0, b""))
    return name == SEGMENT and _are_voices(_tracks(segment))


def _tracks(segment: bytes) -> list[dict[int, bytes]]:
    """Gives the tracks, which stand before the first data."""
    for name, content in _elements(segment):
        if name == TRACKS:
            return [dict(_elements(track)) for kind, track in _elements(content) if kind == TRACK]
        if name == CLUSTER:
            break
    return []


def _are_voices(tracks: list[dict[int, bytes]]) -> bool:
    return bool(tracks) and all(
        track.get(TRACK_TYPE) == AUDIO and track.get(CODEC) in WEBM_CODECS for track in tracks
    )


def _elements(data: bytes) -> Iterator[_Element]:
    at = 0
    while at < len(data):
        name, at = read_number(data, at, is_length=False)
        length, start = read_number(data, at, is_length=True)
        # A recorder does not know how long its recording will be: then the element goes on to the end.
        at = len(data) if length is None else start + length
        if name is None or at > len(data):
            raise ValueError("an element leads out of the file")
        yield name, data[start:at]


def read_number(data: bytes, at: int, *, is_length: bool) -> tuple[int | None, int]:
    """Reads a WebM number whose leading zero bits tell its size; None is the length that says `unknown`.

    Args:
        data: of a file.
        at: where the number begins.
        is_length: whether it is a length, or the name of an element.

    Returns:
        The number, and where it ends.

    Raises:
        ValueError: no such number stands there.
        IndexError: the file ends there.
    """
    size = 9 - data[at].bit_length()
    if size > 8 or at + size > len(data):
        raise ValueError("no variable-size number")
    value = int.from_bytes(data[at : at + size])
    if is_length:
        value &= (1 << 7 * size) - 1
        return (None if value == (1 << 7 * size) - 1 else value), at + size
    return value, at + size


def is_mp4_voice(data: bytes) -> bool:
    """Whether a file is MP4 (ISO/IEC 14496-12), whole, whose only tracks are voices in AAC or Opus.

    Raises:
        ValueError: a length leads out of the file.
        struct.error: the file ends early.
    """
    boxes = list(_boxes(data))
    if not boxes or boxes[0][0] != b"ftyp" or not _brands(boxes[0][1]) & MP4_BRANDS:
        return False
    tracks = [box for name, film in boxes if name == b"moov" for box in _boxes(film) if box[0] == b"trak"]
    return bool(tracks) and all(_is_voice(track) for _, track in tracks)


def _brands(content: bytes) -> set[bytes]:
    """Gives the major brand and the compatible ones; between them stands a version."""
    return {content[at : at + 4] for at in range(0, len(content), 4) if at != 4}


def _is_voice(track: bytes) -> bool:
    media = dict(_boxes(dict(_boxes(track)).get(b"mdia", b"")))
    samples = media
    for name in MP4_SAMPLES[:-1]:
        samples = dict(_boxes(samples.get(name, b"")))
    # Version and flags come first, four bytes; four more stand before a handler's kind and before entries.
    entries = [name for name, _ in _boxes(samples.get(MP4_SAMPLES[-1], b"")[8:])]
    return media.get(b"hdlr", b"")[8:12] == b"soun" and bool(entries) and MP4_CODECS.issuperset(entries)


def _boxes(data: bytes) -> Iterator[_Box]:
    at = 0
    while at < len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        head = 8
        if length == 1:
            length, head = struct.unpack_from(">Q", data, at + 8)[0], 16
        elif length == 0:
            length = len(data) - at
        if length < head or at + length > len(data):
            raise ValueError("a box leads out of the file")
        yield name, data[at + head : at + length]
        at += length
