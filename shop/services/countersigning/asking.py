"""Asking to be vouched for: the artisan's requests, and those that an office takes in by itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from shop.db.accounts import Account
from shop.db.base import document_text
from shop.db.catalogue import Product, Workshop
from shop.db.desk import Request
from shop.db.session import Database
from shop.errors import BadFields, BadInput, NotFound
from shop.media import MediaStore, StoredMedia, media_headers
from shop.services.access.actors import ARTISAN, ASSOCIATION, INSPECTOR, Actor, demand_role
from shop.services.access.audit_trail import note
from shop.services.countersigning.fields import read_request
from shop.services.countersigning.offices import Offices
from shop.services.countersigning.rows import demand_stranger, find_facts, locked, request_row, row_query
from shop.services.countersigning.values import (
    INSPECTION,
    KINDS_OF,
    ROWS_A_PAGE,
    TRANSCRIPTION,
    MediaFile,
    Office,
    QueuePage,
    RequestRow,
)
from shop.services.uploads.rows import add_media
from traceability.signing.trust import TrustList

__all__ = ["Asking"]

OPEN_MAX: Final = 20  # at a time for one workshop: who is asked must be able to read them


@dataclass(frozen=True, slots=True)
class Asking:
    """Takes requests in."""

    database: Database
    trust: TrustList
    host: str
    media: MediaStore
    offices: Offices

    def offices_for(self, actor: Actor, kind: str, *, now: datetime) -> tuple[Office, ...]:
        """Gives who may be asked for such a thing by the person's workshop.

        Raises:
            Forbidden: WRONG_ROLE.
            NotFound: NO_WORKSHOP.
        """
        with self.database.read() as session:
            workshop = session.get_one(Workshop, _workshop_id(actor))
            return tuple(self.offices.for_workshop(session, workshop, kind, now))

    def things(self, actor: Actor) -> tuple[tuple[str, str], ...]:
        """Gives slug and name of the products of the person's workshop, by name.

        Raises:
            Forbidden: WRONG_ROLE.
            NotFound: NO_WORKSHOP.
        """
        with self.database.read() as session:
            return _things(session, _workshop_id(actor))

    def ask(
        self, actor: Actor, kind: str, texts: Mapping[str, str], *, paper: bytes | None, now: datetime
    ) -> int:
        """Asks an issuer to sign something about one's workshop; again gives the same id.

        Args:
            actor: an artisan.
            kind: `attestation`, `transcription` or `inspection`.
            texts: the fields as typed, with `office` and perhaps `product`, both slugs.
            paper: the scan, for a transcription.
            now: aware.

        Raises:
            BadFields: by field; `office` and `product` UNKNOWN_CHOICE, `paper` MISSING, NOT_A_PAPER….
            BadInput: TOO_MANY.
            Forbidden: WRONG_ROLE.
            NotFound: NO_WORKSHOP.
        """
        workshop_id = _workshop_id(actor)
        with self.database.read() as session:
            workshop = session.get_one(Workshop, workshop_id)
            known = {one.slug for one in self.offices.for_workshop(session, workshop, kind, now)}
        if texts.get("office") not in known:
            raise BadFields({"office": "UNKNOWN_CHOICE"})
        return self._take(actor, kind, texts, texts["office"], workshop, paper, now)

    def workshops(self, actor: Actor, kind: str, *, now: datetime) -> tuple[tuple[str, str], ...]:
        """Gives slug and name of the workshops about which the person's issuer may sign such a thing.

        Raises:
            Forbidden: WRONG_ROLE.
            NotFound: NO_KIND, where her desk decides no such thing.
        """
        _demand_kind(actor, kind)
        with self.database.read() as session:
            found = self.offices.workshops(session, actor.issuer or "", kind, now)
        return tuple((one.slug, one.name_vi) for one in found)

    def kinds(self, actor: Actor, *, now: datetime) -> tuple[str, ...]:
        """Gives what the person's issuer may take in by itself.

        Raises:
            Forbidden: WRONG_ROLE.
        """
        demand_role(actor, ASSOCIATION, INSPECTOR)
        allowed = self.offices.kinds(actor.issuer or "", now)
        return tuple(kind for kind in KINDS_OF[actor.role] if kind in allowed)

    def take_in(
        self, actor: Actor, kind: str, texts: Mapping[str, str], *, paper: bytes | None, now: datetime
    ) -> int:
        """Takes in, by the office itself, what is to be signed; it is decided like any other request.

        Args:
            actor: of an association, a commune, or an inspector.
            kind: one that her desk decides.
            texts: as of `ask`, with `workshop` in place of `office`.
            paper: the scan, for a transcription.
            now: aware.

        Raises:
            BadFields: by field; `workshop` UNKNOWN_CHOICE.
            BadInput: TOO_MANY.
            Forbidden: WRONG_ROLE, OWN_WORKSHOP.
            NotFound: NO_KIND.
        """
        _demand_kind(actor, kind)
        with self.database.read() as session:
            found = self.offices.workshops(session, actor.issuer or "", kind, now)
        workshop = next((one for one in found if one.slug == texts.get("workshop")), None)
        if workshop is None:
            raise BadFields({"workshop": "UNKNOWN_CHOICE"})
        demand_stranger(actor, workshop, kind)
        return self._take(actor, kind, texts, actor.issuer or "", workshop, paper, now)

    def mine(self, actor: Actor, *, number: int = 1) -> QueuePage:
        """Gives what was asked for the person's workshop, by whomever of it, the newest first.

        Raises:
            Forbidden: WRONG_ROLE.
            NotFound: NO_WORKSHOP.
        """
        whose = _own(actor)
        with self.database.read() as session:
            total = session.scalar(select(func.count()).select_from(Request).where(whose)) or 0
            pages = max(1, -(-total // ROWS_A_PAGE))
            number = min(max(1, number), pages)
            query = row_query(whose).order_by(Request.id.desc())
            found = session.execute(query.limit(ROWS_A_PAGE).offset((number - 1) * ROWS_A_PAGE))
            rows = tuple(request_row(row, self.trust, self.host) for row in found)
            waiting = select(func.count()).select_from(Request).where(whose, Request.state == "open")
            return QueuePage(rows, session.scalar(waiting) or 0, 0, number, pages)

    def one(self, actor: Actor, request_id: int) -> tuple[RequestRow, dict[str, str], str | None]:
        """Gives a request of the person's workshop, its words by field, and the name of its scan.

        Raises:
            Forbidden: WRONG_ROLE.
            NotFound: NO_REQUEST, NO_WORKSHOP.
        """
        with self.database.read() as session:
            facts = find_facts(session, request_id, _own(actor))
            row = session.execute(row_query(Request.id == request_id)).one()
            paper = facts.paper.name if facts.paper is not None else None
            return request_row(row, self.trust, self.host), facts.words, paper

    def file(self, actor: Actor, request_id: int) -> MediaFile:
        """Gives the scan that went with a request of the person's workshop.

        Raises:
            Forbidden: WRONG_ROLE.
            NotFound: NO_REQUEST, NO_MEDIA, NO_WORKSHOP.
        """
        _, _, paper = self.one(actor, request_id)
        if paper is None:
            raise NotFound("NO_MEDIA", f"no scan went with request {request_id}")
        return MediaFile(self.media.path(paper), media_headers(paper))

    def withdraw(self, actor: Actor, request_id: int, *, now: datetime) -> None:
        """Takes an open request back; once more does nothing.

        Raises:
            BadInput: DECIDED, when the office was faster.
            Forbidden: WRONG_ROLE.
            NotFound: NO_REQUEST, also where the office took it in itself; NO_WORKSHOP.
        """
        with self.database.write() as session:
            request = locked(session, request_id, _own(actor))
            if request.state == "withdrawn":
                return
            if request.state != "open":
                raise BadInput("DECIDED", f"request {request.id} is {request.state} already")
            request.state, request.decided_at, request.decided_by = "withdrawn", now, actor.account_id
            note(session, actor, "request withdraw", f"request:{request.id}", at=now)

    def _take(
        self,
        actor: Actor,
        kind: str,
        texts: Mapping[str, str],
        office: str,
        workshop: Workshop,
        paper: bytes | None,
        now: datetime,
    ) -> int:
        request = Request(
            kind=kind,
            state="open",
            account_id=actor.account_id,
            workshop_id=workshop.id,
            issuer=office,
            about=workshop.record_id,
            document=self._document(kind, texts, workshop, now),
            asked_at=now,
        )
        with self.database.read() as session:
            same = _same_open(session, request)
        if same is not None:
            return same
        stored = self._keep(kind, paper)
        with self.database.write() as session:
            session.scalar(select(Workshop.id).where(Workshop.id == workshop.id).with_for_update())
            same = _same_open(session, request)
            if same is not None:
                return same
            _demand_measure(session, workshop.id)
            if stored is not None:
                request.media_id = add_media(
                    session, stored, account_id=actor.account_id, workshop_id=actor.workshop_id, now=now
                )
            session.add(request)
            session.flush()
            note(session, actor, "request ask", f"request:{request.id}", at=now, kind=kind, issuer=office)
            return request.id

    def _document(self, kind: str, texts: Mapping[str, str], workshop: Workshop, now: datetime) -> str:
        """Gives what is asked for as JSON, with the product that it is about."""
        words = read_request(kind, texts, now=now)
        if texts.get("product"):
            with self.database.read() as session:
                known = dict(_things(session, workshop.id))
            if texts["product"] not in known:
                raise BadFields({"product": "UNKNOWN_CHOICE"})
            words["product"] = texts["product"]
        return document_text(words)

    def _keep(self, kind: str, paper: bytes | None) -> StoredMedia | None:
        if kind != TRANSCRIPTION:
            return None
        if not paper:
            raise BadFields({"paper": "MISSING"})
        try:
            return self.media.keep_paper(paper)
        except BadInput as error:
            raise BadFields({"paper": error.code}) from error


def _workshop_id(actor: Actor) -> int:
    demand_role(actor, ARTISAN)
    if actor.workshop_id is None:
        raise NotFound("NO_WORKSHOP", f"account {actor.account_id} has no workshop yet")
    return actor.workshop_id


def _own(actor: Actor) -> ColumnElement[bool]:
    """Gives the condition that somebody of the person's workshop asked, for that workshop."""
    workshop_id = _workshop_id(actor)
    members = select(Account.id).where(Account.workshop_id == workshop_id)
    return and_(
        Request.workshop_id == workshop_id,
        Request.account_id.in_(members),
        Request.kind.in_((*KINDS_OF[ASSOCIATION], INSPECTION)),
    )


def _demand_kind(actor: Actor, kind: str) -> None:
    demand_role(actor, ASSOCIATION, INSPECTOR)
    if kind not in KINDS_OF[actor.role]:
        raise NotFound("NO_KIND", f"a {actor.role} signs no {kind[:20]!r}")


def _things(session: Session, workshop_id: int) -> tuple[tuple[str, str], ...]:
    wanted = select(Product.slug, Product.name_vi).where(Product.workshop_id == workshop_id)
    return tuple((slug, name) for slug, name in session.execute(wanted.order_by(Product.name_folded)))


def _same_open(session: Session, request: Request) -> int | None:
    same = (
        Request.state == "open",
        Request.kind == request.kind,
        Request.workshop_id == request.workshop_id,
        Request.issuer == request.issuer,
        Request.document == request.document,
    )
    return session.scalar(select(Request.id).where(*same).limit(1))


def _demand_measure(session: Session, workshop_id: int) -> None:
    waiting = select(func.count()).select_from(Request)
    opened = session.scalar(waiting.where(Request.workshop_id == workshop_id, Request.state == "open")) or 0
    if opened >= OPEN_MAX:
        raise BadInput(
            "TOO_MANY", f"{opened} requests for one workshop are open, at most {OPEN_MAX} expected"
        )
