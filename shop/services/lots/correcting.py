"""Correcting a lot whose labels are printed: earlier values, what would change, the signed correction."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy.orm import Session

from shop.db.lots import Lot
from shop.db.session import Database
from shop.errors import BadInput, NotFound
from shop.services.actors import Actor
from shop.services.admission import Admission
from shop.services.audit_trail import note
from shop.services.corrections import passport_changes
from shop.services.drafts import Drafts, DraftValue, lock_draft, read_draft
from shop.services.issuing.deliveries import sign_form
from shop.services.issuing.desk import Desk
from shop.services.issuing.withdrawing import corrected
from shop.services.keyring import Keyring
from shop.services.lots.beginnings import EarlierLot, passport_fields
from shop.services.lots.earlier import find_lot, read_lot, signed_of
from shop.services.lots.fields import Fields
from shop.services.lots.forms import FormMistake, MadeForm, make_form
from shop.services.lots.products import LotProduct, Maker, find_maker, find_product
from shop.services.signed_rows import local_id
from shop.services.verification_values import Change
from traceability.evidence import SignedRecord
from traceability.issue import SigningKey
from traceability.records.canonical import Document
from traceability.records.event import TraceEvent
from traceability.records.facility import WorkshopRecord
from traceability.records.passport import LotPassport
from traceability.signing.trust import TrustList

__all__ = ["CorrectionDesk", "CorrectionDraft", "CorrectionPreview"]

KIND: Final = "correction"


@dataclass(frozen=True, slots=True)
class CorrectionDraft:
    """A correction as typed so far.

    Attributes:
        lot_id: number of the lot's row.
        number: of the lot, as printed.
        is_old: another correction came in between, so that this one corrects nothing any more.
    """

    token: str
    lot_id: int
    number: str
    product: LotProduct
    fields: Fields
    is_old: bool
    became: str | None


@dataclass(frozen=True, slots=True)
class CorrectionPreview:
    """What a correction would change; without changes or with mistakes it is not signed."""

    draft: CorrectionDraft
    mistakes: tuple[FormMistake, ...]
    changes: tuple[Change, ...]
    signer: str | None


@dataclass(frozen=True, slots=True)
class _Opened:
    """A draft with all that it is about."""

    draft: CorrectionDraft
    maker: Maker
    earlier: EarlierLot
    papers: tuple[str, ...]
    serials: bytes
    corrects: str


@dataclass(frozen=True, slots=True)
class CorrectionDesk:
    """Corrects the workshop's own lots. Units, serials and steps stay: labels carry them."""

    database: Database
    drafts: Drafts
    trust: TrustList
    host: str
    keyring: Keyring
    admission: Admission

    def begin(self, actor: Actor, lot_id: int, *, now: datetime) -> str:
        """Begins a correction with what was signed, or goes on with the open one; gives its token.

        Raises:
            NotFound: NO_LOT, also where it is another workshop's.
        """
        with self.database.read() as session:
            lot, product = find_lot(session, find_maker(session, actor), lot_id)
            earlier = read_lot(session, lot.record_id)
        begun = next((one for one in self.drafts.list(actor, kind=KIND) if _is_about(one, lot)), None)
        if begun is not None:
            return begun.token
        passport = earlier.passport
        fields = passport_fields(earlier) | {
            "madeOn": passport.made_on.isoformat(),
            "expiresOn": passport.expires_on.isoformat() if passport.expires_on else "",
            "reason": "",
        }
        document = {"lot": lot_id, "corrects": lot.record_id, "product": product.slug, "fields": fields}
        return self.drafts.begin(actor, KIND, document, now=now)

    def draft(self, actor: Actor, token: str) -> CorrectionDraft:
        """Gives a draft.

        Raises:
            NotFound: NO_DRAFT, NO_LOT.
        """
        with self.database.read() as session:
            return _open(session, actor, token).draft

    def save(self, actor: Actor, token: str, fields: Fields, *, now: datetime) -> None:
        """Keeps what was typed, right or wrong.

        Raises:
            NotFound: NO_DRAFT.
            BadInput: DRAFT_DONE, DRAFT_TOO_LARGE.
        """
        document = self.drafts.open(actor, token, kind=KIND).document
        self.drafts.save(actor, token, document | {"fields": fields}, now=now)

    def preview(self, actor: Actor, token: str, *, now: datetime) -> CorrectionPreview:
        """Gives what would change.

        Raises:
            NotFound: NO_DRAFT, NO_LOT.
        """
        with self.database.read() as session:
            opened = _open(session, actor, token)
        made, key = _make(opened, now), self.keyring.key(opened.maker.did, "record", now=now)
        changes: tuple[Change, ...] = ()
        if not made.mistakes and key is not None:
            forms = self._desk(made.form, now).forms(key.entry)
            filled = corrected(forms, made.form, opened.earlier.passport, (), opened.serials)
            record: Any = filled.record
            changes = passport_changes(opened.earlier.passport, record)
        return CorrectionPreview(opened.draft, made.mistakes, changes, key.entry.name if key else None)

    def issue(self, actor: Actor, token: str, *, now: datetime) -> int:
        """Signs passport and notice, once for a draft; gives the number of the lot's row.

        Raises:
            NotFound: NO_DRAFT, NO_LOT.
            BadInput: OLD_DRAFT, LOT_MISTAKES, NOTHING_CHANGED, NO_KEY, and what admission raises.
            StorageBusy: nothing was changed.
        """
        preview = self.preview(actor, token, now=now)
        if preview.draft.became is not None:
            return preview.draft.lot_id
        _demand_ready(preview)
        with self.database.read() as session:
            opened = _open(session, actor, token)
        key = self.keyring.key(opened.maker.did, "record", now=now)
        if key is None:
            raise BadInput("NO_KEY", f"no record key of {opened.maker.slug} is here and in force")
        self._store(actor, token, opened, key, now)
        return opened.draft.lot_id

    def _store(self, actor: Actor, token: str, opened: _Opened, key: SigningKey, now: datetime) -> None:
        form = _make(opened, now).form
        delivery = sign_form(self._desk(form, now), "lot", key)
        with self.database.write() as session:
            row = lock_draft(session, actor, token, may_be_done=True)
            if row.became is not None:
                return
            again = _open(session, actor, token)
            if again.draft.fields != opened.draft.fields or again.corrects != opened.corrects:
                raise BadInput("OTHER_DRAFT", "the draft was changed after it was shown")
            self.admission.take_in(session, delivery, now=now)
            row.became, row.updated_at = session.get_one(Lot, opened.draft.lot_id).record_id, now
            note(session, actor, "lot correct", row.became, at=now, reason=form["reason"])
        self.admission.sign_log(now)

    def _desk(self, form: Document, now: datetime) -> Desk:
        return Desk(self.database, self.trust, self.host, form, Path(), now.replace(microsecond=0))


def _open(session: Session, actor: Actor, token: str) -> _Opened:
    maker, found = find_maker(session, actor), read_draft(session, actor, token)
    if found.kind != KIND or found.is_thrown_away:
        raise NotFound("NO_DRAFT", "there is no such draft of a correction")
    document = found.document
    lot, row = find_lot(session, maker, document["lot"])
    earlier, linked = read_lot(session, document["corrects"]), signed_of(session, document["corrects"])[1]
    product = find_product(session, maker, row.slug)
    category = earlier.passport.category
    draft = CorrectionDraft(
        token=token,
        lot_id=lot.id,
        number=lot.number,
        product=replace(product, hs={"code": category.code, "name": category.name}),
        fields=document["fields"],
        is_old=lot.record_id != document["corrects"] and found.became is None,
        became=found.became,
    )
    papers = tuple(local_id(item.envelope.id) for item in linked if _is_paper(item))
    return _Opened(draft, maker, earlier, papers, lot.serials, document["corrects"])


def _is_paper(item: SignedRecord) -> bool:
    return not isinstance(item.record, TraceEvent | WorkshopRecord | LotPassport)


def _make(opened: _Opened, now: datetime) -> MadeForm:
    passport = opened.earlier.passport
    fields = opened.draft.fields | {"lot": passport.lot, "units": str(passport.unit_count)}
    # The steps that were signed stay, so none is read from the draft.
    fields = {name: text for name, text in fields.items() if not name.startswith("step-")}
    made = make_form(fields, opened.draft.product, opened.maker, now=now, corrects=opened.corrects)
    made.form.update({"papers": list(opened.papers)} if opened.papers else {})
    return made


def _demand_ready(preview: CorrectionPreview) -> None:
    if preview.draft.is_old:
        raise BadInput("OLD_DRAFT", "the lot was corrected otherwise since this draft was begun")
    if preview.mistakes:
        fields = ", ".join(mistake.field for mistake in preview.mistakes)
        raise BadInput("LOT_MISTAKES", f"the draft cannot be signed yet: {fields}")
    if not preview.changes:
        raise BadInput("NOTHING_CHANGED", "the correction says what was signed before")


def _is_about(draft: DraftValue, lot: Lot) -> bool:
    return bool(draft.document["lot"] == lot.id and draft.document["corrects"] == lot.record_id)
