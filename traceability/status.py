"""Step 7's judgement of status: what the issuers' lists, and notices from later, say of a chain's records.

A list or a notice is a signed record like any other and believed as little: it counts with a proof that
holds, by a key that was in force and entitled, and with its place in the log. A list that does not count
leaves the status unknown; a notice that does not count changes nothing and is told as a note.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Final, Protocol

from traceability.chain import Chain
from traceability.clock import format_instant
from traceability.errors import NotVerified, Reason, TraceabilityError
from traceability.evidence import Evidence, SignedRecord
from traceability.limits import CLOCK_MAX_SKEW, NOTICES_MAX_PER_RECORD, STATUS_LIST_MAX_PERIOD
from traceability.policy import check_record
from traceability.records.envelope import Envelope, Link
from traceability.records.kinds import Record
from traceability.records.notice import Notice
from traceability.records.status_list import StatusList
from traceability.signing.trust import TrustList
from traceability.validity import Remark
from traceability.verdict import CheckStatus

__all__ = ["Place", "PlaceOf", "judge_status"]


class Place(Protocol):
    """Where the log has an entry."""

    @property
    def index(self) -> int:
        """The entry's index, from 0."""


# Gives the place that a verified receipt shows for the log entry of this very record.
# Raises TraceabilityError, such as NOT_LOGGED, where there is none or it does not verify.
PlaceOf = Callable[[SignedRecord], Place]

_BIT_MEANS: Final = {"revocation": Reason.REVOKED, "suspension": Reason.SUSPENDED}
_EFFECTS: Final = {
    "revoke": (CheckStatus.FAILED, Reason.REVOKED),
    "suspend": (CheckStatus.FAILED, Reason.SUSPENDED),
    "recall": (CheckStatus.FAILED, Reason.RECALLED),
    "finding": (CheckStatus.CAUTION, Reason.FINDING),
    "correction": (CheckStatus.CAUTION, Reason.SUPERSEDED),
}
_UNLOGGED: Final = frozenset({Reason.NOT_LOGGED, Reason.QUORUM_MISSING})


def judge_status(
    chain: Chain,
    *,
    evidence: Evidence,
    trust: TrustList,
    place_of: PlaceOf,
    at: datetime,
    serial: str | None = None,
    successors: Sequence[SignedRecord] = (),
) -> Iterator[Remark]:
    """Gives what speaks against the records of a chain, record by record; nothing where nothing does.

    Of a notice's own chain only the notice is judged: it stays true of a record that was revoked.

    Args:
        chain: the record with all that it links to.
        evidence: status lists by URL, and records from later by the URL that they link to.
        trust: the opened trust list.
        place_of: gives a list's or notice's place in the log.
        at: aware time; a list that was issued later counts too.
        serial: the label's serial, None where a record or a whole lot is judged.
        successors: records that took the place of the first one: what is said of them is said of its goods.
    """
    judge = _Judge(evidence, trust, place_of, at)
    is_notice = isinstance(chain.records[0].record, Notice)
    judged = chain.records[:1] if is_notice else (*chain.records, *successors)
    for item in judged:
        yield from judge.judge_entry(item)
        yield from judge.judge_notices(item, chain, serial)


class _Judge:
    """One judgement: the given things, and the lists that were opened so far."""

    def __init__(self, evidence: Evidence, trust: TrustList, place_of: PlaceOf, at: datetime) -> None:
        self.evidence, self.trust, self.place_of, self.at = evidence, trust, place_of, at
        self._opened: dict[str, StatusList | TraceabilityError] = {}

    # Status lists

    def judge_entry(self, item: SignedRecord) -> Iterator[Remark]:
        """Gives a remark where the record's bit is set, or cannot be known."""
        entry = item.envelope.status
        if entry is None:
            return
        try:
            is_set = self._is_set(item.envelope)
        except TraceabilityError as error:
            detail = f"{entry.list_url}: {error.code}: {error}"
            yield (CheckStatus.FAILED, Reason.STATUS_UNKNOWN, detail, item.envelope.id)
            return
        if is_set:
            detail = f"bit {entry.index} of {entry.list_url} is set"
            yield (CheckStatus.FAILED, _BIT_MEANS[entry.purpose], detail, item.envelope.id)

    def _is_set(self, envelope: Envelope) -> bool:
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
        self._check_signed(signed, [])
        created, until = signed.claim.created, signed.envelope.valid_until
        if until is None or until - created > STATUS_LIST_MAX_PERIOD:
            raise NotVerified(
                Reason.BAD_VALUE, f"the list holds for more than {STATUS_LIST_MAX_PERIOD.days} days"
            )
        if abs(signed.envelope.valid_from - created) > CLOCK_MAX_SKEW:
            raise NotVerified(Reason.BAD_VALUE, "the list begins at another time than it was signed")
        if self.at >= until:
            raise NotVerified(Reason.EXPIRED, f"the list held until {format_instant(until)}")
        return signed.record

    # Notices

    def judge_notices(self, item: SignedRecord, chain: Chain, serial: str | None) -> Iterator[Remark]:
        """Gives what notices say of a record, and which of them do not count."""
        judged = 0
        for data in dict.fromkeys(self.evidence.later.get(item.envelope.id, ())):
            try:
                signed = self.evidence.reader.read(data)
            except TraceabilityError as error:
                detail = f"a record from later cannot be read: {error}"
                yield (CheckStatus.NOTE, error.code, detail, item.envelope.id)
                continue
            if not isinstance(signed.record, Notice) or signed.record.about != item.envelope.id:
                continue
            if judged == NOTICES_MAX_PER_RECORD:
                detail = f"more than {NOTICES_MAX_PER_RECORD} notices are about it, and not all were judged"
                yield (CheckStatus.FAILED, Reason.STATUS_UNKNOWN, detail, item.envelope.id)
                return
            judged += 1
            yield self._judge_notice(signed, signed.record, item, chain, serial)

    def _judge_notice(
        self, signed: SignedRecord, notice: Notice, item: SignedRecord, chain: Chain, serial: str | None
    ) -> Remark:
        try:
            self._check_notice(signed, item, chain)
        except TraceabilityError as error:
            if error.code in _UNLOGGED and self._is_in_force(signed):
                # Whoever hands the evidence over could leave the receipt out.
                return (CheckStatus.CAUTION, _EFFECTS[notice.action][1], _sentence(notice), item.envelope.id)
            return (CheckStatus.NOTE, error.code, f"the notice does not count: {error}", signed.envelope.id)
        entry = signed.envelope.status
        if entry is not None and self._is_withdrawn(signed.envelope):
            return (
                CheckStatus.NOTE,
                _BIT_MEANS[entry.purpose],
                "the notice was withdrawn",
                signed.envelope.id,
            )
        status, reason = _EFFECTS[notice.action]
        if notice.action == "recall" and notice.serials:
            status = _partial_recall(notice, serial)
        return (status, reason, _sentence(notice), item.envelope.id)

    def _check_notice(self, signed: SignedRecord, item: SignedRecord, chain: Chain) -> None:
        """Checks that a notice is about this very record, holds, and comes from whoever may give it."""
        if Link(item.envelope.id, item.digest) not in signed.envelope.links:
            raise NotVerified(Reason.LINK_DIGEST_MISMATCH, "it is about other bytes than this record's")
        if item.claim.created > signed.claim.created:
            raise NotVerified(Reason.LINK_FORWARD, "it was signed before the record that it is about")
        until = signed.envelope.valid_until
        if until is not None and self.at >= until:
            raise NotVerified(Reason.EXPIRED, f"it held until {format_instant(until)}")
        links = set(signed.envelope.links)
        at_hand = (item, *chain.records)  # what took the first record's place stands in no chain
        linked = [other for other in at_hand if Link(other.envelope.id, other.digest) in links]
        self._check_signed(signed, [other.record for other in linked])

    def _is_in_force(self, signed: SignedRecord) -> bool:
        """Tells whether the key of a notice was never revoked and in its period, by the notice's own date."""
        try:
            self.trust.key(signed.claim.method_id).check_time(signed.claim.created)
        except TraceabilityError:
            return False
        return True

    def _is_withdrawn(self, envelope: Envelope) -> bool:
        """Tells whether a notice's own bit is set; a list that is not believed withdraws nothing."""
        try:
            return self._is_set(envelope)
        except TraceabilityError:
            return False

    # Both

    def _check_signed(self, signed: SignedRecord, linked: list[Record]) -> None:
        """Does steps 3, 4 and 6 for a list or a notice."""
        key = self.trust.key(signed.claim.method_id)
        self.evidence.reader.prove(signed.data, key.method.key)
        expires = signed.claim.expires
        if expires is not None and expires <= self.at:
            raise NotVerified(Reason.PROOF_EXPIRED, f"the proof expired at {format_instant(expires)}")
        check_record(signed.record, key, linked)
        if isinstance(signed.record, StatusList) and key.revoked is not None:
            # Its issuer signs the list anew with another key; until then nobody knows what it would say.
            raise NotVerified(Reason.KEY_REVOKED, f"{key.method.id} was revoked as {key.revoked.reason}")
        key.check_time(signed.claim.created, log_index=self.place_of(signed).index)


def _partial_recall(notice: Notice, serial: str | None) -> CheckStatus:
    """Gives how far a recall of named units concerns a serial, or a whole lot where there is none."""
    if serial is None:
        return CheckStatus.CAUTION
    named = {one.upper() for one in notice.serials}
    return CheckStatus.FAILED if serial.upper() in named else CheckStatus.NOTE


def _sentence(notice: Notice) -> str:
    said = f"{notice.action} by {notice.envelope.issuer.name} in {notice.envelope.id}: {notice.reason}"
    if notice.supersedes is not None:
        return f"{notice.supersedes} takes its place; {said}"
    return f"{said} ({len(notice.serials)} units named)" if notice.serials else said
