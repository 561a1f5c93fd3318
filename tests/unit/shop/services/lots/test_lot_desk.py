"""A lot from its draft to signed records: once, whole, and for its own workshop alone."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from shop.db.accounts import AuditEntry
from shop.db.catalogue import Product
from shop.db.lots import Lot, Record
from shop.errors import BadInput, Forbidden, NotFound
from shop.services.access.actors import INSPECTOR, Actor
from shop.services.lots.desk import LotDesk
from shop.wiring import Services
from tests.simulators.desk_people import artisan as add_artisan

NOW = datetime(2026, 6, 2, 3, 0, tzinfo=UTC)
VASE = "binh-hoa-men-lam"


@pytest.fixture
def desk(desk_services: Services) -> LotDesk:
    return desk_services.desks.lots.desk


@pytest.fixture
def artisan(desk_services: Services) -> Actor:
    return add_artisan(desk_services.database, "xuong-mau-1")


def copied(desk: LotDesk, artisan: Actor, units: str = "12") -> str:
    return desk.begin(artisan, VASE, units=units, made_on="2026-06-02", is_copy=True, now=NOW)


def test_a_copied_lot_is_ready_to_be_signed(desk: LotDesk, artisan: Actor) -> None:
    """It counts on from the lot before, and nothing of it is told as done after now."""
    earlier = desk.new(artisan, VASE)
    token = copied(desk, artisan)
    preview = desk.preview(artisan, token, now=NOW)
    assert preview.mistakes == ()
    assert preview.form["lot"] > str(earlier.last_number)
    assert (preview.form["units"], preview.form["madeOn"]) == (12, "2026-06-02")
    assert max(event["time"] for event in preview.form["events"]) <= "2026-06-02T10:00:00+07:00"
    assert preview.signer
    assert not preview.is_held
    assert all(found.good for found in preview.gaps)


def test_an_amount_that_does_not_scale_exactly_is_asked_for(desk: LotDesk, artisan: Actor) -> None:
    """A rounded amount would be signed as if it had been measured."""
    token = copied(desk, artisan, units="7")
    mistakes = desk.preview(artisan, token, now=NOW).mistakes
    assert mistakes
    assert {mistake.code for mistake in mistakes} == {"EMPTY"}
    assert all(mistake.field.endswith("-amount") for mistake in mistakes)


def test_a_lot_is_signed_once_however_often_it_is_asked_for(
    desk: LotDesk, artisan: Actor, desk_services: Services
) -> None:
    token = copied(desk, artisan)
    preview = desk.preview(artisan, token, now=NOW)
    lot = desk.issue(artisan, token, seen=preview.seen, now=NOW)
    assert desk.issue(artisan, token, seen=preview.seen, now=NOW + timedelta(minutes=1)) == lot
    with desk_services.database.read() as session:
        row = session.get_one(Lot, lot)
        assert (row.unit_count, row.number) == (12, preview.form["lot"])
        assert desk.draft(artisan, token).became == row.record_id
        noted = session.scalars(select(AuditEntry).where(AuditEntry.subject == row.record_id)).all()
        assert [(entry.action, entry.account_id) for entry in noted] == [("lot issue", artisan.account_id)]
        passport = session.get_one(Record, row.record_id)
        assert passport.issuer.endswith(":xuong-mau-1")
    verdict = desk_services.records.record(row.record_id)
    assert verdict.digest == passport.digest


def test_what_was_not_seen_is_not_signed(desk: LotDesk, artisan: Actor, desk_services: Services) -> None:
    token = copied(desk, artisan)
    preview = desk.preview(artisan, token, now=NOW)
    desk.save(artisan, token, desk.draft(artisan, token).fields | {"units": "21"}, now=NOW)
    with pytest.raises(BadInput, match="changed after it was shown"):
        desk.issue(artisan, token, seen=preview.seen, now=NOW)
    assert desk.draft(artisan, token).became is None


def test_a_first_lot_asks_for_what_only_the_workshop_knows(desk: LotDesk, artisan: Actor) -> None:
    token = desk.begin(artisan, VASE, units="12", made_on="2026-06-01", is_copy=False, now=NOW)
    wrong = desk.preview(artisan, token, now=NOW)
    assert {mistake.field for mistake in wrong.mistakes} == {"material-1-amount", "material-2-amount"}
    with pytest.raises(BadInput, match="cannot be signed yet: material-1-amount"):
        desk.issue(artisan, token, seen=wrong.seen, now=NOW)
    fields = desk.draft(artisan, token).fields | {"material-1-amount": "30", "material-2-amount": "2"}
    desk.save(artisan, token, fields, now=NOW)
    assert desk.preview(artisan, token, now=NOW).mistakes == ()


def test_wrong_values_stay_as_typed(desk: LotDesk, artisan: Actor) -> None:
    token = copied(desk, artisan)
    fields = desk.draft(artisan, token).fields | {
        "units": "many", "madeOn": "2026-06-03", "lot": "BH-071", "material-1-percent": "99",
    }  # fmt: skip
    desk.save(artisan, token, fields, now=NOW)
    assert desk.draft(artisan, token).fields == fields
    found = {(one.field, one.code) for one in desk.preview(artisan, token, now=NOW).mistakes}
    assert found == {
        ("units", "NUMBER"), ("madeOn", "FUTURE"), ("material-1-percent", "SHARES"), ("lot", "LOT_USED"),
    }  # fmt: skip


@pytest.mark.parametrize("day", ["1899-12-31", "0001-01-01", "9999-12-31", "2026-02-30", "hôm qua"])
def test_a_day_that_no_record_knows_is_a_mistake(desk: LotDesk, artisan: Actor, day: str) -> None:
    token = copied(desk, artisan)
    desk.save(artisan, token, desk.draft(artisan, token).fields | {"step-1-day": day, "madeOn": day}, now=NOW)
    found = {(one.field, one.code) for one in desk.preview(artisan, token, now=NOW).mistakes}
    assert {("step-1-day", "DAY"), ("madeOn", "DAY")} <= found


def test_another_workshops_lots_are_not_there(desk: LotDesk, artisan: Actor, desk_services: Services) -> None:
    stranger = add_artisan(desk_services.database, "xuong-mau-2")
    token = copied(desk, artisan)
    seen = desk.preview(artisan, token, now=NOW).seen
    for call in (
        lambda: desk.new(stranger, VASE),
        lambda: copied(desk, stranger),
        lambda: desk.draft(stranger, token),
        lambda: desk.save(stranger, token, {}, now=NOW),
        lambda: desk.preview(stranger, token, now=NOW),
        lambda: desk.issue(stranger, token, seen=seen, now=NOW),
    ):
        with pytest.raises(NotFound):
            call()
    inspector = Actor(artisan.account_id, INSPECTOR, "Kiểm tra viên mẫu")
    with pytest.raises(Forbidden):
        desk.new(inspector, VASE)


def test_units_go_into_stock_only_where_that_was_asked_for(
    desk: LotDesk, artisan: Actor, desk_services: Services
) -> None:
    def stock() -> int:
        with desk_services.database.read() as session:
            return session.scalars(select(Product.stock).where(Product.slug == VASE)).one()

    before = stock()
    for asked, added in (("", 0), ("1", 6)):
        token = copied(desk, artisan, units="6")
        desk.save(artisan, token, desk.draft(artisan, token).fields | {"addStock": asked}, now=NOW)
        desk.issue(artisan, token, seen=desk.preview(artisan, token, now=NOW).seen, now=NOW)
        assert stock() == before + added
