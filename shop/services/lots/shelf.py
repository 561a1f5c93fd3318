"""The workshop's signed lots: a list, newest first, and each with its steps, labels and standing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Row, Select, exists, func, select
from sqlalchemy.orm import Session

from shop.db.catalogue import Product
from shop.db.desk import SpoiledUnit
from shop.db.log import LogEntry
from shop.db.lots import Lot, Record, RecordLink
from shop.db.media import EventMedia, Media
from shop.db.session import Database
from shop.errors import NotFound
from shop.services.access.actors import Actor
from shop.services.keys.makers import Maker, find_maker
from shop.services.listing import Paged
from shop.services.log.ledger import Ledger
from shop.services.lots.drafted import StepMedia
from shop.services.lots.earlier import signed_of
from shop.services.lots.spoiled import label_numbers
from shop.services.products.values import Photo
from shop.services.signed.rows import local_id
from shop.services.signed.standing import Logged, Standing
from shop.services.storefront.cards import FIRST_PHOTO, read_photo
from traceability.evidence import Reader
from traceability.records.event import TraceEvent
from traceability.records.passport import LotPassport
from traceability.signing.trust import TrustList

__all__ = ["LotLine", "LotPage", "LotShelf", "ShelfPage", "SignedStep"]

LOTS_A_PAGE: Final = 20


@dataclass(frozen=True, slots=True)
class LotLine:
    """One lot in a list.

    Attributes:
        id: number of its row, as addresses of the desk have it.
        spoiled: how many of its labels are on no piece.
        is_corrected: its passport took an earlier one's place.
        against: the gravest reason that speaks against its passport, as a reason's code; None for none.
        photo: the first one of its product, None where there is none yet.
    """

    id: int
    product_slug: str
    product_name: str
    motif: str
    number: str
    units: int
    made_on: date
    record_id: str
    path: str
    spoiled: int
    is_corrected: bool
    against: str | None
    photo: Photo | None


@dataclass(frozen=True, slots=True)
class ShelfPage(Paged):
    """A page of lots; `number` counts from 1."""

    lots: tuple[LotLine, ...]
    number: int
    pages: int
    total: int


@dataclass(frozen=True, slots=True)
class SignedStep:
    """A step as it was signed, with the photos and voice notes that are still here."""

    record_id: str
    kind: str
    name: str
    detail: str
    time: datetime
    evidence: int
    media: tuple[StepMedia, ...]


@dataclass(frozen=True, slots=True)
class LotPage:
    """All that the desk shows of a lot.

    Attributes:
        spoiled: serials, in the order of marking.
        spoiled_numbers: of these labels, as they are printed on them.
    """

    line: LotLine
    passport: LotPassport
    steps: tuple[SignedStep, ...]
    spoiled: tuple[str, ...]
    spoiled_numbers: tuple[int, ...]


class LotShelf:
    """Shows lots to the members of their workshop."""

    def __init__(self, database: Database, *, trust: TrustList, ledger: Ledger) -> None:
        self._database, self._ledger, self._reader = database, ledger, Reader(LOTS_A_PAGE * 4)
        self._standing = Standing(database, ledger=ledger, reader=self._reader, trust=trust)

    def lots(self, actor: Actor, *, page: int = 1, product: str | None = None, now: datetime) -> ShelfPage:
        """Gives a page of the workshop's lots, newest first.

        Args:
            actor: an artisan.
            page: from 1; one behind the last counts as the last.
            product: slug of the only one to show, None for all.
            now: aware.

        Raises:
            NotFound: NO_WORKSHOP.
        """
        with self._database.read() as session:
            wanted = _select(find_maker(session, actor))
            if product is not None:
                wanted = wanted.where(Product.slug == product)
            total = session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
            pages = max(1, -(-total // LOTS_A_PAGE))
            number = min(max(1, page), pages)
            first = (number - 1) * LOTS_A_PAGE
            rows = session.execute(wanted.order_by(Lot.id.desc()).offset(first).limit(LOTS_A_PAGE)).all()
        return ShelfPage(self._lines(rows, now), number, pages, total)

    def product_names(self, actor: Actor) -> dict[str, str]:
        """Gives the Vietnamese names of the workshop's products by slug.

        Raises:
            NotFound: NO_WORKSHOP.
        """
        with self._database.read() as session:
            maker = find_maker(session, actor)
            found = session.execute(
                select(Product.slug, Product.name_vi).where(Product.workshop_id == maker.id)
            )
            return {slug: name for slug, name in found}

    def lot(self, actor: Actor, lot_id: int, *, now: datetime) -> LotPage:
        """Gives one lot.

        Raises:
            NotFound: NO_LOT, also where it is another workshop's.
        """
        with self._database.read() as session:
            row = session.execute(_select(find_maker(session, actor)).where(Lot.id == lot_id)).one_or_none()
            if row is None:
                raise NotFound("NO_LOT", f"the workshop has no lot {lot_id}")
            passport, linked = signed_of(session, row.Lot.record_id)
            spoiled = session.scalars(
                select(SpoiledUnit.serial)
                .where(SpoiledUnit.lot_id == lot_id)
                .order_by(SpoiledUnit.marked_at, SpoiledUnit.serial)
            ).all()
            # All serials of a lot are large, and hardly any lot has spoiled labels.
            numbers = label_numbers(spoiled, row.Lot.serials) if spoiled else ()
            steps = _steps(session, [item for item in linked if isinstance(item.record, TraceEvent)])
        record: Any = passport.record
        return LotPage(self._lines([row], now)[0], record, steps, tuple(spoiled), numbers)

    def _lines(self, rows: Sequence[Row[Any]], now: datetime) -> tuple[LotLine, ...]:
        latest = self._ledger.latest()
        logged = [Logged(self._reader.read(row.body), row.Lot.record_id, row.idx) for row in rows]
        size = latest.size if latest is not None else 0
        against = self._standing.against(logged, size=size, now=now)
        return tuple(_line(row, against.get(row.Lot.record_id)) for row in rows)


def _select(maker: Maker) -> Select[Any]:
    spoiled = select(func.count()).where(SpoiledUnit.lot_id == Lot.id).scalar_subquery()
    corrected = exists().where(RecordLink.target == Lot.record_id, RecordLink.names_successor)
    return (
        select(
            Lot,
            Product,
            Record.body,
            LogEntry.idx,
            spoiled.label("spoiled"),
            corrected.label("is_corrected"),
            FIRST_PHOTO.label("photo"),
        )
        .join(Product, Product.id == Lot.product_id)
        .join(Record, Record.id == Lot.record_id)
        .join(LogEntry, LogEntry.entry_id == Record.url)
        .where(Product.workshop_id == maker.id)
    )


def _line(row: Row[Any], against: Any) -> LotLine:
    product = row.Product
    path = f"/01/{product.gtin}" if product.gtin else f"/P/{product.code}"
    return LotLine(
        id=row.Lot.id,
        product_slug=product.slug,
        product_name=product.name_vi,
        motif=product.motif,
        number=row.Lot.number,
        units=row.Lot.unit_count,
        made_on=row.Lot.made_on,
        record_id=row.Lot.record_id,
        path=f"{path}/10/{row.Lot.number}",
        spoiled=row.spoiled,
        is_corrected=row.is_corrected,
        against=against.reason.name if against is not None else None,
        photo=read_photo(row.photo),
    )


def _steps(session: Session, events: Sequence[Any]) -> tuple[SignedStep, ...]:
    ids = [local_id(item.envelope.id) for item in events]
    rows = session.execute(
        select(EventMedia.record_id, Media)
        .join(Media, Media.id == EventMedia.media_id)
        .where(EventMedia.record_id.in_(ids))
        .order_by(Media.id)
    ).all()
    found = [
        SignedStep(
            record_id=record_id,
            kind=item.record.kind,
            name=item.envelope.name,
            detail=item.record.detail,
            time=item.record.time,
            evidence=len(getattr(item.record, "evidence", ())),
            media=tuple(
                StepMedia(row.Media.id, row.Media.name, row.Media.kind, row.Media.digest)
                for row in rows
                if row.record_id == record_id
            ),
        )
        for record_id, item in zip(ids, events, strict=True)
    ]
    return tuple(sorted(found, key=lambda step: step.time))
