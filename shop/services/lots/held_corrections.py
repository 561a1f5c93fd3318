"""Corrections whose record key lies on the artisan's own device: steps, passport and notice, signed there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shop.services.access.actors import Actor
from shop.services.issuing.withdrawing import corrected, find_earlier, notice_of
from shop.services.lots.correcting import CorrectionDesk
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

__all__ = ["HeldCorrections"]


@dataclass(frozen=True, slots=True)
class HeldCorrections:
    """Prepares a correction for a key that is elsewhere. What comes back must be what was prepared, signed.

    The passport names the digests of signed steps, and the notice that of the signed passport: three rounds.
    """

    desk: CorrectionDesk

    def prepare_steps(self, actor: Actor, token: str, *, seen: str, now: datetime) -> Unsigned:
        """Gives the steps that are not what was signed, and the issuer's next status list.

        Args:
            actor: an artisan.
            token: of the draft.
            seen: as the preview gave it.
            now: aware.

        Raises:
            NotFound: NO_DRAFT, NO_LOT.
            BadInput: NO_KEY, where no key on a device is in force, and what `CorrectionDesk.ready` raises.
        """
        return prepare_steps(self.desk, actor, token, seen=seen, now=now)

    def prepare_passport(
        self, actor: Actor, token: str, records: Sequence[bytes], *, now: datetime
    ) -> Unsigned:
        """Gives the newer passport, which links to the signed steps and to those that stay.

        Args:
            actor: an artisan.
            token: of the draft.
            records: what `prepare_steps` gave, signed, in its order.
            now: aware.

        Raises:
            NotFound: NO_DRAFT, NO_LOT.
            BadInput: OTHER_RECORD, where something else came back; NOT_PREPARED, NO_KEY, and what
                `CorrectionDesk.ready` raises.
        """
        kept = read_prepared(self.desk, actor, token, wanted="first")
        signed = demand_same(records, kept["first"])
        _, maker = self.desk.ready(actor, token, seen=kept["seen"], now=now)
        entry, desk = (
            held_entry(self.desk.signing.trust, maker, now),
            self.desk.signing.desk(kept["form"], now),
        )
        filled = corrected(desk.forms(entry), kept["form"], find_earlier(desk), signed[:-1])
        document = filled.record.to_document()
        keep_prepared(self.desk, actor, token, kept | {"passport": document}, now=now)
        return unsigned(actor, entry, [document])

    def prepare_notice(
        self, actor: Actor, token: str, records: Sequence[bytes], *, now: datetime
    ) -> Unsigned:
        """Gives the notice that puts the signed passport in the earlier one's place.

        Args:
            actor: an artisan.
            token: of the draft.
            records: all that was prepared so far, signed, in its order.
            now: aware.

        Raises:
            NotFound: NO_DRAFT, NO_LOT.
            BadInput: as `prepare_passport`.
        """
        kept = read_prepared(self.desk, actor, token, wanted="passport")
        passport = demand_same(records, [*kept["first"], kept["passport"]])[-1]
        _, maker = self.desk.ready(actor, token, seen=kept["seen"], now=now)
        entry, desk = (
            held_entry(self.desk.signing.trust, maker, now),
            self.desk.signing.desk(kept["form"], now),
        )
        earlier = find_earlier(desk).passport
        document = notice_of(desk.forms(entry), kept["form"], earlier, passport).record.to_document()
        keep_prepared(self.desk, actor, token, kept | {"notice": document}, now=now)
        return unsigned(actor, entry, [document])

    def admit_signed(self, actor: Actor, token: str, records: Sequence[bytes], *, now: datetime) -> int:
        """Takes in what was signed, all or none, once for a draft; gives the number of the lot's row.

        Args:
            actor: an artisan.
            token: of the draft.
            records: steps, status list, passport and notice, in the order of preparing.
            now: aware.

        Raises:
            NotFound: NO_DRAFT, NO_LOT.
            BadInput: OTHER_RECORD, NOT_PREPARED, OTHER_DRAFT, OLD_DRAFT, and what admission raises.
        """
        draft = self.desk.draft(actor, token)
        if draft.became is not None:
            return draft.lot_id
        kept = read_prepared(self.desk, actor, token, wanted="notice")
        demand_same(records, [*kept["first"], kept["passport"], kept["notice"]])
        serials = find_earlier(self.desk.signing.desk(kept["form"], now)).serials
        delivery = Delivery(list(records), {kept["passport"]["credentialSubject"]["id"]: serials})
        return self.desk.admit(actor, token, delivery, seen=kept["seen"], now=now)
