"""Voice notes are told by their structure; what only looks like one is refused."""

import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.errors import BadInput
from shop.voice_notes import VOICE_MAX_BYTES, plain_voice, recognise_voice
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


# --- Without tags ---------------------------------------------------------------------------------

TOLD = b"GPS 21.0285,105.8542 Bat Trang"


def chunk(name, content):
    return name + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)


def tagged_wav():
    info = chunk(b"LIST", b"INFO" + chunk(b"ICMT", TOLD) + chunk(b"ISFT", b"Lavf60"))
    body = wav()[8:36] + wav()[36:] + info + chunk(b"id3 ", TOLD)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def tagged_m4a():
    words = box(
        b"udta", box(b"meta", bytes(4), box(b"ilst", box(b"\xa9xyz", TOLD), box(b"\xa9too", b"Lavf")))
    )
    data = m4a(tail=box(b"uuid", TOLD) + box(b"free", TOLD))
    at = data.index(b"moov") - 4
    film = data[at + 8 : at + struct.unpack_from(">I", data, at)[0]]
    return data[:at] + box(b"moov", film, words) + data[at + 8 + len(film) :]


def tagged_ogg(size=40):
    comment = b"LOCATION=" + TOLD * size
    tags = b"OpusTags" + struct.pack("<I", 4) + b"Lavf" + struct.pack("<II", 1, len(comment)) + comment
    return ogg(tags=tags) + b"TAG" + TOLD


TAGGED = {
    "wav": tagged_wav(),
    "m4a": tagged_m4a(),
    "ogg": tagged_ogg(),
    "mp3": mp3(tag=b"ID3\x04\0\0\0\0\0" + bytes([len(TOLD)]) + TOLD) + b"TAG" + TOLD.ljust(125),
    "webm": webm(rest=element("1254c367", element("7373", TOLD)) + element("1941a469", TOLD)),
}


@pytest.mark.parametrize("suffix", TAGGED)
def test_what_a_recording_tells_of_its_maker_goes(suffix):
    assert (TOLD in TAGGED[suffix], recognise_voice(TAGGED[suffix]).suffix) == (True, suffix)
    plain, kind = plain_voice(TAGGED[suffix])
    assert (kind.suffix, TOLD in plain, b"Lavf" in plain) == (suffix, False, False)
    assert plain_voice(plain) == (plain, kind)


@pytest.mark.parametrize(
    ("suffix", "sound"), [("wav", wav()[36:]), ("mp3", mp3(tag=b"")), ("m4a", bytes(200))]
)
def test_the_sound_stays(suffix, sound):
    assert sound in plain_voice(TAGGED[suffix])[0]


def test_the_places_of_a_recording_s_parts_stay():
    for suffix in ("webm", "m4a"):
        assert len(plain_voice(TAGGED[suffix])[0]) == len(TAGGED[suffix])


def test_an_emptied_page_has_its_checksum():
    """RFC 3533, 6: what is left of the page, without the checksum, when the polynomial divides it."""
    head = ogg_page(b"OpusHead\x01\x01" + bytes(9), kind=2)
    page = plain_voice(head + ogg_page(b"OpusTags" + bytes(8), number=1))[0][len(head) :]
    left = int.from_bytes(page[:22] + bytes(4) + page[26:]) << 32
    for bit in range(left.bit_length() - 1, 31, -1):
        left ^= 0x104C11DB7 << bit - 32 if left >> bit & 1 else 0
    assert struct.unpack("<I", page[22:26]) == (left,)


def test_what_stands_between_frames_is_not_cut_off_unasked():
    with pytest.raises(BadInput, match="between the frames"):
        plain_voice(mp3() + bytes(3_000) + mp3(tag=b""))


def test_a_recording_that_is_cut_off_loses_its_end():
    whole = webm()
    assert len(plain_voice(whole[:-5])[0]) < len(whole) - 5


@pytest.mark.parametrize("suffix", ["webm", "ogg", "m4a", "wav"])
def test_a_recording_altered_anywhere_is_made_plain_or_refused(suffix):
    data = TAGGED[suffix] if suffix != "ogg" else tagged_ogg(1)
    for at in range(len(data)):
        with suppress(BadInput):
            assert recognise_voice(plain_voice(data[:at] + bytes([data[at] ^ 0x41]) + data[at + 1 :])[0])


@pytest.mark.parametrize("deep", [40, 1_500, 20_000])
def test_boxes_that_nest_without_end_are_no_recording(deep):
    nested = b""
    for _ in range(deep):
        nested = box(b"moof", nested)
    with pytest.raises(BadInput):
        plain_voice(m4a(tail=nested))
