"""StatusList: an issuer's word on which of its own records it has revoked or suspended, one bit each.

Source: W3C Bitstring Status List 1.0, section 2.2.
"""

import re
from dataclasses import dataclass, field
from typing import ClassVar, Final

from traceability.errors import Reason, Refused
from traceability.records import bitstring
from traceability.records.canonical import Document
from traceability.records.envelope import (
    CONTEXT_OWN,
    CONTEXT_VC,
    STATUS_PURPOSES,
    Envelope,
    write_envelope,
)
from traceability.records.members import integer, mapping, text
from traceability.records.terms import ORIGIN

__all__ = ["StatusList"]

_LIST_URL: Final = re.compile(
    r"https://(?P<host>[a-z0-9.-]{1,253}(?::\d{1,5})?)/status/(?P<issuer>[A-Za-z0-9._-]{1,128})/[1-9]\d{0,8}",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class StatusList:
    """One version of a status list; the newest counts.

    The text is kept as it was signed: other systems pack the same bits into another gzip.

    Attributes:
        purpose: `revocation`, which is final, or `suspension`.
        version: from 1; each later list of the same URL has the next one.
        encoded: the `encodedList`.
        bits: what it says; index 0 is the most significant bit of byte 0.
    """

    KIND: ClassVar = "StatusList"
    TYPES: ClassVar = ("VerifiableCredential", "BitstringStatusListCredential")
    CONTEXTS: ClassVar = (CONTEXT_VC, CONTEXT_OWN)

    envelope: Envelope
    purpose: str
    version: int
    encoded: str
    bits: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not _LIST_URL.fullmatch(self.envelope.id):
            raise Refused(
                Reason.BAD_VALUE,
                f"expected https://<host>/status/<issuer>/<n>, got {self.envelope.id[:80]!r}",
            )
        if self.purpose not in STATUS_PURPOSES:
            raise Refused(Reason.BAD_VALUE, f"status purpose {self.purpose[:40]!r} is none of the known ones")
        if self.version < 1:
            raise Refused(Reason.BAD_VALUE, f"versions count from 1, got {self.version}")
        if self.envelope.status is not None or self.envelope.links:
            raise Refused(Reason.BAD_VALUE, "a status list has no status of its own and links to nothing")
        if self.envelope.valid_until is None:
            raise Refused(Reason.BAD_VALUE, "a status list says until when it holds")
        object.__setattr__(self, "bits", bitstring.decode(self.encoded))

    @property
    def entry_id(self) -> str:
        """The id under which this version stands in the log: `<url>#<version>`."""
        return f"{self.envelope.id}#{self.version}"

    @property
    def owner(self) -> str:
        """The did:web of the one issuer whose list can stand at this URL."""
        found = _LIST_URL.fullmatch(self.envelope.id)
        host, issuer = found.group("host", "issuer") if found else ("", "")
        return f"did:web:{host.replace(':', '%3A')}:issuers:{issuer}"

    def has(self, index: int) -> bool:
        """Tells whether the record with this index is revoked or suspended.

        Raises:
            Unreadable: BAD_RECORD, the list has no such index.
        """
        return bitstring.read_bit(self.bits, index)

    def demand_follows(self, before: "StatusList") -> None:
        """Checks that this version may follow another of the same list.

        Raises:
            Refused: BAD_VALUE, for another list, purpose, length or number, and where a revocation is undone.
        """
        if (self.envelope.id, self.purpose) != (before.envelope.id, before.purpose):
            raise Refused(Reason.BAD_VALUE, "the version before is of another list")
        if self.version != before.version + 1:
            raise Refused(Reason.BAD_VALUE, f"version {self.version} does not follow {before.version}")
        if len(before.bits) != len(self.bits):
            raise Refused(Reason.BAD_VALUE, "the version before has another number of bits")
        if self.purpose == "revocation" and int.from_bytes(before.bits) & ~int.from_bytes(self.bits):
            raise Refused(Reason.BAD_VALUE, "a revocation is final, and its bit is not cleared")

    def to_document(self) -> Document:
        """Gives the unsigned record."""
        return write_envelope(
            self.envelope,
            {
                "id": f"{self.envelope.id}#list",
                "type": "BitstringStatusList",
                "statusPurpose": self.purpose,
                "encodedList": self.encoded,
                ORIGIN: {"recordType": self.KIND, "version": self.version},
            },
        )

    @classmethod
    def from_subject(cls, envelope: Envelope, subject: Document) -> "StatusList":
        """Reads the subject of a parsed record."""
        return cls(
            envelope=envelope,
            purpose=text(subject, "statusPurpose"),
            version=integer(mapping(subject, ORIGIN), "version"),
            encoded=text(subject, "encodedList"),
        )
