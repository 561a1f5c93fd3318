"""The Merkle tree: known roots, every proof of small trees, public vectors, and what must not verify."""

import base64
import hashlib
import json
import time

import pytest

from tests.simulators.ledger import VECTORS as TLOG_VECTORS
from tests.simulators.merkle import consistency_proof, inclusion_proof
from traceability.errors import NotVerified, Reason, Refused
from traceability.ledger.merkle import (
    EMPTY_ROOT,
    leaf_hash,
    node_hash,
    root,
    verify_consistency,
    verify_inclusion,
)

VECTORS = TLOG_VECTORS / "rfc6962"
SIZES = range(1, 41)
LEAVES = [leaf_hash(b"entry %d" % number) for number in range(40)]


def _plain_root(leaves):
    """The definition of RFC 6962 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = max(1 << bit for bit in range(20) if 1 << bit < len(leaves))
    return node_hash(_plain_root(leaves[:split]), _plain_root(leaves[split:]))


def _fails(reason, check, *positional, **named):
    with pytest.raises(NotVerified) as caught:
        check(*positional, **named)
    assert caught.value.code is reason


def test_the_published_roots_of_the_eight_entries_of_certificate_transparency():
    """Source: certificate-transparency merkletree tests, the roots of its eight reference entries."""
    entries = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ]
    hashes = [leaf_hash(bytes.fromhex(entry)) for entry in entries]
    assert root(hashes[:1]).hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert root(hashes[:2]).hex() == "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
    assert root(hashes).hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


def test_the_empty_tree_has_the_hash_of_nothing():
    assert root([]) == EMPTY_ROOT == hashlib.sha256(b"").digest()


def test_leaves_and_nodes_have_different_prefixes():
    assert leaf_hash(b"") == hashlib.sha256(b"\0").digest()
    assert node_hash(b"a" * 32, b"b" * 32) == hashlib.sha256(b"\1" + b"a" * 32 + b"b" * 32).digest()


@pytest.mark.parametrize("size", [0, *SIZES])
def test_a_root_is_that_of_the_definition(size):
    assert root(LEAVES[:size]) == root(iter(LEAVES[:size])) == _plain_root(LEAVES[:size])


@pytest.mark.parametrize("size", SIZES)
def test_every_leaf_of_a_small_tree_is_proven(size):
    leaves = LEAVES[:size]
    for index in range(size):
        proof = inclusion_proof(index, leaves)
        verify_inclusion(index, size, leaf_hash=leaves[index], proof=proof, root=root(leaves))


@pytest.mark.parametrize("size", SIZES)
def test_every_beginning_of_a_small_tree_is_proven(size):
    for old in range(size + 1):
        proof = consistency_proof(old, LEAVES[:size])
        verify_consistency(old, size, old_root=root(LEAVES[:old]), new_root=root(LEAVES[:size]), proof=proof)


@pytest.mark.parametrize("size", range(1, 17))
def test_no_leaf_is_proven_at_another_place(size):
    leaves = LEAVES[:size]
    for index in range(size):
        proof = inclusion_proof(index, leaves)
        for other in range(size):
            if other != index:
                _fails(
                    Reason.BAD_RECEIPT, verify_inclusion, other, size,
                    leaf_hash=leaves[index], proof=proof, root=root(leaves),
                )  # fmt: skip


@pytest.mark.parametrize("size", range(2, 17))
def test_no_proof_with_a_changed_missing_or_added_hash_verifies(size):
    leaves = LEAVES[:size]
    for index in range(size):
        proof = inclusion_proof(index, leaves)
        broken = [(*proof, bytes(32)), (bytes(32), *proof), proof[1:], proof[:-1]]
        broken += [(*proof[:at], bytes(32), *proof[at + 1 :]) for at in range(len(proof))]
        for other in broken:
            _fails(
                Reason.BAD_RECEIPT, verify_inclusion, index, size,
                leaf_hash=leaves[index], proof=other, root=root(leaves),
            )  # fmt: skip


@pytest.mark.parametrize("size", range(2, 17))
def test_no_tree_is_continued_by_one_with_another_beginning(size):
    forged = [leaf_hash(b"forged"), *LEAVES[1:size]]
    for old in range(1, size + 1):
        _fails(
            Reason.FORK, verify_consistency, old, size,
            old_root=root(LEAVES[:old]), new_root=root(forged), proof=consistency_proof(old, forged),
        )  # fmt: skip


@pytest.mark.parametrize("size", range(2, 17))
def test_no_consistency_proof_with_a_changed_missing_or_added_hash_verifies(size):
    for old in range(1, size):
        proof = consistency_proof(old, LEAVES[:size])
        broken = [(*proof, bytes(32)), (bytes(32), *proof), proof[1:], proof[:-1], ()]
        broken += [(*proof[:at], bytes(32), *proof[at + 1 :]) for at in range(len(proof))]
        for other in broken:
            with pytest.raises(NotVerified) as caught:
                verify_consistency(
                    old, size, old_root=root(LEAVES[:old]), new_root=root(LEAVES[:size]), proof=other
                )
            assert caught.value.code in (Reason.BAD_RECEIPT, Reason.FORK)


GOOD = {"leaf_hash": LEAVES[2], "proof": inclusion_proof(2, LEAVES[:5]), "root": root(LEAVES[:5])}


@pytest.mark.parametrize(
    ("index", "size", "named"),
    [
        (5, 5, {}),
        (-1, 5, {}),
        (2, 0, {}),
        (2, -5, {}),
        (2, 9, {}),
        (2**70, 2**70 + 1, {}),
        (2, 5, {"leaf_hash": LEAVES[2][:31]}),
        (2, 5, {"leaf_hash": b""}),
        (2, 5, {"leaf_hash": LEAVES[3]}),
        (2, 5, {"root": root(LEAVES[:4])}),
        (2, 5, {"root": b""}),
        (2, 5, {"proof": ()}),
        (2, 5, {"proof": [b"x", *GOOD["proof"][1:]]}),
        (2, 5, {"proof": GOOD["proof"][::-1]}),
    ],
    ids=str,
)
def test_an_inclusion_that_does_not_hold_is_a_bad_receipt(index, size, named):
    _fails(Reason.BAD_RECEIPT, verify_inclusion, index, size, **(GOOD | named))


@pytest.mark.parametrize(
    ("old", "new", "old_root", "new_root", "proof", "reason"),
    [
        (5, 4, root(LEAVES[:5]), root(LEAVES[:4]), (), Reason.BAD_RECEIPT),
        (-1, 4, EMPTY_ROOT, root(LEAVES[:4]), (), Reason.BAD_RECEIPT),
        (3, 5, root(LEAVES[:3]), root(LEAVES[:5]), (), Reason.BAD_RECEIPT),
        (4, 5, root(LEAVES[:4]), root(LEAVES[:5]), (), Reason.BAD_RECEIPT),
        (4, 4, root(LEAVES[:4]), root(LEAVES[:4]), (LEAVES[0],), Reason.BAD_RECEIPT),
        (0, 4, EMPTY_ROOT, root(LEAVES[:4]), (LEAVES[0],), Reason.BAD_RECEIPT),
        (4, 5, root(LEAVES[:4]), root(LEAVES[:5]), (LEAVES[4][:12],), Reason.BAD_RECEIPT),
        (4, 4, b"short", b"short", (), Reason.BAD_RECEIPT),
        (4, 4, root(LEAVES[:4]), root(LEAVES[1:5]), (), Reason.FORK),
        (0, 4, root(LEAVES[:4]), root(LEAVES[:4]), (), Reason.FORK),
        (0, 0, LEAVES[0], LEAVES[0], (), Reason.FORK),
        (4, 5, root(LEAVES[:4]), root(LEAVES[:5]), (LEAVES[3],), Reason.FORK),
    ],
)
def test_two_trees_that_do_not_go_together(old, new, old_root, new_root, proof, reason):
    _fails(reason, verify_consistency, old, new, old_root=old_root, new_root=new_root, proof=proof)


def test_a_root_over_entries_instead_of_hashes_is_refused():
    with pytest.raises(Refused) as caught:
        root([b"entry"])
    assert caught.value.code is Reason.BAD_VALUE


def test_a_root_takes_linear_time():
    """Eight times the leaves take well under twice eight times as long."""
    leaves = LEAVES * 2_500
    assert len(leaves) == 100_000

    def seconds(count):
        began = time.process_time()
        root(leaves[:count])
        return time.process_time() - began

    short = min(seconds(12_500) for _ in range(3))
    assert min(seconds(100_000) for _ in range(3)) < 16 * short


def _cases(kind):
    found = sorted((VECTORS / kind).rglob("*.json"))
    return [pytest.param(path, id=path.relative_to(VECTORS / kind).as_posix()) for path in found]


def _hashes(case, *names):
    return [base64.b64decode(case[name] or "") for name in names], [
        base64.b64decode(item) for item in case["proof"] or []
    ]


needs_vectors = pytest.mark.skipif(not VECTORS.is_dir(), reason="the shared RFC 6962 vectors are absent")


@needs_vectors
def test_the_public_vectors_are_49_and_49():
    """None is an exception: the case with 12-byte roots that once expected success expects failure here."""
    assert (len(_cases("inclusion")), len(_cases("consistency"))) == (49, 49)


@needs_vectors
@pytest.mark.parametrize("path", _cases("inclusion"))
def test_public_inclusion_vector(path):
    case = json.loads(path.read_text(encoding="utf-8"))
    (leaf, tree), proof = _hashes(case, "leafHash", "root")
    named = {"leaf_hash": leaf, "proof": proof, "root": tree}
    if case["wantErr"]:
        _fails(Reason.BAD_RECEIPT, verify_inclusion, case["leafIdx"], case["treeSize"], **named)
    else:
        verify_inclusion(case["leafIdx"], case["treeSize"], **named)


@needs_vectors
@pytest.mark.parametrize("path", _cases("consistency"))
def test_public_consistency_vector(path):
    case = json.loads(path.read_text(encoding="utf-8"))
    (old_root, new_root), proof = _hashes(case, "root1", "root2")
    named = {"old_root": old_root, "new_root": new_root, "proof": proof}
    if case["wantErr"]:
        with pytest.raises(NotVerified):
            verify_consistency(case["size1"], case["size2"], **named)
    else:
        verify_consistency(case["size1"], case["size2"], **named)
