"""Voice notes are told by their structure; what only looks like one is refused."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.errors import BadInput
from shop.voice_notes import VOICE_MAX_BYTES, recognise_voice
from tests.simulators.recordings import RECORDINGS, box, element, m4a, mp3, ogg, ogg_page, wav, webm

MP3_2 = b"\xff\xf3\x40\x00" + bytes(92)  # MPEG-2, 32 kbit/s, 22,050 Hz: 104 bytes, so the next is missed


@pytest.mark.parametrize(("suffix", "data", "mimetype"), [(key, *value) for key, value in RECORDINGS.items()])
def test_each_kind_is_recognised(suffix, data, mimetype):
    kind = recognise_voice(data)
    assert (kind.suffix, kind.mimetype) == (suffix, mimetype)


@pytest.mark.parametrize(
    "data",
    [
        mp3(tag=b""),
        (MP3_2 + bytes(8)) * 3,
        mp3(tag=b"", head=b"\xff\xfb\x92\x00").replace(bytes(413), bytes(414)),
        m4a(brand=b"iso5", codec=b"Opus"),
        m4a(tail=struct.pack(">I4sQ", 1, b"free", 16)),
        m4a(tail=b"\0\0\0\0mdat" + bytes(9)),
        wav(channels=2),
        webm(length=None),
    ],
    ids=[
        "mp3 untagged",
        "mp3 of MPEG-2",
        "mp3 padded",
        "mp4 of a browser",
        "long box",
        "box to the end",
        "stereo",
        "known length",
    ],
)
def test_other_spellings_are_recognised(data):
    assert recognise_voice(data)


HOSTILE = {
    "nothing": b"",
    "text": b"hello",
    "page": b"<script>alert(1)</script>",
    "page as WebM": b"\x1a\x45\xdf\xa3<script>alert(1)</script>",
    "page as Ogg": b"OggS<script>alert(1)</script>" + bytes(99),
    "page as MP3": b"ID3\x04\0\0\0\0\0\x05<script>alert(1)</script>" + bytes(999),
    "page as MP4": b"\0\0\0\x18ftypM4A <script>alert(1)</script>",
    "page as WAV": b"RIFF\x40\0\0\0WAVE<script>" + bytes(60),
    "matroska": webm(doc=b"matroska"),
    "film in WebM": webm(tracks=((b"\x02", b"A_OPUS"), (b"\x01", b"V_VP8"))),
    "other codec in WebM": webm(tracks=((b"\x02", b"A_PCM/INT/LIT"),)),
    "WebM without tracks": webm(tracks=()),
    "WebM with data first": element("1a45dfa3", element("4282", b"webm"))
    + element("18538067", element("1f43b675", b"")),
    "WebM cut": webm(length=None)[:-1],
    "WebM of a header": webm()[:24],
    "WebM with zero length": b"\x1a\x45\xdf\xa3\0" + bytes(40),
    "Vorbis": ogg(head=b"\x01vorbis" + bytes(22)),
    "eight channels": ogg(head=b"OpusHead\x01\x08" + bytes(9)),
    "later page of Ogg": ogg(kind=0),
    "Ogg of two streams": ogg(stream=8),
    "Ogg without tags": ogg(tags=b"OpusDust"),
    "Ogg of a page": ogg_page(b"OpusHead\x01\x01" + bytes(9), kind=2),
    "film in MP4": m4a(handlers=(b"soun", b"vide")),
    "MP4 without tracks": m4a(handlers=()),
    "film's codec in MP4": m4a(codec=b"avc1"),
    "QuickTime": m4a(brand=b"qt  "),
    "HEIC": m4a(brand=b"heic"),
    "MP4 with a tail": m4a(tail=b"PK\x03\x04"),
    "MP4 with a box too long": m4a(tail=b"\0\0\1\0free"),
    "MP4 of a header": box(b"ftyp", b"M4A "),
    "MP3 of two frames": mp3(frames=2),
    "MP3 cut": mp3(frames=3)[:-1],
    "MP3 of free rate": mp3(head=b"\xff\xfb\x00\x00"),
    "MP3 of a barred rate": mp3(head=b"\xff\xfb\xf0\x00"),
    "MP3 of barred samples": mp3(head=b"\xff\xfb\x9c\x00"),
    "MP3 of a barred version": mp3(head=b"\xff\xeb\x90\x00"),
    "MP3 of another length": MP3_2 * 4,
    "layer II": mp3(head=b"\xff\xfd\x90\x00"),
    "JPEG": b"\xff\xd8\xff\xe0" + bytes(2000),
    "WAV cut": wav()[:-1],
    "WAV with a tail": wav() + b"PK",
    "WAV of another codec": wav().replace(b"\x10\0\0\0\x01\0", b"\x10\0\0\0\x55\0"),
    "WAV of no channel": wav(channels=2).replace(b"\x01\0\x02\0", b"\x01\0\0\0"),
    "WAV without a format": wav().replace(b"fmt ", b"junk"),
    "AVI": wav().replace(b"WAVE", b"AVI "),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_is_no_voice_note_is_refused(data):
    with pytest.raises(BadInput) as caught:
        recognise_voice(data)
    assert caught.value.code == "NOT_A_VOICE_NOTE"


def test_a_voice_note_of_too_many_bytes_is_refused():
    data = webm(rest=bytes(VOICE_MAX_BYTES))
    with pytest.raises(BadInput) as caught:
        recognise_voice(data)
    assert caught.value.code == "VOICE_TOO_LARGE"


def told(data):
    try:
        recognise_voice(data)
    except BadInput as error:
        return error.code
    return None


@given(
    st.sampled_from([b"\x1a\x45\xdf\xa3", b"OggS\0\2", b"\0\0\0\x10ftyp", b"RIFF", b"ID3", b"\xff\xfb"]),
    st.binary(max_size=200),
)
def test_any_bytes_are_recognised_or_refused(start, rest):
    assert told(start + rest) in {None, "NOT_A_VOICE_NOTE"}


@given(st.sampled_from(sorted(RECORDINGS)), st.data())
def test_a_recording_cut_or_altered_anywhere_is_recognised_or_refused(suffix, data):
    whole = RECORDINGS[suffix][0]
    at, value = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(0, 255))
    for altered in (whole[:at], whole[:at] + bytes([value]) + whole[at + 1 :]):
        assert told(altered) in {None, "NOT_A_VOICE_NOTE"}
