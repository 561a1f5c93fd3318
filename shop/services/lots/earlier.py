"""Reads what was signed of a workshop's lots, and which papers the next one may link to."""

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from shop.db.catalogue import Product
from shop.db.lots import Certificate, Lot, Record, RecordLink
from shop.db.status_lists import newest_status_lists
from shop.errors import NotFound
from shop.services.lots.beginnings import EarlierLot
from shop.services.lots.products import Maker
from traceability.evidence import Reader, SignedRecord
from traceability.records.event import TraceEvent
from traceability.records.notice import Notice, Transcription
from traceability.records.passport import LotPassport
from traceability.records.status_list import StatusList

__all__ = ["find_lot", "lot_numbers", "newest_lot", "papers_for", "read_lot", "signed_of"]


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


def papers_for(session: Session, product_id: int, earlier_id: str | None, *, on: date) -> tuple[str, ...]:
    """Gives the papers and certificates that a new passport links to: those that nothing speaks against.

    Args:
        session: to read with.
        product_id: its certificates count that hold on that day.
        earlier_id: the passport whose copied papers are taken over, None for none.
        on: the day that the lot was made.
    """
    held = select(Certificate.record_id).where(
        Certificate.product_id == product_id,
        Certificate.valid_from <= on,
        or_(Certificate.valid_until.is_(None), Certificate.valid_until >= on),
    )
    copied = (
        select(Record.id)
        .join(RecordLink, RecordLink.target == Record.id)
        .where(RecordLink.source == earlier_id, Record.type == Transcription.KIND)
    )
    notices = (
        select(RecordLink.target)
        .join(Record, Record.id == RecordLink.source)
        .where(Record.type == Notice.KIND)
    )
    wanted = select(Record).where(or_(Record.id.in_(held), Record.id.in_(copied)), Record.id.not_in(notices))
    rows = session.scalars(wanted.order_by(Record.id)).all()
    lists = {row.url: Reader(1).read(row.body).record for row in session.scalars(newest_status_lists())}
    return tuple(row.id for row in rows if not _is_revoked(Reader(1).read(row.body), lists))


def _is_revoked(item: SignedRecord, lists: Mapping[str, object]) -> bool:
    """Tells whether a record's bit is set; without a list nobody can say so."""
    status = item.envelope.status
    found = lists.get(status.list_url) if status is not None else None
    return status is not None and isinstance(found, StatusList) and found.has(status.index)
