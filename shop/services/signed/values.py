"""The frozen values of what was signed, and of what was said of it later, as pages show them."""

from dataclasses import dataclass
from datetime import date

from shop.services.texts import Text
from traceability.errors import Reason

__all__ = [
    "CertificateView",
    "Change",
    "CopiedPaper",
    "Correction",
    "FactValue",
    "NoticeView",
    "RecordFact",
    "Station",
    "StepFile",
    "WithdrawnPaper",
]


FactValue = Text | date


@dataclass(frozen=True, slots=True)
class RecordFact:
    """What a record says under one of its members, such as `made_on`; pages have the member's name."""

    member: str
    values: tuple[FactValue, ...]


@dataclass(frozen=True, slots=True)
class StepFile:
    """A photo or voice note whose digest a step has signed.

    Attributes:
        digest: as signed.
        kind: `photo` or `voice`; empty where nothing is known here but the digest.
        name: in the media folder.
        width: of a photo at the size of a page's column, in pixels.
        height: pixels.
        state: `here` with exactly the signed bytes, `changed` with others, or `missing`.
    """

    digest: str
    kind: str = ""
    name: str = ""
    width: int = 0
    height: int = 0
    state: str = "missing"


@dataclass(frozen=True, slots=True)
class Station:
    """One station of an origin chain: what, where, who says so, how sure that is.

    `when` is what the record says of itself, `signed_on` the day in its proof; the two may differ.
    """

    kind: str  # passport, certificate, workshop, village, or an event kind such as made
    title: Text
    detail: Text | None
    when: date | None
    signed_on: date
    place: Text | None
    place_now: str | None  # where the commune has another name today
    signer: str
    role: str
    level: str  # self_declared, transcribed, attested, inspected, certified
    custody: str  # server, holder
    record_id: str
    record_path: str
    notes: tuple[Text, ...] = ()
    is_sound: bool = True
    withdrawn: Reason | None = None  # REVOKED, SUSPENDED or RECALLED
    facts: tuple[RecordFact, ...] = ()  # of a passport: what it says in words
    is_replaced: bool = False  # a correction has put another record in its place
    evidence: tuple[str, ...] = ()  # of an event: digests (`zQm…`) of photos and voice notes, in signed order
    files: tuple[StepFile, ...] = ()  # one for each of them, where files are to be shown


@dataclass(frozen=True, slots=True)
class CertificateView:
    """A certificate that stands on a page, with its state today (and when the lot was issued)."""

    record_id: str
    kind: str  # ocop, artisan_title, ip_right, inspection, environmental, attestation
    title: Text
    issuer: str
    stars: int | None
    decision: str | None
    scheme: str | None
    valid_from: date
    valid_until: date | None
    state: str  # valid, expired, not_yet_valid
    state_at_issue: str | None
    is_sound: bool = True
    withdrawn: Reason | None = None  # REVOKED or SUSPENDED
    level: str = "certified"
    finding: Text | None = None  # what was found or is attested


@dataclass(frozen=True, slots=True)
class NoticeView:
    """What an entitled body said later about a record."""

    action: str  # revoke, suspend, recall, finding, correction
    about: Text
    reason: Text
    serials: tuple[str, ...]  # the units concerned; empty means all
    signer: str
    signed_on: date
    record_id: str
    successor_id: str | None  # of a correction: the record that takes the place
    about_url: str = ""
    lot: str | None = None  # where it is about a lot's passport
    photos: int = 0  # whose digests it signs; the pictures are the office's
    tells_of_copies: bool = False  # a finding that a label was copied


@dataclass(frozen=True, slots=True)
class Change:
    """What two passports of a lot say under one member; `other` stands for all that has no line of its own.

    Of `linked` records and steps only those that one of the two leads to and the other does not.

    Attributes:
        about: the name of the `step` that says something else now.
    """

    member: str
    before: tuple[FactValue, ...]
    after: tuple[FactValue, ...]
    about: Text | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """A notice that put a lot's newer passport in the place of an earlier one, and what differs."""

    record_id: str
    before_id: str
    after_id: str
    reason: Text
    signer: str
    signed_on: date
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class WithdrawnPaper:
    """A linked record that was revoked or suspended, while the record that leads to it was not.

    Attributes:
        subject: its URL, as checks name it.
        notice: who said so and when; None where its issuer's status list says it, which names no day.
    """

    subject: str
    title: Text
    issuer: str
    is_suspended: bool
    notice: NoticeView | None


@dataclass(frozen=True, slots=True)
class CopiedPaper:
    """What an association copied from a paper; the body that the paper names has signed nothing here.

    Attributes:
        scan_digest: its first characters, to compare by eye.
    """

    record_id: str
    title: Text
    claim: str
    paper_issuer: str
    decision: str | None
    paper_date: date | None
    scan_digest: str
    copied_by: str
    signed_on: date
    is_sound: bool = True
    withdrawn: Reason | None = None  # REVOKED or SUSPENDED
