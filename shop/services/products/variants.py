"""The variants of a product: kinds that differ by size, glaze or colour."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.db.catalogue import Product, ProductVariant
from shop.db.session import Database
from shop.errors import BadFields, NotFound
from shop.money import Dong
from shop.services.access.actors import Actor
from shop.services.access.audit_trail import note
from shop.services.products.own import own_product
from shop.services.texts import Text
from shop.services.typed.texts import FormReader

__all__ = ["ProductVariants", "VariantFields", "read_variant"]

VARIANTS_MAX: Final = 30
NAME_MAX: Final = 80


@dataclass(frozen=True, slots=True)
class VariantFields:
    """What an artisan says of a variant."""

    name: Text
    price: Dong
    stock: int


def read_variant(texts: Mapping[str, str]) -> VariantFields:
    """Reads `name_vi`, `name_en`, `price` and `stock` as they were typed.

    Raises:
        BadFields: MISSING, TOO_LONG, BAD_CHARACTER, NEEDS_VIETNAMESE, BAD_PRICE, UNCLEAR_PRICE or BAD_COUNT.
    """
    form = FormReader(texts)
    fields = VariantFields(
        form.both("name", most=NAME_MAX, is_required=True), form.price("price"), form.count("stock")
    )
    if form.mistakes:
        raise BadFields(form.mistakes)
    return fields


class ProductVariants:
    """What an artisan does with the variants of her products."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, actor: Actor, slug: str, fields: VariantFields, *, now: datetime) -> int:
        """Adds a variant behind the others and gives its id; one of the same name and words is it already.

        Raises:
            BadFields: TAKEN, when another one has its name; TOO_MANY.
            NotFound: NO_PRODUCT or NO_WORKSHOP.
        """
        with self._database.write() as session:
            product = own_product(session, actor, slug, to_change=True)
            others = _of(session, product)
            same = next((one for one in others if one.name_vi == fields.name.vi), None)
            if same is not None and _fields(same) == fields:
                return same.id
            _demand_free_name(others, fields)
            if len(others) >= VARIANTS_MAX:
                raise BadFields({"name_vi": "TOO_MANY"})
            variant = ProductVariant(product_id=product.id, position=len(others), is_listed=True)
            _fill(variant, fields)
            session.add(variant)
            session.flush()
            note(session, actor, "variant add", f"product:{slug}", at=now, variant=variant.id)
            return variant.id

    def change(
        self, actor: Actor, slug: str, variant_id: int, fields: VariantFields, *, now: datetime
    ) -> None:
        """Changes a variant.

        Raises:
            BadFields: TAKEN.
            NotFound: NO_VARIANT, NO_PRODUCT or NO_WORKSHOP.
        """
        with self._database.write() as session:
            others, variant = self._find(session, actor, slug, variant_id)
            _demand_free_name([one for one in others if one is not variant], fields)
            _fill(variant, fields)
            note(session, actor, "variant change", f"product:{slug}", at=now, variant=variant_id)

    def move_up(self, actor: Actor, slug: str, variant_id: int, *, now: datetime) -> None:
        """Puts a variant before the one in front of it; the first one stays.

        Raises:
            NotFound: NO_VARIANT, NO_PRODUCT or NO_WORKSHOP.
        """
        with self._database.write() as session:
            others, variant = self._find(session, actor, slug, variant_id)
            at = others.index(variant)
            others.insert(max(0, at - 1), others.pop(at))
            for position, one in enumerate(others):
                one.position = position
            note(session, actor, "variant move", f"product:{slug}", at=now, variant=variant_id)

    def set_listing(
        self, actor: Actor, slug: str, variant_id: int, *, is_wanted: bool, now: datetime
    ) -> None:
        """Shows a variant to buyers, or takes it away from them.

        Raises:
            NotFound: NO_VARIANT, NO_PRODUCT or NO_WORKSHOP.
        """
        with self._database.write() as session:
            _, variant = self._find(session, actor, slug, variant_id)
            variant.is_listed = is_wanted
            action = "variant list" if is_wanted else "variant hide"
            note(session, actor, action, f"product:{slug}", at=now, variant=variant_id)

    def _find(
        self, session: Session, actor: Actor, slug: str, variant_id: int
    ) -> tuple[list[ProductVariant], ProductVariant]:
        product = own_product(session, actor, slug, to_change=True)
        others = _of(session, product)
        found = next((one for one in others if one.id == variant_id), None)
        if found is None:
            raise NotFound("NO_VARIANT", f"product {slug[:80]!r} has no variant {variant_id}")
        return others, found


def _of(session: Session, product: Product) -> list[ProductVariant]:
    wanted = select(ProductVariant).where(ProductVariant.product_id == product.id)
    return list(session.scalars(wanted.order_by(ProductVariant.position, ProductVariant.id)))


def _demand_free_name(others: list[ProductVariant], fields: VariantFields) -> None:
    if any(one.name_vi == fields.name.vi for one in others):
        raise BadFields({"name_vi": "TAKEN"})


def _fields(variant: ProductVariant) -> VariantFields:
    return VariantFields(Text(variant.name_vi, variant.name_en), variant.price, variant.stock)


def _fill(variant: ProductVariant, fields: VariantFields) -> None:
    variant.name_vi, variant.name_en = fields.name.vi, fields.name.en
    variant.price, variant.stock = fields.price, fields.stock
