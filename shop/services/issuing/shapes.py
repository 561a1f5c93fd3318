"""What the forms of `langnghe issue` hold: each field, whether it may be left out, what it takes."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from shop.errors import BadInput
from shop.facts.files import crafts, villages
from traceability.clock import day_in_viet_nam, parse_day, parse_instant
from traceability.errors import TraceabilityError
from traceability.labels.code import CROCKFORD, SERIAL_LENGTH
from traceability.limits import LABELS_PER_BATCH
from traceability.records.canonical import DIGEST, Document
from traceability.records.event import EVENT_KINDS
from traceability.records.facility import RECOGNITION_STATUSES, RECOGNITION_TYPES
from traceability.records.notice import NOTICE_ACTIONS

__all__ = ["Leaf", "Many", "Shape", "shape_of"]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value that holds no others.

    Attributes:
        expected: what it takes, in words.
        example: a value that it takes.
        accepts: tells whether a value of a form is taken at a time.
        is_signed_text: in words of one's own, which stand in a signed record for ever.
    """

    expected: str
    example: Any
    accepts: Callable[[Any, datetime], bool]
    is_signed_text: bool = False


@dataclass(frozen=True, slots=True)
class Many:
    """A list, each item of which is such a value."""

    item: "Leaf | Shape"


Shape = Mapping[str, "Leaf | Many | Shape"]
"""The fields of an object; a name that ends in `?` may be left out."""


def shape_of(kind: str, form: Document) -> Shape:
    """Gives the fields of a form.

    Args:
        kind: as on the command line.
        form: a village that the project has facts about, and a correction, have fewer fields.
    """
    match kind:
        case "transcription":
            return _TRANSCRIPTION
        case "village":
            slug = form.get("slug")
            is_known = any(one["slug"] == slug for one in villages()["villages"])
            return {**_PLACE, **_RECOGNISED, **({} if is_known else _NEW_VILLAGE)}
        case "workshop":
            return {**_PLACE, **_WORKSHOP}
        case "certificate":
            return _CERTIFICATE
        case "lot":
            return _lot(is_correction="corrects" in form)
        case "notice":
            return _NOTICE
    raise BadInput("BAD_FORM", f"there is no form of {kind}")


def _matching(expected: str, example: str, pattern: str) -> Leaf:
    compiled = re.compile(pattern, re.ASCII)
    return Leaf(
        expected, example, lambda value, _: isinstance(value, str) and bool(compiled.fullmatch(value))
    )


def _text(example: str, *, is_signed: bool = True) -> Leaf:
    def is_shown(value: Any, _: datetime) -> bool:
        return isinstance(value, str) and value.isprintable() and bool(value.strip())

    return Leaf("a text that is not empty", example, is_shown, is_signed)


def _one_of(values: Collection[str], example: str) -> Leaf:
    known = ", ".join(sorted(values))
    return Leaf(f"one of {known}", example, lambda value, _: isinstance(value, str) and value in values)


def _number(low: int, high: int, example: int) -> Leaf:
    def is_within(value: Any, _: datetime) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high

    return Leaf(f"a whole number from {low} to {high}", example, is_within)


def _is_day(value: Any, _: datetime) -> bool:
    try:
        return bool(parse_day(value))
    except TraceabilityError:
        return False


def _is_past_day(value: Any, now: datetime) -> bool:
    return _is_day(value, now) and parse_day(value) <= day_in_viet_nam(now)


def _is_past_time(value: Any, now: datetime) -> bool:
    try:
        return parse_instant(value) <= now
    except TraceabilityError:
        return False


_SLUG: Final = _matching("small letters, digits and hyphens", "xuong-mau", r"[a-z0-9]+(?:-[a-z0-9]+)*")
_RECORD: Final = _matching("the id of a record", "village-lang-mau", r"[A-Za-z0-9_.-]{1,200}")
_RECORDS: Final = Many(_RECORD)
_DAY: Final = Leaf("a day as YYYY-MM-DD", "2026-10-01", _is_day)
_PAST_DAY: Final = Leaf("a day as YYYY-MM-DD, not in the future", "2026-10-01", _is_past_day)
_PAST_TIME: Final = Leaf(
    "a time with its zone, not in the future", "2026-10-01T08:00:00+07:00", _is_past_time
)
_FLAG: Final = Leaf("true or false", True, lambda value, _: isinstance(value, bool))
_COUNTRY: Final = _matching("a country's two capital letters", "VN", r"[A-Z]{2}")
_CODE: Final = _matching(
    "4 to 14 capital letters and digits, one letter at least", "GIOMAU", r"(?=[0-9]*[A-Z])[A-Z0-9]{4,14}"
)
_GTIN: Final = _matching("14 digits", "09520000000011", r"[0-9]{14}")
_CLASS: Final[Shape] = {
    "code": _matching("the digits of an HS code", "4602", r"[0-9]{2,6}"),
    "name": _text("Basketwork"),
}
_BOTH: Final[Shape] = {  # the shop's own words about a product, which it may change or delete
    "vi": _text("Giỏ đan tay.", is_signed=False),
    "en": _text("A basket woven by hand.", is_signed=False),
}
_UNITS: Final = Many(
    {
        "name": _text("Xã Mẫu"),
        "code": _matching("the code of a unit", "vn:01/00577", r"vn:[0-9]{2}/[0-9]{5}"),
        "since?": _DAY,
        "until?": _DAY,
    }
)

_TRANSCRIPTION: Final[Shape] = {
    "id": _RECORD,
    "issuer?": _SLUG,
    "about": _matching(
        "what the paper is about: villages/SLUG, workshops/SLUG, P/CODE or 01/GTIN",
        "villages/lang-mau",
        r"(?:villages|workshops)/[a-z0-9-]+|P/[A-Z0-9]{4,14}|01/[0-9]{14}",
    ),
    "title": _text("Quyết định công nhận làng nghề (bản chép)"),
    "claim": _text("Công nhận Làng Mẫu là làng nghề."),
    "issuedTo": _SLUG,
    "issuedToName": _text("Xưởng mẫu"),
    "paperIssuer": _text("Ủy ban nhân dân tỉnh Mẫu"),
    "decision?": _text("01/QĐ-MẪU"),
    "paperDate?": _PAST_DAY,
    "scan": _text("quyet-dinh-lang.pdf", is_signed=False),
    "links?": _RECORDS,
}
_PLACE: Final[Shape] = {
    "slug": _SLUG,
    "id?": _RECORD,
    "issuer?": _SLUG,
    "register?": _text("Sổ làng nghề"),
    "papers?": _RECORDS,
    "replaces?": _RECORDS,
}
_RECOGNISED: Final[Shape] = {
    "region?": _text("Tỉnh Mẫu"),
    "recognition": {
        "type?": _one_of(RECOGNITION_TYPES, "craft_village"),
        "title?": _text("Làng nghề"),
        "decision?": _text("01/QĐ-MẪU"),
        "granted?": _matching("a day, a month or a year", "2010-05-20", r"[0-9]{4}(?:-[0-9]{2}){0,2}"),
        "status": _one_of(RECOGNITION_STATUSES, "recognised"),
    },
}
_NEW_VILLAGE: Final[Shape] = {
    "name": _text("Làng Mẫu"),
    "craft": {
        "group": _matching("a group of decree 52/2018, article 4", "4", r"[1-9]"),
        "name": _text("mây tre đan"),
    },
    "units": _UNITS,
}
_WORKSHOP: Final[Shape] = {
    "name": _text("Xưởng mẫu"),
    "village": _RECORD,
    "legalForm": _one_of(("household_business", "cooperative", "enterprise"), "household_business"),
    "site": {
        "kind": _one_of(("home", "village", "cluster"), "home"),
        "insideVillage": _FLAG,
        "place": _text("thôn Mẫu"),
    },
    "units?": _UNITS,
}
_CERTIFICATE: Final[Shape] = {
    "kind": _one_of(("attestation", "inspection"), "attestation"),
    "id?": _RECORD,
    "issuer?": _SLUG,
    "workshop": _RECORD,
    "product?": {
        "code?": _CODE,
        "gtin?": _GTIN,
        "name": _text("Giỏ mây mẫu"),
    },
    "title": _text("Xác nhận nơi làm ra"),
    "finding": _text("Giỏ được đan tại xưởng, thôn Mẫu."),
    "scheme": {"id": _SLUG, "name": _text("Xác nhận tại làng nghề"), "version": _text("Xem tại xưởng")},
    "assessedOn": _PAST_DAY,
    "validUntil?": _DAY,
    "papers?": _RECORDS,
}
_THINGS: Final = Many(
    {
        "name?": _text("Mây chẻ"),
        "amount": _number(1, 999_999_999, 20),
        "uom": _matching("a UN/ECE unit: KGM, GRM, MTR, LTR, H87 (pieces)", "KGM", r"[A-Z0-9]{2,3}"),
        "supplier?": _text("Nhà cung cấp mẫu"),
        "boughtIn?": _FLAG,
    }
)
_EVENT: Final[Shape] = {
    "kind": _one_of(EVENT_KINDS, "made"),
    "name": _text("Đan giỏ"),
    "time": _PAST_TIME,
    "detail": _text("Chẻ mây, đan và cạp miệng."),
    "inputs?": _THINGS,
    "outputs": _THINGS,
    "evidence?": Many(
        _matching(
            "the SHA-256 digest of a photo or voice note",
            "zQmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n",
            DIGEST.pattern,
        )
    ),
}
_NOTICE: Final[Shape] = {
    "about": _RECORD,
    "action": _one_of(NOTICE_ACTIONS, "recall"),
    "reason": _text("Mây bị mốc; xưởng nhận lại và đổi."),
    "serials?": Many(
        _matching(
            f"the {SERIAL_LENGTH} characters of a serial",
            "0123456789AB",
            rf"[{CROCKFORD}]{{{SERIAL_LENGTH}}}",
        )
    ),
    "supersededBy?": _RECORD,
    "id?": _RECORD,
    "issuer?": _SLUG,
}


_CORRECTED: Final[Shape] = {
    "corrects": _RECORD,
    "reason": _text("Bản trước ghi nhầm ngày làm."),
    "keeps?": _RECORDS,
}


def _lot(*, is_correction: bool) -> Shape:
    return {
        "workshop": _RECORD,
        "issuer?": _SLUG,
        "lot": _matching("1 to 10 capital letters, digits and hyphens", "L9", r"[A-Z0-9-]{1,10}"),
        "units": _number(1, LABELS_PER_BATCH, 12),
        "madeOn": _PAST_DAY,
        "expiresOn?": _DAY,
        "warnings?": _text("Không ngâm nước."),
        "product": {
            "code?": _CODE,
            "gtin?": _GTIN,
            "slug": _SLUG,
            "name": {"vi": _text("Giỏ mây mẫu"), "en?": _text("Sample rattan basket")},
            "craft": _one_of(crafts(), "may-tre-dan"),
            "hs": _CLASS,
            "price": _number(1, 10**12, 150_000),
            "stock": _number(0, 10**9, 12),
            "summary?": _BOTH,
            "making?": _BOTH,
            "care?": _BOTH,
        },
        "materials": Many(
            {
                "name": _text("Mây"),
                "origin": _text("Quảng Nam"),
                "country": _COUNTRY,
                "percent": _number(1, 100, 100),
                "hs": _CLASS,
            }
        ),
        "boughtIn?": Many(
            {"name": _text("Quai da"), "supplier": _text("Nhà cung cấp mẫu"), "country": _COUNTRY}
        ),
        "events?": Many(_EVENT),
        "papers?": _RECORDS,
        "certificates?": _RECORDS,
        **(_CORRECTED if is_correction else {}),
    }
