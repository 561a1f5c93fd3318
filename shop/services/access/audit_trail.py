"""The trail of who did what: noted in the transaction of the deed itself, and read page by page."""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, literal, or_, select
from sqlalchemy.orm import Session

from shop.db.accounts import Account, AuditEntry
from shop.db.catalogue import Product, Workshop
from shop.db.lots import Record
from shop.db.session import Database
from shop.services.access.actors import OPERATOR, Actor, demand_role
from shop.services.listing import EXPORT_MAX_ROWS
from shop.services.signed.record_names import record_name
from shop.services.texts import Text

__all__ = ["NOBODY", "TAX_CODE_READ", "AuditTrail", "Noted", "TrailPage", "note", "subject_of"]

NOBODY: Final = "-"  # stands where nobody is signed in: a command, or a sign-in that was refused
TAX_CODE_READ: Final = "tax code read"
ENTRIES_A_PAGE: Final = 50
_PRODUCT: Final = "product:"


@dataclass(frozen=True, slots=True)
class Noted:
    """One entry of the trail.

    Attributes:
        actor: her name as it was then; NOBODY where nobody was signed in.
        action: what was done, two words such as `account join`.
        subject: of what, such as `account:3` or a record's local id.
        detail: what else was noted; words and numbers.
        about: the name of the product or record that the subject is; None for all others.
    """

    number: int
    at: datetime
    account_id: int | None
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]
    about: Text | None = None


@dataclass(frozen=True, slots=True)
class TrailPage:
    """Entries, newest first, and whether there are older and newer ones."""

    entries: tuple[Noted, ...]
    page: int
    has_more: bool


def note(
    session: Session, actor: Actor | None, action: str, subject: str, *, at: datetime, **detail: Any
) -> None:
    """Adds an entry to the trail, in the transaction of what it tells of.

    Args:
        session: of that transaction.
        actor: who did it; None where nobody is signed in.
        action: two words, in English and present tense, such as `lot issue`.
        subject: the thing's kind and id, such as `lot:12`.
        at: the moment of the deed.
        detail: words and numbers that JSON can hold; never a password, a secret or another person's address.
    """
    session.add(
        AuditEntry(
            at=at,
            account_id=actor.account_id if actor else None,
            actor=actor.name if actor else NOBODY,
            action=action,
            subject=subject,
            detail=json.dumps(detail, ensure_ascii=False, sort_keys=True),
        )
    )


@dataclass(frozen=True, slots=True)
class AuditTrail:
    """Reads the trail."""

    database: Database

    def page(
        self,
        actor: Actor,
        *,
        page: int = 1,
        subject: str | None = None,
        account_id: int | None = None,
        search: str = "",
    ) -> TrailPage:
        """Gives a page of the whole trail, for operators.

        Args:
            actor: who asks.
            page: from 1.
            subject: only what was done to this thing.
            account_id: only what this person did.
            search: part of a name, an action or a subject.

        Raises:
            Forbidden: for all others.
        """
        demand_role(actor, OPERATOR)
        return self._page(page, subject=subject, account_id=account_id, search=search)

    def export(self, actor: Actor, *, subject: str | None = None, search: str = "") -> tuple[Noted, ...]:
        """Gives the entries that `page` chooses, newest first; at most EXPORT_MAX_ROWS.

        Raises:
            Forbidden: for all but operators.
        """
        demand_role(actor, OPERATOR)
        query = _chosen(subject=subject, search=search).limit(EXPORT_MAX_ROWS)
        with self.database.read() as session:
            return tuple(map(_noted, session.scalars(query)))

    def note_export(self, actor: Actor, table: str, *, now: datetime, **asked: str) -> None:
        """Notes that a table with people in it leaves the instance, before it does.

        Args:
            actor: an operator.
            table: its name.
            now: aware.
            asked: what was chosen; not the words that were looked for, which may be somebody's address.

        Raises:
            Forbidden: for all others.
        """
        demand_role(actor, OPERATOR)
        with self.database.write() as session:
            note(session, actor, "table export", f"table:{table}", at=now, **asked)

    def own(self, actor: Actor, *, page: int = 1) -> TrailPage:
        """Gives a page of what the person did herself."""
        return self._page(page, account_id=actor.account_id)

    def of_workshop(self, actor: Actor, *, page: int = 1) -> TrailPage:
        """Gives a page of what the members of the person's workshop did, and of who read its tax code.

        It is empty where she has no workshop.
        """
        if actor.workshop_id is None:
            return TrailPage((), page, has_more=False)
        return self._page(page, workshop_id=actor.workshop_id)

    def _page(
        self,
        page: int,
        *,
        subject: str | None = None,
        account_id: int | None = None,
        workshop_id: int | None = None,
        search: str = "",
    ) -> TrailPage:
        query = _chosen(subject=subject, account_id=account_id, workshop_id=workshop_id, search=search)
        first = (max(page, 1) - 1) * ENTRIES_A_PAGE
        with self.database.read() as session:
            rows = session.scalars(query.offset(first).limit(ENTRIES_A_PAGE + 1)).all()
            names = _names(session, {row.subject for row in rows})
        found = tuple(replace(_noted(row), about=names.get(row.subject)) for row in rows[:ENTRIES_A_PAGE])
        return TrailPage(found, max(page, 1), has_more=len(rows) > ENTRIES_A_PAGE)


def subject_of(account_id: int) -> str:
    """Gives an account's name in the trail: `account:7`."""
    return f"account:{account_id}"


def _of_workshop(workshop_id: int) -> ColumnElement[bool]:
    """Chooses what its members did, and looks at its tax code, which are others' deeds that concern it."""
    members = select(Account.id).where(Account.workshop_id == workshop_id)
    subject = select(literal("workshop:") + Workshop.slug).where(Workshop.id == workshop_id)
    was_read = (AuditEntry.action == TAX_CODE_READ) & (AuditEntry.subject == subject.scalar_subquery())
    return AuditEntry.account_id.in_(members) | was_read


def _chosen(
    *,
    subject: str | None = None,
    account_id: int | None = None,
    workshop_id: int | None = None,
    search: str = "",
) -> Select[AuditEntry]:
    query = select(AuditEntry).order_by(AuditEntry.id.desc())
    if subject is not None:
        query = query.where(AuditEntry.subject == subject)
    if account_id is not None:
        query = query.where(AuditEntry.account_id == account_id)
    if workshop_id is not None:
        query = query.where(_of_workshop(workshop_id))
    if wanted := search.strip():
        columns = (AuditEntry.actor, AuditEntry.action, AuditEntry.subject)
        query = query.where(or_(*(column.icontains(wanted, autoescape=True) for column in columns)))
    return query


def _names(session: Session, subjects: set[str]) -> dict[str, Text]:
    """Gives the names of the products and records among some subjects."""
    slugs = [one.removeprefix(_PRODUCT) for one in subjects if one.startswith(_PRODUCT)]
    products = session.execute(
        select(Product.slug, Product.name_vi, Product.name_en).where(Product.slug.in_(slugs))
    )
    records = session.execute(
        select(Record.id, Record.body, Record.translation).where(
            Record.id.in_([one for one in subjects if ":" not in one])
        )
    )
    found = {f"{_PRODUCT}{row.slug}": Text(row.name_vi, row.name_en) for row in products}
    return found | {row.id: record_name(json.loads(row.body)["name"], row.translation) for row in records}


def _noted(row: AuditEntry) -> Noted:
    detail = json.loads(row.detail)
    return Noted(row.id, row.at, row.account_id, row.actor, row.action, row.subject, detail)
