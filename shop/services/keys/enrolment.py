"""Keys that people hold themselves: taken in with proof of possession, until a trust list names them.

The private half is made in a browser and never comes here. What is stored proves one thing: whoever was
signed in to this account had it. The trust list alone makes the key count; operator and roots decide on that.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shop.db.accounts import Account
from shop.db.desk import KeyEnrolment, KeyNonce
from shop.db.session import Database
from shop.errors import BadInput, Forbidden
from shop.services.access.actors import ARTISAN, ASSOCIATION, INSPECTOR, Actor, demand_role
from shop.services.access.audit_trail import note
from traceability.errors import TraceabilityError
from traceability.signing.did import issuer_did
from traceability.signing.keys import PublicKey
from traceability.signing.trust import TrustKey, TrustList

__all__ = ["Enrolment", "KeyEnrolments", "possession_text"]

USES: Final = frozenset({"record"})
SIGNATURE_BYTES: Final = 64
NONCE_VALID_FOR: Final = timedelta(minutes=10)
NONCE_DIGITS: Final = 12
NONCE_BYTES: Final = 8  # of chance: two pages of one second have two nonces
_HOLDERS: Final = (ARTISAN, ASSOCIATION, INSPECTOR)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One key that was handed in.

    Attributes:
        state: `waiting` for a trust list, `listed` in the one that is in force, `refused` or `withdrawn`.
        created_at: when the nonce was given.
        method_id: under which name the list in force has it; None where it does not.
        proof: 64 bytes, the signature over `possession_text`, whose nonce the table of nonces keeps.
    """

    id: int
    account_id: int
    issuer: str
    use: str
    public_key: str
    state: str
    created_at: datetime
    method_id: str | None
    proof: bytes


def possession_text(
    *, host: str, account_id: int, issuer: str, use: str, public_key: str, nonce: str
) -> bytes:
    """Gives what the holder signs: it names its purpose, so that it passes for no other signed thing.

    Args:
        host: the identity host.
        account_id: who hands the key in.
        issuer: slug.
        use: of the key.
        public_key: `z6Mk…`.
        nonce: from `KeyEnrolments.nonce`.

    Returns:
        UTF-8, one line a value.
    """
    lines = (
        "langnghe own key v1",
        f"host {host}",
        f"account {account_id}",
        f"issuer {issuer}",
        f"use {use}",
        f"key {public_key}",
        f"nonce {nonce}",
    )
    return "".join(f"{line}\n" for line in lines).encode()


class KeyEnrolments:
    """Takes keys in.

    Args:
        database: open.
        trust: the list in force.
        host: the identity host.
        secret: of this server; the nonces are made with it, so that asking for one writes nothing.
    """

    def __init__(self, database: Database, *, trust: TrustList, host: str, secret: bytes) -> None:
        self._database, self._trust, self._host, self._secret = database, trust, host, secret

    def nonce(self, actor: Actor, use: str, *, now: datetime) -> str:
        """Gives a text that a proof must carry, good for ten minutes, for this account and one key alone.

        Raises:
            Forbidden: WRONG_ROLE.
            BadInput: NO_ISSUER, NO_SUCH_USE.
        """
        issuer = self._issuer(actor, use)
        given = f"{int(now.timestamp())}.{secrets.token_hex(NONCE_BYTES)}"
        return f"{given}.{self._mac(actor, issuer, use, given)}"

    def enrol(
        self, actor: Actor, use: str, *, public_key: str, signature: bytes, nonce: str, now: datetime
    ) -> Enrolment:
        """Takes a key in, once; it takes the place of another one of hers that still waits.

        A nonce takes one key in. The same key with the same nonce, whose answer was lost, changes nothing
        and gets the same answer.

        Args:
            actor: the holder.
            use: `record`.
            public_key: `z6Mk…`.
            signature: 64 bytes over `possession_text`.
            nonce: from `nonce`.
            now: aware.

        Raises:
            Forbidden: WRONG_ROLE; CLOSED_ACCOUNT, where the account was closed or changed a moment ago.
            BadInput: NO_ISSUER, NO_SUCH_USE, BAD_NONCE, WEAK_KEY, NO_POSSESSION or KEY_TAKEN.
            StorageBusy: nothing was changed.
        """
        issuer = self._issuer(actor, use)
        given_at = self._demand_fresh(actor, issuer, use, nonce, now)
        text = self._text(actor, issuer, use, public_key, nonce)
        _demand_possession(public_key, signature, text)
        row = KeyEnrolment(
            account_id=actor.account_id,
            issuer=issuer,
            use=use,
            public_key=public_key,
            proof=signature,
            created_at=given_at,
            state="waiting",
        )
        try:
            return self._take(actor, row, nonce, now)
        except IntegrityError as error:
            raise BadInput("KEY_TAKEN", "this key was handed in by another account at this moment") from error

    def _take(self, actor: Actor, new: KeyEnrolment, nonce: str, now: datetime) -> Enrolment:
        """Stores a key that is new, and gives what is stored of one that is not."""
        with self._database.write() as session:
            _demand_unchanged(session, actor)
            row = session.scalar(select(KeyEnrolment).where(KeyEnrolment.public_key == new.public_key))
            if row is None:
                _demand_unused(session, nonce)
                self._withdraw_waiting(session, actor, new.use, now)
                row = new
                _add(session, row, nonce, actor, now)
            if (row.account_id, row.issuer) != (actor.account_id, new.issuer):
                raise BadInput("KEY_TAKEN", "this key was handed in by another account")
            return self._value(row)

    def of(self, actor: Actor) -> tuple[Enrolment, ...]:
        """Gives a person's own keys for the issuer that she signs for, the newest first."""
        demand_role(actor, *_HOLDERS)
        mine = select(KeyEnrolment).where(
            KeyEnrolment.account_id == actor.account_id, KeyEnrolment.issuer == actor.issuer
        )
        with self._database.read() as session:
            return tuple(map(self._value, session.scalars(mine.order_by(KeyEnrolment.id.desc()))))

    def _withdraw_waiting(self, session: Session, actor: Actor, use: str, now: datetime) -> None:
        """A phone that was lost before its key was listed leaves nothing to be listed by mistake."""
        waiting = select(KeyEnrolment).where(
            KeyEnrolment.account_id == actor.account_id,
            KeyEnrolment.issuer == actor.issuer,
            KeyEnrolment.use == use,
            KeyEnrolment.state == "waiting",
        )
        for row in session.scalars(waiting):
            if self._listed(row) is None:
                row.state, row.decided_at = "withdrawn", now

    def _value(self, row: KeyEnrolment) -> Enrolment:
        listed = self._listed(row)
        state = "listed" if listed is not None and row.state == "waiting" else row.state
        return Enrolment(
            id=row.id,
            account_id=row.account_id,
            issuer=row.issuer,
            use=row.use,
            public_key=row.public_key,
            state=state,
            created_at=row.created_at,
            method_id=listed.method.id if listed is not None else None,
            proof=row.proof,
        )

    def _listed(self, row: KeyEnrolment) -> TrustKey | None:
        """Gives the entry of the trust list in force that names this key as held by its holder."""
        did = issuer_did(self._host, row.issuer)
        return next(
            (
                key
                for key in self._trust.keys_of(did)
                if key.method.key.multibase == row.public_key
                and (key.use, key.custody) == (row.use, "holder")
            ),
            None,
        )

    def _text(self, actor: Actor, issuer: str, use: str, public_key: str, nonce: str) -> bytes:
        return possession_text(
            host=self._host,
            account_id=actor.account_id,
            issuer=issuer,
            use=use,
            public_key=public_key,
            nonce=nonce,
        )

    def _issuer(self, actor: Actor, use: str) -> str:
        demand_role(actor, *_HOLDERS)
        if actor.issuer is None:
            raise BadInput("NO_ISSUER", "this account signs for nobody yet")
        if use not in USES:
            raise BadInput("NO_SUCH_USE", f"got {use[:20]!r}, expected one of {sorted(USES)}")
        return actor.issuer

    def _demand_fresh(self, actor: Actor, issuer: str, use: str, nonce: str, now: datetime) -> datetime:
        """Gives when a nonce was given out, which must be not long ago, here, and to her."""
        given, _, mac = nonce.rpartition(".")
        digits, _, chance = given.partition(".")
        is_ours = digits.isdigit() and len(digits) <= NONCE_DIGITS and len(chance) == 2 * NONCE_BYTES
        if not (nonce.isascii() and is_ours):
            raise BadInput("BAD_NONCE", "this is no nonce of ours")
        if not hmac.compare_digest(mac, self._mac(actor, issuer, use, given)):
            raise BadInput("BAD_NONCE", "this nonce was made for somebody else, or not here")
        given_at = datetime.fromtimestamp(int(digits), UTC)
        if now - given_at >= NONCE_VALID_FOR:
            raise BadInput("BAD_NONCE", "this nonce is too old")
        return given_at

    def _mac(self, actor: Actor, issuer: str, use: str, given: str) -> str:
        text = f"langnghe own key nonce\n{actor.account_id}\n{issuer}\n{use}\n{given}\n"
        return hmac.digest(self._secret, text.encode(), "sha256").hex()


def _demand_unchanged(session: Session, actor: Actor) -> None:
    """Checks that the account is still what it was when the request came in, and locks its row.

    So two requests of one account stand in line, and who is closed or moved meanwhile leaves no key waiting.
    """
    account = session.get(Account, actor.account_id, with_for_update=True)
    now_is = (account.is_active, account.role, account.issuer) if account is not None else None
    if now_is != (True, actor.role, actor.issuer):
        raise Forbidden("CLOSED_ACCOUNT", f"account {actor.account_id} was closed or changed")


def _demand_unused(session: Session, nonce: str) -> None:
    if session.get(KeyNonce, nonce) is not None:
        raise BadInput("BAD_NONCE", "this nonce took another key in")


def _add(session: Session, row: KeyEnrolment, nonce: str, actor: Actor, now: datetime) -> None:
    session.add(row)
    session.flush()
    session.add(KeyNonce(nonce=nonce, enrolment_id=row.id))
    note(session, actor, "key enrol", f"key:{row.id}", at=now, issuer=row.issuer, key=row.public_key)


def _demand_possession(public_key: str, signature: bytes, text: bytes) -> None:
    try:
        key = PublicKey.from_multibase(public_key)
    except TraceabilityError as error:
        raise BadInput("WEAK_KEY", str(error)) from error
    if len(signature) != SIGNATURE_BYTES:
        raise BadInput("NO_POSSESSION", f"a signature has {SIGNATURE_BYTES} bytes, got {len(signature)}")
    try:
        key.verify(signature, text)
    except TraceabilityError as error:
        raise BadInput("NO_POSSESSION", str(error)) from error
