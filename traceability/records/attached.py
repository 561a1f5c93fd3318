"""The digests of photos and voice notes that belong to a record: the files themselves are never signed."""

from traceability.errors import Reason, Refused, Unreadable
from traceability.limits import EVENT_EVIDENCE_MAX
from traceability.records.canonical import DIGEST, Document
from traceability.records.members import array

__all__ = ["check_evidence", "read_evidence"]


def check_evidence(digests: tuple[str, ...]) -> None:
    """Checks what an event or a notice says of its files.

    Args:
        digests: `digestMultibase` (SHA-256) of each file, each once, at most EVENT_EVIDENCE_MAX.

    Raises:
        Refused: BAD_VALUE.
    """
    for digest in digests:
        if not DIGEST.fullmatch(digest):
            raise Refused(
                Reason.BAD_VALUE, f"evidence: expected a SHA-256 digestMultibase, got {digest[:60]!a}"
            )
    if len(digests) > EVENT_EVIDENCE_MAX or len(set(digests)) < len(digests):
        raise Refused(
            Reason.BAD_VALUE, f"evidence: expected at most {EVENT_EVIDENCE_MAX} digests, each of them once"
        )


def read_evidence(origin: Document) -> tuple[str, ...]:
    """Reads the member `evidence`; a record without files has no such member.

    Raises:
        Unreadable: BAD_RECORD.
    """
    if "evidence" not in origin:
        return ()
    digests = array(origin, "evidence")
    if not digests or not all(isinstance(digest, str) for digest in digests):
        raise Unreadable(Reason.BAD_RECORD, "evidence: expected at least one digest, and nothing but text")
    return tuple(digests)
