"""Voice notes from outside: which of the few kinds a file is, as its structure says and never its name."""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from shop.errors import BadInput
from shop.voice_containers import is_mp4_voice, is_webm_voice
from shop.voice_plain import plain_mp4, plain_ogg, plain_wav, plain_webm

__all__ = ["VOICE_FORMATS", "VOICE_MAX_BYTES", "VoiceFormat", "plain_voice", "recognise_voice"]

VOICE_MAX_BYTES: Final = 3_000_000  # ten minutes of Opus at 32 kbit/s

OGG_HEADER_BYTES: Final = 27
OGG_BEGINS: Final = 2
OPUS_MAX_CHANNELS: Final = 2

WAV_PLAIN: Final = frozenset({1, 3, 0xFFFE})  # integers, floats, and the form that says more of them

MP3_FRAMES_READ: Final = 3
# Behind the frames stand tags, or what a recorder did not finish: less than one frame.
MP3_TAGS: Final = (b"TAG", b"APETAGEX", b"LYRICSBEGIN", b"ID3")
MP3_FRAME_MAX: Final = 2_881
MP3_LAYER: Final = 1  # how layer III is written
MP3_VERSION_1: Final = 3
# kbit/s by index, for MPEG-1 and for MPEG-2 and 2.5 (ISO/IEC 11172-3, 13818-3); MPEG-1's samples a second.
MP3_RATES_1: Final = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
MP3_RATES_2: Final = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
MP3_SAMPLES: Final = (44_100, 48_000, 32_000)
MP3_SLOWER: Final = {3: 1, 2: 2, 0: 4}  # what MPEG-1, 2 and 2.5 divide that by


@dataclass(frozen=True, slots=True)
class VoiceFormat:
    """A kind of recording.

    Attributes:
        suffix: how its files' names end, without the dot.
        mimetype: the one type that it is ever served as.
    """

    suffix: str
    mimetype: str


WEBM: Final = VoiceFormat("webm", "audio/webm")
OGG: Final = VoiceFormat("ogg", "audio/ogg")
M4A: Final = VoiceFormat("m4a", "audio/mp4")
MP3: Final = VoiceFormat("mp3", "audio/mpeg")
WAV: Final = VoiceFormat("wav", "audio/wav")
VOICE_FORMATS: Final = (WEBM, OGG, M4A, MP3, WAV)


def recognise_voice(data: bytes) -> VoiceFormat:
    """Gives the kind of a recording: Opus in WebM or Ogg, AAC or Opus in MP4, MP3, or plain WAV.

    Only how a file begins and how its containers nest is read: it is never decoded here, may hold anything
    further on, and must be served under its one type with `nosniff`.

    Raises:
        BadInput: VOICE_TOO_LARGE or NOT_A_VOICE_NOTE.
    """
    if len(data) > VOICE_MAX_BYTES:
        raise BadInput("VOICE_TOO_LARGE", f"got {len(data)} bytes, at most {VOICE_MAX_BYTES} expected")
    for begins, at, kind, is_whole in _KINDS:
        if data.startswith(begins, at) and _holds(is_whole, data):
            return kind
    raise BadInput("NOT_A_VOICE_NOTE", "a recording in WebM, Ogg, MP4, MP3 or WAV expected")


def plain_voice(data: bytes) -> tuple[bytes, VoiceFormat]:
    """Gives a recording without its tags, and its kind: it is signed as it is kept, and shown to everybody.

    Titles, places, devices, moments, pictures, and what else no player needs, go; the sound stays.

    Raises:
        BadInput: VOICE_TOO_LARGE or NOT_A_VOICE_NOTE.
    """
    kind = recognise_voice(data)
    try:
        plain = _PLAIN[kind.suffix](data)
    except (ValueError, LookupError, struct.error) as error:
        raise BadInput("NOT_A_VOICE_NOTE", f"a whole recording expected: {error}") from error
    return plain, recognise_voice(plain)


def _holds(judge: Callable[[bytes], bool], data: bytes) -> bool:
    try:
        return judge(data)
    except (ValueError, LookupError, struct.error):
        return False


def _is_ogg(data: bytes) -> bool:
    """RFC 7845, 3: one logical stream, whose first page holds the head and whose second begins the tags."""
    kind, stream, page, head, after = _ogg_page(data, 0)
    _, second_stream, second_page, tags, _ = _ogg_page(data, after)
    return (
        (kind, page, second_page, second_stream) == (OGG_BEGINS, 0, 1, stream)
        and head.startswith(b"OpusHead\x01")
        and 1 <= head[9] <= OPUS_MAX_CHANNELS
        and tags.startswith(b"OpusTags")
    )


def _ogg_page(data: bytes, at: int) -> tuple[int, int, int, bytes, int]:
    """Gives kind, stream, number and content of a page, and where the next begins (RFC 3533, 6)."""
    magic, version, kind, _, stream, number, _, segments = struct.unpack_from("<4sBBQIIIB", data, at)
    start = at + OGG_HEADER_BYTES + segments
    end = start + sum(data[at + OGG_HEADER_BYTES : start])
    if (magic, version) != (b"OggS", 0) or end > len(data):
        raise ValueError("no page")
    return kind, stream, number, data[start:end], end


def _is_wav(data: bytes) -> bool:
    """Multimedia Programming Interface 1.0: `fmt ` comes before `data`, and lengths do not lead out."""
    end = 8 + struct.unpack_from("<I", data, 4)[0]
    at, is_plain = 12, False
    while data[8:12] == b"WAVE" and end == len(data):
        name, length = struct.unpack_from("<4sI", data, at)
        if name == b"fmt ":
            kind, channels = struct.unpack_from("<HH", data, at + 8)
            is_plain = kind in WAV_PLAIN and channels in (1, 2)
        elif name == b"data":
            return is_plain and at + 8 + length <= end
        at += 8 + length + length % 2
    return False


def _is_mp3(data: bytes) -> bool:
    """Frames follow each other without a gap, after a tag or at once."""
    at = _mp3_begins(data)
    for _ in range(MP3_FRAMES_READ):
        at += _mp3_frame_bytes(struct.unpack_from(">I", data, at)[0])
    return at <= len(data)


def _mp3_begins(data: bytes) -> int:
    if not data.startswith(b"ID3"):
        return 0
    sizes = data[6:10]
    return 10 + sum((size & 0x7F) << 7 * place for place, size in enumerate(reversed(sizes)))


def _plain_mp3(data: bytes) -> bytes:
    """Keeps the frames alone; of what stands behind them only tags and a broken frame are let go unasked."""
    begun = at = _mp3_begins(data)
    while at + 4 <= len(data):
        try:
            length = _mp3_frame_bytes(struct.unpack_from(">I", data, at)[0])
        except (ValueError, LookupError):
            break
        if at + length > len(data):
            break
        at += length
    if len(data) - at > MP3_FRAME_MAX and not data.startswith(MP3_TAGS, at):
        raise ValueError("something else stands between the frames")
    return data[begun:at]


def _mp3_frame_bytes(head: int) -> int:
    version, layer = head >> 19 & 3, head >> 17 & 3
    if head >> 21 != 0x7FF or layer != MP3_LAYER:
        raise ValueError("no frame of layer III")
    rates = MP3_RATES_1 if version == MP3_VERSION_1 else MP3_RATES_2
    rate, samples = rates[head >> 12 & 15], MP3_SAMPLES[head >> 10 & 3] // MP3_SLOWER[version]
    if not rate:
        raise ValueError("no rate")
    return (144 if version == MP3_VERSION_1 else 72) * rate * 1000 // samples + (head >> 9 & 1)


_KINDS: Final = (
    (b"\x1a\x45\xdf\xa3", 0, WEBM, is_webm_voice),
    (b"OggS", 0, OGG, _is_ogg),
    (b"ftyp", 4, M4A, is_mp4_voice),
    (b"RIFF", 0, WAV, _is_wav),
    (b"ID3", 0, MP3, _is_mp3),
    (b"\xff", 0, MP3, _is_mp3),
)
_PLAIN: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    WEBM.suffix: plain_webm,
    OGG.suffix: plain_ogg,
    M4A.suffix: plain_mp4,
    MP3.suffix: _plain_mp3,
    WAV.suffix: plain_wav,
}
