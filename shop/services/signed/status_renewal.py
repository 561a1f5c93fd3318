"""Keeps status lists fresh whose issuers' keys lie on this machine: the same bits, signed anew each day."""

import logging
from datetime import datetime, timedelta
from typing import Final

from shop.db.session import Database
from shop.db.status_lists import StatusListVersion, newest_status_lists
from shop.services.keys.keyring import Keyring
from shop.services.log.ledger import Ledger
from traceability.errors import TraceabilityError
from traceability.evidence import Reader, SignedRecord
from traceability.issue import SigningKey, issue_status_list
from traceability.records.status_list import StatusList

__all__ = ["STATUS_LIST_PERIOD", "StatusRenewal"]

STATUS_LIST_PERIOD: Final = timedelta(days=30)  # how long a verifier without a network may go on
RENEW_EVERY: Final = timedelta(days=1)
LOOK_EVERY: Final = timedelta(hours=1)

_log = logging.getLogger(__name__)


class StatusRenewal:
    """Signs lists anew that are a day old. A list whose issuer keeps its own key is left to that issuer.

    Args:
        database: open.
        ledger: logs the new versions.
        keyring: the keys that lie here.
    """

    def __init__(self, database: Database, *, ledger: Ledger, keyring: Keyring) -> None:
        self._database, self._ledger, self._keyring = database, ledger, keyring
        self._next_look: datetime | None = None

    def renew(self, now: datetime) -> int:
        """Signs, stores and logs what is due; says how many lists. It looks once an hour at most.

        Args:
            now: aware.

        Raises:
            Refused: LOG_CONFLICT, when another process has just renewed the same lists.
            StorageBusy: the database is taken; the next look goes on from there.
        """
        if self._next_look is not None and now < self._next_look:
            return 0
        self._next_look = now + LOOK_EVERY
        renewed = [signed for body in self._due(now) if (signed := self._renew_one(body, now)) is not None]
        if renewed:
            self._ledger.store(renewed)
        return len(renewed)

    def _due(self, now: datetime) -> list[bytes]:
        wanted = newest_status_lists().where(StatusListVersion.issued_at <= now - RENEW_EVERY)
        with self._database.read() as session:
            return [row.body for row in session.scalars(wanted)]

    def _renew_one(self, body: bytes, now: datetime) -> SignedRecord | None:
        """Signs one list; what stands in the way of one issuer must not stop the others."""
        try:
            item = Reader(1).read(body)
            key = self._keyring.key(item.envelope.issuer.did, "record", now=now)
            if key is None or not isinstance(item.record, StatusList):
                return None
            return self._sign_anew(item, item.record, key, now)
        except TraceabilityError as error:
            _log.error("a status list is not renewed: %s", error)
            return None

    def _sign_anew(
        self, item: SignedRecord, record: StatusList, key: SigningKey, now: datetime
    ) -> SignedRecord:
        return issue_status_list(
            item.envelope.id,
            record.bits,
            purpose=record.purpose,
            key=key,
            previous=item,
            now=now.replace(microsecond=0),
            period=STATUS_LIST_PERIOD,
        )
