"""Outside witnesses by exchange of files: a request for the newest head, and their answer. Needs no key."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from shop.db.ledger_store import SqlLedger
from shop.db.log_heads import add_cosignatures, heads_newest_first
from shop.db.session import Database
from shop.errors import NotFound
from traceability.errors import NotVerified, Reason
from traceability.ledger.cosignature import verify_cosignatures
from traceability.ledger.heads import SignedHead
from traceability.ledger.note import Note, Signature
from traceability.ledger.quorum import Policy
from traceability.ledger.tile_proofs import prove_consistency
from traceability.ledger.witness import AddCheckpoint, read_answer

__all__ = ["WitnessExchange"]


class WitnessExchange:
    """What goes to the witnesses of a log and comes back.

    Args:
        database: open.
        policy: of the trust list; it names the witnesses that are known.
    """

    def __init__(self, database: Database, policy: Policy) -> None:
        self._database, self._policy = database, policy

    def newest(self) -> SignedHead:
        """Gives the newest signed head with every cosignature at hand, enough of them or not.

        Raises:
            NotFound: NO_HEAD, when nothing was signed yet.
        """
        with self._database.read() as session:
            for head in heads_newest_first(session):
                return head
        raise NotFound("NO_HEAD", "no head of the log was signed yet")

    def request(self, old: int) -> AddCheckpoint:
        """Gives the request to a witness that cosigned `old` entries last, 0 for never.

        Raises:
            NotFound: NO_HEAD.
            Refused: BAD_VALUE, when the newest head has fewer entries.
            NotVerified: BAD_RECEIPT, when a stored tile is missing or too short.
        """
        head = self.newest()
        with self._database.read() as session:
            proof = prove_consistency(old, head.checkpoint.size, SqlLedger(session).tiles)
        # Only the log's own line: a witness need not carry what others said.
        return AddCheckpoint(old, proof, Note(head.note.text, head.note.signatures[:1]))

    def accept(self, data: bytes, *, now: datetime) -> tuple[int, tuple[str, ...]]:
        """Keeps a witness's answer under the head that it fits; that need not be the newest one.

        Args:
            data: the body of the answer, cosignature lines.
            now: aware.

        Returns:
            The size of that head, and the names of the witnesses whose lines were kept.

        Raises:
            Unreadable: BAD_NOTE, when it is no answer.
            NotVerified: KEY_UNKNOWN, when no line is of a witness of the policy; BAD_SIGNATURE, when the
                lines fit no head of this log.
            NotFound: NO_HEAD.
        """
        lines = self._known_lines(read_answer(data, self.newest().note.text))
        with self._database.read() as session:
            size = self._fitting_size(lines, heads_newest_first(session))
        with self._database.write() as session:
            add_cosignatures(session, size, lines, received_at=now)
        return size, tuple(line.name for line in lines)

    def _known_lines(self, lines: Sequence[Signature]) -> Sequence[Signature]:
        witnesses = {(witness.name, witness.key_id) for _, witness in self._policy.witnesses}
        known = [line for line in lines if (line.name, line.key_id) in witnesses]
        if not known:
            raise NotVerified(Reason.KEY_UNKNOWN, "no line is of a witness that the trust list names")
        return known

    def _fitting_size(self, lines: Sequence[Signature], heads: Iterator[SignedHead]) -> int:
        witnesses = [witness for _, witness in self._policy.witnesses]
        for head in heads:
            try:
                verify_cosignatures(Note(head.note.text, tuple(lines)), witnesses)
            except NotVerified:
                continue
            return head.checkpoint.size
        raise NotVerified(Reason.BAD_SIGNATURE, "the lines fit no head of this log")
