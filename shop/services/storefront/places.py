"""Villages and workshops: what their pages show."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import aliased

from shop.db.catalogue import Maker, Product, Village, Workshop
from shop.db.lots import Record, RecordLink
from shop.db.session import Database
from shop.errors import NotFound
from shop.services.log.ledger import Ledger
from shop.services.signed.certificates import english
from shop.services.signed.evidence import gather
from shop.services.storefront.cards import (
    both,
    document,
    maybe,
    product_cards,
    select_products,
    village_card,
    workshop_card,
)
from shop.services.storefront.values import (
    Fact,
    KeyView,
    PlaceRecord,
    ProductCard,
    Recognition,
    Source,
    UnitPeriod,
    VillageCard,
    VillagePage,
    Vouched,
    WorkshopPage,
)
from shop.services.texts import Text
from traceability.clock import day_in_viet_nam
from traceability.errors import NotVerified
from traceability.evidence import Reader, SignedRecord
from traceability.policy import level_of
from traceability.records.certificate import Certificate
from traceability.records.facility import WorkshopRecord
from traceability.signing.trust import TrustKey, TrustList
from traceability.verdict import Outcome
from traceability.verify import verify_record

__all__ = ["Places", "place_record"]

REMEMBERED: Final = 512
VOUCHED_MAX: Final = 12  # on a workshop's page
REMEMBERED_FOR_S: Final = 300


@dataclass(frozen=True, slots=True)
class _Asked:
    """A record under one head and in one period: what is said of it changes with the log and with time."""

    record_id: str
    size: int
    period: int
    now: datetime = field(compare=False)


class Places:
    """Villages and workshops, read from the database; each method is one read transaction."""

    def __init__(self, database: Database, reader: Reader, trust: TrustList, ledger: Ledger) -> None:
        self._database, self._reader, self._trust, self._ledger = database, reader, trust, ledger
        self._judged = lru_cache(REMEMBERED)(self._judge)

    def villages(self) -> tuple[VillageCard, ...]:
        """Gives all villages in their order, with how many products each has."""
        counted = func.count(Product.id)
        statement = (
            select(Village, counted)
            .outerjoin(Workshop, Workshop.village_id == Village.id)
            .outerjoin(Product, (Product.workshop_id == Workshop.id) & Product.is_listed)
            .group_by(Village.id)
            .order_by(counted.desc(), Village.position)
        )
        with self._database.read() as session:
            return tuple(village_card(village, count) for village, count in session.execute(statement))

    def village(self, slug: str, *, now: datetime) -> VillagePage:
        """Gives all that a village's page shows.

        Raises:
            NotFound: NO_VILLAGE.
        """
        with self._database.read() as session:
            rows = session.execute(
                select(Village, Workshop)
                .outerjoin(Workshop, Workshop.village_id == Village.id)
                .where(Village.slug == slug)
                .order_by(Workshop.id)
            ).all()
            if not rows:
                raise NotFound("NO_VILLAGE", f"no village {slug[:80]!r}")
            village = rows[0][0]
            workshops = [row.Workshop for row in rows if row.Workshop is not None]
            products = product_cards(
                session,
                select_products(day_in_viet_nam(now))
                .where(Village.id == village.id)
                .order_by(Product.listed_at.desc(), Product.id),
            )
        record = self._place_record(village.record_id, now) if village.record_id else None
        return _village_page(village, workshops, products, record=record)

    def workshop(self, slug: str, *, now: datetime) -> WorkshopPage:
        """Gives all that a workshop's page shows.

        Raises:
            NotFound: NO_WORKSHOP.
        """
        with self._database.read() as session:
            rows = session.execute(_rows_of(slug)).all()
            if not rows:
                raise NotFound("NO_WORKSHOP", f"no workshop {slug[:80]!r}")
            workshop, village = rows[0].Workshop, rows[0].Village
            makers = {row.Maker.id: row.Maker for row in rows if row.Maker is not None}.values()
            papers = {row.Record.id: row.Record for row in rows if row.Record is not None}.values()
            products = product_cards(
                session,
                select_products(day_in_viet_nam(now))
                .where(Workshop.id == workshop.id)
                .order_by(Product.listed_at.desc(), Product.id),
            )
        keys = self._trust.keys_of(workshop.issuer)
        record = self._place_record(workshop.record_id, now)
        return WorkshopPage(
            card=workshop_card(workshop, village),
            story=Text(workshop.story_vi, workshop.story_en),
            legal_form=workshop.legal_form,
            site_kind=workshop.site_kind,
            is_inside_village=workshop.is_inside_village,
            place=Text(workshop.place_vi, workshop.place_en),
            unit=workshop.commune_name,
            products=products,
            record=record,
            vouched=self._vouched(papers, now),
            keys=tuple(_key_view(key) for key in keys),
            makers=tuple(Text(maker.name_vi, maker.name_en) for maker in makers),
        )

    def _vouched(self, papers: Iterable[Record], now: datetime) -> tuple[Vouched, ...]:
        """Gives what was signed about a workshop as a whole, the newest first; products have pages."""
        told = [(row, self._reader.read(row.body)) for row in papers]
        return tuple(
            Vouched(
                title=Text(item.record.title, english(row.translation, "title")),
                statement=Text(item.record.finding or "", english(row.translation, "finding")),
                record=self._place_record(row.id, now),
            )
            for row, item in told
            if isinstance(item.record, Certificate) and item.record.product_id is None
        )[:VOUCHED_MAX]

    def _place_record(self, record_id: str, now: datetime) -> PlaceRecord:
        """Gives who signed a place's record, whether it holds, and the records of that place before it."""
        head = self._ledger.latest()
        period = int(now.timestamp()) // REMEMBERED_FOR_S
        return self._judged(_Asked(record_id, head.size if head is not None else 0, period, now))

    def _judge(self, asked: _Asked) -> PlaceRecord:
        record_id, now = asked.record_id, asked.now
        signed = gather(self._database, self._ledger, self._reader, record_id)
        items = [self._reader.read(body) for body in signed.bodies.values()]
        first = next(item for item in items if item.envelope.id.rpartition("/")[2] == record_id)
        earlier = [
            item
            for item in items
            if item is not first
            and item.record.KIND == first.record.KIND
            and item.claim.created <= first.claim.created
        ]
        earlier.sort(key=lambda item: item.claim.created, reverse=True)
        told = tuple(place_record(item, self._trust) for item in earlier)
        evidence = signed.evidence(self._reader)
        outcome = verify_record(first.data, trust=self._trust, evidence=evidence, at=now).outcome
        return replace(
            place_record(first, self._trust),
            is_sound=outcome is not Outcome.INVALID,
            is_withdrawn=outcome is Outcome.REVOKED,
            earlier=told,
        )


def place_record(item: SignedRecord, trust: TrustList) -> PlaceRecord:
    """Gives who signed a record, and how sure it is by that signer's role."""
    try:
        level = level_of(item.record, trust.key(item.claim.method_id).role)
    except NotVerified:
        level = "self_declared"  # the weakest, for a key that the list has no longer
    return PlaceRecord(item.envelope.id.rpartition("/")[2], item.envelope.issuer.name, level)


def _key_view(key: TrustKey) -> KeyView:
    ended = (key.revoked.time, key.revoked.reason) if key.revoked is not None else None
    log_size = key.revoked.log_size if key.revoked is not None else None
    return KeyView(key.use, key.custody, key.method.id, ended, log_size)


def _village_page(
    village: Village,
    workshops: Sequence[Workshop],
    products: tuple[ProductCard, ...],
    *,
    record: PlaceRecord | None,
) -> VillagePage:
    """Joins a village's row and its stored facts to its page."""
    shown = document(village.document)
    known = shown["recognition"]
    return VillagePage(
        card=village_card(village, len(products)),
        alt_names=tuple(both(item) for item in shown["alt_names"]),
        story=both(shown["story"]),
        recognition=Recognition(
            known["type"], maybe(known["title"]), maybe(known["date"]), known["decision"], known["status"]
        ),
        units=tuple(_unit(item) for item in shown["units"]),
        point=(shown["point"][0], shown["point"][1]) if shown["point"] else None,
        point_note=maybe(shown["point_note"]) if shown["point"] else None,
        founding=_fact(shown["founding"]),
        heritage=tuple(_known_fact(item) for item in shown["heritage"]),
        network=_fact(shown["network"]),
        facts=tuple(_known_fact(item) for item in shown["facts"]),
        cautions=tuple(both(item) for item in shown["cautions"]),
        workshops=tuple(workshop_card(workshop, village) for workshop in workshops),
        products=products,
        record=record,
    )


def _unit(item: Mapping[str, Any]) -> UnitPeriod:
    return UnitPeriod(
        name=item["name"],
        district=item["district"],
        province=item["province"],
        since=date.fromisoformat(item["since"]) if item["since"] else None,
        until=date.fromisoformat(item["until"]) if item["until"] else None,
        is_split=item["is_split"],
    )


def _fact(item: Mapping[str, Any] | None) -> Fact | None:
    return _known_fact(item) if item is not None else None


def _known_fact(item: Mapping[str, Any]) -> Fact:
    return Fact(
        label=both(item["label"]),
        value=both(item["value"]),
        as_of=maybe(item["as_of"]),
        confidence=item["confidence"],
        note=maybe(item["note"]),
        sources=tuple(Source(both(source["title"]), source["url"]) for source in item["sources"]),
    )


def _rows_of(slug: str) -> Select[Workshop, Village, Maker | None, Record | None]:
    """Gives a workshop with its village, each of its makers with each certificate about it."""
    return (
        select(Workshop, Village, Maker, Record)
        .join(Village, Village.id == Workshop.village_id)
        .outerjoin(Maker, Maker.workshop_id == Workshop.id)
        .outerjoin(Record, _is_about_workshop())
        .where(Workshop.slug == slug)
        .order_by(Maker.id, Record.issued_at.desc(), Record.id)
    )


def _is_about_workshop() -> ColumnElement[bool]:
    """Gives the condition that a record is a certificate about a workshop, now or before."""
    before = aliased(Record)
    earlier = (
        select(RecordLink.target)
        .join(before, before.id == RecordLink.target)
        .where(RecordLink.source == Workshop.record_id, before.type == WorkshopRecord.KIND)
        .correlate(Workshop)
    )
    about = aliased(RecordLink)
    sources = (
        select(about.source)
        .where(or_(about.target == Workshop.record_id, about.target.in_(earlier)))
        .correlate(Workshop)
    )
    return and_(Record.type == Certificate.KIND, Record.id.in_(sources))
