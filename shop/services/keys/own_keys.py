"""How an artisan stands with a key of her own: what she handed in, and which key signs for her workshop."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shop.services.access.actors import Actor
from shop.services.keys.enrolment import Enrolment, KeyEnrolments
from shop.services.keys.makers import record_entry
from shop.services.products.own import demand_workshop
from traceability.signing.did import issuer_did
from traceability.signing.trust import TrustKey, TrustList

__all__ = ["OwnKey", "OwnKeyStanding", "OwnKeys"]

USE: Final = "record"


@dataclass(frozen=True, slots=True)
class OwnKey:
    """A key that she handed in.

    Attributes:
        public_key: `z6Mk…`.
        state: `waiting` for the next trust list; `used`, it signs for the workshop; `listed`, but a newer key
            signs for the workshop; `ended` by the trust list; `refused` or `withdrawn`.
    """

    public_key: str
    state: str


@dataclass(frozen=True, slots=True)
class OwnKeyStanding:
    """What her browser needs to say where she stands, and to hand in a key.

    Attributes:
        issuer: slug of her workshop.
        host: the identity host.
        nonce: for a proof of possession, good for ten minutes.
        key_name: under which her browser keeps the key.
        holder: who holds the workshop's record key that is in force: `me`, `person` (of the same workshop),
            `server`, or `nobody`.
        keys: hers, the newest first.
    """

    account_id: int
    issuer: str
    host: str
    nonce: str
    key_name: str
    holder: str
    keys: tuple[OwnKey, ...]


@dataclass(frozen=True, slots=True)
class OwnKeys:
    """Tells artisans about keys of their own; `KeyEnrolments` takes them in."""

    enrolments: KeyEnrolments
    trust: TrustList
    host: str

    def standing(self, actor: Actor, *, now: datetime) -> OwnKeyStanding:
        """Gives where a person stands.

        Raises:
            Forbidden: WRONG_ROLE.
            NotFound: NO_WORKSHOP.
        """
        demand_workshop(actor)
        nonce = self.enrolments.nonce(actor, USE, now=now)
        entry = record_entry(self.trust, issuer_did(self.host, actor.issuer or ""), now)
        keys = tuple(self._own(one, entry) for one in self.enrolments.of(actor))
        return OwnKeyStanding(
            account_id=actor.account_id,
            issuer=actor.issuer or "",
            host=self.host,
            nonce=nonce,
            key_name=f"{actor.account_id} {actor.issuer} {USE}",
            holder=_holder(entry, keys),
            keys=keys,
        )

    def _own(self, one: Enrolment, entry: TrustKey | None) -> OwnKey:
        if one.method_id is None:
            return OwnKey(one.public_key, "ended" if one.state == "listed" else one.state)
        if entry is not None and entry.method.id == one.method_id:
            return OwnKey(one.public_key, "used")
        is_over = self.trust.key(one.method_id).revoked is not None
        return OwnKey(one.public_key, "ended" if is_over else "listed")


def _holder(entry: TrustKey | None, keys: tuple[OwnKey, ...]) -> str:
    if entry is None:
        return "nobody"
    if entry.custody == "server":
        return "server"
    return "me" if any(key.state == "used" for key in keys) else "person"
