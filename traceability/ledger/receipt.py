"""Receipts: an entry's place, its inclusion proof and the signed checkpoint, in one file that checks offline.

Source: C2SP tlog-proof v1 (suffix `.tlog-proof`).
"""

from dataclasses import dataclass
from typing import Final

from traceability.errors import Reason, Refused, Unreadable
from traceability.ledger import note as notes
from traceability.ledger.merkle import HASH_BYTES, verify_inclusion
from traceability.ledger.note import Note
from traceability.ledger.quorum import Policy, TrustedHead
from traceability.ledger.spelling import MAX_SIZE, read_base64, read_decimal, read_hash, write_base64
from traceability.limits import RECEIPT_MAX_BYTES, WITNESS_MAX_HASHES

__all__ = ["Receipt", "verify_receipt"]

HEADER: Final = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What proves that an entry stands in a log. Nothing in it is believed before `verify_receipt`.

    Attributes:
        index: of the entry, from 0.
        hashes: of the inclusion proof, 32 bytes each, the leaf's sibling first, at most 63.
        checkpoint: the signed note, with all its signatures.
        extra: bytes that nothing vouches for, None for none; not to be trusted, and never written by us.

    Raises:
        Refused: BAD_VALUE, for an index, a hash or an extra that the file could not hold.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: Note
    extra: bytes | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.index <= MAX_SIZE or len(self.hashes) > WITNESS_MAX_HASHES or self.extra == b"":
            raise Refused(Reason.BAD_VALUE, "a receipt has an index below 2^63 and at most 63 hashes")
        if any(len(one) != HASH_BYTES for one in self.hashes):
            raise Refused(Reason.BAD_VALUE, f"a hash has {HASH_BYTES} bytes")

    @classmethod
    def from_bytes(cls, data: bytes) -> "Receipt":
        """Reads a receipt; `to_bytes` gives the same bytes back.

        Raises:
            Unreadable: TOO_LARGE, above 64 KiB; BAD_RECEIPT, for anything else that is not a receipt.
        """
        if len(data) > RECEIPT_MAX_BYTES:
            message = f"got {len(data)} bytes, at most {RECEIPT_MAX_BYTES} expected"
            raise Unreadable(Reason.TOO_LARGE, message)
        head, divider, rest = data.partition(b"\n\n")
        try:
            lines = head.decode("ascii").split("\n")
            checkpoint = notes.parse(rest)
            receipt = _from_lines(lines, checkpoint)
        except UnicodeDecodeError:
            raise _bad_receipt("the proof lines of a receipt are ASCII") from None
        except (Unreadable, Refused) as error:
            raise _bad_receipt(str(error)) from error
        if not divider or receipt.to_bytes() != data:
            raise _bad_receipt("the receipt is not in its one spelling")
        return receipt

    def to_bytes(self) -> bytes:
        """The receipt as a file, UTF-8."""
        extra = [] if self.extra is None else [f"extra {write_base64(self.extra)}"]
        lines = [HEADER, *extra, f"index {self.index}", *map(write_base64, self.hashes)]
        return ("\n".join(lines) + "\n\n").encode() + self.checkpoint.to_bytes()


def verify_receipt(receipt: Receipt, *, leaf_hash: bytes, policy: Policy) -> TrustedHead:
    """Checks that an entry stands at the receipt's index, under a checkpoint that the policy accepts.

    Args:
        receipt: from anybody.
        leaf_hash: 32 bytes, `merkle.leaf_hash` of the entry itself, never taken from the receipt.
        policy: accepted logs and the witnesses needed.

    Returns:
        The checkpoint and who cosigned it. How old it may be, the caller decides.

    Raises:
        NotVerified: BAD_RECEIPT, when the proof does not lead to the checkpoint's root; KEY_UNKNOWN, when no
            accepted log signed the checkpoint; BAD_SIGNATURE; QUORUM_MISSING, when too few witnesses did.
        Unreadable: BAD_NOTE, when the note is no checkpoint.
    """
    head = policy.check(receipt.checkpoint)
    size, root = head.checkpoint.size, head.checkpoint.root
    verify_inclusion(receipt.index, size, leaf_hash=leaf_hash, proof=receipt.hashes, root=root)
    return head


def _from_lines(lines: list[str], checkpoint: Note) -> Receipt:
    if lines[0] != HEADER:
        raise _bad_receipt(f"a receipt begins with {HEADER}")
    extra = (
        read_base64(lines.pop(1).removeprefix("extra ")) if lines[1:2] and lines[1][:6] == "extra " else None
    )
    if len(lines) < 2 or not lines[1].startswith("index "):
        raise _bad_receipt("a receipt names the index of its entry")
    if len(lines) - 2 > WITNESS_MAX_HASHES:
        raise _bad_receipt(f"a receipt has at most {WITNESS_MAX_HASHES} hashes")
    return Receipt(
        index=read_decimal(lines[1].removeprefix("index ")),
        hashes=tuple(map(read_hash, lines[2:])),
        checkpoint=checkpoint,
        extra=extra,
    )


def _bad_receipt(message: str) -> Unreadable:
    return Unreadable(Reason.BAD_RECEIPT, message)
