"""The catalogue: what home, lists and product pages show."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, exists, func, select
from sqlalchemy.orm import aliased

from shop.db.catalogue import Product, Village, Workshop
from shop.db.log import LogEntry
from shop.db.lots import Certificate, Lot, Record
from shop.db.session import Database
from shop.errors import NotFound
from shop.services.log.ledger import Ledger
from shop.services.products.extras import PHOTOS, VARIANTS, read_photos, read_variants
from shop.services.products.lists import ProductLists
from shop.services.signed.certificates import certificate_view
from shop.services.signed.standing import Against, Logged, Standing
from shop.services.signed.values import CertificateView
from shop.services.storefront.cards import (
    Rows,
    both,
    document,
    maybe,
    product_card,
    product_cards,
    select_products,
    village_card,
    workshop_card,
)
from shop.services.storefront.figures import FIGURES_REGION, home_figures
from shop.services.storefront.values import Filters, Home, LotView, ProductList, ProductPage
from shop.services.texts import Text
from traceability.clock import day_in_viet_nam
from traceability.errors import Reason
from traceability.evidence import Reader, SignedRecord
from traceability.labels.code import LabelCode, parse
from traceability.records.passport import LotPassport
from traceability.signing.trust import TrustList

__all__ = ["Catalogue"]

HOME_PRODUCTS: Final = 8
HOME_VILLAGES: Final = 6
# A finding or a correction is told on the lot's own page; neither takes goods back.
_NO_LOSS: Final = frozenset({Reason.FINDING, Reason.SUPERSEDED})
_TAKEN_BACK: Final = frozenset({Reason.RECALLED, Reason.REVOKED, Reason.SUSPENDED})
_IN_REGION: Final = f'"province": {json.dumps(FIGURES_REGION, ensure_ascii=False)}'  # as documents spell it


class Catalogue:
    """Products, read from the database; every method takes at most 5 statements."""

    def __init__(self, database: Database, reader: Reader, trust: TrustList, ledger: Ledger) -> None:
        self._database, self._reader, self._ledger = database, reader, ledger
        self._lists = ProductLists(database)
        self._standing = Standing(database, ledger=ledger, reader=reader, trust=trust)

    def home(self, *, now: datetime) -> Home:
        """Gives the first page: the newest products and villages with most to show."""
        with self._database.read() as session:
            newest = select_products(day_in_viet_nam(now)).order_by(Product.listed_at.desc(), Product.id)
            cards = product_cards(session, newest.limit(HOME_PRODUCTS))
            counted = func.count(Product.id)
            villages = session.execute(
                select(Village, counted)
                .join(Workshop, Workshop.village_id == Village.id)
                .join(Product, Product.workshop_id == Workshop.id)
                .where(Product.is_listed)
                .group_by(Village.id)
                .order_by(counted.desc(), Village.position)
                .limit(HOME_VILLAGES)
            ).all()
            totals = session.execute(
                select(
                    select(func.count(Product.id)).where(Product.is_listed).scalar_subquery(),
                    select(func.count(Village.id)).scalar_subquery(),
                    select(Lot.sample_label).where(Lot.sample_label.is_not(None)).limit(1).scalar_subquery(),
                    exists().where(Village.document.contains(_IN_REGION, autoescape=True)),
                )
            ).one()
        return Home(
            products=cards,
            villages=tuple(village_card(village, count) for village, count in villages),
            figures=home_figures() if totals[3] else (),
            product_count=totals[0],
            village_count=totals[1],
            sample_path=parse(totals[2]).path if totals[2] else None,
        )

    def products(self, filters: Filters, *, now: datetime) -> ProductList:
        """Gives one page of the list, and how many products each filter value would leave."""
        return self._lists.page(filters, now=now)

    def product(self, slug: str, *, now: datetime) -> ProductPage:
        """Gives all that a product's page shows.

        Raises:
            NotFound: NO_PRODUCT.
        """
        with self._database.read() as session:
            row = session.execute(
                select_products(day_in_viet_nam(now))
                .add_columns(Product, Workshop, Village, _LISTED_IN_VILLAGE.label("in_village"))
                .add_columns(PHOTOS, VARIANTS)
                .where(Product.slug == slug)
            ).one_or_none()
            if row is None:
                raise NotFound("NO_PRODUCT", f"no product {slug[:80]!r} is listed")
            product, workshop, village = row.Product, row.Workshop, row.Village
            records = session.execute(_records_of(product)).all()
        against = self._against(records, now)
        lots = self._lots(product, [each for each in records if each.Lot is not None], against, now)
        papers = [each.Record for each in records if each.Lot is None]
        shown = document(product.document)
        return ProductPage(
            card=product_card(row),
            summary=both(shown["summary"]),
            making=both(shown["making"]),
            care=both(shown["care"]),
            **_contents(shown, self._newest_passport(records, lots)),
            dimensions=_dimensions(shown["dimensions"]),
            gtin=product.gtin,
            code=product.code,
            workshop=workshop_card(workshop, village),
            village=village_card(village, row.in_village),
            lots=lots,
            certificates=self._certificates(papers, against, now),
            is_made_outside=not workshop.is_inside_village,
            photos=read_photos(row.photos),
            variants=read_variants(row.variants),
        )

    def addresses(self) -> list[tuple[str, str]]:
        """Gives (kind, slug) of every page that search engines should know."""
        with self._database.read() as session:
            return [
                (kind, slug)
                for kind, column in (
                    ("product", select(Product.slug).where(Product.is_listed)),
                    ("village", select(Village.slug)),
                    ("workshop", select(Workshop.slug)),
                )
                for slug in session.scalars(column)
            ]

    def _against(self, rows: Sequence[Row[Any]], now: datetime) -> Mapping[str, Against]:
        """Gives what speaks against passports and certificates, each by itself, by record id."""
        logged = [
            Logged(self._reader.read(row.Record.body), row.Record.id, row.idx)
            for row in rows
            if row.idx is not None
        ]
        head = self._ledger.latest()
        return self._standing.against(logged, size=head.size if head is not None else 0, now=now)

    def _lots(
        self, product: Product, rows: Sequence[Row[Any]], against: Mapping[str, Against], now: datetime
    ) -> tuple[LotView, ...]:
        return tuple(
            self._lot_view(
                product,
                row.Lot,
                self._reader.read(row.Record.body),
                against=against.get(row.Lot.record_id),
                now=now,
            )
            for row in rows
        )

    def _newest_passport(self, rows: Sequence[Row[Any]], lots: Sequence[LotView]) -> LotPassport | None:
        """Gives the passport of the newest lot that nobody has taken back."""
        standing = {lot.record_id for lot in lots if not lot.is_taken_back}
        body = next((row.Record.body for row in rows if row.Record.id in standing), None)
        passport = self._reader.read(body).record if body is not None else None
        return passport if isinstance(passport, LotPassport) else None

    def _certificates(
        self, records: Sequence[Record], against: Mapping[str, Against], now: datetime
    ) -> tuple[CertificateView, ...]:
        told = {key: one.reason for key, one in against.items() if one.is_certain}
        return tuple(
            certificate_view(
                self._reader.read(record.body),
                record.translation,
                now=now,
                is_sound=told.get(record.id) in {None, *_NO_LOSS, *_TAKEN_BACK},
                withdrawn=told[record.id] if told.get(record.id) in _TAKEN_BACK else None,
            )
            for record in records
        )

    def _lot_view(
        self, product: Product, lot: Lot, item: SignedRecord, *, against: Against | None, now: datetime
    ) -> LotView:
        passport = item.record
        told = against if against is not None and against.reason not in _NO_LOSS else None
        expires_on = passport.expires_on if isinstance(passport, LotPassport) else None
        code = LabelCode("LOT.INVALID", gtin=product.gtin, code=product.code, lot=lot.number)
        return LotView(
            number=lot.number,
            units=lot.unit_count,
            made_on=lot.made_on,
            path=code.path,
            sample_label=lot.sample_label,
            record_id=lot.record_id,
            expires_on=expires_on,
            is_past_use_by=expires_on is not None and expires_on < day_in_viet_nam(now),
            against=told.reason.value if told is not None else None,
            is_taken_back=told is not None and told.is_certain,
        )


_OTHER, _OTHERS_WORKSHOP = aliased(Product), aliased(Workshop)
_LISTED_IN_VILLAGE: Final = (
    select(func.count(_OTHER.id))
    .join(_OTHERS_WORKSHOP, _OTHERS_WORKSHOP.id == _OTHER.workshop_id)
    .where(_OTHERS_WORKSHOP.village_id == Village.id, _OTHER.is_listed)
    .correlate(Village)
    .scalar_subquery()
)


def _records_of(product: Product) -> Rows:
    """Gives the select of a product's passports with lot and place in the log, and of its certificates.

    Of each kind the newest comes first.
    """
    lots = select(Lot.record_id).where(Lot.product_id == product.id)
    certificates = select(Certificate.record_id).where(Certificate.product_id == product.id)
    return (
        select(Record, Lot, LogEntry.idx)
        .outerjoin(Lot, Lot.record_id == Record.id)
        .outerjoin(Certificate, Certificate.record_id == Record.id)
        .outerjoin(LogEntry, LogEntry.entry_id == Record.url)
        .where(Record.id.in_(lots.union_all(certificates)))
        .order_by(Lot.made_on.desc(), Lot.id.desc(), Certificate.valid_from.desc(), Record.id)
    )


def _contents(shown: dict[str, Any], passport: LotPassport | None) -> dict[str, Any]:
    """Gives what a product is made of: as the shop says it in both languages, else as its passport does."""
    if shown["materials"] or passport is None:
        return {
            "materials": tuple(_material(item) for item in shown["materials"]),
            "bought_in": tuple(both(item["name"]) for item in shown["bought_in"]),
            "warnings": maybe(shown["warnings"]),
        }
    return {
        "materials": tuple(
            Text(f"{item.name}, {item.origin}, {item.percent} %") for item in passport.materials
        ),
        "bought_in": tuple(Text(item.name) for item in passport.bought_in),
        "warnings": Text(passport.warnings) if passport.warnings is not None else None,
    }


def _material(item: dict[str, Any]) -> Text:
    """Gives `Đất sét, Hải Dương, 94 %` in both languages."""
    name, origin, percent = item["name"], item["origin"], item["percent"]
    return Text(f"{name['vi']}, {origin['vi']}, {percent} %", f"{name['en']}, {origin['en']}, {percent} %")


def _dimensions(item: dict[str, Any] | None) -> Text | None:
    """Gives the sizes in centimetres and the weight in kilograms or grams, as far as they are known."""
    if not item:
        return None
    words = {
        "height_mm": ("cao", "high"),
        "width_mm": ("rộng", "wide"),
        "length_mm": ("dài", "long"),
        "thickness_mm": ("dày", "thick"),
    }
    vi, en = [], []
    for name, (said, spoken) in words.items():
        if item.get(name):
            vi.append(f"{said} {item[name] / 10:g} cm".replace(".", ","))
            en.append(f"{item[name] / 10:g} cm {spoken}")
    if item.get("weight_g"):
        grams = item["weight_g"]
        weight = f"{grams / 1000:g} kg" if grams >= 1000 else f"{grams} g"
        vi.append(f"nặng {weight}".replace(".", ","))
        en.append(weight)
    return Text(", ".join(vi), ", ".join(en)) if vi else None
