"""Passwords: what may be one, its Argon2id hash, and a check that takes equally long for nobody."""

import secrets
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from shop.errors import BadInput

__all__ = ["MEMORY_KIB", "Passwords"]

# OWASP's second recommendation, some 20 ms; RFC 9106 asks for more than a small server has for 16 at once.
MEMORY_KIB: Final = 19_456
ROUNDS: Final = 2
SHORTEST: Final = 8
LONGEST: Final = 128
TYPED_MAX: Final = 8 * LONGEST  # before it is composed: no letter has so many parts
# What everybody tries first. Longer lists help little where ten tries in five minutes are the limit.
COMMON: Final = frozenset(
    "12345678 123456789 1234567890 0123456789 0987654321 87654321 11111111 00000000 88888888 12341234"
    " 11223344 123123123 1q2w3e4r 1qaz2wsx qwertyui qwerty123 password password1 passw0rd iloveyou abcd1234"
    " a1234567 abc12345 matkhau1 matkhau123 matkhaune anhyeuem emyeuanh yeuanh123 khongbiet khongcopass"
    " vietnam1 vietnam123 langnghe langnghe1 langnghe123".split()
)


@dataclass(frozen=True, slots=True)
class Passwords:
    """How passwords are hashed here.

    Attributes:
        memory_kib: what a hash takes of memory, in KiB, at least 8; tests take little.
    """

    memory_kib: int = MEMORY_KIB

    def hash(self, password: str) -> str:
        """Gives the hash to store, in the PHC form that says by itself how it was made."""
        return _hasher(self.memory_kib).hash(_normal(password))

    def matches(self, password: str, stored: str | None) -> bool:
        """Tells whether a password is the stored one; without a stored one it takes as long and says no."""
        hasher = _hasher(self.memory_kib)
        try:
            hasher.verify(
                _nobodys(self.memory_kib) if stored is None else stored, _normal(password)[: 2 * LONGEST]
            )
        except (Argon2Error, InvalidHashError):
            return False
        return stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Tells whether a hash was made with other costs than today's."""
        return _hasher(self.memory_kib).check_needs_rehash(stored)

    def demand_good(self, password: str, *, name: str) -> None:
        """Checks a new password.

        Args:
            password: as typed.
            name: the sign-in name, which is no password.

        Raises:
            BadInput: PASSWORD_SHORT, PASSWORD_LONG or PASSWORD_COMMON.
        """
        text = _normal(password)
        if len(text) < SHORTEST:
            raise BadInput("PASSWORD_SHORT", f"a password has at least {SHORTEST} characters")
        if len(text) > LONGEST:
            raise BadInput("PASSWORD_LONG", f"a password has at most {LONGEST} characters")
        if text.lower() in COMMON | {name.lower()} or len(set(text)) < 3:
            raise BadInput("PASSWORD_COMMON", "the password is one that everybody tries first")


def _normal(password: str) -> str:
    """One spelling of what is typed alike: keyboards differ in how they compose Vietnamese letters.

    What is cut off stands behind more than the longest password: strangers send far longer ones.
    """
    return unicodedata.normalize("NFKC", password[:TYPED_MAX]).encode("utf-8", "replace").decode("utf-8")


@lru_cache(4)
def _hasher(memory_kib: int) -> PasswordHasher:
    return PasswordHasher(time_cost=ROUNDS, memory_cost=memory_kib, parallelism=1)


@lru_cache(4)
def _nobodys(memory_kib: int) -> str:
    """A hash that costs what everybody's does and whose password nobody knows."""
    return _hasher(memory_kib).hash(secrets.token_hex())
