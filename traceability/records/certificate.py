"""Certificate: stars, titles, rights, inspections and attestations, as UNTP conformity credentials."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Final

from traceability.errors import Reason, Refused
from traceability.records.canonical import Document
from traceability.records.envelope import CONTEXT_OWN, CONTEXT_UNTP, CONTEXT_VC, Envelope, write_envelope
from traceability.records.members import day, integer, mapping, optional_text, text
from traceability.records.terms import ORIGIN, Party, only_item, without_none

__all__ = ["CERTIFICATE_KINDS", "Certificate", "OcopResult", "attestation"]

# kind -> (UNTP assessorLevel, assessmentLevel, attestationType)
CERTIFICATE_KINDS: Final = {
    "ocop": ("3rdParty", "authority-mandate", "certification"),
    "artisan_title": ("3rdParty", "authority-mandate", "certification"),
    "ip_right": ("3rdParty", "authority-mandate", "certification"),
    "inspection": ("3rdParty", "authority-benchmark", "inspection"),
    "environmental": ("3rdParty", "authority-benchmark", "testing"),
    "attestation": ("3rdParty", "no-endorsement", "verification"),
}
# OCOP points -> stars (Decision 148/QĐ-TTg of 2023): 90, 70, 50, 30.
_STAR_FLOORS: Final = ((90, 5), (70, 4), (50, 3), (30, 2), (0, 1))
_TOPIC: Final[Document] = {
    "type": ["ConformityTopic"],
    "id": "https://vocabulary.uncefact.org/conformity-topic/product-quality",
    "name": "Product quality",
}


@dataclass(frozen=True, slots=True)
class OcopResult:
    """An OCOP rating: 3 to 5 stars, and the points of 100 that must lie in the stars' band."""

    stars: int
    score: int

    def __post_init__(self) -> None:
        band = next((stars for floor, stars in _STAR_FLOORS if floor <= self.score <= 100), None)
        if self.stars not in {3, 4, 5} or band != self.stars:
            raise Refused(Reason.BAD_VALUE, f"{self.stars} stars do not fit {self.score} of 100 points")


@dataclass(frozen=True, slots=True)
class Certificate:
    """An authority says: this product or workshop meets this scheme, from then until then.

    Attributes:
        kind: one of CERTIFICATE_KINDS.
        scheme_version: as written on the paper, such as `148/2023+1489/2025` for OCOP.
        decision: number of the decision, None where there is none.
        product_id: URL of the product (without lot); None for titles and facilities.
        ocop: the rating, for kind `ocop` only.
        finding: what an inspection found, or what is attested, one sentence in Vietnamese.
    """

    KIND: ClassVar = "Certificate"
    TYPES: ClassVar = ("DigitalConformityCredential", "VerifiableCredential")
    CONTEXTS: ClassVar = (CONTEXT_VC, CONTEXT_UNTP, CONTEXT_OWN)

    envelope: Envelope
    kind: str
    title: str
    issued_to: Party
    scheme_id: str
    scheme_name: str
    scheme_version: str
    assessed_on: date
    facility_id: str
    facility_name: str
    product_id: str | None = None
    product_name: str | None = None
    decision: str | None = None
    ocop: OcopResult | None = None
    finding: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in CERTIFICATE_KINDS:
            raise Refused(Reason.BAD_VALUE, f"certificate kind {self.kind!r} is none of the known ones")
        if (self.kind == "ocop") != (self.ocop is not None):
            raise Refused(Reason.BAD_VALUE, "an OCOP certificate, and only that, has stars and a score")
        if self.kind == "ocop" and (self.product_id is None or self.envelope.valid_until is None):
            raise Refused(Reason.BAD_VALUE, "an OCOP certificate names its product and its last day")

    def to_document(self) -> Document:
        """Gives the unsigned record."""
        subject = attestation(
            self.envelope,
            levels=CERTIFICATE_KINDS[self.kind],
            title=self.title,
            issued_to=self.issued_to,
            scheme=(self.scheme_id, self.scheme_name),
        )
        subject["conformityAssessment"] = [self._assessment()]
        if self.finding is not None:
            subject["description"] = self.finding
        if self.ocop is not None:
            score = {"code": f"{self.ocop.stars}-sao", "rank": self.ocop.stars}
            subject["profileScore"] = {**score, "definition": f"Hạng {self.ocop.stars} sao"}
        subject[ORIGIN] = without_none(
            recordType=self.KIND,
            kind=self.kind,
            schemeVersion=self.scheme_version,
            decision=self.decision,
            score=self.ocop.score if self.ocop else None,
        )
        return write_envelope(self.envelope, subject)

    def _assessment(self) -> Document:
        facility = {"type": ["Facility"], "id": self.facility_id, "name": self.facility_name}
        assessment: Document = {
            "type": ["ConformityAssessment"],
            "id": f"{self.envelope.id}#assessment",
            "name": self.scheme_name,
            "assessmentDate": self.assessed_on.isoformat(),
            "assessmentCriteria": [{"type": ["Criterion"], "id": self.scheme_id, "name": self.scheme_name}],
            "assessedPerformance": [],
            "assessedFacility": [{"facility": facility}],
            "conformityTopic": [_TOPIC],
            "conformance": True,
        }
        if self.product_id is not None:
            product = {"type": ["Product"], "id": self.product_id, "name": self.product_name or ""}
            assessment["assessedProduct"] = [{"product": product}]
        return assessment

    @classmethod
    def from_subject(cls, envelope: Envelope, subject: Document) -> "Certificate":
        """Reads the subject of a parsed record."""
        origin, scheme = mapping(subject, ORIGIN), mapping(subject, "referenceScheme")
        assessment = only_item(subject, "conformityAssessment")
        facility = mapping(only_item(assessment, "assessedFacility"), "facility")
        has_product = "assessedProduct" in assessment
        product = mapping(only_item(assessment, "assessedProduct"), "product") if has_product else None
        rank = integer(mapping(subject, "profileScore"), "rank") if "profileScore" in subject else None
        return cls(
            envelope=envelope,
            kind=text(origin, "kind"),
            title=text(subject, "name"),
            issued_to=Party.from_json(mapping(subject, "issuedToParty")),
            scheme_id=text(scheme, "id"),
            scheme_name=text(scheme, "name"),
            scheme_version=text(origin, "schemeVersion"),
            assessed_on=day(assessment, "assessmentDate"),
            facility_id=text(facility, "id"),
            facility_name=text(facility, "name"),
            product_id=text(product, "id") if product is not None else None,
            product_name=text(product, "name") if product is not None else None,
            decision=optional_text(origin, "decision"),
            ocop=OcopResult(rank, integer(origin, "score")) if rank is not None else None,
            finding=optional_text(subject, "description"),
        )


def attestation(
    envelope: Envelope, *, levels: tuple[str, str, str], title: str, issued_to: Party, scheme: tuple[str, str]
) -> Document:
    """Gives the members that every UNTP ConformityAttestation of ours has.

    Args:
        envelope: the record's; the attestation's id is derived from its id.
        levels: assessorLevel, assessmentLevel and attestationType of UNTP 0.7.0.
        title: the attestation's name, in Vietnamese.
        issued_to: the organisation that it speaks about.
        scheme: id (URL) and name of the reference scheme.
    """
    return {
        "type": ["ConformityAttestation"],
        "id": f"{envelope.id}#attestation",
        "name": title,
        "assessorLevel": levels[0],
        "assessmentLevel": levels[1],
        "attestationType": levels[2],
        "issuedToParty": issued_to.to_json(),
        "referenceScheme": {"type": ["ConformityScheme"], "id": scheme[0], "name": scheme[1]},
    }
