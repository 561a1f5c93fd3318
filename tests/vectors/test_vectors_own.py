"""Our own vectors: rebuilt byte for byte, and run from the files alone as another implementation would."""

import hashlib
import json
from dataclasses import replace

import pytest

from tests.vectors.generate import FOLDER, build
from traceability.base58 import decode_multibase
from traceability.clock import parse_instant
from traceability.evidence import Evidence
from traceability.labels.code import parse as parse_label
from traceability.ledger.note import Verifier
from traceability.policy import open_trust_list
from traceability.records.canonical import canonical, digest_multibase, parse
from traceability.signing.keys import PublicKey
from traceability.verify import verify_label, verify_record


def load(name):
    return json.loads((FOLDER / name).read_text("utf-8"))


VILLAGE = load("village.json")
AT = parse_instant(VILLAGE["at"])
TRUST = open_trust_list(VILLAGE["trust"].encode(), [Verifier.from_vkey(root) for root in VILLAGE["roots"]])
EVIDENCE = Evidence(
    **{
        part: {name: text.encode() for name, text in VILLAGE[part].items()}
        for part in ("records", "passports", "serials", "receipts", "status_lists")
    }
)


@pytest.mark.parametrize("name", build())
def test_a_file_is_rebuilt_byte_for_byte(name):
    assert build()[name] == (FOLDER / name).read_bytes()


@pytest.mark.parametrize("case", load("proofs.json"), ids=lambda case: case["name"])
def test_a_proof_holds_step_by_step(case):
    hashes = [
        hashlib.sha256(case[name].encode()).hexdigest() for name in ("canonicalOptions", "canonicalDocument")
    ]
    assert hashes == [case["optionsHash"], case["documentHash"]]
    signature = decode_multibase(case["proofValue"], length=64)
    assert signature.hex() == case["signature"]
    PublicKey.from_multibase(case["publicKeyMultibase"]).verify(signature, bytes.fromhex("".join(hashes)))
    assert canonical(parse(case["signed"].encode())) == case["signed"].encode()
    assert digest_multibase(case["signed"].encode()) == case["digestMultibase"]


@pytest.mark.parametrize("case", load("seals.json"), ids=lambda case: parse_label(case["code"]).serial)
def test_a_seal_holds_step_by_step(case):
    key = PublicKey.from_multibase(case["publicKeyMultibase"])
    assert key.kid.hex() == case["kid"]
    key.verify(bytes.fromhex(case["signature"]), bytes.fromhex(case["message"]))
    assert parse_label(case["code"]).unsealed_uri.encode() in bytes.fromhex(case["message"])


@pytest.mark.parametrize("case", load("verdicts.json"), ids=lambda case: case["name"])
def test_a_case_has_its_outcome_and_reasons(case):
    records = {name: text.encode() for name, text in case.get("records", {}).items()}
    evidence = replace(EVIDENCE, records={**EVIDENCE.records, **records})
    at = parse_instant(case["at"]) if "at" in case else AT
    if case["kind"] == "label":
        verdict = verify_label(case["input"], trust=TRUST, evidence=evidence, at=at)
    else:
        verdict = verify_record(case["input"].encode(), trust=TRUST, evidence=evidence, at=at)
    assert verdict.outcome == case["outcome"]
    assert list(verdict.reasons) == case["reasons"]


def test_the_cases_have_distinct_names_and_most_must_fail():
    cases = load("verdicts.json")
    assert len({case["name"] for case in cases}) == len(cases)
    assert sum(case["outcome"] != "verified" for case in cases) > len(cases) / 2
