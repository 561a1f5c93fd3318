"""The seal of a label: the bytes that its signature covers, and their form inside the code.

    offset  bytes  field
    0       1      version, 0x01
    1       4      key id: SHA-256(public key)[:4]
    5       2      day since 2020-01-01, big-endian
    7       16     record digest: SHA-256(served bytes of the lot's record)[:16]
    23      64     Ed25519 over `OCOP-QR-1` 0x00, bytes 0 to 22, and the link without its seal

The 87 bytes are written as 140 characters of base 32. A seal says who signed for this host, lot and serial;
it cannot say that the label was not copied.
"""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from traceability.errors import Reason, Refused, Unreadable
from traceability.labels.code import LabelCode

__all__ = ["Seal", "attach", "parse", "signed_bytes"]

DOMAIN: Final = b"OCOP-QR-1\x00"
VERSION: Final = 1
HEAD_BYTES: Final = 23
SEAL_BYTES: Final = 87

_FIRST_DAY: Final = date(2020, 1, 1).toordinal()
_LAST_DAY: Final = _FIRST_DAY + 0xFFFF
_TEXT: Final = re.compile("[A-Z2-7]{140}")
# int() reads base 32 with the digits 0-9A-V. The whole decoding takes 1.3 us; base64.b32decode takes 12.
_DIGITS: Final = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHIJKLMNOPQRSTUV")


@dataclass(frozen=True, slots=True)
class Seal:
    """The fields of a seal; nothing of them is believed before the signature is checked.

    Attributes:
        kid: 4 bytes, finds the key; several keys may share it.
        day: when the signer says the label was made, 2020-01-01 to 2199-06-06. Only a claim.
        record: 16 bytes, the start of the SHA-256 of the lot's record.
        signature: 64 bytes, Ed25519.

    Raises:
        Refused: BAD_VALUE, for a field of another length or a day outside the range.
    """

    kid: bytes
    day: date
    record: bytes
    signature: bytes

    def __post_init__(self) -> None:
        if (len(self.kid), len(self.record), len(self.signature)) != (4, 16, 64):
            raise Refused(
                Reason.BAD_VALUE, "a seal has a key id of 4 bytes, a digest of 16, a signature of 64"
            )
        if not _FIRST_DAY <= self.day.toordinal() <= _LAST_DAY:
            raise Refused(Reason.BAD_VALUE, f"{self.day} does not fit a seal: 2020-01-01 to 2199-06-06")

    @property
    def head(self) -> bytes:
        """The 23 bytes before the signature."""
        return _head(self.kid, self.day, self.record)

    def to_text(self) -> str:
        """The 140 characters; `parse` reads them back as an equal value."""
        return base64.b32encode(self.head + self.signature).decode("ascii").rstrip("=")

    def message(self, code: LabelCode) -> bytes:
        """The bytes that the signature must cover for this seal to belong to `code`."""
        return signed_bytes(self.head, code.unsealed_uri)


def parse(text: str) -> Seal:
    """Reads the 140 characters of a seal. Of the spellings of the last character only one is taken.

    Raises:
        Unreadable: BAD_SEAL, for another length, alphabet, version, or bits that are not zero at the end.
    """
    if _TEXT.fullmatch(text) is None:
        raise Unreadable(Reason.BAD_SEAL, "a seal has 140 characters of A-Z and 2-7")
    number = int(text.translate(_DIGITS), 32)
    # 140 characters hold 700 bits, 87 bytes 696. With the last four zero no second text gives these bytes.
    if number & 0b1111:
        raise Unreadable(Reason.BAD_SEAL, f"the seal ends in {text[-1]}: its last four bits are not zero")
    blob = (number >> 4).to_bytes(SEAL_BYTES, "big")
    if blob[0] != VERSION:
        raise Unreadable(Reason.BAD_SEAL, f"the seal has version {blob[0]}, expected {VERSION}")
    day = date.fromordinal(_FIRST_DAY + int.from_bytes(blob[5:7], "big"))
    return Seal(blob[1:5], day, blob[7:HEAD_BYTES], blob[HEAD_BYTES:])


def signed_bytes(head: bytes, uri: str) -> bytes:
    """Gives what a seal signs: the domain, 23 bytes of head, the link in capitals without its seal."""
    return DOMAIN + head + uri.encode("ascii")


def attach(
    code: LabelCode, *, kid: bytes, day: date, record_digest: bytes, sign: Callable[[bytes], bytes]
) -> LabelCode:
    """Gives `code` with a seal.

    Args:
        code: names lot and serial and has no seal yet.
        kid: the 4-byte id of the key behind `sign`.
        day: the day of sealing, in Viet Nam's time; 2020-01-01 to 2199-06-06.
        record_digest: SHA-256 of the served bytes of the lot's record, 32 bytes; 16 are sealed.
        sign: gives the 64-byte Ed25519 signature of its argument.

    Raises:
        Refused: BAD_VALUE, for a code that cannot be sealed or a field that does not fit.
    """
    if code.serial is None or code.seal is not None:
        raise Refused(Reason.BAD_VALUE, "only a code with lot and serial, and not yet sealed, takes a seal")
    if len(record_digest) != 32:
        raise Refused(Reason.BAD_VALUE, f"a record digest has 32 bytes, got {len(record_digest)}")
    unsigned = Seal(kid, day, record_digest[:16], bytes(64))
    signed = replace(unsigned, signature=sign(unsigned.message(code)))
    return replace(code, seal=signed.to_text())


def _head(kid: bytes, day: date, record: bytes) -> bytes:
    return bytes((VERSION,)) + kid + (day.toordinal() - _FIRST_DAY).to_bytes(2, "big") + record
