"""The artisan's lots: begin one, keep what is typed, look at what would be signed, and sign it once."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.db.catalogue import Product, Workshop
from shop.db.desk import Draft
from shop.db.lots import Lot, Record
from shop.db.session import Database
from shop.errors import BadInput, NotFound
from shop.services.access.actors import Actor
from shop.services.access.audit_trail import note
from shop.services.issuing.deliveries import sign_form
from shop.services.keys.makers import Maker, find_maker
from shop.services.lots.beginnings import copied_fields, next_number, template_fields
from shop.services.lots.drafted import (
    LOT_DRAFT,
    LotDraft,
    keep_media,
    read_lot_draft,
    seen_digest,
    with_papers,
)
from shop.services.lots.earlier import lot_numbers, newest_lot, read_lot
from shop.services.lots.fields import Fields
from shop.services.lots.forms import FormMistake, MadeForm, make_form
from shop.services.lots.gaps import GapList, legal_gaps
from shop.services.lots.products import LotProduct, find_product
from shop.services.lots.signing import LotSigning
from shop.services.signed.admission import Admission, Delivery
from shop.services.typed.drafts import Drafts, DraftValue, lock_draft
from traceability.clock import day_in_viet_nam, parse_day
from traceability.errors import TraceabilityError
from traceability.evidence import Reader
from traceability.limits import LABELS_PER_BATCH
from traceability.records.canonical import Document
from traceability.signing.trust import TrustKey

__all__ = ["LotDesk", "LotPreview", "NewLot"]


@dataclass(frozen=True, slots=True)
class NewLot:
    """What a new lot of a product may begin with.

    Attributes:
        last_number: of the lot before, to be copied; None for the first one.
        units: of the lot before; None for the first one.
        drafts: open ones of this product, newest first.
    """

    product: LotProduct
    last_number: str | None
    units: int | None
    drafts: tuple[DraftValue, ...]


@dataclass(frozen=True, slots=True)
class LotPreview:
    """What would be signed.

    Attributes:
        form: of the lot, whole where there are no mistakes.
        mistakes: what keeps it from being signed.
        gaps: what rule sets still miss; empty while there are mistakes, or nobody can sign.
        signer: the workshop's name as its key has it; None where no key of it can sign.
        is_held: the key lies on the artisan's own device.
        seen: names what is shown: signing anything else is refused.
    """

    draft: LotDraft
    form: Document
    mistakes: tuple[FormMistake, ...]
    gaps: tuple[GapList, ...]
    signer: str | None
    is_held: bool
    seen: str


@dataclass(frozen=True, slots=True)
class LotDesk:
    """Lots of the artisan's own workshop; all others are not there for her."""

    kind: ClassVar = LOT_DRAFT

    database: Database
    drafts: Drafts
    signing: LotSigning
    admission: Admission

    def new(self, actor: Actor, slug: str) -> NewLot:
        """Gives what a new lot may begin with.

        Raises:
            NotFound: NO_PRODUCT, NO_WORKSHOP.
        """
        with self.database.read() as session:
            product = find_product(session, find_maker(session, actor), slug)
            last = newest_lot(session, product.id)
        drafts = [
            draft for draft in self.drafts.list(actor, kind=LOT_DRAFT) if draft.document["product"] == slug
        ]
        return NewLot(
            product, last.number if last else None, last.unit_count if last else None, tuple(drafts)
        )

    def begin(
        self, actor: Actor, slug: str, *, units: str, made_on: str, is_copy: bool, now: datetime
    ) -> str:
        """Begins a draft and gives its token.

        Args:
            actor: an artisan.
            slug: of the product.
            units: as typed; the draft keeps it, right or wrong.
            made_on: as typed, `YYYY-MM-DD`; anything else counts as today.
            is_copy: take over the lot before, where there is one.
            now: aware.

        Raises:
            NotFound: NO_PRODUCT, NO_WORKSHOP.
            BadInput: TOO_MANY_DRAFTS.
        """
        with self.database.read() as session:
            product = find_product(session, find_maker(session, actor), slug)
            last = newest_lot(session, product.id) if is_copy else None
            earlier = read_lot(session, last.record_id) if last is not None else None
            number = next_number(lot_numbers(session, product.id))
            day = _day(made_on, now)
        if earlier is not None:
            count = _count(units, earlier.passport.unit_count)
            fields = copied_fields(earlier, units=count, made_on=day, now=now)
        else:
            fields = template_fields(product, made_on=day, now=now)
        fields |= {"lot": number, "units": "1" if product.is_one_off else units, "madeOn": day.isoformat()}
        fields |= {"addStock": "1"} if product.stock == 0 else {}
        document = {
            "product": slug, "copied": last.number if last else None, "fields": fields, "media": {},
        }  # fmt: skip
        return self.drafts.begin(actor, LOT_DRAFT, document, now=now)

    def draft(self, actor: Actor, token: str) -> LotDraft:
        """Gives a draft.

        Raises:
            NotFound: NO_DRAFT, NO_PRODUCT, NO_WORKSHOP.
        """
        with self.database.read() as session:
            return read_lot_draft(session, actor, token)[0]

    def lot_of(self, actor: Actor, token: str) -> int:
        """Gives the number of the lot that a draft became.

        Raises:
            NotFound: NO_DRAFT; NO_LOT, as long as it is open.
        """
        with self.database.read() as session:
            draft, maker = read_lot_draft(session, actor, token)
            lot = _lot_made_of(session, maker, draft.became)
        if lot is None:
            raise NotFound("NO_LOT", "the draft is open")
        return lot

    def save(self, actor: Actor, token: str, fields: Fields, *, now: datetime) -> None:
        """Keeps what was typed, right or wrong.

        Args:
            actor: an artisan.
            token: of the draft.
            fields: from `fields.clean`.
            now: aware.

        Raises:
            NotFound: NO_DRAFT.
            BadInput: DRAFT_DONE, DRAFT_TOO_LARGE.
        """
        self.drafts.merge(actor, token, {"fields": fields}, kind=LOT_DRAFT, now=now)

    def preview(self, actor: Actor, token: str, *, now: datetime) -> LotPreview:
        """Gives what would be signed, what keeps it from that, and what laws would still miss.

        Raises:
            NotFound: NO_DRAFT.
        """
        with self.database.read() as session:
            draft, maker = read_lot_draft(session, actor, token)
            draft = with_papers(session, draft, maker, now=now)
            made = self._make(session, draft, maker, now)
            places = _places(session, maker)
        entry = self.signing.entry(maker, now)
        gaps: tuple[GapList, ...] = ()
        if not made.mistakes and entry is not None:
            gaps = legal_gaps([*self._unsigned(made.form, entry, now), *places])
        return LotPreview(
            draft=draft,
            form=made.form,
            mistakes=made.mistakes,
            gaps=gaps,
            signer=entry.name if entry is not None else None,
            is_held=entry is not None and entry.custody == "holder",
            seen=seen_digest(draft),
        )

    def issue(self, actor: Actor, token: str, *, seen: str, now: datetime) -> int:
        """Signs steps and passport with the workshop's key on this server, and gives the lot's number.

        All is stored in one transaction, once for a draft: a second call gives the lot that the first made.

        Args:
            actor: an artisan.
            token: of the draft.
            seen: as the preview gave it.
            now: aware time of signing.

        Raises:
            NotFound: NO_DRAFT.
            BadInput: OTHER_DRAFT, where the draft is not the one that was looked at; LOT_MISTAKES;
                NO_KEY, where no key of the workshop's is here and in force; what admission raises.
            StorageBusy: nothing was changed.
        """
        with self.database.read() as session:
            draft, maker = read_lot_draft(session, actor, token)
            done = _lot_made_of(session, maker, draft.became)
        if done is not None:
            return done
        form, maker = self.ready(actor, token, seen=seen, now=now)
        delivery = sign_form(self.signing.desk(form, now), LOT_DRAFT, self.signing.key_here(maker, now))
        return self.admit(actor, token, delivery, seen=seen, now=now)

    def ready(self, actor: Actor, token: str, *, seen: str, now: datetime) -> tuple[Document, Maker]:
        """Gives the form of a draft that may be signed, and who signs.

        Raises:
            NotFound: NO_DRAFT.
            BadInput: OTHER_DRAFT, LOT_MISTAKES; DRAFT_DONE, where it was signed already.
        """
        with self.database.read() as session:
            draft, maker = read_lot_draft(session, actor, token)
            draft = with_papers(session, draft, maker, now=now)
            made = self._make(session, draft, maker, now)
        if draft.became is not None:
            raise BadInput("DRAFT_DONE", "the draft was signed already")
        _demand_ready(draft, made, seen)
        return made.form, maker

    def admit(self, actor: Actor, token: str, delivery: Delivery, *, seen: str, now: datetime) -> int:
        """Stores what was signed of a draft, in one transaction with the draft's end; gives the lot's number.

        Raises:
            BadInput: OTHER_DRAFT, and what admission raises; nothing was changed.
        """
        with self.database.write() as session:
            maker = find_maker(session, actor)
            row = lock_draft(session, actor, token, kind=LOT_DRAFT, may_be_done=True)
            done = _lot_made_of(session, maker, row.became)
            if done is not None:
                return done
            draft = with_papers(session, read_lot_draft(session, actor, token)[0], maker, now=now)
            if seen_digest(draft) != seen:
                raise BadInput("OTHER_DRAFT", "the draft was changed after it was shown")
            self.admission.take_in(session, delivery, now=now)
            lot = self._finish(session, actor, row, draft, now)
        self.admission.sign_log(now)
        return lot

    def _finish(self, session: Session, actor: Actor, row: Draft, draft: LotDraft, now: datetime) -> int:
        """Ends the draft: the lot is there now, with its pictures, and perhaps in stock."""
        number, product = draft.fields["lot"], draft.product
        lot = session.scalars(select(Lot).where(Lot.product_id == product.id, Lot.number == number)).one()
        row.became, row.updated_at = lot.record_id, now
        if draft.fields.get("addStock"):
            goods = session.get_one(Product, product.id, with_for_update=True, populate_existing=True)
            goods.stock += lot.unit_count
        keep_media(session, lot.record_id, draft)
        note(session, actor, "lot issue", lot.record_id, at=now, units=lot.unit_count, copied=draft.copied)
        return lot.id

    def _make(self, session: Session, draft: LotDraft, maker: Maker, now: datetime) -> MadeForm:
        evidence = {number: tuple(item.digest for item in items) for number, items in draft.media.items()}
        made = make_form(draft.fields, draft.product, maker, now=now, evidence=evidence)
        made.form.update({"papers": list(draft.papers)} if draft.papers else {})
        if made.form["lot"] in lot_numbers(session, draft.product.id) and draft.became is None:
            return MadeForm(made.form, (*made.mistakes, FormMistake("lot", "LOT_USED")))
        return made

    def _unsigned(self, form: Document, entry: TrustKey, now: datetime) -> list[Document]:
        """Gives steps and passport as they would be signed, but for the passport's links to the steps."""
        forms = self.signing.desk(form, now).forms(entry)
        events = [filled.record.to_document() for filled in forms.events(form)]
        return [forms.lot(form, ())[0].record.to_document(), *events]


def _demand_ready(draft: LotDraft, made: MadeForm, seen: str) -> None:
    if seen_digest(draft) != seen:
        raise BadInput("OTHER_DRAFT", "the draft was changed after it was shown")
    if made.mistakes:
        fields = ", ".join(mistake.field for mistake in made.mistakes)
        raise BadInput("LOT_MISTAKES", f"the draft cannot be signed yet: {fields}")


def _lot_made_of(session: Session, maker: Maker, became: str | None) -> int | None:
    """Gives the lot that a draft became; also after its passport was corrected."""
    if became is None:
        return None
    url = session.get_one(Record, became).body
    record: Any = Reader(1).read(url).record
    return session.scalar(
        select(Lot.id)
        .join(Product, Product.id == Lot.product_id)
        .where(Lot.number == record.lot, Product.workshop_id == maker.id)
        .where((Product.gtin == record.gtin) if record.gtin else (Product.code == _code(record.product_id)))
    )


def _code(product_id: str) -> str:
    return product_id.rpartition("/")[2]


def _places(session: Session, maker: Maker) -> list[Document]:
    """Gives the records of workshop and village, which rule sets ask for, too."""
    workshop = session.get_one(Workshop, maker.id)
    wanted = select(Record.body).where(Record.id == workshop.record_id)
    reader = Reader()
    own = [reader.read(body) for body in session.scalars(wanted)]
    urls = {link.url for item in own for link in item.envelope.links}
    linked = session.scalars(select(Record.body).where(Record.url.in_(urls))).all()
    return [item.document for item in (*own, *map(reader.read, linked))]


def _day(typed: str, now: datetime) -> date:
    try:
        return parse_day(typed)
    except TraceabilityError:
        return day_in_viet_nam(now)


def _count(typed: str, otherwise: int) -> int:
    is_count = typed.isascii() and typed.isdigit() and 1 <= int(typed) <= LABELS_PER_BATCH
    return int(typed) if is_count else otherwise
