"""did:web documents: the form that other verifiers fetch, and what does not belong into one."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.simulators.village import signer
from traceability.errors import Reason, Refused
from traceability.signing.did import did_document, issuer_did
from traceability.signing.keys import PublicKey
from traceability.signing.proof import VerificationMethod

SAMPLES = Path(__file__).parents[3] / ".." / "shared" / "data" / "sample-records"
DID = "did:web:village.example:issuers:workshop"


def method(name: str, did: str = DID) -> VerificationMethod:
    return VerificationMethod(f"{did}#{name}", did, signer(name).public_key)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("village.example", DID),
        ("village.example:8443", "did:web:village.example%3A8443:issuers:workshop"),
    ],
    ids=["name", "port"],
)
def test_an_issuers_did_is_one_that_a_document_can_stand_under(host: str, expected: str) -> None:
    """A colon divides the parts of a did:web, so that a port's is escaped."""
    did = issuer_did(host, "workshop")
    assert did == expected
    assert did_document(did, [method("key-1", did)])["id"] == expected


def test_the_document_lists_each_key_as_a_multikey_for_assertions() -> None:
    document = did_document(DID, [method("key-1"), method("key-2")])
    assert document["id"] == DID
    assert document["assertionMethod"] == [f"{DID}#key-1", f"{DID}#key-2"]
    assert document["verificationMethod"][0] == {
        "id": f"{DID}#key-1",
        "type": "Multikey",
        "controller": DID,
        "publicKeyMultibase": signer("key-1").public_key.multibase,
    }


def test_a_revoked_key_can_be_looked_up_but_asserts_nothing() -> None:
    when = datetime(2026, 5, 1, tzinfo=UTC)
    document = did_document(DID, [method("key-1"), method("key-2")], revoked={f"{DID}#key-1": when})
    assert document["assertionMethod"] == [f"{DID}#key-2"]
    assert document["verificationMethod"][0]["revoked"] == "2026-05-01T00:00:00Z"
    assert "revoked" not in document["verificationMethod"][1]


@pytest.mark.parametrize("name", ["ocop", "village", "workshop"])
def test_it_equals_a_document_made_elsewhere(name: str) -> None:
    path = SAMPLES / f"did-{name}.json"
    if not path.is_file():
        pytest.skip("the sample records are not here")
    expected = json.loads(path.read_bytes())
    keys = [
        VerificationMethod(
            item["id"], item["controller"], PublicKey.from_multibase(item["publicKeyMultibase"])
        )
        for item in expected["verificationMethod"]
    ]
    assert did_document(expected["id"], keys) == expected


@pytest.mark.parametrize(
    ("did", "methods"),
    [
        (DID, []),
        (DID, [method("key-1"), method("key-1")]),
        (DID, [method("key-1", "did:web:other.example")]),
        (DID, [VerificationMethod("did:web:other.example#key-1", DID, signer("a").public_key)]),
        ("did:key:z6Mk", [method("key-1", "did:key:z6Mk")]),
        ("did:web:a/b", [method("key-1", "did:web:a/b")]),
        ("did:web:", [method("key-1", "did:web:")]),
        ("did:web:à.example", [method("key-1", "did:web:à.example")]),
    ],
    ids=["none", "twice", "other did", "other id", "did:key", "slash", "no host", "not ASCII"],
)
def test_another_did_or_a_foreign_key_is_refused(did: str, methods: list[VerificationMethod]) -> None:
    with pytest.raises(Refused) as caught:
        did_document(did, methods)
    assert caught.value.code is Reason.BAD_VALUE
