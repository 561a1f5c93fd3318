"""Step 7's judgement of status: what the issuers' lists, and notices from later, say of a chain's records.

A list or a notice is a signed record like any other and believed as little: it counts with a proof that
holds, by a key that was in force and entitled, and with its place in the log. A list that does not count
leaves the status unknown; a notice that does not count changes nothing and is told as a note.
One that lacks nothing but its place in the log asks for caution.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from traceability.chain import Chain, collect_chain
from traceability.clock import format_instant
from traceability.errors import NotVerified, Reason, TraceabilityError
from traceability.evidence import Evidence, SignedRecord
from traceability.limits import NOTICES_MAX_PER_RECORD
from traceability.policy import check_authority
from traceability.records.envelope import Envelope, Link
from traceability.records.event import TraceEvent
from traceability.records.notice import Notice
from traceability.records.passport import LotPassport
from traceability.signing.trust import TrustKey, TrustList
from traceability.status_lists import PlaceOf, StatusLists
from traceability.validity import Remark
from traceability.verdict import CheckStatus

__all__ = ["judge_status"]


_BIT_MEANS: Final = {"revocation": Reason.REVOKED, "suspension": Reason.SUSPENDED}
_EFFECTS: Final = {
    "revoke": (CheckStatus.FAILED, Reason.REVOKED),
    "suspend": (CheckStatus.FAILED, Reason.SUSPENDED),
    "recall": (CheckStatus.FAILED, Reason.RECALLED),
    "finding": (CheckStatus.CAUTION, Reason.FINDING),
    "correction": (CheckStatus.CAUTION, Reason.SUPERSEDED),
}
# What is said of goods may be said of some of them; a paper is taken back as a whole.
_OF_UNITS: Final = frozenset({"recall", "finding"})


def judge_status(
    chain: Chain,
    *,
    evidence: Evidence,
    trust: TrustList,
    place_of: PlaceOf,
    at: datetime,
    serial: str | None = None,
    others: Sequence[SignedRecord] = (),
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
        others: passports of the same lot, earlier and later: what is said of them, and of steps that only
            they lead to, is said of its goods. That one took another's place says nothing of the first one.
    """
    judge = _Judge(evidence, trust, place_of, at)
    first = chain.records[0]
    for item in chain.records[:1] if isinstance(first.record, Notice) else chain.records:
        yield from judge.judge_entry(item)
        yield from judge.judge_notices(item, chain, serial)
    for item in judge.said_elsewhere(chain, others):
        yield from judge.judge_entry(item)
        yield from judge.judge_notices(item, chain, serial, passed_over="correction")


class _Judge:
    """One judgement: the given things, and the lists at hand."""

    def __init__(self, evidence: Evidence, trust: TrustList, place_of: PlaceOf, at: datetime) -> None:
        self.evidence, self.trust, self.place_of, self.at = evidence, trust, place_of, at
        self.lists = StatusLists(evidence, trust, place_of, at)

    # Status lists

    def judge_entry(self, item: SignedRecord) -> Iterator[Remark]:
        """Gives a remark where the record's bit is set, or cannot be known."""
        entry = item.envelope.status
        if entry is None:
            return
        try:
            is_set = self.lists.is_set(item.envelope)
        except TraceabilityError as error:
            detail = f"{entry.list_url}: {error.code}: {error}"
            yield (CheckStatus.FAILED, Reason.STATUS_UNKNOWN, detail, item.envelope.id)
            return
        if is_set:
            detail = f"bit {entry.index} of {entry.list_url} is set"
            yield (CheckStatus.FAILED, _BIT_MEANS[entry.purpose], detail, item.envelope.id)

    # Notices

    def judge_notices(
        self, item: SignedRecord, chain: Chain, serial: str | None, *, passed_over: str | None = None
    ) -> Iterator[Remark]:
        """Gives what notices say of a record, and which of them do not count; one action may be left out."""
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
            judged += 1  # what is passed over counts too, since no more than so many need be at hand
            if signed.record.action != passed_over:
                yield self._judge_notice(signed, signed.record, item, chain, serial)

    def _judge_notice(
        self, signed: SignedRecord, notice: Notice, item: SignedRecord, chain: Chain, serial: str | None
    ) -> Remark:
        try:
            is_logged = self._check_notice(signed, item, chain)
        except TraceabilityError as error:
            return (CheckStatus.NOTE, error.code, f"the notice does not count: {error}", signed.envelope.id)
        entry = signed.envelope.status
        if entry is not None and self._is_withdrawn(signed.envelope):
            detail = "the notice was withdrawn"
            return (CheckStatus.NOTE, _BIT_MEANS[entry.purpose], detail, signed.envelope.id)
        status, reason = _EFFECTS[notice.action]
        if notice.action in _OF_UNITS and notice.serials:
            status = _of_units(notice, serial, whole=status)
        if notice.is_favourable:
            status = CheckStatus.NOTE
        if not is_logged and status is CheckStatus.FAILED:
            status = CheckStatus.CAUTION
        return (status, reason, _sentence(notice), item.envelope.id)

    def _check_notice(self, signed: SignedRecord, item: SignedRecord, chain: Chain) -> bool:
        """Checks that a notice is about this very record, holds, and comes from whoever may give it.

        Returns:
            Whether it is shown to stand in the log.
        """
        if Link(item.envelope.id, item.digest) not in signed.envelope.links:
            raise NotVerified(Reason.LINK_DIGEST_MISMATCH, "it is about other bytes than this record's")
        if item.claim.created > signed.claim.created:
            raise NotVerified(Reason.LINK_FORWARD, "it was signed before the record that it is about")
        until = signed.envelope.valid_until
        if until is not None and self.at >= until:
            raise NotVerified(Reason.EXPIRED, f"it held until {format_instant(until)}")
        links = set(signed.envelope.links)
        at_hand = (item, *chain.records)  # the lot's other passports stand in no chain
        linked = [other for other in at_hand if Link(other.envelope.id, other.digest) in links]
        key = self.lists.check_right(signed, [other.record for other in linked])
        return self._is_logged(signed, key)

    def _is_logged(self, signed: SignedRecord, key: TrustKey) -> bool:
        """Tells whether a notice is shown to stand in the log, where its key may have signed it.

        Whoever hands the evidence over could leave the receipt out, spoil it, or put another in its place.
        Without one the key is asked whether the notice would count at the first place of all: a key that was
        retired, with whatever log size, signed honestly. One that was stolen signs what the thief likes.

        Raises:
            NotVerified: KEY_EXPIRED or KEY_REVOKED; of a stolen key, also what is wrong with the receipt.
        """
        try:
            index = self.place_of(signed).index
        except TraceabilityError:
            if key.revoked is not None and key.revoked.reason == "compromised":
                raise
            key.check_time(signed.claim.created, log_index=0)
            return False
        key.check_time(signed.claim.created, log_index=index)
        return True

    def _is_withdrawn(self, envelope: Envelope) -> bool:
        """Tells whether a notice's own bit is set; a list that is not believed withdraws nothing."""
        try:
            return self.lists.is_set(envelope)
        except TraceabilityError:
            return False

    # Other passports

    def said_elsewhere(self, chain: Chain, others: Sequence[SignedRecord]) -> Iterator[SignedRecord]:
        """Gives the other passports of these goods, and the steps that only they lead to, each step once.

        Papers and places are no goods: what a lot no longer names says nothing of it.
        """
        known = {item.envelope.id for item in chain.records}
        for passport in others:
            if not self.is_of_same_goods(passport, chain.records[0]):
                continue
            yield passport
            for item, _ in collect_chain(passport, self.evidence).of_kind(TraceEvent):
                if item.envelope.id not in known:
                    known.add(item.envelope.id)
                    yield item

    def is_of_same_goods(self, other: SignedRecord, first: SignedRecord) -> bool:
        """Tells whether another passport of the lot is its issuer's, or of one entitled to its workshop.

        Anybody can write this lot's number into a passport, and recall that. How long the key was in force
        says nothing here: goods that were recalled stay recalled.
        """
        one, two = other.record, first.record
        if not isinstance(one, LotPassport) or not isinstance(two, LotPassport):
            return False
        try:
            key = self.trust.key(other.claim.method_id)
            self.evidence.reader.prove(other.data, key.method.key)
            if other.envelope.issuer.did != first.envelope.issuer.did:
                check_authority(one, key, [])
                return one.facility_id == two.facility_id
        except TraceabilityError:
            return False
        return True


def _of_units(notice: Notice, serial: str | None, *, whole: CheckStatus) -> CheckStatus:
    """Gives how far what is said of named units concerns a serial, or a whole lot where there is none."""
    if serial is None:
        return CheckStatus.CAUTION
    named = {one.upper() for one in notice.serials}
    return whole if serial.upper() in named else CheckStatus.NOTE


def _sentence(notice: Notice) -> str:
    said = f"{notice.action} by {notice.envelope.issuer.name} in {notice.envelope.id}: {notice.reason}"
    if notice.supersedes is not None:
        return f"{notice.supersedes} takes its place; {said}"
    return f"{said} ({len(notice.serials)} units named)" if notice.serials else said
