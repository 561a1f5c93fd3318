"""Which role must have signed which record, and for which places; and how a trust list is opened."""

from collections.abc import Sequence
from typing import Final

from traceability.errors import NotVerified, Reason
from traceability.ledger import note
from traceability.limits import TRUST_LIST_MAX_BYTES
from traceability.records.certificate import Certificate
from traceability.records.event import TraceEvent
from traceability.records.facility import VillageRecognition, WorkshopRecord
from traceability.records.kinds import Record
from traceability.records.notice import Notice, Transcription
from traceability.records.passport import LotPassport
from traceability.signing.trust import TrustKey, TrustList, parse_trust_text

__all__ = ["LEVELS", "allowed_roles", "check_authority", "level_of", "open_trust_list"]

_CERTIFIERS: Final = {
    "ocop": frozenset({"ocop_council"}),
    "artisan_title": frozenset({"province"}),
    "ip_right": frozenset({"province"}),
    "inspection": frozenset({"inspector"}),
    "environmental": frozenset({"inspector"}),
}
# They may give notice about anybody's record; everybody else about their own only.
_OVERSEERS: Final = frozenset({"inspector", "province"})
LEVELS: Final = ("self_declared", "transcribed", "attested", "inspected", "certified")


def open_trust_list(data: bytes, roots: Sequence[note.Verifier]) -> TrustList:
    """Opens a trust list that a majority of the pinned root keys signed (2 of 3, or 1 of 1).

    Args:
        data: the signed note, at most 4 MiB.
        roots: the pinned root keys; the list itself is never asked whom to trust.

    Raises:
        Unreadable: BAD_NOTE or BAD_TRUST_LIST.
        NotVerified: KEY_UNKNOWN when too few roots signed, BAD_SIGNATURE when one of them signed otherwise.
    """
    opened = note.parse(data, max_bytes=TRUST_LIST_MAX_BYTES)
    signers = set(note.verify(opened, roots))
    needed = len(roots) // 2 + 1
    if len(signers) < needed:
        raise NotVerified(
            Reason.KEY_UNKNOWN, f"{len(signers)} of {len(roots)} roots signed, {needed} are needed"
        )
    return parse_trust_text(opened.text)


def allowed_roles(record: Record) -> frozenset[str]:
    """Gives the roles that may sign this kind of record."""
    match record:
        case VillageRecognition():
            return frozenset({"province"})
        case WorkshopRecord():
            return frozenset({"commune"})
        case Certificate():
            return _CERTIFIERS[record.kind]
        case TraceEvent() | LotPassport():
            return frozenset({"workshop"})
        case Notice():
            return frozenset({"inspector", "province", "commune", "ocop_council", "workshop"})
        case Transcription():
            return frozenset({"association"})


def check_authority(record: Record, key: TrustKey, linked: Sequence[Record]) -> None:
    """Checks that the key's role and scope allow this very record.

    Args:
        record: the record as read.
        key: the key that its proof names, from the trust list.
        linked: the records that it links to directly; places are taken from them.

    Raises:
        NotVerified: KEY_NOT_AUTHORISED, SUBJECT_MISMATCH or LINK_MISSING.
    """
    if key.use != "record" or key.role not in allowed_roles(record):
        raise NotVerified(
            Reason.KEY_NOT_AUTHORISED, f"a {key.role} {key.use} key may not sign a {record.KIND}"
        )
    if isinstance(record, Notice) and key.role not in _OVERSEERS:
        _check_own(record, linked)
    places = _places(record, linked)
    if places and not any(key.covers(place) for place in places):
        raise NotVerified(Reason.KEY_NOT_AUTHORISED, f"{key.method.id} may not speak for {places[0]}")


def level_of(record: Record) -> str:
    """Gives how sure a record's statement is, one of LEVELS, by who signs such records."""
    match record:
        case VillageRecognition():
            return "certified"
        case WorkshopRecord():
            return "attested"
        case Certificate():
            return "inspected" if record.kind in {"inspection", "environmental"} else "certified"
        case Notice():
            return "inspected"
        case Transcription():
            return "transcribed"
        case TraceEvent() | LotPassport():
            return "self_declared"


def _places(record: Record, linked: Sequence[Record]) -> list[str]:
    """Gives the units or facilities that the signer must be entitled to speak for."""
    match record:
        case VillageRecognition():
            return _unit_codes(record)
        case WorkshopRecord():
            return _unit_codes(_village_of(record, linked))
        case Certificate():
            return _unit_codes(_workshop(record.facility_id, linked))
        case TraceEvent():
            _check_operator(record, _workshop(record.place_id, linked))
            return [record.place_id]
        case LotPassport():
            _check_operator(record, _workshop(record.facility_id, linked))
            _check_certificates(record, linked)
            return [record.facility_id]
        case Notice():
            return []
        case Transcription():
            return [record.about_id, *_villages(linked)]


def _unit_codes(place: VillageRecognition | WorkshopRecord) -> list[str]:
    """Gives the codes of the present unit; an abolished unit entitles nobody."""
    codes = [unit.code for unit in place.units if unit.code is not None and unit.until is None]
    if not codes:
        raise NotVerified(Reason.KEY_NOT_AUTHORISED, f"{place.name} stands in no present administrative unit")
    return codes


def _village_of(record: WorkshopRecord, linked: Sequence[Record]) -> VillageRecognition:
    for item in linked:
        if isinstance(item, VillageRecognition) and item.facility_id == record.village_id:
            return item
    raise NotVerified(Reason.LINK_MISSING, "the workshop's village is not among the linked records")


def _workshop(facility_id: str, linked: Sequence[Record]) -> WorkshopRecord:
    for item in linked:
        if isinstance(item, WorkshopRecord) and item.facility_id == facility_id:
            return item
    raise NotVerified(Reason.LINK_MISSING, "the workshop is not among the linked records")


def _check_operator(record: TraceEvent | LotPassport, workshop: WorkshopRecord) -> None:
    """Checks that a workshop speaks of itself."""
    did = record.envelope.issuer.did
    if workshop.operator_did != did:
        raise NotVerified(Reason.SUBJECT_MISMATCH, f"the workshop is operated by {workshop.operator_did}")
    if isinstance(record, LotPassport) and record.producer.did != did:
        raise NotVerified(Reason.SUBJECT_MISMATCH, f"the passport names {record.producer.did} as producer")


def _check_certificates(passport: LotPassport, linked: Sequence[Record]) -> None:
    """Checks that a lot wears no stars of another workshop or another product."""
    for item in linked:
        if isinstance(item, Certificate) and (
            item.facility_id != passport.facility_id or item.product_id not in {None, passport.product_id}
        ):
            raise NotVerified(
                Reason.SUBJECT_MISMATCH,
                f"a linked certificate is about {item.product_id or item.facility_id}",
            )


def _check_own(notice: Notice, linked: Sequence[Record]) -> None:
    """Checks that whoever is no overseer gives notice about a record of their own."""
    about = next((item.envelope for item in linked if item.envelope.id == notice.about), None)
    if about is None:
        raise NotVerified(Reason.LINK_MISSING, "the record that the notice is about is not at hand")
    if about.issuer.did != notice.envelope.issuer.did:
        raise NotVerified(
            Reason.KEY_NOT_AUTHORISED, f"the record that the notice is about is {about.issuer.did}'s"
        )


def _villages(linked: Sequence[Record]) -> list[str]:
    """Gives the villages that the linked records stand in."""
    villages = [item.facility_id for item in linked if isinstance(item, VillageRecognition)]
    return villages + [item.village_id for item in linked if isinstance(item, WorkshopRecord)]
