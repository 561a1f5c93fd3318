"""Short recordings as browsers and phones write them, built byte by byte."""

import io
import struct
import wave

__all__ = ["RECORDINGS", "box", "element", "m4a", "mp3", "ogg", "ogg_page", "wav", "webm"]


def element(name, content, *, length=None):
    """A WebM element, by default with its length in eight bytes."""
    size = length if length is not None else (len(content) | 1 << 56).to_bytes(8)
    return bytes.fromhex(name) + size + content


def webm(*, doc=b"webm", tracks=((b"\x02", b"A_OPUS"),), rest=b"", length=b"\x01" + b"\xff" * 7):
    """What MediaRecorder gives: a segment of unknown length, its tracks, then data."""
    entries = b"".join(element("ae", element("83", kind) + element("86", codec)) for kind, codec in tracks)
    segment = element("1549a966", element("2ad7b1", b"\x0fB@")) + element("1654ae6b", entries)
    segment += element("1f43b675", element("e7", b"\0") + element("a3", b"\x81\0\0\x80" + bytes(40)) + rest)
    return element("1a45dfa3", element("4282", doc)) + element("18538067", segment, length=length)


def ogg_page(content, *, kind=0, stream=7, number=0):
    """A page of one packet."""
    table = bytes([255] * (len(content) // 255) + [len(content) % 255])
    head = struct.pack("<4sBBQIIIB", b"OggS", 0, kind, 0, stream, number, 0, len(table))
    return head + table + content


def ogg(*, head=b"OpusHead\x01\x01" + bytes(9), tags=b"OpusTags" + bytes(8), kind=2, stream=7):
    """Head, tags and a page of data."""
    return (
        ogg_page(head, kind=kind) + ogg_page(tags, number=1, stream=stream) + ogg_page(bytes(300), number=2)
    )


def box(name, *content):
    """An MP4 box."""
    body = b"".join(content)
    return struct.pack(">I4s", len(body) + 8, name) + body


def m4a(*, brand=b"M4A ", handlers=(b"soun",), codec=b"mp4a", tail=b""):
    """As a phone's recorder writes it, with the data before the tables."""
    tracks = [
        box(
            b"trak",
            box(b"tkhd", bytes(84)),
            box(
                b"mdia",
                box(b"hdlr", bytes(8), handler, bytes(13)),
                box(b"minf", box(b"stbl", box(b"stsd", bytes(4), b"\0\0\0\1", box(codec, bytes(28))))),
            ),
        )
        for handler in handlers
    ]
    film = box(b"moov", box(b"mvhd", bytes(100)), *tracks)
    return box(b"ftyp", brand, bytes(4), brand) + box(b"mdat", bytes(200)) + film + tail


def mp3(*, head=b"\xff\xfb\x90\x00", frames=4, tag=b"ID3\x04\0\0\0\0\0\x05titre"):
    """Frames of MPEG-1 layer III at 128 kbit/s and 44,100 Hz: 417 bytes each."""
    return tag + (head + bytes(413)) * frames


def wav(*, channels=1):
    """A hundredth of a second."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(channels)
        sound.setsampwidth(2)
        sound.setframerate(16_000)
        sound.writeframes(bytes(320 * channels))
    return file.getvalue()


RECORDINGS = {
    "webm": (webm(), "audio/webm"),
    "ogg": (ogg(), "audio/ogg"),
    "m4a": (m4a(), "audio/mp4"),
    "mp3": (mp3(), "audio/mpeg"),
    "wav": (wav(), "audio/wav"),
}
