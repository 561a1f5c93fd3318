"""Whether a record and those that it links to speak of the same thing: lots in borrowed feathers."""

from dataclasses import replace
from datetime import date

import pytest

from tests.simulators.forgery import every_kind
from tests.simulators.village import HOST, UNITS, Village, did
from traceability.errors import NotVerified, Reason
from traceability.subjects import check_subjects, check_successor, present_unit

VILLAGE = Village().issue_all()
RECORDS = every_kind(VILLAGE)
PLACE = RECORDS["workshop"]
# What each record links to in the village.
LINKED = {
    "workshop": [RECORDS["village"]],
    "certificate": [PLACE],
    "event": [PLACE],
    "passport": [PLACE, RECORDS["event"], RECORDS["certificate"]],
}


def refusal(record, linked):
    with pytest.raises(NotVerified) as caught:
        check_subjects(record, linked)
    return caught.value.code


@pytest.mark.parametrize("name", LINKED)
def test_an_honest_record_agrees_with_what_it_links_to(name):
    check_subjects(RECORDS[name], LINKED[name])


@pytest.mark.parametrize("name", LINKED)
def test_a_record_whose_place_is_not_linked_is_refused(name):
    assert refusal(RECORDS[name], []) is Reason.LINK_MISSING


def test_a_workshop_in_another_village_than_the_linked_one_is_refused():
    workshop = replace(PLACE, village_id=f"https://{HOST}/villages/lang-khac")
    assert refusal(workshop, LINKED["workshop"]) is Reason.LINK_MISSING


def test_a_workshop_that_calls_its_village_by_another_name_is_refused():
    assert refusal(replace(PLACE, village_name="Bát Tràng"), LINKED["workshop"]) is Reason.SUBJECT_MISMATCH


def test_a_site_in_another_province_than_the_village_is_refused():
    units = (*UNITS[:-1], replace(UNITS[-1], code="vn:79/26734"))
    assert refusal(replace(PLACE, units=units), LINKED["workshop"]) is Reason.SUBJECT_MISMATCH


def test_a_site_in_another_commune_of_the_province_is_allowed():
    units = (*UNITS[:-1], replace(UNITS[-1], code="vn:01/00565"))
    check_subjects(replace(PLACE, units=units, is_inside_village=False), LINKED["workshop"])


@pytest.mark.parametrize("name", ["event", "passport"])
def test_a_workshop_that_somebody_else_operates_is_refused(name):
    workshop = replace(PLACE, operator_did=did("neighbour"))
    assert refusal(RECORDS[name], [workshop, *LINKED[name][1:]]) is Reason.SUBJECT_MISMATCH


@pytest.mark.parametrize("change", [{"did": did("neighbour")}, {"name": "Nhà nước"}], ids=["did", "name"])
def test_a_passport_that_names_another_producer_is_refused(change):
    passport = replace(RECORDS["passport"], producer=replace(RECORDS["passport"].producer, **change))
    assert refusal(passport, LINKED["passport"]) is Reason.SUBJECT_MISMATCH


def test_a_passport_that_gives_its_workshop_another_name_is_refused():
    passport = replace(RECORDS["passport"], facility_name="Xưởng nổi tiếng")
    assert refusal(passport, LINKED["passport"]) is Reason.SUBJECT_MISMATCH


@pytest.mark.parametrize(
    "change",
    [
        {"product_id": f"https://{HOST}/01/09520000000028"},
        {"facility_id": f"https://{HOST}/workshops/xuong-ben"},
    ],
    ids=["another-product", "another-workshop"],
)
def test_a_lot_does_not_wear_the_stars_of_another(change):
    stars = replace(RECORDS["certificate"], **change)
    assert refusal(RECORDS["passport"], [PLACE, RECORDS["event"], stars]) is Reason.SUBJECT_MISMATCH


def test_a_lot_may_carry_its_artisans_title_which_names_no_product():
    title = replace(RECORDS["certificate-artisan_title"], product_id=None, product_name=None)
    check_subjects(RECORDS["passport"], [PLACE, RECORDS["event"], title])


def test_a_lot_does_not_hang_on_another_lots_passport():
    """Through another passport its certificates and its whole story would stand on this lot's page."""
    assert (
        refusal(RECORDS["passport"], [PLACE, RECORDS["event"], RECORDS["passport"]])
        is Reason.SUBJECT_MISMATCH
    )


def test_an_event_carries_no_certificate():
    assert refusal(RECORDS["event"], [PLACE, RECORDS["certificate"]]) is Reason.SUBJECT_MISMATCH


def test_a_lot_names_one_workshop_only():
    other = replace(PLACE, facility_id=f"https://{HOST}/workshops/xuong-ben")
    assert refusal(RECORDS["passport"], [PLACE, other, RECORDS["event"]]) is Reason.SUBJECT_MISMATCH


def test_an_event_of_another_workshop_is_not_this_lots_story():
    event = replace(RECORDS["event"], place_id=f"https://{HOST}/workshops/xuong-ben")
    assert refusal(RECORDS["passport"], [PLACE, event]) is Reason.SUBJECT_MISMATCH


def test_events_of_another_lot_alone_are_not_this_lots_story():
    outputs = (replace(RECORDS["event"].outputs[0], id=f"https://{HOST}/01/09520000000011/10/L2"),)
    event = replace(RECORDS["event"], outputs=outputs)
    assert refusal(RECORDS["passport"], [PLACE, event]) is Reason.SUBJECT_MISMATCH


def test_a_certificate_issued_to_somebody_else_is_refused():
    issued_to = replace(RECORDS["certificate"].issued_to, did=did("neighbour"))
    assert refusal(replace(RECORDS["certificate"], issued_to=issued_to), [PLACE]) is Reason.SUBJECT_MISMATCH


@pytest.mark.parametrize(
    "units",
    [
        UNITS[:1],
        (UNITS[1], replace(UNITS[1], code="vn:48/20413")),
        (UNITS[1], replace(UNITS[0], since=None, until=date(2025, 6, 30))),
        (replace(UNITS[1], code=None),),
    ],
    ids=["all abolished", "two open", "the open one first", "no code"],
)
def test_a_place_has_one_present_unit_and_it_is_the_last(units):
    with pytest.raises(NotVerified) as caught:
        present_unit(replace(RECORDS["village"], units=units))
    assert caught.value.code is Reason.KEY_NOT_AUTHORISED


SAME = ["village", "workshop", "certificate", "event", "passport", "notice-recall", "transcription", "list"]


@pytest.mark.parametrize("name", SAME)
def test_a_record_can_take_the_place_of_one_about_the_same(name):
    check_successor(replace(RECORDS[name]), RECORDS[name])


@pytest.mark.parametrize(("later", "earlier"), [("event", "passport"), ("passport", "workshop")])
def test_a_record_of_another_kind_cannot_take_a_place(later, earlier):
    with pytest.raises(NotVerified, match="does not take the place of a"):
        check_successor(RECORDS[later], RECORDS[earlier])


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("workshop", {"facility_id": f"https://{HOST}/workshops/xuong-khac"}),
        ("passport", {"lot_id": f"https://{HOST}/01/09520000000011/10/L2", "lot": "L2"}),
        ("passport", {"facility_id": f"https://{HOST}/workshops/xuong-khac"}),
        ("certificate", {"product_id": f"https://{HOST}/01/09520000000028"}),
        ("event", {"place_id": f"https://{HOST}/workshops/xuong-khac"}),
    ],
)
def test_a_record_about_something_else_cannot_take_a_place(name, changes):
    with pytest.raises(NotVerified) as caught:
        check_successor(replace(RECORDS[name], **changes), RECORDS[name])
    assert caught.value.code is Reason.SUBJECT_MISMATCH
