"""Properties of the log's forms: round trips, any bytes in, one-character changes, any way of appending."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.simulators.ledger import LOG_SIGNER, ORIGIN
from tests.simulators.merkle import consistency_proof, inclusion_proof
from traceability.errors import Refused, TraceabilityError
from traceability.ledger import note
from traceability.ledger.checkpoint import Checkpoint
from traceability.ledger.cosignature import WitnessKey, cosign, verify_cosignatures
from traceability.ledger.log import append
from traceability.ledger.memory_store import MemoryStore
from traceability.ledger.merkle import leaf_hash, root
from traceability.ledger.note import Note, Verifier
from traceability.ledger.quorum import Policy
from traceability.ledger.receipt import Receipt, verify_receipt
from traceability.ledger.store import Entry
from traceability.ledger.tile_proofs import prove_consistency, prove_inclusions, root_at
from traceability.ledger.tiles import Resource, decode_bundle, encode_bundle
from traceability.ledger.witness import AddCheckpoint

hashes = st.binary(min_size=32, max_size=32)
sizes = st.one_of(st.integers(0, 300), st.integers(0, 2**63 - 1))
names = st.text("abcxyz0189./-đ", min_size=1, max_size=20)
heads = st.builds(Checkpoint, origin=names, size=sizes, root=hashes)
signed = st.builds(lambda head: note.parse(note.sign(head.to_text(), [(head.origin, LOG_SIGNER)])), heads)
receipts = st.builds(
    Receipt,
    index=sizes,
    hashes=st.lists(hashes, max_size=8).map(tuple),
    checkpoint=signed,
    extra=st.none() | st.binary(min_size=1, max_size=20),
)
requests = st.builds(AddCheckpoint, old=sizes, proof=st.lists(hashes, max_size=8).map(tuple), note=signed)


@given(heads)
def test_a_checkpoint_reads_back(head):
    assert Checkpoint.from_text(head.to_text()) == head


@given(receipts)
def test_a_receipt_reads_back(receipt):
    assert Receipt.from_bytes(receipt.to_bytes()) == receipt


@given(requests)
def test_a_request_reads_back(request):
    assert AddCheckpoint.from_bytes(request.to_bytes()) == request


@given(st.integers(0, 2**40), st.integers(1, 256), st.none() | st.integers(0, 63))
def test_a_path_reads_back(n, width, level):
    resource = Resource(level, n, width)
    assert Resource.from_path(resource.path) == resource


@given(st.lists(st.binary(max_size=300), max_size=256))
def test_a_bundle_reads_back(entries):
    assert decode_bundle(encode_bundle(entries), width=len(entries)) == entries


def _read_or_ours(read, data):
    """Gives the value, or None for an error of ours; anything else escapes and fails the test."""
    try:
        return read(data)
    except TraceabilityError:
        return None


PREFIXES = (b"", b"c2sp.org/tlog-proof@v1\nindex 1\n", b"old 1\n\n", b"log ", b"quorum none\n", b"a\n1\n")


@settings(max_examples=300)
@given(st.sampled_from(PREFIXES), st.binary(max_size=200))
def test_any_bytes_are_a_value_or_an_error_of_ours(prefix, tail):
    data = prefix + tail
    for read in (Receipt.from_bytes, AddCheckpoint.from_bytes):
        value = _read_or_ours(read, data)
        assert value is None or value.to_bytes() == data
    _read_or_ours(Policy.from_bytes, data)
    _read_or_ours(lambda one: decode_bundle(one, width=3), data)


@settings(max_examples=300)
@given(st.text(max_size=80))
def test_any_text_is_a_value_or_an_error_of_ours(text):
    head = _read_or_ours(Checkpoint.from_text, text)
    assert head is None or head.to_text() == text
    resource = _read_or_ours(Resource.from_path, text)
    assert resource is None or resource.path == text
    _read_or_ours(WitnessKey.from_vkey, text)


@st.composite
def changed(draw, data):
    """Gives bytes that differ from `data` in one place."""
    at = draw(st.integers(0, len(data) - 1))
    return draw(
        st.sampled_from(
            [data[:at] + data[at + 1 :], data[:at] + draw(st.binary(min_size=1, max_size=1)) + data[at:]]
        )
        | st.integers(1, 255).map(lambda bits: data[:at] + bytes([data[at] ^ bits]) + data[at + 1 :])
    )


POLICY = Policy((Verifier(ORIGIN, LOG_SIGNER.public_key),))
LEAVES = [leaf_hash(b"%d" % number) for number in range(21)]
RECEIPT = Receipt(
    11,
    inclusion_proof(11, LEAVES),
    note.parse(note.sign(Checkpoint(ORIGIN, 21, root(LEAVES)).to_text(), [(ORIGIN, LOG_SIGNER)])),
)


@settings(max_examples=400)
@given(st.data())
def test_no_receipt_with_one_change_verifies_as_another(data):
    """A change may bring back the same value (a byte put in and read as what was there), never another."""
    bytes_of = RECEIPT.to_bytes()
    receipt = _read_or_ours(Receipt.from_bytes, data.draw(changed(bytes_of)))
    if receipt is not None and receipt != RECEIPT:
        try:
            verify_receipt(receipt, leaf_hash=LEAVES[11], policy=POLICY)
        except TraceabilityError:
            return
        # Only a further line of an unknown key may stand in a note that verifies.
        assert receipt.index == 11
        assert receipt.checkpoint.text == RECEIPT.checkpoint.text


@given(heads, st.integers(1, 2**63 - 1))
def test_a_cosignature_verifies_with_its_time(head, time_s):
    line = cosign(head.to_text(), LOG_SIGNER, name="w.example", time_s=time_s)
    key = WitnessKey("w.example", LOG_SIGNER.public_key)
    (found,) = verify_cosignatures(note.parse(Note(head.to_text(), (line,)).to_bytes()), [key])
    assert (found.witness, found.time_s) == (key, time_s)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 3)), max_size=60), max_size=12), st.data()
)
def test_however_entries_are_appended_the_tree_is_that_of_a_plain_list(batches, data):
    """The model is a dictionary in order of first appearance; refused batches leave no trace."""
    store, model = MemoryStore(), {}
    for batch in batches:
        entries = [Entry(f"e{number}", b"body %d" % (number * (kind > 0))) for number, kind in batch]
        draft = dict(model)
        is_allowed = all(draft.setdefault(entry.id, entry.body) == entry.body for entry in entries)
        try:
            with store.write() as writer:
                found = append(writer, entries)
        except Refused:
            assert not is_allowed
            continue
        assert is_allowed
        model = draft
        order = list(model)
        assert list(found) == [order.index(entry.id) for entry in entries]
    leaves = [leaf_hash(body) for body in model.values()]
    with store.read() as view:
        assert root_at(len(leaves), view.tiles) == root(leaves)
        if leaves:
            size = data.draw(st.integers(1, len(leaves)))
            index = data.draw(st.integers(0, size - 1))
            assert prove_inclusions([index], size, view.tiles)[0] == inclusion_proof(index, leaves[:size])
            assert prove_consistency(index, size, view.tiles) == consistency_proof(index, leaves[:size])
