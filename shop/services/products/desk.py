"""The artisan's products: made, changed, shown and hidden."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select

from shop.db.catalogue import Product, ProductVariant, Village, Workshop
from shop.db.lots import Lot
from shop.db.media import Media, ProductPhoto
from shop.db.session import Database
from shop.facts.files import crafts
from shop.money import Dong
from shop.services.access.actors import Actor
from shop.services.access.audit_trail import note
from shop.services.products.fields import ProductFields, write_product
from shop.services.products.own import demand_workshop, own_product
from shop.services.products.rows import (
    NewProduct,
    show_or_hide,
    store_changed,
    store_new,
    taken_is_busy,
)
from shop.services.products.values import Photo, VariantView
from shop.services.texts import Text
from shop.services.typed.form_drafts import draft_of

__all__ = ["DeskProduct", "ProductDesk", "ProductSheet"]


@dataclass(frozen=True, slots=True)
class DeskProduct:
    """A product in the artisan's list.

    Attributes:
        photo: the first one, None where there is none yet.
        lots: how many it has; without one it is not shown to buyers.
        is_listed: buyers see it now.
        wants_listing: it is to be shown as soon as it has a lot.
    """

    slug: str
    name: Text
    motif: str
    price: Dong
    stock: int
    is_one_off: bool
    photo: Photo | None
    lots: int
    is_listed: bool
    wants_listing: bool


@dataclass(frozen=True, slots=True)
class ProductSheet:
    """All of a product, as its desk page shows it; `texts` are the fields as they are typed."""

    product: DeskProduct
    texts: Mapping[str, str]
    photos: tuple[tuple[int, Photo], ...]
    variants: tuple[VariantView, ...]
    gtin: str | None
    code: str | None


class ProductDesk:
    """What an artisan does with her workshop's products; another workshop's are NotFound."""

    def __init__(self, database: Database, *, host: str) -> None:
        self._database, self._host = database, host

    def mine(self, actor: Actor) -> tuple[DeskProduct, ...]:
        """Gives the workshop's products, the newest first; none before it is approved."""
        if actor.workshop_id is None:
            return ()
        wanted = _select().where(Product.workshop_id == demand_workshop(actor))
        with self._database.read() as session:
            rows = session.execute(wanted.order_by(Product.id.desc())).all()
        return tuple(_desk_product(row) for row in rows)

    def usual_craft(self, actor: Actor) -> str:
        """Gives the craft of the workshop's newest product, else its village's; empty for neither."""
        newest = select(Product.craft).where(Product.workshop_id == demand_workshop(actor))
        village = (
            select(Village.craft)
            .join(Workshop, Workshop.village_id == Village.id)
            .where(Workshop.id == actor.workshop_id)
        )
        with self._database.read() as session:
            found = session.scalar(newest.order_by(Product.id.desc()).limit(1)) or session.scalar(village)
        return found if found in crafts() else ""

    def one(self, actor: Actor, slug: str) -> ProductSheet:
        """Gives a product with its photos and variants.

        Raises:
            NotFound: NO_PRODUCT or NO_WORKSHOP.
        """
        with self._database.read() as session:
            product = own_product(session, actor, slug)
            row = session.execute(_select().where(Product.id == product.id)).one()
            photos = session.scalars(
                select(Media)
                .join(ProductPhoto, ProductPhoto.media_id == Media.id)
                .where(ProductPhoto.product_id == product.id)
                .order_by(ProductPhoto.position, Media.id)
            ).all()
            variants = session.scalars(
                select(ProductVariant)
                .where(ProductVariant.product_id == product.id)
                .order_by(ProductVariant.position, ProductVariant.id)
            ).all()
        return ProductSheet(
            product=_desk_product(row),
            texts=write_product(product),
            photos=tuple(
                (media.id, Photo(media.name, media.width or 0, media.height or 0)) for media in photos
            ),
            variants=tuple(
                VariantView(one.id, Text(one.name_vi, one.name_en), one.price, one.stock, one.is_listed)
                for one in variants
            ),
            gtin=product.gtin,
            code=product.code,
        )

    def make(self, actor: Actor, fields: ProductFields, *, token: str, now: datetime) -> str:
        """Makes a product and gives its slug; the same token gives the same product again.

        Args:
            actor: an artisan with a workshop.
            fields: as `read_product` gave them.
            token: of the draft or form that it was typed into, 16 characters or more.
            now: aware.

        Raises:
            BadFields: TAKEN, of a GTIN or code that another product has.
            BadInput: BAD_TOKEN.
            NotFound: NO_WORKSHOP; NO_DRAFT, when the token is another person's.
        """
        demand_workshop(actor)
        with self._database.write() as session, taken_is_busy():
            draft = draft_of(session, actor, "product", token, now=now)
            if draft.became is None:
                draft.became = store_new(session, fields, NewProduct(actor, self._host, now)).slug
                draft.document = "{}"
            return draft.became

    def change(
        self, actor: Actor, slug: str, fields: ProductFields, *, seen_stock: int | None, now: datetime
    ) -> None:
        """Changes what the workshop says of a product; its slug stays, and once it has a lot its code too.

        Args:
            actor: an artisan.
            slug: of one of her products.
            fields: as `read_product` gave them.
            seen_stock: the stock that the form showed: what was sold meanwhile stays sold. None sets it.
            now: aware.

        Raises:
            BadFields: TAKEN; PRINTED, for another GTIN or code than labels carry; ONE_PIECE.
            NotFound: NO_PRODUCT or NO_WORKSHOP.
        """
        with self._database.write() as session, taken_is_busy():
            product = own_product(session, actor, slug, to_change=True)
            stock = fields.stock
            if seen_stock is not None:
                stock = max(0, product.stock + fields.stock - seen_stock)
            store_changed(session, product, replace(fields, stock=stock))
            note(session, actor, "product change", f"product:{product.slug}", at=now)

    def set_listing(self, actor: Actor, slug: str, *, is_wanted: bool, now: datetime) -> None:
        """Shows a product to buyers, or hides it; one without a lot is shown from its first lot on.

        Raises:
            NotFound: NO_PRODUCT or NO_WORKSHOP.
        """
        with self._database.write() as session:
            product = own_product(session, actor, slug, to_change=True)
            show_or_hide(session, product, is_wanted=is_wanted)
            action = "product list" if is_wanted else "product hide"
            note(session, actor, action, f"product:{product.slug}", at=now)


_LOTS: Final = select(func.count(Lot.id)).where(Lot.product_id == Product.id).scalar_subquery()
_FIRST: Final = (
    select(ProductPhoto.media_id)
    .where(ProductPhoto.product_id == Product.id)
    .order_by(ProductPhoto.position, ProductPhoto.media_id)
    .limit(1)
    .correlate(Product)
    .scalar_subquery()
)


def _select() -> Any:
    return select(Product, _LOTS.label("lots"), Media).outerjoin(Media, Media.id == _FIRST)


def _desk_product(row: Any) -> DeskProduct:
    product, media = row.Product, row.Media
    shown = json.loads(product.document)
    return DeskProduct(
        slug=product.slug,
        name=Text(product.name_vi, product.name_en),
        motif=product.motif,
        price=product.price,
        stock=product.stock,
        is_one_off=bool(shown.get("oneOff")),
        photo=Photo(media.name, media.width or 0, media.height or 0) if media is not None else None,
        lots=row.lots,
        is_listed=product.is_listed,
        # Products that came with a lot were never asked; they are as they are shown.
        wants_listing=bool(shown.get("wantsListing", product.is_listed)),
    )
