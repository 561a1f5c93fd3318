"""What an artisan typed into her application for a workshop so far; found by her account alone."""

import json
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
from shop.services.typed.form_drafts import TEXT_MAX_CHARS, kept_texts

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
        if sum(map(len, texts.values())) > TEXT_MAX_CHARS:
            raise BadInput("DRAFT_TOO_LARGE", f"at most {TEXT_MAX_CHARS} characters expected")
        with self.database.write() as session:
            # Sending locks the same row, so that nothing is kept between that and its end.
            account = session.get_one(Account, actor.account_id, with_for_update=True)
            if account.workshop_id is not None or _has_open(session, account.id):
                raise BadInput("APPLIED", f"account {account.id} has sent her application already")
            draft = _find(session, account.id) or _begin(session, account.id, now)
            draft.document, draft.updated_at = kept_texts(texts), now

    def read(self, actor: Actor) -> dict[str, str]:
        """Gives what was kept; nothing where nothing was."""
        with self.database.read() as session:
            draft = _find(session, actor.account_id)
        texts = json.loads(draft.document) if draft is not None else {}
        return {name: text for name, text in texts.items() if isinstance(text, str)}


def drop_application_draft(session: Session, account_id: int) -> None:
    """Deletes what a person typed into her application; nothing there is no mistake."""
    session.execute(delete(Draft).where(Draft.account_id == account_id, Draft.kind == KIND))


def _find(session: Session, account_id: int) -> Draft | None:
    mine = select(Draft).where(Draft.account_id == account_id, Draft.kind == KIND, Draft.became.is_(None))
    return session.scalar(mine.order_by(Draft.id.desc()).limit(1))


def _begin(session: Session, account_id: int, now: datetime) -> Draft:
    draft = Draft(
        token=secrets.token_urlsafe(_TOKEN_BYTES), account_id=account_id, workshop_id=None, kind=KIND,
        document="{}", created_at=now, updated_at=now, became=None,
    )  # fmt: skip
    session.add(draft)
    return draft


def _has_open(session: Session, account_id: int) -> bool:
    mine = (Request.account_id == account_id, Request.kind == KIND, Request.state == "open")
    return session.scalar(select(Request.id).where(*mine).limit(1)) is not None
