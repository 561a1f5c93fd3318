"""Tables of steps become drafts, all of a table or none; what was signed or begun stays as it is."""

import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from shop.csv_tables import write_table
from shop.db.catalogue import Product
from shop.db.desk import Draft
from shop.db.lots import Record
from shop.errors import BadInput, Forbidden, NotFound
from shop.services.access.actors import INSPECTOR, Actor
from shop.services.lots.services import LotServices
from shop.services.lots.step_columns import STEP_COLUMNS, CheckedSteps
from shop.wiring import Services
from tests.simulators.desk_people import artisan as add_artisan

NOW = datetime(2026, 6, 2, 3, 0, tzinfo=UTC)
VASE = "binh-hoa-men-lam"
Table = list[dict[str, str]]


@pytest.fixture
def lots(desk_services: Services) -> LotServices:
    return desk_services.desks.lots


@pytest.fixture
def artisan(desk_services: Services) -> Actor:
    return add_artisan(desk_services.database, "xuong-mau-1")


@pytest.fixture
def product(desk_services: Services) -> dict[str, str]:
    with desk_services.database.read() as session:
        row = session.scalars(select(Product).where(Product.slug == VASE)).one()
        return {"product": row.name_vi, "code": row.gtin or row.code or ""}


@pytest.fixture
def table(product: dict[str, str]) -> Table:
    """Three steps of a lot of its own, as an artisan types them."""
    steps = (
        ("Nhận vật liệu", "Nhận đất", "20/05/2026 08:00", "", "Đất thử: 20 kg (Cô Ba mẫu); Men thử: 1,5 kg"),
        ("Làm", "Chuốt", "2026-05-22 09:00", "Đất thử: 20 kg", "Bình mộc: 13 chiếc"),
        ("finished", "Nung", "2026-05-25 10:00", "Bình mộc; Men thử", ""),
    )
    lot = f"T{uuid.uuid4().hex[:7]}".upper()
    first = {
        "units": "12",
        "made_on": "25/05/2026",
        "materials": "90% Đất thử (Đồi mẫu) [VN 2508]; Men thử (Xưởng) [VN 3207]",
        "bought_in": "Hộp giấy (Xưởng in mẫu)",
    }
    return [
        {
            **product, "lot": lot, "kind": kind, "name": name, "detail": "Làm tay.", "time": time,
            "inputs": inputs, "outputs": outputs,
        } | (first if not number else {})
        for number, (kind, name, time, inputs, outputs) in enumerate(steps)
    ]  # fmt: skip


@pytest.fixture
def check(lots: LotServices, artisan: Actor) -> Callable[[Table], CheckedSteps]:
    return lambda rows: lots.step_tables.check(artisan, data(rows), now=NOW)


def data(rows: Table) -> bytes:
    return write_table(STEP_COLUMNS, rows)


def told(checked: CheckedSteps) -> set[tuple[int, str | None, str]]:
    return {(one.line, one.key, one.code) for one in checked.mistakes}


def drafts_of(lots: LotServices, artisan: Actor, lot: str) -> list[Mapping[str, str]]:
    """Gives the fields of the open drafts of a lot."""
    found = lots.drafts.list(artisan, kind="lot")
    return [draft.document["fields"] for draft in found if draft.document["fields"]["lot"] == lot]


def test_a_table_becomes_a_draft_that_signs_as_a_typed_one(
    lots: LotServices, artisan: Actor, table: Table, desk_services: Services
) -> None:
    checked = lots.step_tables.check(artisan, data(table), now=NOW)
    (planned,) = checked.lots
    assert (planned.lines, planned.lot, planned.open_fields) == ((2, 3, 4), table[0]["lot"], 0)
    assert (str(planned.since), str(planned.until)) == ("2026-05-20", "2026-05-25")
    with desk_services.database.read() as session:
        before = session.scalars(select(Record.id)).all()
    assert lots.step_tables.take(artisan, checked.token or "", now=NOW) == 1
    with desk_services.database.read() as session:
        assert session.scalars(select(Record.id)).all() == before, "nothing is signed by a table"
    token = next(
        draft.token
        for draft in lots.drafts.list(artisan, kind="lot")
        if draft.document["fields"]["lot"] == planned.lot
    )
    preview = lots.desk.preview(artisan, token, now=NOW)
    assert preview.mistakes == ()
    form = preview.form
    assert [(item["name"], item["percent"], item["hs"]["code"]) for item in form["materials"]] == [
        ("Đất thử", 90, "2508"),
        ("Men thử", 10, "3207"),
    ]
    assert form["boughtIn"] == [{"name": "Hộp giấy", "supplier": "Xưởng in mẫu", "country": "VN"}]
    assert [(event["kind"], event["time"]) for event in form["events"]] == [
        ("material_received", "2026-05-20T08:00:00+07:00"),
        ("made", "2026-05-22T09:00:00+07:00"),
        ("finished", "2026-05-25T10:00:00+07:00"),
    ]
    assert form["events"][0]["outputs"] == [
        {"name": "Đất thử", "amount": 20, "uom": "KGM", "supplier": "Cô Ba mẫu"},
        {"name": "Men thử", "amount": 1500, "uom": "GRM"},
    ]
    assert form["events"][2]["inputs"][0] == {"name": "Bình mộc", "amount": 13, "uom": "H87"}
    assert lots.desk.issue(artisan, token, seen=preview.seen, now=NOW)


def test_export_import_and_export_again_say_the_same(lots: LotServices, artisan: Actor, table: Table) -> None:
    """But for the number of the lot and the names of the records, which are the copy's own."""

    def sign(rows: Table) -> Table:
        number = rows[0]["lot"]
        checked = lots.step_tables.check(artisan, data(rows), now=NOW)
        lots.step_tables.take(artisan, checked.token or "", now=NOW)
        open_ = lots.drafts.list(artisan, kind="lot")
        token = next(one.token for one in open_ if one.document["fields"]["lot"] == number)
        preview = lots.desk.preview(artisan, token, now=NOW)
        lots.desk.issue(artisan, token, seen=preview.seen, now=NOW)
        return [row for row in lots.tables.steps(artisan) if row["lot"] == number]

    first = sign(table)
    again = sign([row | {"lot": f"{row['lot']}B"} for row in first])
    own = ("lot", "record_id")
    assert len(first) == 3
    assert [{key: row[key] for key in row if key not in own} for row in again] == [
        {key: row[key] for key in row if key not in own} for row in first
    ]


def test_what_was_exported_is_left_alone_row_by_row(
    lots: LotServices, artisan: Actor, check: Callable
) -> None:
    rows = [dict(row) for row in lots.tables.steps(artisan)]
    rows[1]["detail"] = "Viết lại chuyện đã ký."
    rows[2]["time"] = datetime.fromisoformat(rows[2]["time"]).strftime("%d/%m/%Y %H:%M:%S")
    rows[3]["kind"] = ""
    checked = check(rows)
    assert (checked.lots, checked.mistakes, checked.token) == ((), (), None)
    assert [row.line for row in checked.left] == list(range(2, len(rows) + 2))
    assert [row.why for row in checked.left[:4]] == ["signed", "changed", "signed", "changed"]
    assert {row.why for row in checked.left[4:]} == {"signed"}


def test_a_lot_with_an_open_draft_is_left_alone(
    lots: LotServices, artisan: Actor, table: Table, check: Callable
) -> None:
    lots.step_tables.take(artisan, check(table).token or "", now=NOW)
    table[1]["detail"] = "Chuyện khác."
    again = check(table)
    assert ({row.why for row in again.left}, again.token) == ({"drafted"}, None)
    assert len(drafts_of(lots, artisan, table[0]["lot"])) == 1


def test_a_token_is_taken_once_by_whom_it_was_given_to(
    lots: LotServices, artisan: Actor, table: Table, check: Callable, desk_services: Services
) -> None:
    token = check(table).token or ""
    member = add_artisan(desk_services.database, "xuong-mau-1")
    stranger = add_artisan(desk_services.database, "xuong-mau-2")
    for thief in (member, stranger):
        with pytest.raises(NotFound, match="waits under this token"):
            lots.step_tables.take(thief, token, now=NOW)
    with pytest.raises(NotFound):  # a table of products is taken elsewhere, and the other way round
        desk_services.desks.artisan.tables.take(artisan, token, now=NOW)
    assert lots.step_tables.take(artisan, token, now=NOW) == 1
    with pytest.raises(NotFound, match="waits under this token"):
        lots.step_tables.take(artisan, token, now=NOW)
    assert len(drafts_of(lots, artisan, table[0]["lot"])) == 1


def test_a_table_that_came_too_late_changes_nothing(
    lots: LotServices, artisan: Actor, table: Table, check: Callable, desk_services: Services
) -> None:
    """One of its two lots was begun by somebody else meanwhile."""
    other = [row | {"lot": f"{row['lot']}B"} for row in table]
    token = check(table + other).token or ""
    member = add_artisan(desk_services.database, "xuong-mau-1")
    theirs = lots.step_tables.check(member, data(other), now=NOW).token or ""
    assert lots.step_tables.take(member, theirs, now=NOW) == 1
    with pytest.raises(BadInput, match="cannot be taken in any more"):
        lots.step_tables.take(artisan, token, now=NOW)
    assert drafts_of(lots, artisan, table[0]["lot"]) == []


def test_only_the_newest_checked_table_waits(
    lots: LotServices, artisan: Actor, table: Table, check: Callable, desk_services: Services
) -> None:
    old, new = check(table).token, check(table).token
    with pytest.raises(NotFound):
        lots.step_tables.take(artisan, old or "", now=NOW)
    with desk_services.database.read() as session:
        tokens = session.scalars(select(Draft.token).where(Draft.account_id == artisan.account_id)).all()
    assert tokens == [new]


def test_other_peoples_products_and_other_roles(
    lots: LotServices, artisan: Actor, table: Table, desk_services: Services
) -> None:
    stranger = add_artisan(desk_services.database, "xuong-mau-2")
    checked = lots.step_tables.check(stranger, data(table), now=NOW)
    assert told(checked) == {(line, "code", "NO_PRODUCT") for line in (2, 3, 4)}
    inspector = Actor(artisan.account_id, INSPECTOR, "Kiểm tra viên mẫu")
    for call in (
        lambda: lots.step_tables.check(inspector, data(table), now=NOW),
        lambda: lots.step_tables.take(inspector, "x" * 32, now=NOW),
    ):
        with pytest.raises(Forbidden):
            call()
    nobody = Actor(artisan.account_id, artisan.role, "Mới")
    with pytest.raises(NotFound):
        lots.step_tables.check(nobody, data(table), now=NOW)


WRONG = {
    "kind": (1, {"kind": "Bán"}, {(3, "kind", "KIND")}),
    "not before a lot is labelled": (1, {"kind": "shipped"}, {(3, "kind", "KIND")}),
    "moment": (1, {"time": "hôm qua"}, {(3, "time", "MOMENT")}),
    "month first": (1, {"time": "05/22/2026 09:00"}, {(3, "time", "MOMENT")}),
    "future": (2, {"time": "2026-06-02 10:01"}, {(4, "time", "FUTURE")}),
    "empty": (1, {"name": " "}, {(3, "name", "EMPTY_CELL")}),
    "no lot": (1, {"lot": ""}, {(3, "lot", "EMPTY_CELL")}),
    "no product": (1, {"product": "", "code": ""}, {(3, "product", "EMPTY_CELL")}),
    "unknown name": (1, {"product": "Lạ", "code": ""}, {(3, "product", "NO_PRODUCT")}),
    "unknown code": (1, {"code": "LA99"}, {(3, "code", "NO_PRODUCT")}),
    "list": (1, {"inputs": "Đất: nhiều"}, {(3, "inputs", "NOT_A_LIST")}),
    "unknown thing": (1, {"inputs": "Vàng: 1 g"}, {(3, "inputs", "UNKNOWN_THING")}),
    "two amounts": (1, {"inputs": "Đất thử: 19 kg"}, {(3, "inputs", "OTHER_AMOUNT")}),
    "two suppliers": (1, {"inputs": "Đất thử: 20 kg (Cô Tư)"}, {(3, "inputs", "OTHER_SUPPLIER")}),
    "half made": (2, {"inputs": "Bình mộc: 12 chiếc"}, {(4, "inputs", "OTHER_AMOUNT")}),
    "unit": (0, {"outputs": "Đất thử: 20 sọt"}, {(2, "outputs", "UNIT"), (3, "inputs", "OTHER_AMOUNT")}),
    "unclear": (0, {"outputs": "Đất thử: 20 kg; Men thử: 1,500 kg"}, {(2, "outputs", "UNCLEAR")}),
    "delivery uses": (0, {"inputs": "Đất thử"}, {(2, "inputs", "NO_INPUTS")}),
    "last gives": (2, {"outputs": "Bình lạ: 12 chiếc"}, {(4, "outputs", "LAST_GIVES")}),
    "two outputs": (1, {"outputs": "Bình mộc: 13 chiếc; Vụn: 1 kg"}, {(3, "outputs", "ONE_OUTPUT")}),
    "other lot data": (1, {"units": "13"}, {(3, "units", "OTHER_IN_LOT")}),
    "number": (0, {"units": "mười"}, {(2, "units", "NUMBER")}),
    "day": (0, {"made_on": "hôm nay"}, {(2, "made_on", "DAY")}),
    "expiry": (0, {"expires_on": "2026-05-24"}, {(2, "expires_on", "BEFORE")}),
    "shares": (0, {"materials": "90% Đất thử (a); 5% Men thử (b)"}, {(2, "materials", "SHARES")}),
    "class": (0, {"materials": "90% Đất thử (a) [VN 99]; Men thử (b)"}, {(2, "materials", "KIND")}),
    "lot number": (None, {"lot": "LÔ 1"}, {(2, "lot", "LOT")}),
    "personal": (1, {"detail": "Gọi 0912 345 678"}, {(3, "detail", "PERSONAL")}),
    "long": (1, {"detail": "x" * 1_001}, {(3, "detail", "CELL_TOO_LONG")}),
    "control": (1, {"detail": "a\x07b"}, {(3, "detail", "BAD_CHARACTER")}),
}


@pytest.mark.parametrize(("at", "cells", "wanted"), WRONG.values(), ids=WRONG)
def test_a_mistake_is_told_by_row_and_column(
    table: Table, check: Callable, at: int | None, cells: dict[str, str], wanted: set
) -> None:
    rows = [row | cells if at in (None, number) else row for number, row in enumerate(table)]
    checked = check(rows)
    assert told(checked) == wanted
    assert checked.token is None


def test_a_good_lot_is_shown_beside_a_wrong_one(table: Table, check: Callable) -> None:
    wrong = [row | {"lot": f"{row['lot']}B"} for row in table]
    wrong[1]["time"] = "?"
    checked = check(table + wrong)
    assert [lot.lot for lot in checked.lots] == [table[0]["lot"]]
    assert (told(checked), checked.token) == ({(6, "time", "MOMENT")}, None)


def test_a_row_twice_and_too_many_steps(table: Table, check: Callable) -> None:
    assert told(check([*table, table[1]])) == {(5, None, "DOUBLE_STEP")}
    more = [table[1] | {"name": f"Bước {number}", "outputs": ""} for number in range(18)]
    assert told(check([*table, *more])) == {(22, None, "TOO_MANY_STEPS")}


def test_what_is_left_out_is_asked_for_by_the_draft(
    lots: LotServices, artisan: Actor, table: Table, check: Callable
) -> None:
    """Materials that steps name come in by themselves, the pieces tell the labels; no more is guessed."""
    bare = [
        row | {"units": "", "made_on": "", "materials": "", "bought_in": "", "detail": ""} for row in table
    ]
    bare[2]["outputs"] = f"{bare[2]['product']}: 12 chiếc"
    checked = check(bare)
    (planned,) = checked.lots
    assert planned.open_fields > 0
    lots.step_tables.take(artisan, checked.token or "", now=NOW)
    (fields,) = drafts_of(lots, artisan, table[0]["lot"])
    assert (fields["units"], fields["madeOn"]) == ("12", "2026-05-25")
    told = [
        fields[f"material-{number}-{name}"] for number in (1, 2) for name in ("name", "origin", "percent")
    ]
    assert told == ["Đất thử", "", "", "Men thử", "", ""]


def test_rows_may_stand_in_any_order(table: Table, check: Callable) -> None:
    checked = check(table[::-1])
    assert checked.mistakes == ()
    assert checked.lots[0].lines == (4, 3, 2)


def test_limits_of_one_table(lots: LotServices, table: Table, desk_services: Services) -> None:
    artisan = add_artisan(desk_services.database, "xuong-mau-1")
    many = [row | {"lot": f"{row['lot'][:6]}-{number}"} for number in range(51) for row in table]
    checked = lots.step_tables.check(artisan, data(many), now=NOW)
    assert told(checked) == {(152, "lot", "TOO_MANY_LOTS")}
    assert checked.token is None
    with pytest.raises(BadInput, match="got 2000001 bytes") as caught:
        lots.step_tables.check(artisan, b"x" * 2_000_001, now=NOW)
    assert caught.value.code == "TABLE_TOO_LARGE"


def test_a_table_waits_for_good_and_never_shows_as_a_product_that_was_begun(
    table: Table, check: Callable, artisan: Actor, desk_services: Services
) -> None:
    assert check(table).token
    page = desk_services.desks.artisan.home.page(artisan, now=NOW)
    assert page.begun == ()
