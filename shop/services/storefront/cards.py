"""Rows to cards: the selects and readers that several services share."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from sqlalchemy import BindParameter, ColumnElement, Row, Select, String, and_, case, cast, func, or_, select
from sqlalchemy.orm import Session, aliased

from shop.db.catalogue import Craft, Product, Village, Workshop
from shop.db.lots import Certificate, Record, RecordLink
from shop.db.media import Media, ProductPhoto
from shop.services.products.values import Photo
from shop.services.storefront.values import ProductCard, VillageCard, WorkshopCard
from shop.services.texts import Text
from traceability.policy import LEVELS
from traceability.records.notice import Notice

__all__ = [
    "FIRST_PHOTO",
    "Rows",
    "both",
    "document",
    "maybe",
    "product_card",
    "product_cards",
    "read_photo",
    "select_products",
    "stars_today",
    "village_card",
    "workshop_card",
]


Rows = Select[*tuple[Any, ...]]  # the columns are read by name


def both(value: Mapping[str, Any]) -> Text:
    """Gives the `{"vi": …, "en": …}` of a stored document."""
    return Text(value["vi"], value["en"])


def maybe(value: Mapping[str, Any] | None) -> Text | None:
    """Gives the text, or None where the document has none."""
    return both(value) if value is not None else None


def stars_today(today: date | BindParameter[date]) -> Any:
    """Gives the subquery (product_id, stars) of OCOP certificates that are valid today."""
    stars = func.max(Certificate.stars).label("stars")
    grouped = select(Certificate.product_id, stars).where(_is_valid(today)).group_by(Certificate.product_id)
    return grouped.subquery()


def _is_valid(today: date | BindParameter[date]) -> ColumnElement[bool]:
    return and_(Certificate.kind == "ocop", _is_in_force(today))


def _is_in_force(today: date | BindParameter[date]) -> ColumnElement[bool]:
    return and_(
        Certificate.valid_from <= today,
        or_(Certificate.valid_until.is_(None), Certificate.valid_until >= today),
    )


# How sure each kind of certificate is, as a place in LEVELS; titles and stars are certified.
_SURE: Final = {"attestation": 2, "inspection": 3, "environmental": 3}
_CERTIFIED: Final = 4


def _surest(today: date | BindParameter[date]) -> Any:
    """Gives the subquery of the surest level that anybody's certificate gives a product today.

    What a notice speaks of counts for nothing here: the product's own page says what became of it.
    """
    about = aliased(Record)
    is_noticed = (
        select(RecordLink.source)
        .join(about, about.id == RecordLink.source)
        .where(RecordLink.target == Certificate.record_id, about.type == Notice.KIND)
        .correlate(Certificate)
        .exists()
    )
    rank = func.max(case(_SURE, value=Certificate.kind, else_=_CERTIFIED))
    holds = select(rank).where(_is_in_force(today), Certificate.product_id == Product.id, ~is_noticed)
    return holds.correlate(Product).scalar_subquery()


# Name and sides in one text: three subqueries would look for the same photograph three times.
FIRST_PHOTO: Final = (
    select(Media.name + " " + cast(Media.width, String) + " " + cast(Media.height, String))
    .join(ProductPhoto, ProductPhoto.media_id == Media.id)
    .where(ProductPhoto.product_id == Product.id)
    .order_by(ProductPhoto.position, ProductPhoto.media_id)
    .limit(1)
    .correlate(Product)
    .scalar_subquery()
)


def select_products(today: date | BindParameter[date], *, only_listed: bool = True) -> Rows:
    """Gives the select behind every product card; add `where`, `order_by` and `limit`.

    Args:
        today: the day that certificates must be valid on, or a parameter for it.
        only_listed: leaves out what is no longer shown; labels of such a product still verify.
    """
    # Asked of each product that is given, and never of all at once: a page shows few of many.
    stars = select(func.max(Certificate.stars)).where(_is_valid(today), Certificate.product_id == Product.id)
    statement = (
        select(
            Product.id,
            Product.slug,
            Product.name_vi,
            Product.name_en,
            Product.motif,
            Product.price,
            Product.stock,
            Product.is_listed,
            Village.name.label("village_name"),
            Craft.name_vi.label("craft_vi"),
            Craft.name_en.label("craft_en"),
            stars.correlate(Product).scalar_subquery().label("stars"),
            _surest(today).label("level"),
            FIRST_PHOTO.label("photo"),
        )
        .join(Workshop, Workshop.id == Product.workshop_id)
        .join(Village, Village.id == Workshop.village_id)
        .join(Craft, Craft.key == Product.craft)
    )
    return statement.where(Product.is_listed) if only_listed else statement


def product_card(row: Row[Any]) -> ProductCard:
    """Reads a row of `select_products`."""
    return ProductCard(
        slug=row.slug,
        name=Text(row.name_vi, row.name_en),
        village_name=row.village_name,
        craft=Text(row.craft_vi, row.craft_en),
        motif=row.motif,
        price=row.price,
        stock=row.stock,
        stars=row.stars,
        is_listed=row.is_listed,
        photo=read_photo(row.photo),
        level=LEVELS[row.level or 0],
    )


def read_photo(text: str | None) -> Photo | None:
    """Reads a column of `FIRST_PHOTO`."""
    if text is None:
        return None
    name, width, height = text.split()
    return Photo(name, int(width), int(height))


def product_cards(session: Session, statement: Rows) -> tuple[ProductCard, ...]:
    """Runs a select of `select_products`."""
    return tuple(product_card(row) for row in session.execute(statement))


def village_card(village: Village, product_count: int) -> VillageCard:
    """Gives the card of a village row."""
    return VillageCard(
        slug=village.slug,
        name=village.name,
        craft=Text(village.craft_vi, village.craft_en),
        motif=village.motif,
        unit=village.commune_name,
        product_count=product_count,
    )


def workshop_card(workshop: Workshop, village: Village) -> WorkshopCard:
    """Gives the card of a workshop row."""
    return WorkshopCard(
        slug=workshop.slug,
        name=Text(workshop.name_vi, workshop.name_en),
        village_slug=village.slug,
        village_name=village.name,
        is_fictional=workshop.is_fictional,
    )


def document(text: str) -> dict[str, Any]:
    """Reads a stored JSON document, which only we write."""
    value: dict[str, Any] = json.loads(text)
    return value
