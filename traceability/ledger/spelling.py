"""Base64, decimals and key names in the one spelling that notes, checkpoints and proofs take. Pure.

Several spellings of one value would be several texts for one signature, so each reader here prints back what
it read and compares (C2SP signed-note, tlog-checkpoint, tlog-proof).
"""

import base64
import binascii
import hashlib
import re
from typing import Final

from traceability.errors import Reason, Refused, Unreadable
from traceability.signing.keys import PublicKey

__all__ = [
    "KEY_ID_BYTES",
    "MAX_SIZE",
    "bad_note",
    "demand_name",
    "key_id",
    "read_base64",
    "read_decimal",
    "read_hash",
    "read_vkey",
    "write_base64",
    "write_vkey",
]

KEY_ID_BYTES: Final = 4
MAX_SIZE: Final = 2**63 - 1  # the largest size and time that the formats know

_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")
# \s is what str.isspace() says: every Unicode space, as the specification demands.
_NAME: Final = re.compile(r"[^\s+]+")
_VKEY: Final = re.compile(r"([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})")
_VKEY_MAX_CHARS: Final = 4_096
_DECIMAL: Final = re.compile(r"0|[1-9][0-9]{0,18}")


def read_base64(text: str) -> bytes:
    """Gives the bytes of standard base64 with padding (RFC 4648 4), at least one.

    Raises:
        Unreadable: BAD_NOTE, for every spelling but the one that `write_base64` gives.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if not data or write_base64(data) != text:
        raise bad_note("the base64 is not the one spelling of its bytes")
    return data


def write_base64(data: bytes) -> str:
    """Gives standard base64 with padding."""
    return base64.b64encode(data).decode("ascii")


def read_hash(text: str) -> bytes:
    """Gives the 32 bytes of a hash in base64.

    Raises:
        Unreadable: BAD_NOTE.
    """
    data = read_base64(text)
    if len(data) != hashlib.sha256().digest_size:
        raise bad_note(f"a hash has 32 bytes, got {len(data)}")
    return data


def read_decimal(text: str) -> int:
    """Gives a whole number from 0 to 2^63 - 1, written in ASCII digits without leading zeros.

    Raises:
        Unreadable: BAD_NOTE.
    """
    if not _DECIMAL.fullmatch(text) or int(text) > MAX_SIZE:
        raise bad_note(f"expected a decimal from 0 to 2^63 - 1, got {text[:40]!a}")
    return int(text)


def demand_name(text: str) -> None:
    """Checks that `text` can name a key: not empty, no spaces, no `+`, nothing that a note cannot hold.

    Raises:
        Refused: BAD_VALUE.
    """
    if not _is_name(text):
        raise Refused(Reason.BAD_VALUE, f"{text[:80]!a} cannot name a key: no spaces, no +, not empty")


def key_id(name: str, kind: bytes, key: PublicKey) -> bytes:
    """Gives 4 bytes: SHA-256(name, newline, kind, key)[:4] (C2SP signed-note).

    Args:
        name: of the key.
        kind: one byte, the signature type, such as 0x01.
        key: the Ed25519 key.
    """
    return hashlib.sha256(name.encode() + b"\n" + kind + key.raw).digest()[:KEY_ID_BYTES]


def write_vkey(name: str, kind: bytes, key: PublicKey) -> str:
    """Gives `name+key id in hex+base64 of kind and key`; `read_vkey` reads it back."""
    return f"{name}+{key_id(name, kind, key).hex()}+{write_base64(kind + key.raw)}"


def read_vkey(text: str, kind: bytes) -> tuple[str, PublicKey]:
    """Gives name and key of a verifier key in its text form.

    Args:
        text: as `write_vkey` gives it.
        kind: one byte, the only signature type that is taken.

    Raises:
        Unreadable: BAD_NOTE, for another form or a key id that is not this key's.
        Refused: BAD_NOTE, for another type; KEY_WEAK, for a key that is not safe.
    """
    match = _VKEY.fullmatch(text) if len(text) <= _VKEY_MAX_CHARS else None
    if match is None or not _is_name(match[1]):
        raise bad_note("expected name+keyid+base64 of a key")
    data = read_base64(match[3])
    if data[:1] != kind:
        raise Refused(Reason.BAD_NOTE, f"the key has type {data[0]:#04x}, expected {kind[0]:#04x} (Ed25519)")
    key = PublicKey(data[1:])
    expected = key_id(match[1], kind, key).hex()
    if expected != match[2]:
        raise bad_note(f"the key id is {match[2]}, but name and key give {expected}")
    return match[1], key


def bad_note(message: str) -> Unreadable:
    """Gives the error of a text that is not in the required form."""
    return Unreadable(Reason.BAD_NOTE, message)


def _is_name(text: str) -> bool:
    # Controls that are no spaces, and lone surrogates, could not be written into a note.
    return bool(_NAME.fullmatch(text)) and not _CONTROL.search(text) and text.isprintable()
