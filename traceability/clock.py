"""Times as records spell them: RFC 3339 text <-> aware datetimes in UTC, and plain dates."""

import re
from datetime import UTC, date, datetime
from typing import Final

from traceability.errors import Reason, Unreadable

__all__ = ["format_instant", "parse_day", "parse_instant"]

_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def parse_instant(text: object) -> datetime:
    """Gives the UTC datetime of an RFC 3339 text such as `2026-11-22T08:00:00Z` or `…+07:00`.

    Raises:
        Unreadable: BAD_RECORD.
    """
    if isinstance(text, str) and _INSTANT.fullmatch(text):
        try:
            return datetime.fromisoformat(text).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise Unreadable(Reason.BAD_RECORD, f"{str(text)[:40]!r} is not an RFC 3339 time with its zone")


def format_instant(instant: datetime) -> str:
    """Gives `YYYY-MM-DDTHH:MM:SSZ`; a fraction of a second is dropped. `instant` must be aware."""
    # strftime drops the leading zeros of years before 1000.
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def parse_day(text: object) -> date:
    """Gives the date of `YYYY-MM-DD`.

    Raises:
        Unreadable: BAD_RECORD.
    """
    if isinstance(text, str) and _DAY.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    raise Unreadable(Reason.BAD_RECORD, f"{str(text)[:40]!r} is not a date YYYY-MM-DD")
