"""The public record: exact signed bytes, DID documents and the trust list, as anybody may fetch them."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from shop.db.lots import Record
from shop.db.session import Database
from shop.db.status_lists import StatusListVersion, newest_status_lists
from shop.errors import NotFound
from shop.services.log.ledger import Ledger
from shop.services.signed.check_notes import check_notes
from shop.services.signed.evidence import gather
from traceability.bundle_files import bundle_files
from traceability.evidence import Reader
from traceability.ledger.note import Verifier
from traceability.records.canonical import Document
from traceability.roots import roots_fingerprint
from traceability.signing.did import did_document, issuer_did
from traceability.signing.trust import TrustList

__all__ = ["Records", "StoredRecord"]


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """One record as it is served: the exact bytes, and their `digestMultibase`, which is its ETag."""

    body: bytes
    digest: str


class Records:
    """What a stranger needs to check us."""

    def __init__(
        self,
        database: Database,
        *,
        trust: TrustList,
        trust_note: bytes,
        roots: Sequence[Verifier],
        roots_file: bytes,
        host: str,
        ledger: Ledger,
        reader: Reader,
    ) -> None:
        self._database, self.trust, self._host = database, trust, host
        self._ledger, self._reader = ledger, reader
        self.roots = [root.vkey for root in roots]
        self.roots_fingerprint = roots_fingerprint(roots)
        self.roles = frozenset(key.role for key in trust.keys)
        self.trust_note, self.roots_file = trust_note, roots_file

    def record(self, record_id: str) -> StoredRecord:
        """Gives a record's bytes.

        Raises:
            NotFound: NO_RECORD.
        """
        # PostgreSQL refuses a zero byte; no id of ours holds a character that does not show.
        with self._database.read() as session:
            record = session.get(Record, record_id) if record_id.isprintable() else None
        if record is None:
            raise NotFound("NO_RECORD", f"no record {record_id[:80]!r}")
        return StoredRecord(record.body, record.digest)

    def receipt(self, record_id: str) -> bytes:
        """Gives the log's receipt of a record.

        Raises:
            NotFound: NO_RECEIPT, also for a record that is not under a trusted head yet.
        """
        return self._ledger.receipt(f"https://{self._host}/records/{record_id}")

    def status_list(self, issuer: str, number: str) -> StoredRecord:
        """Gives the newest version of a status list.

        Args:
            issuer: the issuer's slug.
            number: of the list among the issuer's.

        Raises:
            NotFound: NO_STATUS_LIST.
        """
        found = self._newest_list(issuer, number)
        return StoredRecord(found.body, found.digest)

    def status_receipt(self, issuer: str, number: str) -> bytes:
        """Gives the log's receipt of the newest version of a status list.

        Raises:
            NotFound: NO_STATUS_LIST; NO_RECEIPT, where it is not under a trusted head yet.
        """
        found = self._newest_list(issuer, number)
        return self._ledger.receipt(f"{found.url}#{found.version}")

    def _newest_list(self, issuer: str, number: str) -> StatusListVersion:
        url = f"https://{self._host}/status/{issuer}/{number}"
        newest = newest_status_lists().where(StatusListVersion.url == url)
        with self._database.read() as session:
            found = session.scalar(newest) if url.isprintable() else None
        if found is None:
            raise NotFound("NO_STATUS_LIST", f"no status list {url[:120]!r}")
        return found

    def take_away(self, record_id: str, *, source_url: str) -> bytes:
        """Gives a zip with a record, all that it links to, receipts, the trust list and the roots: a bundle.

        Two short texts in it say how to check it without us.

        Args:
            record_id: its local id.
            source_url: where the program is that checks it; empty where nobody said.

        Raises:
            NotFound: NO_RECORD.
        """
        is_named = record_id.isprintable()  # PostgreSQL refuses a zero byte
        signed = gather(self._database, self._ledger, self._reader, *([record_id] if is_named else []))
        if not signed.bodies:
            raise NotFound("NO_RECORD", f"no record {record_id[:80]!r}")
        files = bundle_files(
            trust_note=self.trust_note,
            roots=self.roots,
            records=signed.bodies,
            serials={},
            receipts=signed.receipts,
            status_lists=signed.status_lists,
        )
        files |= check_notes(record_id, roots_fingerprint=self.roots_fingerprint, source_url=source_url)
        target = BytesIO()
        with ZipFile(target, "w", ZIP_DEFLATED) as archive:
            for name, data in sorted(files.items()):
                # A fixed time, so that the same records always make the same file.
                archive.writestr(ZipInfo(f"{record_id}/{name}", (2020, 1, 1, 0, 0, 0)), data, ZIP_DEFLATED)
        return target.getvalue()

    def did(self, slug: str) -> Document:
        """Gives the did:web document of an issuer: its `record` keys; seals are no credentials.

        Raises:
            NotFound: NO_ISSUER.
        """
        did = issuer_did(self._host, slug)
        keys = [key for key in self.trust.keys_of(did) if key.use == "record"]
        if not keys:
            raise NotFound("NO_ISSUER", f"no issuer {slug[:80]!r}")
        revoked = {key.method.id: key.revoked.time for key in keys if key.revoked is not None}
        return did_document(did, [key.method for key in keys], revoked=revoked)
