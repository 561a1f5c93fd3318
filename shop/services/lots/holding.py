"""Lots whose record key lies on the artisan's own device: unsigned documents out, signed bytes back in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shop.errors import BadInput
from shop.services.actors import Actor
from shop.services.admission import Delivery
from shop.services.drafts import lock_draft, write_draft
from shop.services.lots.desk import LotDesk
from shop.services.lots.drafted import LOT_DRAFT
from shop.services.lots.products import Maker, record_entry
from traceability.evidence import Reader, SignedRecord
from traceability.records.canonical import Document, canonical
from traceability.signing.trust import TrustKey

__all__ = ["HeldSigning", "Unsigned"]


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


@dataclass(frozen=True, slots=True)
class HeldSigning:
    """Prepares a lot for a key that is elsewhere. What comes back must be what was prepared, signed."""

    desk: LotDesk

    def prepare_events(self, actor: Actor, token: str, *, seen: str, now: datetime) -> Unsigned:
        """Gives the steps of a draft, and the issuer's next status list; they are kept with the draft.

        Raises:
            NotFound: NO_DRAFT.
            BadInput: OTHER_DRAFT, LOT_MISTAKES, DRAFT_DONE; NO_KEY, where no key on a device is in force.
        """
        form, maker = self.desk.ready(actor, token, seen=seen, now=now)
        entry = self._entry(maker, now)
        desk = self.desk.signing_desk(form, now)
        events = [filled.record.to_document() for filled in desk.forms(entry).events(form)]
        documents = [*events, desk.unsigned_list(entry).to_document()]
        self._keep(actor, token, {"seen": seen, "form": form, "first": documents}, now)
        return Unsigned(tuple(documents), entry.method.id, _key_name(actor, maker))

    def prepare_passport(
        self, actor: Actor, token: str, records: Sequence[bytes], *, now: datetime
    ) -> Unsigned:
        """Gives the passport that links to the signed steps.

        Args:
            actor: an artisan.
            token: of the draft.
            records: what `prepare_events` gave, signed, in its order.
            now: aware.

        Raises:
            NotFound: NO_DRAFT.
            BadInput: OTHER_RECORD, where something else came back; NOT_PREPARED, NO_KEY.
        """
        kept = self._kept(actor, token)
        signed = _demand_same(records, kept["first"])
        form, maker = self.desk.ready(actor, token, seen=kept["seen"], now=now)
        entry = self._entry(maker, now)
        filled, serials = self.desk.signing_desk(form, now).forms(entry).lot(kept["form"], signed[:-1])
        document = filled.record.to_document()
        self._keep(actor, token, kept | {"passport": document, "serials": serials.decode("ascii")}, now)
        return Unsigned((document,), entry.method.id, _key_name(actor, maker))

    def admit_signed(self, actor: Actor, token: str, records: Sequence[bytes], *, now: datetime) -> int:
        """Takes in what was signed, all or none, once for a draft; gives the number of the lot's row.

        Args:
            actor: an artisan.
            token: of the draft.
            records: the steps, the status list and the passport, in the order of preparing.
            now: aware.

        Raises:
            NotFound: NO_DRAFT.
            BadInput: OTHER_RECORD, NOT_PREPARED, OTHER_DRAFT, and what admission raises.
        """
        if self.desk.drafts.open(actor, token, kind=LOT_DRAFT).became is not None:
            return self.desk.lot_of(actor, token)
        kept = self._kept(actor, token)
        if "passport" not in kept:
            raise BadInput("NOT_PREPARED", "the passport was not prepared yet")
        _demand_same(records, [*kept["first"], kept["passport"]])
        serials = {kept["passport"]["credentialSubject"]["id"]: kept["serials"].encode("ascii")}
        delivery = Delivery(list(records), serials)
        return self.desk.admit(actor, token, delivery, seen=kept["seen"], now=now)

    def _entry(self, maker: Maker, now: datetime) -> TrustKey:
        entry = record_entry(self.desk.trust, maker.did, now)
        if entry is None or entry.custody != "holder":
            raise BadInput("NO_KEY", f"no record key of {maker.slug} on a device is in force")
        return entry

    def _kept(self, actor: Actor, token: str) -> dict[str, Any]:
        kept = self.desk.drafts.open(actor, token, kind=LOT_DRAFT).document.get("prepared")
        if not isinstance(kept, dict):
            raise BadInput("NOT_PREPARED", "the steps were not prepared yet")
        return kept

    def _keep(self, actor: Actor, token: str, prepared: dict[str, Any], now: datetime) -> None:
        document = self.desk.drafts.open(actor, token, kind=LOT_DRAFT).document
        with self.desk.database.write() as session:
            write_draft(lock_draft(session, actor, token), document | {"prepared": prepared}, now=now)


def _demand_same(records: Sequence[bytes], documents: Sequence[Document]) -> list[SignedRecord]:
    """Reads signed records and refuses any that is not the prepared one with a proof."""
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


def _key_name(actor: Actor, maker: Maker) -> str:
    """Gives the name that the browser's script keeps the key under: account, issuer, use."""
    return f"{actor.account_id} {maker.did.rpartition(':')[2]} record"
