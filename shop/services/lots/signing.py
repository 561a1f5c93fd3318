"""Who signs the lots of a workshop, and where their forms become records."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from shop.db.session import Database
from shop.errors import BadInput
from shop.services.issuing.desk import Desk
from shop.services.keys.keyring import Keyring
from shop.services.keys.makers import Maker, record_entry
from traceability.issue import SigningKey
from traceability.records.canonical import Document
from traceability.signing.trust import TrustKey, TrustList

__all__ = ["LotSigning", "held_entry"]


@dataclass(frozen=True, slots=True)
class LotSigning:
    """The record keys of workshops: here, or on a device of their people.

    Attributes:
        database: of the instance.
        trust: the list in force.
        host: the identity host.
        keyring: keys of this server.
    """

    database: Database
    trust: TrustList
    host: str
    keyring: Keyring

    def desk(self, form: Document, now: datetime) -> Desk:
        """Gives where a form becomes records; these hold whole seconds."""
        return Desk(self.database, self.trust, self.host, form, Path(), now.replace(microsecond=0))

    def entry(self, maker: Maker, now: datetime) -> TrustKey | None:
        """Gives the key that would sign: one on a device, or one that is really here; None without one."""
        entry = record_entry(self.trust, maker.did, now)
        if entry is not None and entry.custody == "holder":
            return entry
        key = self.keyring.key(maker.did, "record", now=now)
        return key.entry if key is not None else None

    def key_here(self, maker: Maker, now: datetime) -> SigningKey:
        """Gives a workshop's record key that is in force and lies on this server.

        Raises:
            BadInput: NO_KEY.
        """
        key = self.keyring.key(maker.did, "record", now=now)
        if key is None:
            raise BadInput("NO_KEY", f"no record key of {maker.slug} is here and in force")
        return key


def held_entry(trust: TrustList, maker: Maker, now: datetime) -> TrustKey:
    """Gives a workshop's record key that is in force and lies on a device of its people.

    Raises:
        BadInput: NO_KEY, also where the key lies on this server.
    """
    entry = record_entry(trust, maker.did, now)
    if entry is None or entry.custody != "holder":
        raise BadInput("NO_KEY", f"no record key of {maker.slug} on a device is in force")
    return entry
