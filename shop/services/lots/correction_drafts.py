"""The draft of a correction with all that it is about, and the form that its typed fields make."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from shop.db.lots import Lot
from shop.errors import NotFound
from shop.services.access.actors import Actor
from shop.services.keys.makers import Maker, find_maker
from shop.services.lots.beginnings import EarlierLot, copied_fields
from shop.services.lots.earlier import find_lot, read_lot, signed_of
from shop.services.lots.fields import Fields, rows
from shop.services.lots.forms import FormMistake, MadeForm, make_form
from shop.services.lots.products import LotProduct, find_product
from shop.services.lots.signed_steps import step_form, with_pieces
from shop.services.signed.noticed_steps import noticed_steps
from shop.services.signed.rows import local_id
from shop.services.typed.drafts import read_draft
from traceability.evidence import SignedRecord
from traceability.records.canonical import Document
from traceability.records.event import TraceEvent
from traceability.records.facility import WorkshopRecord
from traceability.records.passport import LotPassport

__all__ = ["CORRECTION", "CorrectionDraft", "Opened", "begun_document", "make_correction", "open_correction"]

CORRECTION: Final = "correction"


@dataclass(frozen=True, slots=True)
class CorrectionDraft:
    """A correction as typed so far.

    Attributes:
        lot_id: number of the lot's row.
        number: of the lot, as printed.
        units: of the lot, which labels carry.
        has_steps: the steps can be changed here; else a form could not say all that was signed of them.
        is_old: another correction came in between, so that this one corrects nothing any more.
    """

    token: str
    lot_id: int
    number: str
    units: int
    product: LotProduct
    fields: Fields
    has_steps: bool
    is_old: bool
    became: str | None


@dataclass(frozen=True, slots=True)
class Opened:
    """A draft with all that it is about.

    Attributes:
        papers: local ids of what else than steps and workshop the earlier passport links to.
        bound: local ids of steps about which somebody gave a notice; they stay, or it would be shed.
        corrects: local id of the earlier passport.
    """

    draft: CorrectionDraft
    maker: Maker
    earlier: EarlierLot
    papers: tuple[str, ...]
    bound: frozenset[str]
    corrects: str

    @property
    def seen(self) -> str:
        """Names exactly what the draft says now, and all that binds it."""
        product, bound = self.draft.product.to_form(), sorted(self.bound)
        text = [self.draft.fields, self.corrects, product, self.papers, bound]
        return hashlib.sha256(json.dumps(text, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def begun_document(session: Session, maker: Maker, lot_id: int, *, now: datetime) -> Document:
    """Gives the document of a draft that says what was signed.

    Raises:
        NotFound: NO_LOT, also where it is another workshop's.
    """
    lot, product = find_lot(session, maker, lot_id)
    earlier = read_lot(session, lot.record_id)
    passport = earlier.passport
    fields = copied_fields(earlier, units=passport.unit_count, made_on=passport.made_on, now=now)
    for number, event in enumerate(earlier.events, start=1):
        fields[f"step-{number}-was"] = local_id(event.envelope.id)
    fields |= {
        "madeOn": passport.made_on.isoformat(),
        "expiresOn": passport.expires_on.isoformat() if passport.expires_on else "",
        "reason": "",
    }
    document = {"lot": lot_id, "corrects": lot.record_id, "product": product.slug, "steps": True}
    opened = _opened(session, maker, lot, document | {"fields": fields}, slug=product.slug)
    if not _is_said_exactly(opened, now):
        fields = {name: text for name, text in fields.items() if not name.startswith("step-")}
        document["steps"] = False
    return document | {"fields": fields}


def open_correction(session: Session, actor: Actor, token: str) -> Opened:
    """Gives a draft with all that it is about.

    Raises:
        NotFound: NO_DRAFT, NO_LOT.
    """
    maker, found = find_maker(session, actor), read_draft(session, actor, token, kind=CORRECTION)
    if found.is_thrown_away:
        raise NotFound("NO_DRAFT", "there is no such draft of a correction")
    lot, row = find_lot(session, maker, found.document["lot"])
    opened = _opened(session, maker, lot, found.document, slug=row.slug)
    is_old = opened.draft.is_old and found.became is None
    return replace(opened, draft=replace(opened.draft, token=token, is_old=is_old, became=found.became))


def make_correction(opened: Opened, now: datetime) -> MadeForm:
    """Gives the form that a draft makes: `keeps` names the steps that stay, `events` holds those that do not.

    Args:
        opened: the draft.
        now: aware; nothing is told as done after it.
    """
    draft, passport = opened.draft, opened.earlier.passport
    fields = draft.fields | {"lot": passport.lot, "units": str(passport.unit_count)}
    if not draft.has_steps:
        fields = {name: text for name, text in fields.items() if not name.startswith("step-")}
    signed = {local_id(event.envelope.id): event for event in opened.earlier.events}
    steps = _filled_steps(fields, signed)
    evidence = {number: signed[was].evidence for number, was in steps.items() if was is not None}
    made = make_form(
        fields, draft.product, opened.maker, now=now, evidence=evidence, corrects=opened.corrects
    )
    made.form.update({"papers": list(opened.papers)} if opened.papers else {})
    return _with_kept(made, opened, steps) if draft.has_steps else made


def _with_kept(made: MadeForm, opened: Opened, steps: Mapping[int, str | None]) -> MadeForm:
    """Parts the steps into those that say what was signed, which stay as they are, and all others."""
    said = {
        local_id(event.envelope.id): step_form(event, opened.earlier.passport.lot_id)
        for event in opened.earlier.events
    }
    keeps, events = [], []
    for was, typed in zip(steps.values(), made.form.get("events", []), strict=True):
        event = typed if was is None else with_pieces(typed, said[was])
        if was is not None and event == said[was]:
            keeps.append(was)
        else:
            events.append(event)
    shed = opened.bound - set(keeps)
    rows_by_was = {was: number for number, was in steps.items()}
    noticed = [
        FormMistake(f"step-{rows_by_was[was]}-name" if was in rows_by_was else "", "NOTICED") for was in shed
    ]
    form = made.form | {"events": events, "keeps": keeps}
    return MadeForm(form, (*made.mistakes, *noticed))


def _filled_steps(fields: Fields, signed: Mapping[str, TraceEvent]) -> dict[int, str | None]:
    """Gives the rows of steps that say something, each with the signed step that it was, if it was one."""
    found: dict[int, str | None] = {}
    for number, row in rows(fields, "step").items():
        if row["name"] or row["detail"]:
            was = row["was"]
            found[number] = was if was in signed and was not in found.values() else None
    return found


def _is_said_exactly(opened: Opened, now: datetime) -> bool:
    """Tells whether the form, unchanged, says all that was signed of the steps."""
    fields = opened.draft.fields | {"reason": "-"}
    made = make_correction(replace(opened, draft=replace(opened.draft, fields=fields)), now)
    return not made.mistakes and not made.form["events"]


def _opened(session: Session, maker: Maker, lot: Lot, document: Document, *, slug: str) -> Opened:
    corrects = document["corrects"]
    earlier, linked = read_lot(session, corrects), signed_of(session, corrects)[1]
    product = find_product(session, maker, slug)
    category = earlier.passport.category
    draft = CorrectionDraft(
        token="",
        lot_id=lot.id,
        number=lot.number,
        units=lot.unit_count,
        product=replace(product, hs={"code": category.code, "name": category.name}),
        fields=document["fields"],
        has_steps=document.get("steps") is True,
        is_old=lot.record_id != corrects,
        became=None,
    )
    papers = tuple(local_id(item.envelope.id) for item in linked if _is_paper(item))
    steps = [local_id(event.envelope.id) for event in earlier.events]
    return Opened(draft, maker, earlier, papers, noticed_steps(session, steps), corrects)


def _is_paper(item: SignedRecord) -> bool:
    return not isinstance(item.record, TraceEvent | WorkshopRecord | LotPassport)
