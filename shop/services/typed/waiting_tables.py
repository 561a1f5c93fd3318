"""Tables that were checked and wait to be taken in, each once: one a person, under a token of its own."""

import json
import secrets
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from shop.db.desk import Draft
from shop.errors import NotFound
from shop.services.access.actors import Actor
from shop.services.typed.draft_rows import TABLE, add_row, is_table

__all__ = ["TableOf", "forget_tables", "keep_table", "take_table"]

TableOf = Literal["products", "steps"]

_OF: Final = "of"  # what the table is about; the first ones, of products, did not say so
TOKEN_BYTES: Final = 24


def forget_tables(session: Session, actor: Actor) -> None:
    """Deletes tables that the person had checked before: one waits at a time."""
    session.execute(delete(Draft).where(Draft.account_id == actor.account_id, is_table()))


def keep_table(session: Session, actor: Actor, of: TableOf, data: bytes, *, now: datetime) -> str:
    """Keeps a checked table, as `write_table` gives it, and gives the token that takes it in."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    document = json.dumps({TABLE: data.decode(), _OF: of}, ensure_ascii=False)
    # Tables of both are of this kind: where a product's draft is gone on with, they are left out.
    add_row(session, actor, "product", document, token=token, now=now)
    return token


def take_table(session: Session, actor: Actor, of: TableOf, token: str) -> bytes:
    """Gives a table that waits, and ends its waiting with the caller's transaction.

    Raises:
        NotFound: NO_TABLE, also when it was taken in already.
    """
    mine = (Draft.token == token, Draft.account_id == actor.account_id, is_table())
    draft = session.scalar(select(Draft).where(*mine).with_for_update())
    kept = json.loads(draft.document) if draft is not None else {}
    if draft is None or kept.get(_OF, "products") != of:
        raise NotFound("NO_TABLE", "no checked table waits under this token")
    session.delete(draft)
    return bytes(kept[TABLE].encode())
