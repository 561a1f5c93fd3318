"""Signed notes: public notes and keys, our own, and what must not be read or believed."""

import base64
import json

import pytest

from tests.simulators.ledger import VECTORS as TLOG_VECTORS
from traceability.errors import NotVerified, Reason, Refused, Unreadable
from traceability.ledger import note
from traceability.ledger.note import Note, Signature, Verifier
from traceability.signing.keys import Ed25519Signer

VECTORS = TLOG_VECTORS / "signed-note"
FIRST, SECOND, STRANGER = (Ed25519Signer.from_seed(bytes([number]) * 32) for number in (1, 2, 3))
LOG = Verifier("demo.example/log", FIRST.public_key)
WITNESS = Verifier("witness.example", SECOND.public_key)
TEXT = "demo.example/log\n7\n" + "A" * 43 + "=\n"
NOTE = note.sign(TEXT, [(LOG.name, FIRST), (WITNESS.name, SECOND)])


def _loaded(name):
    path = VECTORS / name
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else []


needs_vectors = pytest.mark.skipif(not VECTORS.is_dir(), reason="the shared signed-note vectors are absent")


@needs_vectors
def test_the_public_notes_are_22_and_the_public_keys_19():
    """None is an exception: every key among them is Ed25519 (0x01), lines of other types are ignored."""
    assert (len(_loaded("notes.json")), len(_loaded("vkeys-witness-network.json"))) == (22, 19)


@needs_vectors
@pytest.mark.parametrize("case", _loaded("notes.json"), ids=lambda case: case["source"].replace(" ", "-"))
def test_a_public_note_is_judged_as_its_source_says(case):
    verifiers = [Verifier.from_vkey(text) for text in case["vkeys"]]
    if case["valid"]:
        data = case["note"].encode()
        assert sorted(set(note.verify(note.parse(data), verifiers))) == sorted(case["signers"])
        assert note.parse(data).to_bytes() == data
    else:
        with pytest.raises((Unreadable, NotVerified)):
            note.verify(note.parse(case["note"].encode()), verifiers)


@needs_vectors
@pytest.mark.parametrize("text", _loaded("vkeys-witness-network.json"))
def test_the_key_of_a_live_log_reads_back(text):
    assert Verifier.from_vkey(text).vkey == text


def test_a_note_of_ours_verifies_under_each_of_its_keys():
    read = note.parse(NOTE)
    assert read.text == TEXT
    assert note.verify(read, [WITNESS, LOG]) == (LOG.name, WITNESS.name)
    assert note.verify(read, [WITNESS]) == (WITNESS.name,)


def test_a_note_has_the_layout_of_the_specification():
    lines = NOTE.decode().removeprefix(TEXT).split("\n")
    assert lines[0] == ""
    assert lines[-1] == ""
    assert [line.split(" ")[:2] for line in lines[1:-1]] == [["—", LOG.name], ["—", WITNESS.name]]
    data = base64.b64decode(lines[1].split(" ")[2])
    assert data == LOG.key_id + FIRST.sign(TEXT.encode())


@pytest.mark.parametrize(
    "text", ["\n", "a\n\nb\n", "\n\na\n\n\n", "Bát Tràng ☺\n", "— a YWJjZGVm\n", "x\x7f\n"]
)
def test_a_text_with_empty_lines_and_any_letters_comes_back(text):
    read = note.parse(note.sign(text, [(LOG.name, FIRST)]))
    assert read.text == text
    assert note.verify(read, [LOG]) == (LOG.name,)


def test_signatures_made_at_two_places_are_joined():
    one, two = (note.parse(note.sign(TEXT, [pair])) for pair in [(LOG.name, FIRST), (WITNESS.name, SECOND)])
    assert Note(TEXT, one.signatures + two.signatures).to_bytes() == NOTE


def test_lines_of_unknown_keys_are_ignored_even_under_a_known_name():
    read = note.parse(note.sign(TEXT, [(LOG.name, STRANGER), (LOG.name, FIRST), ("x.example", STRANGER)]))
    assert note.verify(read, [LOG]) == (LOG.name,)


def test_a_line_of_another_type_is_ignored():
    """A timestamped cosignature (0x04) has its own key id and 72 bytes behind it."""
    cosignature = Signature(WITNESS.name, b"\4\4\4\4", bytes(72))
    read = note.parse(Note(TEXT, (cosignature, *note.parse(NOTE).signatures[:1])).to_bytes())
    assert note.verify(read, [LOG, WITNESS]) == (LOG.name,)


def test_two_keys_of_one_name_count_as_two():
    other = Verifier(LOG.name, SECOND.public_key)
    read = note.parse(note.sign(TEXT, [(LOG.name, FIRST), (LOG.name, SECOND)]))
    assert note.verify(read, [LOG, other]) == (LOG.name, LOG.name)


def test_a_key_that_signed_twice_counts_once():
    read = note.parse(note.sign(TEXT, [(LOG.name, FIRST), (LOG.name, FIRST)]))
    assert note.verify(read, [LOG, LOG]) == (LOG.name,)


def _not_verified(reason, read, verifiers):
    with pytest.raises(NotVerified) as caught:
        note.verify(read, verifiers)
    assert caught.value.code is reason


def test_a_note_without_a_known_key_is_not_believed():
    _not_verified(Reason.KEY_UNKNOWN, note.parse(NOTE), [Verifier("x.example", STRANGER.public_key)])
    _not_verified(Reason.KEY_UNKNOWN, note.parse(NOTE), [])


def test_the_right_name_with_another_key_is_not_believed():
    _not_verified(Reason.KEY_UNKNOWN, note.parse(NOTE), [Verifier(LOG.name, STRANGER.public_key)])


def test_the_right_key_under_another_name_is_not_believed():
    _not_verified(Reason.KEY_UNKNOWN, note.parse(NOTE), [Verifier("other.example", FIRST.public_key)])


def test_a_changed_text_is_not_believed():
    read = note.parse(NOTE.replace(b"\n7\n", b"\n8\n"))
    _not_verified(Reason.BAD_SIGNATURE, read, [LOG])


@pytest.mark.parametrize("data", [bytes(64), bytes(63), bytes(65), b"\0"], ids=len)
def test_one_bad_line_of_a_known_key_rejects_the_whole_note(data):
    good = note.parse(NOTE).signatures
    for lines in [
        (*good, Signature(LOG.name, LOG.key_id, data)),
        (Signature(LOG.name, LOG.key_id, data), *good),
    ]:
        _not_verified(Reason.BAD_SIGNATURE, Note(TEXT, lines), [LOG, WITNESS])


def test_a_bad_line_of_an_unknown_key_rejects_nothing():
    lines = (*note.parse(NOTE).signatures, Signature(LOG.name, b"\0\0\0\0", bytes(64)))
    assert note.verify(Note(TEXT, lines), [LOG]) == (LOG.name,)


def _with_line(old, new):
    return f"{TEXT}\n{LINE.replace(old, new)}\n".encode()


LINE = NOTE.decode().split("\n")[-3]
BAD_NOTES = {
    "empty": b"",
    "text only": TEXT.encode(),
    "no signature line": f"{TEXT}\n".encode(),
    "no empty line": f"{TEXT}{LINE}\n".encode(),
    "no text": f"\n{LINE}\n".encode(),
    "no final newline": f"{TEXT}\n{LINE}".encode(),
    "text after the signatures": f"{TEXT}\n{LINE}\nmore\n".encode(),
    "carriage return": f"{TEXT}\n{LINE}\r\n".encode(),
    "tab in the text": f"a\tb\n\n{LINE}\n".encode(),
    "null in the text": f"a\0b\n\n{LINE}\n".encode(),
    "not UTF-8": b"a\xff\n\n" + LINE.encode() + b"\n",
    "overlong UTF-8": b"a\xc0\xaf\n\n" + LINE.encode() + b"\n",
    "encoded surrogate": b"a\xed\xa0\x80\n\n" + LINE.encode() + b"\n",
    "hyphen for the dash": _with_line("—", "-"),
    "en dash": _with_line("—", "–"),
    "no space after the dash": _with_line("— ", "—"),
    "no-break space": _with_line("— ", "—\u00a0"),
    "two spaces": _with_line("— ", "—  "),
    "space at the end": f"{TEXT}\n{LINE} \n".encode(),
    "no name": f"{TEXT}\n— {LINE.split(' ')[2]}\n".encode(),
    "plus in the name": _with_line("demo", "de+mo"),
    "ideographic space in the name": _with_line("demo", "de\u3000mo"),
    "next line character in the name": _with_line("demo", "de\u0085mo"),
    "no base64": f"{TEXT}\n— {LOG.name} \n".encode(),
    "base64 without padding": f"{TEXT}\n— {LOG.name} AAAAAAA\n".encode(),
    "too much padding": f"{TEXT}\n— {LOG.name} AAAAAAAA=\n".encode(),
    "loose last bits": f"{TEXT}\n— {LOG.name} AAAAAAB=\n".encode(),
    "URL base64": f"{TEXT}\n— {LOG.name} AAAA_-AA\n".encode(),
    "key id alone": f"{TEXT}\n— {LOG.name} AAAAAA==\n".encode(),
    "65 signatures": f"{TEXT}\n{(LINE + chr(10)) * 65}".encode(),
}


@pytest.mark.parametrize("data", BAD_NOTES.values(), ids=BAD_NOTES)
def test_bytes_that_are_no_note_are_refused(data):
    with pytest.raises(Unreadable) as caught:
        note.parse(data)
    assert caught.value.code is Reason.BAD_NOTE


def test_64_signatures_are_read():
    data = note.sign(TEXT, [(LOG.name, FIRST)] * 64)
    assert len(note.parse(data).signatures) == 64


def test_the_size_limit_is_the_callers():
    assert note.parse(NOTE, max_bytes=len(NOTE)).text == TEXT
    with pytest.raises(Unreadable) as caught:
        note.parse(NOTE, max_bytes=len(NOTE) - 1)
    assert caught.value.code is Reason.TOO_LARGE


def test_a_note_above_a_mebibyte_is_too_large_unless_asked_for():
    data = note.sign("x" * 1_048_576 + "\n", [(LOG.name, FIRST)])
    with pytest.raises(Unreadable):
        note.parse(data)
    assert note.verify(note.parse(data, max_bytes=4_194_304), [LOG]) == (LOG.name,)


@pytest.mark.parametrize("text", ["", "a", "a\r\n", "a\tb\n", "\0\n", "\ud800\n"], ids=ascii)
def test_a_text_that_would_not_read_back_is_not_signed(text):
    with pytest.raises(Refused) as caught:
        note.sign(text, [(LOG.name, FIRST)])
    assert caught.value.code is Reason.BAD_VALUE


@pytest.mark.parametrize("count", [0, 65])
def test_a_note_without_signers_or_with_too_many_is_not_made(count):
    with pytest.raises(Refused):
        note.sign(TEXT, [(LOG.name, FIRST)] * count)


@pytest.mark.parametrize(
    "name", ["", "a b", "a+b", "a\u00a0b", "a\nb", "a\x01b", "a\u2028b", "\ud800"], ids=ascii
)
def test_a_name_that_would_not_read_back_names_no_key(name):
    with pytest.raises(Refused) as caught:
        Verifier(name, FIRST.public_key)
    assert caught.value.code is Reason.BAD_VALUE


VKEY = LOG.vkey
NAME, KEY_ID, BODY = VKEY.split("+", 2)


BAD_VKEYS = {
    "empty": "",
    "name alone": NAME,
    "no key": f"{NAME}+{KEY_ID}",
    "no name": f"+{KEY_ID}+{BODY}",
    "space in the name": f"a b+{KEY_ID}+{BODY}",
    "key id in capitals": f"{NAME}+{KEY_ID.upper()}+{BODY}",
    "key id of nine digits": f"{NAME}+{KEY_ID}0+{BODY}",
    "key id of another key": f"{NAME}+00000000+{BODY}",
    "another name": f"other+{KEY_ID}+{BODY}",
    "newline at the end": f"{NAME}+{KEY_ID}+{BODY}\n",
    "base64 cut short": f"{NAME}+{KEY_ID}+{BODY[:-1]}",
    "too much padding": f"{NAME}+{KEY_ID}+{BODY}=",
    "padding alone": f"{NAME}+{KEY_ID}+=",
    "too long": "x" * 5_000 + VKEY,
}


@pytest.mark.parametrize("text", BAD_VKEYS.values(), ids=BAD_VKEYS)
def test_a_text_that_is_no_verifier_key_is_refused(text):
    with pytest.raises(Unreadable) as caught:
        Verifier.from_vkey(text)
    assert caught.value.code is Reason.BAD_NOTE


def test_a_key_of_another_type_is_refused():
    """0x04 is the timestamped cosignature of a witness."""
    body = base64.b64encode(b"\x04" + FIRST.public_key.raw).decode()
    with pytest.raises(Refused) as caught:
        Verifier.from_vkey(f"{NAME}+{KEY_ID}+{body}")
    assert caught.value.code is Reason.BAD_NOTE


@pytest.mark.parametrize(
    "raw", [bytes(32), b"\1" + bytes(31), b"\xff" * 32, bytes(31), b""], ids=lambda raw: raw.hex() or "empty"
)
def test_a_weak_or_misshapen_key_is_refused(raw):
    body = base64.b64encode(b"\x01" + raw).decode()
    with pytest.raises(Refused) as caught:
        Verifier.from_vkey(f"{NAME}+{KEY_ID}+{body}")
    assert caught.value.code is Reason.KEY_WEAK


def test_two_keys_that_one_line_could_mean_are_refused():
    """Two real keys whose 4-byte ids agree under the name n, found by trying seeds."""
    one, two = (Ed25519Signer.from_seed(seed.to_bytes(32, "big")).public_key for seed in (26_678, 37_223))
    verifiers = [Verifier("n", one), Verifier("n", two)]
    assert verifiers[0].key_id == verifiers[1].key_id
    with pytest.raises(Refused) as caught:
        note.verify(note.parse(NOTE), verifiers)
    assert caught.value.code is Reason.BAD_VALUE
