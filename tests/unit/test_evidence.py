"""Evidence: serial lists, and a reader that remembers only what can never change."""

import json

import pytest

from tests.simulators.forgery import altered
from tests.simulators.village import Village
from traceability.errors import NotVerified, Reason, Refused, Unreadable
from traceability.evidence import Evidence, Reader, join_serials
from traceability.ledger import merkle

VILLAGE = Village().issue_all()
PASSPORT = VILLAGE.records["passport"]
KEY = VILLAGE.keys["workshop#record"].method.key


def test_serials_are_joined_in_ascending_order():
    assert join_serials(["B" * 12, "A" * 12]) == b"A" * 12 + b"B" * 12
    assert join_serials([]) == b""


@pytest.mark.parametrize(
    "serials", [["A" * 11], ["A" * 13], ["A" * 12, "A" * 12], ["Á" * 12], ["A" * 12, ""]], ids=ascii
)
def test_other_serials_are_refused(serials):
    with pytest.raises(Refused) as caught:
        join_serials(serials)
    assert caught.value.code is Reason.BAD_VALUE


def test_a_list_of_serials_has_the_merkle_root_over_each():
    known = Reader().serials(join_serials(["A" * 12, "B" * 12]))
    leaves = [merkle.leaf_hash(b"A" * 12), merkle.leaf_hash(b"B" * 12)]
    assert known.root == merkle.node_hash(*leaves)
    assert known.members == {b"A" * 12, b"B" * 12}


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"A" * 13, id="not-a-multiple"),
        pytest.param(b"B" * 12 + b"A" * 12, id="not-ascending"),
        pytest.param(b"A" * 24, id="twice"),
    ],
)
def test_a_list_of_serials_in_another_form_is_refused(data):
    with pytest.raises(Unreadable) as caught:
        Reader().serials(data)
    assert caught.value.code is Reason.BAD_VALUE


def test_a_record_reads_to_the_value_that_was_issued():
    read = Reader().read(PASSPORT.data)
    assert read == PASSPORT
    assert read.record == VILLAGE.records["passport"].record


def test_the_digest_is_that_of_the_canonical_bytes_however_the_record_is_spelled():
    data = json.dumps(PASSPORT.document, indent=2).encode()
    read = Reader().read(data)
    assert data != PASSPORT.data
    assert (read.data, read.digest, read.sha256) == (data, PASSPORT.digest, PASSPORT.sha256)


def test_a_proof_is_remembered_for_these_bytes_and_this_key_alone():
    reader = Reader()
    reader.prove(PASSPORT.data, KEY)
    changed = altered(PASSPORT.document, ["name"], "Tên khác")
    other = VILLAGE.keys["neighbour#record"].method.key
    for data, key in ((json.dumps(changed).encode(), KEY), (PASSPORT.data, other)):
        for _ in range(2):
            with pytest.raises(NotVerified) as caught:
                reader.prove(data, key)
            assert caught.value.code is Reason.BAD_SIGNATURE


def test_a_refusal_is_not_remembered_as_a_pass():
    reader = Reader()
    for _ in range(3):
        with pytest.raises(Unreadable):
            reader.read(b"{}")


def test_a_reader_remembers_no_more_than_it_was_told_to():
    reader = Reader(2)
    for item in VILLAGE.records.values():
        reader.read(item.data)
    assert reader.read(PASSPORT.data) == PASSPORT


def test_two_sets_of_evidence_do_not_share_a_reader_unless_told():
    assert Evidence().reader is not Evidence().reader
