"""An artisan's own products: found under her workshop alone, and locked while they are changed."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.db.catalogue import Product
from shop.errors import NotFound
from shop.services.access.actors import ARTISAN, Actor, demand_role

__all__ = ["demand_workshop", "own_product"]


def demand_workshop(actor: Actor) -> int:
    """Gives the id of the artisan's workshop.

    Raises:
        Forbidden: WRONG_ROLE.
        NotFound: NO_WORKSHOP, before her workshop is approved.
    """
    demand_role(actor, ARTISAN)
    if actor.workshop_id is None:
        raise NotFound("NO_WORKSHOP", f"account {actor.account_id} has no workshop")
    return actor.workshop_id


def own_product(session: Session, actor: Actor, slug: str, *, to_change: bool = False) -> Product:
    """Gives a product of the artisan's workshop.

    Args:
        session: of any transaction; of one that writes where it is to be changed.
        actor: who asks.
        slug: of the product; untrusted.
        to_change: locks the row, so that what is read stays so till the end.

    Raises:
        Forbidden: WRONG_ROLE.
        NotFound: NO_PRODUCT, also where it is another workshop's.
    """
    workshop_id = demand_workshop(actor)
    wanted = select(Product).where(Product.slug == slug, Product.workshop_id == workshop_id)
    found = session.scalar(wanted.with_for_update() if to_change else wanted) if "\0" not in slug else None
    if found is None:
        raise NotFound("NO_PRODUCT", f"workshop {workshop_id} has no product {slug[:80]!r}")
    return found
