"""The seal: its bytes, its one text, and what its signature covers."""

import base64
import hashlib
from datetime import date

import pytest

from traceability.errors import NotVerified, Reason, Refused, Unreadable
from traceability.labels import seal
from traceability.labels.code import LabelCode, parse
from traceability.labels.seal import Seal, attach, signed_bytes
from traceability.signing.keys import Ed25519Signer

SIGNER = Ed25519Signer.from_seed(bytes(range(32)))
DIGEST = hashlib.sha256(b"lot record").digest()
DAY = date(2026, 8, 1)
CODE = LabelCode("LANGNGHE-HN.EXAMPLE", gtin="09521234543213", lot="GOM-2026-1", serial="4AKC00TT3FCK")


def _sealed(code=CODE, *, day=DAY):
    return attach(code, kid=SIGNER.public_key.kid, day=day, record_digest=DIGEST, sign=SIGNER.sign)


def _verify(code):
    found = seal.parse(code.seal)
    SIGNER.public_key.verify(found.signature, found.message(code))


def test_a_sealed_code_verifies_from_its_text_alone():
    _verify(parse(_sealed().to_uri().lower()))


def test_an_own_code_can_be_sealed():
    _verify(parse(_sealed(LabelCode("OCOP.EXAMPLE", code="GOM7", lot="L1", serial="S1")).to_uri()))


def test_a_seal_reads_back_as_the_fields_that_were_sealed():
    found = seal.parse(_sealed().seal)
    assert (found.kid, found.day, found.record) == (SIGNER.public_key.kid, DAY, DIGEST[:16])


def test_the_bytes_stand_at_the_offsets_of_the_table():
    blob = base64.b32decode(_sealed().seal + "====")
    assert len(blob) == 87
    assert blob[0] == 1
    assert blob[1:5] == SIGNER.public_key.kid
    assert int.from_bytes(blob[5:7], "big") == (DAY - date(2020, 1, 1)).days
    assert blob[7:23] == DIGEST[:16]
    assert blob[23:] == SIGNER.sign(b"OCOP-QR-1\0" + blob[:23] + CODE.to_uri().encode())


def test_signed_bytes_are_domain_head_and_link():
    assert signed_bytes(b"h" * 23, "HTTPS://X") == b"OCOP-QR-1\x00" + b"h" * 23 + b"HTTPS://X"


def test_the_message_does_not_depend_on_the_seal_in_the_code():
    found = seal.parse(_sealed().seal)
    assert found.message(CODE) == found.message(_sealed())


@pytest.mark.parametrize("day", [date(2020, 1, 1), date(2199, 6, 6)], ids=str)
def test_the_first_and_the_last_day_fit(day):
    assert seal.parse(_sealed(day=day).seal).day == day


@pytest.mark.parametrize(
    "changed",
    [
        LabelCode("LANGNGHE-HN.EXAMPLF", gtin=CODE.gtin, lot=CODE.lot, serial=CODE.serial),
        LabelCode(CODE.host, gtin="09521234543220", lot=CODE.lot, serial=CODE.serial),
        LabelCode(CODE.host, code=CODE.gtin, lot=CODE.lot, serial=CODE.serial),
        LabelCode(CODE.host, gtin=CODE.gtin, lot="GOM-2026-2", serial=CODE.serial),
        LabelCode(CODE.host, gtin=CODE.gtin, lot=CODE.lot, serial="4AKC00TT3FCM"),
    ],
    ids=["host", "gtin", "own code for gtin", "lot", "serial"],
)
def test_a_seal_moved_to_another_code_does_not_verify(changed):
    found = seal.parse(_sealed().seal)
    with pytest.raises(NotVerified):
        SIGNER.public_key.verify(found.signature, found.message(changed))


@pytest.mark.parametrize(
    "field",
    [{"kid": b"\0\0\0\0"}, {"day": date(2026, 8, 2)}, {"record": bytes(16)}],
    ids=["kid", "day", "record"],
)
def test_a_seal_with_another_field_does_not_verify(field):
    found = seal.parse(_sealed().seal)
    fields = {"kid": found.kid, "day": found.day, "record": found.record, "signature": found.signature}
    changed = Seal(**(fields | field))
    with pytest.raises(NotVerified):
        SIGNER.public_key.verify(changed.signature, changed.message(CODE))


def test_of_the_sixteen_spellings_of_the_last_character_one_is_read():
    text = _sealed().seal
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    same_bytes = letters[letters.index(text[-1]) // 16 * 16 :][:16]
    for letter in same_bytes.replace(text[-1], ""):
        with pytest.raises(Unreadable) as caught:
            seal.parse(text[:-1] + letter)
        assert caught.value.code is Reason.BAD_SEAL


REFUSED_TEXTS = {
    "empty": "",
    "139": "A" * 139,
    "141": "A" * 141,
    "lower case": "ae" + "a" * 138,
    "padding": "AE" + "A" * 137 + "=",
    "newline": "AE" + "A" * 138 + "\n",
    "underscore": "AE_" + "A" * 137,
    "space": "AE " + "A" * 137,
    "digit one": "AE1" + "A" * 137,
    "fullwidth": "AEＡ" + "A" * 137,
    "version 0": "AA" + "A" * 138,
    "version 2": "AI" + "A" * 138,
    "version 255": "74" + "A" * 138,
}


@pytest.mark.parametrize("text", REFUSED_TEXTS.values(), ids=REFUSED_TEXTS)
def test_a_text_that_is_no_seal_is_refused(text):
    with pytest.raises(Unreadable) as caught:
        seal.parse(text)
    assert caught.value.code is Reason.BAD_SEAL


@pytest.mark.parametrize(
    "field",
    [
        {"kid": bytes(3)},
        {"record": bytes(32)},
        {"signature": bytes(63)},
        {"day": date(2019, 12, 31)},
        {"day": date(2199, 6, 7)},
    ],
    ids=str,
)
def test_a_seal_cannot_be_built_from_fields_that_do_not_fit(field):
    fields = {"kid": bytes(4), "day": DAY, "record": bytes(16), "signature": bytes(64)}
    with pytest.raises(Refused) as caught:
        Seal(**(fields | field))
    assert caught.value.code is Reason.BAD_VALUE


@pytest.mark.parametrize(
    "code",
    [
        LabelCode(CODE.host, gtin=CODE.gtin),
        LabelCode(CODE.host, gtin=CODE.gtin, lot="L1"),
        _sealed(),
    ],
    ids=["no lot", "no serial", "sealed already"],
)
def test_only_a_unit_without_a_seal_can_be_sealed(code):
    with pytest.raises(Refused):
        _sealed(code)


def test_a_short_record_digest_is_refused():
    with pytest.raises(Refused):
        attach(CODE, kid=bytes(4), day=DAY, record_digest=DIGEST[:16], sign=SIGNER.sign)


def test_a_signer_that_gives_another_length_is_refused():
    with pytest.raises(Refused):
        attach(CODE, kid=bytes(4), day=DAY, record_digest=DIGEST, sign=lambda message: message[:32])


def test_no_one_character_change_of_a_sealed_code_verifies():
    """Every position, every other character of the alphabet: nothing that still reads also verifies."""
    text = _sealed().to_uri()
    accepted = []
    for position, original in enumerate(text):
        for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-./:%".replace(original, ""):
            try:
                _verify(parse(text[:position] + letter + text[position + 1 :]))
            except (Unreadable, NotVerified):
                continue
            accepted.append((position, letter))
    assert accepted == []
