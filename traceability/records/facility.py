"""VillageRecognition and WorkshopRecord: places, and the administrative units they belonged to over time.

Both are UNTP DigitalFacilityRecords. UNTP demands street and postcode, which stay empty where unknown;
what UNTP has no word for stands under `ln:origin`.
"""

from dataclasses import dataclass
from typing import ClassVar, Final

from traceability.errors import Reason, Refused
from traceability.records.canonical import Document
from traceability.records.envelope import CONTEXT_OWN, CONTEXT_UNTP, CONTEXT_VC, Envelope, write_envelope
from traceability.records.members import flag, mapping, optional_text, text
from traceability.records.terms import (
    ORIGIN,
    VIET_NAM,
    AdministrativeUnit,
    Classification,
    Party,
    only_item,
    read_units,
    unit_to_json,
    without_none,
)

__all__ = [
    "RECOGNITION_STATUSES",
    "RECOGNITION_TYPES",
    "Recognition",
    "VillageRecognition",
    "WorkshopRecord",
]

RECOGNITION_TYPES: Final = frozenset({"craft_village", "traditional_craft_village", "traditional_craft"})
RECOGNITION_STATUSES: Final = frozenset({"recognised", "under_review", "withdrawn", "unknown"})


@dataclass(frozen=True, slots=True)
class Recognition:
    """A village's title as the province states it; None is "not known", never "no"."""

    type: str | None
    title: str | None
    decision: str | None
    granted: str | None  # as precise as the source: a date, a month or a year
    status: str

    def __post_init__(self) -> None:
        if self.type not in RECOGNITION_TYPES | {None} or self.status not in RECOGNITION_STATUSES:
            raise Refused(
                Reason.BAD_VALUE, f"recognition {self.type!r} / {self.status!r} is none of the known ones"
            )


@dataclass(frozen=True, slots=True)
class VillageRecognition:
    """The province says: this village is at this place and holds this title."""

    KIND: ClassVar = "VillageRecognition"
    TYPES: ClassVar = ("DigitalFacilityRecord", "VerifiableCredential")
    CONTEXTS: ClassVar = (CONTEXT_VC, CONTEXT_UNTP, CONTEXT_OWN)

    envelope: Envelope
    facility_id: str
    name: str
    registered_id: str
    register_name: str
    craft: Classification
    recognition: Recognition
    region: str
    units: tuple[AdministrativeUnit, ...]

    def to_document(self) -> Document:
        """Gives the unsigned record."""
        subject = _facility(self)
        subject["processCategory"] = [self.craft.to_json()]
        recognition = self.recognition
        subject[ORIGIN] = {
            "recordType": self.KIND,
            "recognition": without_none(
                type=recognition.type,
                title=recognition.title,
                decision=recognition.decision,
                granted=recognition.granted,
                status=recognition.status,
            ),
            "administrativeUnits": [unit_to_json(unit) for unit in self.units],
        }
        return write_envelope(self.envelope, subject)

    @classmethod
    def from_subject(cls, envelope: Envelope, subject: Document) -> "VillageRecognition":
        """Reads the subject of a parsed record."""
        origin = mapping(subject, ORIGIN)
        recognition = mapping(origin, "recognition")
        return cls(
            envelope=envelope,
            facility_id=text(subject, "id"),
            name=text(subject, "name"),
            registered_id=text(subject, "registeredId"),
            register_name=text(mapping(subject, "idScheme"), "name"),
            craft=Classification.from_json(only_item(subject, "processCategory")),
            recognition=Recognition(
                type=optional_text(recognition, "type"),
                title=optional_text(recognition, "title"),
                decision=optional_text(recognition, "decision"),
                granted=optional_text(recognition, "granted"),
                status=text(recognition, "status"),
            ),
            region=text(mapping(subject, "address"), "addressRegion"),
            units=read_units(origin),
        )


@dataclass(frozen=True, slots=True)
class WorkshopRecord:
    """The commune says: this workshop works in this village, at a site of this kind.

    Attributes:
        operator_did: the workshop's own DID, under which it signs lots.
        site_kind: home, village or cluster (an industrial cluster).
        place: where, in words; no street of a natural person.
        business_commitment: SHA-256 of a salt and the tax or business number (`zQm…`), never the number.
    """

    KIND: ClassVar = "WorkshopRecord"
    TYPES: ClassVar = ("DigitalFacilityRecord", "VerifiableCredential")
    CONTEXTS: ClassVar = (CONTEXT_VC, CONTEXT_UNTP, CONTEXT_OWN)

    envelope: Envelope
    facility_id: str
    name: str
    registered_id: str
    register_name: str
    craft: Classification
    operator_did: str
    village_id: str
    village_name: str
    legal_form: str
    site_kind: str
    is_inside_village: bool
    place: str
    region: str
    units: tuple[AdministrativeUnit, ...]
    business_commitment: str | None = None

    def __post_init__(self) -> None:
        if self.site_kind not in {"home", "village", "cluster"}:
            raise Refused(Reason.BAD_VALUE, f"site kind {self.site_kind!r} is not home, village or cluster")
        if self.legal_form not in {"household_business", "cooperative", "enterprise"}:
            raise Refused(Reason.BAD_VALUE, f"legal form {self.legal_form!r} is none of the known ones")

    def to_document(self) -> Document:
        """Gives the unsigned record."""
        subject = _facility(self)
        subject["processCategory"] = [self.craft.to_json()]
        subject["relatedParty"] = [
            {"role": "operator", "party": Party(self.operator_did, self.name).to_json()}
        ]
        subject[ORIGIN] = without_none(
            recordType=self.KIND,
            village={"id": self.village_id, "name": self.village_name},
            legalForm=self.legal_form,
            site={"kind": self.site_kind, "insideVillage": self.is_inside_village, "place": self.place},
            administrativeUnits=[unit_to_json(unit) for unit in self.units],
            businessIdCommitment=self.business_commitment,
        )
        return write_envelope(self.envelope, subject)

    @classmethod
    def from_subject(cls, envelope: Envelope, subject: Document) -> "WorkshopRecord":
        """Reads the subject of a parsed record."""
        origin = mapping(subject, ORIGIN)
        village, site = mapping(origin, "village"), mapping(origin, "site")
        return cls(
            envelope=envelope,
            facility_id=text(subject, "id"),
            name=text(subject, "name"),
            registered_id=text(subject, "registeredId"),
            register_name=text(mapping(subject, "idScheme"), "name"),
            craft=Classification.from_json(only_item(subject, "processCategory")),
            operator_did=Party.from_json(mapping(only_item(subject, "relatedParty"), "party")).did,
            village_id=text(village, "id"),
            village_name=text(village, "name"),
            legal_form=text(origin, "legalForm"),
            site_kind=text(site, "kind"),
            is_inside_village=flag(site, "insideVillage"),
            place=text(site, "place"),
            region=text(mapping(subject, "address"), "addressRegion"),
            units=read_units(origin),
            business_commitment=optional_text(origin, "businessIdCommitment"),
        )


def _facility(record: VillageRecognition | WorkshopRecord) -> Document:
    """Gives what both kinds of facility share; the address names the present commune."""
    if not record.units:
        raise Refused(Reason.BAD_VALUE, "a place needs at least its present administrative unit")
    register = record.facility_id.rpartition("/")[0]
    return {
        "type": ["Facility"],
        "id": record.facility_id,
        "name": record.name,
        "registeredId": record.registered_id,
        "idScheme": {"type": ["IdentifierScheme"], "id": register, "name": record.register_name},
        "countryOfOperation": VIET_NAM,
        "locationInformation": {},
        "address": {
            "streetAddress": "",
            "postalCode": "",
            "addressLocality": record.units[-1].name,
            "addressRegion": record.region,
            "addressCountry": VIET_NAM,
        },
    }
