"""A workshop's status list whose key lies on the workshop's own device: when it ends, and signing it anew."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from shop.db.session import Database
from shop.errors import BadInput
from shop.services.access.actors import Actor
from shop.services.access.audit_trail import note
from shop.services.issuing.desk import Desk
from shop.services.keys.makers import Maker, find_maker, record_entry
from shop.services.lots.prepared import Unsigned, demand_same, unsigned
from shop.services.lots.signing import held_entry
from shop.services.signed.admission import Admission, Delivery
from traceability.evidence import Reader, SignedRecord
from traceability.signing.trust import TrustKey, TrustList

__all__ = ["OwnStatusList", "StatusListStanding"]

NOTICE_PERIOD: Final = timedelta(days=10)  # of the 30 that a list holds
SIGNED_WITHIN: Final = timedelta(minutes=10)  # from preparing a version to taking it in


@dataclass(frozen=True, slots=True)
class StatusListStanding:
    """How long the newest version holds.

    Attributes:
        holds_until: aware; from then on no record of the workshop's counts as verified.
        is_due: the end is near, so that it may be signed anew.
        is_over: it has passed.
    """

    holds_until: datetime
    is_due: bool
    is_over: bool


@dataclass(frozen=True, slots=True)
class OwnStatusList:
    """Signs the list anew with the same bits. Whose key is on this server has that done each day.

    Attributes:
        told_before: how long before the end it says so, and may be signed anew.
    """

    database: Database
    trust: TrustList
    host: str
    admission: Admission
    told_before: timedelta = NOTICE_PERIOD

    def standing(self, actor: Actor, *, now: datetime) -> StatusListStanding | None:
        """Gives how long the workshop's list holds; None where the server renews it, or there is none yet.

        Raises:
            Forbidden: WRONG_ROLE.
            NotFound: NO_WORKSHOP.
        """
        entry = record_entry(self.trust, self._maker(actor).did, now)
        if entry is None or entry.custody != "holder":
            return None
        newest = self._desk(now).newest_list(entry)
        until = newest.envelope.valid_until if newest is not None else None
        if until is None:
            return None
        return StatusListStanding(until, is_due=until - now <= self.told_before, is_over=until <= now)

    def prepare(self, actor: Actor, *, now: datetime) -> Unsigned:
        """Gives the next version, to be signed on the device and brought back within ten minutes.

        Raises:
            Forbidden: WRONG_ROLE.
            NotFound: NO_WORKSHOP.
            BadInput: NO_KEY, where no key on a device is in force; NOT_DUE.
        """
        entry = held_entry(self.trust, self._maker(actor), now)
        standing = self.standing(actor, now=now)
        if standing is None or not standing.is_due:
            raise BadInput("NOT_DUE", "the list holds for long enough")
        return unsigned(actor, entry, [self._desk(now).unsigned_list(entry).to_document()])

    def admit_signed(self, actor: Actor, records: tuple[bytes, ...], *, now: datetime) -> None:
        """Takes the signed version in, if it is the prepared one; the same once more changes nothing.

        Args:
            actor: an artisan.
            records: that version alone, signed.
            now: aware.

        Raises:
            Forbidden: WRONG_ROLE.
            NotFound: NO_WORKSHOP.
            BadInput: NO_KEY; OTHER_RECORD, where it is anything else than the next version with the same
                bits; NOT_DUE, where it was prepared long ago or at a time to come; what admission raises.
            TraceabilityError: it cannot be read.
        """
        maker = self._maker(actor)
        entry = held_entry(self.trust, maker, now)
        if len(records) != 1:
            raise BadInput("OTHER_RECORD", f"1 signed record expected, got {len(records)}")
        signed = Reader(1).read(records[0])
        newest = self._desk(now).newest_list(entry)
        if newest is not None and newest.digest == signed.digest:
            return
        self._demand_prepared(signed, entry, now)
        with self.database.write() as session:
            self.admission.take_in(session, Delivery(list(records)), now=now)
            note(session, actor, "status renew", f"workshop:{maker.slug}", at=now)
        self.admission.sign_log(now)

    def _demand_prepared(self, signed: SignedRecord, entry: TrustKey, now: datetime) -> None:
        """Refuses what is not the version that would have been prepared at the moment that it names.

        Nothing of a prepared version needs to be kept: its bits and number follow from the one before.
        """
        prepared_at = signed.envelope.valid_from
        if not now - SIGNED_WITHIN <= prepared_at <= now:
            raise BadInput("NOT_DUE", f"a version of the last {SIGNED_WITHIN} expected")
        expected = self._desk(prepared_at).unsigned_list(entry)
        demand_same([signed.data], [expected.to_document()])

    def _maker(self, actor: Actor) -> Maker:
        with self.database.read() as session:
            return find_maker(session, actor)

    def _desk(self, now: datetime) -> Desk:
        return Desk(self.database, self.trust, self.host, {}, Path(), now.replace(microsecond=0))
