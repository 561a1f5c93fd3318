"""The scribe: issues one record after another, and remembers each with its unsigned translation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shop.media import StoredMedia
from shop.services.signed.rows import local_id
from shop.services.signed.status_renewal import STATUS_LIST_PERIOD
from traceability.evidence import SignedRecord
from traceability.issue import SigningKey, issue_record, issue_status_list, link_to
from traceability.limits import STATUS_LIST_BITS
from traceability.records.bitstring import with_bit
from traceability.records.envelope import Envelope, Issuer, StatusEntry
from traceability.records.kinds import Record
from traceability.signing.did import issuer_did

__all__ = ["Scribe"]


@dataclass
class Scribe:
    """Issues records under one host, at one moment.

    Attributes:
        keys: signing keys by `<slug>#<use>`.
        now: the time of every proof; what a record says about earlier days is in its own dates.
        issued: what was issued, by local id, in order.
        translations: unsigned English texts by record URL.
        revoked: the status bits that the lists will carry set, by issuer.
        shown: a picture of a step, by the local id of the event that is to sign its digest.
    """

    host: str
    keys: dict[str, SigningKey]
    now: datetime
    issued: dict[str, SignedRecord] = field(default_factory=dict)
    translations: dict[str, Mapping[str, str]] = field(default_factory=dict)
    revoked: dict[str, list[int]] = field(default_factory=dict)
    shown: Mapping[str, StoredMedia] = field(default_factory=dict)
    _next_status: dict[str, int] = field(default_factory=dict)

    def url(self, path: str) -> str:
        """Gives the https URL of a path under the identity host."""
        return f"https://{self.host}/{path}"

    def did(self, slug: str) -> str:
        """Gives the DID of a party."""
        return issuer_did(self.host, slug)

    def envelope(
        self,
        kind: type[Record],
        record_id: str,
        *,
        issuer: str,
        name: str,
        valid_from: datetime,
        valid_until: datetime | None = None,
        linked: Sequence[SignedRecord] = (),
    ) -> Envelope:
        """Gives the shared part of a new record; each record takes the next status index of its issuer."""
        index = self._next_status.get(issuer, 0)
        self._next_status[issuer] = index + 1
        entry = self.keys[f"{issuer}#record"].entry
        return Envelope(
            contexts=kind.CONTEXTS,
            types=kind.TYPES,
            id=self.url(f"records/{record_id}"),
            issuer=Issuer(entry.method.controller, entry.name),
            name=name,
            valid_from=valid_from,
            valid_until=valid_until,
            status=StatusEntry(self.url(f"status/{issuer}/1"), index),
            links=tuple(link_to(item) for item in linked),
        )

    def issue(
        self,
        record: Record,
        *,
        issuer: str,
        linked: Sequence[SignedRecord] = (),
        english: Mapping[str, str] | None = None,
    ) -> SignedRecord:
        """Signs a record with the issuer's record key and keeps it."""
        signed = issue_record(record, key=self.keys[f"{issuer}#record"], linked=linked, now=self.now)
        record_id = local_id(record.envelope.id)
        self.issued[record_id] = signed
        if english:
            self.translations[record.envelope.id] = english
        return signed

    def linked(self, item: SignedRecord) -> list[SignedRecord]:
        """Gives the records that a record links to; all of them were issued here."""
        return [self.issued[local_id(link.url)] for link in item.envelope.links]

    def revoke(self, item: SignedRecord) -> None:
        """Notes that the issuer's status list is to revoke a record."""
        if item.envelope.status is not None:
            issuer = item.envelope.issuer.did.rpartition(":")[2]
            self.revoked.setdefault(issuer, []).append(item.envelope.status.index)

    def issue_status_lists(self) -> list[SignedRecord]:
        """Signs the first version of the list of each issuer that has signed a record."""
        lists = []
        for issuer in self._next_status:
            bits = bytes(STATUS_LIST_BITS // 8)
            for index in self.revoked.get(issuer, ()):
                bits = with_bit(bits, index)
            signed = issue_status_list(
                self.url(f"status/{issuer}/1"),
                bits,
                purpose="revocation",
                key=self.keys[f"{issuer}#record"],
                previous=None,
                now=self.now,
                period=STATUS_LIST_PERIOD,
            )
            lists.append(signed)
        return lists
