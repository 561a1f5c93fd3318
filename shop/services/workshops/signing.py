"""Signs the record of a new workshop with the key of the office that was asked, which lies on this server."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.db.accounts import Account, Invitation
from shop.db.catalogue import Village, Workshop
from shop.db.desk import KeyEnrolment, Request
from shop.db.lots import Record
from shop.db.session import Database
from shop.errors import BadFields, BadInput
from shop.services.issuing.checks import check_form
from shop.services.issuing.desk import Desk
from shop.services.keys.keyring import Keyring
from shop.services.keys.waiting_keys import USES, WaitingKeys
from shop.services.products.codes import free_slug
from shop.services.signed.admission import Delivery
from shop.services.signed.rows import local_id
from shop.services.workshops.application_fields import Paper
from traceability.errors import TraceabilityError
from traceability.evidence import SignedRecord
from traceability.issue import SigningKey
from traceability.records.canonical import Document
from traceability.records.facility import VillageRecognition
from traceability.signing.did import issuer_did
from traceability.signing.trust import TrustKey, TrustList
from traceability.subjects import present_unit

__all__ = ["Approval", "SignedWorkshop", "WorkshopSigning"]

# Whose rows name an issuer, even one that no trust list knows yet.
_NAMING: Final = (Account, Invitation, KeyEnrolment, Request)


@dataclass(frozen=True, slots=True)
class Approval:
    """What an office agrees to sign.

    Attributes:
        issuer: slug of the office.
        texts: of the application.
        village_record: local id of the village's record.
        paper: what an association copies.
        scan: name of the paper's file in the media folder.
    """

    issuer: str
    texts: dict[str, str]
    village_record: str
    paper: Paper | None
    scan: str | None


@dataclass(frozen=True, slots=True)
class SignedWorkshop:
    """The new workshop's slug, and its signed records, which are not stored yet."""

    slug: str
    delivery: Delivery


@dataclass(frozen=True, slots=True)
class WorkshopSigning:
    """Finds who may sign for a village, and signs.

    Attributes:
        database: open.
        trust: the list in force.
        keyring: of this server's keys.
        waiting: makes the keys of new workshops.
        media: the folder of media.
        host: the identity host.
        is_demo: new workshops are fictional, and say so.
    """

    database: Database
    trust: TrustList
    keyring: Keyring
    waiting: WaitingKeys
    media: Path
    host: str
    is_demo: bool

    def office_of(self, village: Village) -> str:
        """Gives the slug of who may sign for a village: its commune, else an association of the village.

        Raises:
            BadFields: `village` NO_OFFICE.
        """
        record = self._read(village.record_id or "")
        if isinstance(record.record, VillageRecognition):
            for role, place in self._places(record.record):
                for key in self.trust.keys:
                    is_one = key.role == role and key.use == "record" and key.revoked is None
                    if is_one and key.until is None and key.covers(place):
                        return _slug_of(key)
        raise BadFields({"village": "NO_OFFICE"})

    def office(self, slug: str) -> TrustKey | None:
        """Gives the record key of an office, None where the trust list has none in force."""
        keys = [key for key in self.trust.keys_of(issuer_did(self.host, slug)) if key.use == "record"]
        return next((key for key in reversed(keys) if key.revoked is None), None)

    def sign(self, approval: Approval, *, now: datetime) -> SignedWorkshop:
        """Signs the workshop's record, over an association's copy of the paper.

        Raises:
            BadInput: NO_KEY, NEEDS_PAPER, BAD_FORM.
        """
        key = self.keyring.key(issuer_did(self.host, approval.issuer), "record", now=now)
        if key is None:
            raise BadInput("NO_KEY", f"the key of {approval.issuer} is not on this server, or not in force")
        with self.database.read() as session:
            slug = free_slug(approval.texts["name_vi"], lambda one: self._is_taken(session, one))
        records = self._sign_records(approval, slug, key, now)
        return SignedWorkshop(slug, Delivery(records))

    def _sign_records(self, approval: Approval, slug: str, key: SigningKey, now: datetime) -> list[bytes]:
        desk = Desk(self.database, self.trust, self.host, {}, self.media, now)
        papers: dict[str, SignedRecord] = {}
        forms = replace(desk.forms(key.entry), find=lambda name: papers.get(name) or desk.find(name))
        if key.entry.role == "association":
            form = self._paper_form(approval, slug)
            check_form("transcription", form, now)
            paper = desk.sign(forms.transcription(form, self.media), key)
            papers[local_id(paper.envelope.id)] = paper
        form = _workshop_form(approval, slug, list(papers))
        check_form("workshop", form, now)
        records = [*papers.values(), desk.sign(forms.workshop(form), key)]
        if desk.newest_list(key.entry) is None:
            # Without a status list no record of the office's is ever called verified.
            records.append(desk.next_list(key, ()))
        return [item.data for item in records]

    def _paper_form(self, approval: Approval, slug: str) -> Document:
        paper = approval.paper
        if paper is None or approval.scan is None:
            raise BadInput("NEEDS_PAPER", "an association signs over a paper that it copies")
        return {
            "id": f"paper-{slug}",
            "about": f"workshops/{slug}",
            "title": paper.title,
            "claim": paper.claim,
            "issuedTo": slug,
            "issuedToName": approval.texts["name_vi"],
            "paperIssuer": paper.issuer,
            **({"decision": paper.decision} if paper.decision else {}),
            **({"paperDate": paper.day.isoformat()} if paper.day else {}),
            "scan": approval.scan,
            "links": [approval.village_record],
        }

    def _is_taken(self, session: Session, slug: str) -> bool:
        """Tells whether anybody has a slug, or was invited to: a workshop, an issuer, a record, a key."""
        return (
            session.scalar(select(Workshop.id).where(Workshop.slug == slug)) is not None
            or session.get(Record, f"workshop-{slug}") is not None
            or session.get(Record, f"paper-{slug}") is not None
            or bool(self.trust.keys_of(issuer_did(self.host, slug)))
            or any(session.scalar(select(one.id).where(one.issuer == slug).limit(1)) for one in _NAMING)
            or any(self.waiting.path(slug, use).exists() for use in USES)
        )

    def _places(self, village: VillageRecognition) -> list[tuple[str, str]]:
        try:
            unit = present_unit(village).code or ""
        except TraceabilityError:
            unit = ""
        return [("commune", unit), ("association", village.facility_id)]

    def _read(self, record_id: str) -> SignedRecord:
        return Desk(self.database, self.trust, self.host, {}, self.media, self.trust.issued).find(record_id)


def _slug_of(key: TrustKey) -> str:
    return key.method.controller.rpartition(":")[2]


def _workshop_form(approval: Approval, slug: str, papers: list[str]) -> dict[str, Any]:
    texts = approval.texts
    return {
        "slug": slug,
        "name": texts["name_vi"],
        "village": approval.village_record,
        "legalForm": texts["legal_form"],
        "site": {
            "kind": texts["site_kind"],
            "insideVillage": not texts["outside"],
            "place": texts["place"],
        },
        "papers": papers,
    }
