"""The tables of what the shop shows: crafts, villages, workshops, makers, products.

Texts end in `_vi` and `_en`; `name_folded` is the name without accents and in small letters, for search.
A `document` is one JSON object as text, written by us.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shop.db.base import CAPITALS, DIGITS, SLUG_CHARACTERS, Base, holds_only, is_one_of
from shop.money import Dong

__all__ = ["LEGAL_FORMS", "SITE_KINDS", "Craft", "Maker", "Product", "ProductVariant", "Village", "Workshop"]

LEGAL_FORMS: Final = ("household_business", "cooperative", "enterprise")
SITE_KINDS: Final = ("home", "village", "cluster")


class Craft(Base):
    """A craft that products are filtered by; `key` stands in addresses."""

    __tablename__ = "crafts"
    __table_args__ = (
        CheckConstraint(holds_only("key", SLUG_CHARACTERS), name="key_is_plain"),
        CheckConstraint("name_vi <> ''", name="name_is_given"),
    )

    key: Mapped[str] = mapped_column(primary_key=True)
    name_vi: Mapped[str]
    name_en: Mapped[str]


class Village(Base):
    """A craft village; `record_id` is its signed recognition, None as long as there is none."""

    __tablename__ = "villages"
    __table_args__ = (
        CheckConstraint(holds_only("slug", SLUG_CHARACTERS), name="slug_is_plain"),
        CheckConstraint("name <> '' AND name_folded <> ''", name="name_is_given"),
        CheckConstraint("craft <> ''", name="craft_is_given"),
        CheckConstraint(holds_only("commune_code", DIGITS), name="commune_code_is_digits"),
        CheckConstraint("substr(document, 1, 1) = '{'", name="document_is_object"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    name_folded: Mapped[str]
    craft_vi: Mapped[str]
    craft_en: Mapped[str]
    craft: Mapped[str]  # the craft of most of its products, or its motif where it has none
    motif: Mapped[str]
    position: Mapped[int]  # the order in lists
    commune_name: Mapped[str]
    commune_code: Mapped[str]
    document: Mapped[str]  # the village's sourced facts
    record_id: Mapped[str | None] = mapped_column(ForeignKey("records.id"))


class Workshop(Base):
    """A place of production.

    There is no column for a tax code: a household business's is its owner's citizen number.
    """

    __tablename__ = "workshops"
    __table_args__ = (
        CheckConstraint(holds_only("slug", SLUG_CHARACTERS), name="slug_is_plain"),
        CheckConstraint("name_vi <> ''", name="name_is_given"),
        CheckConstraint(is_one_of("legal_form", LEGAL_FORMS), name="legal_form_is_known"),
        CheckConstraint(is_one_of("site_kind", SITE_KINDS), name="site_kind_is_known"),
        CheckConstraint("substr(issuer, 1, 4) = 'did:'", name="issuer_is_did"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name_vi: Mapped[str]
    name_en: Mapped[str]
    village_id: Mapped[int] = mapped_column(ForeignKey("villages.id"), index=True)
    legal_form: Mapped[str]
    site_kind: Mapped[str]
    is_inside_village: Mapped[bool] = mapped_column(Boolean(create_constraint=True, name="is_inside_village"))
    place_vi: Mapped[str]
    place_en: Mapped[str]
    commune_name: Mapped[str]
    story_vi: Mapped[str]
    story_en: Mapped[str]
    is_fictional: Mapped[bool] = mapped_column(Boolean(create_constraint=True, name="is_fictional"))
    issuer: Mapped[str]  # the did of its records
    record_id: Mapped[str] = mapped_column(ForeignKey("records.id"))


class Maker(Base):
    """A person who makes things, named beside the signed bytes and never in them.

    Deleting the row deletes name and salt: the signed commitment then says nothing about anybody.
    """

    __tablename__ = "makers"
    __table_args__ = (
        CheckConstraint("name_vi <> ''", name="name_is_given"),
        CheckConstraint("pseudonym <> ''", name="pseudonym_is_given"),
        CheckConstraint("length(salt) = 16", name="salt_size"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    pseudonym: Mapped[str] = mapped_column(unique=True)
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id"), index=True)
    name_vi: Mapped[str]
    name_en: Mapped[str]
    salt: Mapped[bytes]


class Product(Base):
    """A thing for sale, under a GTIN or, for a workshop without a GS1 licence, under a code of our own."""

    __tablename__ = "products"
    __table_args__ = (
        CheckConstraint(holds_only("slug", SLUG_CHARACTERS), name="slug_is_plain"),
        CheckConstraint("name_vi <> '' AND name_folded <> ''", name="name_is_given"),
        CheckConstraint(f"length(gtin) = 14 AND {holds_only('gtin', DIGITS)}", name="gtin_is_14_digits"),
        CheckConstraint(
            f"length(code) BETWEEN 4 AND 14 AND {holds_only('code', CAPITALS + DIGITS)}", name="code_is_plain"
        ),
        CheckConstraint("(gtin IS NULL) <> (code IS NULL)", name="gtin_or_code"),
        CheckConstraint("price > 0", name="price_is_positive"),
        CheckConstraint("stock >= 0", name="stock_is_not_negative"),
        CheckConstraint("substr(document, 1, 1) = '{'", name="document_is_object"),
        # One index for each way to list: newest first by filter, by price, by name. The id settles ties.
        Index("ix_products_craft_listed_at", "craft", "listed_at", "id"),
        Index("ix_products_workshop_id_listed_at", "workshop_id", "listed_at", "id"),
        Index("ix_products_listed_at", "listed_at", "id"),
        Index("ix_products_price", "price", "id"),
        Index("ix_products_name_folded", "name_folded", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id"))
    name_vi: Mapped[str]
    name_en: Mapped[str]
    name_folded: Mapped[str]
    craft: Mapped[str] = mapped_column(ForeignKey("crafts.key"))
    motif: Mapped[str]
    gtin: Mapped[str | None] = mapped_column(unique=True)
    code: Mapped[str | None] = mapped_column(unique=True)
    price: Mapped[Dong]
    stock: Mapped[int]
    document: Mapped[str]  # summary, making, materials, care, warnings, dimensions, in vi and en
    listed_at: Mapped[datetime]
    is_listed: Mapped[bool] = mapped_column(Boolean(create_constraint=True, name="is_listed"))


class ProductVariant(Base):
    """A kind of a product that differs by size, glaze or colour; a product without any is sold as it is."""

    __tablename__ = "product_variants"
    __table_args__ = (
        UniqueConstraint("product_id", "name_vi"),
        CheckConstraint("name_vi <> ''", name="name_is_given"),
        CheckConstraint("price > 0", name="price_is_positive"),
        CheckConstraint("stock >= 0", name="stock_is_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), index=True)
    name_vi: Mapped[str]
    name_en: Mapped[str]
    price: Mapped[Dong]
    stock: Mapped[int]
    position: Mapped[int]
    is_listed: Mapped[bool] = mapped_column(Boolean(create_constraint=True, name="is_listed"))
