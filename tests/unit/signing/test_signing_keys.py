"""Keys: Wycheproof, weak encodings computed from the curve, and private keys at rest."""

import json
import os
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from traceability.base58 import encode_multibase
from traceability.errors import KeyUnavailable, NotVerified, Reason, Refused, Unreadable
from traceability.signing.keys import Ed25519Signer, PublicKey, load_signer, write_private_key

VECTORS = Path(__file__).parents[3] / ".." / "shared" / "vectors"
SIGNER = Ed25519Signer.from_seed(bytes(range(32)))


def wycheproof():
    path = VECTORS / "wycheproof" / "testvectors_v1_ed25519_test.json"
    groups = json.loads(path.read_text())["testGroups"] if path.exists() else []
    return [
        pytest.param(group["publicKey"]["pk"], test, id=f"tc{test['tcId']}")
        for group in groups
        for test in group["tests"]
    ]


@pytest.mark.skipif(not VECTORS.is_dir(), reason="the shared Wycheproof vectors are absent")
def test_the_wycheproof_file_is_complete():
    assert len(wycheproof()) == 151
    assert sum(case.values[1]["result"] == "valid" for case in wycheproof()) == 88


@pytest.mark.parametrize(("key", "case"), wycheproof())
def test_a_wycheproof_signature_is_judged_as_its_source_says(key, case):
    public = PublicKey(bytes.fromhex(key))
    signature, message = bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"])
    if case["result"] == "valid":
        public.verify(signature, message)
    else:
        with pytest.raises(NotVerified) as caught:
            public.verify(signature, message)
        assert caught.value.code is Reason.BAD_SIGNATURE


@pytest.mark.parametrize(
    ("seed", "public", "message", "signature"),
    [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
    ],
    ids=["rfc8032-1", "rfc8032-2"],
)
def test_a_signature_of_rfc_8032_is_made_bit_for_bit(seed, public, message, signature):
    signer = Ed25519Signer.from_seed(bytes.fromhex(seed))
    assert signer.public_key.raw.hex() == public
    assert signer.sign(bytes.fromhex(message)).hex() == signature


# --- Weak keys -------------------------------------------------------------------------------------------

P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)


def square_root(value):
    """Gives one square root modulo p, or None."""
    root = pow(value, (P + 3) // 8, P)
    for candidate in (root, root * ROOT_OF_MINUS_ONE % P):
        if candidate * candidate % P == value % P:
            return candidate
    return None


def encoding(y, sign):
    return (y | sign << 255).to_bytes(32, "little")


def order_eight_ys():
    """Gives the y of points whose double has y = 0: D y^4 + 2 y^2 - 1 = 0, from the addition law."""
    for root in (square_root(1 + D), -square_root(1 + D)):
        y = square_root((root - 1) * pow(D, -1, P))
        if y is not None and square_root((y * y - 1) * pow(D * y * y + 1, -1, P)) is not None:
            yield from (y, P - y)


def weak_encodings():
    """The 8 points of small order and their 6 other spellings: y + p, and x = 0 with the sign bit."""
    ys = [0, 1, P - 1, *order_eight_ys(), P, P + 1]
    return {f"y{index}-sign{sign}": encoding(y, sign) for index, y in enumerate(ys) for sign in (0, 1)}


def test_the_curve_has_fourteen_weak_encodings():
    assert len(set(weak_encodings().values())) == 14


@pytest.mark.parametrize("raw", weak_encodings().values(), ids=weak_encodings().keys())
def test_a_small_order_key_is_refused_in_each_spelling(raw):
    with pytest.raises(Refused) as caught:
        PublicKey(raw)
    assert caught.value.code is Reason.KEY_WEAK
    with pytest.raises(Refused):
        PublicKey.from_multibase(encode_multibase(b"\xed\x01" + raw))


def test_without_the_refusal_one_signature_would_fit_every_message():
    """The canary: the library below takes the identity as a key, and then anything is "signed"."""
    identity = Ed25519PublicKey.from_public_bytes(encoding(1, 0))
    for message in (b"a", b"b", b"anything"):
        identity.verify(encoding(1, 0) + bytes(32), message)


def off_curve():
    y = 2
    while square_root((y * y - 1) * pow(D * y * y + 1, -1, P)) is not None:
        y += 1
    return encoding(y, 0)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="empty"),
        pytest.param(SIGNER.public_key.raw[:31], id="31-bytes"),
        pytest.param(SIGNER.public_key.raw + b"\0", id="33-bytes"),
        pytest.param(encoding(P + 3, 0), id="y-above-p"),
        pytest.param(b"\xff" * 32, id="largest"),
        pytest.param(off_curve(), id="not-on-the-curve"),
    ],
)
def test_bytes_that_are_no_canonical_point_are_refused(raw):
    with pytest.raises(Refused) as caught:
        PublicKey(raw)
    assert caught.value.code is Reason.KEY_WEAK


@pytest.mark.parametrize("number", range(20))
def test_an_honest_key_is_taken(number):
    key = Ed25519Signer.from_seed(bytes([number]) * 32).public_key
    assert PublicKey.from_multibase(key.multibase) == key


# --- Text form and signing -------------------------------------------------------------------------------


def test_the_text_form_begins_as_w3c_multikeys_of_this_kind_do():
    assert SIGNER.public_key.multibase.startswith("z6Mk")
    assert len(SIGNER.public_key.kid) == 4


@pytest.mark.parametrize(
    ("text", "error"),
    [
        pytest.param(encode_multibase(b"\xec\x01" + SIGNER.public_key.raw), Refused, id="x25519"),
        pytest.param(encode_multibase(b"\x80\x26" + SIGNER.public_key.raw), Refused, id="private-key"),
        pytest.param(encode_multibase(SIGNER.public_key.raw), Unreadable, id="no-multicodec"),
        pytest.param(SIGNER.public_key.multibase[1:], Unreadable, id="no-multibase-letter"),
        pytest.param("", Unreadable, id="empty"),
    ],
)
def test_another_text_is_no_key(text, error):
    with pytest.raises(error):
        PublicKey.from_multibase(text)


@pytest.mark.parametrize("length", [0, 31, 33, 63, 65])
def test_a_signature_of_another_length_is_refused(length):
    with pytest.raises(NotVerified) as caught:
        SIGNER.public_key.verify(bytes(length), b"message")
    assert caught.value.code is Reason.BAD_SIGNATURE


def test_a_signature_plus_the_group_order_is_refused():
    """Malleability: S + L fits the equation as well, and RFC 8032 demands S < L."""
    order = 2**252 + 27742317777372353535851937790883648493
    signature = SIGNER.sign(b"message")
    other = (int.from_bytes(signature[32:], "little") + order).to_bytes(32, "little")
    with pytest.raises(NotVerified):
        SIGNER.public_key.verify(signature[:32] + other, b"message")


def test_a_generated_key_differs_each_time():
    assert Ed25519Signer.generate().public_key != Ed25519Signer.generate().public_key


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_seed_of_another_length_is_refused(length):
    with pytest.raises(KeyUnavailable):
        Ed25519Signer.from_seed(bytes(length))


def test_the_repr_of_a_signer_shows_the_public_half_only():
    assert repr(SIGNER) == f"Ed25519Signer({SIGNER.public_key.multibase})"
    assert bytes(range(32)).hex() not in repr(SIGNER)


# --- Private keys at rest --------------------------------------------------------------------------------


@pytest.fixture
def key_file(tmp_path):
    path = tmp_path / "key.pem"
    write_private_key(path, SIGNER, b"passphrase")
    return path


@pytest.mark.parametrize("form", ["file:{}", "{}"], ids=["file-uri", "bare-path"])
def test_a_written_key_opens_again(key_file, form):
    assert load_signer(form.format(key_file), b"passphrase").public_key == SIGNER.public_key


def test_a_written_key_is_encrypted_and_for_its_owner_only(key_file):
    assert b"ENCRYPTED PRIVATE KEY" in key_file.read_bytes()
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600


@pytest.mark.parametrize("passphrase", [b"wrong", b"", None])
def test_a_wrong_passphrase_opens_nothing(key_file, passphrase):
    with pytest.raises(KeyUnavailable) as caught:
        load_signer(f"file:{key_file}", passphrase)
    assert caught.value.code is Reason.KEY_UNAVAILABLE
    assert "passphrase" in str(caught.value)


def test_a_key_file_is_never_overwritten(key_file):
    before = key_file.read_bytes()
    with pytest.raises(Refused):
        write_private_key(key_file, Ed25519Signer.generate(), b"passphrase")
    assert key_file.read_bytes() == before


def test_a_key_is_never_written_without_a_passphrase(tmp_path):
    with pytest.raises(Refused):
        write_private_key(tmp_path / "key.pem", SIGNER, b"")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_gives_our_error(tmp_path):
    with pytest.raises(Refused):
        write_private_key(tmp_path / "none" / "key.pem", SIGNER, b"passphrase")


def test_a_missing_file_gives_our_error(tmp_path):
    with pytest.raises(KeyUnavailable):
        load_signer(f"file:{tmp_path / 'none.pem'}", b"passphrase")


def test_a_file_that_is_no_key_gives_our_error(tmp_path):
    (tmp_path / "key.pem").write_bytes(b"not a key")
    with pytest.raises(KeyUnavailable):
        load_signer(str(tmp_path / "key.pem"), b"passphrase")


def test_a_key_of_another_kind_gives_our_error(tmp_path):
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"passphrase"),
    )
    (tmp_path / "key.pem").write_bytes(pem)
    with pytest.raises(KeyUnavailable):
        load_signer(str(tmp_path / "key.pem"), b"passphrase")


@pytest.fixture
def variable():
    """The name of an environment variable that is free for one test."""
    name = "LANGNGHE_TEST_SEED"
    assert name not in os.environ
    yield name
    os.environ.pop(name, None)


def test_a_seed_in_the_environment_is_a_key(variable):
    os.environ[variable] = bytes(range(32)).hex()
    assert load_signer(f"env:{variable}", None).public_key == SIGNER.public_key


@pytest.mark.parametrize("value", [None, "", "00" * 31, "zz" * 32])
def test_any_other_value_in_the_environment_is_none(variable, value):
    if value is not None:
        os.environ[variable] = value
    with pytest.raises(KeyUnavailable):
        load_signer(f"env:{variable}", None)
