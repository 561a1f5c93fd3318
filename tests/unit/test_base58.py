"""base58btc: known texts, leading zeros, and one text for each value."""

import pytest

from traceability.base58 import decode_multibase, encode_multibase
from traceability.errors import Reason, Unreadable

# Source: draft-msporny-base58-03, section 5, with the multibase letter before.
KNOWN = [
    (b"Hello World!", "z2NEpo7TZRRrLZSi2U"),
    (
        b"The quick brown fox jumps over the lazy dog.",
        "zUSm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z",
    ),
    (bytes.fromhex("0000287fb4cd"), "z11233QC4"),
    (b"", "z"),
    (b"\0" * 5, "z11111"),
]


@pytest.mark.parametrize(("data", "text"), KNOWN)
def test_a_known_text_is_written_and_read(data, text):
    assert encode_multibase(data) == text
    assert decode_multibase(text, length=len(data)) == data


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("u" + "1" * 32, id="base64url"),
        pytest.param("1" * 32, id="no-prefix"),
        pytest.param("Z" + "1" * 32, id="upper-case-prefix"),
        pytest.param("z" + "1" * 31, id="one-byte-short"),
        pytest.param("z" + "1" * 33, id="one-byte-long"),
        pytest.param("z" + "1" * 31 + "0", id="zero"),
        pytest.param("z" + "1" * 31 + "O", id="capital-o"),
        pytest.param("z" + "1" * 31 + "I", id="capital-i"),
        pytest.param("z" + "1" * 31 + "l", id="small-l"),
        pytest.param("z" + "1" * 31 + " ", id="space"),
        pytest.param("z" + "1" * 31 + "\u0661", id="digit-of-another-script"),
        pytest.param("", id="empty"),
        pytest.param("z", id="prefix-alone"),
        pytest.param("z" + "2" * 1_000_000, id="a-million-characters"),
    ],
)
def test_any_other_text_is_refused(text):
    with pytest.raises(Unreadable) as caught:
        decode_multibase(text, length=32)
    assert caught.value.code is Reason.BAD_RECORD
    assert len(str(caught.value)) < 100
