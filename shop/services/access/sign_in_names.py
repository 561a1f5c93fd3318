"""Sign-in names: a phone number or an e-mail address, in one spelling. The only door to `phonenumbers`."""

import re
import unicodedata
from typing import Final

import phonenumbers

from shop.errors import BadInput

__all__ = ["normal_name"]

LONGEST: Final = 254  # of an address, RFC 5321
REGION: Final = "VN"
_ADDRESS: Final = re.compile(
    r"(?=.{3,254}\Z)[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?",
    re.ASCII,
)
_PHONE: Final = re.compile(r"\+?[0-9 .()-]{6,30}", re.ASCII)


def normal_name(typed: str) -> str:
    """Gives the one spelling of a phone number or an e-mail address.

    Args:
        typed: as a person writes it: `0912 345 678`, `+84 912 345 678`, `Lan@Example.vn`.

    Returns:
        E.164 (`+84912345678`), or the address in small letters.

    Raises:
        BadInput: BAD_NAME.
    """
    if len(typed) <= LONGEST:
        text = unicodedata.normalize("NFKC", typed).strip()
        found = _address(text) if "@" in text else _phone(text)
        if found is not None:
            return found
    raise BadInput("BAD_NAME", "a sign-in name is a phone number or an e-mail address")


def _address(text: str) -> str | None:
    small = text.lower()
    return small if _ADDRESS.fullmatch(small) else None


def _phone(text: str) -> str | None:
    if not _PHONE.fullmatch(text):
        return None
    try:
        number = phonenumbers.parse(text, REGION)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
