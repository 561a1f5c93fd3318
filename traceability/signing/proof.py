"""The embedded proof `eddsa-jcs-2022`: attach one, check one.

Source: W3C Data Integrity EdDSA Cryptosuites 1.0, section 3.3 (REC of 15 May 2025); the byte recipe
with a worked example stands in docs/record-format.md. Stricter than the standard where a valid
signature would otherwise say less than it seems to: the proof's contexts must equal the document's,
and the key must belong to the issuer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from traceability.base58 import decode_multibase, encode_multibase
from traceability.clock import format_instant, parse_instant
from traceability.errors import NotVerified, Reason, Unreadable
from traceability.records.canonical import Document, canonical, parse, sha256
from traceability.records.envelope import Envelope, read_envelope
from traceability.signing.keys import PublicKey, Signer

__all__ = [
    "ProofClaim",
    "VerificationMethod",
    "VerifiedProof",
    "attach_proof",
    "check_bare_proof",
    "check_method",
    "check_signature",
    "read_proof",
    "verify_proof",
]

_FIXED: Final = {
    "type": "DataIntegrityProof",
    "cryptosuite": "eddsa-jcs-2022",
    "proofPurpose": "assertionMethod",
}
_MEMBERS: Final = frozenset({*_FIXED, "created", "expires", "verificationMethod", "@context", "proofValue"})


@dataclass(frozen=True, slots=True)
class VerificationMethod:
    """A public key under the name that proofs use for it, and the DID that controls it."""

    id: str
    controller: str
    key: PublicKey


@dataclass(frozen=True, slots=True)
class ProofClaim:
    """What a proof says of itself, before anything is believed. Times are UTC."""

    method_id: str
    created: datetime
    expires: datetime | None
    signature: bytes


@dataclass(frozen=True, slots=True)
class VerifiedProof:
    """A record whose proof holds: its document, its shared part, the claim and the key that fits."""

    document: Document
    envelope: Envelope
    claim: ProofClaim
    method: VerificationMethod


def attach_proof(document: Document, *, signer: Signer, method_id: str, created: datetime) -> Document:
    """Gives a copy of `document` with one proof over it.

    Args:
        document: a record without `proof`.
        signer: the key that `method_id` names.
        method_id: `did:…#name` under the issuer's DID.
        created: aware time of signing.

    Raises:
        Unreadable: BAD_PROOF_TYPE, when there is a proof already; BAD_RECORD, when the record is no envelope.
    """
    if "proof" in document:
        raise Unreadable(Reason.BAD_PROOF_TYPE, "the record has a proof already")
    read_envelope(document)
    options: Document = {
        **_FIXED,
        "created": format_instant(created),
        "verificationMethod": method_id,
        "@context": list(document["@context"]),
    }
    signature = signer.sign(_signed_bytes(document, options))
    return {**document, "proof": {**options, "proofValue": encode_multibase(signature)}}


def verify_proof(data: bytes, keys: Mapping[str, VerificationMethod], *, at: datetime) -> VerifiedProof:
    """Checks one record's form and its proof, with keys that the caller trusts already.

    Args:
        data: the record's bytes, at most 64 KiB of UTF-8 JSON.
        keys: trusted keys by verification method id.
        at: the aware time at which `proof.expires` is judged.

    Raises:
        Unreadable: from strict reading, or BAD_CONTEXT, BAD_RECORD.
        NotVerified: NO_PROOF, BAD_PROOF_TYPE, ISSUER_MISMATCH, KEY_UNKNOWN, BAD_SIGNATURE, PROOF_EXPIRED.
    """
    document = parse(data)
    envelope = read_envelope(document)
    claim = read_proof(document, envelope)
    method = keys.get(claim.method_id)
    if method is None:
        raise NotVerified(Reason.KEY_UNKNOWN, f"{claim.method_id} is not a key of the trust list")
    if method.controller != envelope.issuer.did:
        raise NotVerified(Reason.ISSUER_MISMATCH, f"the key is controlled by {method.controller}")
    check_signature(document, method.key)
    if claim.expires is not None and claim.expires <= at:
        raise NotVerified(Reason.PROOF_EXPIRED, f"the proof expired at {format_instant(claim.expires)}")
    return VerifiedProof(document, envelope, claim, method)


def read_proof(document: Document, envelope: Envelope) -> ProofClaim:
    """Reads the one proof of a record; the signature is not checked.

    Raises:
        NotVerified: NO_PROOF, BAD_PROOF_TYPE, BAD_CONTEXT or ISSUER_MISMATCH.
        Unreadable: BAD_RECORD, for times that are none.
    """
    proof = _only_proof(document)
    _check_form(proof)
    if proof.get("@context") != document["@context"]:
        raise NotVerified(Reason.BAD_CONTEXT, "the proof's @context differs from the record's")
    return ProofClaim(
        method_id=check_method(proof.get("verificationMethod"), envelope),
        created=parse_instant(proof.get("created")),
        expires=parse_instant(proof["expires"]) if "expires" in proof else None,
        signature=_signature(proof),
    )


def check_method(method_id: object, envelope: Envelope) -> str:
    """Gives the name of a key that may belong to the issuer: it stands under the issuer's DID.

    Raises:
        NotVerified: ISSUER_MISMATCH, also where a did:web issuer's record has its address under another host.
    """
    if not isinstance(method_id, str) or method_id.partition("#")[0] != envelope.issuer.did:
        raise NotVerified(Reason.ISSUER_MISMATCH, "the proof's key does not stand under the issuer's DID")
    _check_host(envelope)
    return method_id


def _check_host(envelope: Envelope) -> None:
    """Checks that a record of a did:web issuer has its address under the host that the DID names."""
    did = envelope.issuer.did
    if not did.startswith("did:web:"):
        return
    host = did.removeprefix("did:web:").partition(":")[0].replace("%3A", ":")
    if not envelope.id.startswith(f"https://{host}/"):
        raise NotVerified(
            Reason.ISSUER_MISMATCH, f"the record's id does not stand under the issuer's host {host}"
        )


def check_signature(document: Document, key: PublicKey) -> None:
    """Checks the signature of a document with one proof, and nothing else about either.

    Raises:
        NotVerified: NO_PROOF, BAD_PROOF_TYPE or BAD_SIGNATURE.
    """
    proof = _only_proof(document)
    unsigned = {name: value for name, value in document.items() if name != "proof"}
    check_bare_proof(unsigned, proof, key)


def check_bare_proof(unsigned: Document, proof: Document, key: PublicKey) -> None:
    """Checks one `eddsa-jcs-2022` proof of any JSON object, which need not be a record.

    Whose key it is, when it was made and what the object means are the caller's to judge: `verify_proof` does
    so for records. A did:webvh log entry, for one, carries a list of such proofs.

    Args:
        unsigned: the object without its `proof`.
        proof: one proof object, `proofValue` included.
        key: the key that must have signed.

    Raises:
        NotVerified: BAD_PROOF_TYPE or BAD_SIGNATURE.
        Unreadable: NOT_STRICT_JSON or TOO_DEEP, for values that JSON cannot hold exactly.
    """
    _check_form(proof)
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    key.verify(_signature(proof), _signed_bytes(unsigned, options))


def _signed_bytes(document: Document, options: Document) -> bytes:
    """Gives the 64 bytes that are signed: SHA-256 of the options, then SHA-256 of the document."""
    return sha256(canonical(options)) + sha256(canonical(document))


def _only_proof(document: Document) -> Document:
    proof: Any = document.get("proof")
    if proof is None:
        raise NotVerified(Reason.NO_PROOF, "the record has no proof")
    if not isinstance(proof, dict):
        raise NotVerified(Reason.BAD_PROOF_TYPE, "expected exactly one proof object")
    return proof


def _check_form(proof: Document) -> None:
    for name, expected in _FIXED.items():
        if proof.get(name) != expected:
            raise NotVerified(Reason.BAD_PROOF_TYPE, f"proof.{name}: expected {expected}")
    if not _MEMBERS.issuperset(proof):
        raise NotVerified(Reason.BAD_PROOF_TYPE, "the proof has members that this suite does not know")


def _signature(proof: Document) -> bytes:
    value = proof.get("proofValue")
    if not isinstance(value, str):
        raise NotVerified(Reason.BAD_SIGNATURE, "proofValue is not text")
    try:
        return decode_multibase(value, length=64)
    except Unreadable as error:
        raise NotVerified(Reason.BAD_SIGNATURE, f"proofValue: {error}") from None
