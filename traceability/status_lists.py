"""The issuers' status lists: whether the bit of a record is set, as far as a list is to be believed.

A list is a signed record like any other: it counts with a proof that holds, by a key that is in force and
entitled, and with its place in the log. Whoever is refused an answer does not know the status.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from traceability.clock import format_instant
from traceability.errors import NotVerified, Reason, TraceabilityError
from traceability.evidence import Evidence, SignedRecord
from traceability.limits import CLOCK_MAX_SKEW, STATUS_LIST_MAX_PERIOD
from traceability.policy import check_record
from traceability.records.envelope import Envelope
from traceability.records.kinds import Record
from traceability.records.status_list import StatusList
from traceability.signing.trust import TrustKey, TrustList

__all__ = ["Place", "PlaceOf", "StatusLists"]


class Place(Protocol):
    """Where the log has an entry."""

    @property
    def index(self) -> int:
        """The entry's index, from 0."""


# Gives the place that a verified receipt shows for the log entry of this very record.
# Raises TraceabilityError, such as NOT_LOGGED, where there is none or it does not verify.
PlaceOf = Callable[[SignedRecord], Place]


@dataclass(frozen=True)
class StatusLists:
    """The lists at hand, each opened once. The attributes are those of `judge_status`."""

    evidence: Evidence
    trust: TrustList
    place_of: PlaceOf
    at: datetime
    _opened: dict[str, StatusList | TraceabilityError] = field(default_factory=dict, repr=False)

    def is_set(self, envelope: Envelope) -> bool:
        """Tells whether the bit of a record is set, as its own issuer's list says.

        Raises:
            TraceabilityError: whatever keeps the list from being believed.
        """
        entry = envelope.status
        if entry is None:
            return False
        found = self._open(entry.list_url)
        if found.envelope.issuer.did != envelope.issuer.did:
            raise NotVerified(Reason.ISSUER_MISMATCH, "the list is another issuer's than the record")
        if found.purpose != entry.purpose:
            raise NotVerified(Reason.SUBJECT_MISMATCH, f"the list is about {found.purpose}")
        return found.has(entry.index)

    def check_right(self, signed: SignedRecord, linked: list[Record]) -> TrustKey:
        """Does steps 3 and 4 for a list or a notice, but for the key's time; gives the key.

        Raises:
            TraceabilityError: whatever keeps it from being believed.
        """
        key = self.trust.key(signed.claim.method_id)
        self.evidence.reader.prove(signed.data, key.method.key)
        expires = signed.claim.expires
        if expires is not None and expires <= self.at:
            raise NotVerified(Reason.PROOF_EXPIRED, f"the proof expired at {format_instant(expires)}")
        check_record(signed.record, key, linked)
        return key

    def _open(self, url: str) -> StatusList:
        """Gives the list of a URL, checked once."""
        if url not in self._opened:
            try:
                self._opened[url] = self._check_list(url)
            except TraceabilityError as error:
                self._opened[url] = error
        found = self._opened[url]
        if isinstance(found, TraceabilityError):
            raise found
        return found

    def _check_list(self, url: str) -> StatusList:
        data = self.evidence.status_lists.get(url)
        if data is None:
            raise NotVerified(Reason.STATUS_UNKNOWN, "the list is not at hand")
        signed = self.evidence.reader.read(data)
        if not isinstance(signed.record, StatusList) or signed.envelope.id != url:
            raise NotVerified(Reason.SUBJECT_MISMATCH, "the record at hand is not this list")
        key = self.check_right(signed, [])
        if key.revoked is not None:
            # Its issuer signs the list anew with another key; until then nobody knows what it would say.
            raise NotVerified(Reason.KEY_REVOKED, f"{key.method.id} was revoked as {key.revoked.reason}")
        key.check_time(signed.claim.created, log_index=self.place_of(signed).index)
        self._check_period(signed)
        return signed.record

    def _check_period(self, signed: SignedRecord) -> None:
        created, until = signed.claim.created, signed.envelope.valid_until
        if until is None or until - created > STATUS_LIST_MAX_PERIOD:
            raise NotVerified(
                Reason.BAD_VALUE, f"the list holds for more than {STATUS_LIST_MAX_PERIOD.days} days"
            )
        if abs(signed.envelope.valid_from - created) > CLOCK_MAX_SKEW:
            raise NotVerified(Reason.BAD_VALUE, "the list begins at another time than it was signed")
        if self.at >= until:
            raise NotVerified(Reason.EXPIRED, f"the list held until {format_instant(until)}")
