"""Ed25519 keys: public keys that are safe to trust, signers, and private keys encrypted at rest.

The only module that imports `cryptography`.
"""

import hashlib
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, Protocol

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from traceability.base58 import decode_multibase, encode_multibase
from traceability.errors import KeyUnavailable, NotVerified, Reason, Refused

__all__ = ["Ed25519Signer", "PublicKey", "Signer", "load_signer", "write_private_key"]

FIELD_PRIME: Final = 2**255 - 19
CURVE_D: Final = -121665 * pow(121666, -1, FIELD_PRIME) % FIELD_PRIME
MULTICODEC_PUBLIC: Final = b"\xed\x01"


class Signer(Protocol):
    """Signs bytes with one private key that never leaves the implementation.

    Promises: `sign` is deterministic (RFC 8032), gives 64 bytes, and `public_key` verifies them.
    """

    @property
    def public_key(self) -> "PublicKey":
        """The public half."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Gives the 64-byte Ed25519 signature of `message`."""
        ...


@dataclass(frozen=True)
class PublicKey:
    """An Ed25519 public key (32 bytes, RFC 8032) that is canonical and not of small order.

    Under a small-order key one constant signature verifies every message, so such keys are refused
    wherever a key enters: a key file, a trust list, a did document.

    Raises:
        Refused: KEY_WEAK.
    """

    raw: bytes

    def __post_init__(self) -> None:
        _refuse_weak(self.raw)

    @classmethod
    def from_multibase(cls, text: str) -> "PublicKey":
        """Reads `z6Mk…`: base58btc of 0xed 0x01 and the 32 key bytes (W3C Multikey)."""
        data = decode_multibase(text, length=34)
        if data[:2] != MULTICODEC_PUBLIC:
            raise Refused(Reason.KEY_WEAK, "the multicodec prefix is not ed25519-pub (ed01)")
        return cls(data[2:])

    @property
    def multibase(self) -> str:
        """The key as `z6Mk…` (W3C Multikey)."""
        return encode_multibase(MULTICODEC_PUBLIC + self.raw)

    @cached_property
    def kid(self) -> bytes:
        """The 4-byte key id that a label's seal carries: SHA-256(raw)[:4]."""
        return hashlib.sha256(self.raw).digest()[:4]

    @cached_property
    def _key(self) -> Ed25519PublicKey:
        return Ed25519PublicKey.from_public_bytes(self.raw)

    def verify(self, signature: bytes, message: bytes) -> None:
        """Checks an Ed25519 signature (RFC 8032 5.1.7).

        Raises:
            NotVerified: BAD_SIGNATURE.
        """
        try:
            self._key.verify(signature, message)
        except InvalidSignature:
            raise NotVerified(
                Reason.BAD_SIGNATURE, "the signature does not fit the key and the bytes"
            ) from None


@dataclass(frozen=True)
class Ed25519Signer:
    """A `Signer` over a private key in memory. Its `repr` shows the public half only."""

    _private: Ed25519PrivateKey

    @classmethod
    def generate(cls) -> "Ed25519Signer":
        """Makes a new key from the operating system's random source."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_seed(cls, seed: bytes) -> "Ed25519Signer":
        """Gives the signer of a 32-byte RFC 8032 seed; for test vectors and the `env:` form."""
        if len(seed) != 32:
            raise KeyUnavailable(Reason.KEY_UNAVAILABLE, f"a seed has 32 bytes, got {len(seed)}")
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @cached_property
    def public_key(self) -> PublicKey:
        """The public half."""
        return PublicKey(self._private.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """Gives the 64-byte signature of `message`."""
        return self._private.sign(message)

    def __repr__(self) -> str:
        return f"Ed25519Signer({self.public_key.multibase})"


def write_private_key(path: Path, signer: Ed25519Signer, passphrase: bytes) -> None:
    """Writes the key as encrypted PKCS #8 PEM, mode 0600; never overwrites.

    Raises:
        Refused: BAD_VALUE, when the passphrase is empty or the file exists.
    """
    if not passphrase:
        raise Refused(Reason.BAD_VALUE, "an empty passphrase would leave the key unencrypted")
    pem = signer._private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase),
    )
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Refused(Reason.BAD_VALUE, f"{path.name} exists and would be overwritten") from None
    except OSError as error:
        raise Refused(Reason.BAD_VALUE, f"{path.name} cannot be written: {error.strerror}") from error
    with os.fdopen(handle, "wb") as file:
        file.write(pem)


def load_signer(uri: str, passphrase: bytes | None) -> Ed25519Signer:
    """Opens a private key by its address.

    Args:
        uri: `file:PATH` (or a bare path) for an encrypted PEM file; `env:NAME` for a variable that
            holds the 32-byte seed as 64 hexadecimal digits.
        passphrase: UTF-8 bytes for `file:`; unused for `env:`.

    Raises:
        KeyUnavailable: KEY_UNAVAILABLE, when there is no such key or the passphrase is wrong.
    """
    scheme, separator, rest = uri.partition(":")
    if separator and scheme == "env":
        return _load_seed(rest)
    return _load_pem(Path(rest if separator and scheme == "file" else uri), passphrase)


def _load_seed(name: str) -> Ed25519Signer:
    try:
        return Ed25519Signer.from_seed(bytes.fromhex(os.environ[name]))
    except (KeyError, ValueError):
        raise KeyUnavailable(Reason.KEY_UNAVAILABLE, f"{name} does not hold 64 hexadecimal digits") from None


def _load_pem(path: Path, passphrase: bytes | None) -> Ed25519Signer:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), passphrase)
    except OSError as error:
        raise KeyUnavailable(Reason.KEY_UNAVAILABLE, f"{path.name}: {error.strerror}") from error
    except (ValueError, TypeError, UnsupportedAlgorithm):
        message = f"{path.name}: not an encrypted private key, or the passphrase is wrong"
        raise KeyUnavailable(Reason.KEY_UNAVAILABLE, message) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyUnavailable(Reason.KEY_UNAVAILABLE, f"{path.name}: not an Ed25519 key")
    return Ed25519Signer(key)


def _refuse_weak(raw: bytes) -> None:
    """Refuses a wrong length, y >= p, x = 0 with the sign bit, points off the curve and 8A = identity."""
    if len(raw) != 32:
        raise Refused(Reason.KEY_WEAK, f"an Ed25519 public key has 32 bytes, got {len(raw)}")
    number = int.from_bytes(raw, "little")
    y, sign = number & (2**255 - 1), number >> 255
    if y >= FIELD_PRIME:
        raise Refused(Reason.KEY_WEAK, "the key is not canonical: y >= 2^255 - 19")
    point = _decompress(y, sign)
    for _ in range(3):
        point = _double(*point)
    if point[0] == 0 and point[1] == point[2]:
        raise Refused(Reason.KEY_WEAK, "the key is of small order")


def _decompress(y: int, sign: int) -> tuple[int, int, int]:
    """Gives the projective point (X, Y, Z) of an encoding (RFC 8032 5.1.3)."""
    square = (y * y - 1) * pow(CURVE_D * y * y + 1, -1, FIELD_PRIME) % FIELD_PRIME
    x = pow(square, (FIELD_PRIME + 3) // 8, FIELD_PRIME)
    if (x * x - square) % FIELD_PRIME:
        x = x * pow(2, (FIELD_PRIME - 1) // 4, FIELD_PRIME) % FIELD_PRIME
    if (x * x - square) % FIELD_PRIME:
        raise Refused(Reason.KEY_WEAK, "the key is not a point of the curve")
    if x == 0 and sign:
        raise Refused(Reason.KEY_WEAK, "the key is not canonical: x = 0 with the sign bit")
    return (FIELD_PRIME - x if x & 1 != sign else x, y, 1)


def _double(x: int, y: int, z: int) -> tuple[int, int, int]:
    """Doubles a point of edwards25519 in projective coordinates (RFC 8032 5.1.4)."""
    a, b, c = x * x, y * y, 2 * z * z
    h, g = a + b, a - b
    e, f = h - (x + y) * (x + y), c + g
    return (e * f % FIELD_PRIME, g * h % FIELD_PRIME, f * g % FIELD_PRIME)
