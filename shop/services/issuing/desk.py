"""Where one form becomes signed records: the instance, the form, and who signs."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from shop.db.instance import ASSOCIATION_FACT, InstanceFact
from shop.db.lots import Lot, Record
from shop.db.session import Database
from shop.db.status_lists import StatusListVersion, newest_status_lists
from shop.errors import BadInput
from shop.services.issuing.forms import Filled, Forms
from shop.services.issuing.status_places import StatusPlaces
from shop.services.signed.admission import used_status
from shop.services.signed.rows import local_id
from shop.services.signed.status_renewal import STATUS_LIST_PERIOD
from traceability.evidence import Reader, SignedRecord
from traceability.issue import SigningKey, issue_record, issue_status_list, next_status_list
from traceability.limits import STATUS_LIST_BITS
from traceability.records.bitstring import with_bit
from traceability.records.canonical import Document
from traceability.records.members import text
from traceability.records.status_list import StatusList
from traceability.signing.did import issuer_did
from traceability.signing.trust import TrustKey, TrustList

__all__ = ["Desk", "issuer_of"]


@dataclass(frozen=True, slots=True)
class Desk:
    """One form: what is there, and what is to be made of it.

    Attributes:
        database: of the instance.
        trust: the list in force.
        host: the identity host.
        form: as parsed and checked; for a revocation the id of the record, and its issuer.
        folder: where files that the form names are.
        now: the moment of signing.
    """

    database: Database
    trust: TrustList
    host: str
    form: Document
    folder: Path
    now: datetime

    def forms(self, entry: TrustKey) -> Forms:
        """Gives what fills forms up for an issuer."""
        with self.database.read() as session:
            places = StatusPlaces(used_status(session, entry.method.controller), secrets.randbelow)
        return Forms(self.host, entry, self.find, places, secrets.token_bytes, self.now)

    def entry(self, slug: str) -> TrustKey:
        """Gives the record key of an issuer that the trust list has in force at the moment of signing."""
        did = issuer_did(self.host, slug)
        keys = [key for key in self.trust.keys_of(did) if key.use == "record" and key.is_in_force(self.now)]
        if not keys:
            raise BadInput("NO_ISSUER", f"the trust list has no record key of {slug} in force")
        return keys[-1]

    def issuer(self, kind: str) -> str:
        """Gives the slug of who signs: the form's, else a lot's workshop, else who signed what is noticed."""
        if "issuer" in self.form:
            return text(self.form, "issuer")
        if kind == "notice":
            return issuer_of(self.find(text(self.form, "about")))
        if kind == "lot":
            record = self.find(text(self.form, "workshop")).record
            return str(getattr(record, "operator_did", "")).rpartition(":")[2]
        with self.database.read() as session:
            fact = session.get(InstanceFact, ASSOCIATION_FACT)
        if fact is None:
            raise BadInput("NO_ISSUER", "the form names no issuer, and this instance has no association")
        return fact.value

    def find(self, record_id: str) -> SignedRecord:
        """Gives a stored record.

        Raises:
            BadInput: NO_RECORD.
        """
        with self.database.read() as session:
            row = session.get(Record, record_id)
        if row is None:
            raise BadInput("NO_RECORD", f"there is no record {record_id[:80]!r}")
        return Reader(1).read(row.body)

    def serials(self, passport: SignedRecord) -> bytes | None:
        """Gives the serials of the lot whose newest passport this is; None where it is no such passport."""
        wanted = select(Lot.serials).where(Lot.record_id == local_id(passport.envelope.id))
        with self.database.read() as session:
            return session.scalar(wanted)

    def sign(self, filled: Filled, key: SigningKey) -> SignedRecord:
        """Signs one record; nothing is stored yet."""
        return issue_record(filled.record, key=key, linked=filled.linked, now=self.now)

    def next_list(self, key: SigningKey, revoked: Iterable[int]) -> SignedRecord:
        """Signs the next version of the issuer's list of revocations, with some more bits set.

        Raises:
            BadInput: REVOKED, where one of them is set already.
        """
        previous = self.newest_list(key.entry)
        record = previous.record if previous is not None else None
        bits = record.bits if isinstance(record, StatusList) else bytes(STATUS_LIST_BITS // 8)
        for index in revoked:
            if isinstance(record, StatusList) and record.has(index):
                raise BadInput("REVOKED", f"bit {index} of {record.envelope.id} is set already")
            bits = with_bit(bits, index)
        return issue_status_list(
            self._list_url(key.entry),
            bits,
            purpose="revocation",
            key=key,
            previous=previous,
            now=self.now,
            period=STATUS_LIST_PERIOD,
        )

    def unsigned_list(self, entry: TrustKey) -> StatusList:
        """Gives the next version of the issuer's list with the same bits, for a key that is elsewhere."""
        previous = self.newest_list(entry)
        record = previous.record if previous is not None else None
        bits = record.bits if isinstance(record, StatusList) else bytes(STATUS_LIST_BITS // 8)
        return next_status_list(
            self._list_url(entry),
            bits,
            purpose="revocation",
            entry=entry,
            previous=previous,
            now=self.now,
            period=STATUS_LIST_PERIOD,
        )

    def newest_list(self, entry: TrustKey) -> SignedRecord | None:
        """Gives the newest version of an issuer's list of revocations, None before the first."""
        wanted = newest_status_lists().where(StatusListVersion.url == self._list_url(entry))
        with self.database.read() as session:
            row = session.scalar(wanted)
        return Reader(1).read(row.body) if row is not None else None

    def _list_url(self, entry: TrustKey) -> str:
        slug = entry.method.controller.rpartition(":")[2]
        return f"https://{self.host}/status/{slug}/1"


def issuer_of(item: SignedRecord) -> str:
    """Gives the slug of who issued a record."""
    return item.envelope.issuer.did.rpartition(":")[2]
