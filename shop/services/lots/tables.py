"""A workshop's lots and their steps as rows of tables, for spreadsheets."""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.csv_tables import Column
from shop.db.catalogue import Product
from shop.db.lots import Lot
from shop.db.session import Database
from shop.services.access.actors import Actor
from shop.services.keys.makers import find_maker
from shop.services.lots.beginnings import EarlierLot, passport_fields
from shop.services.lots.cells import Thing, write_bought, write_materials, write_things
from shop.services.lots.earlier import read_lot
from shop.services.lots.fields import rows
from traceability.clock import VIET_NAM_TIME
from traceability.records.event import Quantity, TraceEvent

__all__ = ["LOT_COLUMNS", "LotTables", "step_rows"]

LOT_COLUMNS: Final = (
    Column("product", "Sản phẩm", "Product"),
    Column("code", "Mã sản phẩm", "Product code"),
    Column("lot", "Lô", "Lot"),
    Column("units", "Số tem", "Labels"),
    Column("made_on", "Ngày làm xong", "Finished on"),
    Column("expires_on", "Hạn dùng", "Use by", is_required=False),
    Column("materials", "Vật liệu", "Materials"),
    Column("bought_in", "Hàng mua ngoài", "Bought in", is_required=False),
    Column("warnings", "Lời dặn", "Advice", is_required=False),
    Column("record_id", "Bản ký", "Record"),
)
LOTS_MAX: Final = 5_000

_Row = dict[str, str]


class LotTables:
    """Gives what a workshop signed as tables; nobody else's."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def lots(self, actor: Actor) -> tuple[_Row, ...]:
        """Gives a row for each lot, newest first, by the keys of LOT_COLUMNS.

        Raises:
            NotFound: NO_WORKSHOP.
        """
        return tuple(row for row, _ in self._read(actor))

    def steps(self, actor: Actor) -> tuple[_Row, ...]:
        """Gives a row for each step of each lot, by the keys of STEP_COLUMNS.

        Raises:
            NotFound: NO_WORKSHOP.
        """
        return tuple(step for _, steps in self._read(actor) for step in steps)

    def _read(self, actor: Actor) -> Iterator[tuple[_Row, list[_Row]]]:
        with self._database.read() as session:
            maker = find_maker(session, actor)
            found = session.execute(
                select(Lot, Product)
                .join(Product, Product.id == Lot.product_id)
                .where(Product.workshop_id == maker.id)
                .order_by(Lot.id.desc())
                .limit(LOTS_MAX)
            ).all()
            for lot, product in found:
                row, steps = _rows(session, lot, product)
                yield row | {"record_id": lot.record_id}, steps


def step_rows(session: Session, lot: Lot, product: Product) -> list[_Row]:
    """Gives a row for each step of a signed lot, by the keys of STEP_COLUMNS."""
    return _rows(session, lot, product)[1]


def _rows(session: Session, lot: Lot, product: Product) -> tuple[_Row, list[_Row]]:
    """Gives what is told of a lot as a whole, and its steps, each of which repeats that."""
    signed = read_lot(session, lot.record_id)
    own = {
        "product": product.name_vi,
        "code": product.gtin or product.code or "",
        "lot": lot.number,
    } | _passport_row(signed)
    return own, [own | _event_row(event) for event in signed.events]


def _passport_row(signed: EarlierLot) -> _Row:
    passport = signed.passport
    bought = [
        {"name": item.name, "supplier": item.supplier, "country": item.country} for item in passport.bought_in
    ]
    return {
        "units": str(passport.unit_count),
        "made_on": passport.made_on.isoformat(),
        "expires_on": passport.expires_on.isoformat() if passport.expires_on else "",
        "materials": write_materials(rows(passport_fields(signed), "material").values()),
        "bought_in": write_bought(bought),
        "warnings": passport.warnings or "",
    }


def _event_row(event: TraceEvent) -> _Row:
    return {
        "kind": event.kind,
        "name": event.envelope.name,
        "detail": event.detail,
        "time": f"{event.time.astimezone(VIET_NAM_TIME):%Y-%m-%d %H:%M}",
        "inputs": _things(event.inputs),
        "outputs": _things(event.outputs),
        "record_id": event.envelope.id.rpartition("/")[2],
    }


def _things(items: tuple[Quantity, ...]) -> str:
    return write_things(Thing(item.name, str(item.amount), item.uom, item.supplier or "") for item in items)
