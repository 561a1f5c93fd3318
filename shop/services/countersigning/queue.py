"""The desk of whoever is asked: what waits, what was decided, and all that was signed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from shop.db.accounts import Account
from shop.db.catalogue import Workshop
from shop.db.desk import Request
from shop.db.lots import Record
from shop.db.media import EventMedia, Media
from shop.db.session import Database
from shop.errors import NotFound
from shop.media import MediaStore, media_headers
from shop.services.access.actors import ASSOCIATION, INSPECTOR, Actor, demand_role
from shop.services.countersigning.forms import first_answer
from shop.services.countersigning.offices import Offices
from shop.services.countersigning.rows import (
    asked_of,
    choices,
    find_facts,
    is_own,
    request_row,
    row_query,
    thing_view,
    workshop_view,
)
from shop.services.countersigning.values import (
    INSPECTION,
    ROWS_A_PAGE,
    MediaFile,
    QueuePage,
    RequestView,
    SignedPage,
    SignedRow,
)
from traceability.evidence import Reader
from traceability.policy import level_of
from traceability.records.certificate import Certificate
from traceability.records.notice import Notice
from traceability.records.status_list import StatusList
from traceability.signing.did import issuer_did
from traceability.signing.trust import TrustList

__all__ = ["Queue"]


@dataclass(frozen=True, slots=True)
class Queue:
    """Reads requests for associations, communes and inspectors; another issuer's do not exist for them."""

    database: Database
    trust: TrustList
    host: str
    media: MediaStore
    offices: Offices

    def page(self, actor: Actor, *, state: str = "open", search: str = "", number: int = 1) -> QueuePage:
        """Gives one page.

        Args:
            actor: of an association, a commune, or an inspector.
            state: `open` or `decided`; anything else counts as open.
            search: part of a workshop's or a person's name, or of what was asked.
            number: from 1; behind the last page gives the last one.

        Raises:
            Forbidden: WRONG_ROLE.
        """
        whose = asked_of(actor)
        is_open = Request.state == "open"
        chosen = whose & (Request.state.in_(("done", "refused")) if state == "decided" else is_open)
        if wanted := search.strip():
            columns = (Workshop.name_vi, Account.name, Request.document)
            chosen = chosen & or_(*(column.icontains(wanted, autoescape=True) for column in columns))
        order = Request.id.desc() if state == "decided" else Request.id.asc()
        with self.database.read() as session:
            query = row_query(chosen)
            total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
            pages = max(1, -(-total // ROWS_A_PAGE))
            number = min(max(1, number), pages)
            found = session.execute(
                query.order_by(order).limit(ROWS_A_PAGE).offset((number - 1) * ROWS_A_PAGE)
            )
            rows = tuple(request_row(row, self.trust, self.host) for row in found)
            open_count = _count(session, whose & is_open)
            applications = _count(session, _applications(actor)) if actor.role == ASSOCIATION else 0
        return QueuePage(rows, open_count, applications, number, pages)

    def one(self, actor: Actor, request_id: int, *, now: datetime) -> RequestView:
        """Gives a request with all that is needed to judge it.

        Raises:
            Forbidden: WRONG_ROLE.
            NotFound: NO_REQUEST, also where another issuer was asked.
        """
        whose = asked_of(actor)
        with self.database.read() as session:
            facts = find_facts(session, request_id, whose)
            row = session.execute(row_query(Request.id == request_id)).one()
            return RequestView(
                row=request_row(row, self.trust, self.host),
                words=facts.words,
                answer=first_answer(facts),
                workshop=workshop_view(session, facts, self.trust),
                thing=thing_view(session, facts.thing) if facts.thing is not None else None,
                paper=facts.paper.name if facts.paper is not None else None,
                signs=self.offices.signs(facts.request.issuer, now),
                is_own=is_own(actor, facts.workshop, facts.request.kind),
                choices=choices(session, facts) if facts.request.kind == INSPECTION else (),
            )

    def file(self, actor: Actor, request_id: int, name: str) -> MediaFile:
        """Gives the scan or a photo of what a request is about.

        Raises:
            Forbidden: WRONG_ROLE.
            NotFound: NO_REQUEST or NO_MEDIA, also where the file belongs to something else.
        """
        whose = asked_of(actor)
        with self.database.read() as session:
            facts = find_facts(session, request_id, whose)
            names = {facts.paper.name} if facts.paper is not None else set()
            if facts.thing is not None:
                names |= set(thing_view(session, facts.thing).photos)
        if name not in names:
            raise NotFound("NO_MEDIA", "no such file belongs to the request")
        return MediaFile(self.media.path(name), media_headers(name))

    def application_paper(self, actor: Actor, request_id: int) -> MediaFile:
        """Gives the paper that came with the application of a workshop.

        Raises:
            Forbidden: WRONG_ROLE.
            NotFound: NO_MEDIA, also where another office was asked.
        """
        demand_role(actor, ASSOCIATION)
        mine = (Request.issuer == (actor.issuer or "")) & (Request.kind == "workshop")
        wanted = select(Media.name).join(Request, Request.media_id == Media.id)
        with self.database.read() as session:
            name = session.scalar(wanted.where(Request.id == request_id, mine))
        if name is None:
            raise NotFound("NO_MEDIA", f"no paper came with application {request_id}")
        return MediaFile(self.media.path(name), media_headers(name))

    def signed(self, actor: Actor, *, number: int = 1) -> SignedPage:
        """Gives what the person's issuer has signed, the newest first; status lists are not told.

        Raises:
            Forbidden: WRONG_ROLE.
        """
        demand_role(actor, ASSOCIATION, INSPECTOR)
        did = issuer_did(self.host, actor.issuer or "")
        chosen = (Record.issuer == did) & (Record.type != StatusList.KIND)
        with self.database.read() as session:
            total = session.scalar(select(func.count()).select_from(Record).where(chosen)) or 0
            pages = max(1, -(-total // ROWS_A_PAGE))
            number = min(max(1, number), pages)
            query = select(Record).where(chosen).order_by(Record.issued_at.desc(), Record.id)
            rows = session.scalars(query.limit(ROWS_A_PAGE).offset((number - 1) * ROWS_A_PAGE)).all()
            photos = _photos(session, [row.id for row in rows if row.type == Notice.KIND])
        found = tuple(self._signed_row(row, tuple(photos.get(row.id, ()))) for row in rows)
        return SignedPage(found, total, number, pages)

    def signed_photo(self, actor: Actor, record_id: str, name: str) -> MediaFile:
        """Gives a photo of what the person's issuer found.

        Raises:
            Forbidden: WRONG_ROLE.
            NotFound: NO_MEDIA, also where another issuer found it.
        """
        demand_role(actor, ASSOCIATION, INSPECTOR)
        mine = (Record.id == record_id) & (Record.issuer == issuer_did(self.host, actor.issuer or ""))
        with self.database.read() as session:
            is_theirs = session.scalar(select(Record.id).where(mine, Record.type == Notice.KIND)) is not None
            names = _photos(session, [record_id] if is_theirs else []).get(record_id, [])
        if name not in names:
            raise NotFound("NO_MEDIA", "no such file belongs to the record")
        return MediaFile(self.media.path(name), media_headers(name))

    def _signed_row(self, row: Record, photos: tuple[str, ...]) -> SignedRow:
        item = Reader(1).read(row.body)
        roles = [key.role for key in self.trust.keys if key.method.id == item.claim.method_id]
        level = level_of(item.record, roles[0]) if roles else "self_declared"
        certificate = item.record if isinstance(item.record, Certificate) else None
        return SignedRow(
            record_id=row.id,
            kind=certificate.kind if certificate is not None else item.record.KIND,
            is_certificate=certificate is not None,
            title=item.envelope.name,
            level=level,
            signed_at=item.claim.created,
            photos=photos,
        )


def _photos(session: Session, record_ids: Sequence[str]) -> dict[str, list[str]]:
    """Gives the names of the photos of notices, by local id, in the order in which they came."""
    tied = select(EventMedia.record_id, Media.name).join(Media, Media.id == EventMedia.media_id)
    found: dict[str, list[str]] = {}
    for record_id, name in session.execute(
        tied.where(EventMedia.record_id.in_(record_ids)).order_by(Media.id)
    ):
        found.setdefault(record_id, []).append(name)
    return found


def _applications(actor: Actor) -> ColumnElement[bool]:
    mine = Request.issuer == (actor.issuer or "")
    return mine & (Request.kind == "workshop") & (Request.state == "open")


def _count(session: Session, chosen: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(Request).where(chosen)) or 0
