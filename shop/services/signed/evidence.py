"""Gathering what a verification needs: records, notices about them, status lists, receipts of them all."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from sqlalchemy import or_, select

from shop.db.session import Database
from shop.db.signed import EventFile, load_signed
from shop.db.status_lists import StatusListVersion
from shop.services.log.ledger import Ledger
from traceability.entry import record_entry_id
from traceability.errors import TraceabilityError
from traceability.evidence import Evidence, Reader
from traceability.records.notice import Notice
from traceability.records.status_list import StatusList

__all__ = ["SignedEvidence", "gather"]


@dataclass(frozen=True, slots=True, eq=False)
class SignedEvidence:
    """What was signed about some records, and where the log has it. Under one head it never changes.

    Two of them are equal only if they are one: then what was told of it can be remembered by it.

    Attributes:
        bodies: signed bytes by record URL, notices about them included.
        receipts: the log's receipts by entry id, of what is under a trusted head.
        status_lists: the newest list of each issuer, by URL.
        later: notices by the URL of the record that they are about.
        translations: unsigned English texts by record URL.
        serials: of the lot that was asked for; empty without one.
        places: the records that this lot's workshop and village have now; they may be newer than its chain.
        files: photos and voice notes that are kept of events, by record URL.
    """

    bodies: Mapping[str, bytes]
    receipts: Mapping[str, bytes]
    status_lists: Mapping[str, bytes]
    later: Mapping[str, Sequence[bytes]]
    translations: Mapping[str, str | None]
    serials: bytes = b""
    places: Sequence[bytes] = ()
    files: Mapping[str, Sequence[EventFile]] = field(default_factory=dict)

    def evidence(self, reader: Reader, *, lot: str | None = None, passport: bytes = b"") -> Evidence:
        """Gives it as a verification takes it.

        Args:
            reader: remembers what cannot change.
            lot: the lot's id, with its newest passport; None for a record by itself.
            passport: signed bytes.
        """
        return Evidence(
            records=self.bodies,
            passports={lot: passport} if lot is not None else {},
            serials={lot: self.serials} if lot is not None else {},
            reader=reader,
            receipts=self.receipts,
            status_lists=self.status_lists,
            later=self.later,
        )


def gather(
    database: Database, ledger: Ledger, reader: Reader, *record_ids: str, lot_id: int | None = None
) -> SignedEvidence:
    """Gives all that speaks for or against some records, in one statement and one look into the log.

    Args:
        database: open.
        ledger: of the same database.
        reader: reads our own notices and lists, which it will be asked for again.
        record_ids: local ids; unknown ones add nothing.
        lot_id: of a lot whose serials and places are wanted too.
    """
    with database.read() as session:
        found = load_signed(session, *record_ids, lot_id=lot_id)
    entry_ids = list(found.bodies)
    later: dict[str, list[bytes]] = {}
    versions: dict[str, int] = {}
    for data in (*found.notices, *found.lists.values()):
        with suppress(TraceabilityError):  # what cannot be read, a verification finds missing
            signed = reader.read(data)
            entry_ids.append(record_entry_id(signed))
            if isinstance(signed.record, Notice):
                later.setdefault(signed.record.about, []).append(data)
            if isinstance(signed.record, StatusList):
                versions[signed.envelope.id] = signed.record.version
    receipts = ledger.receipts(dict.fromkeys(entry_ids))
    waiting = {url: version for url, version in versions.items() if f"{url}#{version}" not in receipts}
    older = _older_lists(database, waiting)
    return SignedEvidence(
        bodies=found.bodies,
        receipts=receipts | (_receipts_before(ledger, waiting, older) if older else {}),
        status_lists=found.lists | older,
        later=later,
        translations=found.translations,
        serials=found.serials,
        places=found.places,
        files=found.files,
    )


def _receipts_before(
    ledger: Ledger, waiting: Mapping[str, int], older: Mapping[str, bytes]
) -> dict[str, bytes]:
    return ledger.receipts([f"{url}#{waiting[url] - 1}" for url in older])


def _older_lists(database: Database, waiting: Mapping[str, int]) -> dict[str, bytes]:
    """Gives the version before each of these: a new one counts when witnesses have seen it."""
    if not waiting:
        return {}
    wanted = [
        (StatusListVersion.url == url) & (StatusListVersion.version == version - 1)
        for url, version in waiting.items()
    ]
    with database.read() as session:
        found = session.scalars(select(StatusListVersion).where(or_(*wanted)))
        return {row.url: row.body for row in found}
