"""Signed lots on the desk: listed, corrected, and with labels that were spoiled."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from shop.db.catalogue import Product
from shop.db.lots import Lot
from shop.errors import BadInput, NotFound
from shop.services.access.actors import Actor
from shop.services.lots.services import LotServices
from shop.services.lots.spoiled import read_labels
from shop.wiring import Services
from tests.simulators.desk_people import artisan as add_artisan
from tests.simulators.pictures import encoded, photo
from traceability.errors import Reason

NOW = datetime(2026, 6, 2, 3, 0, tzinfo=UTC)
SERIALS = b"0123456789AB" + b"0123456789CD" + b"777777777777"


@pytest.fixture
def lots(desk_services: Services) -> LotServices:
    return desk_services.desks.lots


@pytest.fixture
def artisan(desk_services: Services) -> Actor:
    return add_artisan(desk_services.database, "xuong-mau-2")


@pytest.fixture
def slug(lots: LotServices, artisan: Actor) -> str:
    return lots.shelf.lots(artisan, now=NOW).lots[0].product_slug


@pytest.fixture
def lot_id(lots: LotServices, artisan: Actor, slug: str) -> int:
    """A lot of its own for each test, copied from the workshop's newest."""
    return add_lot(lots, artisan, slug, is_stocked=True)


def add_lot(lots: LotServices, artisan: Actor, slug: str, *, is_stocked: bool) -> int:
    earlier = lots.shelf.lots(artisan, now=NOW, product=slug).lots[0].units
    token = lots.desk.begin(artisan, slug, units=str(earlier), made_on="2026-06-02", is_copy=True, now=NOW)
    fields = lots.desk.draft(artisan, token).fields | {"addStock": "1" if is_stocked else "", "units": "12"}
    lots.desk.save(artisan, token, fields, now=NOW)
    return lots.desk.issue(artisan, token, seen=lots.desk.preview(artisan, token, now=NOW).seen, now=NOW)


def test_the_newest_lot_stands_first(lots: LotServices, artisan: Actor, lot_id: int) -> None:
    shelf = lots.shelf.lots(artisan, now=NOW)
    assert shelf.lots[0].id == lot_id
    assert (shelf.lots[0].units, shelf.lots[0].spoiled, shelf.lots[0].against) == (12, 0, None)
    assert lots.shelf.lots(artisan, page=99, now=NOW).number == shelf.pages
    assert len(lots.shelf.lot(artisan, lot_id, now=NOW).steps) >= 3


def test_a_lot_shows_its_products_photo(
    lots: LotServices, artisan: Actor, slug: str, desk_services: Services
) -> None:
    desk_services.desks.artisan.photos.add(artisan, slug, encoded(photo(), "JPEG"), now=NOW)
    assert lots.shelf.lots(artisan, now=NOW, product=slug).lots[0].photo is not None


def test_what_was_recalled_says_so(lots: LotServices, desk_services: Services) -> None:
    artisan = add_artisan(desk_services.database, "xuong-mau-1")
    found = {line.against for page in (1, 2) for line in lots.shelf.lots(artisan, page=page, now=NOW).lots}
    assert Reason.RECALLED.name in found


def test_a_correction_says_what_changes_and_takes_its_place(
    lots: LotServices, artisan: Actor, lot_id: int
) -> None:
    token = lots.corrections.begin(artisan, lot_id, now=NOW)
    assert lots.corrections.begin(artisan, lot_id, now=NOW) == token
    fields = lots.corrections.draft(artisan, token).fields
    assert [one.code for one in lots.corrections.preview(artisan, token, now=NOW).mistakes] == ["EMPTY"]
    fields |= {"reason": "Ghi nhầm ngày làm.", "madeOn": "2026-06-01"}
    lots.corrections.save(artisan, token, fields, now=NOW)
    preview = lots.corrections.preview(artisan, token, now=NOW)
    assert [change.member for change in preview.changes] == ["made_on"]
    before = lots.shelf.lot(artisan, lot_id, now=NOW)
    assert lots.corrections.issue(artisan, token, seen=preview.seen, now=NOW) == lot_id
    assert lots.corrections.issue(artisan, token, seen=preview.seen, now=NOW) == lot_id
    after = lots.shelf.lot(artisan, lot_id, now=NOW)
    assert (after.line.is_corrected, after.line.made_on.isoformat()) == (True, "2026-06-01")
    assert after.steps == before.steps
    assert after.passport.serial_root == before.passport.serial_root


def test_a_correction_that_changes_nothing_is_not_signed(
    lots: LotServices, artisan: Actor, lot_id: int
) -> None:
    token = lots.corrections.begin(artisan, lot_id, now=NOW)
    fields = lots.corrections.draft(artisan, token).fields | {"reason": "Không có gì."}
    lots.corrections.save(artisan, token, fields, now=NOW)
    with pytest.raises(BadInput, match="says what was signed before"):
        lots.corrections.issue(
            artisan, token, seen=lots.corrections.preview(artisan, token, now=NOW).seen, now=NOW
        )


def test_spoiled_labels_leave_the_stock_and_come_back(
    lots: LotServices, artisan: Actor, lot_id: int, desk_services: Services
) -> None:
    def stock() -> int:
        with desk_services.database.read() as session:
            return session.scalars(
                select(Product.stock).join(Lot, Lot.product_id == Product.id).where(Lot.id == lot_id)
            ).one()

    before = stock()
    marked = lots.spoiled.mark(artisan, lot_id, "2, 3-4", now=NOW)
    assert lots.spoiled.mark(artisan, lot_id, "2", now=NOW).serials == ()
    page = lots.shelf.lot(artisan, lot_id, now=NOW)
    assert set(page.spoiled) == set(marked.serials)
    assert sorted(page.spoiled_numbers) == [2, 3, 4]  # as the labels say
    assert (marked.taken, stock()) == (3, before - 3)
    assert lots.spoiled.unmark(artisan, lot_id, marked.serials, now=NOW) == 3
    assert lots.spoiled.unmark(artisan, lot_id, marked.serials, now=NOW) == 0
    # Nobody knows what was sold meanwhile: the artisan counts.
    assert stock() == before - 3


def test_a_lot_that_was_not_added_to_the_stock_takes_nothing_from_it(
    lots: LotServices, artisan: Actor, slug: str
) -> None:
    lot_id = add_lot(lots, artisan, slug, is_stocked=False)
    assert lots.spoiled.mark(artisan, lot_id, "1", now=NOW).taken == 0


def test_ranges_over_one_another_name_each_label_once() -> None:
    serials = b"".join(b"%012d" % number for number in range(5000))
    found = read_labels("1-5000," * 400 + "1", serials)
    assert (len(found), found[0], found[-1]) == (5000, "0" * 12, f"{4999:012}")


def test_another_workshops_lot_is_not_there(
    lots: LotServices, artisan: Actor, lot_id: int, desk_services: Services
) -> None:
    stranger = add_artisan(desk_services.database, "xuong-mau-3")
    token = lots.corrections.begin(artisan, lot_id, now=NOW)
    assert lot_id not in {line.id for line in lots.shelf.lots(stranger, now=NOW).lots}
    for call in (
        lambda: lots.shelf.lot(stranger, lot_id, now=NOW),
        lambda: lots.corrections.begin(stranger, lot_id, now=NOW),
        lambda: lots.corrections.draft(stranger, token),
        lambda: lots.corrections.save(stranger, token, {}, now=NOW),
        lambda: lots.corrections.preview(stranger, token, now=NOW),
        lambda: lots.corrections.issue(stranger, token, seen="", now=NOW),
        lambda: lots.spoiled.mark(stranger, lot_id, "1", now=NOW),
        lambda: lots.spoiled.unmark(stranger, lot_id, ["0123456789AB"], now=NOW),
    ):
        with pytest.raises(NotFound):
            call()


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("1", ["0123456789AB"]),
        ("2-3", ["0123456789CD", "777777777777"]),
        ("1 3", ["0123456789AB", "777777777777"]),
        ("0123 4567 89ab", ["0123456789AB"]),
        ("o123456789cd\n3", ["0123456789CD", "777777777777"]),
        ("777777777777", ["777777777777"]),
    ],
)
def test_labels_are_told_by_serial_or_number(typed: str, found: list[str]) -> None:
    assert read_labels(typed, SERIALS) == tuple(found)


@pytest.mark.parametrize("typed", ["", " ,", "0", "4", "3-4", "3-2", "0123456789AX", "1.5", "-1"])
def test_what_is_no_label_of_the_lot_is_refused(typed: str) -> None:
    with pytest.raises(BadInput):
        read_labels(typed, SERIALS)
