"""The chain: a record and all that it links to, back to workshop and village, with the gaps named."""

from dataclasses import dataclass
from typing import TypeVar

from traceability.errors import NotVerified, Reason, TraceabilityError
from traceability.evidence import Evidence, SignedRecord
from traceability.limits import CHAIN_MAX_DEPTH, CHAIN_MAX_RECORDS
from traceability.records.certificate import Certificate
from traceability.records.envelope import Link
from traceability.records.event import TraceEvent
from traceability.records.facility import VillageRecognition, WorkshopRecord
from traceability.records.passport import LotPassport

__all__ = ["Chain", "Gap", "collect_chain"]

_Kind = TypeVar("_Kind", VillageRecognition, WorkshopRecord, Certificate, TraceEvent, LotPassport)


@dataclass(frozen=True, slots=True)
class Gap:
    """A link that could not be followed: from which record, to which, and why."""

    source: str
    target: str
    error: TraceabilityError


@dataclass(frozen=True, slots=True)
class Chain:
    """Records reachable from the first one, nearest first, each once; and the links that lead nowhere."""

    records: tuple[SignedRecord, ...]
    gaps: tuple[Gap, ...]

    def of_kind(self, kind: type[_Kind]) -> tuple[tuple[SignedRecord, _Kind], ...]:
        """Gives the records of one kind, with their typed values."""
        return tuple((item, item.record) for item in self.records if isinstance(item.record, kind))

    def linked(self, source: SignedRecord) -> tuple[SignedRecord, ...]:
        """Gives the records that `source` itself links to, as far as they are at hand."""
        urls = {link.url for link in source.envelope.links}
        return tuple(item for item in self.records if item.envelope.id in urls)


def collect_chain(start: SignedRecord, evidence: Evidence) -> Chain:
    """Follows every link of `start` by digest, breadth first, within the limits of `limits.py`."""
    found: dict[str, SignedRecord] = {start.envelope.id: start}
    gaps: list[Gap] = []
    level = [start]
    for _ in range(CHAIN_MAX_DEPTH):
        below: list[SignedRecord] = []
        for source in level:
            for link in source.envelope.links:
                try:
                    target = _follow(source, link, found, evidence)
                except TraceabilityError as error:
                    gaps.append(Gap(source.envelope.id, link.url, error))
                    continue
                if target is not None:
                    found[link.url] = target
                    below.append(target)
        level = below
        if not level:
            return Chain(tuple(found.values()), tuple(gaps))
    too_deep = NotVerified(Reason.LINK_CYCLE, f"links go deeper than {CHAIN_MAX_DEPTH} levels")
    gaps.append(Gap(start.envelope.id, level[0].envelope.id, too_deep))
    return Chain(tuple(found.values()), tuple(gaps))


def _follow(
    source: SignedRecord, link: Link, found: dict[str, SignedRecord], evidence: Evidence
) -> SignedRecord | None:
    """Gives the record behind a link, or None where it was followed before.

    Raises:
        NotVerified: LINK_MISSING, LINK_DIGEST_MISMATCH, LINK_FORWARD or LINK_CYCLE.
    """
    known = found.get(link.url)
    if known is not None:
        _check_link(source, link, known)
        return None
    if len(found) >= CHAIN_MAX_RECORDS:
        raise NotVerified(Reason.LINK_CYCLE, f"more than {CHAIN_MAX_RECORDS} records hang together")
    data = evidence.records.get(link.url)
    if data is None:
        raise NotVerified(Reason.LINK_MISSING, "the linked record is not at hand")
    target = evidence.reader.read(data)
    _check_link(source, link, target)
    return target


def _check_link(source: SignedRecord, link: Link, target: SignedRecord) -> None:
    if target.envelope.id != link.url or target.digest != link.digest:
        raise NotVerified(Reason.LINK_DIGEST_MISMATCH, "the linked record is not the one that was signed for")
    if target.claim.created > source.claim.created:
        raise NotVerified(Reason.LINK_FORWARD, "the linked record was signed later than this one")
