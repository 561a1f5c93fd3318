"""Notice and Transcription: what is said later about an earlier record, and what was copied from paper."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Final

from traceability.errors import Reason, Refused, Unreadable
from traceability.records.attached import check_evidence, read_evidence
from traceability.records.canonical import DIGEST, Document
from traceability.records.certificate import attestation
from traceability.records.envelope import CONTEXT_OWN, CONTEXT_UNTP, CONTEXT_VC, Envelope, write_envelope
from traceability.records.members import array, mapping, optional_day, optional_text, text
from traceability.records.terms import ORIGIN, Party, without_none

__all__ = ["COPIED", "FAVOURABLE", "NOTICE_ACTIONS", "Notice", "Transcription"]

NOTICE_ACTIONS: Final = frozenset({"revoke", "suspend", "recall", "finding", "correction"})
# How the reason of a finding begins that speaks for a thing: it matches the description.
FAVOURABLE: Final = "Khớp mô tả"
# How it begins where the label was found copied: one label may hang on a false piece, and its lot be sound.
COPIED: Final = "Nghi tem bị sao chép"
_SCHEME: Final = ("https://w3id.org/langnghe/v1#notices", "Thông báo về hồ sơ nguồn gốc")
_PAPER_SCHEME: Final = ("https://w3id.org/langnghe/v1#transcriptions", "Chép từ giấy")
# A serial as labels print it, `labels/code` gives it: anything else would be a recall that reaches no unit.
_SERIAL: Final = re.compile(r"[0-9A-HJKMNP-TV-Z]{12}", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Notice:
    """An entitled body says something about an earlier record; the record itself never changes.

    Attributes:
        action: one of NOTICE_ACTIONS.
        about: URL of the record, which stands among the links; the only other link is `supersedes`.
        reason: a sentence in Vietnamese.
        serials: the units concerned, 12 characters each as on the label, in any letter case; empty means all
            that the record covers.
        supersedes: for a correction, the URL of the record that takes its place.
        evidence: `digestMultibase` (SHA-256) of each photo of what was found, each once, at most
            EVENT_EVIDENCE_MAX; the files themselves are never signed.
    """

    KIND: ClassVar = "Notice"
    TYPES: ClassVar = ("DigitalConformityCredential", "VerifiableCredential")
    CONTEXTS: ClassVar = (CONTEXT_VC, CONTEXT_UNTP, CONTEXT_OWN)

    envelope: Envelope
    action: str
    about: str
    issued_to: Party
    reason: str
    serials: tuple[str, ...] = ()
    supersedes: str | None = None
    evidence: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.action not in NOTICE_ACTIONS:
            raise Refused(Reason.BAD_VALUE, f"notice action {self.action!r} is none of the known ones")
        for serial in self.serials:
            if not _SERIAL.fullmatch(serial):
                raise Refused(Reason.BAD_VALUE, f"no serial of a label: {serial[:40]!a}")
        if self.about not in {link.url for link in self.envelope.links}:
            raise Refused(Reason.BAD_VALUE, "a notice links to the record that it is about")
        # Whoever floods a record with notices must not do it by way of links to others.
        if {link.url for link in self.envelope.links} - {self.about, self.supersedes}:
            raise Refused(Reason.BAD_VALUE, "a notice links to its subject and what succeeds it alone")
        if (self.action == "correction") != (self.supersedes is not None):
            raise Refused(
                Reason.BAD_VALUE, "a correction, and only that, names the record that takes the place"
            )
        check_evidence(self.evidence)

    @property
    def is_favourable(self) -> bool:
        """Whether this is a finding that the thing matches its record."""
        return self.action == "finding" and self.reason.startswith(FAVOURABLE)

    @property
    def tells_of_copies(self) -> bool:
        """Whether this is a finding that a label was copied."""
        return self.action == "finding" and self.reason.startswith(COPIED)

    def names_successor(self, url: str) -> bool:
        """Tells whether a linked record only takes the place of the one that the notice is about."""
        return url == self.supersedes != self.about

    def to_document(self) -> Document:
        """Gives the unsigned record."""
        subject = attestation(
            self.envelope,
            levels=("3rdParty", "authority-benchmark", "inspection"),
            title=self.envelope.name,
            issued_to=self.issued_to,
            scheme=_SCHEME,
        )
        subject[ORIGIN] = without_none(
            recordType=self.KIND,
            action=self.action,
            about=self.about,
            reason=self.reason,
            serials=list(self.serials),
            supersedes=self.supersedes,
            evidence=list(self.evidence) or None,
        )
        return write_envelope(self.envelope, subject)

    @classmethod
    def from_subject(cls, envelope: Envelope, subject: Document) -> "Notice":
        """Reads the subject of a parsed record."""
        origin = mapping(subject, ORIGIN)
        return cls(
            envelope=envelope,
            action=text(origin, "action"),
            about=text(origin, "about"),
            issued_to=Party.from_json(mapping(subject, "issuedToParty")),
            reason=text(origin, "reason"),
            serials=tuple(_serial(item) for item in array(origin, "serials")),
            supersedes=optional_text(origin, "supersedes"),
            evidence=read_evidence(origin),
        )


@dataclass(frozen=True, slots=True)
class Transcription:
    """A named body says: this is what a paper says, and this is the digest of its scan.

    Attributes:
        about_id: URL of the village, workshop or product that the paper is about.
        claim: what the paper grants, in Vietnamese.
        paper_issuer: the body that the paper names as its issuer; it has not signed this.
        decision: the number on the paper, None where it has none.
        paper_date: the date on the paper, None where it has none.
        scan_digest: `digestMultibase` (SHA-256) of the scan's bytes.
    """

    KIND: ClassVar = "Transcription"
    TYPES: ClassVar = ("DigitalConformityCredential", "VerifiableCredential")
    CONTEXTS: ClassVar = (CONTEXT_VC, CONTEXT_UNTP, CONTEXT_OWN)

    envelope: Envelope
    about_id: str
    claim: str
    issued_to: Party
    paper_issuer: str
    scan_digest: str
    decision: str | None = None
    paper_date: date | None = None

    def __post_init__(self) -> None:
        if not DIGEST.fullmatch(self.scan_digest):
            raise Refused(Reason.BAD_VALUE, "the scan's digest is not a SHA-256 digestMultibase")

    def to_document(self) -> Document:
        """Gives the unsigned record."""
        subject = attestation(
            self.envelope,
            levels=("3rdParty", "no-endorsement", "verification"),
            title=self.envelope.name,
            issued_to=self.issued_to,
            scheme=_PAPER_SCHEME,
        )
        subject[ORIGIN] = without_none(
            recordType=self.KIND,
            about=self.about_id,
            claim=self.claim,
            paperIssuer=self.paper_issuer,
            scanDigest=self.scan_digest,
            decision=self.decision,
            paperDate=self.paper_date.isoformat() if self.paper_date else None,
        )
        return write_envelope(self.envelope, subject)

    @classmethod
    def from_subject(cls, envelope: Envelope, subject: Document) -> "Transcription":
        """Reads the subject of a parsed record."""
        origin = mapping(subject, ORIGIN)
        return cls(
            envelope=envelope,
            about_id=text(origin, "about"),
            claim=text(origin, "claim"),
            issued_to=Party.from_json(mapping(subject, "issuedToParty")),
            paper_issuer=text(origin, "paperIssuer"),
            scan_digest=text(origin, "scanDigest"),
            decision=optional_text(origin, "decision"),
            paper_date=optional_day(origin, "paperDate"),
        )


def _serial(item: Any) -> str:
    if not isinstance(item, str):
        raise Unreadable(Reason.BAD_RECORD, "serials holds something else than text")
    return item
