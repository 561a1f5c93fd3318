"""Putting a backup in place of a database, unless the log would go back behind what was signed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import select

from shop.audit.instance import Outside, audit_instance
from shop.db.copies import opened_copy, put_copy_in_place
from shop.db.instance import InstanceFact
from shop.db.ledger_store import SqlLedgerStore, join_log
from shop.db.session import Database, open_database
from shop.errors import ConfigurationError
from shop.services.access.sessions import end_everything
from traceability.entry import incident_entry
from traceability.errors import Reason, TraceabilityError
from traceability.ledger import note as notes
from traceability.ledger.checkpoint import Checkpoint
from traceability.ledger.heads import HeadFolder, SignedHead
from traceability.ledger.log import Log, append
from traceability.ledger.note import Verifier
from traceability.ledger.publish import CHECKPOINT
from traceability.ledger.tile_proofs import root_at
from traceability.signing.keys import Signer

__all__ = ["IDENTITY_FACT", "Restored", "Restoring"]

IDENTITY_FACT: Final = "identity_host"


@dataclass(frozen=True, slots=True)
class Restored:
    """What is in place now.

    Attributes:
        size: number of log entries.
        root: of the log, in hexadecimal.
        lost: the head that the log has gone back behind, None where it has not.
    """

    size: int
    root: str
    lost: Checkpoint | None


@dataclass(frozen=True, slots=True)
class Restoring:
    """Where a backup is to go.

    Attributes:
        url: of the database.
        host: the identity host; the log's origin is `<host>/log`.
        heads: the folder of the last signed heads. It is never restored: it is what tells a rollback.
        roots: the pinned root keys.
        log_folder: where the log's static files are published.
    """

    url: str
    host: str
    heads: Path
    roots: Sequence[Verifier]
    log_folder: Path

    def restore(
        self,
        file: Path,
        *,
        given: Checkpoint | None,
        signer: Signer | None,
        now: datetime,
        keep: Callable[[], object],
    ) -> Restored:
        """Puts the backup in place.

        Args:
            file: from `langnghe backup`.
            given: a head that was kept elsewhere, to compare with too; None for none.
            signer: the log's key, to accept a rollback with; None refuses one.
            now: aware.
            keep: is called once the backup was found good, before it takes the place of what is there.

        Raises:
            ConfigurationError: BAD_BACKUP, when it is damaged or no backup; IDENTITY_CHANGED; ROLLBACK or
                FORK, when it is not the log that was signed. The database is as it was.
        """
        memory, origin = HeadFolder(self.heads), f"{self.host}/log"
        # Whoever would sign waits until the database is in place.
        with memory.hold(origin) as held:
            outside = [("the last signed head", held.head.checkpoint)] if held.head is not None else []
            outside += [("the given head", given)] if given is not None else []
            outside += self._published()
            with opened_copy(file, self.url) as copy:
                copy.migrate()
                lost = self._judge(copy, file, outside, may_lose=signer is not None)
                keep()
                put_copy_in_place(copy, file, self.url)
        return self._settle(memory, lost, signer, now)

    def _published(self) -> list[tuple[str, Checkpoint]]:
        """Gives the head that the static files carry: others may have seen it."""
        try:
            note = notes.parse((self.log_folder / CHECKPOINT).read_bytes())
            return [("the published head", Checkpoint.from_text(note.text))]
        except (OSError, TraceabilityError):
            return []

    def _judge(self, copy: Database, file: Path, outside: Outside, *, may_lose: bool) -> Checkpoint | None:
        """Gives the head that would be lost; refuses what is damaged, another's, or a fork."""
        with copy.read() as session:
            host = session.scalar(select(InstanceFact.value).where(InstanceFact.key == IDENTITY_FACT))
        if host != self.host:
            raise ConfigurationError(
                "IDENTITY_CHANGED", f"{file} signs as {host}, the settings say {self.host}"
            )
        places = {where for where, _ in outside}
        report = audit_instance(copy, roots=self.roots, outside=outside)
        own = [fault for fault in report.faults if fault.where not in places]
        if own:
            first = f"{own[0].where}: {own[0].detail}"
            raise ConfigurationError("BAD_BACKUP", f"{file} has {len(own)} faults, first {first}")
        for fault in report.faults:
            if fault.reason is Reason.FORK:
                raise ConfigurationError(Reason.FORK, f"{fault.where}: {fault.detail}")
        behind = [head for _, head in outside if head.size > report.size]
        if not outside and report.size and not may_lose:
            message = "no head is remembered here that the backup could be compared with"
            raise ConfigurationError(Reason.ROLLBACK, message)
        if behind and not may_lose:
            most = max(head.size for head in behind)
            message = f"the backup has {report.size} entries, but a head of {most} was signed"
            raise ConfigurationError(Reason.ROLLBACK, message)
        return max(behind, key=lambda head: head.size, default=None)

    def _settle(
        self, memory: HeadFolder, lost: Checkpoint | None, signer: Signer | None, now: datetime
    ) -> Restored:
        """Makes the memory fit what is in place; a rollback is logged as an entry that all can see."""
        database = open_database(self.url)
        try:
            database.migrate()
            with database.write() as session:
                end_everything(session, now=now)
            store = SqlLedgerStore(database)
            if lost is not None and signer is not None:
                self._tell_rollback(database, memory, lost, signer, now)
            else:
                self._remember_own_head(store, memory)
            with store.read() as view:
                size = view.size()
                return Restored(size, root_at(size, view.tiles).hex(), lost)
        finally:
            database.close()

    def _remember_own_head(self, store: SqlLedgerStore, memory: HeadFolder) -> None:
        """Remembers the newest head of the backup where nothing was remembered."""
        with store.read() as view:
            head = view.latest_head()
        with memory.hold(f"{self.host}/log") as held:
            if held.head is None and head is not None:
                held.store(head)

    def _tell_rollback(
        self, database: Database, memory: HeadFolder, lost: Checkpoint, signer: Signer, now: datetime
    ) -> None:
        """Logs the incident, signs the shorter log, and remembers that head in place of the lost one."""
        log = Log(SqlLedgerStore(database), origin=f"{self.host}/log", signer=signer, memory=memory)
        with database.write() as session:
            writer = join_log(session)
            append(writer, [incident_entry(log.origin, lost, writer.size())])
        with log.store.read() as view:
            checkpoint = Checkpoint(log.origin, view.size(), root_at(view.size(), view.tiles))
        note = notes.parse(notes.sign(checkpoint.to_text(), [(log.origin, signer)]))
        log.adopt(SignedHead(note, now))
        log.checkpoint(now)
        if self.log_folder.exists():
            # The published files tell of the lost entries; they are evidence and stay.
            self.log_folder.rename(
                self.log_folder.with_name(f"{self.log_folder.name}.lost-{lost.size}-{checkpoint.size}")
            )
