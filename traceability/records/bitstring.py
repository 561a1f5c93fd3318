"""The bits of a status list as text: `u` and the base64url of their gzip, read strictly.

Source: W3C Bitstring Status List 1.0, sections 3.2 and 4; index 0 is the most significant bit of byte 0.
"""

import base64
import binascii
import re
import struct
import zlib
from typing import Final

from traceability.errors import Reason, Refused, Unreadable
from traceability.limits import STATUS_LIST_MAX_BITS, STATUS_LIST_MAX_CHARS, STATUS_LIST_MIN_BITS

__all__ = ["decode", "encode", "read_bit", "with_bit"]

_TEXT: Final = re.compile(r"u[A-Za-z0-9_-]+", re.ASCII)
# Magic, deflate, no flags, no time; then the level's mark and the system's, written here because zlib
# would name the machine that ran it.
_HEADER: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"
_PLAIN: Final = _HEADER[:4]  # flags would let a name or a comment ride along in signed bytes
_RANGE: Final = f"{STATUS_LIST_MIN_BITS:,} to {STATUS_LIST_MAX_BITS:,}"


def encode(bits: bytes) -> str:
    """Gives the `encodedList` of some bits: the same text on every system with the same zlib.

    Raises:
        Refused: BAD_VALUE, for fewer than 131,072 bits or more than 2^20.
    """
    if not STATUS_LIST_MIN_BITS <= 8 * len(bits) <= STATUS_LIST_MAX_BITS:
        raise Refused(Reason.BAD_VALUE, f"a status list has {_RANGE} bits, got {8 * len(bits)}")
    packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = packer.compress(bits) + packer.flush()
    data = _HEADER + packed + struct.pack("<II", zlib.crc32(bits), len(bits))
    return "u" + base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """Gives the bits of an `encodedList`; a text that would unpack to more than 2^20 bits is not unpacked.

    Raises:
        Unreadable: BAD_RECORD.
    """
    if len(text) > STATUS_LIST_MAX_CHARS or not _TEXT.fullmatch(text):
        raise _unreadable("expected u and base64url without padding")
    data = _from_base64(text[1:])
    if not data.startswith(_PLAIN):
        raise _unreadable("expected gzip without flags")
    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        bits = unpacker.decompress(data, STATUS_LIST_MAX_BITS // 8 + 1)
    except zlib.error as error:
        raise _unreadable(f"the gzip is damaged: {error}") from None
    if not STATUS_LIST_MIN_BITS <= 8 * len(bits) <= STATUS_LIST_MAX_BITS:
        raise _unreadable(f"expected {_RANGE} bits, got {8 * len(bits)} or more")
    if not unpacker.eof:
        raise _unreadable("the gzip is cut off")
    if unpacker.unused_data:
        raise _unreadable("bytes follow the gzip")
    return bits


def read_bit(bits: bytes, index: int) -> bool:
    """Tells whether the bit at an index, from 0, is set.

    Raises:
        Unreadable: BAD_RECORD, RANGE of the standard: the list has no such index.
    """
    _check_range(bits, index)
    return bool(bits[index // 8] & 0x80 >> index % 8)


def with_bit(bits: bytes, index: int, *, is_set: bool = True) -> bytes:
    """Gives the same list with one bit set, or cleared.

    Raises:
        Unreadable: BAD_RECORD, RANGE of the standard: the list has no such index.
    """
    _check_range(bits, index)
    changed, mask = bytearray(bits), 0x80 >> index % 8
    changed[index // 8] = changed[index // 8] | mask if is_set else changed[index // 8] & ~mask
    return bytes(changed)


def _check_range(bits: bytes, index: int) -> None:
    if not 0 <= index < 8 * len(bits):
        raise _unreadable(f"RANGE: index {index} of a list of {8 * len(bits)} bits")


def _from_base64(text: str) -> bytes:
    """Reads base64url whose unused last bits are zero, so that one text and no other gives these bytes."""
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise _unreadable("the base64url is cut off") from None
    if base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii") != text:
        raise _unreadable("the base64url is not in its one spelling")
    return data


def _unreadable(message: str) -> Unreadable:
    return Unreadable(Reason.BAD_RECORD, f"encodedList: {message}")
