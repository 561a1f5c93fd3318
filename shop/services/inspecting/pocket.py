"""What an inspector takes along: all that was signed, in one file, and proofs that the log only grew."""

import gzip
import json
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from shop.db.ledger_store import SqlLedgerStore
from shop.db.session import Database
from shop.errors import BadInput, NotFound
from shop.services.access.actors import INSPECTOR, Actor, demand_role
from shop.services.exporting.evidence import ExportEvidence
from shop.services.log.ledger import Ledger
from shop.services.signed.records import Records
from traceability.clock import format_instant
from traceability.ledger.tile_proofs import prove_consistency
from traceability.records.canonical import sha256
from traceability.signing.did import issuer_did

__all__ = ["Pocket", "PocketBundle", "Standing"]


@dataclass(frozen=True, slots=True)
class PocketBundle:
    """The file for a phone.

    Attributes:
        packed: gzip of UTF-8 JSON `{"v": 1, "made": …, "evidence": {name: data}}`, with the names and data of
            the scripts of a static export.
        size: bytes unpacked.
        etag: changes with the content.
    """

    packed: bytes
    size: int
    etag: str


@dataclass(frozen=True, slots=True)
class Standing:
    """In whose name an inspector signs.

    Attributes:
        did: of the issuer.
        name: as the trust list calls it; None while the list does not know it as an inspector.
    """

    did: str
    name: str | None


class Pocket:
    """Gives what works without signal.

    Args:
        database: open.
        ledger: of the same database.
        records: which know the trust list and its roots.
        host: the identity host.
    """

    def __init__(self, database: Database, *, ledger: Ledger, records: Records, host: str) -> None:
        self._database, self._ledger, self._records, self._host = database, ledger, records, host
        self._lock = Lock()
        self._made: tuple[bytes, PocketBundle] | None = None  # the head that it was made under, and the file

    def standing(self, actor: Actor) -> Standing:
        """Gives in whose name an inspector signs.

        Raises:
            Forbidden: WRONG_ROLE.
            BadInput: NO_ISSUER.
        """
        demand_role(actor, INSPECTOR)
        if actor.issuer is None:
            raise BadInput("NO_ISSUER", "this account signs for nobody yet")
        did = issuer_did(self._host, actor.issuer)
        names = [key.name for key in self._records.trust.keys_of(did) if key.role == INSPECTOR]
        return Standing(did, names[0] if names else None)

    def bundle(self, actor: Actor, *, now: datetime) -> PocketBundle:
        """Gives everything under the newest head. It is made once for each head, by one request at a time.

        Raises:
            Forbidden: WRONG_ROLE.
            NotFound: NO_HEAD, before the log has a trusted head.
        """
        demand_role(actor, INSPECTOR)
        with self._lock:
            latest = self._ledger.latest()
            if latest is None:
                raise NotFound("NO_HEAD", "the log has no head yet that its witnesses have cosigned")
            note = latest.head.note.to_bytes()
            if self._made is None or self._made[0] != note:
                evidence = ExportEvidence(
                    self._database,
                    latest.head,
                    host=self._host,
                    trust_note=self._records.trust_note,
                    roots=self._records.roots,
                )
                self._made = (note, _pack(evidence, format_instant(now)))
            return self._made[1]

    def consistency(self, actor: Actor, *, old: int, size: int) -> tuple[bytes, ...]:
        """Gives the proof that the log of `size` entries continues the one of `old` entries.

        Raises:
            Forbidden: WRONG_ROLE.
            BadInput: BAD_SIZES, where the log has no such sizes.
        """
        demand_role(actor, INSPECTOR)
        latest = self._ledger.latest()
        if latest is None or not 0 < old <= size <= latest.size:
            raise BadInput(
                "BAD_SIZES", f"got {old} and {size}, expected two sizes of this log in their order"
            )
        with SqlLedgerStore(self._database).read() as view:
            return prove_consistency(old, size, view.tiles)


def _pack(evidence: ExportEvidence, made_at: str) -> PocketBundle:
    whole = {"v": 1, "made": made_at, "evidence": dict(evidence.payloads(made_at))}
    data = json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()
    return PocketBundle(gzip.compress(data, 6, mtime=0), len(data), sha256(data).hex()[:32])
