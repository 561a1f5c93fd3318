"""How near the verification of a record and of a label's seal comes to its bare cryptography."""

import hashlib
import itertools
import json
from collections.abc import Callable, Sequence
from typing import Any

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bench.figures import Figure, alternate, rate_of
from bench.instance import Instance
from traceability.base58 import decode_multibase
from traceability.labels.code import parse as parse_code
from traceability.labels.seal import parse as parse_seal
from traceability.signing.keys import PublicKey
from traceability.signing.proof import VerificationMethod, verify_proof

__all__ = ["measure_record", "measure_seal"]

RECORD_BYTES = 2_000
ROUNDS, SECONDS = 9, 0.3


def measure_record(instance: Instance) -> Figure:
    """`verify_proof` of a record of about 2 kB, against JCS of its two halves, two hashes, one signature."""
    data = min(instance.records, key=lambda body: abs(len(body) - RECORD_BYTES))
    document: dict[str, Any] = json.loads(data)
    method = document["proof"]["verificationMethod"]
    key = next(key for key in instance.trust.keys if key.method.id == method)
    keys = {method: VerificationMethod(method, key.method.controller, PublicKey(key.method.key.raw))}
    return alternate(
        "record_verify_vs_floor",
        bar=0.8,
        ours=rate_of(lambda: verify_proof(data, keys, at=instance.now), seconds=SECONDS),
        reference=rate_of(_record_floor(document, key.method.key.raw), seconds=SECONDS),
        rounds=ROUNDS,
    )


def _record_floor(document: dict[str, Any], raw: bytes) -> Callable[[], None]:
    """Gives what no verification can do without; the JSON is parsed and the key loaded beforehand."""
    unsigned = {name: value for name, value in document.items() if name != "proof"}
    options = {name: value for name, value in document["proof"].items() if name != "proofValue"}
    signature = decode_multibase(document["proof"]["proofValue"], length=64)
    key = Ed25519PublicKey.from_public_bytes(raw)

    def verify() -> None:
        head = hashlib.sha256(rfc8785.dumps(options)).digest()
        key.verify(signature, head + hashlib.sha256(rfc8785.dumps(unsigned)).digest())

    return verify


def measure_seal(instance: Instance) -> Figure:
    """Code and seal read, key found in the trust list, seal verified; against the raw signature alone."""
    texts = instance.labels
    return alternate(
        "seal_verify_vs_raw",
        bar=0.75,
        ours=rate_of(_seal_check(instance, texts), seconds=SECONDS),
        reference=rate_of(_raw_check(instance, texts), seconds=SECONDS),
        rounds=ROUNDS,
    )


def _seal_check(instance: Instance, texts: Sequence[str]) -> Callable[[], None]:
    trust, turn = instance.trust, itertools.cycle(texts)

    def verify() -> None:
        code = parse_code(next(turn))
        seal = parse_seal(code.seal or "")
        key = trust.seal_keys(seal.kid)[0]
        key.method.key.verify(seal.signature, seal.message(code))
        key.check_day(seal.day)

    return verify


def _raw_check(instance: Instance, texts: Sequence[str]) -> Callable[[], None]:
    prepared = []
    for text in texts:
        code = parse_code(text)
        seal = parse_seal(code.seal or "")
        raw = instance.trust.seal_keys(seal.kid)[0].method.key.raw
        prepared.append((Ed25519PublicKey.from_public_bytes(raw), seal.signature, seal.message(code)))
    turn = itertools.cycle(prepared)

    def verify() -> None:
        key, signature, message = next(turn)
        key.verify(signature, message)

    return verify
