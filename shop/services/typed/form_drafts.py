"""What was typed into a desk's form so far, kept by the server; what is made of it is made once."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shop.db.desk import Draft
from shop.db.session import Database
from shop.errors import BadInput
from shop.services.access.actors import Actor
from shop.services.typed.draft_rows import (
    THROWN_AWAY,
    add_row,
    find_row,
    has_row,
    is_of,
    texts_document,
    texts_of,
)

__all__ = ["FormDraft", "FormDrafts", "draft_of"]

TOKEN_MIN_CHARS: Final = 16
TOKEN_MAX_CHARS: Final = 100
FORMS_MAX: Final = 20  # of one kind that one account began and did not finish


@dataclass(frozen=True, slots=True)
class FormDraft:
    """The fields as they were typed, and what was made of them, None as long as nothing was."""

    texts: Mapping[str, str]
    became: str | None


@dataclass(frozen=True, slots=True)
class FormDrafts:
    """Keeps forms. A workshop's members share theirs; who has no workshop keeps her own."""

    database: Database

    def keep(self, actor: Actor, kind: str, token: str, texts: Mapping[str, str], *, now: datetime) -> None:
        """Keeps what was typed under a token of the page's; one that became something stays as it is.

        Raises:
            BadInput: BAD_TOKEN, DRAFT_TOO_LARGE.
            NotFound: NO_DRAFT, when the token is somebody else's.
        """
        document = texts_document(texts)
        with self.database.write() as session:
            draft = draft_of(session, actor, kind, token, now=now)
            if draft.became is None:
                draft.document, draft.updated_at = document, now

    def read(self, actor: Actor, kind: str, token: str) -> FormDraft:
        """Gives what was kept, nothing where a token is new.

        Raises:
            NotFound: NO_DRAFT, when the token is somebody else's.
        """
        with self.database.read() as session:
            if not has_row(session, token):
                return FormDraft({}, None)
            draft = find_row(session, actor, token, kind=kind)
            return FormDraft(texts_of(draft), draft.became)


def draft_of(session: Session, actor: Actor, kind: str, token: str, *, now: datetime) -> Draft:
    """Gives the draft of a token, locked; a form that was never saved as a draft gets one now.

    Args:
        session: of a transaction that writes.
        actor: whose draft it must be, or whose workshop's.
        kind: one of DRAFT_KINDS.
        token: 16 to 100 ASCII characters.
        now: aware.

    Raises:
        BadInput: BAD_TOKEN.
        NotFound: NO_DRAFT, when it is somebody else's or of another kind.
    """
    if not (TOKEN_MIN_CHARS <= len(token) <= TOKEN_MAX_CHARS and token.isascii() and token.isprintable()):
        raise BadInput("BAD_TOKEN", f"{TOKEN_MIN_CHARS} or more characters expected, got {len(token)}")
    if not has_row(session, token):
        _make_room(session, actor, kind)
        # The same page may save itself and be sent at once; then one of the two begins the draft for both.
        with suppress(IntegrityError), session.begin_nested():
            add_row(session, actor, kind, "{}", token=token, now=now)
            session.flush()
    draft = find_row(session, actor, token, kind=kind, is_to_change=True)
    if draft.became == THROWN_AWAY:
        draft.became = None
    return draft


def _make_room(session: Session, actor: Actor, kind: str) -> None:
    """Deletes the forms that an account began and left alone longest: each new page may begin one."""
    mine = (Draft.account_id == actor.account_id, is_of(kind), Draft.became.is_(None))
    newest = select(Draft.id).where(*mine).order_by(Draft.updated_at.desc(), Draft.id.desc())
    old = session.scalars(newest.offset(FORMS_MAX - 1)).all()
    session.execute(delete(Draft).where(Draft.id.in_(old)))
