"""Sessions of browsers: they begin with a write, are looked up by one statement, and really end."""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from shop.db.accounts import Account, Invitation, LoginSession
from shop.db.base import document_text
from shop.db.session import Database
from shop.services.access.actors import ARTISAN, BUYER, Actor
from shop.services.access.audit_trail import note, subject_of

__all__ = ["CSRF", "Sessions", "Visit", "actor_of", "begin_session", "end_everything", "end_sessions"]

ID_BYTES: Final = 32
CSRF: Final = "csrf_token"  # where Flask-WTF looks for its secret
LIFE: Final = timedelta(hours=12)
LONG_LIFE: Final = timedelta(days=30)
IDLE: Final = timedelta(hours=2)
LONG_IDLE: Final = timedelta(days=14)
WAITING_LIFE: Final = timedelta(minutes=10)
# Who signs for nobody but her own workshop, and comes back to a phone that only she holds.
_STAYS: Final = frozenset({ARTISAN, BUYER})


@dataclass(frozen=True, slots=True)
class Visit:
    """A living session, as the database has it.

    Attributes:
        account: who it belongs to; None for a session before sign-in.
        is_waiting: the password was right and the second factor is still to come.
        data: what the session keeps: words and numbers.
        idle: how long the browser may stay away.
        has_second_factor: whether the account has one.
    """

    account: Actor | None
    is_waiting: bool
    data: Mapping[str, Any]
    idle: timedelta
    has_second_factor: bool = False

    @property
    def actor(self) -> Actor | None:
        """Who is signed in, by all factors that her role needs."""
        return None if self.is_waiting else self.account


@dataclass(frozen=True, slots=True)
class Sessions:
    """The sessions of this instance. A token is 256 random bits; only its SHA-256 is stored."""

    database: Database

    def look_up(self, token: str, *, now: datetime) -> Visit | None:
        """Gives the living session of a token; None when it ended, is over, or never was."""
        query = (
            select(LoginSession, Account)
            .outerjoin(Account, Account.id == LoginSession.account_id)
            .where(
                LoginSession.id_hash == _hash(token),
                LoginSession.ended_at.is_(None),
                LoginSession.expires_at > now,
                or_(LoginSession.account_id.is_(None), Account.is_active),
            )
        )
        with self.database.read() as session:
            found = session.execute(query).one_or_none()
        return None if found is None else _visit(*found)

    def keep(self, token: str | None, data: Mapping[str, Any], *, now: datetime) -> str:
        """Stores what a session keeps, and gives its token: a new one where it has none yet or it ended."""
        with self.database.write() as session:
            if token is not None:
                kept = update(LoginSession).where(
                    LoginSession.id_hash == _hash(token), LoginSession.ended_at.is_(None)
                )
                if session.execute(kept.values(data=document_text(data))).rowcount == 1:  # type: ignore[attr-defined]  # of a cursor
                    return token
            return _insert(session, None, LONG_LIFE, data=data, now=now)

    def end(self, token: str, *, now: datetime) -> None:
        """Ends the session of a token; nothing opens it again."""
        with self.database.write() as session:
            row = session.get(LoginSession, _hash(token), with_for_update=True)
            if row is None or row.ended_at is not None:
                return
            row.ended_at = now
            account = session.get(Account, row.account_id) if row.account_id is not None else None
            if account is not None:
                note(session, actor_of(account), "account sign-out", subject_of(account.id), at=now)

    def end_all(self, actor: Actor, *, now: datetime) -> None:
        """Ends every session of the person, this one too."""
        with self.database.write() as session:
            end_sessions(session, actor.account_id, now=now)
            subject = subject_of(actor.account_id)
            note(session, actor, "account sign-out", subject, at=now, everywhere=True)


def actor_of(account: Account) -> Actor:
    """Gives the person of an account, as rules see her."""
    return Actor(account.id, account.role, account.name, account.workshop_id, account.issuer)


def begin_session(
    session: Session,
    account: Account,
    *,
    instead_of: str | None,
    now: datetime,
    waits_with: Mapping[str, Any] | None = None,
) -> str:
    """Begins a session for an account under a fresh token, and ends the one that the browser had.

    Args:
        session: of the transaction that signs in.
        account: whose it will be.
        instead_of: the browser's token so far.
        now: its first moment.
        waits_with: what a session keeps that waits for the second factor; None for one that is whole.
    """
    if instead_of is not None:
        session.execute(
            update(LoginSession)
            .where(LoginSession.id_hash == _hash(instead_of), LoginSession.ended_at.is_(None))
            .values(ended_at=now)
        )
    session.execute(delete(LoginSession).where(LoginSession.expires_at < now - LONG_LIFE))
    if waits_with is not None:
        return _insert(session, account.id, WAITING_LIFE, data=waits_with, now=now, is_waiting=True)
    return _insert(session, account.id, LONG_LIFE if account.role in _STAYS else LIFE, data={}, now=now)


def end_sessions(session: Session, account_id: int, *, now: datetime) -> None:
    """Ends all sessions of an account, in the transaction that changes the account."""
    session.execute(
        update(LoginSession)
        .where(LoginSession.account_id == account_id, LoginSession.ended_at.is_(None))
        .values(ended_at=now)
    )


def end_everything(session: Session, *, now: datetime) -> None:
    """Ends all sessions and uses up all invitations of an instance that was restored.

    A copy is older than what happened since: who signed out or came in by an invitation meanwhile would find
    the door open again.
    """
    session.execute(update(LoginSession).where(LoginSession.ended_at.is_(None)).values(ended_at=now))
    session.execute(update(Invitation).where(Invitation.used_at.is_(None)).values(used_at=now))


def _insert(
    session: Session,
    account_id: int | None,
    life: timedelta,
    *,
    data: Mapping[str, Any],
    now: datetime,
    is_waiting: bool = False,
) -> str:
    token = secrets.token_urlsafe(ID_BYTES)
    session.add(
        LoginSession(
            id_hash=_hash(token),
            account_id=account_id,
            is_waiting=is_waiting,
            # Each session has a secret of its own that forms prove to know; it is there from the beginning,
            # because showing a form writes nothing.
            data=document_text({CSRF: secrets.token_hex(20), **data}),
            created_at=now,
            expires_at=now + life,
        )
    )
    session.flush()
    return token


def _visit(row: LoginSession, account: Account | None) -> Visit:
    data = json.loads(row.data)
    if account is None:
        return Visit(None, is_waiting=False, data=data, idle=LONG_IDLE)
    visit = Visit(actor_of(account), row.is_waiting, data, LONG_IDLE if account.role in _STAYS else IDLE)
    return replace(visit, has_second_factor=account.totp_secret is not None)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
