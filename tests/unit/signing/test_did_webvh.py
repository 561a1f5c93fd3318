"""Proofs of another implementation: did:webvh log entries, documents of no kind of ours, carry our suite."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.simulators.forgery import REMOVED, altered
from tests.simulators.village import NOW
from traceability.base58 import decode_multibase, encode_multibase
from traceability.errors import NotVerified, Reason, TraceabilityError, Unreadable
from traceability.records.canonical import Document, canonical, parse
from traceability.signing.keys import Ed25519Signer, PublicKey
from traceability.signing.proof import check_bare_proof, check_signature, verify_proof

LOGS = Path(__file__).parents[3] / ".." / "shared" / "vectors" / "did-webvh"
FILES = sorted(LOGS.glob("*/python/did.jsonl"))
ENTRIES = {
    f"{path.parts[-3]}-{number}": line
    for path in FILES
    for number, line in enumerate(path.read_bytes().splitlines(), 1)
}
pytestmark = pytest.mark.skipif(not FILES, reason="the shared did:webvh logs are absent")
every_entry = pytest.mark.parametrize("name", ENTRIES)


def key_of(proof: Document) -> PublicKey:
    """Gives the key inside the did:key that a log entry's proof names."""
    return PublicKey.from_multibase(proof["verificationMethod"].partition("#")[2])


def check_entry(entry: Document, key: PublicKey | None = None) -> None:
    """Checks every proof of a log entry, by the keys of the names they carry unless one is given."""
    proofs = entry["proof"]
    unsigned = {name: value for name, value in entry.items() if name != "proof"}
    assert isinstance(proofs, list)
    assert proofs
    for proof in proofs:
        check_bare_proof(unsigned, proof, key or key_of(proof))


def refusal(entry: Document, key: PublicKey) -> Reason:
    with pytest.raises(NotVerified) as caught:
        check_entry(entry, key)
    return caught.value.code


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Gives the path of every member and item below a value."""
    items: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    for name, below in items:
        yield (*path, name)
        yield from places(below, (*path, name))


def other(value: Any) -> Any:
    """Gives another value of the same kind of JSON."""
    match value:
        case bool():
            return not value
        case str():
            return f"{value}x"
        case int():
            return value + 1
        case list():
            return [*value, "x"]
        case dict():
            return {**value, "x": 1}
    return "x"


def member(entry: Document, path: tuple[str | int, ...]) -> Any:
    for step in path:
        entry = entry[step]  # type: ignore[index]  # a path leads through lists too
    return entry


def test_the_vectors_hold_24_proofs() -> None:
    assert sum(len(parse(line)["proof"]) for line in ENTRIES.values()) == 24


@every_entry
def test_every_proof_verifies(name: str) -> None:
    check_entry(parse(ENTRIES[name]))


@every_entry
def test_the_key_of_an_entry_is_one_that_the_log_allows(name: str) -> None:
    """So that the key is not taken from the proof alone: the log's parameters name it too."""
    log = [parse(line) for key, line in ENTRIES.items() if key.rpartition("-")[0] == name.rpartition("-")[0]]
    allowed = {key for entry in log for key in entry["parameters"].get("updateKeys", ())}
    assert {key_of(proof).multibase for proof in parse(ENTRIES[name])["proof"]} <= allowed


@every_entry
def test_another_key_fits_no_proof(name: str) -> None:
    stranger = Ed25519Signer.from_seed(b"s" * 32).public_key
    assert refusal(parse(ENTRIES[name]), stranger) is Reason.BAD_SIGNATURE


@every_entry
def test_every_member_that_is_changed_or_taken_away_breaks_the_proof(name: str) -> None:
    entry = parse(ENTRIES[name])
    key = key_of(entry["proof"][0])
    inside = [path for path in places(entry) if path[0] != "proof" or len(path) > 2]
    assert len(inside) > 20
    for path in inside:
        for value in (other(member(entry, path)), REMOVED):
            code = refusal(altered(entry, path, value), key)
            assert code in {Reason.BAD_SIGNATURE, Reason.BAD_PROOF_TYPE}, path


@every_entry
def test_a_member_that_is_added_breaks_the_proof(name: str) -> None:
    entry = parse(ENTRIES[name])
    key = key_of(entry["proof"][0])
    assert refusal({**entry, "x": 1}, key) is Reason.BAD_SIGNATURE
    for place, code in (("expires", Reason.BAD_SIGNATURE), ("nonce", Reason.BAD_PROOF_TYPE)):
        proof = {**entry["proof"][0], place: "2999-01-01T00:00:00Z"}
        assert refusal({**entry, "proof": [proof]}, key) is code


@every_entry
def test_every_byte_of_the_signature_counts(name: str) -> None:
    entry = parse(ENTRIES[name])
    proof = entry["proof"][0]
    signature = decode_multibase(proof["proofValue"], length=64)
    for place in range(64):
        changed = bytearray(signature)
        changed[place] ^= 1
        forged = {**proof, "proofValue": encode_multibase(bytes(changed))}
        assert refusal({**entry, "proof": [forged]}, key_of(proof)) is Reason.BAD_SIGNATURE


@given(st.data())
def test_a_changed_byte_of_the_file_is_seen_or_changes_nothing(data: st.DataObject) -> None:
    """White space between members may change: the proof is over the canonical form."""
    line = ENTRIES[data.draw(st.sampled_from(sorted(ENTRIES)))]
    place = data.draw(st.integers(0, len(line) - 1))
    changed = bytearray(line)
    changed[place] = data.draw(st.integers(0, 255))
    entry = parse(line)
    try:
        found = parse(bytes(changed))
        if canonical(found) == canonical(entry):
            return
        check_bare_proof(
            {name: value for name, value in found.items() if name != "proof"},
            found["proof"][0],
            key_of(entry["proof"][0]),
        )
    except (TraceabilityError, KeyError):
        return
    pytest.fail("a changed entry was taken")


@every_entry
def test_a_log_entry_is_no_record_for_all_its_good_proof(name: str) -> None:
    """What stands below `verify_proof` opens no other way into it."""
    with pytest.raises(Unreadable):
        verify_proof(ENTRIES[name], {}, at=NOW)


@every_entry
def test_a_list_of_proofs_is_refused_where_a_record_has_one(name: str) -> None:
    entry = parse(ENTRIES[name])
    with pytest.raises(NotVerified) as caught:
        check_signature(entry, key_of(entry["proof"][0]))
    assert caught.value.code is Reason.BAD_PROOF_TYPE


def test_checking_a_proof_leaves_both_parts_as_they_were() -> None:
    entry = parse(next(iter(ENTRIES.values())))
    before = copy.deepcopy(entry)
    check_entry(entry)
    assert entry == before
    assert json.loads(canonical(entry)) == before
