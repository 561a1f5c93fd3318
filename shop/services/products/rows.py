"""The rows of products as their workshop writes them: new, changed, and what others took meanwhile."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shop.db.base import document_text
from shop.db.catalogue import Craft, Product, Village, Workshop
from shop.db.lots import Lot
from shop.errors import BadFields, StorageBusy
from shop.facts.files import crafts
from shop.folding import fold
from shop.services.access.actors import Actor
from shop.services.access.audit_trail import note
from shop.services.products.codes import demand_free, new_code, new_product_slug
from shop.services.products.fields import ProductFields
from shop.services.products.own import demand_workshop
from shop.services.products.search_words import keep_search_words
from shop.services.signed.shown_rows import EMPTY_TEXTS, MOTIF, show_waiting

__all__ = ["NewProduct", "show_or_hide", "store_changed", "store_new", "taken_is_busy"]


@dataclass(frozen=True, slots=True)
class NewProduct:
    """Where a new product is made: what stands behind every one of a request or a table.

    Attributes:
        actor: an artisan with a workshop.
        host: the identity host, under which certificates name products.
        now: aware.
    """

    actor: Actor
    host: str
    now: datetime


def store_new(session: Session, fields: ProductFields, new: NewProduct) -> Product:
    """Stores a new product, which buyers see from its first lot on.

    Raises:
        BadFields: TAKEN.
    """
    workshop_id = demand_workshop(new.actor)
    demand_free(session, gtin=fields.gtin, code=fields.code)
    _know_craft(session, fields.craft)
    motif = session.scalar(
        select(Village.motif)
        .join(Workshop, Workshop.village_id == Village.id)
        .where(Workshop.id == workshop_id)
    )
    product = Product(
        slug=new_product_slug(session, fields.name.vi),
        workshop_id=workshop_id,
        motif=motif or MOTIF,
        code=fields.code or (None if fields.gtin else new_code(session, fields.name.vi)),
        gtin=fields.gtin,
        document=document_text({**EMPTY_TEXTS, **fields.texts(), "wantsListing": True}),
        listed_at=new.now,
        is_listed=False,
        **_columns(fields),
    )
    session.add(product)
    session.flush()
    keep_search_words(session, Product.id == product.id)
    path = f"01/{product.gtin}" if product.gtin else f"P/{product.code}"
    show_waiting(session, f"https://{new.host}/{path}")
    note(session, new.actor, "product make", f"product:{product.slug}", at=new.now)
    return product


def store_changed(session: Session, product: Product, fields: ProductFields) -> None:
    """Changes a locked product.

    Raises:
        BadFields: TAKEN, PRINTED or ONE_PIECE.
    """
    lots = session.scalars(select(Lot.unit_count).where(Lot.product_id == product.id)).all()
    gtin = fields.gtin
    code = fields.code or (product.code or new_code(session, fields.name.vi) if not gtin else None)
    if lots and (gtin, code) != (product.gtin, product.code):
        raise BadFields({"gtin" if gtin != product.gtin else "code": "PRINTED"})
    if fields.is_one_off and (len(lots) > 1 or sum(lots) > 1):
        raise BadFields({"one_off": "ONE_PIECE"})
    demand_free(session, gtin=gtin, code=code, without=product.id)
    _know_craft(session, fields.craft)
    for name, value in {**_columns(fields), "gtin": gtin, "code": code}.items():
        setattr(product, name, value)
    _set_document(product, **fields.texts())
    keep_search_words(session, Product.id == product.id)


def _columns(fields: ProductFields) -> dict[str, Any]:
    return {
        "name_vi": fields.name.vi,
        "name_en": fields.name.en,
        "name_folded": fold(fields.name.vi),
        "craft": fields.craft,
        "price": fields.price,
        "stock": fields.stock,
    }


def _know_craft(session: Session, key: str) -> None:
    if session.get(Craft, key) is None:
        name = crafts()[key]
        session.add(Craft(key=key, name_vi=name["vi"], name_en=name["en"]))
        session.flush()


def show_or_hide(session: Session, product: Product, *, is_wanted: bool) -> None:
    """Shows a locked product to buyers, or hides it; one without a lot is shown from its first lot on."""
    has_lot = session.scalar(select(Lot.id).where(Lot.product_id == product.id).limit(1)) is not None
    _set_document(product, wantsListing=is_wanted)
    product.is_listed = is_wanted and has_lot


def _set_document(product: Product, **texts: Any) -> None:
    """Changes some members of a product's document."""
    product.document = document_text({**json.loads(product.document), **texts})


@contextmanager
def taken_is_busy() -> Iterator[None]:
    """Turns a slug, code or token that somebody else took at this very moment into StorageBusy.

    Raises:
        StorageBusy: TAKEN_MEANWHILE; the same call gives the right answer in a moment.
    """
    try:
        yield
    except IntegrityError as error:
        raise StorageBusy("TAKEN_MEANWHILE", "somebody else took the same name just now") from error
