"""The transparency log of this instance: storing what was signed, its head, receipts and public files.

Anybody with the database can read here. Signing needs the log's key as well, which is `LogSigning`.
"""

import logging
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

from shop.db.ledger_store import SqlLedger, SqlLedgerStore
from shop.db.log_heads import add_cosignatures, heads_newest_first
from shop.db.session import Database
from shop.errors import NotFound
from shop.services.signed.rows import Translations, store_records
from traceability.errors import NotVerified, Reason, Refused, TraceabilityError
from traceability.evidence import SignedRecord
from traceability.ledger import publish as publishing
from traceability.ledger.checkpoint import Checkpoint
from traceability.ledger.heads import SignedHead
from traceability.ledger.log import Log, prove_entries
from traceability.ledger.note import parse as parse_note
from traceability.ledger.quorum import Policy, TrustedHead
from traceability.ledger.tiles import Resource, resource_width
from traceability.ledger.witness import AddCheckpoint, Cosigner, Status, read_answer
from traceability.signing.keys import PublicKey

__all__ = ["Ledger", "LogSigning", "TrustedSignedHead"]

REREAD_S: Final = 1.0  # another process may have signed; a receipt under an older head is as good
REMEMBERED: Final = 1_024

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LogSigning:
    """What this process signs heads with.

    Attributes:
        log: over the same database.
        witness: cosigns here and now, in the demo; None where witnesses are somebody else.
        folder: where the static files are published.
    """

    log: Log
    witness: Cosigner | None
    folder: Path


@dataclass(frozen=True, slots=True)
class TrustedSignedHead:
    """A head that the trust list's policy accepts: what receipts carry and `/log/checkpoint` serves.

    Attributes:
        head: the note with its cosignatures, and when the log signed it.
        trusted: what the policy found in it.
    """

    head: SignedHead
    trusted: TrustedHead

    @property
    def size(self) -> int:
        """Number of entries under the head."""
        return self.trusted.checkpoint.size


class Ledger:
    """The log of one instance. Safe to share between threads."""

    def __init__(self, database: Database, *, policy: Policy | None, signing: LogSigning | None) -> None:
        """Reads and writes the log in `database`.

        Args:
            database: open.
            policy: which heads are trusted; None where the trust list names no log, and then none is.
            signing: None where heads are signed elsewhere.
        """
        self._database, self._policy, self._signing = database, policy, signing
        self._store = SqlLedgerStore(database)
        self._latest: TrustedSignedHead | None = None
        self._read_at = float("-inf")
        self._proven = lru_cache(REMEMBERED)(self._prove)

    @property
    def signs(self) -> bool:
        """Whether this process has the log's key."""
        return self._signing is not None

    @property
    def own_witness(self) -> PublicKey | None:
        """The key of the witness whose key lies here too; None where every witness is somebody else."""
        witness = self._signing.witness if self._signing is not None else None
        return witness.public_key if witness is not None else None

    # Writing

    def store(
        self, items: Sequence[SignedRecord], *, translations: Translations | None = None
    ) -> tuple[int, ...]:
        """Stores records and logs them in one transaction. See `store_records`.

        A record counts as issued only when `receipts` gives its receipt, which is after the next checkpoint.

        Raises:
            Refused: LOG_CONFLICT or BAD_VALUE; nothing was changed.
            StorageBusy: GATE_HELD or STORAGE_BUSY; nothing was changed.
        """
        with self._database.write() as session:
            return store_records(session, items, translations=translations)

    def check(self) -> None:
        """Checks that the log has not gone back behind what was signed and what is published here.

        Raises:
            Refused: ROLLBACK or FORK.
            TraceabilityError: what is remembered cannot be read.
        """
        if self._signing is None:
            return
        self._signing.log.check()
        try:
            published = (self._signing.folder / publishing.CHECKPOINT).read_bytes()
        except OSError:
            return
        size = Checkpoint.from_text(parse_note(published).text).size
        with self._store.read() as view:
            if size > view.size():
                message = f"the store has {view.size()} entries, but a head of {size} is published"
                raise Refused(Reason.ROLLBACK, message)

    def checkpoint(self, now: datetime) -> TrustedSignedHead | None:
        """Signs what is committed, if that is more than was signed last, and has it cosigned.

        Returns:
            The newest trusted head: the new one, unless its witnesses have yet to cosign.

        Raises:
            Refused: ROLLBACK or FORK, see `Log.checkpoint`; nothing was signed. BAD_VALUE, without a key.
            NotVerified: the witness of this instance declines, by its reason.
            TraceabilityError: what is remembered cannot be read.
            StorageBusy: the database is taken; the next call goes on from there.
        """
        if self._signing is None:
            raise Refused(Reason.BAD_VALUE, "the log's key is not here")
        head = self._signing.log.checkpoint(now)
        if self._signing.witness is not None:
            self._have_cosigned(head, self._signing.log, self._signing.witness, now)
        self._read_at = float("-inf")
        return self.latest()

    def publish(self) -> list[str]:
        """Writes what the static files lack of the newest trusted head, the checkpoint last.

        Returns:
            The paths that were written.

        Raises:
            TraceabilityError: see `publish.publish`; what was served before is served still.
            OSError: the folder cannot be written.
        """
        latest = self.latest()
        if self._signing is None or latest is None:
            return []
        return publishing.publish(self._store, latest.head, self._signing.folder)

    # Reading

    def size(self) -> int:
        """Gives the number of entries, signed for or not."""
        with self._store.read() as view:
            return view.size()

    def latest(self) -> TrustedSignedHead | None:
        """Gives the newest head that the policy accepts, at most a second old; None if there is none."""
        if self._policy is not None and time.monotonic() - self._read_at >= REREAD_S:
            above = -1 if self._latest is None else self._latest.size
            with self._database.read() as session:
                for head in heads_newest_first(session, above=above):
                    trusted = self._judge(head, self._policy)
                    if trusted is not None:
                        self._latest = TrustedSignedHead(head, trusted)
                        break
            self._read_at = time.monotonic()
        return self._latest

    def receipts(self, entry_ids: Collection[str]) -> dict[str, bytes]:
        """Gives the receipt of each of these entries under the newest trusted head.

        Args:
            entry_ids: what is not under the head is left out.
        """
        latest = self.latest()
        return dict(self._proven(latest.head, tuple(entry_ids))) if latest is not None else {}

    def receipt(self, entry_id: str) -> bytes:
        """Gives one receipt.

        Raises:
            NotFound: NO_RECEIPT.
        """
        found = self.receipts([entry_id]) if entry_id.isprintable() else {}
        if entry_id not in found:
            raise NotFound("NO_RECEIPT", f"no receipt of {entry_id[:200]!a}")
        return found[entry_id]

    def resource(self, path: str) -> bytes:
        """Gives one of the static files below the log's prefix: a tile or a bundle of entries.

        Args:
            path: such as `tile/0/000.p/17`; what lies behind the newest trusted head is not there yet.

        Raises:
            NotFound: NO_TILE.
        """
        latest = self.latest()
        try:
            wanted = Resource.from_path(path)
            size = latest.size if latest is not None else 0
            if wanted.width <= resource_width(wanted.level, wanted.n, size=size):
                with self._store.read() as view:
                    return publishing.read_resource(view, wanted)
        except TraceabilityError as error:
            raise NotFound("NO_TILE", str(error)) from error
        raise NotFound("NO_TILE", f"the log has no {path[:80]!a}")

    def _prove(self, head: SignedHead, entry_ids: tuple[str, ...]) -> dict[str, bytes]:
        try:
            with self._database.read() as session:
                found = prove_entries(SqlLedger(session), entry_ids, head)
        except NotVerified as error:
            # A damaged log must not take pages away: without receipts they say that nothing is proven.
            _log.error("no receipts can be given: %s", error)
            return {}
        return {entry_id: receipt.to_bytes() for entry_id, receipt in found.items()}

    def _judge(self, head: SignedHead, policy: Policy) -> TrustedHead | None:
        try:
            return policy.check(head.note)
        except TraceabilityError as error:
            if error.code is not Reason.QUORUM_MISSING:
                _log.error("the head of %d entries is not trusted: %s", head.checkpoint.size, error)
            return None

    def _have_cosigned(self, head: SignedHead, log: Log, witness: Cosigner, now: datetime) -> None:
        """Asks the witness of this instance; it names the size that it cosigned last, if that is another."""
        latest = self.latest()
        if latest is not None and latest.size == head.checkpoint.size:
            return
        text = head.note.text
        answer = witness.answer(AddCheckpoint(0, (), head.note).to_bytes(), now=now)
        if answer.status is Status.OTHER_SIZE:
            request = log.request_cosignature(int(answer.body), head)
            answer = witness.answer(request.to_bytes(), now=now)
        if answer.status is not Status.COSIGNED:
            raise NotVerified(answer.reason or Reason.BAD_NOTE, answer.body.decode().strip())
        with self._database.write() as session:
            lines = read_answer(answer.body, text)
            add_cosignatures(session, head.checkpoint.size, lines, received_at=now)
