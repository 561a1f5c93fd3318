"""The first page of an artisan's desk: what to do next, and what waits."""

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from shop.db.catalogue import Workshop
from shop.db.desk import Draft, Request
from shop.db.lots import Record
from shop.db.session import Database
from shop.services.access.actors import ARTISAN, Actor, demand_role
from shop.services.keys.own_status_list import OwnStatusList, StatusListStanding
from shop.services.products.desk import DeskProduct, ProductDesk
from shop.services.typed.draft_rows import is_table, seen_by
from shop.services.workshops.applications import Applications, ApplicationView
from shop.services.workshops.desk import WorkshopDesk

__all__ = ["ArtisanHome", "ArtisanHomePage"]


@dataclass(frozen=True, slots=True)
class ArtisanHomePage:
    """What the first page shows.

    Attributes:
        next_step: the one thing to do now: `apply`, `wait`, `first_product`, `photo`, `keys`, `first_lot` or
            `new_lot`.
        about: the product that the next step is about, if it is about one.
        application: the newest one of somebody who has no workshop yet.
        signed_by: name of who signed the workshop's record, and when; only while its keys wait.
        waits_for_keys: the next trust list has to name the workshop's keys, before it can issue lots.
        asked: how many of the workshop's requests others have not answered yet.
        begun: token and name of the products that were begun and not finished; the name may be empty.
        lot_drafts: how many lots and corrections were begun and not finished.
        status_list: how long it holds, where the workshop signs it itself.
    """

    next_step: str
    about: DeskProduct | None
    application: ApplicationView | None
    products: tuple[DeskProduct, ...]
    waits_for_keys: bool
    asked: int
    begun: tuple[tuple[str, str], ...]
    lot_drafts: int
    status_list: StatusListStanding | None
    signed_by: tuple[str, datetime] | None = None


@dataclass(frozen=True, slots=True)
class ArtisanHome:
    """Gathers that page."""

    database: Database
    products: ProductDesk
    applications: Applications
    workshop: WorkshopDesk
    lists: OwnStatusList

    def page(self, actor: Actor, *, now: datetime) -> ArtisanHomePage:
        """Gives the page of a person.

        Raises:
            Forbidden: WRONG_ROLE.
        """
        demand_role(actor, ARTISAN)
        if actor.workshop_id is None:
            return self._before(actor)
        products = self.products.mine(actor)
        with self.database.read() as session:
            workshop = session.execute(
                select(Workshop.issuer, Record.issuer, Record.issued_at)
                .join(Record, Record.id == Workshop.record_id)
                .where(Workshop.id == actor.workshop_id)
            ).one()
            asked = session.scalar(
                select(func.count(Request.id)).where(
                    Request.workshop_id == actor.workshop_id, Request.state == "open"
                )
            )
            drafts = session.execute(
                select(Draft.token, Draft.kind, Draft.document)
                .where(seen_by(actor), ~is_table(), Draft.became.is_(None))
                .order_by(Draft.updated_at.desc(), Draft.id)
            ).all()
        named = [(one.token, json.loads(one.document)) for one in drafts if one.kind == "product"]
        begun = tuple((token, str(texts.get("name_vi", ""))) for token, texts in named)
        did, signer, signed_at = workshop
        waits = not self.workshop.has_keys(did)
        step, about = _next(products, waits_for_keys=waits)
        lot_drafts = len(drafts) - len(named)
        status_list = self.lists.standing(actor, now=now)
        return ArtisanHomePage(
            step, about, None, products, waits, asked or 0, begun, lot_drafts, status_list,
            signed_by=(self.workshop.name_of(signer), signed_at) if waits else None,
        )  # fmt: skip

    def _before(self, actor: Actor) -> ArtisanHomePage:
        newest = next(iter(self.applications.mine(actor)), None)
        step = "wait" if newest is not None and newest.state == "open" else "apply"
        return ArtisanHomePage(
            step, None, newest, (), waits_for_keys=False, asked=0, begun=(), lot_drafts=0, status_list=None
        )


def _next(products: tuple[DeskProduct, ...], *, waits_for_keys: bool) -> tuple[str, DeskProduct | None]:
    if not products:
        return "first_product", None
    bare = next((one for one in products if one.photo is None and not one.lots), None)
    if bare is not None:
        return "photo", bare
    if waits_for_keys:
        return "keys", None
    new = next((one for one in products if not one.lots), None)
    if new is not None:
        return "first_lot", new
    return "new_lot", next((one for one in products if one.is_listed), products[0])
