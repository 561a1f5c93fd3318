"""VietQR: the text of a QR code that a bank's app in Viet Nam reads as a transfer, written and read strictly.

Every object is two digits of id, two of length in characters, and its value. A right checksum does not make a
payload right: some that are printed in public have one and are wrong inside, so that inner objects are read
as strictly as outer ones.

Source: NAPAS, "QR format T&C" v1.0 (09/2021), over EMVCo's merchant-presented mode.
"""

import re
from binascii import crc_hqx
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from shop.errors import BadInput
from shop.folding import without_marks
from shop.money import Dong

__all__ = ["Transfer", "checksum", "purpose_of", "read_transfer", "transfer_text"]

AMOUNT_LIMIT: Final = 500_000_000  # in dong; one transfer is below it
TEXT_MAX_CHARS: Final = 512
PURPOSE_MAX: Final = 25
GUID: Final = "A000000727"
TO_ACCOUNT: Final = "QRIBFTTA"
TO_CARD: Final = "QRIBFTTC"

_OBJECT: Final = re.compile(r"([0-9]{2})([0-9]{2})", re.ASCII)
_PRINTABLE: Final = re.compile(r"[ -~]*", re.ASCII)
_BIN: Final = re.compile(r"[0-9]{6}", re.ASCII)
_ACCOUNT: Final = re.compile(r"[0-9A-Za-z]{1,19}", re.ASCII)
_AMOUNT: Final = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
_WORDS: Final = re.compile(r"[!-~](?:[ -~]{0,23}[!-~])?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Transfer:
    """What a payer's app is asked for.

    Attributes:
        bin: six digits that name the bank.
        account: up to 19 letters and digits; a card's number where `is_card`.
        amount: below 500 million dong; None leaves it to the payer.
        purpose: at most 25 characters of ASCII, which the statement shows.
        bill: at most 25 characters of ASCII, of the receiver's own.
        reference: at most 25 characters of ASCII, of the receiver's own.
        is_dynamic: meant to be paid once.
    """

    bin: str
    account: str
    amount: Dong | None = None
    purpose: str = ""
    bill: str = ""
    reference: str = ""
    is_dynamic: bool = True
    is_card: bool = False

    def __post_init__(self) -> None:
        _demand(_BIN.fullmatch(self.bin), f"a bank's number has six digits, got {self.bin!r}")
        _demand(
            _ACCOUNT.fullmatch(self.account),
            f"1 to 19 letters or digits expected, got {self.account!r}",
        )
        amount = self.amount.amount if self.amount is not None else 1
        _demand(0 < amount < AMOUNT_LIMIT, f"1 to {AMOUNT_LIMIT - 1} dong expected, got {amount}")
        for words in (self.purpose, self.bill, self.reference):
            _demand(not words or _WORDS.fullmatch(words), f"1 to 25 ASCII characters expected, got {words!r}")


def transfer_text(transfer: Transfer) -> str:
    """Gives the text of the QR code."""
    service = TO_CARD if transfer.is_card else TO_ACCOUNT
    target = _object("00", transfer.bin) + _object("01", transfer.account)
    more = {"01": transfer.bill, "05": transfer.reference, "08": transfer.purpose}
    objects = {
        "00": "01",
        "01": "12" if transfer.is_dynamic else "11",
        "38": _object("00", GUID) + _object("01", target) + _object("02", service),
        "53": "704",
        "54": str(transfer.amount.amount) if transfer.amount is not None else "",
        "58": "VN",
        "62": "".join(_object(*pair) for pair in more.items() if pair[1]),
    }
    text = "".join(_object(*pair) for pair in objects.items() if pair[1]) + "6304"
    return text + checksum(text)


def read_transfer(text: str) -> Transfer:
    """Reads the text of a QR code; objects that are not ours to know are skipped at the root and in 62.

    Raises:
        BadInput: BAD_VIETQR, with what was expected.
    """
    _demand(len(text) <= TEXT_MAX_CHARS and _PRINTABLE.fullmatch(text), "printable ASCII expected")
    _demand(text[-8:-4] == "6304" and checksum(text[:-4]) == text[-4:], "the checksum does not fit")
    found = _objects(text[:-8])
    _demand(text.startswith("000201"), "version 01 expected first")
    _demand(found.get("01") in {"11", "12"}, "11 or 12 expected in 01")
    _demand((found.get("53"), found.get("58")) == ("704", "VN"), "dong and VN expected in 53 and 58")
    target = _objects(found.get("38", ""))
    _demand(
        target.keys() == {"00", "01", "02"} and target["00"] == GUID,
        f"00 {GUID}, 01 and 02 expected in 38",
    )
    _demand(target["02"] in {TO_ACCOUNT, TO_CARD}, f"{TO_ACCOUNT} or {TO_CARD} expected in 38/02")
    receiver, more = _objects(target["01"]), _objects(found.get("62", ""))
    _demand(receiver.keys() == {"00", "01"}, "bank and account expected in 38/01")
    amount = found.get("54")
    _demand(amount is None or _AMOUNT.fullmatch(amount), f"whole dong expected in 54, got {amount!r}")
    return Transfer(
        bin=receiver["00"],
        account=receiver["01"],
        amount=Dong(int(amount)) if amount is not None else None,
        purpose=more.get("08", ""),
        bill=more.get("01", ""),
        reference=more.get("05", ""),
        is_dynamic=found["01"] == "12",
        is_card=target["02"] == TO_CARD,
    )


def purpose_of(words: str) -> str:
    """Gives words as a purpose: without accents, other characters as spaces, cut at 25."""
    plain = re.sub(r"[^!-~]+", " ", without_marks(words)).strip()
    return plain[:PURPOSE_MAX].strip()


def checksum(text: str) -> str:
    """Gives the CRC-16 (polynomial 1021, initial FFFF) of ASCII text, as four upper-case hex digits."""
    return f"{crc_hqx(text.encode('ascii'), 0xFFFF):04X}"


def _object(key: str, value: str) -> str:
    return f"{key}{len(value):02}{value}"


def _objects(text: str) -> Mapping[str, str]:
    """Reads objects until the text ends; each at most once, none empty."""
    found: dict[str, str] = {}
    while text:
        head = _OBJECT.match(text)
        _demand(head, f"an id and a length of two digits each expected, got {text[:4]!r}")
        assert head is not None  # noqa: S101  # demanded above
        key, size = head[1], int(head[2])
        _demand(0 < size <= len(text) - 4, f"object {key} says {size} characters, {len(text) - 4} are left")
        _demand(key not in found, f"object {key} stands there twice")
        found[key], text = text[4 : 4 + size], text[4 + size :]
    return found


def _demand(is_right: object, expected: str) -> None:
    if not is_right:
        raise BadInput("BAD_VIETQR", expected)
