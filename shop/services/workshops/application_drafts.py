"""What an artisan typed into her application for a workshop so far; found by her account alone."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from shop.db.accounts import Account
from shop.db.desk import Draft, Request
from shop.db.session import Database
from shop.errors import BadInput
from shop.services.access.actors import Actor
from shop.services.typed.draft_rows import add_row, texts_document, texts_of

__all__ = ["ApplicationDrafts", "drop_application_draft"]

KIND: Final = "workshop"
_TOKEN_BYTES: Final = 18


@dataclass(frozen=True, slots=True)
class ApplicationDrafts:
    """Keeps applications that were not sent yet, one a person; no token of them leaves the server."""

    database: Database

    def keep(self, actor: Actor, texts: Mapping[str, str], *, now: datetime) -> None:
        """Keeps what was typed, unless it was sent meanwhile: the phone number is to go with the decision.

        Raises:
            BadInput: DRAFT_TOO_LARGE; APPLIED, where her application is open or her workshop is there.
        """
        document = texts_document(texts)
        with self.database.write() as session:
            # Sending locks the same row, so that nothing is kept between that and its end.
            account = session.get_one(Account, actor.account_id, with_for_update=True)
            if account.workshop_id is not None or _has_open(session, account.id):
                raise BadInput("APPLIED", f"account {account.id} has sent her application already")
            draft = _find(session, account.id)
            if draft is None:
                token = secrets.token_urlsafe(_TOKEN_BYTES)
                add_row(session, actor, KIND, document, token=token, now=now)
            else:
                draft.document, draft.updated_at = document, now

    def read(self, actor: Actor) -> dict[str, str]:
        """Gives what was kept; nothing where nothing was."""
        with self.database.read() as session:
            draft = _find(session, actor.account_id)
        return texts_of(draft) if draft is not None else {}


def drop_application_draft(session: Session, account_id: int) -> None:
    """Deletes what a person typed into her application; nothing there is no mistake."""
    session.execute(delete(Draft).where(Draft.account_id == account_id, Draft.kind == KIND))


def _find(session: Session, account_id: int) -> Draft | None:
    mine = select(Draft).where(Draft.account_id == account_id, Draft.kind == KIND, Draft.became.is_(None))
    return session.scalar(mine.order_by(Draft.id.desc()).limit(1))


def _has_open(session: Session, account_id: int) -> bool:
    mine = (Request.account_id == account_id, Request.kind == KIND, Request.state == "open")
    return session.scalar(select(Request.id).where(*mine).limit(1)) is not None
