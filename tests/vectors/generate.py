"""Makes this folder's JSON files anew: `python -m tests.vectors.generate`, from the project's root.

Everything comes from the simulated village, whose keys and clock are fixed, so the bytes never change by
themselves; a test rebuilds them and compares. What each file holds stands in README.md.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from tests.simulators.forgery import altered, forge_at, zero_digest
from tests.simulators.village import HOST, NOW, Village, did, signer
from traceability.clock import format_instant
from traceability.evidence import SignedRecord
from traceability.labels.seal import parse as parse_seal
from traceability.records.canonical import Document, canonical
from traceability.verdict import Verdict
from traceability.verify import verify_label, verify_record

__all__ = ["FOLDER", "build", "main"]

FOLDER: Final = Path(__file__).parent
LOT: Final = f"https://{HOST}/01/09520000000011/10/L1"


def build() -> dict[str, bytes]:
    """Gives every file's bytes by its name."""
    village = Village().issue_all()
    contents = {
        "proofs.json": [_proof(village, name) for name in village.records],
        "seals.json": [_seal(village, index) for index in range(3)],
        "village.json": _village(village),
        "verdicts.json": [*_record_cases(village), *_label_cases(village)],
    }
    return {name: _text(content) for name, content in contents.items()}


def main() -> None:
    """Writes the files."""
    for name, data in build().items():
        (FOLDER / name).write_bytes(data)


def _text(content: object) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def _proof(village: Village, name: str) -> Document:
    """One signature step by step, written here a second time and not taken from `signing/proof.py`."""
    document = village.records[name].document
    options = {member: value for member, value in document["proof"].items() if member != "proofValue"}
    unsigned = {member: value for member, value in document.items() if member != "proof"}
    hashes = [hashlib.sha256(canonical(part)).digest() for part in (options, unsigned)]
    key = signer(options["verificationMethod"])
    return {
        "name": name,
        "publicKeyMultibase": key.public_key.multibase,
        "canonicalOptions": canonical(options).decode(),
        "canonicalDocument": canonical(unsigned).decode(),
        "optionsHash": hashes[0].hex(),
        "documentHash": hashes[1].hex(),
        "signature": key.sign(b"".join(hashes)).hex(),
        "proofValue": document["proof"]["proofValue"],
        "signed": canonical(document).decode(),
        "digestMultibase": village.records[name].digest,
    }


def _seal(village: Village, index: int) -> Document:
    """One label, and the bytes that its seal signs."""
    code = village.labels()[index]
    seal = parse_seal(code.seal or "")
    return {
        "code": code.to_uri(),
        "publicKeyMultibase": village.keys["workshop#seal"].method.key.multibase,
        "kid": seal.kid.hex(),
        "day": seal.day.isoformat(),
        "record": seal.record.hex(),
        "message": seal.message(code).hex(),
        "signature": seal.signature.hex(),
    }


def _village(village: Village) -> Document:
    """What a verifier is given: the pinned roots, the trust list's note, records, passports, serials."""
    return {
        "at": format_instant(village.now),
        "roots": [root.vkey for root in village.roots],
        "trust": village.trust_note().decode(),
        "records": {url: data.decode() for url, data in village.evidence.records.items()},
        "passports": {LOT: village.records["passport"].data.decode()},
        "serials": {LOT: village.serials.decode()},
        "receipts": {entry_id: data.decode() for entry_id, data in village.evidence.receipts.items()},
        "status_lists": {url: data.decode() for url, data in village.evidence.status_lists.items()},
    }


def _case(
    name: str, kind: str, text: str, verdict: Verdict, at: datetime, records: Mapping[str, bytes]
) -> Document:
    case: Document = {
        "name": name,
        "kind": kind,
        "input": text,
        "outcome": verdict.outcome.value,
        "reasons": [reason.value for reason in verdict.reasons],
    }
    if at != NOW:
        case["at"] = format_instant(at)
    if records:
        case["records"] = {url: data.decode() for url, data in records.items()}
    return case


def _record_cases(village: Village) -> list[Document]:
    """Records as they are, re-spelled, and forged; forged ones carry signatures that hold where noted."""
    passport = village.records["passport"]
    good = passport.document

    def case(name: str, data: bytes, *, at: datetime = NOW, **changed: bytes) -> Document:
        records = {village.records[short].envelope.id: data for short, data in changed.items()}
        evidence = replace(village.evidence, records={**village.evidence.records, **records})
        verdict = verify_record(data, trust=village.trust, evidence=evidence, at=at)
        return _case(name, "record", data.decode(), verdict, at, records)

    def signed(document: Document, key: str = "workshop#record", **options: object) -> bytes:
        return forge_at(village, document, key, NOW, **options)

    links = altered(good, ["relatedResource", 0, "digestMultibase"], zero_digest())
    neighbour = altered(good, ["issuer", "id"], did("neighbour"))
    return [
        case("the honest passport", passport.data),
        case("re-indented", json.dumps(good, ensure_ascii=False, indent=2).encode()),
        case(
            "members in another order", json.dumps(dict(reversed(good.items())), ensure_ascii=False).encode()
        ),
        case("every letter escaped that can be", json.dumps(good).encode()),
        case("one letter changed", passport.data.replace("Bình".encode(), "Bính".encode(), 1)),
        case("a member twice", passport.data[:-1] + b',"name":"x"}'),
        case("a byte order mark", b"\xef\xbb\xbf" + passport.data),
        case("no proof", canonical({name: value for name, value in good.items() if name != "proof"})),
        case("two proofs", canonical({**good, "proof": [good["proof"]] * 2})),
        case("another suite, signed", signed(good, cryptosuite="eddsa-rdfc-2022")),
        case("proof expired, signed", signed(good, expires="2026-11-22T07:59:59Z")),
        case("signed with the neighbour's key", signed(good, "neighbour#record")),
        case("signed by the neighbour in its own name", signed(neighbour, "neighbour#record")),
        case("signed with the seal key", signed(good, "workshop#seal")),
        case("a link to another digest, signed", signed(links)),
        case("an unknown member, signed", signed({**good, "rating": 5})),
        case("text that is not composed, signed", signed({**good, "name": "La\u0300ng"})),
        case("a number that readers round", b'{"v":9007199254740992}'),
        case("a lone surrogate", b'{"v":"\\ud800"}'),
        case("nested too deeply", b'{"v":' + b"[" * 32 + b"]" * 32 + b"}"),
        case("the event changed afterwards", passport.data, event=signed(_renamed(village.records["event"]))),
        case("before it was valid", passport.data, at=NOW - timedelta(days=31)),
        case("with a trust list that is stale", passport.data, at=NOW + timedelta(days=366)),
        case("with a trust list that is too old", passport.data, at=NOW + timedelta(days=400)),
    ]


def _renamed(item: SignedRecord) -> Document:
    return altered(item.document, ["name"], "Tên khác")


def _label_cases(village: Village) -> list[Document]:
    first, second, *_ = village.labels()

    def case(name: str, text: str) -> Document:
        verdict = verify_label(text, trust=village.trust, evidence=village.evidence, at=NOW)
        return _case(name, "label", text, verdict, NOW, {})

    return [
        case("an honest label", first.to_uri()),
        case("the same in small letters", first.to_uri().lower()),
        case("the same without its seal", first.without_seal().to_uri()),
        case("the lot alone", LOT),
        case("the seal of the next serial", replace(first, seal=second.seal).to_uri()),
        case("a serial that was never issued", replace(first.without_seal(), serial="0" * 12).to_uri()),
        case("a lot that nobody knows", f"{LOT}9"),
        case("another host", "https://vi11age.example/01/09520000000011/10/L1"),
        case("a wrong check digit", f"https://{HOST}/01/09520000000012/10/L1"),
        case("a query", f"{LOT}?a=b"),
        case("no code at all", "HELLO"),
    ]


if __name__ == "__main__":
    main()
