"""What was typed into a desk's form so far, kept by the server; what is made of it is made once."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from shop.db.desk import Draft
from shop.db.session import Database
from shop.errors import BadInput, NotFound
from shop.services.access.actors import Actor

__all__ = ["TEXT_MAX_CHARS", "FormDraft", "FormDrafts", "draft_of", "kept_texts"]

TOKEN_MIN_CHARS: Final = 16
TOKEN_MAX_CHARS: Final = 100
FORMS_MAX: Final = 20  # of one kind that one account began and did not finish
TEXT_MAX_CHARS: Final = 40_000  # of all fields together
THROWN_AWAY: Final = "-"  # stands where otherwise stands what a draft became


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
        if sum(map(len, texts.values())) > TEXT_MAX_CHARS:
            raise BadInput("DRAFT_TOO_LARGE", f"at most {TEXT_MAX_CHARS} characters expected")
        with self.database.write() as session:
            draft = draft_of(session, actor, kind, token, now=now)
            if draft.became is None:
                draft.document, draft.updated_at = kept_texts(texts), now

    def read(self, actor: Actor, kind: str, token: str) -> FormDraft:
        """Gives what was kept, nothing where a token is new.

        Raises:
            NotFound: NO_DRAFT, when the token is somebody else's.
        """
        with self.database.read() as session:
            draft = session.scalar(select(Draft).where(Draft.token == token)) if token.isprintable() else None
        if draft is None:
            return FormDraft({}, None)
        _demand_own(draft, actor, kind)
        texts = json.loads(draft.document)
        return FormDraft({name: text for name, text in texts.items() if isinstance(text, str)}, draft.became)


def kept_texts(texts: Mapping[str, str]) -> str:
    """Gives what was typed as a draft's document."""
    # PostgreSQL takes no zero byte, and nothing that people mean holds one.
    kept = {name: text.replace("\x00", "") for name, text in texts.items()}
    return json.dumps(kept, ensure_ascii=False)


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
    draft = session.scalar(select(Draft).where(Draft.token == token).with_for_update())
    if draft is None:
        _make_room(session, actor, kind)
        draft = Draft(
            token=token,
            account_id=actor.account_id,
            workshop_id=actor.workshop_id,
            kind=kind,
            document="{}",
            created_at=now,
            updated_at=now,
            became=None,
        )
        session.add(draft)
        session.flush()
    _demand_own(draft, actor, kind)
    if draft.became == THROWN_AWAY:
        draft.became = None
    return draft


def _make_room(session: Session, actor: Actor, kind: str) -> None:
    """Deletes the forms that an account began and left alone longest: each new page may begin one."""
    mine = (Draft.account_id == actor.account_id, Draft.kind == kind, Draft.became.is_(None))
    newest = select(Draft.id).where(*mine).order_by(Draft.updated_at.desc(), Draft.id.desc())
    old = session.scalars(newest.offset(FORMS_MAX - 1)).all()
    session.execute(delete(Draft).where(Draft.id.in_(old)))


def _demand_own(draft: Draft, actor: Actor, kind: str) -> None:
    is_own = draft.account_id == actor.account_id or (
        actor.workshop_id is not None and draft.workshop_id == actor.workshop_id
    )
    if not is_own or (draft.kind, draft.workshop_id) != (kind, actor.workshop_id):
        raise NotFound("NO_DRAFT", f"account {actor.account_id} has no such draft")
