"""Strict JSON reading, the one canonical byte form (RFC 8785), and digests of it.

The only module that imports `rfc8785`. Reading refuses what two readers could understand differently:
duplicate members, byte order marks, other encodings, numbers that some readers round, lone surrogates.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable
from typing import Any, Final, NoReturn

import rfc8785

from traceability.base58 import encode_multibase
from traceability.errors import Reason, Unreadable
from traceability.limits import JSON_MAX_BYTES, JSON_MAX_DEPTH, JSON_MAX_INTEGER, JSON_MAX_MEMBERS

__all__ = ["DIGEST", "Document", "canonical", "digest_multibase", "parse", "sha256"]

# A parsed JSON object: its members are str, int, float, bool, None, list or another Document.
Document = dict[str, Any]

_MULTIHASH_SHA256: Final = b"\x12\x20"
DIGEST: Final = re.compile(r"zQm[1-9A-HJ-NP-Za-km-z]{44}", re.ASCII)  # the form of a `digestMultibase`


def parse(data: bytes, *, max_bytes: int = JSON_MAX_BYTES) -> Document:
    """Reads one JSON object strictly.

    Args:
        data: UTF-8 bytes without a byte order mark, at most `max_bytes` long.
        max_bytes: the size limit in bytes.

    Raises:
        Unreadable: TOO_LARGE, NOT_JSON, NOT_STRICT_JSON, DUPLICATE_MEMBER, TOO_DEEP or NOT_NFC.
    """
    if len(data) > max_bytes:
        raise Unreadable(Reason.TOO_LARGE, f"got {len(data)} bytes, at most {max_bytes} are read")
    try:
        text = data.decode("utf-8")
        value = _DECODER.decode(text)
    except UnicodeDecodeError as error:
        raise Unreadable(Reason.NOT_JSON, f"byte {error.start} is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise Unreadable(
            Reason.NOT_JSON, f"line {error.lineno} column {error.colno}: {error.msg.lower()}"
        ) from None
    except RecursionError:
        raise Unreadable(Reason.TOO_DEEP, f"nested deeper than {JSON_MAX_DEPTH} levels") from None
    if not isinstance(value, dict):
        raise Unreadable(Reason.NOT_STRICT_JSON, f"expected an object, got {type(value).__name__}")
    _survey(value, max_members=JSON_MAX_MEMBERS if max_bytes == JSON_MAX_BYTES else max_bytes)
    _refuse_odd_text(json.dumps(value, ensure_ascii=False) if "\\u" in text else text)
    return value


def canonical(value: Document) -> bytes:
    """Gives the RFC 8785 (JCS) bytes of a JSON object.

    The standard encoder gives the same bytes several times faster where all member names are ASCII and
    no number is a float; everything else takes the reference path. A test holds both to be equal.

    Raises:
        Unreadable: NOT_STRICT_JSON or TOO_DEEP, for values that JSON cannot hold exactly.
    """
    try:
        if _survey(value, max_members=None):
            return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode(
                "utf-8"
            )
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, TypeError, ValueError) as error:
        raise Unreadable(Reason.NOT_STRICT_JSON, f"not canonical JSON: {error}") from None


def sha256(data: bytes) -> bytes:
    """Gives the 32-byte SHA-256 of `data`."""
    return hashlib.sha256(data).digest()


def digest_multibase(data: bytes) -> str:
    """Gives the `digestMultibase` (`zQm…`): z and base58btc of 0x12 0x20 and the SHA-256 of `data`."""
    return encode_multibase(_MULTIHASH_SHA256 + sha256(data))


def _survey(value: Document, *, max_members: int | None) -> bool:
    """Walks the value level by level; True where the standard encoder gives canonical bytes.

    Raises:
        Unreadable: TOO_DEEP or NOT_STRICT_JSON (too many members, or an integer out of range).
    """
    plain, members, depth = True, 0, 0
    level: list[Any] = [value]
    while level:
        depth += 1
        if depth > JSON_MAX_DEPTH:
            raise Unreadable(Reason.TOO_DEEP, f"nested deeper than {JSON_MAX_DEPTH} levels")
        below: list[Any] = []
        for container in level:
            members += len(container)
            plain = _survey_container(container, below) and plain
        if max_members is not None and members > max_members:
            raise Unreadable(Reason.NOT_STRICT_JSON, f"more than {max_members} members")
        level = below
    return plain


def _survey_container(container: Any, below: list[Any]) -> bool:
    """Adds the containers inside to `below`; True where names are ASCII and no value is a float."""
    plain = True
    items: Iterable[Any] = container
    if isinstance(container, dict):
        plain = all(map(str.isascii, container))
        items = container.values()
    for item in items:
        kind = type(item)
        if kind is dict or kind is list:
            below.append(item)
        elif kind is int:
            _refuse_large(item)
        elif kind is not str and kind is not bool and item is not None:
            plain = False
    return plain


def _refuse_large(number: int) -> None:
    if not -JSON_MAX_INTEGER <= number <= JSON_MAX_INTEGER:
        raise Unreadable(Reason.NOT_STRICT_JSON, "an integer is not within +-(2^53-1)")


def _refuse_odd_text(text: str) -> None:
    """Refuses lone surrogates, and text that is not in Unicode normal form C."""
    if not unicodedata.is_normalized("NFC", text):
        raise Unreadable(Reason.NOT_NFC, "text is not in Unicode normal form C")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise Unreadable(Reason.NOT_STRICT_JSON, "a lone surrogate is not text") from None


def _object(pairs: list[tuple[str, Any]]) -> Document:
    value = dict(pairs)
    if len(value) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Unreadable(Reason.DUPLICATE_MEMBER, f"member {twice[:80]!r} stands twice in one object")
    return value


def _integer(text: str) -> int:
    if len(text) > 17:  # spares the conversion of numbers with thousands of digits
        raise Unreadable(Reason.NOT_STRICT_JSON, "an integer is not within +-(2^53-1)")
    return int(text)


def _float(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise Unreadable(Reason.NOT_STRICT_JSON, "a number is not finite")
    # From here to 1e21 RFC 8785 prints the digits of an integer, which this reader would then refuse.
    if JSON_MAX_INTEGER < abs(number) < 1e21:
        raise Unreadable(Reason.NOT_STRICT_JSON, "an integer is not within +-(2^53-1)")
    return number


def _constant(text: str) -> NoReturn:
    raise Unreadable(Reason.NOT_STRICT_JSON, f"{text} is not JSON")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_constant
)
