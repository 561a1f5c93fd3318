"""vc+jwt: one spelling, a pinned header, a key of the issuer; and every other token is refused."""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.simulators.forgery import altered
from tests.simulators.village import NOW, Village, did
from traceability.cli.sources import read_keys
from traceability.errors import NotVerified, Reason, Refused, TraceabilityError, Unreadable
from traceability.export.jwt import check_token, read_jwt, write_jwt
from traceability.limits import JSON_MAX_BYTES, JWT_MAX_BYTES
from traceability.records.canonical import canonical, parse
from traceability.signing.keys import Ed25519Signer
from traceability.signing.proof import VerificationMethod, attach_proof

SAMPLES = Path(__file__).parents[3] / ".." / "shared" / "data" / "sample-records"
VILLAGE = Village().issue_all()
KEYS = VILLAGE.trust.methods
RECORD = VILLAGE.records["passport"]
METHOD = RECORD.claim.method_id
SIGNER = VILLAGE.key("workshop#record").signer
TOKEN = write_jwt(RECORD.data, SIGNER)
HEADER = {"alg": "EdDSA", "cty": "vc", "kid": METHOD, "typ": "vc+jwt"}
UNSIGNED = {name: value for name, value in RECORD.document.items() if name != "proof"}


def b64(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")


def forge(
    header: Any = HEADER, payload: Any = UNSIGNED, *, sign: Callable[[bytes], bytes] = SIGNER.sign
) -> bytes:
    """Gives a token with a good signature over whatever is given, as objects or as bytes."""
    parts = [part if isinstance(part, bytes) else canonical(part) for part in (header, payload)]
    signed = b".".join(map(b64, parts))
    return signed + b"." + b64(sign(signed))


def verify(token: bytes, keys: Any = KEYS) -> VerificationMethod:
    return check_token(read_jwt(token), keys)


def refusal(token: bytes, keys: Any = KEYS) -> Reason:
    with pytest.raises((NotVerified, Unreadable)) as caught:
        verify(token, keys)
    return caught.value.code


# --- What is written -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", VILLAGE.records)
def test_a_record_becomes_a_token_that_its_own_key_verifies(name: str) -> None:
    record = VILLAGE.records[name]
    key = next(key for key in VILLAGE.keys.values() if key.method.id == record.claim.method_id)
    slug = key.method.controller.rpartition(":")[2]
    token = write_jwt(record.data, VILLAGE.key(f"{slug}#record").signer)
    assert verify(token) == key.method


def test_header_and_payload_are_canonical_and_hold_nothing_else() -> None:
    header, payload, signature = (urlsafe_b64decode(part + b"==") for part in TOKEN.split(b"."))
    assert header == canonical(HEADER)
    assert payload == canonical(UNSIGNED)
    assert len(signature) == 64
    assert b"=" not in TOKEN


def test_the_signature_is_over_both_parts_as_they_are_sent() -> None:
    signed, _, signature = TOKEN.rpartition(b".")
    KEYS[METHOD].key.verify(urlsafe_b64decode(signature + b"=="), signed)


def test_a_re_indented_record_gives_the_same_token() -> None:
    assert write_jwt(json.dumps(RECORD.document, indent=2).encode(), SIGNER) == TOKEN


def test_the_largest_record_still_fits() -> None:
    room = JSON_MAX_BYTES - len(canonical({**RECORD.document, "name": ""}))
    largest = {**UNSIGNED, "name": "x" * (room - 40)}
    signed = canonical(attach_proof(largest, signer=SIGNER, method_id=METHOD, created=NOW))
    assert JSON_MAX_BYTES - 100 < len(signed) <= JSON_MAX_BYTES
    assert verify(write_jwt(signed, SIGNER)) == KEYS[METHOD]


def test_another_key_makes_no_token_of_a_record() -> None:
    with pytest.raises(Refused) as caught:
        write_jwt(RECORD.data, VILLAGE.key("neighbour#record").signer)
    assert caught.value.code is Reason.KEY_NOT_AUTHORISED


def test_a_changed_record_becomes_no_token() -> None:
    with pytest.raises(Refused):
        write_jwt(canonical(altered(RECORD.document, ["name"], "Tên khác")), SIGNER)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (canonical(UNSIGNED), Reason.NO_PROOF),
        (b"{}", Reason.BAD_RECORD),
        (b"", Reason.NOT_JSON),
        (TOKEN, Reason.NOT_JSON),
    ],
)
def test_what_is_no_signed_record_becomes_no_token(data: bytes, reason: Reason) -> None:
    with pytest.raises(TraceabilityError) as caught:
        write_jwt(data, SIGNER)
    assert caught.value.code is reason


# --- The header -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"alg": "none"},
        {"alg": "None"},
        {"alg": "HS256"},
        {"alg": "ES256"},
        {"alg": "Ed25519"},
        {"alg": "eddsa"},
        {"alg": None},
        {"alg": ["EdDSA"]},
        {"typ": "JWT"},
        {"typ": "vc+ld+jwt"},
        {"typ": "application/vc+jwt"},
        {"typ": "vp+jwt"},
        {"cty": "vp"},
        {"kid": 7},
        {"kid": None},
        {"b64": False, "crit": ["b64"]},
        {"crit": []},
        {"jku": "https://evil.example/keys"},
        {"jwk": {"kty": "OKP", "crv": "Ed25519", "x": b64(SIGNER.public_key.raw).decode()}},
        {"x5c": []},
        {"iss": did("workshop")},
    ],
    ids=str,
)
def test_another_header_is_refused(change: dict[str, Any]) -> None:
    assert refusal(forge({**HEADER, **change})) is Reason.BAD_PROOF_TYPE


@pytest.mark.parametrize("name", HEADER)
def test_a_header_without_one_of_its_members_is_refused(name: str) -> None:
    assert refusal(forge(altered(HEADER, [name]))) is Reason.BAD_PROOF_TYPE


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"null",
        b"[]",
        b"\xff",
        json.dumps(HEADER).encode(),
        canonical(HEADER)[:-1] + b',"typ":"vc+jwt"}',
        canonical(HEADER) + b" ",
    ],
    ids=["empty", "null", "list", "not-utf8", "spaced", "duplicate", "trailing-space"],
)
def test_a_header_of_another_spelling_is_refused(header: bytes) -> None:
    assert refusal(forge(header)) is Reason.BAD_PROOF_TYPE


def test_a_token_signed_as_hmac_with_the_public_key_is_refused() -> None:
    """The confusion of algorithms: a public key taken for a shared secret."""
    token = forge({**HEADER, "alg": "HS256"}, sign=lambda m: hmac.digest(SIGNER.public_key.raw, m, "sha256"))
    assert refusal(token) is Reason.BAD_PROOF_TYPE


# --- The key --------------------------------------------------------------------------------------------


def test_the_key_of_another_issuer_is_refused() -> None:
    neighbour = VILLAGE.key("neighbour#record")
    token = forge({**HEADER, "kid": neighbour.entry.method.id}, sign=neighbour.signer.sign)
    assert refusal(token) is Reason.ISSUER_MISMATCH


def test_a_seal_key_is_no_key_for_tokens() -> None:
    seal = VILLAGE.key("workshop#seal")
    assert refusal(forge({**HEADER, "kid": seal.entry.method.id}, sign=seal.signer.sign)) is (
        Reason.KEY_UNKNOWN
    )


def test_a_strangers_key_under_the_issuers_name_is_refused() -> None:
    stranger = Ed25519Signer.from_seed(b"s" * 32)
    assert refusal(forge(sign=stranger.sign)) is Reason.BAD_SIGNATURE


def test_a_strangers_did_key_is_unknown_although_it_carries_its_own_key() -> None:
    stranger = Ed25519Signer.from_seed(b"s" * 32)
    name = f"did:key:{stranger.public_key.multibase}"
    payload = {**UNSIGNED, "issuer": {**UNSIGNED["issuer"], "id": name}}
    token = forge({**HEADER, "kid": f"{name}#{name[8:]}"}, payload, sign=stranger.sign)
    assert refusal(token) is Reason.KEY_UNKNOWN


def test_a_key_that_another_controls_is_refused() -> None:
    keys = {METHOD: VerificationMethod(METHOD, did("neighbour"), KEYS[METHOD].key)}
    assert refusal(TOKEN, keys) is Reason.ISSUER_MISMATCH


def test_a_record_under_another_host_than_its_issuers_is_refused() -> None:
    assert refusal(forge(payload={**UNSIGNED, "id": "https://other.example/records/x"})) is (
        Reason.ISSUER_MISMATCH
    )


# --- The payload ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        pytest.param(RECORD.document, Reason.BAD_PROOF_TYPE, id="with-its-proof"),
        pytest.param({**UNSIGNED, "proof": None}, Reason.BAD_PROOF_TYPE, id="null-proof"),
        pytest.param({"vc": UNSIGNED}, Reason.BAD_RECORD, id="vc-wrapper"),
        pytest.param({}, Reason.BAD_RECORD, id="empty"),
        pytest.param(json.dumps(UNSIGNED).encode(), Reason.BAD_RECORD, id="spaced"),
        pytest.param(canonical(UNSIGNED) + b"\n", Reason.BAD_RECORD, id="newline"),
        pytest.param(b"[1]", Reason.NOT_STRICT_JSON, id="list"),
        pytest.param(b'{"a":1,"a":1}', Reason.DUPLICATE_MEMBER, id="duplicate"),
        pytest.param(b"\xff", Reason.NOT_JSON, id="not-utf8"),
        pytest.param(b" " * (JSON_MAX_BYTES + 1), Reason.TOO_LARGE, id="large-record"),
        pytest.param({**UNSIGNED, "@context": [{}]}, Reason.BAD_CONTEXT, id="inline-context"),
    ],
)
def test_a_payload_that_is_no_record_without_proof_is_refused(payload: Any, reason: Reason) -> None:
    assert refusal(forge(payload=payload)) is reason


# --- The three parts ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"..", id="three-empty-parts"),
        pytest.param(TOKEN.rpartition(b".")[0], id="two-parts"),
        pytest.param(TOKEN + b".", id="four-parts"),
        pytest.param(b"x" + TOKEN, id="one-more-letter"),
        pytest.param(TOKEN + b"=", id="padding"),
        pytest.param(TOKEN + b"==", id="much-padding"),
        pytest.param(TOKEN + b"\n", id="newline"),
        pytest.param(b" " + TOKEN, id="space"),
        pytest.param(TOKEN.replace(b".", b" .", 1), id="space-inside"),
        pytest.param(TOKEN.replace(b".", "․".encode(), 1), id="dot-beyond-ascii"),
        pytest.param(RECORD.data, id="a-record"),
    ],
)
def test_what_is_no_compact_token_is_refused(token: bytes) -> None:
    assert refusal(token) is Reason.BAD_PROOF_TYPE


def test_the_unused_bits_of_a_signature_are_zero() -> None:
    """86 letters hold 516 bits: without this rule each token would have sixteen texts."""
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.index(TOKEN[-1:])
    assert last % 16 == 0
    for bits in range(1, 16):
        assert refusal(TOKEN[:-1] + alphabet[last + bits : last + bits + 1]) is Reason.BAD_PROOF_TYPE


@pytest.mark.parametrize("length", [0, 63, 65])
def test_a_signature_of_another_length_is_refused(length: int) -> None:
    assert refusal(forge(sign=lambda _: bytes(length))) is Reason.BAD_SIGNATURE


def test_a_token_that_is_too_large_is_refused_unread() -> None:
    assert refusal(b"." * (JWT_MAX_BYTES + 1)) is Reason.TOO_LARGE


@given(st.binary(max_size=200))
def test_any_bytes_give_a_token_or_an_error_of_ours(data: bytes) -> None:
    with pytest.raises(TraceabilityError):
        read_jwt(data)


@given(st.integers(0, len(TOKEN) - 1), st.integers(0, 255))
def test_every_byte_of_a_token_counts(place: int, value: int) -> None:
    changed = TOKEN[:place] + bytes([value]) + TOKEN[place + 1 :]
    if changed != TOKEN:
        with pytest.raises(TraceabilityError):
            verify(changed)


# --- A token that others made ---------------------------------------------------------------------------


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the shared sample records are absent")
def test_a_token_that_another_program_made_verifies() -> None:
    keys = read_keys(str(SAMPLES / "keys.json"))
    token = (SAMPLES / "d-lot-dpp.vc.jwt").read_bytes().strip()
    found = read_jwt(token)
    record = parse((SAMPLES / "d-lot-dpp.json").read_bytes())
    assert found.document == {name: value for name, value in record.items() if name != "proof"}
    assert check_token(found, keys).id == found.method_id
