"""Rows of the table that all drafts share: whose one is, of which kind, and how typed texts lie in it."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from shop.db.desk import Draft
from shop.errors import BadInput, NotFound
from shop.services.access.actors import Actor

__all__ = [
    "TABLE",
    "THROWN_AWAY",
    "add_row",
    "find_row",
    "has_row",
    "is_of",
    "is_table",
    "seen_by",
    "texts_document",
    "texts_of",
]

THROWN_AWAY: Final = "-"  # stands where otherwise stands what a draft became
TABLE: Final = "table"  # the first member of a checked table, which waits as a draft of a product
TEXT_MAX_CHARS: Final = 40_000  # of all fields of a form together


def seen_by(actor: Actor) -> ColumnElement[bool]:
    """Gives the condition that a draft is the person's workshop's, or her own where she has none."""
    if actor.workshop_id is not None:
        return Draft.workshop_id == actor.workshop_id
    return Draft.workshop_id.is_(None) & (Draft.account_id == actor.account_id)


def is_table() -> ColumnElement[bool]:
    """Gives the condition that a draft is a checked table that waits to be taken in."""
    return (Draft.kind == "product") & Draft.document.startswith(f'{{"{TABLE}":')


def is_of(kind: str) -> ColumnElement[bool]:
    """Gives the condition that a draft is of a kind and was typed: a checked table is of none."""
    return (Draft.kind == kind) & ~is_table()


def add_row(session: Session, actor: Actor, kind: str, document: str, *, token: str, now: datetime) -> Draft:
    """Adds an open draft of the person's and her workshop's.

    Args:
        session: of a transaction that writes.
        actor: who begins it.
        kind: one of DRAFT_KINDS.
        document: one JSON object.
        token: 16 characters or more, of no other draft.
        now: aware.
    """
    row = Draft(
        token=token,
        account_id=actor.account_id,
        workshop_id=actor.workshop_id,
        kind=kind,
        document=document,
        created_at=now,
        updated_at=now,
        became=None,
    )
    session.add(row)
    return row


def has_row(session: Session, token: str) -> bool:
    """Tells whether there is a draft under a token, whoever's it is."""
    # What cannot be printed is nobody's token, and PostgreSQL takes no zero byte to look for.
    return token.isprintable() and session.scalar(select(Draft.id).where(Draft.token == token)) is not None


def find_row(session: Session, actor: Actor, token: str, *, kind: str, is_to_change: bool = False) -> Draft:
    """Gives a draft that the person sees.

    Args:
        session: of the caller's transaction.
        actor: who asks.
        token: of the draft.
        kind: of which it must be.
        is_to_change: nobody else changes it before the transaction, which writes, ends.

    Raises:
        NotFound: NO_DRAFT, also where it is another workshop's or of another kind.
    """
    query = select(Draft).where(Draft.token == token, seen_by(actor), is_of(kind))
    if is_to_change:  # what was read before the lock was given may be old
        query = query.with_for_update().execution_options(populate_existing=True)
    row = session.scalar(query)
    if row is None:
        raise NotFound("NO_DRAFT", "there is no such draft")
    return row


def texts_document(texts: Mapping[str, str]) -> str:
    """Gives a form's texts, as they were typed, as a draft's document.

    Raises:
        BadInput: DRAFT_TOO_LARGE.
    """
    if sum(map(len, texts.values())) > TEXT_MAX_CHARS:
        raise BadInput("DRAFT_TOO_LARGE", f"at most {TEXT_MAX_CHARS} characters expected")
    return json.dumps(dict(texts), ensure_ascii=False)


def texts_of(row: Draft) -> dict[str, str]:
    """Gives the texts of a form that a draft holds."""
    return {name: text for name, text in json.loads(row.document).items() if isinstance(text, str)}
