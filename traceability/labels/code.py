"""The code that a label carries: one link, written one way.

    HTTPS://HOST/S/<seal>/01/<GTIN>/10/<LOT>/21/<SERIAL>

Any camera opens it, and it is a GS1 Digital Link. Without a GS1 licence `/P/<code>` stands in place of
`/01/<GTIN>`. Seal, serial and lot may be absent; a seal demands lot and serial, a serial demands a lot.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from traceability.errors import Reason, Refused, Unreadable
from traceability.limits import LABEL_MAX_CHARS

__all__ = ["CROCKFORD", "SERIAL_LENGTH", "LabelCode", "new_serial", "parse"]

CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # base 32 without I, L, O and U
SERIAL_LENGTH: Final = 12  # 60 random bits, five a character

# The last DNS label begins with a letter: browsers read a host that ends in a number as an IPv4 address
# and rewrite it, so such a host would have more than one spelling.
_HOST: Final = r"(?=[A-Z0-9.-]{4,63}/)((?:[A-Z0-9]+(?:-+[A-Z0-9]+)*\.)*[A-Z][A-Z0-9]*(?:-+[A-Z0-9]+)*)"
_SEAL: Final = r"(?:/S/([A-Z2-7]{140})(?=/(?:01|P)/[A-Z0-9]+/10/[A-Z0-9-]+/21/))?"
_PRODUCT: Final = r"(?:/01/([0-9]{14})|/P/([A-Z0-9]{4,14}))"
_UNIT: Final = r"(?:/10/([A-Z0-9-]{1,10})(?:/21/([A-Z0-9-]{1,12}))?)?"
_GRAMMAR: Final = re.compile(rf"HTTPS://{_HOST}{_SEAL}{_PRODUCT}{_UNIT}")


@dataclass(frozen=True, slots=True)
class LabelCode:
    """What a label code names, all in capitals. Exactly one of `gtin` and `code` is set.

    Attributes:
        host: DNS name, 4 to 63 characters.
        seal: 140 base-32 characters (`seal.Seal`); None where the label is not sealed.
        gtin: 14 digits with a good check digit.
        code: the workshop's own product code, 4 to 14 of A-Z 0-9.
        lot: 1 to 10 of A-Z 0-9 and `-`.
        serial: 1 to 12 of the same; those that `new_serial` issues are 12 of Crockford's base 32.

    Raises:
        Refused: BAD_VALUE, when the fields do not make a code that `parse` reads back.
    """

    host: str
    seal: str | None = None
    gtin: str | None = None
    code: str | None = None
    lot: str | None = None
    serial: str | None = None

    def __post_init__(self) -> None:
        fields = (self.host, self.seal, self.gtin, self.code, self.lot, self.serial)
        match = _GRAMMAR.fullmatch(self.to_uri())
        # The groups are compared because `/` inside one field could pass for the next field.
        if match is None or match.groups() != fields:
            raise Refused(Reason.BAD_VALUE, f"the fields make no label code: {self.to_uri()[:80]!a}")
        if self.gtin is not None and not _is_gtin(self.gtin):
            raise Refused(Reason.BAD_VALUE, f"the check digit of GTIN {self.gtin} is wrong")

    def to_uri(self) -> str:
        """The code as it is printed, in capitals; `parse` reads it back as an equal value."""
        return f"HTTPS://{self.host}{self.path}"

    @property
    def path(self) -> str:
        """The path of the link, with its seal if there is one; begins with `/`."""
        sealed = "" if self.seal is None else f"/S/{self.seal}"
        serial = "" if self.serial is None else f"/21/{self.serial}"
        return f"{sealed}{self._lot_path}{serial}"

    @property
    def unsealed_uri(self) -> str:
        """`without_seal().to_uri()`: the text that a seal signs."""
        serial = "" if self.serial is None else f"/21/{self.serial}"
        return f"HTTPS://{self.host}{self._lot_path}{serial}"

    @property
    def product_uri(self) -> str:
        """The product as records spell its id: scheme and host in lower case, the path in capitals."""
        return f"https://{self.host.lower()}{self._product_path}"

    @property
    def lot_uri(self) -> str | None:
        """The lot as records spell its id (`https://host/01/GTIN/10/LOT`); None when none is named."""
        return None if self.lot is None else f"https://{self.host.lower()}{self._lot_path}"

    @property
    def _product_path(self) -> str:
        return f"/01/{self.gtin}" if self.gtin is not None else f"/P/{self.code}"

    @property
    def _lot_path(self) -> str:
        return self._product_path if self.lot is None else f"{self._product_path}/10/{self.lot}"

    def without_seal(self) -> "LabelCode":
        """The same code with its seal left out."""
        return LabelCode(self.host, None, self.gtin, self.code, self.lot, self.serial)


def parse(text: str) -> LabelCode:
    """Reads a label code in any letter case. For every text that it accepts, `to_uri()` is `text.upper()`.

    Source: the grammar of the label in docs/record-format.md, "The label code"; GS1 Digital Link 1.6.0.

    Example:
        >>> parse("https://ocop.example/01/09521234543213/10/GOM-01").lot
        'GOM-01'

    Raises:
        Unreadable: BAD_LABEL, for anything else than one such link: another scheme, a query, a fragment, a
            port, `%`, another order, an alphabetic key, a wrong check digit, a character beyond ASCII.
    """
    if len(text) > LABEL_MAX_CHARS:
        raise Unreadable(Reason.BAD_LABEL, f"got {len(text)} characters, at most {LABEL_MAX_CHARS} expected")
    # str.upper() turns some letters beyond ASCII, such as dotless i and long s, into ASCII ones.
    match = _GRAMMAR.fullmatch(text.upper()) if text.isascii() else None
    if match is None:
        raise Unreadable(Reason.BAD_LABEL, _describe(text))
    gtin = match[3]
    if gtin is not None and not _is_gtin(gtin):
        raise Unreadable(Reason.BAD_LABEL, f"the check digit of GTIN {gtin} is wrong")
    return LabelCode(*match.groups())


def new_serial(random: Callable[[int], bytes]) -> str:
    """Draws a serial of 60 random bits, as 12 characters of Crockford's base 32.

    Args:
        random: gives that many unguessable bytes, such as `secrets.token_bytes`.

    Raises:
        Refused: BAD_VALUE, when `random` gives another number of bytes.
    """
    drawn = random(8)
    if len(drawn) != 8:
        raise Refused(Reason.BAD_VALUE, f"the random source gave {len(drawn)} bytes, 8 expected")
    number = int.from_bytes(drawn, "big")
    return "".join(CROCKFORD[number >> shift & 31] for shift in range(0, 5 * SERIAL_LENGTH, 5))


def _is_gtin(gtin: str) -> bool:
    """Checks the last of 14 digits (GS1 General Specifications 7.9.1: weights 3 and 1 in turn)."""
    values = gtin.encode("ascii")
    # The sum is over character codes: 48 for each of 7 x 3 + 7 weights makes 1344, which must come off.
    return (3 * sum(values[0::2]) + sum(values[1::2]) - 1344) % 10 == 0


def _describe(text: str) -> str:
    """Says what about a refused text is wrong, as far as one look shows it."""
    if not text.isascii():
        return f"a label code is ASCII, got {text[:80]!a}"
    if not text.upper().startswith("HTTPS://"):
        return f"a label code begins with https://, got {text[:40]!a}"
    foreign = sorted(set(text[8:].upper()) - set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-./"))
    if foreign:
        return f"a label code has no {foreign[0]!a}: letters, digits, hyphens, dots and slashes only"
    return "expected https://host, then /S/seal if sealed, /01/GTIN or /P/code, /10/lot, /21/serial, no more"
