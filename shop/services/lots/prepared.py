"""What a key on a person's own device is to sign: prepared, kept with a draft, taken in only as it was."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shop.errors import BadInput
from shop.services.access.actors import Actor
from shop.services.lots.products import Maker, record_entry
from shop.services.typed.drafts import Drafts
from traceability.evidence import Reader, SignedRecord
from traceability.records.canonical import Document, canonical
from traceability.signing.trust import TrustKey, TrustList

__all__ = [
    "Unsigned",
    "demand_same",
    "held_entry",
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


def held_entry(trust: TrustList, maker: Maker, now: datetime) -> TrustKey:
    """Gives a workshop's record key that is in force and lies on a device of its people.

    Raises:
        BadInput: NO_KEY, also where the key lies on this server.
    """
    entry = record_entry(trust, maker.did, now)
    if entry is None or entry.custody != "holder":
        raise BadInput("NO_KEY", f"no record key of {maker.slug} on a device is in force")
    return entry


def read_prepared(drafts: Drafts, actor: Actor, token: str, *, kind: str, wanted: str) -> dict[str, Any]:
    """Gives what was prepared of a draft.

    Args:
        drafts: where it is kept.
        actor: who asks.
        token: of the draft.
        kind: of the draft.
        wanted: the part that must be there by now.

    Raises:
        NotFound: NO_DRAFT.
        BadInput: NOT_PREPARED.
    """
    kept = drafts.open(actor, token, kind=kind).document.get("prepared")
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
