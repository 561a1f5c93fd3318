"""The rules of a cosigner: never go back, never fork, remember before answering.

Source: C2SP tlog-witness, add-checkpoint. A request travels as a file or over HTTP; the statuses are HTTP's
in both cases, so that a file exchange and a server give the same answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Final

from traceability.errors import NotVerified, Reason, TraceabilityError, Unreadable
from traceability.ledger import note as notes
from traceability.ledger.checkpoint import Checkpoint
from traceability.ledger.cosignature import cosign
from traceability.ledger.heads import HeadMemory, SignedHead
from traceability.ledger.merkle import EMPTY_ROOT, verify_consistency
from traceability.ledger.note import Note, Signature, Verifier
from traceability.ledger.spelling import bad_note, demand_name, read_decimal, read_hash, write_base64
from traceability.limits import WITNESS_MAX_HASHES, WITNESS_REQUEST_MAX_BYTES
from traceability.signing.keys import PublicKey, Signer

__all__ = ["AddCheckpoint", "Answer", "Cosigner", "Decision", "Status", "decide", "read_answer"]


class Status(IntEnum):
    """How a witness answers, by the number of the specification."""

    COSIGNED = 200
    MALFORMED = 400
    NOT_SIGNED = 403
    UNKNOWN_ORIGIN = 404
    OTHER_SIZE = 409
    INCONSISTENT = 422


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """A request to cosign.

    Attributes:
        old: the size that the asker believes the witness cosigned last, 0 for never.
        proof: that the tree of `old` is a beginning of the new one, at most 63 hashes.
        note: the new checkpoint, signed by its log.
    """

    old: int
    proof: tuple[bytes, ...]
    note: Note

    @classmethod
    def from_bytes(cls, data: bytes) -> "AddCheckpoint":
        """Reads the body of a request; `to_bytes` gives the same bytes back.

        Raises:
            Unreadable: BAD_NOTE, for anything else; TOO_LARGE, above 64 KiB.
            NotVerified: BAD_SIGNATURE, for a checkpoint whose signature lines cannot be read.
        """
        if len(data) > WITNESS_REQUEST_MAX_BYTES:
            message = f"got {len(data)} bytes, at most {WITNESS_REQUEST_MAX_BYTES} expected"
            raise Unreadable(Reason.TOO_LARGE, message)
        head, divider, rest = data.partition(b"\n\n")
        try:
            first, *lines = head.decode("ascii").split("\n")
        except UnicodeDecodeError:
            raise bad_note("the proof lines of a request are ASCII") from None
        if not divider or not first.startswith("old ") or len(lines) > WITNESS_MAX_HASHES:
            raise bad_note("a request is: old N, at most 63 hashes, an empty line, a checkpoint")
        old = read_decimal(first.removeprefix("old "))
        return cls(old, tuple(map(read_hash, lines)), _signed_checkpoint(rest))

    def to_bytes(self) -> bytes:
        """The body of the request."""
        lines = [f"old {self.old}", *map(write_base64, self.proof)]
        return ("\n".join(lines) + "\n\n").encode() + self.note.to_bytes()


@dataclass(frozen=True, slots=True)
class Decision:
    """What the rules say about one request.

    Attributes:
        status: COSIGNED, or why not.
        detail: one plain sentence.
        reason: the stable code, None when it may be cosigned.
        size: the size cosigned last, which a request with another `old` is told.
    """

    status: Status
    detail: str
    reason: Reason | None = None
    size: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to the asker.

    Attributes:
        status: as an HTTP status.
        body: UTF-8; cosignature lines, or the last size, or a sentence. Ends in a newline.
        reason: the stable code, None when it was cosigned.
    """

    status: Status
    body: bytes
    reason: Reason | None = None


_COSIGNED: Final = Decision(Status.COSIGNED, "the checkpoint continues the one cosigned last")


def decide(
    request: AddCheckpoint, *, logs: Mapping[str, Sequence[Verifier]], last: Checkpoint | None
) -> Decision:
    """Says whether a checkpoint may be cosigned. Pure; the checks stand in the order of the specification.

    Args:
        request: from anybody.
        logs: the trusted keys of each origin.
        last: what was cosigned last for this origin, None for nothing.

    Returns:
        COSIGNED only for a checkpoint of a known log that proves to continue `last`.
    """
    try:
        checkpoint = Checkpoint.from_text(request.note.text)
    except Unreadable as error:
        return _declined(Status.MALFORMED, error)
    # 1. The origin is known, and a trusted key of it signed.
    if checkpoint.origin not in logs:
        return Decision(Status.UNKNOWN_ORIGIN, "the origin is unknown", Reason.KEY_UNKNOWN)
    try:
        notes.verify(request.note, logs[checkpoint.origin])
    except NotVerified as error:
        return _declined(Status.NOT_SIGNED, error)
    # 2. The old size is possible, and it is the one that we cosigned.
    if request.old > checkpoint.size:
        message = f"the old size {request.old} is above the new size {checkpoint.size}"
        return Decision(Status.MALFORMED, message, Reason.ROLLBACK)
    size, root = (last.size, last.root) if last else (0, EMPTY_ROOT)
    if request.old != size:
        message = f"the size cosigned last is {size}, not {request.old}"
        return Decision(Status.OTHER_SIZE, message, Reason.ROLLBACK, size)
    # 3. The new tree continues the old one.
    try:
        verify_consistency(
            size, checkpoint.size, old_root=root, new_root=checkpoint.root, proof=request.proof
        )
    except NotVerified as error:
        return _declined(Status.INCONSISTENT, error)
    return _COSIGNED


class Cosigner:
    """A witness: the rules, a key, and a memory.

    Args:
        name: of the witness.
        signer: of the witness; its key serves this name only.
        logs: the trusted keys of each origin.
        memory: belongs to this witness alone.

    Raises:
        Refused: BAD_VALUE, for a name that cannot name a key.
    """

    def __init__(
        self, name: str, signer: Signer, *, logs: Mapping[str, Sequence[Verifier]], memory: HeadMemory
    ) -> None:
        demand_name(name)
        self._name, self._signer, self._logs, self._memory = name, signer, logs, memory

    @property
    def public_key(self) -> PublicKey:
        """The key that its cosignatures verify with."""
        return self._signer.public_key

    def answer(self, data: bytes, *, now: datetime) -> Answer:
        """Judges a request and, if it may be, cosigns. The new head is on the disk before the answer exists.

        Args:
            data: the body of an add-checkpoint request, from anybody.
            now: aware; its whole seconds are signed.

        Raises:
            Unreadable: BAD_NOTE, when the memory is damaged: then nothing is ever cosigned.
            KeyUnavailable: KEY_UNAVAILABLE, when the memory cannot be reached.
            Refused: BAD_VALUE, for a time before 1970.
        """
        try:
            request = AddCheckpoint.from_bytes(data)
            origin = Checkpoint.from_text(request.note.text).origin
        except Unreadable as error:
            return _refusal(_declined(Status.MALFORMED, error))
        except NotVerified as error:
            return _refusal(_declined(Status.NOT_SIGNED, error))
        if origin not in self._logs:  # A stranger's origins must not become files.
            return _refusal(decide(request, logs=self._logs, last=None))
        with self._memory.hold(origin) as held:
            last = held.head.checkpoint if held.head else None
            decision = decide(request, logs=self._logs, last=last)
            if decision.status is not Status.COSIGNED:
                return _refusal(decision)
            text = request.note.text
            line = cosign(text, self._signer, name=self._name, time_s=int(now.timestamp()))
            held.store(SignedHead(Note(text, (*self._known_lines(request.note, origin), line)), now))
        return Answer(Status.COSIGNED, _lines([line]))

    def _known_lines(self, note: Note, origin: str) -> Sequence[Signature]:
        """Gives one line of each trusted key; a stranger's lines could make the note too large to read."""
        known = {(log.name, log.key_id) for log in self._logs[origin]}
        lines = {(line.name, line.key_id): line for line in note.signatures}
        return [line for address, line in lines.items() if address in known]


def read_answer(data: bytes, text: str) -> tuple[Signature, ...]:
    """Gives the signature lines of a witness's answer, to be added to the note of that text.

    Args:
        data: the body of an answer with status 200.
        text: of the checkpoint that was asked about.

    Raises:
        Unreadable: BAD_NOTE, for anything but signature lines. Whether they fit, a policy checks.
    """
    note = notes.parse(f"{text}\n".encode() + data)
    if note.text != text:  # An empty line in the answer would have moved the end of the text.
        raise bad_note("an answer is signature lines alone")
    return note.signatures


def _signed_checkpoint(data: bytes) -> Note:
    """Reads the note of a request; what is a checkpoint but for its signature lines counts as not signed."""
    try:
        return notes.parse(data)
    except Unreadable as error:
        text = data.rpartition(b"\n\n")[0].decode("utf-8", "replace")
        Checkpoint.from_text(f"{text}\n")
        raise NotVerified(Reason.BAD_SIGNATURE, str(error)) from error


def _lines(signatures: Sequence[Signature]) -> bytes:
    return Note("\n", tuple(signatures)).to_bytes().removeprefix(b"\n\n")


def _declined(status: Status, error: TraceabilityError) -> Decision:
    return Decision(status, str(error), error.code)


def _refusal(decision: Decision) -> Answer:
    is_size = decision.status is Status.OTHER_SIZE
    body = str(decision.size) if is_size else decision.detail
    return Answer(decision.status, f"{body}\n".encode("utf-8", "replace"), decision.reason)
