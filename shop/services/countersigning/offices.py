"""Who may be asked for what: issuers whose key is in force and speaks for the place of a workshop."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.db.catalogue import Workshop
from shop.db.lots import Record
from shop.folding import in_human_order
from shop.services.countersigning.values import (
    ATTESTATION,
    INSPECTION,
    SIGNS_HERE,
    SIGNS_NOWHERE,
    SIGNS_ON_HER_OWN,
    TRANSCRIPTION,
    Office,
)
from shop.services.keys.keyring import Keyring
from traceability.errors import TraceabilityError
from traceability.evidence import Reader
from traceability.records.facility import WorkshopRecord
from traceability.signing.did import issuer_did
from traceability.signing.trust import TrustKey, TrustList
from traceability.subjects import present_unit

__all__ = ["Offices"]

ROLES_FOR: Final = {
    ATTESTATION: ("association", "commune"),
    TRANSCRIPTION: ("association",),
    INSPECTION: ("inspector",),
}


@dataclass(frozen=True, slots=True)
class Offices:
    """Reads the trust list in force and the keys of this server."""

    trust: TrustList
    keyring: Keyring
    host: str

    def for_workshop(self, session: Session, workshop: Workshop, kind: str, now: datetime) -> list[Office]:
        """Gives who may sign such a thing about a workshop, in the order of the trust list; never itself."""
        record = self._record(session, workshop)
        found: dict[str, Office] = {}
        for key in self.trust.keys:
            slug = key.method.controller.rpartition(":")[2]
            is_other = key.method.controller != workshop.issuer
            if is_other and slug not in found and self._may(key, kind, record, now):
                found[slug] = Office(slug, key.name, key.role)
        return list(found.values())

    def workshops(self, session: Session, slug: str, kind: str, now: datetime) -> list[Workshop]:
        """Gives the workshops about which an issuer may sign such a thing, by name."""
        keys = self.trust.keys_of(issuer_did(self.host, slug))
        rows = sorted(session.scalars(select(Workshop)), key=lambda row: in_human_order(row.name_vi))
        return [
            row
            for row in rows
            if row.issuer != issuer_did(self.host, slug)
            and any(self._may(key, kind, self._record(session, row), now) for key in keys)
        ]

    def kinds(self, slug: str, now: datetime) -> frozenset[str]:
        """Gives what an issuer may sign at all: a commune attests, and copies no papers."""
        keys = self.trust.keys_of(issuer_did(self.host, slug))
        roles = {key.role for key in keys if key.use == "record" and key.is_in_force(now)}
        return frozenset(kind for kind, allowed in ROLES_FOR.items() if roles.intersection(allowed))

    def signs(self, slug: str, now: datetime) -> str:
        """Gives where an issuer's key is: SIGNS_HERE, SIGNS_ON_HER_OWN or SIGNS_NOWHERE.

        A key that its holder keeps to herself comes first: then this server is not to sign for her.
        """
        did = issuer_did(self.host, slug)
        in_force = [key for key in self.trust.keys_of(did) if key.use == "record" and key.is_in_force(now)]
        if any(key.custody == "holder" for key in in_force):
            return SIGNS_ON_HER_OWN
        return SIGNS_HERE if self.keyring.key(did, "record", now=now) is not None else SIGNS_NOWHERE

    def _may(self, key: TrustKey, kind: str, workshop: WorkshopRecord, now: datetime) -> bool:
        if key.use != "record" or key.role not in ROLES_FOR[kind] or not key.is_in_force(now):
            return False
        if key.role == "association":
            return key.covers(workshop.village_id)
        try:
            return key.covers(present_unit(workshop).code or "")
        except TraceabilityError:
            return False

    def _record(self, session: Session, workshop: Workshop) -> WorkshopRecord:
        record = Reader(1).read(session.get_one(Record, workshop.record_id).body).record
        assert isinstance(record, WorkshopRecord), workshop.slug  # noqa: S101  # its row says so
        return record
