"""An inspector asks for a workshop's tax code: with a reason, for a place in her scope, noted each time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from shop.db.catalogue import Village, Workshop
from shop.db.desk import PrivateFact
from shop.db.session import Database
from shop.errors import BadFields, NotFound
from shop.folding import fold, in_human_order
from shop.services.access.actors import INSPECTOR, Actor, demand_role
from shop.services.access.audit_trail import TAX_CODE_READ, note
from shop.services.countersigning.offices import Offices
from shop.services.countersigning.values import INSPECTION
from shop.services.typed.texts import FormReader
from shop.services.workshops.desk import TAX_CODE

__all__ = ["WORKSHOPS_A_PAGE", "FoundWorkshop", "TaxCodes", "ToldTaxCode"]

WORKSHOPS_A_PAGE: Final = 20
REASON_MIN: Final = 10  # characters: a word such as "xem" tells the workshop nothing
REASON_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class FoundWorkshop:
    """A workshop whose tax code she may ask for; whether it has told one is not said here."""

    slug: str
    name: str
    village: str
    place: str


@dataclass(frozen=True, slots=True)
class ToldTaxCode:
    """What an inspector was told.

    Attributes:
        value: digits; None where the workshop has entered none.
    """

    workshop: FoundWorkshop
    value: str | None


@dataclass(frozen=True, slots=True)
class TaxCodes:
    """Tells inspectors tax codes, one at a time. The code stands in no log, trail or signed byte."""

    database: Database
    offices: Offices

    def workshops(self, actor: Actor, search: str, *, now: datetime) -> tuple[FoundWorkshop, ...]:
        """Gives the workshops in her scope, at most one more than a page holds, by name.

        Args:
            actor: an inspector.
            search: words of a name or place, with or without accents.
            now: aware.

        Raises:
            Forbidden: WRONG_ROLE.
        """
        demand_role(actor, INSPECTOR)
        words, found = fold(search).split(), list[FoundWorkshop]()
        with self.database.read() as session:
            rows = session.execute(_places()).all()
            for row in sorted(rows, key=lambda row: in_human_order(row.Workshop.name_vi)):
                one = _found(row.Workshop, row.name)
                text = fold(f"{one.name} {one.village} {one.place}")
                if all(word in text for word in words) and self._may(session, actor, row.Workshop, now):
                    found.append(one)
                if len(found) > WORKSHOPS_A_PAGE:
                    break
        return tuple(found)

    def workshop(self, actor: Actor, slug: str, *, now: datetime) -> FoundWorkshop:
        """Gives one workshop; nothing is told or noted yet.

        Raises:
            Forbidden: WRONG_ROLE.
            NotFound: NO_WORKSHOP, also where it lies outside of her scope.
        """
        demand_role(actor, INSPECTOR)
        with self.database.read() as session:
            return self._find(session, actor, slug, now)[1]

    def tell(self, actor: Actor, slug: str, reason: str, *, now: datetime) -> ToldTaxCode:
        """Tells a workshop's tax code; the trail, which the workshop reads too, notes who asked and why.

        Args:
            actor: an inspector.
            slug: of the workshop.
            reason: as typed; it stays in the trail for ever.
            now: aware.

        Raises:
            Forbidden: WRONG_ROLE.
            NotFound: NO_WORKSHOP, also where it lies outside of her scope.
            BadFields: `reason` MISSING, TOO_SHORT, TOO_LONG, BAD_CHARACTER, PERSONAL.
        """
        demand_role(actor, INSPECTOR)
        why = _read_reason(reason)
        with self.database.write() as session:
            row, found = self._find(session, actor, slug, now)
            wanted = (PrivateFact.workshop_id == row.id, PrivateFact.kind == TAX_CODE)
            value = session.scalar(select(PrivateFact.value).where(*wanted))
            note(session, actor, TAX_CODE_READ, f"workshop:{row.slug}", at=now, reason=why)
        return ToldTaxCode(found, value)

    def _find(
        self, session: Session, actor: Actor, slug: str, now: datetime
    ) -> tuple[Workshop, FoundWorkshop]:
        row = session.execute(_places().where(Workshop.slug == slug)).one_or_none()
        if row is None or not self._may(session, actor, row.Workshop, now):
            raise NotFound(
                "NO_WORKSHOP", f"there is no workshop {slug[:40]!r} in the scope of {actor.issuer}"
            )
        return row.Workshop, _found(row.Workshop, row.name)

    def _may(self, session: Session, actor: Actor, workshop: Workshop, now: datetime) -> bool:
        """Tells whether she may inspect there, by a key of her office that is in force."""
        offices = self.offices.for_workshop(session, workshop, INSPECTION, now)
        return any(one.slug == actor.issuer for one in offices)


def _places() -> Select[Workshop, str]:
    return select(Workshop, Village.name).join(Village, Village.id == Workshop.village_id)


def _found(row: Workshop, village: str) -> FoundWorkshop:
    return FoundWorkshop(row.slug, row.name_vi, village, row.place_vi)


def _read_reason(typed: str) -> str:
    form = FormReader({"reason": typed})
    reason = form.line("reason", most=REASON_MAX, is_required=True)
    if reason and len(reason) < REASON_MIN:
        form.refuse("reason", "TOO_SHORT")
    form.demand_impersonal("reason")
    if form.mistakes:
        raise BadFields(form.mistakes)
    return reason
