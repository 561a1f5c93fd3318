"""The workshop that a person signs for, and the key of it that is in force."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from shop.db.catalogue import Workshop
from shop.errors import NotFound
from shop.services.access.actors import ARTISAN, Actor, demand_role
from traceability.signing.trust import TrustKey, TrustList

__all__ = ["Maker", "find_maker", "record_entry"]


@dataclass(frozen=True, slots=True)
class Maker:
    """The workshop that signs.

    Attributes:
        did: of the issuer of its records.
        record_id: local id of its own record.
    """

    id: int
    slug: str
    name: str
    did: str
    record_id: str


def find_maker(session: Session, actor: Actor) -> Maker:
    """Gives the workshop that a person may sign for.

    Raises:
        Forbidden: for other roles than the artisan's.
        NotFound: NO_WORKSHOP, before hers is approved.
    """
    demand_role(actor, ARTISAN)
    row = session.get(Workshop, actor.workshop_id) if actor.workshop_id is not None else None
    if row is None:
        raise NotFound("NO_WORKSHOP", "this person has no workshop yet")
    return Maker(row.id, row.slug, row.name_vi, row.issuer, row.record_id)


def record_entry(trust: TrustList, did: str, now: datetime) -> TrustKey | None:
    """Gives a workshop's record key that is in force, wherever its private half is; None without one."""
    entries = reversed(trust.keys_of(did))
    return next((entry for entry in entries if entry.use == "record" and entry.is_in_force(now)), None)
