"""Invitations: printed secrets by which a person makes her account, or comes back into it, once."""

import hashlib
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shop.db.accounts import Account, Invitation
from shop.db.catalogue import Workshop
from shop.db.session import Database
from shop.errors import BadInput, NotFound
from shop.services.access.accounts import Accounts, SignedIn
from shop.services.access.actors import ARTISAN, ASSOCIATION, INSPECTOR, OPERATOR, ROLES, Actor, demand_role
from shop.services.access.audit_trail import note
from shop.services.access.sessions import end_sessions
from shop.services.access.sign_in_names import normal_name

__all__ = ["Invitations", "Invited", "Joining", "NewInvitation", "place_of"]

SECRET_BYTES: Final = 20
PRINTED_FOR: Final = timedelta(days=14)
RECOVERY_FOR: Final = timedelta(minutes=30)
LONGEST_NAME: Final = 80
_ISSUER: Final = re.compile(r"(?=.{1,64}\Z)[a-z0-9]+(?:-[a-z0-9]+)*", re.ASCII)


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """An invitation just made: the secret, which nobody can read again, and the last moment it opens."""

    secret: str
    role: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Invited:
    """What an open invitation says.

    Attributes:
        workshop: its name in Vietnamese; None where none is named.
        person: whose account it opens again; None for a new one.
    """

    role: str
    workshop: str | None
    issuer: str | None
    person: str | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Joining:
    """What a person fills in to use an invitation up.

    Attributes:
        person: how desks call her, 1 to 80 characters; not asked for in a recovery.
        name: phone number or e-mail address, as typed; not asked for in a recovery.
        password: the new one.
    """

    person: str
    name: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Invitations:
    """The invitations of this instance."""

    database: Database
    accounts: Accounts

    def make(
        self,
        actor: Actor | None,
        role: str,
        *,
        now: datetime,
        workshop: str | None = None,
        issuer: str | None = None,
    ) -> NewInvitation:
        """Makes an invitation to a new account.

        Args:
            actor: an operator, or an artisan who invites into her own workshop; None is the command line.
            role: of the account to come.
            now: its first moment; it opens for 14 days.
            workshop: slug; for artisans, and left out where an artisan invites.
            issuer: slug of the issuer that she may sign for; by default the workshop's own.

        Raises:
            Forbidden: for all others, and for an artisan who would invite anybody but an artisan.
            BadInput: BAD_ROLE; NO_OFFICE, where an operator names none to an association or inspector, who
                could sign nothing without; BAD_ISSUER, for an issuer that is no slug, a workshop where no
                artisan is invited, or anything but her own workshop's where one is; NO_WORKSHOP, for a slug
                that nobody has, or one that is no artisan's.
        """
        if role not in ROLES:
            raise BadInput("BAD_ROLE", f"got {role[:20]!a}, expected one of {', '.join(ROLES)}")
        with self.database.write() as session:
            place = _place(session, actor, role, workshop, issuer)
            return _make(session, actor, Invitation(role=role, **place), life=PRINTED_FOR, now=now)

    def make_recovery(self, actor: Actor | None, account_id: int, *, now: datetime) -> NewInvitation:
        """Makes an invitation that lets a person back into her account; it opens for 30 minutes.

        Args:
            actor: an operator; None is the command line.
            account_id: whose password and second factor will be set anew; not her own.
            now: its first moment.

        Raises:
            Forbidden: for all others.
            BadInput: OWN_ACCOUNT: who finds her signed in would need neither password nor second factor.
            NotFound: no such account, or a closed one.
        """
        if actor is not None:
            demand_role(actor, OPERATOR)
            if actor.account_id == account_id:
                raise BadInput("OWN_ACCOUNT", "an operator lets others back in, not herself")
        with self.database.write() as session:
            account = session.get(Account, account_id)
            if account is None or not account.is_active:
                raise NotFound("NO_ACCOUNT", "there is no such account")
            row = Invitation(
                role=account.role,
                workshop_id=account.workshop_id,
                issuer=account.issuer,
                account_id=account.id,
            )
            return _make(session, actor, row, life=RECOVERY_FOR, now=now)

    def take_back(self, actor: Actor, invitation_id: int, *, now: datetime) -> None:
        """Uses up an invitation that still opens, so that its sheet opens nothing.

        Raises:
            Forbidden: for all but operators.
            NotFound: NO_INVITATION: it was used or taken back, is over, or never was.
        """
        demand_role(actor, OPERATOR)
        with self.database.write() as session:
            _use(session, Invitation.id == invitation_id, now=now)
            note(session, actor, "account take-back", f"invitation:{invitation_id}", at=now)

    def look_up(self, secret: str, *, now: datetime) -> Invited:
        """Gives what an invitation says; looking uses nothing up.

        Raises:
            NotFound: NO_INVITATION: it was used, is over, or never was; the three are not told apart.
        """
        query = (
            select(Invitation, Workshop.name_vi, Account.name)
            .outerjoin(Workshop, Workshop.id == Invitation.workshop_id)
            .outerjoin(Account, Account.id == Invitation.account_id)
            .where(
                Invitation.secret_hash == _hash(secret),
                Invitation.used_at.is_(None),
                Invitation.expires_at > now,
            )
        )
        with self.database.read() as session:
            found = session.execute(query).one_or_none()
        if found is None:
            raise NotFound("NO_INVITATION", "there is no such invitation")
        row, workshop, person = found
        return Invited(row.role, workshop, row.issuer, person, row.expires_at)

    def accept(
        self,
        secret: str,
        typed: Joining,
        *,
        now: datetime,
        instead_of: str | None = None,
        new_secret: Callable[[], str],
    ) -> SignedIn:
        """Uses an invitation up: makes the account, or sets a password anew, and signs in.

        Args:
            secret: of the invitation.
            typed: what she filled in.
            now: the session's first moment.
            instead_of: the token that the browser had so far; it ends.
            new_secret: makes the secret of a second factor where one is demanded.

        Raises:
            NotFound: NO_INVITATION, as in `look_up`.
            BadInput: BAD_PERSON, BAD_NAME, NAME_TAKEN, and what `Passwords.demand_good` raises; the
                invitation stays open.
        """
        person, name = _checked(typed, is_known=self.look_up(secret, now=now).person is not None)
        self.accounts.passwords.demand_good(typed.password, name=name)
        hashed = self.accounts.passwords.hash(typed.password)
        try:
            with self.database.write() as session:
                row = _use(session, Invitation.secret_hash == _hash(secret), now=now)
                account = _reopen(session, row, now) if row.account_id else _new(session, row, name, person)
                account.password_hash = hashed
                session.flush()
                end_sessions(session, account.id, now=now)
                action = "account recover" if row.account_id else "account join"
                return self.accounts.begin(
                    session, account, action, instead_of=instead_of, now=now, new_secret=new_secret
                )
        except IntegrityError as error:
            # Only somebody with an invitation learns that a name is taken, and only by using her own.
            raise BadInput("NAME_TAKEN", "the sign-in name belongs to another account") from error


def _place(
    session: Session, actor: Actor | None, role: str, workshop: str | None, issuer: str | None
) -> dict[str, object]:
    """Checks who may invite whom, and gives workshop and issuer of the account to come."""
    if actor is not None:
        demand_role(actor, OPERATOR, *((ARTISAN,) if role == ARTISAN else ()))
        if actor.role == ARTISAN:
            if actor.workshop_id is None:
                raise BadInput("NO_WORKSHOP", "the workshop is not approved yet")
            return {"workshop_id": actor.workshop_id, "issuer": actor.issuer}
        if role in (ASSOCIATION, INSPECTOR) and issuer is None:
            raise BadInput("NO_OFFICE", f"got no office, expected the one that the {role} will sign for")
    return place_of(session, role, workshop, issuer)


def place_of(session: Session, role: str, workshop: str | None, issuer: str | None) -> dict[str, object]:
    """Checks workshop and issuer of an account by its role, and gives them as its row has them.

    Args:
        session: of the transaction that makes or changes the account.
        role: one of ROLES.
        workshop: slug; for artisans alone.
        issuer: slug; for artisans their own workshop's and no other.

    Raises:
        BadInput: BAD_ISSUER, NO_WORKSHOP, as in `Invitations.make`.
    """
    found = session.scalar(select(Workshop).where(Workshop.slug == workshop)) if workshop else None
    if workshop is not None and (found is None or role != ARTISAN):
        raise BadInput("NO_WORKSHOP", f"got {workshop[:64]!a}, expected the slug of an artisan's workshop")
    own = found.issuer.rpartition(":")[2] if found is not None else None
    if role == ARTISAN and issuer not in (None, own):
        # An office's or another workshop's name would wait at the trust desk as if it were hers.
        raise BadInput("BAD_ISSUER", f"got {str(issuer)[:64]!a}, an artisan signs for her own workshop alone")
    if role == ARTISAN:
        return {"workshop_id": found.id if found is not None else None, "issuer": own}
    signs_for = issuer if role in (ASSOCIATION, INSPECTOR) else None
    if signs_for is not None:
        _demand_office(session, role, signs_for)
    return {"workshop_id": None, "issuer": signs_for}


def _demand_office(session: Session, role: str, issuer: str) -> None:
    """Checks that an office's issuer has the form of a slug, and is no workshop's."""
    if not _ISSUER.fullmatch(issuer):
        raise BadInput("BAD_ISSUER", f"got {issuer[:64]!a}, expected small letters, digits and hyphens")
    if session.scalar(select(Workshop.id).where(Workshop.slug == issuer)) is not None:
        raise BadInput("BAD_ISSUER", f"{issuer} is a workshop, for which no {role} signs")


def _make(
    session: Session, actor: Actor | None, row: Invitation, *, life: timedelta, now: datetime
) -> NewInvitation:
    secret = secrets.token_urlsafe(SECRET_BYTES)
    row.secret_hash, row.made_by = _hash(secret), actor.account_id if actor else None
    row.created_at, row.expires_at = now, now + life
    session.add(row)
    session.flush()
    action = "account re-invite" if row.account_id else "account invite"
    note(session, actor, action, f"invitation:{row.id}", at=now, role=row.role)
    return NewInvitation(secret, row.role, row.expires_at)


def _use(session: Session, which: ColumnElement[bool], *, now: datetime) -> Invitation:
    """Uses an invitation up by one conditional statement: of two who come at once, one finds nothing."""
    used = (
        update(Invitation)
        .where(
            which,
            Invitation.used_at.is_(None),
            Invitation.expires_at > now,
        )
        .values(used_at=now)
        .returning(Invitation.id)
    )
    number = session.scalar(used)
    row = session.get(Invitation, number) if number is not None else None
    if row is None:
        raise NotFound("NO_INVITATION", "there is no such invitation")
    return row


def _new(session: Session, row: Invitation, name: str, person: str) -> Account:
    account = Account(
        sign_in_name=name,
        name=person,
        is_active=True,
        role=row.role,
        workshop_id=row.workshop_id,
        issuer=row.issuer,
        created_at=row.used_at,
    )
    session.add(account)
    session.flush()
    return account


def _reopen(session: Session, row: Invitation, now: datetime) -> Account:
    """Gives the account of a recovery, without the second factor that was lost with the phone."""
    account = session.get(Account, row.account_id, with_for_update=True)
    if account is None or not account.is_active:
        raise NotFound("NO_INVITATION", "there is no such invitation")
    account.totp_secret = account.totp_counter = None
    others = update(Invitation).where(Invitation.account_id == account.id, Invitation.used_at.is_(None))
    session.execute(others.values(used_at=now))
    return account


def _checked(typed: Joining, *, is_known: bool) -> tuple[str, str]:
    """Gives name and sign-in name as they are stored; who comes back has both already."""
    if is_known:
        return "", ""
    name = " ".join(typed.person.split())
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise BadInput("BAD_PERSON", f"a name has 1 to {LONGEST_NAME} characters")
    return name, normal_name(typed.name)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()
