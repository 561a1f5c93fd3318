"""All that was signed about some records, in one statement: their chain, notices about it, status lists."""

from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import (
    CTE,
    CompoundSelect,
    Select,
    String,
    cast,
    func,
    literal,
    null,
    select,
    union,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from shop.db.catalogue import Product, Village, Workshop
from shop.db.lots import Lot, Record, RecordLink
from shop.db.media import EventMedia, Media
from shop.db.status_lists import StatusListVersion, newest_status_lists
from traceability.limits import CHAIN_MAX_RECORDS, NOTICES_MAX_PER_RECORD
from traceability.records.event import TraceEvent
from traceability.records.notice import Notice

__all__ = ["EventFile", "Signed", "count_replaced", "load_signed"]

RECORD: Final = "record"
NOTICE: Final = "notice"
LIST: Final = "list"
SERIALS: Final = "serials"
PLACE: Final = "place"
FILE: Final = "file"


@dataclass(frozen=True, slots=True)
class EventFile:
    """A photo or voice note that an event has signed the digest of; `width` and `height` are a photo's."""

    name: str
    digest: str
    kind: str
    width: int | None
    height: int | None


@dataclass(slots=True)
class Signed:
    """What the database holds that was signed about some records.

    Attributes:
        bodies: signed bytes of records by URL, notices among them.
        notices: signed bytes of the notices about any of them.
        lists: signed bytes of the newest status list of each of their issuers, by URL.
        translations: unsigned English texts by record URL.
        serials: of the lot that was asked for; empty without one.
        places: signed bytes of the records that this lot's workshop and village have now.
        files: what is kept of the events among them, by record URL.
    """

    bodies: dict[str, bytes] = field(default_factory=dict)
    notices: list[bytes] = field(default_factory=list)
    lists: dict[str, bytes] = field(default_factory=dict)
    translations: dict[str, str | None] = field(default_factory=dict)
    serials: bytes = b""
    places: list[bytes] = field(default_factory=list)
    files: dict[str, list[EventFile]] = field(default_factory=dict)


def load_signed(session: Session, *record_ids: str, lot_id: int | None = None) -> Signed:
    """Gives what was signed about some records.

    Args:
        session: of either database.
        record_ids: local ids; unknown ones add nothing.
        lot_id: of a lot whose serials and places are wanted too.
    """
    found = Signed()
    for kind, url, body, translation in session.execute(_statement(record_ids, lot_id)):
        if kind == LIST:
            found.lists[url] = body
        elif kind == SERIALS:
            found.serials = body
        elif kind == PLACE:
            found.places.append(body)
        elif kind == FILE:
            found.files.setdefault(url, []).append(_read_file(translation))
        else:
            found.bodies[url], found.translations[url] = body, translation
            if kind == NOTICE:
                found.notices.append(body)
    return found


def count_replaced(session: Session, record_id: str) -> int:
    """Gives how many records a record has taken the place of, by one correction after another."""
    asked = select(Record.id).where(Record.id == record_id)
    return (session.scalar(select(func.count()).select_from(_replaced_by(asked).subquery())) or 1) - 1


def _statement(record_ids: tuple[str, ...], lot_id: int | None) -> CompoundSelect[Any]:
    asked = select(Record.id).where(Record.id.in_(record_ids))
    chain = _linked_from(asked, "chain")
    # What the asked records took the place of is in no chain of theirs, and what took its place in neither.
    behind = _linked_from(_replaced_by(asked), "behind")
    after = _linked_from(_successors_of(union(select(chain.c.id), select(behind.c.id))), "after")
    subjects = union(*(select(part.c.id) for part in (chain, behind, after))).cte("subjects")
    ids = union(select(subjects.c.id), _notices_about(select(subjects.c.id))).cte("ids")
    records = select(Record).join(ids, Record.id == ids.c.id).subquery("found")
    lists = newest_status_lists().where(StatusListVersion.issuer.in_(select(records.c.issuer)))
    newest = lists.subquery("lists")
    kind = (records.c.type == Notice.KIND).label("is_notice")
    parts: list[Any] = [
        select(literal(RECORD), records.c.url, records.c.body, records.c.translation).where(~kind),
        select(literal(NOTICE), records.c.url, records.c.body, records.c.translation).where(kind),
        select(literal(LIST), newest.c.url, newest.c.body, null()),
        _files_of(select(ids.c.id)),
    ]
    if lot_id is not None:
        parts.append(select(literal(SERIALS), literal(""), Lot.serials, null()).where(Lot.id == lot_id))
        parts.append(_places_of(lot_id))
    return union_all(*parts)


def _files_of(records: Select[Any]) -> Select[Any, Any, Any, Any]:
    """Gives the files of some events, each as one text, because the other parts have no more columns."""
    sides = [func.coalesce(cast(side, String), "-") for side in (Media.width, Media.height)]
    text = Media.name + " " + Media.digest + " " + Media.kind + " " + sides[0] + " " + sides[1]
    return (
        select(literal(FILE), Record.url, null(), text)
        .join(EventMedia, EventMedia.record_id == Record.id)
        .join(Media, Media.id == EventMedia.media_id)
        .where(Record.id.in_(records), Record.type == TraceEvent.KIND, Media.kind != "paper")
    )


def _read_file(text: str) -> EventFile:
    name, digest, kind, *sides = text.split(" ")
    width, height = (int(side) if side != "-" else None for side in sides)
    return EventFile(name, digest, kind, width, height)


def _places_of(lot_id: int) -> Select[Any, Any, Any, Any]:
    """Gives the records that a lot's workshop and village have now, which may be newer than its chain."""
    products = select(Product.workshop_id).join(Lot, Lot.product_id == Product.id).where(Lot.id == lot_id)
    workshop = select(Workshop).where(Workshop.id.in_(products)).subquery("workshop")
    village = select(Village.record_id).join(workshop, workshop.c.village_id == Village.id)
    ids = union(select(workshop.c.record_id), village)
    return select(literal(PLACE), Record.url, Record.body, null()).where(Record.id.in_(ids))


def _notices_about(subjects: Select[Any]) -> Select[Any]:
    """Gives the ids of notices about some records, at most so many for each of these.

    The limit holds for each record by itself, and lies above what a verification judges: who floods one
    record hides no notice about another, and one that is flooded counts as unknown. A correction is not
    about the record that it puts in place of another, or it could flood that one for nothing.
    """
    place = func.row_number().over(partition_by=RecordLink.target, order_by=Record.issued_at)
    numbered = (
        select(RecordLink.source.label("id"), place.label("place"))
        .join(Record, Record.id == RecordLink.source)
        .where(RecordLink.target.in_(subjects), ~RecordLink.names_successor, Record.type == Notice.KIND)
        .subquery("numbered")
    )
    return select(numbered.c.id).where(numbered.c.place <= NOTICES_MAX_PER_RECORD + 1)


def _replaced_by(asked: Select[Any]) -> Select[Any]:
    """Gives the ids of records and of those that they took the place of, by one correction after another."""
    graph = asked.cte("replaced", recursive=True)
    named, about = aliased(RecordLink), aliased(RecordLink)
    graph = graph.union(
        select(about.target)
        .join(named, named.source == about.source)
        .join(graph, named.target == graph.c.id)
        .where(named.names_successor, ~about.names_successor)
    )
    return select(graph.c.id).limit(CHAIN_MAX_RECORDS)


def _successors_of(subjects: CompoundSelect[Any]) -> Select[Any]:
    """Gives the ids of records and of those that took their place, by one correction after another."""
    first = subjects.subquery()
    graph = select(first.c.id).cte("replacing", recursive=True)
    named, about = aliased(RecordLink), aliased(RecordLink)
    graph = graph.union(
        select(named.target)
        .join(about, about.source == named.source)
        .join(graph, about.target == graph.c.id)
        .where(named.names_successor, ~about.names_successor)
    )
    return select(graph.c.id).limit(3 * CHAIN_MAX_RECORDS)  # behind the two parts that it begins with


def _linked_from(seeds: Select[Any], name: str) -> CTE:
    """Gives the ids of some records and of all that they link to, the nearest CHAIN_MAX_RECORDS of them."""
    first = seeds.subquery()
    graph = select(first.c.id).cte(name, recursive=True)
    graph = graph.union(select(RecordLink.target).join(graph, RecordLink.source == graph.c.id))
    # The limit stands in a query of its own, as PostgreSQL allows none inside the recursion.
    return select(graph.c.id).limit(CHAIN_MAX_RECORDS).cte(f"nearest_{name}")
