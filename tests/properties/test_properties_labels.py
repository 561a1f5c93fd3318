"""Properties of label codes, seals and notes: round trips, any text in, one-character changes."""

import string
from datetime import date, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from traceability.errors import NotVerified, Reason, TraceabilityError, Unreadable
from traceability.labels import code, seal
from traceability.labels.code import LabelCode
from traceability.labels.read import read_labels
from traceability.labels.seal import Seal
from traceability.ledger import note
from traceability.ledger.note import Note, Verifier
from traceability.signing.keys import Ed25519Signer

pytestmark = pytest.mark.slow

SIGNER = Ed25519Signer.from_seed(bytes(range(32)))
CAPITALS = string.ascii_uppercase + string.digits
IDS = CAPITALS + "-"


def _demand(error, reason):
    assert error.code is reason


def _with_check_digit(digits):
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(digits))
    return digits + str(-total % 10)


dns_label = st.from_regex(r"[A-Z0-9]{1,8}(-[A-Z0-9]{1,4})?", fullmatch=True)
last_label = st.from_regex(r"[A-Z][A-Z0-9]{2,8}", fullmatch=True)
hosts = st.builds(
    lambda front, last: ".".join([*front, last]), st.lists(dns_label, min_size=1, max_size=3), last_label
)
gtins = st.text(string.digits, min_size=13, max_size=13).map(_with_check_digit)
products = st.one_of(
    st.fixed_dictionaries({"gtin": gtins}),
    st.fixed_dictionaries({"code": st.text(CAPITALS, min_size=4, max_size=14)}),
)
lots = st.text(IDS, min_size=1, max_size=10)
serials = st.text(IDS, min_size=1, max_size=12)
seals = st.builds(
    Seal,
    kid=st.binary(min_size=4, max_size=4),
    day=st.integers(0, 0xFFFF).map(lambda days: date(2020, 1, 1) + timedelta(days)),
    record=st.binary(min_size=16, max_size=16),
    signature=st.binary(min_size=64, max_size=64),
)
units = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"lot": lots}),
    st.fixed_dictionaries({"lot": lots, "serial": serials}),
    st.fixed_dictionaries({"lot": lots, "serial": serials, "seal": seals.map(Seal.to_text)}),
)
codes = st.builds(lambda host, product, unit: LabelCode(host, **product, **unit), hosts, products, units)


@given(codes, st.randoms())
def test_a_code_in_any_letter_case_reads_back_as_itself(value, random):
    spelled = "".join(random.choice([letter, letter.lower()]) for letter in value.to_uri())
    assert code.parse(spelled) == value


@given(codes, st.data())
def test_a_changed_character_gives_another_code_or_our_error(value, data):
    text = value.to_uri()
    place = data.draw(st.integers(0, len(text) - 1))
    changed = text[:place] + data.draw(st.characters()) + text[place + 1 :]
    try:
        read = code.parse(changed)
    except Unreadable as error:
        _demand(error, Reason.BAD_LABEL)
        return
    assert read.to_uri() == changed.upper()
    assert (read == value) == (changed.upper() == text)


@given(codes, st.data())
def test_a_character_more_or_less_never_gives_the_same_code(value, data):
    text = value.to_uri()
    place = data.draw(st.integers(0, len(text) - 1))
    for changed in (
        text[:place] + text[place + 1 :],
        text[:place] + data.draw(st.characters()) + text[place:],
    ):
        try:
            assert code.parse(changed) != value
        except Unreadable:
            continue


@given(st.text())
@example("HTTPS://ı.EXAMPLE/P/GOM7")
@example("https://a.example/p/gom7/10/ﬁ")
def test_any_text_gives_a_code_or_our_error(text):
    try:
        read = code.parse(text)
    except Unreadable as error:
        str(error).encode()
        return
    assert read.to_uri() == text.upper()


@given(seals)
def test_a_seal_reads_back_as_itself(value):
    assert seal.parse(value.to_text()) == value


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", min_size=138, max_size=138).map("AE".__add__))
def test_a_text_that_is_read_as_a_seal_is_its_only_text(text):
    try:
        assert seal.parse(text).to_text() == text
    except Unreadable as error:
        _demand(error, Reason.BAD_SEAL)


@given(st.one_of(st.text(), st.text(min_size=140, max_size=140)))
def test_any_text_gives_a_seal_or_our_error(text):
    try:
        assert seal.parse(text).to_text() == text
    except Unreadable:
        return


@settings(deadline=None)
@given(
    st.one_of(
        st.binary(), st.binary().map(b"\x89PNG\r\n\x1a\n".__add__), st.binary().map(b"\xff\xd8\xff".__add__)
    )
)
def test_any_bytes_give_texts_or_our_error(data):
    try:
        assert read_labels(data) == ()
    except Unreadable as error:
        _demand(error, Reason.UNREADABLE_PICTURE)


lines = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
texts = st.lists(lines, min_size=1, max_size=6).map(lambda found: "\n".join(found) + "\n")


@given(texts)
def test_a_signed_text_reads_back_and_verifies(text):
    data = note.sign(text, [("làng-nghề.example/log", SIGNER)])
    read = note.parse(data)
    assert (read.text, read.to_bytes()) == (text, data)
    assert note.verify(read, [Verifier("làng-nghề.example/log", SIGNER.public_key)]) == (
        "làng-nghề.example/log",
    )


@given(st.one_of(st.binary(), texts.map(lambda text: f"{text}\n— a AAAAAAA=\n".encode())))
def test_any_bytes_give_a_note_or_our_error(data):
    try:
        assert note.parse(data).to_bytes() == data
    except TraceabilityError as error:
        _demand(error, Reason.BAD_NOTE)


@given(texts, st.data())
def test_a_changed_byte_of_a_note_never_verifies(text, data):
    good = note.sign(text, [("log", SIGNER)])
    place = data.draw(st.integers(0, len(good) - 1))
    changed = good[:place] + bytes([good[place] ^ data.draw(st.integers(1, 255))]) + good[place + 1 :]
    try:
        note.verify(note.parse(changed), [Verifier("log", SIGNER.public_key)])
    except (Unreadable, NotVerified):
        return
    raise AssertionError(changed)


@given(texts, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=80))
def test_a_note_with_any_signature_bytes_reads_back_as_itself(text, key_id, signature):
    value = Note(text, (note.Signature("log", key_id, signature),))
    assert note.parse(value.to_bytes()) == value


@given(st.text())
def test_any_text_gives_a_verifier_or_our_error(text):
    try:
        assert Verifier.from_vkey(text).vkey == text
    except TraceabilityError:
        return
