"""Every error that leaves the library, and the stable reason codes that they carry.

    TraceabilityError          something is wrong with the input; `.code` says what, for programs
    |-- Unreadable             the bytes or the text are not in the required form
    |-- NotVerified            it was read, and one check of it fails
    |-- Refused                we decline to make or accept it (a bad value, a weak key)
    `-- KeyUnavailable         a private key cannot be opened

Messages say what was found and what was expected, in lower case, without secrets and without advice:
advice belongs to the command line and the pages.
"""

from enum import StrEnum

__all__ = ["KeyUnavailable", "NotVerified", "Reason", "Refused", "TraceabilityError", "Unreadable"]


class Reason(StrEnum):
    """Stable, upper-case codes; docs/reasons.md gives each one's meaning in Vietnamese and English."""

    # Reading (step 1)
    NOT_JSON = "NOT_JSON"
    NOT_STRICT_JSON = "NOT_STRICT_JSON"
    TOO_LARGE = "TOO_LARGE"
    TOO_DEEP = "TOO_DEEP"
    DUPLICATE_MEMBER = "DUPLICATE_MEMBER"
    NOT_NFC = "NOT_NFC"
    BAD_CONTEXT = "BAD_CONTEXT"
    BAD_RECORD = "BAD_RECORD"
    # Label and seal (step 2)
    BAD_LABEL = "BAD_LABEL"
    BAD_SEAL = "BAD_SEAL"
    NO_SEAL = "NO_SEAL"
    HOST_NOT_TRUSTED = "HOST_NOT_TRUSTED"
    HOST_MOVED = "HOST_MOVED"
    SUBJECT_MISMATCH = "SUBJECT_MISMATCH"
    SERIAL_NOT_IN_LOT = "SERIAL_NOT_IN_LOT"
    SERIALS_MISSING = "SERIALS_MISSING"
    UNKNOWN_CODE = "UNKNOWN_CODE"
    # Proof (step 3)
    NO_PROOF = "NO_PROOF"
    BAD_PROOF_TYPE = "BAD_PROOF_TYPE"
    BAD_SIGNATURE = "BAD_SIGNATURE"
    PROOF_EXPIRED = "PROOF_EXPIRED"
    # Keys and trust (step 4)
    KEY_UNKNOWN = "KEY_UNKNOWN"
    KEY_WEAK = "KEY_WEAK"
    KEY_NOT_AUTHORISED = "KEY_NOT_AUTHORISED"
    KEY_EXPIRED = "KEY_EXPIRED"
    KEY_REVOKED = "KEY_REVOKED"
    KEY_UNAVAILABLE = "KEY_UNAVAILABLE"
    ISSUER_MISMATCH = "ISSUER_MISMATCH"
    BAD_NOTE = "BAD_NOTE"
    BAD_TRUST_LIST = "BAD_TRUST_LIST"
    TRUST_LIST_STALE = "TRUST_LIST_STALE"
    NO_TRUST_LIST = "NO_TRUST_LIST"
    # Links (step 5)
    LINK_MISSING = "LINK_MISSING"
    LINK_DIGEST_MISMATCH = "LINK_DIGEST_MISMATCH"
    LINK_CYCLE = "LINK_CYCLE"
    LINK_FORWARD = "LINK_FORWARD"
    # Log (step 6)
    NOT_LOGGED = "NOT_LOGGED"
    BAD_RECEIPT = "BAD_RECEIPT"
    BAD_LOG = "BAD_LOG"
    FILE_CHANGED = "FILE_CHANGED"
    LOG_CONFLICT = "LOG_CONFLICT"
    QUORUM_MISSING = "QUORUM_MISSING"
    FORK = "FORK"
    ROLLBACK = "ROLLBACK"
    # Status and time (step 7)
    REVOKED = "REVOKED"
    SUSPENDED = "SUSPENDED"
    RECALLED = "RECALLED"
    EXPIRED = "EXPIRED"
    PAST_USE_BY = "PAST_USE_BY"
    NOT_YET_VALID = "NOT_YET_VALID"
    TOLD_LATER = "TOLD_LATER"
    FINDING = "FINDING"
    SUPERSEDED = "SUPERSEDED"
    STATUS_UNKNOWN = "STATUS_UNKNOWN"
    # Scans (step 8)
    SEEN_OFTEN = "SEEN_OFTEN"
    LOT_BURST = "LOT_BURST"
    CLAIMED_TWICE = "CLAIMED_TWICE"
    NO_SCAN_SIGNALS_YET = "NO_SCAN_SIGNALS_YET"
    # Issuing and tools
    BAD_TIME = "BAD_TIME"
    BAD_VALUE = "BAD_VALUE"
    UNREADABLE_PICTURE = "UNREADABLE_PICTURE"
    UNKNOWN_PROFILE = "UNKNOWN_PROFILE"


class TraceabilityError(Exception):
    """The one family that leaves `traceability`.

    Attributes:
        code: the stable reason, for programs; `str(error)` is the sentence, for people.
    """

    def __init__(self, code: Reason, message: str) -> None:
        super().__init__(message)
        self.code = code


class Unreadable(TraceabilityError):
    """The bytes or the text are not in the required form; nothing in them was believed."""


class NotVerified(TraceabilityError):
    """It was read, and one check of it fails."""


class Refused(TraceabilityError):
    """The library declines to make or to accept something: a value out of range, a weak key."""


class KeyUnavailable(TraceabilityError):
    """A private key cannot be opened: no file, no passphrase, or the wrong one."""
