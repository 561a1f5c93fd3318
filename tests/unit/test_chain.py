"""The chain: what is reached, in which order, and every link that must not be followed."""

from datetime import timedelta

import pytest

from tests.simulators.forgery import altered, endless, evidence_with, forge_at, zero_digest
from tests.simulators.village import NOW, Village, url
from traceability.chain import collect_chain
from traceability.errors import Reason
from traceability.evidence import Evidence, Reader
from traceability.limits import CHAIN_MAX_DEPTH, CHAIN_MAX_RECORDS
from traceability.records.canonical import digest_multibase
from traceability.records.certificate import Certificate
from traceability.records.passport import LotPassport

VILLAGE = Village().issue_all()
PASSPORT = VILLAGE.records["passport"]


def gaps_of(chain):
    return [
        (gap.source.rpartition("/")[2], gap.target.rpartition("/")[2], gap.error.code) for gap in chain.gaps
    ]


def read(data):
    return Reader().read(data)


def names(records):
    return [item.envelope.id.rpartition("/")[2] for item in records]


def test_a_lot_leads_back_to_workshop_and_village_nearest_first():
    chain = collect_chain(PASSPORT, VILLAGE.evidence)
    assert names(chain.records) == ["passport", "workshop", "event", "certificate", "village"]
    assert chain.gaps == ()


def test_records_are_found_by_kind():
    chain = collect_chain(PASSPORT, VILLAGE.evidence)
    assert [value for _, value in chain.of_kind(LotPassport)] == [PASSPORT.record]
    assert names(item for item, _ in chain.of_kind(Certificate)) == ["certificate"]


def test_the_links_of_one_record_are_told_from_those_of_others():
    chain = collect_chain(PASSPORT, VILLAGE.evidence)
    assert names(chain.linked(PASSPORT)) == ["workshop", "event", "certificate"]
    assert names(chain.linked(VILLAGE.records["workshop"])) == ["village"]
    assert chain.linked(VILLAGE.records["village"]) == ()


@pytest.mark.parametrize("dropped", ["workshop", "event", "certificate", "village"])
def test_a_record_that_is_not_at_hand_is_a_gap(dropped):
    chain = collect_chain(PASSPORT, evidence_with(VILLAGE, **{dropped: None}))
    assert {(target, code) for _, target, code in gaps_of(chain)} == {(dropped, Reason.LINK_MISSING)}


def test_a_record_of_another_digest_is_a_gap():
    other = forge_at(
        VILLAGE, altered(VILLAGE.records["event"].document, ["name"], "Khác"), "workshop#record", NOW
    )
    chain = collect_chain(PASSPORT, evidence_with(VILLAGE, event=other))
    assert gaps_of(chain) == [("passport", "event", Reason.LINK_DIGEST_MISMATCH)]


def test_the_same_record_signed_again_is_another_record():
    """The digest covers the proof: a link says which signature was seen, not only which text."""
    event = VILLAGE.records["event"].document
    later = forge_at(VILLAGE, event, "workshop#record", NOW - timedelta(seconds=1))
    chain = collect_chain(PASSPORT, evidence_with(VILLAGE, event=later))
    assert gaps_of(chain) == [("passport", "event", Reason.LINK_DIGEST_MISMATCH)]


@pytest.mark.parametrize(("data", "reason"), [(b"", Reason.NOT_JSON), (b"{}", Reason.BAD_RECORD)])
def test_an_unreadable_record_is_a_gap_with_its_own_reason(data, reason):
    assert gaps_of(collect_chain(PASSPORT, evidence_with(VILLAGE, event=data))) == [
        ("passport", "event", reason)
    ]


def test_a_record_under_the_address_of_another_is_a_gap():
    swapped = evidence_with(
        VILLAGE, event=VILLAGE.records["certificate"].data, certificate=VILLAGE.records["event"].data
    )
    found = gaps_of(collect_chain(PASSPORT, swapped))
    assert {code for _, _, code in found} == {Reason.LINK_DIGEST_MISMATCH}
    assert len(found) == 2


def test_a_link_to_a_record_that_was_signed_later_is_a_gap():
    early = read(forge_at(VILLAGE, PASSPORT.document, "workshop#record", NOW - timedelta(seconds=1)))
    found = gaps_of(collect_chain(early, VILLAGE.evidence))
    assert {code for _, _, code in found} == {Reason.LINK_FORWARD}


def test_a_record_that_links_to_itself_is_a_gap():
    """No record can hold its own digest, so a cycle shows as a digest that does not fit."""
    link = {"id": url("event"), "digestMultibase": zero_digest(), "mediaType": "application/vc"}
    event = altered(VILLAGE.records["event"].document, ["relatedResource"], [link])
    chain = collect_chain(read(forge_at(VILLAGE, event, "workshop#record", NOW)), VILLAGE.evidence)
    assert gaps_of(chain) == [("event", "event", Reason.LINK_DIGEST_MISMATCH)]


def test_two_records_that_name_each_other_are_a_gap():
    passport_link = {"id": url("passport"), "digestMultibase": PASSPORT.digest, "mediaType": "application/vc"}
    event = altered(VILLAGE.records["event"].document, ["relatedResource"], [passport_link])
    circular = forge_at(VILLAGE, event, "workshop#record", NOW)
    chain = collect_chain(PASSPORT, evidence_with(VILLAGE, event=circular))
    assert gaps_of(chain) == [("passport", "event", Reason.LINK_DIGEST_MISMATCH)]
    assert digest_multibase(circular) != VILLAGE.records["event"].digest


# --- Limits ----------------------------------------------------------------------------------------------


def in_a_row(count):
    made = endless(VILLAGE, count, linked=lambda number: range(max(number - 1, 0), number))
    return made[-1], Evidence(records={item.envelope.id: item.data for item in made})


def test_a_chain_of_the_greatest_depth_is_followed():
    chain = collect_chain(*in_a_row(CHAIN_MAX_DEPTH))
    assert (len(chain.records), chain.gaps) == (CHAIN_MAX_DEPTH, ())


def test_a_deeper_chain_is_cut_and_says_so():
    chain = collect_chain(*in_a_row(CHAIN_MAX_DEPTH + 2))
    assert [code for _, _, code in gaps_of(chain)] == [Reason.LINK_CYCLE]
    assert len(chain.records) == CHAIN_MAX_DEPTH + 1


def test_a_wider_chain_than_the_limit_is_cut_and_says_so():
    """A thousand records and their proofs, no more, are read for one request: five fans of 201."""

    def linked(number):
        fan, place = divmod(number, 202)
        return range(fan * 202, number) if place == 201 else range(0)

    made = endless(VILLAGE, 5 * 202 + 1, linked=lambda n: range(201, n, 202) if n == 5 * 202 else linked(n))
    chain = collect_chain(made[-1], Evidence({item.envelope.id: item.data for item in made}))
    assert {code for _, _, code in gaps_of(chain)} == {Reason.LINK_CYCLE}
    assert len(chain.records) == CHAIN_MAX_RECORDS


def test_many_paths_to_one_record_are_followed_once():
    """Each of 20 records links to all earlier ones: a million paths, 20 records."""
    made = endless(VILLAGE, 20, linked=range)
    chain = collect_chain(made[-1], Evidence({item.envelope.id: item.data for item in made}))
    assert (len(chain.records), chain.gaps) == (20, ())
