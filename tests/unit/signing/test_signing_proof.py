"""The proof: the official vector step by step, and each way in which a proof may lie."""

import copy
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.simulators.village import NOW, Village, did
from traceability.base58 import decode_multibase, encode_multibase
from traceability.errors import NotVerified, Reason, Unreadable
from traceability.records.canonical import canonical, parse, sha256
from traceability.records.envelope import CONTEXT_EPCIS, read_envelope
from traceability.signing.keys import Ed25519Signer, PublicKey
from traceability.signing.proof import (
    VerificationMethod,
    attach_proof,
    check_signature,
    read_proof,
    verify_proof,
)

VECTOR = Path(__file__).parents[3] / ".." / "shared" / "vectors" / "vc-di-eddsa"
VILLAGE = Village().issue_all()
RECORD = VILLAGE.records["passport"].document
KEYS = VILLAGE.trust.methods

needs_vector = pytest.mark.skipif(not VECTOR.is_dir(), reason="the shared W3C vector is absent")


# --- The official vector ---------------------------------------------------------------------------------


def read(name):
    return (VECTOR / "eddsa-jcs-2022" / name).read_text("utf-8").strip()


def vector_signer():
    pair = json.loads((VECTOR / "keyPair.json").read_text())
    private = decode_multibase(pair["privateKeyMultibase"], length=34)
    assert private[:2] == b"\x80\x26"
    signer = Ed25519Signer.from_seed(private[2:])
    assert signer.public_key.multibase == pair["publicKeyMultibase"]
    return signer


@needs_vector
def test_the_w3c_vector_is_reproduced_bit_for_bit():
    """Each intermediate value of the one official vector (REC of 15 May 2025)."""
    document = parse((VECTOR / "unsigned.json").read_bytes())
    options = parse(read("proofConfigJCS.json").encode())
    assert canonical(document).decode() == read("canonDocJCS.txt")
    assert canonical(options).decode() == read("proofCanonJCS.txt")
    document_hash, options_hash = sha256(canonical(document)), sha256(canonical(options))
    assert document_hash.hex() == read("docHashJCS.txt")
    assert options_hash.hex() == read("proofHashJCS.txt")
    assert (options_hash + document_hash).hex() == read("combinedHashJCS.txt")
    signature = vector_signer().sign(options_hash + document_hash)
    assert signature.hex() == read("sigHexJCS.txt")
    assert encode_multibase(signature) == read("sigBTC58JCS.txt")
    signed = {**document, "proof": {**options, "proofValue": encode_multibase(signature)}}
    assert signed == json.loads(read("signedJCS.json"))


@needs_vector
def test_the_signed_w3c_vector_verifies():
    check_signature(parse(read("signedJCS.json").encode()), vector_signer().public_key)


@needs_vector
@pytest.mark.parametrize("member", ["name", "description", "issuer", "validFrom"])
def test_the_w3c_vector_with_another_member_does_not_verify(member):
    document = parse(read("signedJCS.json").encode())
    document[member] += "."
    with pytest.raises(NotVerified) as caught:
        check_signature(document, vector_signer().public_key)
    assert caught.value.code is Reason.BAD_SIGNATURE


# --- Our own records -------------------------------------------------------------------------------------


def attempt(document, *, keys=KEYS, at=NOW):
    return verify_proof(canonical(document), keys, at=at)


def refusal(document, **context):
    with pytest.raises((NotVerified, Unreadable)) as caught:
        attempt(document, **context)
    return caught.value.code


def resigned(proof_changes, *, key="workshop#record", **changes):
    """Signs the passport again with other options, as only the key's holder can."""
    unsigned = {name: value for name, value in {**RECORD, **changes}.items() if name != "proof"}
    options = {name: value for name, value in RECORD["proof"].items() if name != "proofValue"}
    options = {name: value for name, value in {**options, **proof_changes}.items() if value is not None}
    signature = VILLAGE.key(key).signer.sign(sha256(canonical(options)) + sha256(canonical(unsigned)))
    return {**unsigned, "proof": {**options, "proofValue": encode_multibase(signature)}}


def with_proof(**changes):
    """Changes the proof without signing again."""
    return {**RECORD, "proof": {**RECORD["proof"], **changes}}


def test_an_honest_record_tells_who_signed_it_and_when():
    proof = attempt(RECORD)
    assert proof.method.controller == proof.envelope.issuer.did == did("workshop")
    assert proof.claim.created == NOW
    assert proof.document == RECORD


def test_a_record_that_was_only_re_indented_and_re_ordered_verifies():
    shuffled = dict(reversed(RECORD.items()))
    data = json.dumps(shuffled, indent=4, ensure_ascii=True).encode()
    assert verify_proof(data, KEYS, at=NOW).envelope.id == RECORD["id"]


def test_resigning_without_a_change_gives_the_same_record():
    assert resigned({}) == RECORD


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"cryptosuite": "eddsa-rdfc-2022"}, Reason.BAD_PROOF_TYPE, id="other-suite"),
        pytest.param({"cryptosuite": "EDDSA-JCS-2022"}, Reason.BAD_PROOF_TYPE, id="other-case"),
        pytest.param({"cryptosuite": "none"}, Reason.BAD_PROOF_TYPE, id="none"),
        pytest.param({"cryptosuite": None}, Reason.BAD_PROOF_TYPE, id="no-suite"),
        pytest.param({"cryptosuite": ["eddsa-jcs-2022"]}, Reason.BAD_PROOF_TYPE, id="suite-in-a-list"),
        pytest.param({"type": "Ed25519Signature2020"}, Reason.BAD_PROOF_TYPE, id="other-type"),
        pytest.param({"proofPurpose": "authentication"}, Reason.BAD_PROOF_TYPE, id="other-purpose"),
        pytest.param({"domain": "shop.example"}, Reason.BAD_PROOF_TYPE, id="unknown-member"),
        pytest.param({"previousProof": "urn:a"}, Reason.BAD_PROOF_TYPE, id="proof-chain"),
        pytest.param({"verificationMethod": None}, Reason.ISSUER_MISMATCH, id="no-key-named"),
        pytest.param({"verificationMethod": 7}, Reason.ISSUER_MISMATCH, id="key-is-a-number"),
        pytest.param(
            {"verificationMethod": f"{did('workshop')}#next"}, Reason.KEY_UNKNOWN, id="key-not-in-the-list"
        ),
        pytest.param(
            {"verificationMethod": "https://village.example/key"}, Reason.ISSUER_MISMATCH, id="key-at-a-url"
        ),
        pytest.param({"created": None}, Reason.BAD_RECORD, id="no-time"),
        pytest.param({"created": "2026-11-22"}, Reason.BAD_RECORD, id="time-is-a-day"),
        pytest.param({"expires": "soon"}, Reason.BAD_RECORD, id="expiry-is-no-time"),
        pytest.param({"expires": "2026-11-22T08:00:00Z"}, Reason.PROOF_EXPIRED, id="expired-just-now"),
        pytest.param({"@context": None}, Reason.BAD_CONTEXT, id="proof-without-context"),
        pytest.param(
            {"@context": RECORD["@context"][:1]}, Reason.BAD_CONTEXT, id="proof-with-fewer-contexts"
        ),
        pytest.param(
            {"@context": RECORD["@context"][::-1]}, Reason.BAD_CONTEXT, id="contexts-in-another-order"
        ),
    ],
)
def test_a_proof_that_is_really_signed_but_says_something_else_is_refused(changes, reason):
    assert refusal(resigned(changes)) is reason


def test_a_proof_that_expires_later_still_holds():
    later = "2026-11-22T08:00:01Z"
    assert attempt(resigned({"expires": later})).claim.expires == NOW + timedelta(seconds=1)


def test_the_expiry_is_judged_at_the_given_time():
    record = resigned({"expires": "2027-01-01T00:00:00Z"})
    attempt(record)
    assert refusal(record, at=datetime(2027, 1, 1, tzinfo=UTC)) is Reason.PROOF_EXPIRED


VALUE = RECORD["proof"]["proofValue"]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("", id="empty"),
        pytest.param(None, id="null"),
        pytest.param([VALUE], id="list"),
        pytest.param("z", id="prefix-alone"),
        pytest.param(encode_multibase(bytes(64)), id="zeros"),
        pytest.param(encode_multibase(decode_multibase(VALUE, length=64)[:63]), id="63-bytes"),
        pytest.param(encode_multibase(decode_multibase(VALUE, length=64) + b"\0"), id="65-bytes"),
        pytest.param("z1" + VALUE[1:], id="leading-one"),
        pytest.param("u" + VALUE[1:], id="base64url-letter"),
        pytest.param(VALUE[1:], id="no-letter"),
        pytest.param(VALUE + " ", id="space-after"),
    ],
)
def test_a_proof_value_of_another_form_is_refused(value):
    assert refusal(with_proof(proofValue=value)) is Reason.BAD_SIGNATURE


@pytest.mark.parametrize(
    "proof",
    [
        pytest.param([], id="empty-list"),
        pytest.param([RECORD["proof"]], id="list-of-one"),
        pytest.param([RECORD["proof"], RECORD["proof"]], id="two"),
        pytest.param("z", id="text"),
        pytest.param({}, id="empty"),
    ],
)
def test_anything_else_than_one_proof_object_is_refused(proof):
    assert refusal({**RECORD, "proof": proof}) is Reason.BAD_PROOF_TYPE


@pytest.mark.parametrize(
    "document", [{**RECORD, "proof": None}, {k: RECORD[k] for k in RECORD if k != "proof"}]
)
def test_a_record_without_a_proof_is_refused(document):
    assert refusal(document) is Reason.NO_PROOF


def test_a_signature_of_another_record_is_refused():
    other = VILLAGE.records["event"].document["proof"]["proofValue"]
    assert refusal(with_proof(proofValue=other)) is Reason.BAD_SIGNATURE


def test_a_context_that_was_added_after_signing_is_refused():
    contexts = [*RECORD["@context"], CONTEXT_EPCIS]
    assert refusal({**RECORD, "@context": contexts}) is Reason.BAD_CONTEXT
    changed = copy.deepcopy(RECORD)
    changed["@context"] = changed["proof"]["@context"] = contexts
    assert refusal(changed) is Reason.BAD_SIGNATURE


def test_a_key_of_another_controller_is_refused_even_where_the_caller_lists_it():
    """`--keys` takes a map from the caller: the controller in it must be the issuer all the same."""
    method_id = RECORD["proof"]["verificationMethod"]
    key = VILLAGE.keys["workshop#record"].method.key
    keys = {method_id: VerificationMethod(method_id, did("neighbour"), key)}
    assert refusal(RECORD, keys=keys) is Reason.ISSUER_MISMATCH


def test_the_right_name_with_another_key_is_refused():
    method_id = RECORD["proof"]["verificationMethod"]
    other = VILLAGE.keys["neighbour#record"].method.key
    assert refusal(RECORD, keys={method_id: VerificationMethod(method_id, did("workshop"), other)}) is (
        Reason.BAD_SIGNATURE
    )


def test_a_strangers_did_key_is_refused_although_it_carries_its_own_key():
    stranger = Ed25519Signer.from_seed(b"s" * 32)
    name = f"did:key:{stranger.public_key.multibase}"
    unsigned = {k: v for k, v in RECORD.items() if k != "proof"}
    for issuer in (RECORD["issuer"], {**RECORD["issuer"], "id": name}):
        signed = attach_proof(
            {**unsigned, "issuer": issuer},
            signer=stranger,
            method_id=f"{name}#{stranger.public_key.multibase}",
            created=NOW,
        )
        check_signature(signed, PublicKey(stranger.public_key.raw))
        assert refusal(signed) in {Reason.ISSUER_MISMATCH, Reason.KEY_UNKNOWN}


def test_a_record_is_not_signed_twice():
    with pytest.raises(Unreadable) as caught:
        attach_proof(RECORD, signer=VILLAGE.key("workshop#record").signer, method_id="did:a:b#c", created=NOW)
    assert caught.value.code is Reason.BAD_PROOF_TYPE


def test_what_is_no_record_is_not_signed():
    with pytest.raises(Unreadable):
        attach_proof({"a": 1}, signer=Ed25519Signer.generate(), method_id="did:a:b#c", created=NOW)


def test_attaching_a_proof_leaves_the_document_as_it_was():
    unsigned = {k: v for k, v in RECORD.items() if k != "proof"}
    before = copy.deepcopy(unsigned)
    attach_proof(unsigned, signer=Ed25519Signer.generate(), method_id="did:a:b#c", created=NOW)
    assert unsigned == before


def test_reading_a_proof_believes_nothing():
    """`read_proof` gives what the proof says even where the signature is of something else."""
    broken = {**RECORD, "name": "Tên khác"}
    assert read_proof(broken, read_envelope(broken)).method_id == RECORD["proof"]["verificationMethod"]
    assert refusal(broken) is Reason.BAD_SIGNATURE
