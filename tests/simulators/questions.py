"""Questions to a verifier as JSON, and what the Python one answers; tests/verifier/answers.mjs is the other.

A question is `{"ask": kind, …}`, bytes in base64. An answer is an object; what fails is `{"error": code}`.
"""

import base64
import hashlib
import json
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from traceability.base58 import decode_multibase
from traceability.clock import format_instant, parse_day, parse_instant
from traceability.errors import Reason, TraceabilityError
from traceability.evidence import Evidence
from traceability.labels.code import parse as parse_label
from traceability.labels.seal import parse as parse_seal
from traceability.ledger import merkle, note
from traceability.ledger.note import Verifier
from traceability.ledger.quorum import Policy
from traceability.ledger.receipt import Receipt, verify_receipt
from traceability.policy import open_trust_list
from traceability.records import bitstring
from traceability.records.canonical import canonical, parse
from traceability.roots import parse_roots, roots_fingerprint
from traceability.signing.keys import PublicKey
from traceability.signing.trust import TrustList
from traceability.verdict import verdict_to_json
from traceability.verify import verify_label, verify_record

__all__ = ["Answer", "PythonVerifier", "Question", "coded", "plain", "units"]

Question = dict[str, Any]
Answer = dict[str, Any]

GUNZIP_LIMIT = 10_000  # bytes, the same as in answers.mjs
PARTS = ("records", "passports", "serials", "receipts", "status_lists", "later")


def coded(data: bytes) -> str:
    """Gives bytes as a question carries them."""
    return base64.b64encode(data).decode("ascii")


def plain(text: str) -> bytes:
    """Gives the bytes back."""
    return base64.b64decode(text)


def units(text: str) -> list[int]:
    """Gives a text as UTF-16 units, since JSON's readers disagree on lone surrogates."""
    data = text.encode("utf-16-le", "surrogatepass")
    return list(struct.unpack(f"<{len(data) // 2}H", data))


class PythonVerifier:
    """Answers with the library; remembers the contexts that it was given."""

    def __init__(self) -> None:
        self.contexts: dict[str, tuple[TrustList, Evidence]] = {}

    def answer(self, question: Question) -> Answer:
        """Gives the answer; an error that is not the library's own is an answer that agrees with nothing."""
        asked = {name: value for name, value in question.items() if name != "ask"}
        method: Callable[..., Answer] = getattr(self, f"_{question['ask']}")
        try:
            return method(**asked)
        except TraceabilityError as error:
            return {"error": error.code.value}
        except Exception as error:  # noqa: BLE001  # a bug in the library must show as a disagreement
            return {"crash": repr(error)}

    # Whole verifications

    def _context(self, name: str, trust: str, roots: str, **parts: Mapping[str, Any]) -> Answer:
        evidence = Evidence(**{part: _read_part(values) for part, values in parts.items()})
        self.contexts[name] = (open_trust_list(plain(trust), parse_roots(plain(roots))), evidence)
        return {}

    def _open_trust(self, data: str, roots: str) -> Answer:
        trust = open_trust_list(plain(data), parse_roots(plain(roots)))
        return {"sequence": trust.sequence, "keys": [key.method.id for key in trust.keys]}

    def _verify(
        self,
        kind: str,
        input: Any,  # the name that the JSON of a verdict uses
        at: str,
        context: str,
        trust: str | None = None,
        changes: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> Answer:
        opened, evidence = self.contexts[context]
        if trust is not None:
            opened = self.contexts[trust][0]
        evidence = _with_changes(evidence, changes or {})
        if kind == "label":
            verdict = verify_label(_text(input), trust=opened, evidence=evidence, at=parse_instant(at))
        else:
            verdict = verify_record(plain(input), trust=opened, evidence=evidence, at=parse_instant(at))
        found = verdict_to_json(verdict, "")
        wanted = ("id", "status", "reason", "subject")
        checks = [[check[name] for name in wanted] for check in found["checks"]]
        return {"outcome": found["outcome"], "reasons": found["reasons"], "checks": checks}

    # Parts

    def _reasons(self) -> Answer:
        return {"reasons": [reason.value for reason in Reason]}

    def _parse(self, data: str) -> Answer:
        return {"canonical": coded(canonical(parse(plain(data))))}

    def _number(self, bits: str) -> Answer:
        number = struct.unpack(">d", bytes.fromhex(bits))[0]
        return {"text": canonical({"v": number})[5:-1].decode("ascii")}

    def _value(self, text: str) -> Answer:
        return {"canonical": coded(canonical({"v": json.loads(text)})[5:-1])}

    def _instant(self, text: str) -> Answer:
        return {"text": format_instant(parse_instant(text))}

    def _day(self, text: str) -> Answer:
        return {"text": parse_day(text).isoformat()}

    def _base58(self, text: str, length: int) -> Answer:
        return {"data": coded(decode_multibase(text, length=length))}

    def _signature(self, key: str, signature: str, message: str) -> Answer:
        PublicKey(plain(key)).verify(plain(signature), plain(message))
        return {}

    def _weak(self, key: str) -> Answer:
        PublicKey(plain(key))
        return {}

    def _vkey(self, text: str) -> Answer:
        return {"text": Verifier.from_vkey(text).vkey}

    def _roots(self, data: str) -> Answer:
        return {"fingerprint": roots_fingerprint(parse_roots(plain(data)))}

    def _note(self, data: str, vkeys: list[str]) -> Answer:
        verifiers = [Verifier.from_vkey(text) for text in vkeys]
        read = note.parse(plain(data))
        return {"names": list(note.verify(read, verifiers)), "data": coded(read.to_bytes())}

    def _root(self, leaves: list[str]) -> Answer:
        return {"root": coded(merkle.root(merkle.leaf_hash(plain(leaf)) for leaf in leaves))}

    def _inclusion(self, index: str, size: str, leaf: str, proof: list[str], root: str) -> Answer:
        merkle.verify_inclusion(
            int(index), int(size), leaf_hash=plain(leaf), proof=list(map(plain, proof)), root=plain(root)
        )
        return {}

    def _consistency(self, old: str, size: str, old_root: str, new_root: str, proof: list[str]) -> Answer:
        merkle.verify_consistency(
            int(old),
            int(size),
            old_root=plain(old_root),
            new_root=plain(new_root),
            proof=list(map(plain, proof)),
        )
        return {}

    def _policy(self, data: str) -> Answer:
        policy = Policy.from_bytes(plain(data))
        return {
            "logs": len(policy.logs),
            "witnesses": len(policy.witnesses),
            "groups": len(policy.groups),
        }

    def _receipt(self, data: str, leaf: str, policy: str) -> Answer:
        receipt = Receipt.from_bytes(plain(data))
        head = verify_receipt(receipt, leaf_hash=plain(leaf), policy=Policy.from_bytes(plain(policy)))
        times = [[one.witness.name, str(one.time_s)] for one in head.cosignatures]
        return {"index": str(receipt.index), "size": str(head.checkpoint.size), "times": times}

    def _gunzip(self, data: str) -> Answer:
        packed = plain(data)
        unpacker = zlib.decompressobj(31)
        try:
            unpacked = unpacker.decompress(packed, GUNZIP_LIMIT + 1)
        except zlib.error:
            return {"error": "BAD_PACKING"}
        if packed[:4] != b"\x1f\x8b\x08\x00" or not unpacker.eof or unpacker.unused_data:
            return {"error": "BAD_PACKING"}
        return {"data": coded(unpacked)} if len(unpacked) <= GUNZIP_LIMIT else {"error": "BAD_PACKING"}

    def _bits(self, text: str) -> Answer:
        return {"digest": hashlib.sha256(bitstring.decode(text)).hexdigest()}

    def _label(self, text: list[int]) -> Answer:
        code = parse_label(_text(text))
        return {"text": code.to_uri(), "lot": code.lot_uri}

    def _seal(self, text: str) -> Answer:
        seal = parse_seal(text)
        return {"day": seal.day.isoformat(), "parts": [*map(coded, (seal.kid, seal.record, seal.signature))]}


def _with_changes(evidence: Evidence, changes: Mapping[str, Mapping[str, Any]]) -> Evidence:
    for part, values in changes.items():
        kept = {**getattr(evidence, part), **_read_part(values)}
        taken = {name: data for name, data in kept.items() if data is not None}
        evidence = replace(evidence, **{part: taken})
    return evidence


def _text(codes: list[int]) -> str:
    return struct.pack(f"<{len(codes)}H", *codes).decode("utf-16-le", "surrogatepass")


def _read_part(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _read(value) for name, value in values.items()}


def _read(value: Any) -> Any:
    if value is None:
        return None
    return tuple(map(plain, value)) if isinstance(value, list) else plain(value)
