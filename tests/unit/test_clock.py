"""Times and days: the spellings that records use, and no others."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from traceability.clock import format_instant, parse_day, parse_instant
from traceability.errors import Reason, Unreadable


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-22T08:00:00Z", datetime(2026, 11, 22, 8, tzinfo=UTC)),
        ("2026-11-22T15:00:00+07:00", datetime(2026, 11, 22, 8, tzinfo=UTC)),
        ("2026-11-22T08:00:00.25Z", datetime(2026, 11, 22, 8, 0, 0, 250_000, tzinfo=UTC)),
        ("1900-01-01T00:00:00Z", datetime(1900, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_time_with_its_zone_is_read_as_utc(text, instant):
    assert parse_instant(text) == instant
    assert parse_instant(text).tzinfo is UTC


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-22T08:00:00",  # no zone
        "2026-11-22 08:00:00Z",
        "2026-11-22t08:00:00z",
        "2026-11-22T08:00Z",
        "2026-11-22T08:00:60Z",
        "2026-02-30T08:00:00Z",
        "2026-11-22T08:00:00.1234567Z",
        "2026-11-22T08:00:00+0700",
        "2026-11-22T08:00:00+25:00",
        "2026-11-22T08:00:00+05:60",  # Python carries such minutes over
        "2026-11-21T24:00:00Z",  # some versions of Python take it for the next day
        "0001-01-01T00:00:00+07:00",  # before the calendar in UTC
        "9999-12-31T23:59:59-07:00",  # after it
        "1899-12-31T23:59:59Z",  # years at which zones and periods could step over its ends
        "9901-01-01T00:00:00Z",
        "\u0662026-11-22T08:00:00Z",
        "2026-11-22T08:00:00Z\n",
        "2026-11-22",
        "",
        None,
        20261122,
        ["2026-11-22T08:00:00Z"],
    ],
)
def test_any_other_time_is_refused(value):
    with pytest.raises(Unreadable) as caught:
        parse_instant(value)
    assert caught.value.code is Reason.BAD_RECORD


@pytest.mark.parametrize("year", [1900, 2026, 9900])
def test_a_time_is_written_with_a_four_digit_year(year):
    instant = datetime(year, 1, 1, tzinfo=UTC)
    assert format_instant(instant) == f"{year:04}-01-01T00:00:00Z"
    assert parse_instant(format_instant(instant)) == instant


def test_a_written_time_is_in_utc_and_drops_fractions():
    hanoi = timezone(timedelta(hours=7))
    assert format_instant(datetime(2026, 11, 22, 6, 59, 59, 999_999, tzinfo=hanoi)) == "2026-11-21T23:59:59Z"


def test_a_day_is_read():
    assert parse_day("2024-02-29") == date(2024, 2, 29)


@pytest.mark.parametrize(
    "value", ["2023-02-29", "20240229", "2024-W09-4", "2024-2-9", "2024-02-29Z", None, 1]
)
def test_any_other_day_is_refused(value):
    with pytest.raises(Unreadable) as caught:
        parse_day(value)
    assert caught.value.code is Reason.BAD_RECORD
