"""What a verification is given beside the record: linked records, serials, and a reader that remembers.

Only what can never change is remembered: what bytes say, whether a signature over them fits a key, and
the root of a list of serials. What depends on time, trust or status is judged anew each time.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from typing import Final

from traceability.errors import Reason, Refused, Unreadable
from traceability.ledger.merkle import leaf_hash, root
from traceability.ledger.quorum import Policy, TrustedHead
from traceability.ledger.receipt import Receipt, verify_receipt
from traceability.records.canonical import Document, canonical, digest_multibase, parse, sha256
from traceability.records.envelope import Envelope, read_envelope
from traceability.records.event import TraceEvent
from traceability.records.kinds import Record, read_record
from traceability.signing.keys import PublicKey
from traceability.signing.proof import ProofClaim, check_signature, read_proof

__all__ = ["Evidence", "Reader", "SerialList", "SignedRecord", "join_serials"]

SERIAL_LENGTH: Final = 12


@dataclass(frozen=True, slots=True)
class SignedRecord:
    """One record as read: nothing in it is believed yet.

    Attributes:
        data: the bytes as they were given.
        document: the parsed JSON, proof included.
        digest: `digestMultibase` of its canonical bytes; `sha256` the same as 32 bytes.
    """

    data: bytes
    record: Record
    envelope: Envelope
    claim: ProofClaim
    document: Document
    digest: str
    sha256: bytes

    @property
    def happened_at(self) -> datetime:
        """When what it tells happened: an event's own time, else the first moment that it holds for."""
        return self.record.time if isinstance(self.record, TraceEvent) else self.envelope.valid_from


@dataclass(frozen=True, slots=True)
class SerialList:
    """A lot's serials, and the 32-byte RFC 6962 root over them in ascending order."""

    root: bytes
    members: frozenset[bytes]


class Reader:
    """Reads and proves records, and remembers both by the very bytes. Safe to share between threads."""

    def __init__(self, size: int = 8_192) -> None:
        """Remembers at most `size` records, proofs and serial lists each."""
        self._read = lru_cache(size)(_read)
        self._prove = lru_cache(size)(self._check)
        self._serials = lru_cache(size // 16)(_read_serials)
        self._receipt = lru_cache(size)(_check_receipt)

    def read(self, data: bytes) -> SignedRecord:
        """Reads a record's bytes.

        Raises:
            Unreadable: from strict reading, BAD_CONTEXT or BAD_RECORD.
            NotVerified: NO_PROOF, BAD_PROOF_TYPE, BAD_CONTEXT or ISSUER_MISMATCH.
        """
        return self._read(data)

    def prove(self, data: bytes, key: PublicKey) -> None:
        """Checks the signature of a record's bytes with a key.

        Raises:
            NotVerified: BAD_SIGNATURE.
        """
        self._prove(data, key)

    def serials(self, data: bytes) -> "SerialList":
        """Reads a lot's list of serials.

        Raises:
            Unreadable: BAD_VALUE.
        """
        return self._serials(data)

    def receipt(self, data: bytes, leaf: bytes, policy: Policy) -> tuple[int, TrustedHead]:
        """Gives the index that a receipt proves for an entry, and the checkpoint that it proves it under.

        Args:
            data: the receipt.
            leaf: 32 bytes, the leaf hash of the entry itself.
            policy: accepted logs and needed witnesses.

        Raises:
            Unreadable: BAD_RECEIPT, TOO_LARGE or BAD_NOTE.
            NotVerified: BAD_RECEIPT, KEY_UNKNOWN, BAD_SIGNATURE or QUORUM_MISSING.
        """
        return self._receipt(data, leaf, policy)

    def _check(self, data: bytes, key: PublicKey) -> None:
        check_signature(self._read(data).document, key)


@dataclass(frozen=True)
class Evidence:
    """What is at hand offline or from the database.

    Attributes:
        records: signed bytes by record URL.
        passports: signed bytes of lot passports by lot id (`https://host/01/…/10/…`).
        serials: by lot id, the lot's serials: 12 ASCII characters each, sorted, without separators.
        receipts: C2SP tlog-proofs by entry id: a record's URL, or a status list's with `#` and its version.
        status_lists: signed bytes of status lists by their URL, the newest at hand.
        later: signed bytes of later records that link to a record, by that one's URL.
        reader: shared between verifications, so that unchanged records are proven once.
    """

    records: Mapping[str, bytes] = field(default_factory=dict)
    passports: Mapping[str, bytes] = field(default_factory=dict)
    serials: Mapping[str, bytes] = field(default_factory=dict)
    reader: Reader = field(default_factory=Reader)
    receipts: Mapping[str, bytes] = field(default_factory=dict)
    status_lists: Mapping[str, bytes] = field(default_factory=dict)
    later: Mapping[str, Sequence[bytes]] = field(default_factory=dict)


def join_serials(serials: Iterable[str]) -> bytes:
    """Gives a lot's list of serials: 12 ASCII characters each, in ascending order, without separators.

    Raises:
        Refused: BAD_VALUE, for another length or a serial that stands twice.
    """
    items = sorted(serials)
    if any(len(item) != SERIAL_LENGTH or not item.isascii() for item in items) or len(set(items)) != len(
        items
    ):
        raise Refused(Reason.BAD_VALUE, "a lot's serials have 12 characters and stand once each")
    return "".join(items).encode("ascii")


def _read_serials(data: bytes) -> SerialList:
    if len(data) % SERIAL_LENGTH:
        raise Unreadable(Reason.BAD_VALUE, "the list of serials is not a multiple of 12 bytes")
    items = [data[start : start + SERIAL_LENGTH] for start in range(0, len(data), SERIAL_LENGTH)]
    if any(first >= second for first, second in pairwise(items)):
        raise Unreadable(Reason.BAD_VALUE, "the serials are not in ascending order")
    return SerialList(root([leaf_hash(item) for item in items]), frozenset(items))


def _check_receipt(data: bytes, leaf: bytes, policy: Policy) -> tuple[int, TrustedHead]:
    receipt = Receipt.from_bytes(data)
    return receipt.index, verify_receipt(receipt, leaf_hash=leaf, policy=policy)


def _read(data: bytes) -> SignedRecord:
    document = parse(data)
    envelope = read_envelope(document)
    claim = read_proof(document, envelope)
    record = read_record(document, envelope)
    signed = canonical(document)
    return SignedRecord(data, record, envelope, claim, document, digest_multibase(signed), sha256(signed))
