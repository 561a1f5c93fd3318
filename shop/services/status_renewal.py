"""Keeps status lists fresh whose issuers' keys lie on this machine: the same bits, signed anew each day."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from shop.db.session import Database
from shop.db.status_lists import newest_status_lists
from shop.services.ledger import Ledger
from traceability.errors import TraceabilityError
from traceability.evidence import Reader, SignedRecord
from traceability.issue import SigningKey, issue_status_list
from traceability.records.status_list import StatusList
from traceability.signing.keys import load_signer
from traceability.signing.trust import TrustKey, TrustList

__all__ = ["STATUS_LIST_PERIOD", "StatusRenewal"]

STATUS_LIST_PERIOD: Final = timedelta(days=30)  # how long a verifier without a network may go on
RENEW_EVERY: Final = timedelta(days=1)
LOOK_EVERY: Final = timedelta(hours=1)


class StatusRenewal:
    """Signs lists anew that are a day old. A list whose issuer keeps its own key is left to that issuer.

    Args:
        database: open.
        ledger: logs the new versions.
        trust: names the keys in force.
        keys: the folder of key files, `<slug>.record*.pem`.
        passphrase: of the key files.
    """

    def __init__(
        self, database: Database, *, ledger: Ledger, trust: TrustList, keys: Path, passphrase: bytes | None
    ) -> None:
        self._database, self._ledger, self._trust = database, ledger, trust
        self._keys, self._passphrase = keys, passphrase
        self._next_look: datetime | None = None

    def renew(self, now: datetime) -> int:
        """Signs, stores and logs what is due; says how many lists. It looks once an hour at most.

        Args:
            now: aware.

        Raises:
            TraceabilityError: a key does not open, or a list cannot be signed; earlier ones are stored.
            StorageBusy: the database is taken; the next call goes on from there.
        """
        if self._next_look is not None and now < self._next_look:
            return 0
        renewed = [self._sign_anew(item, key, now) for item, key in self._due(now)]
        if renewed:
            self._ledger.store(renewed)
        self._next_look = now + LOOK_EVERY
        return len(renewed)

    def _due(self, now: datetime) -> Iterator[tuple[SignedRecord, SigningKey]]:
        with self._database.read() as session:
            bodies = [row.body for row in session.scalars(newest_status_lists())]
        reader = Reader(1)
        for body in bodies:
            item = reader.read(body)
            if item.envelope.valid_from + RENEW_EVERY <= now:
                key = self._key_of(item.envelope.issuer.did, now)
                if key is not None:
                    yield item, key

    def _key_of(self, did: str, now: datetime) -> SigningKey | None:
        """Gives the key of an issuer that is in force and whose file is here."""
        entries: Mapping[bytes, TrustKey] = {
            entry.method.key.raw: entry for entry in self._trust.keys_of(did) if _may_sign(entry, now)
        }
        for path in sorted(self._keys.glob(f"{did.rpartition(':')[2]}.record*.pem")):
            signer = load_signer(f"file:{path}", self._passphrase)
            if signer.public_key.raw in entries:
                return SigningKey(signer, entries[signer.public_key.raw])
        return None

    def _sign_anew(self, item: SignedRecord, key: SigningKey, now: datetime) -> SignedRecord:
        record = item.record
        assert isinstance(record, StatusList)  # noqa: S101 - the table holds nothing else
        return issue_status_list(
            item.envelope.id,
            record.bits,
            purpose=record.purpose,
            key=key,
            previous=item,
            now=now.replace(microsecond=0),
            period=STATUS_LIST_PERIOD,
        )


def _may_sign(entry: TrustKey, now: datetime) -> bool:
    try:
        entry.check_time(now)
    except TraceabilityError:
        return False
    return entry.use == "record"
