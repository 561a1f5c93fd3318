"""Labels and pictures of a lot: drawn and kept for its own workshop, with what was asked for and no more."""

import zipfile
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from shop.db.accounts import AuditEntry
from shop.errors import BadInput, NotFound
from shop.services.access.actors import Actor
from shop.services.lots.labels import LabelOrder, label_presets
from shop.services.lots.services import LotServices
from shop.wiring import Services
from tests.simulators.desk_people import artisan as add_artisan
from tests.simulators.pictures import encoded, photo
from tests.simulators.printed import opened
from traceability.labels.read import read_labels
from traceability.verdict import Outcome

NOW = datetime(2026, 6, 2, 3, 0, tzinfo=UTC)


@pytest.fixture
def lots(desk_services: Services) -> LotServices:
    return desk_services.desks.lots


@pytest.fixture
def artisan(desk_services: Services) -> Actor:
    return add_artisan(desk_services.database, "xuong-mau-1")


@pytest.fixture
def lot_id(lots: LotServices, artisan: Actor) -> int:
    return lots.shelf.lots(artisan, now=NOW).lots[-1].id


def test_some_labels_of_a_roll_are_drawn_and_verify(
    lots: LotServices, artisan: Actor, lot_id: int, desk_services: Services
) -> None:
    order = LabelOrder("50x30-203", "zip", first="2", last="3")
    found = lots.labels.draw(artisan, lot_id, order, now=NOW)
    line = lots.shelf.lot(artisan, lot_id, now=NOW).line
    assert found.name == f"{line.product_slug}-{line.number.lower()}-50x30-203.zip"
    with found.file, zipfile.ZipFile(found.file) as drawn:
        assert [name[:5] for name in drawn.namelist()] == ["00002", "00003"]
        code = read_labels(drawn.read(drawn.namelist()[0]))[0]
    page = desk_services.scans.look_up(code, now=NOW, is_scan=False)
    assert page.verdict.outcome in {Outcome.VERIFIED, Outcome.CAUTION}
    with desk_services.database.read() as session:
        noted = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert (noted.action, noted.account_id) == ("label print", artisan.account_id)


def test_a_sheet_with_some_labels_gone_is_a_pdf(lots: LotServices, artisan: Actor, lot_id: int) -> None:
    found = lots.labels.draw(artisan, lot_id, LabelOrder("a4-24", "pdf", first="2", skip="3"), now=NOW)
    with found.file:
        assert found.mimetype == "application/pdf"
        text = opened(found.file.read())[0].get_textpage().get_text_range()
    assert "№ 2" in text  # so that a label that is spoiled is found again
    assert "№ 1\r" not in text


def test_a_label_that_was_spoiled_is_not_printed_again(lots: LotServices, artisan: Actor) -> None:
    """The others keep their numbers."""
    lot_id = lots.shelf.lots(artisan, now=NOW).lots[-1].id
    marked = lots.spoiled.mark(artisan, lot_id, "5", now=NOW).serials
    found = lots.labels.draw(artisan, lot_id, LabelOrder("50x30-203", "zip", first="4", last="6"), now=NOW)
    with found.file, zipfile.ZipFile(found.file) as drawn:
        assert [name[:5] for name in drawn.namelist()] == ["00004", "00006"]
    assert found.count == 2
    with pytest.raises(BadInput, match="marked as spoiled"):
        lots.labels.draw(artisan, lot_id, LabelOrder("a4-24", first="5", last="5"), now=NOW)
    lots.spoiled.unmark(artisan, lot_id, marked, now=NOW)


@pytest.mark.parametrize(
    ("order", "field"),
    [
        (LabelOrder("a4-25"), "preset"),
        (LabelOrder("a4-24", skip="24"), "skip"),
        (LabelOrder("a4-24", skip="-1"), "skip"),
        (LabelOrder("a4-24", first="0"), "first"),
        (LabelOrder("a4-24", first="5", last="4"), "last"),
        (LabelOrder("a4-24", last="99999"), "last"),
        (LabelOrder("40x30-203", "svg"), "kind"),
        (LabelOrder("a4-24", "tspl"), "kind"),
        (LabelOrder("tag", "zip"), "kind"),
    ],
)
def test_what_cannot_be_drawn_is_named_by_its_field(
    lots: LotServices, artisan: Actor, lot_id: int, order: LabelOrder, field: str
) -> None:
    with pytest.raises(BadInput, match=f"^{field}: "):
        lots.labels.draw(artisan, lot_id, order, now=NOW)


def test_every_preset_of_the_issue_is_there() -> None:
    assert {preset.name for preset in label_presets()} >= {
        "a4-24", "a4-40", "a4-65", "tag", "40x30-203", "50x30-203", "60x40-203", "40x30-300", "60x40-300",
    }  # fmt: skip


def test_a_photo_of_a_step_is_signed_by_its_digest_alone(
    lots: LotServices, artisan: Actor, desk_services: Services
) -> None:
    stranger = add_artisan(desk_services.database, "xuong-mau-2")
    token = lots.desk.begin(
        artisan, "binh-hoa-men-lam", units="6", made_on="2026-06-02", is_copy=True, now=NOW
    )
    for call in (
        lambda: lots.pictures.add(stranger, token, 1, encoded(photo(), "JPEG"), is_voice=False, now=NOW),
        lambda: lots.pictures.add(artisan, token, 99, encoded(photo(), "JPEG"), is_voice=False, now=NOW),
    ):
        with pytest.raises(NotFound):
            call()
    kept = lots.pictures.add(artisan, token, 1, encoded(photo(), "JPEG"), is_voice=False, now=NOW)
    lots.pictures.drop(artisan, token, 1, kept, now=NOW)
    assert lots.desk.draft(artisan, token).media == {1: ()}
    lots.pictures.put_back(artisan, token, 1, kept, now=NOW)
    item = lots.desk.draft(artisan, token).media[1][0]
    assert lots.pictures.file(artisan, item.name)[0].is_file()
    with pytest.raises(NotFound):
        lots.pictures.file(stranger, item.name)
    lot = lots.desk.issue(artisan, token, seen=lots.desk.preview(artisan, token, now=NOW).seen, now=NOW)
    step = lots.shelf.lot(artisan, lot, now=NOW).steps[0]
    assert (step.evidence, [one.name for one in step.media]) == (1, [item.name])
    with pytest.raises(NotFound):
        lots.labels.draw(stranger, lot, LabelOrder("a4-24"), now=NOW)


def test_what_is_no_picture_is_refused(lots: LotServices, artisan: Actor) -> None:
    token = lots.desk.begin(
        artisan, "binh-hoa-men-lam", units="6", made_on="2026-06-02", is_copy=True, now=NOW
    )
    with pytest.raises(BadInput):
        lots.pictures.add(artisan, token, 1, b"<svg/>", is_voice=False, now=NOW)
    assert lots.desk.draft(artisan, token).media == {}
