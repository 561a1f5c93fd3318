"""A product's photographs and variants as buyers see them, in one statement."""

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    CompoundSelect,
    Row,
    String,
    exists,
    literal,
    null,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import Session

from shop.db.catalogue import Product, ProductVariant
from shop.db.media import Media, ProductPhoto
from shop.money import Dong
from shop.services.product_values import Photo, VariantView
from shop.services.texts import Text

__all__ = ["HAS_EXTRAS", "photos_and_variants"]

# Most products have neither, and then their page need not ask for them.
HAS_EXTRAS: Final = or_(
    exists().where(ProductPhoto.product_id == Product.id),
    exists().where(ProductVariant.product_id == Product.id),
).label("has_extras")


def photos_and_variants(
    session: Session, product_id: int
) -> tuple[tuple[Photo, ...], tuple[VariantView, ...]]:
    """Gives all photographs of a product and its listed variants, both in their order."""
    photos = (
        select(
            literal("photo").label("kind"), Media.id.label("id"), ProductPhoto.position.label("position"),
            Media.name.label("name"), type_coerce(null(), String).label("name_en"),
            Media.width.label("first"), Media.height.label("second"),
        )
        .join(ProductPhoto, ProductPhoto.media_id == Media.id)
        .where(ProductPhoto.product_id == product_id)
    )  # fmt: skip
    variants = select(
        literal("variant"), ProductVariant.id, ProductVariant.position, ProductVariant.name_vi,
        ProductVariant.name_en, type_coerce(ProductVariant.price, BigInteger), ProductVariant.stock,
    ).where(ProductVariant.product_id == product_id, ProductVariant.is_listed)  # fmt: skip
    both: CompoundSelect[Any] = union_all(photos, variants)
    rows = session.execute(both).all()
    found = sorted(rows, key=lambda row: (row.position, row.id))
    return (
        tuple(Photo(row.name, row.first, row.second) for row in found if row.kind == "photo"),
        tuple(_variant(row) for row in found if row.kind == "variant"),
    )


def _variant(row: Row[Any]) -> VariantView:
    return VariantView(row.id, Text(row.name, row.name_en), Dong(row.first), row.second, is_listed=True)
