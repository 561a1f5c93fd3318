"""The people of an instance as its operator sees them: who they are, and whose desk they have."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Row, Select, func, or_, select, true

from shop.db.accounts import Account
from shop.db.catalogue import Workshop
from shop.db.session import Database
from shop.folding import in_human_order
from shop.services.access.actors import OPERATOR, ROLES, Actor, demand_role
from shop.services.listing import EXPORT_MAX_ROWS

__all__ = ["People", "PeoplePage", "Person", "person_of"]

ROWS_A_PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Person:
    """One account.

    Attributes:
        sign_in_name: phone number or e-mail address; shown to operators alone.
        workshop: its name; None where she has none.
        issuer: slug of the issuer that she may sign for.
    """

    id: int
    name: str
    sign_in_name: str
    role: str
    workshop: str | None
    issuer: str | None
    is_active: bool
    has_second_factor: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """People by name, and how many there are over all pages."""

    people: tuple[Person, ...]
    total: int
    number: int
    pages: int


@dataclass(frozen=True, slots=True)
class People:
    """Reads accounts."""

    database: Database

    def page(self, actor: Actor, *, role: str | None = None, search: str = "", number: int = 1) -> PeoplePage:
        """Gives one page.

        Args:
            actor: an operator.
            role: one of ROLES; None, or a word that is none, for all.
            search: part of a name, a sign-in name or a workshop's name.
            number: from 1; behind the last page gives the last one.

        Raises:
            Forbidden: for all others.
        """
        demand_role(actor, OPERATOR)
        chosen = _chosen(role, search)
        with self.database.read() as session:
            counting = select(func.count(Account.id)).outerjoin(Workshop, Workshop.id == Account.workshop_id)
            total = session.scalar(counting.where(chosen)) or 0
            pages = max(1, -(-total // ROWS_A_PAGE))
            number = min(max(1, number), pages)
            query = _query(chosen).limit(ROWS_A_PAGE).offset((number - 1) * ROWS_A_PAGE)
            rows = session.execute(query).all()
        return PeoplePage(tuple(map(_person, rows)), total, number, pages)

    def places(self, actor: Actor) -> tuple[tuple[str, str], ...]:
        """Gives slug and name of every workshop, by name, for whoever invites into one.

        Raises:
            Forbidden: for all but operators.
        """
        demand_role(actor, OPERATOR)
        with self.database.read() as session:
            found = session.execute(select(Workshop.slug, Workshop.name_vi)).all()
        return tuple(sorted(((slug, name) for slug, name in found), key=lambda one: in_human_order(one[1])))

    def export(self, actor: Actor, *, role: str | None = None, search: str = "") -> tuple[Person, ...]:
        """Gives all of them as `page` chooses them, by name; at most EXPORT_MAX_ROWS.

        Raises:
            Forbidden: for all but operators.
        """
        demand_role(actor, OPERATOR)
        with self.database.read() as session:
            query = _query(_chosen(role, search)).limit(EXPORT_MAX_ROWS)
            return tuple(map(_person, session.execute(query).all()))


def _chosen(role: str | None, search: str) -> ColumnElement[bool]:
    chosen: ColumnElement[bool] = true()
    if role in ROLES:
        chosen = chosen & (Account.role == role)
    if wanted := search.strip():
        columns = (Account.name, Account.sign_in_name, Workshop.name_vi)
        chosen = chosen & or_(*(column.icontains(wanted, autoescape=True) for column in columns))
    return chosen


def _query(chosen: ColumnElement[bool]) -> Select[Account, str | None]:
    query = select(Account, Workshop.name_vi).outerjoin(Workshop, Workshop.id == Account.workshop_id)
    return query.where(chosen).order_by(Account.name, Account.id)


def _person(row: Row[Account, str | None]) -> Person:
    return person_of(*row)


def person_of(account: Account, workshop: str | None) -> Person:
    """Gives the person of an account, with the name of her workshop."""
    return Person(
        id=account.id,
        name=account.name,
        sign_in_name=account.sign_in_name,
        role=account.role,
        workshop=workshop,
        issuer=account.issuer,
        is_active=account.is_active,
        has_second_factor=account.totp_secret is not None,
        created_at=account.created_at,
    )
