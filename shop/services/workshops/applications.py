"""From an application to a signed workshop: artisans ask, a commune signs, or an association transcribes."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from shop.db.accounts import Account
from shop.db.base import document_text
from shop.db.catalogue import Village, Workshop
from shop.db.desk import Request
from shop.db.media import Media
from shop.db.session import Database
from shop.errors import BadFields, BadInput, NotFound
from shop.folding import as_seen
from shop.media import MediaStore, StoredMedia, media_headers
from shop.services.access.actors import ARTISAN, ASSOCIATION, Actor, demand_role
from shop.services.access.audit_trail import note
from shop.services.products.photos import PhotoFile
from shop.services.signed.admission import Admission
from shop.services.typed.texts import FormReader
from shop.services.uploads.rows import add_media
from shop.services.workshops.application_drafts import drop_application_draft
from shop.services.workshops.application_fields import ApplicationFields, Paper
from shop.services.workshops.signing import Approval, WorkshopSigning

__all__ = ["ApplicationView", "Applications"]

REASON_MAX: Final = 500
KIND: Final = "workshop"


@dataclass(frozen=True, slots=True)
class ApplicationView:
    """An application, as its artisan and the office see it.

    Attributes:
        texts: the fields as they were typed; the phone number goes when it is decided.
        office: name of who is asked, as the trust list prints it.
        is_association: it is an association, which needs a paper to copy; a commune needs none.
        has_paper: a photograph of a paper came with it.
        reason: of a refusal, in the words of who refused.
        record_id: of the workshop's signed record, once there is one.
    """

    id: int
    state: str
    texts: dict[str, str]
    village_name: str
    office: str
    is_association: bool
    has_paper: bool
    asked_at: datetime
    decided_at: datetime | None
    reason: str | None
    record_id: str | None


class Applications:
    """Applications of artisans who have no workshop yet."""

    def __init__(
        self, database: Database, *, media: MediaStore, admission: Admission, signing: WorkshopSigning
    ) -> None:
        self._database, self._media = database, media
        self._admission, self._signing = admission, signing

    def apply(self, actor: Actor, fields: ApplicationFields, *, paper: bytes | None, now: datetime) -> int:
        """Asks the office that may sign for the village; who has asked already gets that application's id.

        Args:
            actor: an artisan without a workshop.
            fields: as `read_application` gave them.
            paper: a photograph or PDF of a paper about the workshop, kept where only the office sees it.
            now: aware.

        Raises:
            BadFields: `name_vi` NAME_TAKEN, when a workshop's name looks the same; `village` UNKNOWN_CHOICE;
                NO_OFFICE, when nobody in the trust list may sign for it;
                `paper` NOT_A_PAPER and so on.
            BadInput: HAS_WORKSHOP.
        """
        demand_role(actor, ARTISAN)
        if actor.workshop_id is not None:
            raise BadInput("HAS_WORKSHOP", f"account {actor.account_id} has a workshop already")
        with self._database.read() as session:
            opened = _opened(session, actor)
            if opened is not None:
                return opened
            if _has_namesake(session, fields.name.vi):
                raise BadFields({"name_vi": "NAME_TAKEN"})
            office = self._signing.office_of(_village(session, fields.village))
        stored = self._keep_paper(paper)
        with self._database.write() as session:
            session.scalar(select(Account.id).where(Account.id == actor.account_id).with_for_update())
            opened = _opened(session, actor)
            if opened is not None:
                return opened
            request = _new_request(session, actor, office, fields, stored, now)
            drop_application_draft(session, actor.account_id)
            note(session, actor, "workshop apply", f"request:{request.id}", at=now)
            return request.id

    def mine(self, actor: Actor) -> tuple[ApplicationView, ...]:
        """Gives the person's own applications, the newest first."""
        return self._views(select(Request).where(Request.account_id == actor.account_id))

    def withdraw(self, actor: Actor, request_id: int, *, now: datetime) -> None:
        """Takes an open application back, and deletes its paper; once more does nothing.

        Raises:
            BadInput: DECIDED, when the office was faster.
            NotFound: NO_REQUEST, also where it is another person's.
        """
        with self._database.write() as session:
            request = _locked(session, request_id, Request.account_id == actor.account_id)
            if request.state == "withdrawn":
                return
            _decide(session, request, "withdrawn", actor, now)
            paper = _drop_paper(session, request)
            note(session, actor, "workshop withdraw", f"request:{request.id}", at=now)
        self._delete(paper)

    def waiting(self, actor: Actor) -> tuple[ApplicationView, ...]:
        """Gives the open applications that the person's office is asked to sign, the newest first.

        Raises:
            Forbidden: WRONG_ROLE.
        """
        demand_role(actor, ASSOCIATION)
        return self._views(
            select(Request).where(Request.issuer == (actor.issuer or ""), Request.state == "open")
        )

    def one(self, actor: Actor, request_id: int) -> ApplicationView:
        """Gives an application that the person's office was asked to sign, whatever became of it.

        Raises:
            Forbidden: WRONG_ROLE.
            NotFound: NO_REQUEST, also where another office was asked.
        """
        demand_role(actor, ASSOCIATION)
        wanted = select(Request).where(Request.id == request_id, Request.issuer == (actor.issuer or ""))
        found = self._views(wanted)
        if not found:
            raise _no_request(request_id)
        return found[0]

    def paper(self, actor: Actor, request_id: int) -> PhotoFile:
        """Gives the picture or PDF of the paper that came with an application to the person's office.

        Raises:
            Forbidden: WRONG_ROLE.
            NotFound: NO_REQUEST, also where another office was asked; NO_MEDIA, where no paper came.
        """
        demand_role(actor, ASSOCIATION)
        with self._database.read() as session:
            request = _found(session, select(Request).where(*_asked(actor, request_id)), request_id)
            scan = session.get(Media, request.media_id) if request.media_id is not None else None
        if scan is None:
            raise NotFound("NO_MEDIA", f"no paper came with application {request_id}")
        return PhotoFile(self._media.path(scan.name), media_headers(scan.name))

    def approve(self, actor: Actor, request_id: int, paper: Paper | None, *, now: datetime) -> str:
        """Signs the workshop's record with the office's key, and gives the workshop to who asked for it.

        Its keys are made here and wait for the next trust list. Once more gives the same workshop.

        Args:
            actor: of the office that was asked.
            request_id: of an open application.
            paper: what an association copies; its photograph came with the application. None for a commune.
            now: aware, whole seconds.

        Returns:
            The slug of the workshop.

        Raises:
            BadInput: DECIDED; NAME_TAKEN, as in `apply`; NEEDS_PAPER; NO_KEY, when the office's key is not on
                this server; HAS_WORKSHOP;
                and what `Admission.admit` raises. Nothing was changed.
            Forbidden: WRONG_ROLE.
            NotFound: NO_REQUEST.
            ConfigurationError: the workshop's keys cannot be written.
        """
        demand_role(actor, ASSOCIATION)
        with self._database.read() as session:
            request = _found(session, select(Request).where(*_asked(actor, request_id)), request_id)
            if request.state == "done":
                return self._slug_of(session, request)
            _demand_open(request)
            texts = json.loads(request.document)
            village = _village(session, texts["village"])
            scan = session.get(Media, request.media_id) if request.media_id is not None else None
        approval = Approval(
            actor.issuer or "", texts, village.record_id or "", paper, scan.name if scan is not None else None
        )
        signed = self._signing.sign(approval, now=now)
        with self._database.write() as session:
            self._admission.take_in(session, signed.delivery, now=now)
            self._hand_over(session, actor, request_id, signed.slug, now)
        self._admission.sign_log(now)
        return signed.slug

    def refuse(self, actor: Actor, request_id: int, reason: str, *, now: datetime) -> None:
        """Refuses an application with a reason, which the artisan reads, and deletes its paper.

        Raises:
            BadFields: `reason` MISSING, TOO_LONG or BAD_CHARACTER.
            BadInput: DECIDED.
            Forbidden: WRONG_ROLE.
            NotFound: NO_REQUEST.
        """
        demand_role(actor, ASSOCIATION)
        form = FormReader({"reason": reason})
        words = form.line("reason", most=REASON_MAX, is_required=True)
        if form.mistakes:
            raise BadFields(form.mistakes)
        with self._database.write() as session:
            request = _locked(session, request_id, Request.issuer == (actor.issuer or ""))
            _decide(session, request, "refused", actor, now)
            request.reason = words
            paper = _drop_paper(session, request)
            note(session, actor, "workshop refuse", f"request:{request.id}", at=now)
        self._delete(paper)

    def _hand_over(self, session: Session, actor: Actor, request_id: int, slug: str, now: datetime) -> None:
        """Binds the artisan to her workshop, in the transaction that stores its record."""
        request = _locked(session, request_id, Request.issuer == (actor.issuer or ""))
        _demand_open(request)
        workshop = session.scalars(select(Workshop).where(Workshop.slug == slug)).one()
        account = session.get_one(Account, request.account_id, with_for_update=True)
        if account.workshop_id is not None or account.role != ARTISAN:
            raise BadInput("HAS_WORKSHOP", f"account {account.id} has a workshop already, or is no artisan's")
        texts = json.loads(request.document)
        # The log's lock is held by now, so that of two approvals at once the later one sees the earlier.
        if _has_namesake(session, texts["name_vi"], without=workshop.id):
            raise BadInput("NAME_TAKEN", f"a workshop's name looks like that of application {request_id}")
        workshop.name_en, workshop.is_fictional = texts["name_en"], self._signing.is_demo
        workshop.story_vi, workshop.story_en = texts["story_vi"], texts["story_en"]
        account.workshop_id, account.issuer = workshop.id, slug
        self._signing.waiting.make(slug)
        _decide(session, request, "done", actor, now)
        request.record_id, request.workshop_id = workshop.record_id, workshop.id
        note(session, actor, "workshop approve", f"workshop:{slug}", at=now, request=request.id)

    def _delete(self, paper: str | None) -> None:
        # Only after the transaction: a row without its file would be worse than a file without its row.
        if paper is not None:
            self._media.remove(paper)

    def _slug_of(self, session: Session, request: Request) -> str:
        return session.scalars(select(Workshop.slug).where(Workshop.id == request.workshop_id)).one()

    def _keep_paper(self, paper: bytes | None) -> StoredMedia | None:
        if not paper:
            return None
        try:
            return self._media.keep_paper(paper)
        except BadInput as error:
            raise BadFields({"paper": error.code}) from error

    def _views(self, wanted: Select[Request]) -> tuple[ApplicationView, ...]:
        with self._database.read() as session:
            rows = session.scalars(wanted.where(Request.kind == KIND).order_by(Request.id.desc())).all()
            names: dict[str, str] = {
                slug: name for slug, name in session.execute(select(Village.slug, Village.name))
            }
        return tuple(self._view(row, names) for row in rows)

    def _view(self, row: Request, names: dict[str, str]) -> ApplicationView:
        texts = json.loads(row.document)
        office = self._signing.office(row.issuer)
        return ApplicationView(
            id=row.id,
            state=row.state,
            texts=texts,
            village_name=names.get(texts["village"], texts["village"]),
            office=office.name if office is not None else row.issuer,
            is_association=office is not None and office.role == "association",
            has_paper=row.media_id is not None,
            asked_at=row.asked_at,
            decided_at=row.decided_at,
            reason=row.reason,
            record_id=row.record_id,
        )


def _new_request(
    session: Session,
    actor: Actor,
    office: str,
    fields: ApplicationFields,
    paper: StoredMedia | None,
    now: datetime,
) -> Request:
    media_id = None
    if paper is not None:
        media_id = add_media(session, paper, account_id=actor.account_id, workshop_id=None, now=now)
    request = Request(
        kind=KIND,
        state="open",
        account_id=actor.account_id,
        issuer=office,
        document=document_text(fields.to_document()),
        media_id=media_id,
        asked_at=now,
    )
    session.add(request)
    session.flush()
    return request


def _opened(session: Session, actor: Actor) -> int | None:
    mine = (Request.account_id == actor.account_id, Request.kind == KIND, Request.state == "open")
    return session.scalar(select(Request.id).where(*mine).order_by(Request.id).limit(1))


def _village(session: Session, slug: str) -> Village:
    """Gives a village that has a signed record, over which alone a workshop's can be signed."""
    found = session.scalar(select(Village).where(Village.slug == slug)) if slug.isprintable() else None
    if found is None or found.record_id is None:
        raise BadFields({"village": "UNKNOWN_CHOICE"})
    return found


def _has_namesake(session: Session, name: str, *, without: int = 0) -> bool:
    """Tells whether people would take a workshop's name for another one's."""
    others = session.scalars(select(Workshop.name_vi).where(Workshop.id != without))
    return as_seen(name) in {as_seen(other) for other in others}


def _asked(actor: Actor, request_id: int) -> tuple[Any, ...]:
    return Request.id == request_id, Request.issuer == (actor.issuer or ""), Request.kind == KIND


def _found(session: Session, wanted: Select[Request], request_id: int) -> Request:
    found = session.scalar(wanted)
    if found is None:
        raise _no_request(request_id)
    return found


def _locked(session: Session, request_id: int, whose: Any) -> Request:
    wanted = select(Request).where(Request.id == request_id, Request.kind == KIND, whose)
    return _found(session, wanted.with_for_update(), request_id)


def _demand_open(request: Request) -> None:
    if request.state != "open":
        raise BadInput("DECIDED", f"application {request.id} is {request.state} already")


def _decide(session: Session, request: Request, state: str, actor: Actor, now: datetime) -> None:
    """Closes an application; the phone number was for questions about it, and goes."""
    _demand_open(request)
    request.state, request.decided_at, request.decided_by = state, now, actor.account_id
    request.document = document_text({**json.loads(request.document), "phone": ""})
    drop_application_draft(session, request.account_id)


def _drop_paper(session: Session, request: Request) -> str | None:
    """Deletes the row of a paper that nothing will be signed over, and gives the name of its file."""
    paper = session.get(Media, request.media_id) if request.media_id is not None else None
    if paper is None:
        return None
    request.media_id = None
    session.flush()
    session.delete(paper)
    return paper.name


def _no_request(request_id: int) -> NotFound:
    return NotFound("NO_REQUEST", f"there is no application {request_id}")
