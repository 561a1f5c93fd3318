"""A product's photographs and variants as buyers see them, in two columns of the product's own statement."""

from typing import Any, Final

from sqlalchemy import ColumnElement, String, cast, func, literal, select

from shop.db.catalogue import Product, ProductVariant
from shop.db.media import Media, ProductPhoto
from shop.money import Dong
from shop.services.products.values import Photo, VariantView
from shop.services.texts import Text

__all__ = ["PHOTOS", "VARIANTS", "read_photos", "read_variants"]

# Units and records of a text, as ASCII has them for this; forms take no control character.
_UNIT: Final = "\x1f"
_RECORD: Final = "\x1e"


def _joined(*columns: Any) -> ColumnElement[str]:
    """Gives the columns of all rows as one text: their own statement would be one too many for a page."""
    whole: ColumnElement[str] = cast(columns[0], String)
    for column in columns[1:]:
        whole = whole + literal(_UNIT) + cast(column, String)
    return func.aggregate_strings(whole, _RECORD)


PHOTOS: Final = (
    select(_joined(ProductPhoto.position, Media.id, Media.name, Media.width, Media.height))
    .select_from(ProductPhoto)
    .join(Media, Media.id == ProductPhoto.media_id)
    .where(ProductPhoto.product_id == Product.id)
    .correlate(Product)
    .scalar_subquery()
    .label("photos")
)
VARIANTS: Final = (
    select(
        _joined(
            ProductVariant.position, ProductVariant.id, ProductVariant.price, ProductVariant.stock,
            ProductVariant.name_vi, ProductVariant.name_en,
        )
    )
    .where(ProductVariant.product_id == Product.id, ProductVariant.is_listed)
    .correlate(Product)
    .scalar_subquery()
    .label("variants")
)  # fmt: skip


def read_photos(text: str | None) -> tuple[Photo, ...]:
    """Gives a product's photographs in their order from the column `PHOTOS`."""
    return tuple(Photo(name, int(width), int(height)) for name, width, height in _rows(text))


def read_variants(text: str | None) -> tuple[VariantView, ...]:
    """Gives a product's listed variants in their order from the column `VARIANTS`."""
    return tuple(
        VariantView(int(number), Text(vi, en), Dong(int(price)), int(stock), is_listed=True)
        for number, price, stock, vi, en in _rows(text, first=1)
    )


def _rows(text: str | None, *, first: int = 2) -> list[list[str]]:
    """Gives the rows by position and id, each from its column `first` on."""
    rows = [row.split(_UNIT) for row in text.split(_RECORD)] if text else []
    return [row[first:] for row in sorted(rows, key=lambda row: (int(row[0]), int(row[1])))]
