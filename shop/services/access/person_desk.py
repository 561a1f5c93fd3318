"""What an operator sees and changes of one person: her role and place, her sessions, her second factor."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.db.accounts import Account, LoginSession
from shop.db.catalogue import Workshop
from shop.db.desk import KeyEnrolment
from shop.db.session import Database
from shop.errors import BadInput, NotFound
from shop.services.access.accounts import end_offers, lock_another
from shop.services.access.actors import ASSOCIATION, INSPECTOR, OPERATOR, ROLES, Actor, demand_role
from shop.services.access.audit_trail import note, subject_of
from shop.services.access.invitations import place_of
from shop.services.access.people import Person, person_of
from shop.services.access.sessions import end_sessions

__all__ = ["PersonDesk", "PersonView", "Place"]

REASON_MAX: Final = 300  # characters


@dataclass(frozen=True, slots=True)
class Place:
    """A role with what belongs to it.

    Attributes:
        role: one of ROLES.
        workshop: slug, for artisans; None for all others.
        issuer: slug of the office, for associations and inspectors; an artisan signs for her own workshop.
    """

    role: str
    workshop: str | None
    issuer: str | None

    def demand_office(self) -> None:
        """Checks that who signs for an office has one: without it she could sign nothing.

        Raises:
            BadInput: NO_OFFICE.
        """
        if self.role in (ASSOCIATION, INSPECTOR) and self.issuer is None:
            raise BadInput("NO_OFFICE", f"got no office, expected the one that the {self.role} signs for")


@dataclass(frozen=True, slots=True)
class PersonView:
    """One person, as her page at the operator's desk shows her.

    Attributes:
        place: what she is now.
        open_sessions: in how many browsers she is signed in.
        waiting_keys: of hers, for the next trust list.
    """

    person: Person
    place: Place
    open_sessions: int
    waiting_keys: int


@dataclass(frozen=True, slots=True)
class PersonDesk:
    """Changes other people's accounts, for operators; nobody changes her own here."""

    database: Database

    def one(self, actor: Actor, account_id: int, *, now: datetime) -> PersonView:
        """Gives one person.

        Raises:
            Forbidden: for all but operators.
            NotFound: NO_ACCOUNT.
        """
        demand_role(actor, OPERATOR)
        found = select(Account, Workshop.name_vi, Workshop.slug).outerjoin(
            Workshop, Workshop.id == Account.workshop_id
        )
        with self.database.read() as session:
            row = session.execute(found.where(Account.id == account_id)).one_or_none()
            if row is None:
                raise NotFound("NO_ACCOUNT", "there is no such account")
            account, name, slug = row
            return PersonView(
                person=person_of(account, name),
                place=Place(account.role, slug, None if slug else account.issuer),
                open_sessions=_count_sessions(session, account_id, now),
                waiting_keys=_count_keys(session, account_id),
            )

    def move(self, actor: Actor, account_id: int, place: Place, *, now: datetime) -> None:
        """Gives a person another role, workshop or office; where it is what she has, nothing happens.

        All her sessions end, because each carries what she was; so do invitations that she made or was
        given, and her keys that wait for a trust list. What the list names already stays there until the
        root holders end it.

        Raises:
            Forbidden, NotFound: as `lock_another`.
            BadInput: OWN_ACCOUNT, BAD_ROLE, BAD_ISSUER, NO_OFFICE, NO_WORKSHOP.
        """
        if place.role not in ROLES:
            raise BadInput("BAD_ROLE", f"got {place.role[:20]!a}, expected one of {', '.join(ROLES)}")
        place.demand_office()
        with self.database.write() as session:
            account = lock_another(session, actor, account_id)
            fresh = {"role": place.role, **place_of(session, place.role, place.workshop, place.issuer)}
            before = {name: getattr(account, name) for name in fresh}
            if before == fresh:
                return
            for name, value in fresh.items():
                setattr(account, name, value)
            end_offers(session, account, now)
            end_sessions(session, account.id, now=now)
            changed = {name: [before[name], fresh[name]] for name in fresh if before[name] != fresh[name]}
            note(session, actor, "account move", subject_of(account.id), at=now, **changed)

    def sign_out(self, actor: Actor, account_id: int, *, now: datetime) -> None:
        """Ends all sessions of a person, such as one who lost her phone.

        Raises:
            Forbidden, NotFound: as `lock_another`.
            BadInput: OWN_ACCOUNT.
        """
        with self.database.write() as session:
            account = lock_another(session, actor, account_id)
            end_sessions(session, account.id, now=now)
            note(session, actor, "account end-sessions", subject_of(account.id), at=now)

    def remove_second_factor(self, actor: Actor, account_id: int, reason: str, *, now: datetime) -> None:
        """Takes a person's second factor off, and ends her sessions.

        Where her role demands one, she sets a new one up with her next sign-in.

        Args:
            actor: an operator.
            account_id: another's.
            reason: 1 to 300 characters, which the trail keeps for good.
            now: aware.

        Raises:
            Forbidden, NotFound: as `lock_another`.
            BadInput: OWN_ACCOUNT; NO_REASON, REASON_TOO_LONG; NO_SECOND_FACTOR, where she has none.
        """
        words = " ".join(reason.split())
        if not words:
            raise BadInput("NO_REASON", "a second factor is taken off for a reason")
        if len(words) > REASON_MAX:
            raise BadInput("REASON_TOO_LONG", f"got {len(words)} characters, expected at most {REASON_MAX}")
        with self.database.write() as session:
            account = lock_another(session, actor, account_id)
            if account.totp_secret is None:
                raise BadInput("NO_SECOND_FACTOR", "the account has no second factor")
            account.totp_secret = account.totp_counter = None
            end_sessions(session, account.id, now=now)
            subject = subject_of(account.id)
            note(session, actor, "account remove-second-factor", subject, at=now, reason=words)


def _count_sessions(session: Session, account_id: int, now: datetime) -> int:
    living = (
        select(func.count())
        .select_from(LoginSession)
        .where(
            LoginSession.account_id == account_id,
            LoginSession.ended_at.is_(None),
            LoginSession.expires_at > now,
        )
    )
    return session.scalar(living) or 0


def _count_keys(session: Session, account_id: int) -> int:
    waiting = (
        select(func.count())
        .select_from(KeyEnrolment)
        .where(KeyEnrolment.account_id == account_id, KeyEnrolment.state == "waiting")
    )
    return session.scalar(waiting) or 0
