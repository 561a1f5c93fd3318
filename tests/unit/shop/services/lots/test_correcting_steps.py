"""Steps of a signed lot that are corrected: signed as new records, all others linked as they were signed."""

import uuid
from datetime import timedelta
from typing import Any

import pytest

from shop.errors import BadInput
from shop.services.access.actors import Actor
from shop.services.issuing.deliveries import sign_form
from shop.services.issuing.withdrawing import find_earlier
from shop.services.lots.correcting import CorrectionPreview
from shop.services.lots.fields import add_row, drop_row
from shop.services.lots.services import LotServices
from shop.services.texts import Text
from shop.wiring import Services
from tests.simulators.desk_people import artisan as add_artisan
from tests.simulators.held_keys import NOW
from traceability.evidence import Reader
from traceability.verdict import Outcome

WORKSHOP = "xuong-mau-1"
PRODUCT = "binh-hoa-men-lam"


@pytest.fixture
def lots(desk_services: Services) -> LotServices:
    return desk_services.desks.lots


@pytest.fixture
def artisan(desk_services: Services) -> Actor:
    return add_artisan(desk_services.database, WORKSHOP)


@pytest.fixture
def lot_id(lots: LotServices, artisan: Actor) -> int:
    """A lot of its own for each test."""
    token = lots.desk.begin(artisan, PRODUCT, units="6", made_on="2026-06-02", is_copy=True, now=NOW)
    return lots.desk.issue(artisan, token, seen=lots.desk.preview(artisan, token, now=NOW).seen, now=NOW)


@pytest.fixture
def token(lots: LotServices, artisan: Actor, lot_id: int) -> str:
    return lots.corrections.begin(artisan, lot_id, now=NOW)


def change(lots: LotServices, artisan: Actor, token: str, **changed: str) -> CorrectionPreview:
    """Types into the form and gives what the preview shows; `step_1_detail` stands for `step-1-detail`."""
    fields = lots.corrections.draft(artisan, token).fields | {"reason": "Ghi nhầm một bước."}
    fields |= {name.replace("_", "-"): text for name, text in changed.items()}
    lots.corrections.save(artisan, token, fields, now=NOW)
    return lots.corrections.preview(artisan, token, now=NOW)


def issue(lots: LotServices, artisan: Actor, token: str) -> None:
    seen = lots.corrections.preview(artisan, token, now=NOW).seen
    lots.corrections.issue(artisan, token, seen=seen, now=NOW)


def unheard(words: str) -> str:
    """Gives words that no lot before has said: each is copied from the one before."""
    return f"{words}, sổ {uuid.uuid4().hex[:6]}x."


def test_a_changed_step_is_signed_anew_and_the_others_stay(
    lots: LotServices, artisan: Actor, token: str, lot_id: int
) -> None:
    before, detail = lots.shelf.lot(artisan, lot_id, now=NOW), unheard("Nhận đất")
    preview = change(lots, artisan, token, step_1_detail=detail)
    (told,) = preview.changes
    assert (told.member, told.about) == ("step", Text(before.steps[0].name))
    assert (told.before, told.after) == ((Text(before.steps[0].detail),), (Text(detail),))
    issue(lots, artisan, token)
    after = lots.shelf.lot(artisan, lot_id, now=NOW)
    assert after.steps[0].detail == detail
    assert after.steps[0].record_id != before.steps[0].record_id
    assert after.steps[1:] == before.steps[1:]


def test_the_public_page_tells_which_step_says_what_now(
    lots: LotServices, artisan: Actor, token: str, lot_id: int, desk_services: Services
) -> None:
    preview = change(lots, artisan, token, step_2_day="2026-05-01")
    issue(lots, artisan, token)
    record_id = lots.shelf.lot(artisan, lot_id, now=NOW).line.record_id
    body = desk_services.records.record(record_id).body
    (told,) = desk_services.scans.check_record(body, now=NOW).corrections
    assert [(one.member, one.before, one.after) for one in told.changes] == [
        (one.member, one.before, one.after) for one in preview.changes
    ]
    assert [one.member for one in told.changes] == ["step"]


def test_a_step_that_never_was_is_left_out_and_a_forgotten_one_added(
    lots: LotServices, artisan: Actor, token: str, lot_id: int
) -> None:
    before = lots.shelf.lot(artisan, lot_id, now=NOW)
    fields = drop_row(lots.corrections.draft(artisan, token).fields, "step", len(before.steps))
    fields = add_row(fields, "step") | {"reason": "Ghi thiếu một bước."}
    at = f"step-{len(before.steps)}"
    fields |= {f"{at}-kind": "packed", f"{at}-name": "Đóng gói", f"{at}-detail": "Lót rơm.",
               f"{at}-day": "2026-06-02"}  # fmt: skip
    lots.corrections.save(artisan, token, fields, now=NOW)
    told = lots.corrections.preview(artisan, token, now=NOW).changes
    assert {(bool(one.before), bool(one.after)) for one in told} == {(True, False), (False, True)}
    issue(lots, artisan, token)
    names = {step.name for step in lots.shelf.lot(artisan, lot_id, now=NOW).steps}
    assert "Đóng gói" in names
    assert before.steps[-1].name not in names


def test_a_step_that_stands_twice_is_kept_once(lots: LotServices, artisan: Actor, token: str) -> None:
    was = lots.corrections.draft(artisan, token).fields["step-1-was"]
    preview = change(lots, artisan, token, step_2_was=was)
    assert [one.member for one in preview.changes] == ["step"]  # the second one was signed, and is gone


def test_a_step_of_another_lot_is_none_of_this_one(
    lots: LotServices, artisan: Actor, token: str, desk_services: Services
) -> None:
    line = lots.shelf.lots(artisan, now=NOW).lots[-1]
    foreign = lots.shelf.lot(artisan, line.id, now=NOW).steps[0].record_id
    change(lots, artisan, token, step_1_was=foreign)
    issue(lots, artisan, token)
    lot_id = lots.corrections.draft(artisan, token).lot_id
    assert foreign not in {step.record_id for step in lots.shelf.lot(artisan, lot_id, now=NOW).steps}


@pytest.mark.parametrize(
    ("field", "text", "code"),
    [
        ("step_1_day", "2026-06-09", "FUTURE"),
        ("step_1_detail", "", "EMPTY"),
        ("step_1_detail", "Gọi 0912 345 678.", "PERSONAL"),
        ("step_1_kind", "sold", "KIND"),
        ("material_1_amount", "", "EMPTY"),
    ],
)
def test_a_step_that_cannot_be_signed_is_told_by_its_field(
    lots: LotServices, artisan: Actor, token: str, field: str, text: str, code: str
) -> None:
    preview = change(lots, artisan, token, **{field: text})
    assert code in {one.code for one in preview.mistakes if one.field.startswith(field[:6].replace("_", "-"))}
    with pytest.raises(BadInput, match="cannot be signed yet"):
        issue(lots, artisan, token)


def test_a_step_that_somebody_gave_a_notice_about_stays(
    lots: LotServices, artisan: Actor, token: str, lot_id: int, desk_services: Services
) -> None:
    step = lots.shelf.lot(artisan, lot_id, now=NOW).steps[0].record_id
    form: dict[str, Any] = {"about": step, "action": "finding", "reason": "Chưa cân lại."}
    key = desk_services.keyring.key(f"did:web:demo.langnghe.example:issuers:{WORKSHOP}", "record", now=NOW)
    assert key is not None
    desk = lots.corrections.signing.desk(form, NOW)
    lots.corrections.admission.admit(sign_form(desk, "notice", key), now=NOW)
    preview = change(lots, artisan, token, step_1_detail=unheard("Nhận đất"))
    assert [(one.field, one.code) for one in preview.mistakes] == [("step-1-name", "NOTICED")]
    with pytest.raises(BadInput, match="cannot be signed yet"):
        issue(lots, artisan, token)
    fields = drop_row(lots.corrections.draft(artisan, token).fields, "step", 1)
    lots.corrections.save(artisan, token, fields, now=NOW)
    assert "NOTICED" in {one.code for one in lots.corrections.preview(artisan, token, now=NOW).mistakes}


def test_what_was_shown_is_what_is_signed(lots: LotServices, artisan: Actor, token: str) -> None:
    seen = change(lots, artisan, token, step_1_detail=unheard("Nhận đất")).seen
    change(lots, artisan, token, step_1_detail=unheard("Nhận cát"))
    with pytest.raises(BadInput, match="changed after it was shown"):
        lots.corrections.issue(artisan, token, seen=seen, now=NOW)


def test_a_draft_from_before_steps_could_be_changed_keeps_them(
    lots: LotServices, artisan: Actor, token: str, lot_id: int
) -> None:
    before = lots.shelf.lot(artisan, lot_id, now=NOW)
    lots.drafts.merge(artisan, token, {"steps": None}, kind="correction", now=NOW)
    preview = change(lots, artisan, token, warnings=unheard("Không ngâm"), step_1_detail="Khác hẳn.")
    assert [one.member for one in preview.changes] == ["warnings"]
    issue(lots, artisan, token)
    assert lots.shelf.lot(artisan, lot_id, now=NOW).steps == before.steps


def test_a_step_to_keep_is_one_of_the_lots(lots: LotServices, artisan: Actor, lot_id: int) -> None:
    page = lots.shelf.lot(artisan, lot_id, now=NOW)
    form = {"corrects": page.line.record_id, "units": 6, "keeps": [page.steps[0].record_id]}
    (kept,) = find_earlier(lots.corrections.signing.desk(form, NOW)).steps
    assert kept.envelope.id.endswith(page.steps[0].record_id)
    foreign = {**form, "keeps": [page.steps[0].record_id, page.line.record_id]}
    with pytest.raises(BadInput, match=r"keeps\[1\]: expected a step of this lot"):
        find_earlier(lots.corrections.signing.desk(foreign, NOW))


def test_the_notice_is_signed_for_the_newer_passport(
    lots: LotServices, artisan: Actor, token: str, lot_id: int, desk_services: Services
) -> None:
    old = lots.shelf.lot(artisan, lot_id, now=NOW).line.record_id
    change(lots, artisan, token, step_1_detail=unheard("Nhận đất"))
    issue(lots, artisan, token)
    record: Any = Reader(1).read(desk_services.records.record(f"correction-{old}").body).record
    new = lots.shelf.lot(artisan, lot_id, now=NOW).line.record_id
    assert (record.about.rpartition("/")[2], record.supersedes.rpartition("/")[2]) == (old, new)
    assert record.envelope.valid_from - NOW < timedelta(seconds=1)


def test_a_recall_of_a_step_that_was_replaced_reaches_the_labels(
    lots: LotServices, artisan: Actor, token: str, lot_id: int, desk_services: Services
) -> None:
    """An inspector without signal cannot know that the step was corrected meanwhile."""
    step = lots.shelf.lot(artisan, lot_id, now=NOW).steps[0]
    change(lots, artisan, token, step_1_detail=unheard("Nhận đất"))
    issue(lots, artisan, token)
    body = desk_services.records.record(lots.shelf.lot(artisan, lot_id, now=NOW).line.record_id).body
    passport: Any = Reader(1).read(body).record
    assert desk_services.scans.look_up(passport.lot_id, now=NOW).verdict.outcome is Outcome.VERIFIED
    key = desk_services.keyring.key("did:web:demo.langnghe.example:issuers:inspector-1", "record", now=NOW)
    assert key is not None
    form: dict[str, Any] = {"about": step.record_id, "action": "recall", "reason": "Bước này không có thật."}
    lots.corrections.admission.admit(
        sign_form(lots.corrections.signing.desk(form, NOW), "notice", key), now=NOW
    )
    page = desk_services.scans.look_up(passport.lot_id, now=NOW)
    assert page.verdict.outcome is Outcome.REVOKED
    assert [(one.action, one.about) for one in page.notices] == [("recall", Text(step.name))]
