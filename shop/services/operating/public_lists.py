"""What everybody may read, as the operator looks through it: keys of the trust list, entries of the log."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, func, or_, select, true

from shop.db.log import LogEntry
from shop.db.lots import Record
from shop.db.session import Database
from shop.folding import fold, in_human_order
from shop.services.access.actors import OPERATOR, Actor, demand_role
from shop.services.listing import EXPORT_MAX_ROWS, ROWS_A_PAGE, Listed, in_pages, page_numbers
from shop.services.storefront.cards import Rows
from traceability.signing.trust import TrustKey, TrustList

__all__ = ["KEY_STATES", "ListedEntry", "PublicLists"]

KEY_STATES: Final = ("in_force", "ended")


@dataclass(frozen=True, slots=True)
class ListedEntry:
    """One entry of the log.

    Attributes:
        kind: of what was logged, such as `LotPassport`.
        entry_id: the address under which it was logged.
        record_id: local id, None where it is no record.
        issuer: by the name that the trust list has for it; its DID where it has none, empty without one.
        issued_at: as the record says; None where it is no record.
    """

    index: int
    kind: str
    entry_id: str
    record_id: str | None
    issuer: str
    issued_at: datetime | None


@dataclass(frozen=True, slots=True)
class PublicLists:
    """Reads them."""

    database: Database
    trust: TrustList

    def keys(
        self, actor: Actor, *, state: str | None = None, search: str = "", number: int = 1
    ) -> Listed[TrustKey]:
        """Gives a page of the trust list's keys, by name.

        Args:
            actor: an operator.
            state: one of KEY_STATES, None for all.
            search: part of a name, with or without marks, of a key's id or of a place.
            number: from 1; behind the last page gives the last one.

        Raises:
            Forbidden: for all others.
        """
        return in_pages(self.all_keys(actor, state=state, search=search), number)

    def all_keys(self, actor: Actor, *, state: str | None = None, search: str = "") -> tuple[TrustKey, ...]:
        """Gives all keys that `keys` chooses.

        Raises:
            Forbidden: for all but operators.
        """
        demand_role(actor, OPERATOR)
        wanted = fold(search.strip())
        found = [key for key in self.trust.keys if state in (None, _state(key)) and wanted in _words(key)]
        return tuple(sorted(found, key=lambda key: (in_human_order(key.name), key.method.id)))

    def entries(self, actor: Actor, *, search: str = "", number: int = 1) -> Listed[ListedEntry]:
        """Gives a page of the log, newest first.

        Args:
            actor: an operator.
            search: part of an address, of a kind or of an issuer's DID.
            number: from 1; behind the last page gives the last one.

        Raises:
            Forbidden: for all others.
        """
        demand_role(actor, OPERATOR)
        chosen = _chosen(search)
        with self.database.read() as session:
            total = session.scalar(_joined(select(func.count(LogEntry.idx))).where(chosen)) or 0
            number, pages = page_numbers(total, number)
            query = _query(chosen).limit(ROWS_A_PAGE).offset((number - 1) * ROWS_A_PAGE)
            rows = session.execute(query).all()
        return Listed(tuple(map(self._entry, rows)), total, number, pages)

    def all_entries(self, actor: Actor, *, search: str = "") -> tuple[ListedEntry, ...]:
        """Gives the entries that `entries` chooses; at most EXPORT_MAX_ROWS, the newest.

        Raises:
            Forbidden: for all but operators.
        """
        demand_role(actor, OPERATOR)
        with self.database.read() as session:
            rows = session.execute(_query(_chosen(search)).limit(EXPORT_MAX_ROWS)).all()
        return tuple(map(self._entry, rows))

    def _entry(self, row: Any) -> ListedEntry:
        said = json.loads(row.body)
        did = str(said.get("issuer") or "")
        names = self.trust.keys_of(did)
        return ListedEntry(
            index=row.idx,
            kind=str(said.get("type", "")),
            entry_id=row.entry_id,
            record_id=row.id,
            issuer=names[-1].name if names else did,
            issued_at=row.issued_at,
        )


def _state(key: TrustKey) -> str:
    return "in_force" if key.revoked is None else "ended"


def _words(key: TrustKey) -> str:
    return fold(" ".join((key.name, key.method.id, key.role, *key.scope)))


def _joined(query: Rows) -> Rows:
    return query.select_from(LogEntry).outerjoin(Record, Record.url == LogEntry.entry_id)


def _query(chosen: ColumnElement[bool]) -> Rows:
    columns = select(LogEntry.idx, LogEntry.entry_id, LogEntry.body, Record.id, Record.issued_at)
    return _joined(columns).where(chosen).order_by(LogEntry.idx.desc())


def _chosen(search: str) -> ColumnElement[bool]:
    wanted = search.strip()
    columns = (LogEntry.entry_id, Record.type, Record.issuer)
    found = or_(*(column.icontains(wanted, autoescape=True) for column in columns))
    return found if wanted else true()
