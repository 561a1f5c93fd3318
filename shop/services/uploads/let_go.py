"""Photos and voice notes that nothing names any more: forgotten a day later, row and file.

A file is named by another row, by a draft, or by what its workshop has signed; such a file is never touched.
"""

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.orm import Session

from shop.db.base import Base
from shop.db.catalogue import Workshop
from shop.db.desk import Draft
from shop.db.lots import Record
from shop.db.media import LetGoMedia, Media
from shop.db.session import Database
from shop.media import MediaStore
from shop.services.typed.drafts import UNDO_PERIOD

__all__ = ["LetGo", "let_go", "take_back"]

KINDS: Final = ("photo", "voice")  # papers are kept or deleted with what they were sent for
LOT: Final = "lot"  # the kind of draft that names files


class LetGo:
    """Forgets the files of a workshop that were let go of."""

    def __init__(self, database: Database, media: MediaStore) -> None:
        self._database, self._media = database, media

    def sweep(self, workshop_id: int, *, now: datetime) -> None:
        """Deletes what nothing has named for a day, in which it could be wanted back; marks the others.

        Args:
            workshop_id: whose files are looked at; nobody else's are.
            now: aware.
        """
        with self._database.read() as session:
            found = [row.id for row in _unnamed(session, workshop_id, session.scalars(_loose(workshop_id)))]
        if not found:
            return
        with self._database.write() as session:
            # Whoever takes a file back locks its row, too; what another one holds is left for the next time.
            held = session.scalars(
                _loose(workshop_id).where(Media.id.in_(found)).with_for_update(skip_locked=True)
            ).all()
            names = _forget(session, _unnamed(session, workshop_id, held), now)
        for name in names:
            with suppress(OSError):  # a file without a row does no harm; a row without its file would
                self._media.remove(name)


def let_go(session: Session, media_id: int, *, now: datetime) -> None:
    """Marks a file that was taken from where it stood; from now on counts the time to want it back."""
    session.merge(LetGoMedia(media_id=media_id, at=now))


def take_back(session: Session, media_id: int) -> None:
    """Takes the mark away, if there is one."""
    mark = session.get(LetGoMedia, media_id)
    if mark is not None:
        session.delete(mark)


def _forget(session: Session, rows: Iterable[Media], now: datetime) -> list[str]:
    """Deletes the rows whose time is over, marks the others, and gives the names of the files to remove."""
    names = []
    for row in rows:
        mark = session.get(LetGoMedia, row.id)
        if mark is None:
            let_go(session, row.id, now=now)
        elif mark.at <= now - UNDO_PERIOD:
            session.delete(mark)
            session.flush()
            session.delete(row)
            names.append(row.name)
    return names


def _loose(workshop_id: int) -> Select[Media]:
    """Gives the select of a workshop's photos and voice notes that no row of any table refers to."""
    return select(Media).where(Media.workshop_id == workshop_id, Media.kind.in_(KINDS), ~_is_referred_to())


def _is_referred_to() -> ColumnElement[bool]:
    """Gives the condition over all foreign keys that there are, so that a new table's counts as well."""
    keys = [
        exists().where(key.parent == Media.id).correlate(Media)
        for table in Base.metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table.name == Media.__tablename__ and table.name != LetGoMedia.__tablename__
    ]
    condition: ColumnElement[bool] = keys[0]
    for key in keys[1:]:
        condition = condition | key
    return condition


def _unnamed(session: Session, workshop_id: int, loose: Iterable[Media]) -> Sequence[Media]:
    """Gives those of some files that neither a draft names nor a record of the workshop by its digest."""
    found = list(loose)
    if not found:
        return found
    drafted = _drafted(session, workshop_id)
    found = [row for row in found if row.id not in drafted]
    signed = _signed(session, workshop_id, {row.digest for row in found})
    return [row for row in found if row.digest not in signed]


def _drafted(session: Session, workshop_id: int) -> set[int]:
    documents = session.scalars(
        select(Draft.document).where(Draft.workshop_id == workshop_id, Draft.kind == LOT)
    )
    media = (json.loads(document).get("media") or {} for document in documents)
    return {one for steps in media for items in steps.values() for one in items}


def _signed(session: Session, workshop_id: int, digests: set[str]) -> set[str]:
    if not digests:
        return set()
    issuer = select(Workshop.issuer).where(Workshop.id == workshop_id).scalar_subquery()
    found: set[str] = set()
    for body in session.scalars(select(Record.body).where(Record.issuer == issuer)):
        found |= {digest for digest in digests if digest.encode("ascii") in body}
    return found
