"""The invitations of an instance as its operator sees them: for whom, by whom, and which still open."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, func, or_, select, true
from sqlalchemy.orm import aliased

from shop.db.accounts import Account, Invitation
from shop.db.catalogue import Workshop
from shop.db.session import Database
from shop.services.access.actors import OPERATOR, Actor, demand_role
from shop.services.listing import EXPORT_MAX_ROWS, ROWS_A_PAGE, Listed, page_numbers
from shop.services.storefront.cards import Rows

__all__ = ["STATES", "InvitationList", "ListedInvitation"]

STATES: Final = ("open", "used", "over")
_Maker, _Person = aliased(Account), aliased(Account)


@dataclass(frozen=True, slots=True)
class ListedInvitation:
    """One invitation; its secret is on the printed sheet alone.

    Attributes:
        workshop: its name; None where none is named.
        person: whose account it opens again; None for a new one.
        made_by: None for the command line.
        used_at: when it was used or taken back.
        state: one of STATES.
    """

    id: int
    role: str
    workshop: str | None
    issuer: str | None
    person: str | None
    made_by: str | None
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    state: str


@dataclass(frozen=True, slots=True)
class InvitationList:
    """Reads invitations."""

    database: Database

    def page(
        self, actor: Actor, *, now: datetime, state: str | None = None, search: str = "", number: int = 1
    ) -> Listed[ListedInvitation]:
        """Gives one page, newest first.

        Args:
            actor: an operator.
            now: aware.
            state: one of STATES; None, or a word that is none, for all.
            search: part of a workshop's, an office's or a person's name.
            number: from 1; behind the last page gives the last one.

        Raises:
            Forbidden: for all others.
        """
        demand_role(actor, OPERATOR)
        chosen = _chosen(state, search, now)
        with self.database.read() as session:
            counting = _joined(select(func.count(Invitation.id)))
            total = session.scalar(counting.where(chosen)) or 0
            number, pages = page_numbers(total, number)
            query = _query(chosen).limit(ROWS_A_PAGE).offset((number - 1) * ROWS_A_PAGE)
            rows = session.execute(query).all()
        return Listed(tuple(_listed(row, now) for row in rows), total, number, pages)

    def export(
        self, actor: Actor, *, now: datetime, state: str | None = None, search: str = ""
    ) -> tuple[ListedInvitation, ...]:
        """Gives all of them as `page` chooses them; at most EXPORT_MAX_ROWS.

        Raises:
            Forbidden: for all but operators.
        """
        demand_role(actor, OPERATOR)
        with self.database.read() as session:
            rows = session.execute(_query(_chosen(state, search, now)).limit(EXPORT_MAX_ROWS)).all()
        return tuple(_listed(row, now) for row in rows)


def _joined(query: Rows) -> Rows:
    return (
        query.select_from(Invitation)
        .outerjoin(Workshop, Workshop.id == Invitation.workshop_id)
        .outerjoin(_Maker, _Maker.id == Invitation.made_by)
        .outerjoin(_Person, _Person.id == Invitation.account_id)
    )


def _query(chosen: ColumnElement[bool]) -> Rows:
    columns = select(Invitation, Workshop.name_vi, _Maker.name, _Person.name)
    return _joined(columns).where(chosen).order_by(Invitation.id.desc())


def _chosen(state: str | None, search: str, now: datetime) -> ColumnElement[bool]:
    is_unused, is_young = Invitation.used_at.is_(None), Invitation.expires_at > now
    chosen = {"open": is_unused & is_young, "used": ~is_unused, "over": is_unused & ~is_young}.get(
        state or "", true()
    )
    if wanted := search.strip():
        columns = (Workshop.name_vi, Invitation.issuer, _Maker.name, _Person.name)
        chosen = chosen & or_(*(column.icontains(wanted, autoescape=True) for column in columns))
    return chosen


def _listed(row: Any, now: datetime) -> ListedInvitation:
    invitation, workshop, made_by, person = row
    over = "over" if invitation.expires_at <= now else "open"
    return ListedInvitation(
        id=invitation.id,
        role=invitation.role,
        workshop=workshop,
        issuer=invitation.issuer,
        person=person,
        made_by=made_by,
        created_at=invitation.created_at,
        expires_at=invitation.expires_at,
        used_at=invitation.used_at,
        state="used" if invitation.used_at is not None else over,
    )
