"""Finds the papers, certificates and attestations that a new lot links to, so that its page shows them."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from shop.db.lots import Certificate as CertificateRow
from shop.db.lots import Record, RecordLink
from shop.db.status_lists import newest_status_lists
from shop.services.keys.makers import Maker
from shop.services.lots.earlier import newest_lot
from shop.services.lots.products import LotProduct
from shop.services.signed.rows import local_id
from traceability.clock import day_in_viet_nam
from traceability.evidence import Reader, SignedRecord
from traceability.records.certificate import Certificate
from traceability.records.facility import WorkshopRecord
from traceability.records.notice import Notice, Transcription
from traceability.records.status_list import StatusList
from traceability.validity import last_day

__all__ = ["standing_papers"]

PAPERS_MAX: Final = 50  # of one lot, the newest ones: a phone loads and checks them all
# What was seen at the workshop speaks for lots that are signed from then on, titles for those made since.
_SEEN: Final = frozenset({"attestation", "inspection"})


def standing_papers(
    session: Session, maker: Maker, product: LotProduct, *, made_on: date, now: datetime
) -> tuple[str, ...]:
    """Gives what a passport that is signed now links to: all that is about its workshop or product and holds.

    Args:
        session: to read with.
        maker: whose lot it is.
        product: of the lot.
        made_on: the day that the lot was made; stars and titles must have begun by then.
        now: aware; what has ended, was taken back or is the subject of a notice is left out.

    Returns:
        Local ids, in their order.
    """
    notices = (
        select(RecordLink.target)
        .join(Record, Record.id == RecordLink.source)
        .where(Record.type == Notice.KIND)
    )
    wanted = select(Record).where(
        or_(*(Record.id.in_(one) for one in _sources(session, maker, product))), Record.id.not_in(notices)
    )
    lists = {row.url: Reader(1).read(row.body).record for row in session.scalars(newest_status_lists())}
    rows = session.scalars(wanted.order_by(Record.issued_at.desc(), Record.id))
    found = []
    for row in rows:
        item = Reader(1).read(row.body)
        if _is_about(item, maker, product) and _holds(item, made_on, now) and not _is_revoked(item, lists):
            found.append(row.id)
    return tuple(sorted(found[:PAPERS_MAX]))


def _sources(session: Session, maker: Maker, product: LotProduct) -> tuple[Select[str], ...]:
    """Gives where such records are found: by the product, by the workshop's records, by the lot before."""
    listed = select(CertificateRow.record_id).where(CertificateRow.product_id == product.id)
    before = (
        select(RecordLink.target)
        .join(Record, Record.id == RecordLink.target)
        .where(RecordLink.source == maker.record_id, Record.type == WorkshopRecord.KIND)
    )
    about = (
        select(RecordLink.source)
        .join(Record, Record.id == RecordLink.source)
        .where(Record.type.in_((Certificate.KIND, Transcription.KIND)))
        .where(or_(RecordLink.target == maker.record_id, RecordLink.target.in_(before)))
    )
    last = newest_lot(session, product.id)
    copied = (
        select(RecordLink.target)
        .join(Record, Record.id == RecordLink.target)
        .where(RecordLink.source == (last.record_id if last else None), Record.type == Transcription.KIND)
    )
    return listed, about, copied


def _is_about(item: SignedRecord, maker: Maker, product: LotProduct) -> bool:
    """Tells whether a record is this workshop's, and about all of it or about this product."""
    record = item.record
    own = f"/01/{product.gtin}" if product.gtin else f"/P/{product.code}"
    if isinstance(record, Certificate):
        is_of_lot = record.product_id is None or record.product_id.endswith(own)
        return local_id(record.facility_id) == maker.slug and is_of_lot
    if isinstance(record, Transcription):
        is_of_lot = record.about_id.endswith((own, f"/workshops/{maker.slug}"))
        return record.issued_to.did == maker.did and is_of_lot
    return False


def _holds(item: SignedRecord, made_on: date, now: datetime) -> bool:
    record, until = item.record, item.envelope.valid_until
    if isinstance(record, Certificate):
        today, last = day_in_viet_nam(now), last_day(record)
        since = today if record.kind in _SEEN else made_on
        return day_in_viet_nam(item.envelope.valid_from) <= since and (last is None or last >= today)
    return item.envelope.valid_from <= now and (until is None or until > now)


def _is_revoked(item: SignedRecord, lists: Mapping[str, object]) -> bool:
    """Tells whether a record's bit is set; without a list nobody can say so."""
    status = item.envelope.status
    found = lists.get(status.list_url) if status is not None else None
    return status is not None and isinstance(found, StatusList) and found.has(status.index)
