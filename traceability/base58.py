"""base58btc, the text form of keys, signatures and digests in W3C multibase (prefix `z`)."""

from traceability.errors import Reason, Unreadable

__all__ = ["decode_multibase", "encode_multibase"]

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUES = {character: value for value, character in enumerate(ALPHABET)}


def encode_multibase(data: bytes) -> str:
    """Gives `z` and the base58btc text of `data`; leading zero bytes become leading `1`s."""
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = ALPHABET[digit] + text
    return "z" + "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def decode_multibase(text: str, *, length: int) -> bytes:
    """Gives the `length` bytes behind a `z…` text.

    Raises:
        Unreadable: BAD_RECORD, for another multibase letter, a foreign character or another length.
    """
    if not text.startswith("z") or len(text) > 2 * length + 2:
        raise Unreadable(Reason.BAD_RECORD, f"expected z and base58btc of {length} bytes")
    body, number = text[1:], 0
    try:
        for character in body:
            number = number * 58 + _VALUES[character]
        data = bytes(len(body) - len(body.lstrip("1"))) + number.to_bytes(
            (number.bit_length() + 7) // 8, "big"
        )
    except KeyError as error:
        raise Unreadable(Reason.BAD_RECORD, f"{error.args[0]!r} is not a base58btc character") from None
    if len(data) != length:
        raise Unreadable(Reason.BAD_RECORD, f"got {len(data)} bytes, expected {length}")
    return data
