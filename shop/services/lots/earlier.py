"""Reads what was signed of a workshop's lots."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.db.catalogue import Product
from shop.db.lots import Lot, Record, RecordLink
from shop.errors import NotFound
from shop.services.keys.makers import Maker
from shop.services.lots.beginnings import EarlierLot
from traceability.evidence import Reader, SignedRecord
from traceability.records.event import TraceEvent
from traceability.records.passport import LotPassport

__all__ = ["find_lot", "lot_numbers", "newest_lot", "read_lot", "signed_of"]


def find_lot(session: Session, maker: Maker, lot_id: int) -> tuple[Lot, Product]:
    """Gives a lot of the workshop with its product.

    Raises:
        NotFound: NO_LOT, also where it is another workshop's.
    """
    found = session.execute(
        select(Lot, Product)
        .join(Product, Product.id == Lot.product_id)
        .where(Lot.id == lot_id, Product.workshop_id == maker.id)
    ).one_or_none()
    if found is None:
        raise NotFound("NO_LOT", f"the workshop has no lot {lot_id}")
    return found[0], found[1]


def lot_numbers(session: Session, product_id: int) -> Sequence[str]:
    """Gives the numbers of a product's lots, newest first."""
    return session.scalars(
        select(Lot.number).where(Lot.product_id == product_id).order_by(Lot.id.desc())
    ).all()


def newest_lot(session: Session, product_id: int) -> Lot | None:
    """Gives the lot of a product that was signed last."""
    return session.scalar(select(Lot).where(Lot.product_id == product_id).order_by(Lot.id.desc()).limit(1))


def signed_of(session: Session, record_id: str) -> tuple[SignedRecord, tuple[SignedRecord, ...]]:
    """Gives a lot's passport and the records that it links to, as they were signed."""
    reader = Reader()
    passport = reader.read(session.get_one(Record, record_id).body)
    linked = session.scalars(
        select(Record.body)
        .join(RecordLink, RecordLink.target == Record.id)
        .where(RecordLink.source == record_id)
        .order_by(Record.id)
    )
    return passport, tuple(reader.read(body) for body in linked)


def read_lot(session: Session, record_id: str) -> EarlierLot:
    """Gives a lot as its passport and steps say it.

    Raises:
        NotFound: NO_LOT, where the record is no passport.
    """
    passport, linked = signed_of(session, record_id)
    if not isinstance(passport.record, LotPassport):
        raise NotFound("NO_LOT", f"{record_id} is no passport of a lot")
    events = [item.record for item in linked if isinstance(item.record, TraceEvent)]
    return EarlierLot(passport.record, tuple(sorted(events, key=lambda event: event.time)))
