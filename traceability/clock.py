"""Times as records spell them: RFC 3339 text <-> aware datetimes in UTC, and plain dates."""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

from traceability.errors import Reason, Unreadable

__all__ = ["VIET_NAM_TIME", "day_in_viet_nam", "format_instant", "parse_day", "parse_instant"]

VIET_NAM_TIME: Final = timezone(timedelta(hours=7))  # the whole year, since 1975

FIRST_YEAR: Final = 1900  # outside of these years, zones and periods would step over the calendar's ends
LAST_YEAR: Final = 9900

# Hours and minutes are bounded here because Python reads +05:60, and some of its versions 24:00:00.
_HOUR: Final = r"(?:[01]\d|2[0-3]):[0-5]\d"
_INSTANT: Final = re.compile(rf"\d{{4}}-\d\d-\d\dT{_HOUR}:[0-5]\d(\.\d{{1,6}})?(Z|[+-]{_HOUR})", re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def parse_instant(text: object) -> datetime:
    """Gives the UTC datetime of an RFC 3339 text such as `2026-11-22T08:00:00Z` or `…+07:00`.

    Raises:
        Unreadable: BAD_RECORD.
    """
    if isinstance(text, str) and _INSTANT.fullmatch(text):
        try:
            instant = datetime.fromisoformat(text).astimezone(UTC)
            if FIRST_YEAR <= instant.year <= LAST_YEAR:
                return instant
        except (ValueError, OverflowError):
            pass
    raise Unreadable(Reason.BAD_RECORD, f"{str(text)[:40]!r} is not an RFC 3339 time with its zone")


def format_instant(instant: datetime) -> str:
    """Gives `YYYY-MM-DDTHH:MM:SSZ`; a fraction of a second is dropped. `instant` must be aware."""
    # strftime drops the leading zeros of years before 1000.
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def day_in_viet_nam(instant: datetime) -> date:
    """Gives the day that a moment falls on in Viet Nam; `instant` must be aware."""
    return instant.astimezone(VIET_NAM_TIME).date()


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
