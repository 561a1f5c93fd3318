"""Timestamped cosignatures: their bytes, round trips, and what must not count."""

import base64

import pytest

from traceability.errors import NotVerified, Reason, Refused, TraceabilityError, Unreadable
from traceability.ledger import note
from traceability.ledger.cosignature import Cosignature, WitnessKey, cosign, verify_cosignatures
from traceability.ledger.note import Note, Signature, Verifier
from traceability.signing.keys import Ed25519Signer

LOG, FIRST, SECOND = (Ed25519Signer.from_seed(bytes([number]) * 32) for number in (1, 2, 3))
TEXT = "demo.example/log\n7\n" + "A" * 43 + "=\n"
KEY = WitnessKey("witness.example", FIRST.public_key)
OTHER = WitnessKey("other.example", SECOND.public_key)
SIGNED = note.parse(note.sign(TEXT, [("demo.example/log", LOG)]))
LINE = cosign(TEXT, FIRST, name=KEY.name, time_s=1_700_000_000)


def _with(*lines):
    return Note(TEXT, (*SIGNED.signatures, *lines))


def _fails(reason, read, keys):
    with pytest.raises(NotVerified) as caught:
        verify_cosignatures(read, keys)
    assert caught.value.code is reason


def test_a_cosignature_has_the_bytes_of_the_specification():
    """Source: C2SP tlog-cosignature: 4 bytes key id, 8 bytes time, 64 bytes signature."""
    message = b"cosignature/v1\ntime 1700000000\n" + TEXT.encode()
    assert LINE.data == (1_700_000_000).to_bytes(8, "big") + FIRST.sign(message)
    assert LINE.key_id == KEY.key_id != Verifier(KEY.name, KEY.key).key_id


def test_a_cosignature_verifies_beside_the_logs_signature():
    read = note.parse(_with(LINE).to_bytes())
    assert verify_cosignatures(read, [OTHER, KEY]) == (Cosignature(KEY, 1_700_000_000),)
    assert note.verify(read, [Verifier("demo.example/log", LOG.public_key)]) == ("demo.example/log",)


def test_a_note_without_cosignatures_has_none():
    assert verify_cosignatures(SIGNED, [KEY]) == ()


def test_of_two_lines_of_a_key_the_later_counts_once():
    later = cosign(TEXT, FIRST, name=KEY.name, time_s=1_700_000_009)
    assert verify_cosignatures(_with(LINE, later, LINE), [KEY, KEY]) == (Cosignature(KEY, 1_700_000_009),)


def test_a_line_of_an_unknown_key_is_ignored():
    assert verify_cosignatures(_with(LINE), [OTHER, WitnessKey(KEY.name, SECOND.public_key)]) == ()


@pytest.mark.parametrize("at", [0, 7, 8, 71])
def test_a_changed_byte_is_not_believed(at):
    data = bytearray(LINE.data)
    data[at] ^= 1
    _fails(Reason.BAD_SIGNATURE, _with(LINE, Signature(KEY.name, KEY.key_id, bytes(data))), [KEY])


@pytest.mark.parametrize("data", [b"\0", LINE.data[:-1], LINE.data + b"\0", bytes(72)], ids=len)
def test_a_line_of_another_length_or_without_a_time_is_not_believed(data):
    _fails(Reason.BAD_SIGNATURE, _with(Signature(KEY.name, KEY.key_id, data)), [KEY])


def test_a_cosignature_of_another_text_is_not_believed():
    line = cosign(TEXT.replace("7", "8"), FIRST, name=KEY.name, time_s=1)
    _fails(Reason.BAD_SIGNATURE, _with(line), [KEY])


def test_a_plain_signature_does_not_pass_for_a_cosignature():
    plain = FIRST.sign(TEXT.encode())
    _fails(Reason.BAD_SIGNATURE, _with(Signature(KEY.name, KEY.key_id, bytes(7) + b"\1" + plain)), [KEY])


@pytest.mark.parametrize("time_s", [0, -1, 2**63])
def test_no_cosignature_is_made_for_an_impossible_time(time_s):
    with pytest.raises(Refused):
        cosign(TEXT, FIRST, name=KEY.name, time_s=time_s)


def test_a_key_reads_back_from_its_text():
    assert WitnessKey.from_vkey(KEY.vkey) == KEY
    assert base64.b64decode(KEY.vkey.split("+", 2)[2])[0] == 4


@pytest.mark.parametrize(
    "text", ["", "a+b+c", KEY.vkey + "=", KEY.vkey.replace("witness", "w1tness"), f"x y+{KEY.vkey}"]
)
def test_a_text_that_is_no_key_is_refused(text):
    with pytest.raises(Unreadable):
        WitnessKey.from_vkey(text)


def test_a_log_key_is_no_witness_key():
    with pytest.raises(Refused) as caught:
        WitnessKey.from_vkey(Verifier(KEY.name, KEY.key).vkey)
    assert caught.value.code is Reason.BAD_NOTE


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb"])
def test_a_name_that_would_not_read_back_names_no_witness(name):
    with pytest.raises(TraceabilityError):
        WitnessKey(name, FIRST.public_key)
