"""Lots whose record key lies on the artisan's own device: unsigned documents out, signed bytes back in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shop.services.access.actors import Actor
from shop.services.lots.desk import LotDesk
from shop.services.lots.drafted import LOT_DRAFT
from shop.services.lots.prepared import (
    Unsigned,
    demand_same,
    keep_prepared,
    prepare_steps,
    read_prepared,
    unsigned,
)
from shop.services.lots.signing import held_entry
from shop.services.signed.admission import Delivery

__all__ = ["HeldSigning"]


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
        return prepare_steps(self.desk, actor, token, seen=seen, now=now)

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
        kept = read_prepared(self.desk, actor, token, wanted="first")
        signed = demand_same(records, kept["first"])
        form, maker = self.desk.ready(actor, token, seen=kept["seen"], now=now)
        entry = held_entry(self.desk.signing.trust, maker, now)
        filled, serials = self.desk.signing.desk(form, now).forms(entry).lot(kept["form"], signed[:-1])
        document = filled.record.to_document()
        kept |= {"passport": document, "serials": serials.decode("ascii")}
        keep_prepared(self.desk, actor, token, kept, now=now)
        return unsigned(actor, entry, [document])

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
        kept = read_prepared(self.desk, actor, token, wanted="passport")
        demand_same(records, [*kept["first"], kept["passport"]])
        serials = {kept["passport"]["credentialSubject"]["id"]: kept["serials"].encode("ascii")}
        delivery = Delivery(list(records), serials)
        return self.desk.admit(actor, token, delivery, seen=kept["seen"], now=now)
