"""A record as `vc+jwt`: the form in which UNTP and any JOSE library take it.

The payload is the record without its proof, so the token needs a signature of its own, by the same key.
Source: W3C Securing Verifiable Credentials using JOSE and COSE, section 3.1 (REC of 15 May 2025), RFC 7515,
RFC 8037. Stricter: one spelling of header and payload, so that a token has one text.
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from traceability.errors import NotVerified, Reason, Refused, Unreadable
from traceability.limits import JSON_MAX_BYTES, JWT_MAX_BYTES
from traceability.records.canonical import Document, canonical, parse
from traceability.records.envelope import Envelope, read_envelope
from traceability.signing.keys import Signer
from traceability.signing.proof import VerificationMethod, check_method, check_signature, read_proof

__all__ = ["Token", "check_token", "is_jwt", "read_jwt", "write_jwt"]

_FIXED: Final = {"alg": "EdDSA", "cty": "vc", "typ": "vc+jwt"}
_MEMBERS: Final = frozenset({*_FIXED, "kid"})


@dataclass(frozen=True, slots=True)
class Token:
    """A token as read: nothing in it is believed yet.

    Attributes:
        method_id: `kid` of the header, the name of a key under the issuer's DID.
        document: the record without proof.
        signed: the bytes that the signature is over.
    """

    method_id: str
    document: Document
    envelope: Envelope
    signature: bytes
    signed: bytes


def write_jwt(data: bytes, signer: Signer) -> bytes:
    """Gives the token of a signed record: ASCII, three parts, no padding, no newline.

    Args:
        data: the signed record.
        signer: the key that signed it; `kid` is the name that the record's proof gives it.

    Raises:
        Unreadable: from strict reading, or BAD_CONTEXT, BAD_RECORD.
        NotVerified: NO_PROOF, BAD_PROOF_TYPE, BAD_CONTEXT or ISSUER_MISMATCH.
        Refused: KEY_NOT_AUTHORISED, when the record was not signed by this key, or was changed since.
    """
    document = parse(data)
    method_id = read_proof(document, read_envelope(document)).method_id
    try:
        check_signature(document, signer.public_key)
    except NotVerified as error:
        message = f"the record's proof does not fit the key {signer.public_key.multibase}"
        raise Refused(Reason.KEY_NOT_AUTHORISED, message) from error
    unsigned = {name: value for name, value in document.items() if name != "proof"}
    header = canonical({**_FIXED, "kid": method_id})
    signed = b".".join((_encode(header), _encode(canonical(unsigned))))
    return b".".join((signed, _encode(signer.sign(signed))))


def is_jwt(data: bytes) -> bool:
    """Tells a token from a record by its first letters: those of a JSON object in base64url."""
    return data.startswith(b"eyJ")


def read_jwt(token: bytes) -> Token:
    """Reads a token strictly; the signature is not checked.

    Raises:
        Unreadable: TOO_LARGE; from strict reading of the payload; BAD_CONTEXT; BAD_RECORD, also for a payload
            that is not in canonical form.
        NotVerified: BAD_PROOF_TYPE, for another header than ours or a payload with a proof of its own;
            BAD_SIGNATURE, where that is not 64 bytes; ISSUER_MISMATCH.
    """
    if len(token) > JWT_MAX_BYTES:
        raise Unreadable(Reason.TOO_LARGE, f"got {len(token)} bytes, at most {JWT_MAX_BYTES} are read")
    parts = token.split(b".")
    if len(parts) != 3:
        raise NotVerified(Reason.BAD_PROOF_TYPE, f"expected a token of three parts, got {len(parts)}")
    header, payload, signature = map(_decode, parts)
    method_id = _read_header(header)
    document = parse(payload, max_bytes=JSON_MAX_BYTES)
    if "proof" in document:
        raise NotVerified(Reason.BAD_PROOF_TYPE, "the payload carries a proof beside the token's signature")
    if canonical(document) != payload:
        raise Unreadable(Reason.BAD_RECORD, "the payload is not in canonical form")
    envelope = read_envelope(document)
    if len(signature) != 64:
        raise NotVerified(Reason.BAD_SIGNATURE, f"a signature has 64 bytes, got {len(signature)}")
    return Token(check_method(method_id, envelope), document, envelope, signature, b".".join(parts[:2]))


def check_token(token: Token, keys: Mapping[str, VerificationMethod]) -> VerificationMethod:
    """Checks the token's signature and gives the key that fits. The credential inside is not judged.

    Args:
        token: as read.
        keys: trusted keys by verification method id; no key of the token itself is ever used.

    Raises:
        NotVerified: KEY_UNKNOWN, ISSUER_MISMATCH or BAD_SIGNATURE.
    """
    method = keys.get(token.method_id)
    if method is None:
        raise NotVerified(Reason.KEY_UNKNOWN, f"{token.method_id} is not a key of the trust list")
    if method.controller != token.envelope.issuer.did:
        raise NotVerified(Reason.ISSUER_MISMATCH, f"the key is controlled by {method.controller}")
    method.key.verify(token.signature, token.signed)
    return method


def _read_header(data: bytes) -> str:
    """Gives `kid`. Algorithm and type are pinned, and nothing else may stand there (`jwk`, `crit`)."""
    try:
        header = parse(data)
    except Unreadable as error:
        raise NotVerified(Reason.BAD_PROOF_TYPE, f"the token's header: {error}") from error
    for name, expected in _FIXED.items():
        if header.get(name) != expected:
            raise NotVerified(Reason.BAD_PROOF_TYPE, f"the token's {name}: expected {expected}")
    kid = header.get("kid")
    if header.keys() != _MEMBERS or not isinstance(kid, str) or canonical(header) != data:
        raise NotVerified(Reason.BAD_PROOF_TYPE, "the token's header is not written as this version does")
    return kid


def _encode(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")


def _decode(part: bytes) -> bytes:
    """Reads base64url without padding; what does not print back as itself had another spelling."""
    try:
        data = urlsafe_b64decode(part + b"=" * (-len(part) % 4))
    except binascii.Error:
        data = None
    if data is None or _encode(data) != part:
        raise NotVerified(Reason.BAD_PROOF_TYPE, "a part of the token is not base64url without padding")
    return data
