"""What people type into requests and answers, read strictly; every mistake is told by its field."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shop.errors import BadFields
from shop.folding import few_marks
from shop.services.countersigning.values import ATTESTATION, INSPECTION, TRANSCRIPTION
from shop.services.typed.personal import personal_in
from traceability.clock import day_in_viet_nam, parse_day
from traceability.errors import TraceabilityError

__all__ = ["REASON_MAX", "read_answer", "read_request", "read_words"]

LINE_MAX: Final = 120
WORDS_MAX: Final = 600
REASON_MAX: Final = 500
LINE: Final = "line"
PAST_DAY: Final = "past day"
DAY: Final = "day"


@dataclass(frozen=True, slots=True)
class _Field:
    """One field: its longest text in characters, whether it must hold something, and of what form it is."""

    name: str
    most: int = LINE_MAX
    is_required: bool = True
    form: str = LINE


_PAPER: Final = (
    _Field("paper_issuer"),
    _Field("decision", 60, is_required=False),
    _Field("paper_date", 10, is_required=False, form=PAST_DAY),
)
_ASKED: Final = {
    ATTESTATION: (_Field("words", WORDS_MAX),),
    INSPECTION: (_Field("words", WORDS_MAX),),
    TRANSCRIPTION: (_Field("title"), _Field("words", WORDS_MAX), *_PAPER),
}
_STATED: Final = (
    _Field("title"),
    _Field("finding", WORDS_MAX),
    _Field("basis"),
    _Field("assessed_on", 10, form=PAST_DAY),
    _Field("valid_until", 10, is_required=False, form=DAY),
)
_ANSWERED: Final = {
    ATTESTATION: _STATED,
    INSPECTION: _STATED,
    TRANSCRIPTION: (_Field("title"), _Field("claim", WORDS_MAX), *_PAPER),
}


def read_request(kind: str, texts: Mapping[str, str], *, now: datetime) -> dict[str, str]:
    """Gives the fields of a request, in NFC, one line each with single spaces.

    Raises:
        BadFields: MISSING, TOO_LONG, BAD_CHARACTER, PERSONAL, BAD_DAY or FUTURE_DAY by field.
    """
    return _read(_ASKED[kind], texts, now)


def read_answer(kind: str, texts: Mapping[str, str], *, now: datetime) -> dict[str, str]:
    """Gives the fields of what an issuer agrees to sign.

    Raises:
        BadFields: as `read_request`; ENDS_BEFORE, when it ends before the day it was seen on.
    """
    found = _read(_ANSWERED[kind], texts, now)
    if found.get("valid_until") and found["valid_until"] < found["assessed_on"]:
        raise BadFields({"valid_until": "ENDS_BEFORE"})
    return found


def read_words(name: str, text: str, *, most: int = REASON_MAX) -> str:
    """Gives one required text.

    Raises:
        BadFields: MISSING, TOO_LONG or BAD_CHARACTER.
    """
    mistakes: dict[str, str] = {}
    found = _line(_Field(name, most), text, mistakes)
    if mistakes:
        raise BadFields(mistakes)
    return found


def _read(fields: tuple[_Field, ...], texts: Mapping[str, str], now: datetime) -> dict[str, str]:
    mistakes: dict[str, str] = {}
    found = {field.name: _line(field, texts.get(field.name, ""), mistakes) for field in fields}
    for field in fields:
        if field.name in mistakes:
            continue
        if field.form == LINE and personal_in(found[field.name]) is not None:
            mistakes[field.name] = "PERSONAL"
        if field.form != LINE and found[field.name]:
            _check_day(field, found[field.name], now, mistakes)
    if mistakes:
        raise BadFields(mistakes)
    return found


def _line(field: _Field, typed: str, mistakes: dict[str, str]) -> str:
    text = " ".join(unicodedata.normalize("NFC", few_marks(typed)).split())
    if not text and field.is_required:
        mistakes[field.name] = "MISSING"
    elif len(text) > field.most:
        mistakes[field.name] = "TOO_LONG"
    elif not text.isprintable():
        mistakes[field.name] = "BAD_CHARACTER"
    return text


def _check_day(field: _Field, text: str, now: datetime, mistakes: dict[str, str]) -> None:
    try:
        day = parse_day(text)
    except TraceabilityError:
        mistakes[field.name] = "BAD_DAY"
        return
    if field.form == PAST_DAY and day > day_in_viet_nam(now):
        mistakes[field.name] = "FUTURE_DAY"
