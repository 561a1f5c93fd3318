"""The bits of a status list: published vectors, round trips, and each text that is refused."""

import base64
import gzip
import json
import tracemalloc
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from traceability.errors import Reason, Refused, Unreadable
from traceability.limits import STATUS_LIST_BITS, STATUS_LIST_MAX_BITS
from traceability.records.bitstring import decode, encode, read_bit, with_bit

VECTORS = Path(__file__).parents[3] / ".." / "shared" / "vectors" / "bitstring-status-list" / "vectors.json"
EMPTY = bytes(STATUS_LIST_BITS // 8)
SPEC_EXAMPLE = "uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA"  # W3C, section 3.2


def text_of(data: bytes) -> str:
    return "u" + base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def refusal(text: str) -> str:
    with pytest.raises(Unreadable) as caught:
        decode(text)
    assert caught.value.code is Reason.BAD_RECORD
    return str(caught.value)


def set_bits(bits: bytes) -> list[int]:
    return [8 * at + n for at, byte in enumerate(bits) if byte for n in range(8) if byte & 0x80 >> n]


# --- What reads ------------------------------------------------------------------------------------------


def test_the_standards_example_is_the_empty_list():
    assert decode(SPEC_EXAMPLE) == EMPTY


def test_the_empty_list_takes_few_characters():
    assert len(encode(EMPTY)) < 100


@pytest.mark.skipif(not VECTORS.is_file(), reason="the shared vectors are absent")
def test_the_published_vectors_read():
    for vector in json.loads(VECTORS.read_text("utf-8")):
        bits = decode(vector["encodedList"])
        assert 8 * len(bits) == vector["length"]
        assert set_bits(bits) == vector["set"]


def test_index_0_is_the_most_significant_bit_of_byte_0():
    assert with_bit(EMPTY, 0)[0] == 0x80
    assert with_bit(EMPTY, 7)[0] == 0x01
    assert with_bit(EMPTY, 8)[1] == 0x80
    assert with_bit(EMPTY, STATUS_LIST_BITS - 1)[-1] == 0x01


def test_a_bit_can_be_cleared_again():
    bits = with_bit(with_bit(EMPTY, 9), 10)
    assert set_bits(with_bit(bits, 9, is_set=False)) == [10]
    assert with_bit(EMPTY, 9, is_set=False) == EMPTY


def test_setting_a_bit_leaves_the_given_list_as_it_was():
    bits = bytes(EMPTY)
    with_bit(bits, 3)
    assert bits == EMPTY


@settings(max_examples=30, deadline=None)
@given(st.sets(st.integers(0, STATUS_LIST_BITS - 1), max_size=300))
def test_any_set_of_indexes_comes_back(indexes):
    bits = EMPTY
    for index in indexes:
        bits = with_bit(bits, index)
    again = decode(encode(bits))
    assert set_bits(again) == sorted(indexes)
    assert all(read_bit(again, index) for index in indexes)


@settings(max_examples=15, deadline=None)
@given(st.binary(min_size=64, max_size=64), st.integers(len(EMPTY), STATUS_LIST_MAX_BITS // 8))
def test_bits_of_any_allowed_length_come_back(pattern, length):
    bits = (pattern * (length // 64 + 1))[:length]
    assert decode(encode(bits)) == bits


def test_a_list_packed_by_another_level_or_at_another_time_reads():
    """Bits are compared, never gzip bytes: other issuers use other libraries."""
    bits = with_bit(EMPTY, 5)
    for level in (1, 9):
        assert decode(text_of(gzip.compress(bits, level, mtime=1))) == bits


# --- What is refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("u", id="u-alone"),
        pytest.param(SPEC_EXAMPLE[1:], id="no-u"),
        pytest.param("z" + SPEC_EXAMPLE[1:], id="base58"),
        pytest.param("U" + SPEC_EXAMPLE[1:], id="upper-case-u"),
        pytest.param(SPEC_EXAMPLE + "=", id="padding"),
        pytest.param(SPEC_EXAMPLE + "\n", id="line-end"),
        pytest.param(" " + SPEC_EXAMPLE, id="space"),
        pytest.param(SPEC_EXAMPLE.replace("-", "+"), id="plain-base64"),
        pytest.param(SPEC_EXAMPLE.replace("A", "Ä", 1), id="letter-outside"),
        pytest.param("uAAAAA", id="five-letters"),
        pytest.param("u" + "A" * 65_536, id="too-long"),
    ],
)
def test_text_that_is_not_u_and_base64url_is_refused(text):
    refusal(text)


def test_unused_bits_at_the_end_must_be_zero():
    data = text_of(gzip.compress(EMPTY + b"\x00", mtime=0))
    while len(data[1:]) % 4 == 0:
        data = text_of(gzip.compress(EMPTY + b"\x00" * len(data), mtime=0))
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    other = data[:-1] + letters[letters.index(data[-1]) + 1]
    assert base64.urlsafe_b64decode(other[1:] + "==") == base64.urlsafe_b64decode(data[1:] + "==")
    assert "spelling" in refusal(other)


@pytest.mark.parametrize("missing", [1, 4, 8, 9, 20])
def test_a_truncated_gzip_is_refused(missing):
    data = base64.urlsafe_b64decode(SPEC_EXAMPLE[1:] + "=" * 4)
    refusal(text_of(data[:-missing]))


def test_a_wrong_checksum_or_length_is_refused():
    data = bytearray(gzip.compress(EMPTY, mtime=0))
    for place in (-1, -5):
        changed = bytearray(data)
        changed[place] ^= 1
        assert "damaged" in refusal(text_of(bytes(changed)))


@pytest.mark.parametrize(
    "tail", [b"\0", b"x" * 10, gzip.compress(b"", mtime=0), gzip.compress(EMPTY, mtime=0)]
)
def test_bytes_or_a_second_member_after_the_gzip_are_refused(tail):
    assert "follow" in refusal(text_of(gzip.compress(EMPTY, mtime=0) + tail))


def test_a_file_name_in_the_gzip_is_refused():
    plain = gzip.compress(EMPTY, mtime=0)
    named = plain[:3] + b"\x08" + plain[4:10] + b"genuine\0" + plain[10:]
    assert gzip.decompress(named) == EMPTY
    assert "flags" in refusal(text_of(named))


@pytest.mark.parametrize("data", [zlib.compress(EMPTY), EMPTY[:100], b"\x1f\x8b", b"\x1f\x8b\x08\x00"])
def test_what_is_no_gzip_is_refused(data):
    refusal(text_of(data))


@pytest.mark.parametrize("length", [0, 1, len(EMPTY) - 1, STATUS_LIST_MAX_BITS // 8 + 1])
def test_a_list_that_is_too_short_or_too_long_is_refused(length):
    assert "bits" in refusal(text_of(gzip.compress(bytes(length), mtime=0)))
    with pytest.raises(Refused) as caught:
        encode(bytes(length))
    assert caught.value.code is Reason.BAD_VALUE


def test_a_bomb_costs_little_memory():
    """40 MB of zeros in about 40 kB of gzip, which a record could carry."""
    bomb = text_of(gzip.compress(bytes(40_000_000), mtime=0))
    assert len(bomb) < 65_536
    refusal(bomb)
    tracemalloc.start()
    refusal(bomb)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


@pytest.mark.parametrize("index", [-1, STATUS_LIST_BITS, 10**9])
def test_an_index_outside_the_list_is_refused(index):
    for action in (read_bit, with_bit):
        with pytest.raises(Unreadable, match="RANGE") as caught:
            action(EMPTY, index)
        assert caught.value.code is Reason.BAD_RECORD


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(), st.binary().map(text_of), st.text().map(lambda text: "u" + text)))
def test_any_text_gives_bits_or_our_error(text):
    refusal(text)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(SPEC_EXAMPLE) - 1), st.sampled_from("uABab01-_=+/ é"))
def test_a_changed_letter_gives_the_same_bits_or_our_error(place, letter):
    """Letters that name the machine and the level may change; the checksum holds the bits."""
    changed = SPEC_EXAMPLE[:place] + letter + SPEC_EXAMPLE[place + 1 :]
    try:
        bits = decode(changed)
    except Unreadable:
        return
    assert bits == EMPTY
