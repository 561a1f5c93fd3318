"""Drafts: what somebody began to fill in, kept as typed until it becomes something, or is thrown away."""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from shop.db.desk import DRAFT_KINDS, Draft
from shop.db.session import Database
from shop.errors import BadInput
from shop.services.access.actors import Actor
from shop.services.typed.draft_rows import THROWN_AWAY, add_row, find_row, is_of, seen_by

__all__ = [
    "UNDO_PERIOD",
    "DraftValue",
    "Drafts",
    "begin_draft",
    "lock_draft",
    "read_draft",
    "write_draft",
]

UNDO_PERIOD: Final = timedelta(days=1)
DRAFTS_MAX: Final = 200  # open ones of one kind and workshop, or of one person without any
DRAFT_MAX_BYTES: Final = 65_536
_TOKEN_BYTES: Final = 18


@dataclass(frozen=True, slots=True)
class DraftValue:
    """One draft.

    Attributes:
        token: its name in addresses; whatever is made of it is made once.
        kind: one of DRAFT_KINDS.
        document: what was typed so far.
        became: what was made of it, None as long as it is open.
        is_thrown_away: and may be taken back for a day.
    """

    token: str
    kind: str
    document: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    became: str | None = None
    is_thrown_away: bool = False


@dataclass(frozen=True, slots=True)
class Drafts:
    """Keeps drafts. A workshop's members share theirs; all others see only their own."""

    database: Database
    random: Callable[[int], str] = secrets.token_urlsafe

    def begin(self, actor: Actor, kind: str, document: dict[str, Any], *, now: datetime) -> str:
        """Begins a draft and gives its token; those that were thrown away long ago go for good.

        Raises:
            BadInput: UNKNOWN_DRAFT, for a kind that there is not; TOO_MANY_DRAFTS, DRAFT_TOO_LARGE.
        """
        token = self.random(_TOKEN_BYTES)
        with self.database.write() as session:
            begin_draft(session, actor, kind, document, token=token, now=now)
        return token

    def merge(self, actor: Actor, token: str, part: dict[str, Any], *, kind: str, now: datetime) -> None:
        """Puts some members in the place of a draft's own; all others stay, whoever writes them meanwhile.

        Raises:
            NotFound: NO_DRAFT, also where it is another workshop's or of another kind.
            BadInput: DRAFT_DONE, when something was made of it; DRAFT_TOO_LARGE.
        """
        with self.database.write() as session:
            row = lock_draft(session, actor, token, kind=kind)
            write_draft(row, json.loads(row.document) | part, now=now)

    def open(self, actor: Actor, token: str, *, kind: str) -> DraftValue:
        """Gives a draft, also one that is done.

        Raises:
            NotFound: NO_DRAFT, also where it is another workshop's or of another kind.
        """
        with self.database.read() as session:
            return read_draft(session, actor, token, kind=kind)

    def list(self, actor: Actor, *, kind: str) -> tuple[DraftValue, ...]:
        """Gives the open drafts of a kind, the one that was touched last first."""
        query = select(Draft).where(seen_by(actor), is_of(kind), Draft.became.is_(None))
        with self.database.read() as session:
            rows = session.scalars(query.order_by(Draft.updated_at.desc(), Draft.id.desc()).limit(DRAFTS_MAX))
            return tuple(_value(row) for row in rows)

    def throw_away(self, actor: Actor, token: str, *, kind: str, now: datetime) -> None:
        """Throws a draft away; it can be taken back for a day. Once more does nothing.

        Raises:
            NotFound: NO_DRAFT, also where it is of another kind.
            BadInput: DRAFT_DONE.
        """
        self._turn(actor, token, kind, old=None, new=THROWN_AWAY, now=now)

    def take_back(self, actor: Actor, token: str, *, kind: str, now: datetime) -> None:
        """Opens a draft again that was thrown away. Once more does nothing.

        Raises:
            NotFound: NO_DRAFT, also where it is of another kind.
            BadInput: DRAFT_DONE.
        """
        self._turn(actor, token, kind, old=THROWN_AWAY, new=None, now=now)

    def _turn(
        self, actor: Actor, token: str, kind: str, *, old: str | None, new: str | None, now: datetime
    ) -> None:
        """Opens or throws away a draft; where it is so already, nothing changes, its time neither."""
        with self.database.write() as session:
            row = find_row(session, actor, token, kind=kind, is_to_change=True)
            if row.became not in {None, THROWN_AWAY}:
                raise _done()
            if row.became == old:
                row.became, row.updated_at = new, now


def begin_draft(
    session: Session, actor: Actor, kind: str, document: dict[str, Any], *, token: str, now: datetime
) -> None:
    """Begins a draft within a transaction of the caller's, as `Drafts.begin` does in one of its own.

    Raises:
        BadInput: UNKNOWN_DRAFT, TOO_MANY_DRAFTS, DRAFT_TOO_LARGE.
    """
    if kind not in DRAFT_KINDS:
        raise BadInput("UNKNOWN_DRAFT", f"no draft is of the kind {kind[:40]!r}")
    text = _text(document)
    session.execute(delete(Draft).where(Draft.became == THROWN_AWAY, Draft.updated_at < now - UNDO_PERIOD))
    mine = session.scalars(
        select(Draft.id).where(seen_by(actor), is_of(kind), Draft.became.is_(None)).limit(DRAFTS_MAX)
    )
    if len(mine.all()) >= DRAFTS_MAX:
        raise BadInput("TOO_MANY_DRAFTS", f"at most {DRAFTS_MAX} open drafts expected")
    add_row(session, actor, kind, text, token=token, now=now)


def read_draft(session: Session, actor: Actor, token: str, *, kind: str) -> DraftValue:
    """Gives a draft within a transaction of the caller's.

    Raises:
        NotFound: NO_DRAFT, also where it is another workshop's or of another kind.
    """
    return _value(find_row(session, actor, token, kind=kind))


def lock_draft(session: Session, actor: Actor, token: str, *, kind: str, may_be_done: bool = False) -> Draft:
    """Gives a draft's row to change; nobody else changes it before the transaction ends.

    Args:
        session: of a transaction that writes.
        actor: who asks.
        token: of the draft.
        kind: of which it must be.
        may_be_done: give it too where something was made of it already.

    Raises:
        NotFound: NO_DRAFT.
        BadInput: DRAFT_DONE.
    """
    row = find_row(session, actor, token, kind=kind, is_to_change=True)
    if row.became == THROWN_AWAY or (row.became is not None and not may_be_done):
        raise _done()
    return row


def write_draft(row: Draft, document: dict[str, Any], *, now: datetime) -> None:
    """Puts what was typed into a draft's row.

    Raises:
        BadInput: DRAFT_TOO_LARGE.
    """
    row.document, row.updated_at = _text(document), now


def _value(row: Draft) -> DraftValue:
    is_thrown_away = row.became == THROWN_AWAY
    return DraftValue(
        token=row.token,
        kind=row.kind,
        document=json.loads(row.document),
        created_at=row.created_at,
        updated_at=row.updated_at,
        became=None if is_thrown_away else row.became,
        is_thrown_away=is_thrown_away,
    )


def _text(document: dict[str, Any]) -> str:
    text = json.dumps(document, ensure_ascii=False)
    if len(text.encode("utf-8", "surrogatepass")) > DRAFT_MAX_BYTES:
        raise BadInput("DRAFT_TOO_LARGE", f"a draft holds at most {DRAFT_MAX_BYTES} bytes")
    return text


def _done() -> BadInput:
    return BadInput("DRAFT_DONE", "something was made of this draft already, or it was thrown away")
