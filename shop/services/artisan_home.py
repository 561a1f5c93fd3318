"""The first page of an artisan's desk: what to do next, and what waits."""

from dataclasses import dataclass

from sqlalchemy import func, select

from shop.db.catalogue import Workshop
from shop.db.desk import Draft, Request
from shop.db.session import Database
from shop.services.actors import ARTISAN, Actor, demand_role
from shop.services.applications import Applications, ApplicationView
from shop.services.product_desk import DeskProduct, ProductDesk
from shop.services.workshop_desk import WorkshopDesk

__all__ = ["ArtisanHome", "ArtisanHomePage"]


@dataclass(frozen=True, slots=True)
class ArtisanHomePage:
    """What the first page shows.

    Attributes:
        next_step: the one thing to do now: `apply`, `wait`, `first_product`, `photo`, `keys`, `first_lot` or
            `new_lot`.
        about: the product that the next step is about, if it is about one.
        application: the newest one of somebody who has no workshop yet.
        waits_for_keys: the next trust list has to name the workshop's keys, before it can issue lots.
        asked: how many of the workshop's requests others have not answered yet.
        drafts: how many things were begun and not finished.
    """

    next_step: str
    about: DeskProduct | None
    application: ApplicationView | None
    products: tuple[DeskProduct, ...]
    waits_for_keys: bool
    asked: int
    drafts: int


@dataclass(frozen=True, slots=True)
class ArtisanHome:
    """Gathers that page."""

    database: Database
    products: ProductDesk
    applications: Applications
    workshop: WorkshopDesk

    def page(self, actor: Actor) -> ArtisanHomePage:
        """Gives the page of a person.

        Raises:
            Forbidden: WRONG_ROLE.
        """
        demand_role(actor, ARTISAN)
        if actor.workshop_id is None:
            return self._before(actor)
        products = self.products.mine(actor)
        with self.database.read() as session:
            did, asked, drafts = session.execute(
                select(
                    select(Workshop.issuer).where(Workshop.id == actor.workshop_id).scalar_subquery(),
                    select(func.count(Request.id))
                    .where(Request.workshop_id == actor.workshop_id, Request.state == "open")
                    .scalar_subquery(),
                    select(func.count(Draft.id))
                    .where(Draft.workshop_id == actor.workshop_id, Draft.became.is_(None))
                    .scalar_subquery(),
                )
            ).one()
        waits = not self.workshop.has_keys(did)
        step, about = _next(products, waits_for_keys=waits)
        return ArtisanHomePage(step, about, None, products, waits, asked, drafts)

    def _before(self, actor: Actor) -> ArtisanHomePage:
        newest = next(iter(self.applications.mine(actor)), None)
        step = "wait" if newest is not None and newest.state == "open" else "apply"
        return ArtisanHomePage(step, None, newest, (), waits_for_keys=False, asked=0, drafts=0)


def _next(products: tuple[DeskProduct, ...], *, waits_for_keys: bool) -> tuple[str, DeskProduct | None]:
    if not products:
        return "first_product", None
    bare = next((one for one in products if one.photo is None and not one.lots), None)
    if bare is not None:
        return "photo", bare
    if waits_for_keys:
        return "keys", None
    new = next((one for one in products if not one.lots), None)
    return ("first_lot", new) if new is not None else ("new_lot", None)
