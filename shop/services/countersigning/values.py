"""What desks see of requests: who asks whom for what, about which thing, and what came of it."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

from shop.services.access.actors import ASSOCIATION, INSPECTOR

__all__ = [
    "ATTESTATION",
    "INSPECTION",
    "KINDS_OF",
    "ROWS_A_PAGE",
    "SIGNS_HERE",
    "SIGNS_NOWHERE",
    "SIGNS_ON_HER_OWN",
    "TRANSCRIPTION",
    "MediaFile",
    "Office",
    "Preview",
    "QueuePage",
    "RecordChoice",
    "RequestRow",
    "RequestView",
    "SignedPage",
    "SignedRow",
    "ThingView",
    "WorkshopView",
]

ATTESTATION: Final = "attestation"
TRANSCRIPTION: Final = "transcription"
INSPECTION: Final = "inspection"
# What each desk decides; applications of new workshops are decided by a service of their own.
KINDS_OF: Final = {ASSOCIATION: (ATTESTATION, TRANSCRIPTION), INSPECTOR: (INSPECTION,)}
ROWS_A_PAGE: Final = 30

SIGNS_HERE: Final = "server"
SIGNS_ON_HER_OWN: Final = "holder"
SIGNS_NOWHERE: Final = "nobody"


@dataclass(frozen=True, slots=True)
class Office:
    """Somebody who may be asked: slug and name of an issuer, and the role of its key."""

    slug: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class WorkshopView:
    """A workshop as it is judged.

    Attributes:
        level: how sure its own record is, and `signer` who signed that.
        record_id: local id of its record.
    """

    slug: str
    name: str
    village_name: str
    commune_name: str
    place: str
    legal_form: str
    site_kind: str
    is_inside_village: bool
    level: str
    signer: str
    record_id: str


@dataclass(frozen=True, slots=True)
class ThingView:
    """A product as it is judged; `photos` are names of media, the first one first."""

    slug: str
    name: str
    is_listed: bool
    photos: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request in a list.

    Attributes:
        title: in the words of who asked.
        person: who asked, as desks know her.
        office: the name that the trust list prints of who is asked; else its slug.
        reason: of a refusal.
        record_id: of what was signed.
    """

    id: int
    kind: str
    state: str
    title: str
    workshop: str
    person: str
    office: str
    asked_at: datetime
    decided_at: datetime | None
    reason: str | None
    record_id: str | None


@dataclass(frozen=True, slots=True)
class RecordChoice:
    """A record that an answer may be about: a lot of a product, or with neither the workshop's own record."""

    record_id: str
    lot: str | None = None
    product: str | None = None


@dataclass(frozen=True, slots=True)
class RequestView:
    """A request with all that is needed to judge it.

    Attributes:
        words: what was asked for, by field.
        answer: what the form of the answer holds at first, by field.
        paper: name of the scan's medium; None where none came with it.
        signs: SIGNS_HERE, where the issuer's key lies on this server; SIGNS_ON_HER_OWN; SIGNS_NOWHERE.
        is_own: it is about a workshop of the person's own, which she may not decide on.
        choices: what a notice that answers it may be about: the newest lots first, the workshop last.
    """

    row: RequestRow
    words: dict[str, str]
    answer: dict[str, str]
    workshop: WorkshopView
    thing: ThingView | None
    paper: str | None
    signs: str
    is_own: bool
    choices: tuple[RecordChoice, ...] = ()


@dataclass(frozen=True, slots=True)
class QueuePage:
    """Requests: open ones oldest first, decided ones newest first; `number` counts from 1."""

    rows: tuple[RequestRow, ...]
    open_count: int
    application_count: int
    number: int
    pages: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What is about to be signed, in words.

    Attributes:
        signer: in whose name.
        level: of the record.
        title: what the record says, and `statement` at length.
        about: name of the product or workshop.
        paper_issuer: of a paper that is copied, with its `decision` and `paper_date`.
        code: GTIN or own code of the product, None for a workshop.
        seen: names what is shown: signing anything else is refused.
        day: of the inspection, or when it was seen; `until` is the last valid day.
    """

    signer: str
    role: str
    kind: str
    level: str
    title: str
    statement: str
    about: str
    workshop: str
    code: str | None
    seen: str
    day: date | None = None
    until: date | None = None
    basis: str | None = None
    paper_issuer: str | None = None
    decision: str | None = None
    paper_date: date | None = None


@dataclass(frozen=True, slots=True)
class SignedRow:
    """A record that an issuer signed; `kind` is the record's, of a certificate its own.

    `photos` are names of media whose digests it signs, for the office alone: persons may be on them.
    """

    record_id: str
    kind: str
    is_certificate: bool
    title: str
    level: str
    signed_at: datetime
    photos: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SignedPage:
    """What an issuer signed, the newest first."""

    rows: tuple[SignedRow, ...]
    total: int
    number: int
    pages: int


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A stored file that the person may see, and the headers to send it with."""

    path: Path
    headers: dict[str, str]
