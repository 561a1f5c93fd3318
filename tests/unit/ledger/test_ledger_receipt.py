"""Receipts: one file that proves an entry's place offline, and what must not pass for one."""

import dataclasses

import pytest

from tests.simulators.ledger import LOG_SIGNER, NOW, ORIGIN, later, make_entries, make_log
from traceability.errors import NotVerified, Reason, Refused, TraceabilityError, Unreadable
from traceability.ledger import note
from traceability.ledger.checkpoint import Checkpoint
from traceability.ledger.merkle import leaf_hash, node_hash
from traceability.ledger.note import Verifier
from traceability.ledger.quorum import Policy
from traceability.ledger.receipt import Receipt, verify_receipt
from traceability.signing.keys import Ed25519Signer

POLICY = Policy((Verifier(ORIGIN, LOG_SIGNER.public_key),))
LEAF = leaf_hash(make_entries(11, 12)[0].body)


@pytest.fixture(scope="module")
def receipt(tmp_path_factory):
    log = make_log(tmp_path_factory.mktemp("heads"))
    log.append_batch(make_entries(0, 21))
    log.checkpoint(NOW)
    return log.receipts(["record-11"])["record-11"]


def _fails(reason, receipt, *, leaf=LEAF, policy=POLICY):
    with pytest.raises(NotVerified) as caught:
        verify_receipt(receipt, leaf_hash=leaf, policy=policy)
    assert caught.value.code is reason


def test_a_receipt_verifies_and_names_its_head(receipt):
    head = verify_receipt(receipt, leaf_hash=LEAF, policy=POLICY)
    assert (receipt.index, head.checkpoint.size, head.cosignatures) == (11, 21, ())


def test_a_receipt_has_the_layout_of_the_specification(receipt):
    """Source: C2SP tlog-proof v1."""
    head, rest = receipt.to_bytes().decode().split("\n\n", 1)
    assert head.split("\n")[:2] == ["c2sp.org/tlog-proof@v1", "index 11"]
    assert len(head.split("\n")) == 2 + 5
    assert rest == receipt.checkpoint.to_bytes().decode()


def test_a_receipt_reads_back_with_and_without_an_extra(receipt):
    for one in (receipt, dataclasses.replace(receipt, extra=b"anything")):
        assert Receipt.from_bytes(one.to_bytes()) == one


def test_the_only_entry_of_a_log_needs_no_hashes(tmp_path):
    log = make_log(tmp_path)
    log.append_batch(make_entries(11, 12))
    log.checkpoint(NOW)
    one = log.receipts(["record-11"])["record-11"]
    assert one.hashes == ()
    verify_receipt(Receipt.from_bytes(one.to_bytes()), leaf_hash=LEAF, policy=POLICY)


def test_another_entry_is_not_proven(receipt):
    _fails(Reason.BAD_RECEIPT, receipt, leaf=leaf_hash(b"another"))


def test_an_inner_node_is_not_proven_as_an_entry(receipt):
    """Without the prefixes of RFC 6962 the two hashes of a node would be an entry of a smaller tree."""
    node = node_hash(receipt.hashes[0], LEAF)
    shorter = dataclasses.replace(receipt, index=receipt.index // 2, hashes=receipt.hashes[1:])
    _fails(Reason.BAD_RECEIPT, shorter, leaf=node)


@pytest.mark.parametrize("index", [0, 10, 12, 20, 21, 2**62])
def test_another_index_is_not_proven(receipt, index):
    _fails(Reason.BAD_RECEIPT, dataclasses.replace(receipt, index=index))


def test_a_changed_missing_or_added_hash_is_not_believed(receipt):
    hashes = receipt.hashes
    for other in (hashes[1:], hashes[:-1], (*hashes, bytes(32)), (bytes(32), *hashes[1:]), hashes[::-1], ()):
        _fails(Reason.BAD_RECEIPT, dataclasses.replace(receipt, hashes=other))


def test_the_head_of_another_tree_is_not_believed(receipt, tmp_path):
    log = make_log(tmp_path)
    log.append_batch(make_entries(0, 22))
    other = log.checkpoint(later(9)).note
    _fails(Reason.BAD_RECEIPT, dataclasses.replace(receipt, checkpoint=other))


def test_a_head_signed_by_a_stranger_is_not_believed(receipt):
    stranger = Ed25519Signer.from_seed(bytes(32))
    forged = note.parse(note.sign(receipt.checkpoint.text, [(ORIGIN, stranger)]))
    _fails(Reason.KEY_UNKNOWN, dataclasses.replace(receipt, checkpoint=forged))


def test_a_head_whose_size_was_changed_is_not_believed(receipt):
    head = Checkpoint.from_text(receipt.checkpoint.text)
    moved = dataclasses.replace(receipt.checkpoint, text=dataclasses.replace(head, size=22).to_text())
    _fails(Reason.BAD_SIGNATURE, dataclasses.replace(receipt, checkpoint=moved))


BAD = {
    "nothing": lambda data: b"",
    "no header": lambda data: data.partition(b"\n")[2],
    "another version": lambda data: data.replace(b"@v1", b"@v2"),
    "no index": lambda data: data.replace(b"index 11\n", b""),
    "index 011": lambda data: data.replace(b"index 11", b"index 011"),
    "index -1": lambda data: data.replace(b"index 11", b"index -1"),
    "huge index": lambda data: data.replace(b"index 11", b"index " + b"9" * 30),
    "no empty line": lambda data: data.replace(b"\n\n", b"\n", 1),
    "an empty extra": lambda data: data.replace(b"index", b"extra \nindex"),
    "extra behind the index": lambda data: data.replace(b"index 11", b"index 11\nextra AAAA"),
    "two extras": lambda data: data.replace(b"index", b"extra AAAA\nextra AAAA\nindex"),
    "loose bits in the extra": lambda data: data.replace(b"index", b"extra AAB=\nindex"),
    "a short hash": lambda data: data.replace(b"index 11\n", b"index 11\nAAAA\n"),
    "64 hashes": lambda data: data.replace(b"index 11\n", b"index 11\n" + (b"A" * 43 + b"=\n") * 64),
    "carriage returns": lambda data: data.replace(b"\n", b"\r\n"),
    "no signature": lambda data: data.rpartition(b"\n\n")[0] + b"\n\n",
    "more behind it": lambda data: data + b"\n",
    "not ASCII": lambda data: "đ".encode() + data,
}


@pytest.mark.parametrize("change", BAD.values(), ids=BAD)
def test_a_file_that_is_no_receipt_is_refused(receipt, change):
    with pytest.raises(Unreadable) as caught:
        Receipt.from_bytes(change(receipt.to_bytes()))
    assert caught.value.code is Reason.BAD_RECEIPT


def test_a_file_above_64_kib_is_too_large(receipt):
    with pytest.raises(Unreadable) as caught:
        Receipt.from_bytes(receipt.to_bytes() + b" " * 65_536)
    assert caught.value.code is Reason.TOO_LARGE


@pytest.mark.parametrize(
    "change", [{"index": -1}, {"hashes": (b"x",)}, {"hashes": (bytes(32),) * 64}, {"extra": b""}]
)
def test_a_value_that_would_not_read_back_is_refused(receipt, change):
    with pytest.raises(Refused):
        dataclasses.replace(receipt, **change)


def test_every_changed_byte_is_refused(receipt):
    data = receipt.to_bytes()
    for at in range(len(data)):
        changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        with pytest.raises(TraceabilityError):
            verify_receipt(Receipt.from_bytes(changed), leaf_hash=LEAF, policy=POLICY)
