"""Correcting a lot whose labels are printed: earlier values, what would change, the signed correction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.db.lots import Lot
from shop.db.media import EventMedia, Media
from shop.db.session import Database
from shop.errors import BadInput
from shop.services.access.actors import Actor
from shop.services.access.audit_trail import note
from shop.services.issuing.deliveries import sign_form
from shop.services.issuing.withdrawing import corrected, find_earlier
from shop.services.keys.makers import Maker, find_maker, record_entry
from shop.services.lots.correction_drafts import (
    CORRECTION,
    CorrectionDraft,
    Opened,
    begun_document,
    make_correction,
    open_correction,
)
from shop.services.lots.earlier import find_lot, signed_of
from shop.services.lots.fields import Fields
from shop.services.lots.forms import FormMistake, MadeForm
from shop.services.lots.signing import LotSigning
from shop.services.signed.admission import Admission, Delivery
from shop.services.signed.changed_steps import step_changes
from shop.services.signed.corrections import passport_changes
from shop.services.signed.rows import local_id
from shop.services.signed.values import Change
from shop.services.typed.drafts import Drafts, DraftValue, lock_draft
from traceability.records.canonical import Document
from traceability.records.event import TraceEvent
from traceability.records.passport import LotPassport
from traceability.signing.trust import TrustKey

__all__ = ["CorrectionDesk", "CorrectionPreview"]


@dataclass(frozen=True, slots=True)
class CorrectionPreview:
    """What a correction would change; without changes or with mistakes it is not signed.

    Attributes:
        signer: the workshop's name as its key has it; None where no key of it can sign.
        is_held: the key lies on the artisan's own device.
        seen: names what is shown: signing anything else is refused.
    """

    draft: CorrectionDraft
    mistakes: tuple[FormMistake, ...]
    changes: tuple[Change, ...]
    signer: str | None
    is_held: bool
    seen: str


@dataclass(frozen=True, slots=True)
class CorrectionDesk:
    """Corrects the workshop's own lots. Units and serials stay: labels carry them."""

    kind: ClassVar = CORRECTION

    database: Database
    drafts: Drafts
    signing: LotSigning
    admission: Admission

    def begin(self, actor: Actor, lot_id: int, *, now: datetime) -> str:
        """Begins a correction with what was signed, or goes on with the open one; gives its token.

        Raises:
            NotFound: NO_LOT, also where it is another workshop's.
        """
        with self.database.read() as session:
            maker = find_maker(session, actor)
            lot, _ = find_lot(session, maker, lot_id)
            document = begun_document(session, maker, lot_id, now=now)
        begun = next((one for one in self.drafts.list(actor, kind=CORRECTION) if _is_about(one, lot)), None)
        return begun.token if begun is not None else self.drafts.begin(actor, CORRECTION, document, now=now)

    def draft(self, actor: Actor, token: str) -> CorrectionDraft:
        """Gives a draft.

        Raises:
            NotFound: NO_DRAFT, NO_LOT.
        """
        with self.database.read() as session:
            return open_correction(session, actor, token).draft

    def save(self, actor: Actor, token: str, fields: Fields, *, now: datetime) -> None:
        """Keeps what was typed, right or wrong.

        Raises:
            NotFound: NO_DRAFT.
            BadInput: DRAFT_DONE, DRAFT_TOO_LARGE.
        """
        self.drafts.merge(actor, token, {"fields": fields}, kind=CORRECTION, now=now)

    def preview(self, actor: Actor, token: str, *, now: datetime) -> CorrectionPreview:
        """Gives what would change.

        Raises:
            NotFound: NO_DRAFT, NO_LOT.
        """
        with self.database.read() as session:
            opened = open_correction(session, actor, token)
        made, entry = make_correction(opened, now), self.signing.entry(opened.maker, now)
        is_shown = not made.mistakes and not opened.draft.is_old and opened.draft.became is None
        changes = self._changes(opened, made.form, entry, now) if is_shown and entry is not None else ()
        return CorrectionPreview(
            draft=opened.draft,
            mistakes=made.mistakes,
            changes=changes,
            signer=entry.name if entry is not None else None,
            is_held=entry is not None and entry.custody == "holder",
            seen=opened.seen,
        )

    def issue(self, actor: Actor, token: str, *, seen: str, now: datetime) -> int:
        """Signs passport and notice with the key on this server, once for a draft; gives the lot's number.

        Args:
            actor: an artisan.
            token: of the draft.
            seen: as the preview gave it.
            now: aware time of signing.

        Raises:
            NotFound: NO_DRAFT, NO_LOT.
            BadInput: OTHER_DRAFT, where the draft is not the one that was looked at; OLD_DRAFT, LOT_MISTAKES,
                NOTHING_CHANGED, NO_KEY, and what admission raises.
            StorageBusy: nothing was changed.
        """
        draft = self.draft(actor, token)
        if draft.became is not None:
            return draft.lot_id
        form, maker = self.ready(actor, token, seen=seen, now=now)
        key = self.signing.key_here(maker, now)
        delivery = sign_form(self.signing.desk(form, now), "lot", key)
        return self.admit(actor, token, delivery, seen=seen, now=now)

    def ready(self, actor: Actor, token: str, *, seen: str, now: datetime) -> tuple[Document, Maker]:
        """Gives the form of a correction that may be signed, and who signs.

        Raises:
            NotFound: NO_DRAFT, NO_LOT.
            BadInput: OTHER_DRAFT, OLD_DRAFT, LOT_MISTAKES, NOTHING_CHANGED; NO_KEY, where no key of the
                workshop's is in force; DRAFT_DONE, where it was signed already.
        """
        with self.database.read() as session:
            opened = open_correction(session, actor, token)
        made = make_correction(opened, now)
        _demand_ready(opened, made, seen)
        entry = record_entry(self.signing.trust, opened.maker.did, now)
        if entry is None:
            raise BadInput("NO_KEY", f"no record key of {opened.maker.slug} is in force")
        if not self._changes(opened, made.form, entry, now):
            raise BadInput("NOTHING_CHANGED", "the correction says what was signed before")
        return made.form, opened.maker

    def admit(self, actor: Actor, token: str, delivery: Delivery, *, seen: str, now: datetime) -> int:
        """Stores what was signed of a draft, in one transaction with its end; gives the lot's number.

        Between showing and storing anybody may have given a notice: what was shown is judged once more here,
        and what comes in while this waits for the log, admission sees.

        Raises:
            BadInput: OTHER_DRAFT, OLD_DRAFT, LOT_MISTAKES, and what admission raises; nothing was changed.
        """
        with self.database.write() as session:
            row = lock_draft(session, actor, token, kind=CORRECTION, may_be_done=True)
            opened = open_correction(session, actor, token)
            draft = opened.draft
            if draft.became is not None:
                return draft.lot_id
            _demand_ready(opened, make_correction(opened, now), seen)
            self.admission.take_in(session, delivery, now=now)
            row.became, row.updated_at = session.get_one(Lot, draft.lot_id).record_id, now
            _keep_media(session, opened, row.became)
            note(session, actor, "lot correct", row.became, at=now, reason=draft.fields["reason"])
        self.admission.sign_log(now)
        return draft.lot_id

    def _changes(self, opened: Opened, form: Document, entry: TrustKey, now: datetime) -> tuple[Change, ...]:
        desk = self.signing.desk(form, now)
        forms = desk.forms(entry)
        events = [filled.record for filled in forms.events(form)]
        record = corrected(forms, form, find_earlier(desk), ()).record
        if not isinstance(record, LotPassport):
            return ()
        kept = form.get("keeps")
        gone = _gone(opened.earlier.events, kept) if kept is not None else ()
        come = [event for event in events if isinstance(event, TraceEvent)]
        return (*passport_changes(opened.earlier.passport, record), *step_changes(gone, come))


def _gone(events: Sequence[TraceEvent], kept: Sequence[str]) -> list[TraceEvent]:
    return [event for event in events if local_id(event.envelope.id) not in kept]


def _demand_shown(opened: Opened, seen: str) -> None:
    if opened.seen != seen:
        raise BadInput("OTHER_DRAFT", "the draft was changed after it was shown")
    if opened.draft.is_old:
        raise BadInput("OLD_DRAFT", "the lot was corrected otherwise since this draft was begun")


def _demand_ready(opened: Opened, made: MadeForm, seen: str) -> None:
    if opened.draft.became is not None:
        raise BadInput("DRAFT_DONE", "the correction was signed already")
    _demand_shown(opened, seen)
    if made.mistakes:
        fields = ", ".join(mistake.field for mistake in made.mistakes)
        raise BadInput("LOT_MISTAKES", f"the draft cannot be signed yet: {fields}")


def _keep_media(session: Session, opened: Opened, record_id: str) -> None:
    """Ties photos and voice notes of a step that was signed anew to its new record, which names them."""
    before = {local_id(event.envelope.id) for event in opened.earlier.events}
    rows = session.execute(
        select(Media.id, Media.digest)
        .join(EventMedia, EventMedia.media_id == Media.id)
        .where(EventMedia.record_id.in_(before))
    ).all()
    found = {digest: media_id for media_id, digest in rows}
    for item in signed_of(session, record_id)[1]:
        name = local_id(item.envelope.id)
        if isinstance(item.record, TraceEvent) and name not in before:
            kept = [found[digest] for digest in item.record.evidence if digest in found]
            session.add_all(EventMedia(record_id=name, media_id=media_id) for media_id in kept)
    session.flush()


def _is_about(draft: DraftValue, lot: Lot) -> bool:
    return bool(draft.document["lot"] == lot.id and draft.document["corrects"] == lot.record_id)
