"""Accounts: signing in by name and password, the second factor, and what a person changes of her own."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from shop.db.accounts import Account, Invitation
from shop.db.desk import KeyEnrolment
from shop.db.session import Database
from shop.errors import BadInput, Forbidden, NotFound
from shop.passwords import Passwords
from shop.services.access.actors import INSPECTOR, OPERATOR, Actor, demand_role
from shop.services.access.audit_trail import note, subject_of
from shop.services.access.sessions import actor_of, begin_session, end_sessions
from shop.services.access.sign_in_names import normal_name

__all__ = ["TOTP", "Accounts", "Next", "SecondFactor", "SignedIn", "end_offers", "lock_another"]

TOTP: Final = "totp"  # where a session keeps the secret that a person is about to take over
_NEEDS_SECOND_FACTOR: Final = frozenset({INSPECTOR, OPERATOR})


class Next(StrEnum):
    """What a sign-in still needs."""

    DESK = "desk"
    CODE = "code"
    SET_UP = "set-up"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that has begun: the token for the browser, whose it is, and what comes next."""

    token: str
    actor: Actor
    next: Next


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """An account's second factor: the encrypted secret, and the counter of the last code that was used."""

    secret: str
    counter: int | None


@dataclass(frozen=True, slots=True)
class Accounts:
    """The accounts of this instance.

    Attributes:
        passwords: how they are hashed.
        demands_second_factor: whether inspectors and operators must have one.
    """

    database: Database
    passwords: Passwords
    demands_second_factor: bool

    def sign_in(
        self,
        typed_name: str,
        password: str,
        *,
        now: datetime,
        instead_of: str | None = None,
        new_secret: Callable[[], str],
    ) -> SignedIn:
        """Checks name and password and begins a session.

        Work and answer are the same whether the name is unknown, the password wrong or the account closed.

        Args:
            typed_name: as typed.
            password: as typed.
            now: the session's first moment.
            instead_of: the token that the browser had so far; it ends.
            new_secret: makes the secret of a second factor where one is demanded and missing.

        Raises:
            BadInput: SIGN_IN_REFUSED.
        """
        found = self._find(typed_name)
        # Outside any transaction, because a hash takes as long as many writes.
        is_right = self.passwords.matches(password, found.password_hash if found else None)
        fresh = self._fresh_hash(found, password) if is_right else None
        with self.database.write() as session:
            account = self._unchanged(session, found) if is_right else None
            if account is None:
                subject = subject_of(found.id) if found else "account:-"
                note(session, None, "account refuse", subject, at=now)
            else:
                account.password_hash = fresh or account.password_hash
                return self.begin(
                    session, account, "account sign-in", instead_of=instead_of, now=now, new_secret=new_secret
                )
        raise BadInput("SIGN_IN_REFUSED", "name and password do not belong together")

    def begin(
        self,
        session: Session,
        account: Account,
        action: str,
        *,
        instead_of: str | None,
        now: datetime,
        new_secret: Callable[[], str],
    ) -> SignedIn:
        """Begins the session of a person who is sure by now, or one that waits for her second factor.

        Args:
            session: of the transaction in which she became sure.
            account: hers.
            action: what the trail calls it.
            instead_of: the token that the browser had so far; it ends.
            now: the session's first moment.
            new_secret: makes the secret of a second factor where one is demanded and missing.
        """
        waits_with: dict[str, str] | None = None
        step = Next.DESK
        if account.totp_secret is not None:
            step, waits_with = Next.CODE, {}
        elif self.needs_second_factor(account.role):
            step, waits_with = Next.SET_UP, {TOTP: new_secret()}
        token = begin_session(session, account, instead_of=instead_of, now=now, waits_with=waits_with)
        note(session, actor_of(account), action, subject_of(account.id), at=now, next=step.value)
        return SignedIn(token, actor_of(account), step)

    def second_factor(self, account_id: int) -> SecondFactor | None:
        """Gives an account's second factor."""
        with self.database.read() as session:
            account = session.get(Account, account_id)
        if account is None or account.totp_secret is None:
            return None
        return SecondFactor(account.totp_secret, account.totp_counter)

    def pass_code(self, actor: Actor, counter: int | None, *, now: datetime, instead_of: str) -> SignedIn:
        """Ends the wait of a session, if its person has shown a right code; the trail notes either.

        Args:
            actor: who waits.
            counter: of the code that was checked, None of a wrong one; one that was used is refused, as is
                any before it.
            now: the new session's first moment.
            instead_of: the token of the session that waits.

        Raises:
            BadInput: CODE_REFUSED.
        """
        with self.database.write() as session:
            account = None if counter is None else _take_counter(session, actor.account_id, counter)
            if account is not None:
                token = begin_session(session, account, instead_of=instead_of, now=now)
                note(session, actor, "account pass-code", subject_of(account.id), at=now)
                return SignedIn(token, actor_of(account), Next.DESK)
            note(session, actor, "account refuse-code", subject_of(actor.account_id), at=now)
        raise BadInput("CODE_REFUSED", "the code is not right, or was used before")

    def take_second_factor(
        self, actor: Actor, secret: str, counter: int, *, now: datetime, instead_of: str
    ) -> SignedIn:
        """Gives an account its second factor, of which one right code was shown; all its sessions end.

        Args:
            actor: who sets it up, signed in or waiting.
            secret: encrypted.
            counter: of that code.
            now: the new session's first moment.
            instead_of: the token of this session.

        Raises:
            BadInput: CODE_REFUSED, where she has one already and only waits.
        """
        with self.database.write() as session:
            account = _locked(session, actor.account_id)
            if account.totp_secret is not None:
                raise BadInput("CODE_REFUSED", "the account has a second factor already")
            account.totp_secret, account.totp_counter = secret, counter
            end_sessions(session, account.id, now=now)
            note(session, actor, "account set-second-factor", subject_of(account.id), at=now)
            token = begin_session(session, account, instead_of=instead_of, now=now)
            return SignedIn(token, actor_of(account), Next.DESK)

    def drop_second_factor(self, actor: Actor, password: str, *, now: datetime, instead_of: str) -> SignedIn:
        """Takes the second factor away from the person's own account; all her sessions end but a new one.

        Raises:
            BadInput: PASSWORD_WRONG; SECOND_FACTOR_NEEDED, where her role may not be without.
        """
        if self.needs_second_factor(actor.role):
            raise BadInput("SECOND_FACTOR_NEEDED", f"a {actor.role} needs a second factor")
        self.demand_password(actor, password)
        with self.database.write() as session:
            account = _locked(session, actor.account_id)
            account.totp_secret = account.totp_counter = None
            end_sessions(session, account.id, now=now)
            note(session, actor, "account drop-second-factor", subject_of(account.id), at=now)
            token = begin_session(session, account, instead_of=instead_of, now=now)
            return SignedIn(token, actor_of(account), Next.DESK)

    def change_password(
        self, actor: Actor, old: str, new: str, *, now: datetime, instead_of: str
    ) -> SignedIn:
        """Changes the person's own password; all her sessions end but a new one, and every way back on paper.

        Raises:
            BadInput: PASSWORD_WRONG, and what `Passwords.demand_good` raises.
        """
        name = self.demand_password(actor, old)
        self.passwords.demand_good(new, name=name)
        hashed = self.passwords.hash(new)
        with self.database.write() as session:
            account = _locked(session, actor.account_id)
            account.password_hash = hashed
            end_sessions(session, account.id, now=now)
            _use_up(session, Invitation.account_id == account.id, now)
            note(session, actor, "account change-password", subject_of(account.id), at=now)
            token = begin_session(session, account, instead_of=instead_of, now=now)
            return SignedIn(token, actor_of(account), Next.DESK)

    def set_open(self, actor: Actor, account_id: int, *, is_open: bool, now: datetime) -> None:
        """Closes an account, or opens it again.

        Closing ends its sessions at once, uses up the invitations that the person made or was given, and
        takes her keys off those that wait for a trust list.

        Raises:
            Forbidden: for all but operators; CLOSED_ACCOUNT, for one who was closed a moment ago. So whoever
                closes another stays, and the last operator is never closed.
            NotFound: there is no such account.
            BadInput: OWN_ACCOUNT: nobody closes her own.
        """
        with self.database.write() as session:
            account = lock_another(session, actor, account_id)
            account.is_active = is_open
            if not is_open:
                end_offers(session, account, now)
            end_sessions(session, account.id, now=now)
            action = "account open" if is_open else "account close"
            note(session, actor, action, subject_of(account.id), at=now)

    def number_of(self, typed_name: str) -> int:
        """Gives the id of the open account with a sign-in name.

        Raises:
            NotFound: NO_ACCOUNT.
        """
        found = self._find(typed_name)
        if found is None:
            raise NotFound("NO_ACCOUNT", "there is no open account of this name")
        return found.id

    def needs_second_factor(self, role: str) -> bool:
        """Tells whether a role may not sign in without a second factor here."""
        return self.demands_second_factor and role in _NEEDS_SECOND_FACTOR

    def _find(self, typed_name: str) -> Account | None:
        try:
            name = normal_name(typed_name)
        except BadInput:
            name = ""  # asked for all the same, so that a name of no form takes as long
        with self.database.read() as session:
            account = session.scalar(select(Account).where(Account.sign_in_name == name))
        return account if account is not None and account.is_active else None

    def _fresh_hash(self, found: Account | None, password: str) -> str | None:
        """Gives a new hash where the stored one was made with other costs than today's."""
        if found is None or found.password_hash is None:
            return None
        return self.passwords.hash(password) if self.passwords.is_outdated(found.password_hash) else None

    def _unchanged(self, session: Session, found: Account | None) -> Account | None:
        """Gives the account under a lock, unless it was closed or its password changed in the meantime."""
        if found is None:
            return None
        account = session.get(Account, found.id, with_for_update=True)
        is_same = account is not None and account.password_hash == found.password_hash
        return account if account is not None and is_same and account.is_active else None

    def demand_password(self, actor: Actor, password: str) -> str:
        """Checks the person's own password again, and gives her sign-in name.

        Raises:
            BadInput: PASSWORD_WRONG.
        """
        with self.database.read() as session:
            account = session.get(Account, actor.account_id)
        stored = account.password_hash if account is not None else None
        if account is None or not self.passwords.matches(password, stored):
            raise BadInput("PASSWORD_WRONG", "the present password is another one")
        return account.sign_in_name


def _locked(session: Session, account_id: int) -> Account:
    account = session.get(Account, account_id, with_for_update=True)
    if account is None or not account.is_active:
        raise NotFound("NO_ACCOUNT", "there is no such account")
    return account


def lock_another(session: Session, actor: Actor, account_id: int) -> Account:
    """Gives another person's account to an operator, with both rows locked for what she changes there.

    Else two operators might close or demote each other; so whoever changes another stays what she is, and
    the last operator never goes.

    Args:
        session: of the transaction that changes it.
        actor: an operator.
        account_id: not her own.

    Raises:
        Forbidden: WRONG_ROLE; CLOSED_ACCOUNT, for one who was closed or demoted a moment ago.
        BadInput: OWN_ACCOUNT.
        NotFound: NO_ACCOUNT.
    """
    demand_role(actor, OPERATOR)
    if actor.account_id == account_id:
        raise BadInput("OWN_ACCOUNT", "an operator changes nothing of her own account here")
    # In the order of their ids, so that two who lock the same rows wait in one line.
    both = select(Account).where(Account.id.in_((actor.account_id, account_id)))
    rows = {row.id: row for row in session.scalars(both.order_by(Account.id).with_for_update())}
    own = rows.get(actor.account_id)
    if own is None or not own.is_active or own.role != OPERATOR:
        raise Forbidden("CLOSED_ACCOUNT", f"account {actor.account_id} is no open account of an operator")
    if account_id not in rows:
        raise NotFound("NO_ACCOUNT", "there is no such account")
    return rows[account_id]


def end_offers(session: Session, account: Account, now: datetime) -> None:
    """Ends what would outlast a closed or changed account: invitations on paper, keys about to be listed."""
    hers = or_(Invitation.made_by == account.id, Invitation.account_id == account.id)
    _use_up(session, hers, now)
    waiting = (KeyEnrolment.account_id == account.id, KeyEnrolment.state == "waiting")
    session.execute(update(KeyEnrolment).where(*waiting).values(state="withdrawn", decided_at=now))


def _use_up(session: Session, which: ColumnElement[bool], now: datetime) -> None:
    session.execute(update(Invitation).where(which, Invitation.used_at.is_(None)).values(used_at=now))


def _take_counter(session: Session, account_id: int, counter: int) -> Account | None:
    """Uses a code up, unless it or a later one was used: the condition and the change are one statement."""
    used = (
        update(Account)
        .where(
            Account.id == account_id,
            Account.is_active,
            Account.totp_secret.is_not(None),
            or_(Account.totp_counter.is_(None), Account.totp_counter < counter),
        )
        .values(totp_counter=counter)
    )
    if session.execute(used).rowcount != 1:  # type: ignore[attr-defined]  # of a cursor
        return None
    return session.get(Account, account_id)
