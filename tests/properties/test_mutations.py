"""Mutants: one byte at a time, and each named way of attacking a record. None may be accepted."""

import copy
import json
import random
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.simulators.forgery import altered, every_kind, evidence_with, forge_at, zero_digest
from tests.simulators.village import NOW, Village, did, url
from traceability.base58 import decode_multibase, encode_multibase
from traceability.errors import Reason, Refused, TraceabilityError
from traceability.evidence import Reader
from traceability.issue import link_to
from traceability.records.canonical import canonical, digest_multibase, parse
from traceability.records.kinds import read_record
from traceability.signing.keys import FIELD_PRIME, PublicKey
from traceability.signing.trust import Revocation
from traceability.verdict import Outcome
from traceability.verify import verify_record

VILLAGE = Village().issue_all()
TRUST, EVIDENCE = VILLAGE.trust, VILLAGE.evidence
PASSPORT = VILLAGE.records["passport"]
DOCUMENT = PASSPORT.document

# --- One byte at a time ----------------------------------------------------------------------------------

SIGNERS = {
    "inspection": "inspector",
    "environmental": "inspector",
    "attestation": "association",
    "artisan_title": "province",
    "ip_right": "province",
}


def signed_records():
    """Twenty records of every kind, each really signed by whom it names."""
    records = {name: item.data for name, item in VILLAGE.records.items()}
    for name, record in every_kind(VILLAGE).items():
        issuer = record.envelope.issuer.did.rpartition(":")[2]
        records.setdefault(name, forge_at(VILLAGE, record.to_document(), f"{issuer}#record", NOW))
    assert len(records) >= 20
    kept = [*list(records)[:18], "transcription", "list"]
    return {name: records[name] for name in kept}


RECORDS = signed_records()


def indented(data):
    """The same record as a person would store it; its white space may change without harm."""
    return json.dumps(json.loads(data), indent=1, ensure_ascii=False).encode()


def mutants(data, chance, step):
    """Gives copies with one byte flipped in one bit, replaced by white space, dropped or doubled."""
    for place in range(chance.randrange(step), len(data), step):
        before, byte, after = data[:place], data[place : place + 1], data[place + 1 :]
        yield before + bytes([byte[0] ^ 1 << chance.randrange(8)]) + after
        yield before + chance.choice([b" ", b"\n", b"\t"]) + after
        yield before + after
        yield before + byte + byte + after


def is_accepted(data):
    """Whether the bytes read as a record whose proof holds under a trusted key."""
    reader = Reader(1)
    try:
        item = reader.read(data)
        reader.prove(data, TRUST.key(item.claim.method_id).method.key)
    except TraceabilityError:
        return False
    return True


def count(names, step):
    """Gives how many mutants there were, and how many were accepted with the same canonical bytes."""
    chance, made, same = random.Random(20261122), 0, 0
    for name in names:
        original = digest_multibase(canonical(parse(RECORDS[name])))
        for data in (RECORDS[name], indented(RECORDS[name])):
            for mutant in mutants(data, chance, step):
                made += 1
                if is_accepted(mutant):
                    assert digest_multibase(canonical(parse(mutant))) == original, mutant
                    same += 1
    return made, same


def test_each_record_is_accepted_before_it_is_changed():
    assert all(is_accepted(data) and is_accepted(indented(data)) for data in RECORDS.values())


def test_a_changed_byte_is_accepted_only_where_it_changes_nothing():
    """The short form: every 97th byte. White space between members is the class that changes nothing."""
    made, same = count(RECORDS, 97)
    assert made > 3_000
    assert 0 < same < made / 2


@pytest.mark.slow
@pytest.mark.parametrize("name", RECORDS)
def test_a_changed_byte_is_accepted_only_where_it_changes_nothing_densely(name):
    made, same = count([name], 3)
    assert made > 3_000
    assert 0 < same < made / 2


@pytest.mark.parametrize("name", RECORDS)
def test_no_changed_byte_of_the_served_bytes_is_accepted(name):
    """Served bytes have no white space to spare: of them no mutant at all is accepted."""
    chance = random.Random(name)
    kept = [
        data for data in mutants(RECORDS[name], chance, 13) if data != RECORDS[name] and is_accepted(data)
    ]
    assert kept == []


# --- The named mutators ----------------------------------------------------------------------------------

WAITS = {
    "inclusion_proof_extra_node": "receipts come with the log; the proof itself: tests/unit/ledger",
    "tree_size_huge": "receipts come with the log; the proof itself: tests/unit/ledger",
    "checkpoint_old": "checkpoints come with the log",
    "leaf_as_node(second preimage)": "receipts come with the log; the hashes: tests/unit/ledger",
    "node_as_leaf": "receipts come with the log; the hashes: tests/unit/ledger",
    "cosigner_duplicate_counts_twice": "witnesses come with the log; a root that signs twice: test_policy",
}


def judge(data, *, trust=TRUST, evidence=EVIDENCE):
    return verify_record(data, trust=trust, evidence=evidence, at=NOW)


def with_value(value):
    return judge(canonical(altered(DOCUMENT, ["proof", "proofValue"], value)))


def resigned(document=DOCUMENT, key="workshop#record", at=NOW, **options):
    return judge(forge_at(VILLAGE, document, key, at, **options))


def malleated():
    order = 2**252 + 27742317777372353535851937790883648493
    raw = decode_multibase(DOCUMENT["proof"]["proofValue"], length=64)
    scalar = int.from_bytes(raw[32:], "little") + order
    return with_value(encode_multibase(raw[:32] + scalar.to_bytes(32, "little")))


def with_weak_key(raw):
    """A weak key cannot even enter a trust list, so no verdict under it exists."""
    with pytest.raises(Refused) as caught:
        PublicKey(raw)
    assert caught.value.code is Reason.KEY_WEAK
    return judge(PASSPORT.data, trust=replace(TRUST, keys=()))


def linked_as(*links):
    related = [
        {"id": name, "digestMultibase": digest, "mediaType": "application/vc"} for name, digest in links
    ]
    return {**DOCUMENT, "relatedResource": related}


def first_link_with(digest):
    rest = [(link.url, link.digest) for link in PASSPORT.envelope.links[1:]]
    return resigned(linked_as((url("workshop"), digest), *rest))


def chain_swapped():
    swapped = evidence_with(VILLAGE, event=VILLAGE.records["certificate"].data)
    return judge(PASSPORT.data, evidence=swapped)


def chain_in_a_circle():
    circular = copy.deepcopy(VILLAGE.records["event"].document)
    link = link_to(PASSPORT)
    circular["relatedResource"].append(
        {"id": link.url, "digestMultibase": link.digest, "mediaType": "application/vc"}
    )
    event = forge_at(VILLAGE, circular, "workshop#record", NOW)
    return judge(PASSPORT.data, evidence=evidence_with(VILLAGE, event=event))


def trust_with(**changes):
    changed = replace(VILLAGE.keys["workshop#record"], **changes)
    return replace(TRUST, keys=tuple({**VILLAGE.keys, "workshop#record": changed}.values()))


NAME = b'"name":"' + DOCUMENT["name"].encode() + b'"'
REFUSED = {
    "empty_signature": lambda: with_value(""),
    "signature_null": lambda: with_value(None),
    "signature_zero64": lambda: with_value(encode_multibase(bytes(64))),
    "sig_malleate_S_plus_L": malleated,
    "alg_None_case": lambda: resigned(cryptosuite="None"),
    "kid_other_workshop": lambda: resigned(verificationMethod=f"{did('neighbour')}#record"),
    "kid_url": lambda: resigned(verificationMethod="https://evil.example/keys/1"),
    "key_low_order_point": lambda: with_weak_key(b"\x01" + bytes(31)),
    "key_noncanonical": lambda: with_weak_key((FIELD_PRIME + 3).to_bytes(32, "little")),
    "dup_key_payload_last_wins": lambda: judge(PASSPORT.data[:-1] + b',"name":"x"}'),
    "dup_key_payload_first_wins": lambda: judge(b'{"name":"x",' + PASSPORT.data[1:]),
    "dup_key_escaped": lambda: judge(PASSPORT.data[:-1] + b',"n\\u0061me":"x"}'),
    "nfd_strings": lambda: resigned({**DOCUMENT, "name": "La\u0300ng"}),
    "add_unknown_top_level_field": lambda: resigned({**DOCUMENT, "rating": 5}),
    "add_unknown_crit_field": lambda: resigned(crit=["rating"], rating=5),
    "remove_required_field": lambda: resigned(altered(DOCUMENT, ["credentialSubject", "producedAtFacility"])),
    "version_0": lambda: resigned(
        altered(DOCUMENT, ["@context", 1], "https://vocabulary.uncefact.org/untp/0.0.0/")
    ),
    "prev_hash_zero": lambda: first_link_with(zero_digest()),
    "prev_hash_self": lambda: first_link_with(PASSPORT.digest),
    "prev_hash_other_chain": lambda: first_link_with(VILLAGE.records["certificate"].digest),
    "chain_drop_middle": lambda: judge(PASSPORT.data, evidence=evidence_with(VILLAGE, workshop=None)),
    "chain_drop_tail": lambda: judge(PASSPORT.data, evidence=evidence_with(VILLAGE, village=None)),
    "chain_swap": chain_swapped,
    "chain_cycle": chain_in_a_circle,
    "issued_at_future_10y": lambda: resigned(at=NOW + timedelta(days=3653)),
    "issued_at_past_before_key": lambda: resigned(at=NOW - timedelta(days=3653)),
    "revoked_key_before": lambda: judge(
        PASSPORT.data, trust=trust_with(revoked=Revocation("retired", NOW - timedelta(days=1)))
    ),
}
KEPT = {
    "reorder_keys(valid)": lambda: judge(json.dumps(dict(reversed(DOCUMENT.items()))).encode()),
    "whitespace(valid)": lambda: judge(indented(PASSPORT.data)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_named_mutant_is_not_verified(name):
    assert REFUSED[name]().outcome is not Outcome.VERIFIED


@pytest.mark.parametrize("name", KEPT)
def test_a_mutant_that_keeps_the_meaning_is_verified(name):
    assert KEPT[name]().outcome is Outcome.VERIFIED


def test_every_named_mutator_is_tested_or_waits_for_the_log():
    path = Path(__file__).parents[2] / ".." / "shared" / "vectors" / "security" / "generated"
    if not path.is_dir():
        pytest.skip("the shared list of mutators is absent")
    listed = json.loads((path / "record_mutations.json").read_text())
    assert set(listed) == REFUSED.keys() | KEPT.keys() | WAITS.keys()
    assert len(listed) == len(REFUSED) + len(KEPT) + len(WAITS)


def test_the_duplicate_name_is_really_in_the_record():
    """The canary for the three duplicates above: without the second member the record is accepted."""
    assert NAME in PASSPORT.data
    assert judge(PASSPORT.data).outcome is Outcome.VERIFIED
    assert read_record(DOCUMENT, PASSPORT.envelope) == PASSPORT.record
