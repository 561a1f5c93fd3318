"""What a key on a person's own device is to sign: prepared, kept with a draft, taken in only as it was."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shop.errors import BadInput
from shop.services.access.actors import Actor
from shop.services.lots.correcting import CorrectionDesk
from shop.services.lots.desk import LotDesk
from shop.services.lots.signing import held_entry
from traceability.evidence import Reader, SignedRecord
from traceability.records.canonical import Document, canonical
from traceability.signing.trust import TrustKey

__all__ = [
    "Unsigned",
    "demand_same",
    "keep_prepared",
    "prepare_steps",
    "read_prepared",
    "unsigned",
]


@dataclass(frozen=True, slots=True)
class Unsigned:
    """What a browser is to sign.

    Attributes:
        documents: records without a proof.
        method: id of the key, as proofs name it.
        key_name: under which the browser keeps the key.
    """

    documents: tuple[Document, ...]
    method: str
    key_name: str


def unsigned(actor: Actor, entry: TrustKey, documents: Sequence[Document]) -> Unsigned:
    """Gives documents for the key of an entry; its name in the browser is account, issuer and use."""
    issuer = entry.method.controller.rpartition(":")[2]
    return Unsigned(tuple(documents), entry.method.id, f"{actor.account_id} {issuer} record")


def prepare_steps(
    desk: LotDesk | CorrectionDesk, actor: Actor, token: str, *, seen: str, now: datetime
) -> Unsigned:
    """Gives the steps that a draft makes, and the issuer's next status list; they are kept with the draft.

    Args:
        desk: where the draft lies.
        actor: an artisan.
        token: of the draft.
        seen: as the preview gave it.
        now: aware.

    Raises:
        NotFound: NO_DRAFT, NO_LOT.
        BadInput: NO_KEY, where no key on a device is in force, and what the desk's `ready` raises.
    """
    form, maker = desk.ready(actor, token, seen=seen, now=now)
    entry, made = held_entry(desk.signing.trust, maker, now), desk.signing.desk(form, now)
    events = [filled.record.to_document() for filled in made.forms(entry).events(form)]
    documents = [*events, made.unsigned_list(entry).to_document()]
    keep_prepared(desk, actor, token, {"seen": seen, "form": form, "first": documents}, now=now)
    return unsigned(actor, entry, documents)


def keep_prepared(
    desk: LotDesk | CorrectionDesk, actor: Actor, token: str, prepared: dict[str, Any], *, now: datetime
) -> None:
    """Keeps what was prepared beside what was typed, in place of what was prepared before.

    Raises:
        NotFound: NO_DRAFT.
        BadInput: DRAFT_DONE, DRAFT_TOO_LARGE.
    """
    desk.drafts.merge(actor, token, {"prepared": prepared}, kind=desk.kind, now=now)


def read_prepared(desk: LotDesk | CorrectionDesk, actor: Actor, token: str, *, wanted: str) -> dict[str, Any]:
    """Gives what was prepared of a draft.

    Args:
        desk: where the draft lies.
        actor: who asks.
        token: of the draft.
        wanted: the part that must be there by now.

    Raises:
        NotFound: NO_DRAFT.
        BadInput: NOT_PREPARED.
    """
    kept = desk.drafts.open(actor, token, kind=desk.kind).document.get("prepared")
    if not isinstance(kept, dict) or wanted not in kept:
        raise BadInput("NOT_PREPARED", f"{wanted}: not prepared yet")
    return kept


def demand_same(records: Sequence[bytes], documents: Sequence[Document]) -> list[SignedRecord]:
    """Reads signed records and refuses any that is not the prepared one with a proof.

    Raises:
        BadInput: OTHER_RECORD.
        TraceabilityError: one of them cannot be read.
    """
    if len(records) != len(documents):
        raise BadInput("OTHER_RECORD", f"{len(documents)} signed records expected, got {len(records)}")
    reader, found = Reader(), []
    for data, document in zip(records, documents, strict=True):
        signed = reader.read(data)
        bare = {name: value for name, value in signed.document.items() if name != "proof"}
        if canonical(bare) != canonical(document):
            raise BadInput("OTHER_RECORD", f"{signed.envelope.id} is not what was prepared")
        found.append(signed)
    return found
