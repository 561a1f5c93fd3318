"""The public record: exact signed bytes, DID documents and the trust list, as anybody may fetch them."""

from dataclasses import dataclass

from shop.db.lots import Record
from shop.db.session import Database
from shop.errors import NotFound
from traceability.records.canonical import Document
from traceability.signing.did import did_document
from traceability.signing.trust import TrustList

__all__ = ["Records", "StoredRecord"]


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """One record as it is served: the exact bytes, and their `digestMultibase`, which is its ETag."""

    body: bytes
    digest: str


class Records:
    """What a stranger needs to check us."""

    def __init__(self, database: Database, *, trust: TrustList, trust_note: bytes, host: str) -> None:
        self._database, self._trust, self._host = database, trust, host
        self.trust_note = trust_note

    def record(self, record_id: str) -> StoredRecord:
        """Gives a record's bytes.

        Raises:
            NotFound: NO_RECORD.
        """
        with self._database.read() as session:
            record = session.get(Record, record_id)
        if record is None:
            raise NotFound("NO_RECORD", f"no record {record_id[:80]!r}")
        return StoredRecord(record.body, record.digest)

    def did(self, slug: str) -> Document:
        """Gives the did:web document of an issuer: its `record` keys; seals are no credentials.

        Raises:
            NotFound: NO_ISSUER.
        """
        did = f"did:web:{self._host}:issuers:{slug}"
        methods = [key.method for key in self._trust.keys_of(did) if key.use == "record"]
        if not methods:
            raise NotFound("NO_ISSUER", f"no issuer {slug[:80]!r}")
        return did_document(did, methods)
