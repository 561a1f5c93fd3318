"""A lot's draft as services see it: its product, its fields, the pictures of its steps."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.db.media import EventMedia, Media
from shop.errors import NotFound
from shop.services.access.actors import Actor
from shop.services.keys.makers import Maker, find_maker
from shop.services.lots.earlier import signed_of
from shop.services.lots.fields import Fields
from shop.services.lots.papers import standing_papers
from shop.services.lots.products import LotProduct, find_product
from shop.services.signed.rows import local_id
from shop.services.typed.drafts import read_draft
from traceability.clock import day_in_viet_nam, parse_day
from traceability.errors import TraceabilityError

__all__ = ["LOT_DRAFT", "LotDraft", "StepMedia", "keep_media", "read_lot_draft", "seen_digest", "with_papers"]

LOT_DRAFT: Final = "lot"


@dataclass(frozen=True, slots=True)
class StepMedia:
    """A photo or voice note of a step that is not signed yet."""

    id: int
    name: str
    kind: str
    digest: str


@dataclass(frozen=True, slots=True)
class LotDraft:
    """A lot as typed so far.

    Attributes:
        copied: number of the lot that it was copied from, None for none.
        papers: local ids of papers and certificates that its passport links to; empty until `with_papers`.
        media: of each step, by its number.
        became: local id of the passport that was made of it; None while it is open.
    """

    token: str
    product: LotProduct
    fields: Fields
    copied: str | None
    papers: tuple[str, ...]
    media: Mapping[int, tuple[StepMedia, ...]]
    updated_at: datetime
    became: str | None


def read_lot_draft(session: Session, actor: Actor, token: str) -> tuple[LotDraft, Maker]:
    """Gives a draft with the workshop that is to sign it.

    Raises:
        NotFound: NO_DRAFT, NO_PRODUCT, NO_WORKSHOP.
        Forbidden: for other roles than the artisan's.
    """
    maker, found = find_maker(session, actor), read_draft(session, actor, token, kind=LOT_DRAFT)
    if found.is_thrown_away:
        raise NotFound("NO_DRAFT", "there is no such draft of a lot")
    document = found.document
    draft = LotDraft(
        token=token,
        product=find_product(session, maker, document["product"]),
        fields=document["fields"],
        copied=document.get("copied"),
        papers=(),
        media=_media(session, maker, document.get("media", {})),
        updated_at=found.updated_at,
        became=found.became,
    )
    return draft, maker


def with_papers(session: Session, draft: LotDraft, maker: Maker, *, now: datetime) -> LotDraft:
    """Gives a draft with what its passport would link to now: what was attested meanwhile is among it."""
    try:
        made_on = parse_day(draft.fields.get("madeOn", ""))
    except TraceabilityError:
        made_on = day_in_viet_nam(now)
    return replace(draft, papers=standing_papers(session, maker, draft.product, made_on=made_on, now=now))


def seen_digest(draft: LotDraft) -> str:
    """Gives a name for exactly what a draft says now."""
    media = {number: [item.digest for item in items] for number, items in sorted(draft.media.items())}
    text = json.dumps(
        [draft.fields, media, draft.papers, draft.product.to_form()], ensure_ascii=False, sort_keys=True
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _media(
    session: Session, maker: Maker, named: Mapping[str, list[int]]
) -> dict[int, tuple[StepMedia, ...]]:
    ids = {one for items in named.values() for one in items}
    rows = session.scalars(select(Media).where(Media.id.in_(ids), Media.workshop_id == maker.id)).all()
    found = {row.id: StepMedia(row.id, row.name, row.kind, row.digest) for row in rows}
    return {
        int(number): tuple(found[one] for one in items if one in found) for number, items in named.items()
    }


def keep_media(session: Session, record_id: str, draft: LotDraft) -> None:
    """Ties each photo and voice note to the step that signed its digest."""
    if not draft.media:
        return
    _, linked = signed_of(session, record_id)
    by_digest = {digest: item for item in linked for digest in getattr(item.record, "evidence", ())}
    for item in (one for items in draft.media.values() for one in items):
        signed = by_digest.get(item.digest)
        if signed is not None:
            session.add(EventMedia(record_id=local_id(signed.envelope.id), media_id=item.id))
    session.flush()
