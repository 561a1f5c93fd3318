"""A village without a province: what an association may sign over papers, and how weak that is called."""

from dataclasses import replace

import pytest

from tests.simulators.forgery import SCAN, notice, transcription
from tests.simulators.village import HOST, Village, did, trust_key
from traceability.errors import NotVerified, Reason
from traceability.policy import check_record, level_of
from traceability.records.envelope import Issuer, Link
from traceability.records.facility import Recognition
from traceability.records.notice import NOTICE_ACTIONS, Notice
from traceability.records.terms import Party

PLACE = f"https://{HOST}/villages/lang-mau"
SHOP = f"https://{HOST}/workshops/xuong-mau"
KEY = trust_key("association", "association", (PLACE,))
ISSUER = Issuer(did("association"), KEY.name)
SIMULATED = Village().issue_all()


def signed_by_association(record):
    return replace(record, envelope=replace(record.envelope, issuer=ISSUER))


def paper(about):
    return signed_by_association(transcription(SIMULATED, about=about))


VILLAGE = signed_by_association(SIMULATED.records["village"].record)
WORKSHOP = signed_by_association(SIMULATED.records["workshop"].record)
UNKNOWN = replace(VILLAGE, recognition=Recognition(None, None, None, None, "unknown"))


def refusal(record, linked, key=KEY):
    with pytest.raises(NotVerified) as caught:
        check_record(record, key, linked)
    return caught.value.code


def test_an_association_signs_a_village_over_its_paper():
    check_record(VILLAGE, KEY, [paper(PLACE)])


def test_an_association_signs_a_village_of_unknown_title_without_a_paper():
    check_record(UNKNOWN, KEY, [])


def test_an_association_signs_a_workshop_over_its_paper():
    check_record(WORKSHOP, KEY, [VILLAGE, paper(SHOP)])


def test_what_an_association_copied_is_never_called_attested_or_certified():
    assert level_of(VILLAGE, "association") == "transcribed"
    assert level_of(WORKSHOP, "association") == "transcribed"
    assert level_of(UNKNOWN, "association") == "self_declared"


def test_what_the_authority_signs_itself_is_called_so():
    assert level_of(VILLAGE, "province") == "certified"
    assert level_of(UNKNOWN, "province") == "attested"
    assert level_of(WORKSHOP, "commune") == "attested"


@pytest.mark.parametrize("action", sorted(NOTICE_ACTIONS))
@pytest.mark.parametrize("about", ["village", "workshop", "transcription"])
def test_an_association_gives_notice_about_what_it_signed_itself(action, about):
    own = {"village": VILLAGE, "workshop": WORKSHOP, "transcription": paper(PLACE)}[about]
    check_record(_notice(action, own), KEY, [own])


def test_an_association_gives_no_notice_about_a_workshops_lot():
    lot = SIMULATED.records["passport"].record
    assert refusal(_notice("recall", lot), [lot]) is Reason.KEY_NOT_AUTHORISED


def _notice(action, about):
    envelope = replace(notice(SIMULATED).envelope, issuer=ISSUER, links=(Link(about.envelope.id, SCAN),))
    supersedes = about.envelope.id + "-2" if action == "correction" else None
    return Notice(
        envelope,
        action,
        about.envelope.id,
        Party(did("association"), KEY.name),
        "Chép nhầm.",
        supersedes=supersedes,
    )


def test_a_recognised_village_without_a_paper_is_refused():
    assert refusal(VILLAGE, []) is Reason.KEY_NOT_AUTHORISED


@pytest.mark.parametrize("status", ["under_review", "withdrawn"])
def test_a_status_that_somebody_decided_needs_a_paper_too(status):
    record = replace(VILLAGE, recognition=replace(VILLAGE.recognition, status=status))
    assert refusal(record, []) is Reason.KEY_NOT_AUTHORISED


def test_a_workshop_without_a_paper_is_refused():
    assert refusal(WORKSHOP, [VILLAGE]) is Reason.KEY_NOT_AUTHORISED


def test_a_paper_that_somebody_else_copied_does_not_count():
    foreign = replace(
        paper(SHOP), envelope=replace(paper(SHOP).envelope, issuer=Issuer(did("neighbour"), "x"))
    )
    assert refusal(WORKSHOP, [VILLAGE, foreign]) is Reason.KEY_NOT_AUTHORISED


@pytest.mark.parametrize("about", [PLACE, f"https://{HOST}/workshops/xuong-ben"])
def test_a_paper_about_another_place_does_not_make_a_workshop(about):
    assert refusal(WORKSHOP, [VILLAGE, paper(about)]) is Reason.SUBJECT_MISMATCH


def test_an_association_of_another_village_is_refused():
    other = trust_key("association", "association", (f"https://{HOST}/villages/lang-khac",))
    assert refusal(VILLAGE, [paper(PLACE)], other) is Reason.KEY_NOT_AUTHORISED
    assert refusal(WORKSHOP, [VILLAGE, paper(SHOP)], other) is Reason.KEY_NOT_AUTHORISED


@pytest.mark.parametrize("scope", ["vn:01", "vn:01/00577"])
def test_an_association_speaks_for_villages_and_for_no_commune(scope):
    key = trust_key("association", "association", (scope,))
    assert refusal(VILLAGE, [paper(PLACE)], key) is Reason.KEY_NOT_AUTHORISED


def test_an_association_gives_no_stars_even_over_a_paper():
    stars = signed_by_association(SIMULATED.records["certificate"].record)
    assert refusal(stars, [WORKSHOP]) is Reason.KEY_NOT_AUTHORISED


def test_the_commune_may_take_the_place_of_what_was_copied():
    commune = trust_key("commune", "commune", ("vn:01/00577",))
    record = replace(WORKSHOP, envelope=SIMULATED.records["workshop"].envelope)
    check_record(record, commune, [VILLAGE, WORKSHOP])


def test_a_record_about_another_workshop_takes_no_place():
    earlier = replace(WORKSHOP, facility_id=f"https://{HOST}/workshops/xuong-ben")
    commune = trust_key("commune", "commune", ("vn:01/00577",))
    record = replace(WORKSHOP, envelope=SIMULATED.records["workshop"].envelope)
    assert refusal(record, [VILLAGE, earlier], commune) is Reason.SUBJECT_MISMATCH


def test_a_village_record_takes_the_place_of_no_other_village():
    earlier = replace(VILLAGE, facility_id=f"https://{HOST}/villages/lang-khac")
    province = trust_key("province", "province", ("vn:01",))
    assert refusal(SIMULATED.records["village"].record, [earlier], province) is Reason.SUBJECT_MISMATCH


def test_a_paper_about_a_workshop_without_a_record_hangs_on_its_village():
    check_record(paper(SHOP), KEY, [VILLAGE])


def test_a_lot_carries_a_paper_about_its_own_product_and_no_other():
    passport, event = (SIMULATED.records[name].record for name in ("passport", "event"))
    workshop = SIMULATED.records["workshop"].record
    key = SIMULATED.keys["workshop#record"]
    check_record(passport, key, [workshop, event, paper(passport.product_id)])
    other = paper(f"https://{HOST}/01/09520000000028")
    assert refusal(passport, [workshop, event, other], key) is Reason.SUBJECT_MISMATCH


def test_a_paper_about_another_workshop_is_not_linked_to_this_one():
    assert refusal(paper(f"https://{HOST}/workshops/xuong-ben"), [WORKSHOP]) is Reason.SUBJECT_MISMATCH
