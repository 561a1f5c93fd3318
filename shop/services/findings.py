"""What an inspector signed on her phone: checked to be hers, then admitted once, like any other record."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import undefer

from shop.db.lots import SERIAL_CHARS, Lot, Record
from shop.db.session import Database
from shop.errors import BadInput
from shop.services.actors import INSPECTOR, Actor, demand_role
from shop.services.admission import Admission, Delivery
from shop.services.key_enrolment import KeyEnrolments
from shop.services.signed_rows import local_id
from traceability.errors import NotVerified
from traceability.evidence import Reader, SignedRecord
from traceability.records.notice import Notice
from traceability.records.passport import LotPassport
from traceability.signing.trust import TrustKey, TrustList

__all__ = ["FIELD_ACTIONS", "Findings", "TakenFinding"]

# A correction puts another record in a record's place, and that one is not made in the field.
FIELD_ACTIONS: Final = frozenset({"finding", "revoke", "suspend", "recall"})


@dataclass(frozen=True, slots=True)
class TakenFinding:
    """A finding that stands in the log.

    Attributes:
        record_id: local id.
        index: in the log.
        already: it was here before; nothing was changed.
        cautions: what the admission noted.
    """

    record_id: str
    index: int
    already: bool
    cautions: tuple[str, ...]


class Findings:
    """Takes in what inspectors sign with keys that they hold themselves.

    Args:
        database: open.
        trust: the list in force.
        admission: into the same database, under the same list.
        enrolments: whose key is whose.
    """

    def __init__(
        self, database: Database, *, trust: TrustList, admission: Admission, enrolments: KeyEnrolments
    ) -> None:
        self._database, self._trust = database, trust
        self._admission, self._enrolments = admission, enrolments

    def take(self, actor: Actor, data: bytes, *, now: datetime) -> TakenFinding:
        """Takes one signed notice in; the same one again changes nothing and gets the same answer.

        Args:
            actor: who is signed in.
            data: signed bytes.
            now: aware.

        Raises:
            Forbidden: WRONG_ROLE.
            BadInput: NOT_A_FINDING, NOT_YOURS, NO_SUCH_UNIT, and what `Admission.admit` raises.
            TraceabilityError: it cannot be read, was not signed about now, or is in the log with other bytes.
            StorageBusy: nothing was changed.
        """
        demand_role(actor, INSPECTOR)
        item = Reader(1).read(data)
        if not isinstance(item.record, Notice) or item.record.action not in FIELD_ACTIONS:
            raise BadInput("NOT_A_FINDING", f"{item.envelope.id} is no notice of {sorted(FIELD_ACTIONS)}")
        self._demand_hers(actor, item)
        self._demand_units(item.record)
        already = self._is_here(item)
        (admitted,) = self._admission.admit(Delivery([item.data]), now=now)
        return TakenFinding(admitted.record_id, admitted.index, already, admitted.cautions)

    def _demand_hers(self, actor: Actor, item: SignedRecord) -> None:
        """Checks that she signed it, under the issuer that she acts for, with a key that she handed in."""
        own = {one.method_id for one in self._enrolments.of(actor) if one.state == "listed"}
        key = self._key(item)
        is_issuers = key.method.controller == item.envelope.issuer.did
        if not is_issuers or key.role != INSPECTOR or key.method.id not in own:
            raise BadInput("NOT_YOURS", f"{key.method.id} is no key that this account holds")

    def _key(self, item: SignedRecord) -> TrustKey:
        try:
            return self._trust.key(item.claim.method_id)
        except NotVerified as error:
            raise BadInput("NOT_YOURS", str(error)) from error

    def _demand_units(self, notice: Notice) -> None:
        """Checks that the units named are units of the lot, or a recall of them would reach nothing."""
        if not notice.serials:
            return
        own = self._units(local_id(notice.about))
        for serial in notice.serials:
            if serial.upper() not in own:
                raise BadInput("NO_SUCH_UNIT", f"{serial} is no unit of the lot of {notice.about}")

    def _units(self, passport_id: str) -> set[str]:
        """Gives the serials of a passport's lot; the lot's row names its newest passport only."""
        with self._database.read() as session:
            stored = session.get(Record, passport_id)
            about = Reader(1).read(stored.body).record if stored is not None else None
            if not isinstance(about, LotPassport):
                return set()
            lots = select(Lot, Record.body).join(Record, Record.id == Lot.record_id)
            rows = session.execute(lots.where(Lot.number == about.lot).options(undefer(Lot.serials))).all()
        for lot, body in rows:
            newest = Reader(1).read(body).record
            if isinstance(newest, LotPassport) and newest.lot_id == about.lot_id:
                known = lot.serials.decode("ascii")
                return {known[start : start + SERIAL_CHARS] for start in range(0, len(known), SERIAL_CHARS)}
        return set()

    def _is_here(self, item: SignedRecord) -> bool:
        with self._database.read() as session:
            return session.scalar(select(Record.id).where(Record.digest == item.digest)) is not None
