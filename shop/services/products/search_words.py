"""Keeps the words that products are found by: of their names, their craft, village and workshop."""

from typing import Final

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from shop.db.catalogue import Craft, Product, Village, Workshop
from shop.db.search import keep_words
from shop.folding import words_of

__all__ = ["keep_search_words"]

_NAMES: Final = (
    select(
        Product.id,
        Product.name_vi,
        Product.name_en,
        Craft.name_vi,
        Craft.name_en,
        Village.name,
        Workshop.name_vi,
        Workshop.name_en,
    )
    .join(Craft, Craft.key == Product.craft)
    .join(Workshop, Workshop.id == Product.workshop_id)
    .join(Village, Village.id == Workshop.village_id)
)


def keep_search_words(session: Session, *which: ColumnElement[bool]) -> None:
    """Writes down anew what some products are found by, after one of these names was given or changed.

    Args:
        session: of the transaction that changed it.
        which: conditions on Product, Workshop, Village; none for all products.
    """
    session.flush()
    for product_id, *names in session.execute(_NAMES.where(*which)).all():
        if words := words_of(*names):
            keep_words(session, product_id, words)
