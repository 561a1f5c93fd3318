"""A workshop's lots and their steps as rows of tables, for spreadsheets."""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import select

from shop.csv_tables import Column
from shop.db.catalogue import Product
from shop.db.lots import Lot
from shop.db.session import Database
from shop.services.actors import Actor
from shop.services.lots.earlier import read_lot
from shop.services.lots.products import find_maker
from traceability.clock import VIET_NAM_TIME
from traceability.records.event import Quantity, TraceEvent
from traceability.records.passport import LotPassport

__all__ = ["LOT_COLUMNS", "STEP_COLUMNS", "LotTables"]

_OF_LOT: Final = (
    Column("product", "Sản phẩm", "Product"),
    Column("code", "Mã sản phẩm", "Product code"),
    Column("lot", "Lô", "Lot"),
)
LOT_COLUMNS: Final = (
    *_OF_LOT,
    Column("units", "Số tem", "Labels"),
    Column("made_on", "Ngày làm xong", "Finished on"),
    Column("expires_on", "Hạn dùng", "Use by", is_required=False),
    Column("materials", "Vật liệu", "Materials"),
    Column("bought_in", "Hàng mua ngoài", "Bought in", is_required=False),
    Column("warnings", "Lời dặn", "Advice", is_required=False),
    Column("record_id", "Bản ký", "Record"),
)
STEP_COLUMNS: Final = (
    *_OF_LOT,
    Column("kind", "Việc", "Kind"),
    Column("name", "Tên bước", "Step"),
    Column("detail", "Làm thế nào", "How"),
    Column("time", "Lúc", "Time"),
    Column("inputs", "Dùng", "Used", is_required=False),
    Column("outputs", "Ra", "Gives", is_required=False),
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
                signed = read_lot(session, lot.record_id)
                own = {
                    "product": product.name_vi,
                    "code": product.gtin or product.code or "",
                    "lot": lot.number,
                }
                row = own | _passport_row(signed.passport) | {"record_id": lot.record_id}
                yield row, [own | _event_row(event) for event in signed.events]


def _passport_row(passport: LotPassport) -> _Row:
    return {
        "units": str(passport.unit_count),
        "made_on": passport.made_on.isoformat(),
        "expires_on": passport.expires_on.isoformat() if passport.expires_on else "",
        "materials": "; ".join(f"{item.percent}% {item.name} ({item.origin})" for item in passport.materials),
        "bought_in": "; ".join(f"{item.name} ({item.supplier})" for item in passport.bought_in),
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
    return "; ".join(f"{item.name}: {item.amount} {item.uom}" for item in items)
