"""Photos and voice notes of a lot's steps: files beside the signed bytes, which hold their digests."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from shop.db.media import Media
from shop.db.session import Database
from shop.errors import BadInput, NotFound
from shop.media import MediaStore, media_headers
from shop.services.access.actors import Actor
from shop.services.keys.makers import find_maker
from shop.services.lots.drafted import LOT_DRAFT, LotDraft, read_lot_draft
from shop.services.lots.fields import row_count
from shop.services.typed.drafts import lock_draft, write_draft
from shop.services.uploads.let_go import LetGo, let_go, take_back
from shop.services.uploads.rows import add_media
from traceability.limits import EVENT_EVIDENCE_MAX

__all__ = ["StepPictures"]


class StepPictures:
    """Keeps what an artisan shows and says of the steps of her own lots."""

    def __init__(self, database: Database, media: MediaStore) -> None:
        self._database, self._media = database, media
        self._let_go = LetGo(database, media)

    def add(self, actor: Actor, token: str, step: int, data: bytes, *, is_voice: bool, now: datetime) -> int:
        """Keeps a photo, drawn anew, or a voice note as it is, and gives its id.

        Args:
            actor: an artisan.
            token: of a lot's draft.
            step: number of one of its steps.
            data: the uploaded file.
            is_voice: whether it is a voice note.
            now: aware.

        Raises:
            NotFound: NO_DRAFT; NO_STEP.
            BadInput: DRAFT_DONE, TOO_MANY; PICTURE_TOO_LARGE, NOT_A_PICTURE, VOICE_TOO_LARGE,
                NOT_A_VOICE_NOTE.
            StorageBusy: other pictures are being drawn; nothing was kept.
        """
        with self._database.read() as session:
            draft, maker = read_lot_draft(session, actor, token)
        _demand_step(draft, step)
        self._let_go.sweep(maker.id, now=now)
        # Drawing takes up to a second, in which nobody else should wait for the database.
        stored = self._media.keep_voice(data) if is_voice else self._media.keep_photo(data)
        try:
            with self._database.write() as session:
                row = lock_draft(session, actor, token, kind=LOT_DRAFT)
                media_id = add_media(
                    session, stored, account_id=actor.account_id, workshop_id=maker.id, now=now
                )
                _change(row, step, add=media_id, now=now)
                return media_id
        except BaseException:
            self._media.remove(stored.name)
            raise

    def drop(self, actor: Actor, token: str, step: int, media_id: int, *, now: datetime) -> None:
        """Takes a photo or voice note from its step; for a day it can be put back, then the file may go.

        Raises:
            NotFound: NO_DRAFT.
            BadInput: DRAFT_DONE.
        """
        with self._database.write() as session:
            draft, _ = read_lot_draft(session, actor, token)
            _change(lock_draft(session, actor, token, kind=LOT_DRAFT), step, drop=media_id, now=now)
            if any(item.id == media_id for item in draft.media.get(step, ())):
                let_go(session, media_id, now=now)

    def put_back(self, actor: Actor, token: str, step: int, media_id: int, *, now: datetime) -> None:
        """Takes `drop` back.

        Raises:
            NotFound: NO_DRAFT; NO_STEP; NO_MEDIA, for a paper, a file of somebody else's or one that is gone.
            BadInput: DRAFT_DONE, TOO_MANY.
        """
        with self._database.write() as session:
            draft, maker = read_lot_draft(session, actor, token)
            _demand_step(draft, step)
            # The lock keeps it from being forgotten in the meantime.
            media = session.get(Media, media_id, with_for_update=True)
            if media is None or media.workshop_id != maker.id or media.kind == "paper":
                raise NotFound("NO_MEDIA", "no such file is stored")
            take_back(session, media_id)
            _change(lock_draft(session, actor, token, kind=LOT_DRAFT), step, add=media_id, now=now)

    def file(self, actor: Actor, name: str) -> tuple[Path, dict[str, str]]:
        """Gives the file of a photo, in any size, or of a voice note, and the headers to serve it with.

        Raises:
            NotFound: NO_MEDIA, also where it is another workshop's.
        """
        path = self._media.path(name)
        whole = name.partition("-")[0].removesuffix(".webp") + ".webp" if name.endswith(".webp") else name
        with self._database.read() as session:
            maker = find_maker(session, actor)
            found = session.scalar(
                select(Media.id).where(
                    Media.name == whole, Media.workshop_id == maker.id, Media.kind != "paper"
                )
            )
        if found is None:
            raise NotFound("NO_MEDIA", "no such file is stored")
        return path, media_headers(name)


def _demand_step(draft: LotDraft, step: int) -> None:
    if not 1 <= step <= row_count(draft.fields, "step"):
        raise NotFound("NO_STEP", f"the draft has no step {step}")


def _change(row: Any, step: int, *, add: int | None = None, drop: int | None = None, now: datetime) -> None:
    """Adds or drops a file of a step in a draft's row."""
    document = json.loads(row.document)
    media: dict[str, list[int]] = document.setdefault("media", {})
    kept = [one for one in media.get(str(step), []) if one not in {add, drop}]
    kept += [add] if add is not None else []
    if len(kept) > EVENT_EVIDENCE_MAX:
        raise BadInput("TOO_MANY", f"at most {EVENT_EVIDENCE_MAX} files of a step expected")
    media[str(step)] = kept
    write_draft(row, document, now=now)
