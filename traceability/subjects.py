"""Whether a record and those that it links to speak of the same thing.

A signature says who spoke; these checks say that a lot wears its own stars, tells its own story and names
its own workshop. Each kind of record may link to certain kinds only, so that nothing enters a chain
sideways.
"""

import re
from collections.abc import Sequence, Set
from typing import Final, TypeVar

from traceability.errors import NotVerified, Reason
from traceability.records.certificate import Certificate
from traceability.records.event import TraceEvent
from traceability.records.facility import VillageRecognition, WorkshopRecord
from traceability.records.kinds import Record
from traceability.records.notice import Notice, Transcription
from traceability.records.passport import LotPassport
from traceability.records.status_list import StatusList
from traceability.records.terms import AdministrativeUnit

__all__ = ["check_subjects", "check_successor", "present_unit"]

_Kind = TypeVar("_Kind", WorkshopRecord, VillageRecognition)

_PRODUCT: Final = re.compile(r"https://[^/]+/(?:01/[0-9]{14}|P/[A-Z0-9]{4,14})", re.ASCII)

# What a record may link to. A notice may be about any kind.
_LINKABLE: Final[dict[type[Record], tuple[type[Record], ...]]] = {
    VillageRecognition: (VillageRecognition, Transcription),
    WorkshopRecord: (VillageRecognition, WorkshopRecord, Transcription),
    Certificate: (WorkshopRecord, Transcription),
    TraceEvent: (WorkshopRecord, TraceEvent),
    LotPassport: (WorkshopRecord, TraceEvent, Certificate, Transcription),
    Transcription: (VillageRecognition, WorkshopRecord),
    StatusList: (),
}


def check_subjects(record: Record, linked: Sequence[Record]) -> None:
    """Checks that a record agrees with the records that it links to directly.

    Raises:
        NotVerified: LINK_MISSING, where the workshop or village is not among them; SUBJECT_MISMATCH, where
            one of them is about something else, or of a kind that has no place there.
    """
    _check_kinds(record, linked)
    match record:
        case VillageRecognition():
            _check_same_place(record, linked)
            _check_papers({record.facility_id}, linked)
        case Transcription():
            _check_paper(record, linked)
        case WorkshopRecord():
            _check_workshop(record, linked)
        case Certificate():
            _check_certificate(record, linked)
        case TraceEvent():
            _check_event(record, _only(WorkshopRecord, record.place_id, linked))
        case LotPassport():
            _check_passport(record, linked)


def check_successor(later: Record, earlier: Record) -> None:
    """Checks that a record can take the place of another: the same kind, about the same thing and place.

    A verification does not ask for this, as a correction takes nothing from what it is about; a log that
    admits corrections does, or they could tie any two records together.

    Raises:
        NotVerified: SUBJECT_MISMATCH.
    """
    if type(later) is not type(earlier):
        raise _mismatch(f"a {later.KIND} does not take the place of a {earlier.KIND}")
    ours, theirs = _about(later), _about(earlier)
    if ours != theirs:
        raise _mismatch(f"what takes the place is about {ours}, not about {theirs}")


def present_unit(place: VillageRecognition | WorkshopRecord) -> AdministrativeUnit:
    """Gives the unit that a place stands in today: the only one without an end, and the last.

    Raises:
        NotVerified: KEY_NOT_AUTHORISED, because a place without one is in nobody's scope.
    """
    present = [unit for unit in place.units if unit.until is None]
    if len(present) != 1 or present[0] is not place.units[-1] or present[0].code is None:
        raise NotVerified(Reason.KEY_NOT_AUTHORISED, f"{place.name} names no single present unit as its last")
    return present[0]


def _about(record: Record) -> str:
    """Gives what a record speaks of: its lot, product or paper, and the place where that is."""
    match record:
        case VillageRecognition() | WorkshopRecord():
            return record.facility_id
        case LotPassport():
            return f"{record.lot_id} of {record.facility_id}"
        case Certificate():
            return f"{record.product_id or 'all'} of {record.facility_id}"
        case TraceEvent():
            return record.place_id
        case Notice():
            return record.about
        case Transcription():
            return record.about_id
        case StatusList():
            return record.envelope.id


def _check_kinds(record: Record, linked: Sequence[Record]) -> None:
    allowed = _LINKABLE.get(type(record))
    for item in linked:
        if allowed is not None and not isinstance(item, allowed):
            raise _mismatch(f"a {record.KIND} does not link to a {item.KIND}")


def _check_same_place(record: VillageRecognition | WorkshopRecord, linked: Sequence[Record]) -> None:
    """Checks that a record which takes the place of an earlier one is about the same place."""
    for item in linked:
        if isinstance(item, type(record)) and item.facility_id != record.facility_id:
            raise _mismatch(f"the earlier record is about {item.facility_id}")


def _check_papers(about: Set[str | None], linked: Sequence[Record]) -> None:
    """Checks that every paper in the chain is about the place or product that the record speaks of."""
    for item in linked:
        if isinstance(item, Transcription) and item.about_id not in about:
            raise _mismatch(f"a linked paper is about {item.about_id}")


def _check_holder(workshop: WorkshopRecord, linked: Sequence[Record]) -> None:
    """Checks that every paper in the chain was issued to the workshop itself: two may make one product."""
    for item in linked:
        if isinstance(item, Transcription) and item.issued_to.did != workshop.operator_did:
            raise _mismatch(f"a linked paper was issued to {item.issued_to.did}")


def _check_paper(record: Transcription, linked: Sequence[Record]) -> None:
    """Checks that a paper hangs on its own place: a village, a workshop in it, or the maker of a product."""
    workshops = [item for item in linked if isinstance(item, WorkshopRecord)]
    villages = {item.facility_id for item in linked if isinstance(item, VillageRecognition)}
    if len(villages | {item.village_id for item in workshops}) > 1:
        raise _mismatch("the paper is linked to two villages")
    if _PRODUCT.fullmatch(record.about_id) and not workshops:
        raise NotVerified(Reason.LINK_MISSING, "a paper about a product links to no workshop")
    for workshop in workshops:
        places = {workshop.facility_id, workshop.village_id}
        if record.about_id not in places and not _PRODUCT.fullmatch(record.about_id):
            raise _mismatch(f"the paper is about {record.about_id}, not about {workshop.facility_id}")


def _check_workshop(record: WorkshopRecord, linked: Sequence[Record]) -> None:
    _check_same_place(record, linked)
    _check_papers({record.facility_id}, linked)
    village = _only(VillageRecognition, record.village_id, linked)
    if record.village_name != village.name:
        raise _mismatch(f"the workshop calls its village {record.village_name!r}")
    # The site may lie in another commune than the village, but not in another province.
    ours, theirs = (unit.code or "" for unit in (present_unit(record), present_unit(village)))
    if ours.partition("/")[0] != theirs.partition("/")[0]:
        raise _mismatch(f"the site is in {ours}, the village in {theirs}")


def _check_certificate(record: Certificate, linked: Sequence[Record]) -> None:
    workshop = _only(WorkshopRecord, record.facility_id, linked)
    _check_papers({record.facility_id, record.product_id}, linked)
    _check_holder(workshop, linked)
    if record.issued_to.did != workshop.operator_did or record.facility_name != workshop.name:
        raise _mismatch("the certificate was issued to another party than the workshop's operator")


def _check_event(record: TraceEvent, workshop: WorkshopRecord) -> None:
    if workshop.operator_did != record.envelope.issuer.did:
        raise _mismatch(f"the workshop is operated by {workshop.operator_did}")


def _check_passport(record: LotPassport, linked: Sequence[Record]) -> None:
    workshop = _only(WorkshopRecord, record.facility_id, linked)
    if workshop.operator_did != record.envelope.issuer.did:
        raise _mismatch(f"the workshop is operated by {workshop.operator_did}")
    if record.producer.did != record.envelope.issuer.did or not (
        record.producer.name == record.facility_name == workshop.name
    ):
        raise _mismatch("the passport names another producer than the workshop")
    _check_papers({record.facility_id, record.product_id}, linked)
    _check_holder(workshop, linked)
    _check_certificates(record, [item for item in linked if isinstance(item, Certificate)])
    _check_events(record, [item for item in linked if isinstance(item, TraceEvent)])


def _check_certificates(record: LotPassport, certificates: Sequence[Certificate]) -> None:
    """Checks that a lot wears no stars of another workshop or another product."""
    for item in certificates:
        if item.facility_id != record.facility_id or item.product_id not in {None, record.product_id}:
            raise _mismatch(f"a linked certificate is about {item.product_id or item.facility_id}")


def _check_events(record: LotPassport, events: Sequence[TraceEvent]) -> None:
    """Checks that the events happened in this workshop, and that one of them gave this lot."""
    if any(event.place_id != record.facility_id for event in events):
        raise _mismatch("a linked event happened in another workshop")
    if events and not any(thing.id == record.lot_id for event in events for thing in event.outputs):
        raise _mismatch("none of the linked events is about this lot")


def _only(kind: type[_Kind], facility_id: str, linked: Sequence[Record]) -> _Kind:
    """Gives the one linked place of a kind, which must be the one that the record names."""
    places = [item for item in linked if isinstance(item, kind)]
    if not any(place.facility_id == facility_id for place in places):
        raise NotVerified(Reason.LINK_MISSING, f"{facility_id} is not among the linked records")
    if len(places) != 1:
        raise _mismatch(f"the record links to {len(places)} records of kind {kind.KIND}")
    return places[0]


def _mismatch(message: str) -> NotVerified:
    return NotVerified(Reason.SUBJECT_MISMATCH, message)
