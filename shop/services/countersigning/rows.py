"""Rows of requests as values, and the rules of who sees which of them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Row, Select, and_, select
from sqlalchemy.orm import Session

from shop.db.accounts import Account
from shop.db.catalogue import Product, Village, Workshop
from shop.db.desk import Request
from shop.db.lots import Lot, Record
from shop.db.media import Media, ProductPhoto
from shop.errors import Forbidden, NotFound
from shop.services.access.actors import ASSOCIATION, INSPECTOR, Actor, demand_role
from shop.services.countersigning.values import (
    INSPECTION,
    KINDS_OF,
    RecordChoice,
    RequestRow,
    ThingView,
    WorkshopView,
)
from traceability.evidence import Reader
from traceability.policy import level_of
from traceability.records.facility import WorkshopRecord
from traceability.signing.did import issuer_did
from traceability.signing.trust import TrustKey, TrustList

__all__ = [
    "RequestFacts",
    "asked_of",
    "choices",
    "demand_stranger",
    "find_facts",
    "is_own",
    "locked",
    "request_row",
    "row_query",
    "thing_view",
    "workshop_view",
]

_ASKERS: Final = (ASSOCIATION, INSPECTOR)
_CHOICES_MAX: Final = 12  # lots, the newest first: an older one is found by its label


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """A request with the rows that it is about, read in one transaction.

    Attributes:
        request: the row itself.
        workshop: whom it is about.
        village: of the workshop.
        thing: the product, where it is about one.
        paper: the scan.
    """

    request: Request
    workshop: Workshop
    village: Village
    thing: Product | None
    paper: Media | None

    @property
    def words(self) -> dict[str, str]:
        """What was asked for, by field."""
        found: dict[str, str] = json.loads(self.request.document)
        return found


def asked_of(actor: Actor) -> ColumnElement[bool]:
    """Gives the condition that a request was asked of the person's issuer, of a kind that her desk decides.

    Raises:
        Forbidden: WRONG_ROLE.
    """
    demand_role(actor, *_ASKERS)
    return and_(Request.issuer == (actor.issuer or ""), Request.kind.in_(KINDS_OF[actor.role]))


def find_facts(session: Session, request_id: int, whose: ColumnElement[bool]) -> RequestFacts:
    """Gives a request and what it is about.

    Raises:
        NotFound: NO_REQUEST, also where it is none of `whose`.
    """
    request = session.scalar(select(Request).where(Request.id == request_id, whose))
    if request is None or request.workshop_id is None:
        raise NotFound("NO_REQUEST", f"there is no request {request_id}")
    workshop = session.get_one(Workshop, request.workshop_id)
    slug = json.loads(request.document).get("product")
    own = select(Product).where(Product.slug == slug, Product.workshop_id == workshop.id)
    return RequestFacts(
        request=request,
        workshop=workshop,
        village=session.get_one(Village, workshop.village_id),
        thing=session.scalar(own) if slug else None,
        paper=session.get_one(Media, request.media_id) if request.media_id is not None else None,
    )


def locked(session: Session, request_id: int, whose: ColumnElement[bool]) -> Request:
    """Gives a request that nobody else changes until this transaction ends.

    Raises:
        NotFound: NO_REQUEST.
    """
    request = session.scalar(select(Request).where(Request.id == request_id, whose).with_for_update())
    if request is None:
        raise NotFound("NO_REQUEST", f"there is no request {request_id}")
    return request


def is_own(actor: Actor, workshop: Workshop, kind: str) -> bool:
    """Tells whether a person or her issuer is too close to a workshop to decide about it.

    An inspector who belongs to any workshop inspects none.
    """
    if actor.workshop_id is not None and (kind == INSPECTION or actor.workshop_id == workshop.id):
        return True
    return workshop.issuer.rpartition(":")[2] == (actor.issuer or "")


def demand_stranger(actor: Actor, workshop: Workshop, kind: str) -> None:
    """Checks that nobody decides about a workshop of her own.

    Raises:
        Forbidden: OWN_WORKSHOP.
    """
    if is_own(actor, workshop, kind):
        raise Forbidden("OWN_WORKSHOP", f"account {actor.account_id} is tied to {workshop.slug}")


def row_query(chosen: ColumnElement[bool]) -> Select[Request, str | None, str]:
    """Gives the query whose rows `request_row` reads."""
    return (
        select(Request, Workshop.name_vi, Account.name)
        .outerjoin(Workshop, Workshop.id == Request.workshop_id)
        .join(Account, Account.id == Request.account_id)
        .where(chosen)
    )


def request_row(found: Row[Request, str | None, str], trust: TrustList, host: str) -> RequestRow:
    """Gives a request as it stands in a list."""
    request, workshop, person = found
    words = json.loads(request.document)
    return RequestRow(
        id=request.id,
        kind=request.kind,
        state=request.state,
        title=words.get("title") or words.get("words") or "",
        workshop=workshop or "",
        person=person,
        office=_office_name(trust, host, request.issuer),
        asked_at=request.asked_at,
        decided_at=request.decided_at,
        reason=request.reason,
        record_id=request.record_id,
    )


def workshop_view(session: Session, facts: RequestFacts, trust: TrustList) -> WorkshopView:
    """Gives a workshop as it is judged, with the level of its own record."""
    workshop = facts.workshop
    item = Reader(1).read(session.get_one(Record, workshop.record_id).body)
    keys: Sequence[TrustKey] = [key for key in trust.keys if key.method.id == item.claim.method_id]
    record = item.record
    is_known = isinstance(record, WorkshopRecord) and bool(keys)
    return WorkshopView(
        slug=workshop.slug,
        name=workshop.name_vi,
        village_name=facts.village.name,
        commune_name=workshop.commune_name,
        place=workshop.place_vi,
        legal_form=workshop.legal_form,
        site_kind=workshop.site_kind,
        is_inside_village=workshop.is_inside_village,
        level=level_of(record, keys[0].role) if is_known else "self_declared",
        signer=item.envelope.issuer.name,
        record_id=workshop.record_id,
    )


def thing_view(session: Session, product: Product) -> ThingView:
    """Gives a product as it is judged, with its photos."""
    photos = (
        select(Media.name)
        .join(ProductPhoto, ProductPhoto.media_id == Media.id)
        .where(ProductPhoto.product_id == product.id, Media.kind == "photo")
        .order_by(ProductPhoto.position)
    )
    return ThingView(product.slug, product.name_vi, product.is_listed, tuple(session.scalars(photos)))


def choices(session: Session, facts: RequestFacts) -> tuple[RecordChoice, ...]:
    """Gives what an inspector's answer may be about: lots of the product or workshop, then its record."""
    lots = select(Lot.record_id, Lot.number, Product.name_vi).join(Product, Product.id == Lot.product_id)
    own = Product.workshop_id == facts.workshop.id
    if facts.thing is not None:
        own = own & (Product.id == facts.thing.id)
    found = session.execute(lots.where(own).order_by(Lot.id.desc()).limit(_CHOICES_MAX)).all()
    passports = tuple(RecordChoice(row.record_id, row.number, row.name_vi) for row in found)
    return (*passports, RecordChoice(facts.workshop.record_id))


def _office_name(trust: TrustList, host: str, slug: str) -> str:
    """Gives the name that the trust list prints of an issuer, its slug where the list has none."""
    keys = [key for key in trust.keys_of(issuer_did(host, slug)) if key.use == "record"]
    return keys[-1].name if keys else slug
