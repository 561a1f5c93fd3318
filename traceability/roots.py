"""The root keys that a user pins: read from their file, and told by their fingerprint."""

from collections.abc import Iterable
from typing import Final

from traceability.errors import Reason, Refused, Unreadable
from traceability.ledger.note import Verifier
from traceability.limits import NOTE_MAX_BYTES
from traceability.records.canonical import sha256

__all__ = ["ROOTS_FILE", "parse_roots", "roots_fingerprint"]

ROOTS_FILE: Final = "roots.txt"


def roots_fingerprint(roots: Iterable[Verifier]) -> str:
    """Gives 16 hexadecimal digits to compare roots by: of the SHA-256 of the sorted vkey lines."""
    lines = "".join(f"{vkey}\n" for vkey in sorted(root.vkey for root in roots))
    return sha256(lines.encode("utf-8")).hex()[:16]


def parse_roots(data: bytes) -> tuple[Verifier, ...]:
    """Reads root keys: one vkey a line; empty lines and lines that begin with # are left out.

    A majority of roots is counted by name, so each name and each key may stand here once only.

    Raises:
        Unreadable: BAD_NOTE or TOO_LARGE.
        Refused: KEY_WEAK, BAD_NOTE for another type of key, BAD_VALUE for none or for one that stands twice.
    """
    if len(data) > NOTE_MAX_BYTES:
        raise Unreadable(Reason.TOO_LARGE, f"roots: got more than {NOTE_MAX_BYTES} bytes")
    try:
        lines = [line.strip() for line in data.decode("utf-8").split("\n")]
    except UnicodeDecodeError:
        raise Unreadable(Reason.BAD_NOTE, "roots: not UTF-8") from None
    roots = tuple(Verifier.from_vkey(line) for line in lines if line and not line.startswith("#"))
    if not roots:
        raise Refused(Reason.BAD_VALUE, "roots: no key")
    if len({root.name for root in roots}) != len(roots) or len({root.key.raw for root in roots}) != len(
        roots
    ):
        raise Refused(Reason.BAD_VALUE, "roots: one name or one key stands twice")
    return roots
