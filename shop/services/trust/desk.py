"""The operator's part in a trust list: a draft for the root holders, and the list that comes back signed.

The server proposes and stores. What counts is what the roots sign, each on a machine of their own.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.config import Settings
from shop.db.accounts import Account
from shop.db.desk import KeyEnrolment
from shop.db.session import Database
from shop.errors import BadInput, NotFound
from shop.services.access.actors import ARTISAN, ASSOCIATION, INSPECTOR, OPERATOR, Actor, demand_role
from shop.services.access.audit_trail import note
from shop.services.keys.waiting_keys import WaitingKeys
from shop.services.log.ledger import Ledger
from shop.services.trust.publishing import publish_list
from traceability.ceremony import Change, differences, read_list, text_fingerprint, write_draft
from traceability.errors import Refused
from traceability.signing.did import issuer_did
from traceability.signing.keys import PublicKey
from traceability.signing.proof import VerificationMethod
from traceability.signing.trust import Revocation, TrustKey, TrustList

__all__ = ["Draft", "Ending", "TrustDesk", "WaitingKey"]

LIST_VALID_FOR: Final = timedelta(days=365)
# The roles in a trust list that a person's role at a desk may hold a key for; a new issuer gets the first.
_ROLES: Final = {
    INSPECTOR: ("inspector",),
    ASSOCIATION: ("association", "commune"),
    ARTISAN: ("workshop",),
}


@dataclass(frozen=True, slots=True)
class WaitingKey:
    """A key that somebody proved to hold and that no trust list names yet.

    Attributes:
        enrolment_id: of the enrolment.
        person: who handed it in, as the desk knows her; never in the list.
        issuer: slug.
        public_key: `z6Mk…`.
        known_as: under which name the list in force knows the issuer; None for a new issuer.
        scope: what the issuer may speak for by the list in force; empty for a new issuer.
        replaces: method ids of the keys that end as retired when this one is accepted: her own before it, and
            of a workshop the one on this server, so that nobody but its holder signs in its name.
    """

    enrolment_id: int
    person: str
    role: str
    issuer: str
    public_key: str
    handed_in_at: datetime
    known_as: str | None
    scope: tuple[str, ...]
    replaces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ending:
    """A key that is to end with the next list: its method id, and `retired` or `compromised`."""

    method_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Draft:
    """The next list, unsigned.

    Attributes:
        issued: its time, in whole seconds since 1970; a draft of the same choices and time is the same.
        data: the form that people read and `langnghe trust sign` takes.
        fingerprint: of the text that roots sign, to be compared over the telephone.
        changes: every difference to the list in force.
    """

    sequence: int
    issued: int
    data: bytes
    fingerprint: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class TrustDesk:
    """Prepares and takes in trust lists, for operators.

    Attributes:
        database: open.
        trust: the list in force.
        settings: of the instance, whose data folder pins the roots.
        ledger: tells how far the log has come, where a key ends.
        passphrase: of the log's key.
        server_keys: the keys of new workshops, which lie on this server and wait as well.
    """

    database: Database
    trust: TrustList
    settings: Settings
    ledger: Ledger
    passphrase: bytes | None
    server_keys: WaitingKeys

    def wanted(self, actor: Actor, *, now: datetime) -> tuple[TrustKey, ...]:
        """Gives the entries of the keys on this server that the list in force does not name.

        Raises:
            Forbidden: for all but operators.
        """
        demand_role(actor, OPERATOR)
        return self.server_keys.wanted(now=now)

    def waiting(self, actor: Actor) -> tuple[WaitingKey, ...]:
        """Gives the keys that wait for the next list, the oldest first.

        Raises:
            Forbidden: for all but operators.
        """
        demand_role(actor, OPERATOR)
        listed = {key.method.key.multibase for key in self.trust.keys}
        query = (
            select(KeyEnrolment, Account)
            .join(Account, Account.id == KeyEnrolment.account_id)
            .where(KeyEnrolment.state == "waiting", Account.is_active, KeyEnrolment.public_key.not_in(listed))
        )
        earlier = select(KeyEnrolment.account_id, KeyEnrolment.public_key)
        with self.database.read() as session:
            found = session.execute(query.order_by(KeyEnrolment.id)).all()
            own = {(account_id, key) for account_id, key in session.execute(earlier)}
        return tuple(self._waiting(row, account, own) for row, account in found)

    def count_waiting(self, actor: Actor, *, now: datetime) -> int:
        """Gives how many keys wait for the next list, wherever they lie.

        Raises:
            Forbidden: for all but operators.
        """
        return len(self.waiting(actor)) + len(self.wanted(actor, now=now))

    def draft(
        self,
        actor: Actor,
        *,
        accepted: Mapping[int, tuple[str, Sequence[str]]],
        wanted: Collection[str] = (),
        endings: Sequence[Ending] = (),
        now: datetime,
    ) -> Draft:
        """Gives the next list with some waiting keys in it and some keys ended; nothing is stored.

        Args:
            actor: an operator.
            accepted: by enrolment id, name and scope of an issuer that is new; a known one keeps its own.
            wanted: method ids of entries of `wanted` that are to come in.
            endings: keys to end.
            now: aware; whole seconds.

        Raises:
            Forbidden: for all but operators.
            BadInput: NO_ENROLMENT, NO_KEY, NO_NAME, NO_SCOPE; OTHER_ROLE, for a key of another role's issuer.
        """
        waiting = self._chosen(actor, accepted)
        entries = [entry for entry in self.wanted(actor, now=now) if entry.method.id in wanted]
        for one in waiting:
            entries.append(self._entry(one, *accepted[one.enrolment_id], entries, now))
        ended = {method_id: "retired" for one in waiting for method_id in one.replaces}
        ended |= self._known({one.method_id: one.reason for one in endings})
        kept = [self._after(key, ended, now) for key in self.trust.keys]
        try:
            following = replace(
                self.trust,
                sequence=self.trust.sequence + 1,
                issued=now,
                expires=max(self.trust.expires, now + LIST_VALID_FOR),
                keys=(*kept, *entries),
            )
        except Refused as error:
            raise BadInput("BAD_DRAFT", str(error)) from error
        return _drafted(self.trust, following)

    def publish(self, actor: Actor, data: bytes, *, now: datetime) -> tuple[Change, ...] | None:
        """Puts a signed list in force; the shop takes it up within seconds.

        Args:
            actor: an operator.
            data: the signed note.
            now: aware; whole seconds.

        Returns:
            What it changes; None when it is in force already.

        Raises:
            Forbidden: for all but operators.
            ConfigurationError, TraceabilityError: what `publish_list` raises; nothing was changed.
        """
        demand_role(actor, OPERATOR)
        changes = publish_list(
            self.database, data, settings=self.settings, passphrase=self.passphrase, now=now
        )
        if changes is not None:
            with self.database.write() as session:
                _mark_listed(session, data, now)
                note(session, actor, "trust publish", "trust", at=now, changes=[one.en for one in changes])
        return changes

    def refuse(self, actor: Actor, enrolment_id: int, *, now: datetime) -> None:
        """Takes a waiting key off the list of those that wait.

        Raises:
            Forbidden: for all but operators.
            NotFound: NO_ENROLMENT, also for one that waits no longer.
        """
        demand_role(actor, OPERATOR)
        with self.database.write() as session:
            row = session.get(KeyEnrolment, enrolment_id, with_for_update=True)
            if row is None or row.state != "waiting":
                raise NotFound("NO_ENROLMENT", f"no key {enrolment_id} is waiting")
            row.state, row.decided_at = "refused", now
            note(session, actor, "key refuse", f"key:{enrolment_id}", at=now, issuer=row.issuer)

    def _waiting(self, row: KeyEnrolment, account: Account, own: set[tuple[int, str]]) -> WaitingKey:
        known = self.trust.keys_of(issuer_did(self.settings.identity_host, row.issuer))
        return WaitingKey(
            enrolment_id=row.id,
            person=account.name,
            role=account.role,
            issuer=row.issuer,
            public_key=row.public_key,
            handed_in_at=row.created_at,
            known_as=known[-1].name if known else None,
            scope=known[-1].scope if known else (),
            replaces=tuple(
                key.method.id
                for key in known
                if (key.use, key.revoked) == (row.use, None)
                and (_lies_here(key) or (row.account_id, key.method.key.multibase) in own)
            ),
        )

    def _chosen(self, actor: Actor, accepted: Mapping[int, tuple[str, Sequence[str]]]) -> list[WaitingKey]:
        waiting = {one.enrolment_id: one for one in self.waiting(actor)}
        for enrolment_id in accepted:
            if enrolment_id not in waiting:
                raise BadInput("NO_ENROLMENT", f"no key {enrolment_id} is waiting")
        return [waiting[enrolment_id] for enrolment_id in accepted]

    def _entry(
        self, waiting: WaitingKey, name: str, scope: Sequence[str], others: Sequence[TrustKey], now: datetime
    ) -> TrustKey:
        """Gives the entry of a waiting key; its number follows those of the list and of `others`."""
        did = issuer_did(self.settings.identity_host, waiting.issuer)
        known = self.trust.keys_of(did)
        if not known and not name.strip():
            raise BadInput("NO_NAME", f"the list does not know {waiting.issuer} yet: a name is needed")
        if not known and not scope:
            raise BadInput("NO_SCOPE", f"the list does not know {waiting.issuer} yet: a scope is needed")
        role = _role_of(waiting, [*known, *(one for one in others if one.method.controller == did)])
        number = _next_number([*known, *others], f"{did}#record-")
        key = PublicKey.from_multibase(waiting.public_key)
        return TrustKey(
            method=VerificationMethod(f"{did}#record-{number}", did, key),
            name=known[-1].name if known else name.strip(),
            role=role,
            use="record",
            custody="holder",
            scope=known[-1].scope if known else tuple(scope),
            since=now,
        )

    def _after(self, key: TrustKey, ended: Mapping[str, str], now: datetime) -> TrustKey:
        """Gives a key as the next list has it."""
        reason = ended.get(key.method.id)
        if reason is None:
            return key
        try:
            # What stands in the log by now still counts; a thief's records since the theft need a smaller
            # size, which the root holders put into the draft by hand.
            return replace(key, revoked=Revocation(reason, now, self.ledger.size()))
        except Refused as error:
            raise BadInput("BAD_REASON", str(error)) from error

    def _known(self, ended: dict[str, str]) -> dict[str, str]:
        """Gives the endings back, if they are of keys in force."""
        known = {key.method.id for key in self.trust.keys if key.revoked is None}
        for method_id in ended:
            if method_id not in known:
                raise BadInput("NO_KEY", f"{method_id[:120]} is no key in force")
        return ended


def _role_of(waiting: WaitingKey, listed: Sequence[TrustKey]) -> str:
    """Gives the role of a waiting key: that of its issuer's other keys, which must fit who handed it in."""
    fitting = _ROLES.get(waiting.role, ())
    roles = [key.role for key in listed] or list(fitting[:1])
    if not roles or any(role not in fitting for role in roles):
        raise BadInput(
            "OTHER_ROLE", f"a {waiting.role} handed in a key for {waiting.issuer}, which is another's"
        )
    return roles[-1]


def _lies_here(key: TrustKey) -> bool:
    """Tells whether a key is a workshop's that lies on this server; an office has several people."""
    return (key.role, key.custody) == ("workshop", "server")


def _next_number(keys: Sequence[TrustKey], prefix: str) -> int:
    ends = [key.method.id.removeprefix(prefix) for key in keys if key.method.id.startswith(prefix)]
    return 1 + max((int(end) for end in ends if end.isascii() and end.isdigit()), default=0)


def _drafted(old: TrustList, new: TrustList) -> Draft:
    issued = int(new.issued.timestamp())
    return Draft(new.sequence, issued, write_draft(new), text_fingerprint(new), differences(old, new))


def _mark_listed(session: Session, data: bytes, now: datetime) -> None:
    """Marks the enrolments whose keys a list names: they wait no longer."""
    trust, _ = read_list(data)
    listed = {key.method.key.multibase for key in trust.keys if key.custody == "holder"}
    for row in session.scalars(select(KeyEnrolment).where(KeyEnrolment.state == "waiting")):
        if row.public_key in listed:
            row.state, row.decided_at = "listed", now
