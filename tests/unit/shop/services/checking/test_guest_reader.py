"""What strangers send is read beside our own records and not remembered with them."""

import pytest

from shop.services.checking.guest_reader import GuestReader
from tests.simulators.village import Village
from traceability.errors import NotVerified, TraceabilityError
from traceability.evidence import Reader


@pytest.fixture(scope="module")
def village() -> Village:
    return Village().issue_all()


def test_ours_are_read_through_the_shared_reader(village: Village) -> None:
    ours, shared = village.records["village"].data, Reader()
    assert GuestReader(shared, ours=[ours]).read(ours) is shared.read(ours)


def test_others_are_read_apart(village: Village) -> None:
    ours, shared = village.records["village"].data, Reader()
    guest = GuestReader(shared, ours=[ours])
    other = ours + b" "
    assert guest.read(other).sha256 == shared.read(ours).sha256
    assert shared._read.cache_info().currsize == 1


def test_proofs_are_remembered_for_ours_alone(village: Village) -> None:
    ours, shared = village.records["village"].data, Reader()
    guest = GuestReader(shared, ours=[ours])
    key = village.trust.key(shared.read(ours).claim.method_id).method.key
    for data in (ours, ours + b" "):
        guest.prove(data, key)
    assert shared._prove.cache_info().currsize == 1


def test_proof_that_does_not_fit_is_refused(village: Village) -> None:
    ours = village.records["village"].data
    key = village.trust.key(Reader().read(village.records["passport"].data).claim.method_id).method.key
    for known in ([ours], []):
        with pytest.raises(NotVerified):
            GuestReader(Reader(), ours=known).prove(ours, key)


def test_junk_is_refused_as_by_any_reader() -> None:
    with pytest.raises(TraceabilityError):
        GuestReader(Reader(), ours=[]).read(b"{}")
