"""The artisan's own workshop: what it tells of itself, who makes things there, its keys and its tax code."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.db.accounts import Account
from shop.db.catalogue import Maker, Village, Workshop
from shop.db.desk import PrivateFact
from shop.db.session import Database
from shop.errors import BadFields, BadInput, NotFound
from shop.services.access.actors import Actor
from shop.services.access.audit_trail import note
from shop.services.keys.waiting_keys import USES
from shop.services.products.own import demand_workshop
from shop.services.products.search_words import keep_search_words
from shop.services.texts import Text
from shop.services.typed.identifiers import masked, read_tax_code
from shop.services.typed.texts import FormReader
from traceability.signing.trust import TrustList

__all__ = ["TAX_CODE", "KeyHolding", "MyWorkshop", "WorkshopDesk"]

TAX_CODE: Final = "tax_code"
STORY_MAX: Final = 3_000
NAME_MAX: Final = 80
MAKERS_MAX: Final = 50
SALT_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class KeyHolding:
    """Who holds a key of the workshop: `server`, `holder`, or `waiting` for the next trust list."""

    use: str
    held_by: str


@dataclass(frozen=True, slots=True)
class MyWorkshop:
    """What the workshop's desk page shows.

    Attributes:
        tax_code: with all but its last digits hidden; None where none was entered.
        makers: id and name of each.
        members: names of the people who work at this desk.
    """

    slug: str
    name: Text
    village: str
    legal_form: str
    site_kind: str
    place: str
    story: Text
    record_id: str
    keys: tuple[KeyHolding, ...]
    makers: tuple[tuple[int, str], ...]
    members: tuple[str, ...]
    tax_code: str | None


class WorkshopDesk:
    """What an artisan does with her workshop."""

    def __init__(
        self,
        database: Database,
        trust: TrustList,
        *,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._database, self._trust, self._random = database, trust, random

    def mine(self, actor: Actor) -> MyWorkshop:
        """Gives the person's workshop.

        Raises:
            Forbidden: WRONG_ROLE.
            NotFound: NO_WORKSHOP.
        """
        workshop_id = demand_workshop(actor)
        with self._database.read() as session:
            row = session.execute(
                select(Workshop, Village.name, PrivateFact.value)
                .join(Village, Village.id == Workshop.village_id)
                .outerjoin(PrivateFact, PrivateFact.workshop_id == Workshop.id)
                .where(Workshop.id == workshop_id)
            ).one()
            makers = session.execute(
                select(Maker.id, Maker.name_vi).where(Maker.workshop_id == workshop_id).order_by(Maker.id)
            ).all()
            members = session.scalars(
                select(Account.name)
                .where(Account.workshop_id == workshop_id, Account.is_active)
                .order_by(Account.id)
            ).all()
        workshop = row.Workshop
        return MyWorkshop(
            slug=workshop.slug,
            name=Text(workshop.name_vi, workshop.name_en),
            village=row.name,
            legal_form=workshop.legal_form,
            site_kind=workshop.site_kind,
            place=workshop.place_vi,
            story=Text(workshop.story_vi, workshop.story_en),
            record_id=workshop.record_id,
            keys=tuple(KeyHolding(use, self._held_by(workshop.issuer, use)) for use in USES),
            makers=tuple((maker.id, maker.name_vi) for maker in makers),
            members=tuple(members),
            tax_code=masked(row.value) if row.value is not None else None,
        )

    def has_keys(self, slug_did: str) -> bool:
        """Tells whether the trust list names a key of each use for an issuer, so that it can issue lots."""
        return all(self._held_by(slug_did, use) != "waiting" for use in USES)

    def name_of(self, did: str) -> str:
        """Gives the name of an issuer as the trust list prints it, of one that it does not know the slug."""
        names = [key.name for key in self._trust.keys_of(did)]
        return names[-1] if names else did.rpartition(":")[2]

    def tell(self, actor: Actor, texts: Mapping[str, str], *, now: datetime) -> None:
        """Changes the English name and the story, which stand in no signed record.

        Args:
            actor: an artisan with a workshop.
            texts: `name_en`, `story_vi`, `story_en` as typed.
            now: aware.

        Raises:
            BadFields: TOO_LONG, BAD_CHARACTER or NEEDS_VIETNAMESE.
            NotFound: NO_WORKSHOP.
        """
        form = FormReader(texts)
        name, story = form.line("name_en", most=NAME_MAX), form.paragraphs("story", most=STORY_MAX)
        if form.mistakes:
            raise BadFields(form.mistakes)
        with self._database.write() as session:
            workshop = session.get_one(Workshop, demand_workshop(actor), with_for_update=True)
            workshop.name_en, workshop.story_vi, workshop.story_en = name, story.vi, story.en
            keep_search_words(session, Workshop.id == workshop.id)
            note(session, actor, "workshop tell", f"workshop:{workshop.slug}", at=now)

    def add_maker(self, actor: Actor, name: str, *, has_consent: bool, now: datetime) -> None:
        """Adds a maker, under a pseudonym of her own; her name goes into no signed record.

        Raises:
            BadFields: `maker` MISSING, TOO_LONG, BAD_CHARACTER, TOO_MANY; `consent` NO_CONSENT.
            NotFound: NO_WORKSHOP.
        """
        workshop_id = demand_workshop(actor)
        form = FormReader({"maker": name})
        shown = form.line("maker", most=NAME_MAX, is_required=True)
        if not has_consent:
            form.refuse("consent", "NO_CONSENT")
        if form.mistakes:
            raise BadFields(form.mistakes)
        with self._database.write() as session:
            workshop = session.get_one(Workshop, workshop_id, with_for_update=True)
            names = session.scalars(select(Maker.name_vi).where(Maker.workshop_id == workshop_id)).all()
            if len(names) >= MAKERS_MAX:
                raise BadFields({"maker": "TOO_MANY"})
            if shown in names:
                return
            maker = Maker(
                pseudonym=f"m-{self._random(6).hex()}",
                workshop_id=workshop_id,
                name_vi=shown,
                name_en=shown,
                salt=self._random(SALT_BYTES),
            )
            session.add(maker)
            session.flush()
            # The trail is kept for ever and must not hold the name, which she may want gone.
            note(session, actor, "maker add", f"workshop:{workshop.slug}", at=now, maker=maker.id)

    def remove_maker(self, actor: Actor, maker_id: int, *, now: datetime) -> None:
        """Deletes a maker's name and salt: what was signed then says nothing about anybody.

        Raises:
            NotFound: NO_MAKER, also where she is another workshop's; NO_WORKSHOP.
        """
        with self._database.write() as session:
            workshop = session.get_one(Workshop, demand_workshop(actor))
            maker = session.get(Maker, maker_id, with_for_update=True)
            if maker is None or maker.workshop_id != workshop.id:
                raise NotFound("NO_MAKER", f"workshop {workshop.id} has no maker {maker_id}")
            session.delete(maker)
            note(session, actor, "maker remove", f"workshop:{workshop.slug}", at=now, maker=maker_id)

    def enter_tax_code(self, actor: Actor, typed: str, *, now: datetime) -> None:
        """Keeps the tax code, or with nothing typed deletes it. It stands in no signed or public byte.

        Raises:
            BadFields: `tax_code` BAD_TAX_CODE.
            NotFound: NO_WORKSHOP.
        """
        workshop_id = demand_workshop(actor)
        try:
            value = read_tax_code(typed) if typed.strip() else None
        except BadInput as error:
            raise BadFields({"tax_code": error.code}) from error
        with self._database.write() as session:
            workshop = session.get_one(Workshop, workshop_id, with_for_update=True)
            known = _tax_code(session, workshop_id)
            if known is not None:
                session.delete(known)
                session.flush()
            if value is not None:
                session.add(
                    PrivateFact(
                        workshop_id=workshop_id,
                        kind=TAX_CODE,
                        value=value,
                        salt=self._random(SALT_BYTES),
                        entered_by=actor.account_id,
                        entered_at=now,
                    )
                )
            action = "tax code enter" if value is not None else "tax code delete"
            note(session, actor, action, f"workshop:{workshop.slug}", at=now)

    def _held_by(self, did: str, use: str) -> str:
        keys = [key for key in self._trust.keys_of(did) if key.use == use and key.revoked is None]
        return keys[-1].custody if keys else "waiting"


def _tax_code(session: Session, workshop_id: int) -> PrivateFact | None:
    wanted = (PrivateFact.workshop_id == workshop_id, PrivateFact.kind == TAX_CODE)
    return session.scalar(select(PrivateFact).where(*wanted))
