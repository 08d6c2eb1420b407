"""What people write for a date, and the whole days that they mean by it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from server import signature
from server.times import AGO, Clock, Day, FirstDay, LastDay, Moment, Since, Until, covering, read

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 25, 23, 30, tzinfo=UTC)  # a Wednesday; in Berlin it is Thursday already
CLOCK = Clock(UTC, lambda: NOW)
IN_BERLIN = Clock(BERLIN, lambda: NOW)


async def between(api: Any, since: Since | None = None, until: Until | None = None) -> Any: ...


async def days(
    api: Any, start_date: FirstDay, end_date: LastDay, on: Day | None = None, at: Moment | None = None
) -> Any: ...


def said(function: Any, clock: Clock = CLOCK, **arguments: Any) -> dict[str, Any]:
    return signature.arguments(function).model_validate(arguments, context=clock).values()


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("2026-11-20", date(2026, 11, 20)),
        ("20261120", date(2026, 11, 20)),
        ("2026-2-3", date(2026, 2, 3)),
        ("today", date(2026, 11, 25)),
        (" Yesterday ", date(2026, 11, 24)),
        ("wednesday", date(2026, 11, 25)),
        ("monday", date(2026, 11, 23)),
        ("thursday", date(2026, 11, 19)),
        ("last-tuesday", date(2026, 11, 24)),
        ("last wednesday", date(2026, 11, 18)),
        ("7 days ago", date(2026, 11, 18)),
        ("1 day ago", date(2026, 11, 24)),
        ("2-weeks-ago", date(2026, 11, 11)),
    ],
)
def test_a_day_in_words(words: str, day: date) -> None:
    assert read(words, CLOCK) == day


def test_today_is_the_zones_today() -> None:
    assert read("today", CLOCK) == date(2026, 11, 25)
    assert read("today", IN_BERLIN) == date(2026, 11, 26)


@pytest.mark.parametrize(
    ("words", "moment"),
    [
        ("2014-11-6T00:00:00Z", datetime(2014, 11, 6, tzinfo=UTC)),
        ("2026-11-20T09:30:00+02:00", datetime(2026, 11, 20, 7, 30, tzinfo=UTC)),
        ("2026-11-20 09:30", datetime(2026, 11, 20, 9, 30, tzinfo=UTC)),
        ("2 hours ago", datetime(2026, 11, 25, 21, 30, tzinfo=UTC)),
        ("now", NOW),
    ],
)
def test_a_moment_in_words(words: str, moment: datetime) -> None:
    assert read(words, CLOCK) == moment


def test_a_day_as_a_bound_is_the_whole_day_in_the_zone() -> None:
    utc = said(between, since="2026-11-23", until="2026-11-23")
    assert utc["since"] == datetime(2026, 11, 23, tzinfo=UTC)
    assert utc["until"] == datetime(2026, 11, 23, 23, 59, 59, 999000, tzinfo=UTC)
    local = said(between, IN_BERLIN, since="2026-11-23", until="2026-11-23")
    assert local["since"].astimezone(UTC) == datetime(2026, 11, 22, 23, tzinfo=UTC)
    assert local["until"].astimezone(UTC) == datetime(2026, 11, 23, 22, 59, 59, 999000, tzinfo=UTC)


@pytest.mark.parametrize("words", ["soon", "", "2026-13-01", "32 days", "last-week", "99999 days ago", "9" * 10_000])
def test_what_is_no_date_is_refused_with_an_example(words: str) -> None:
    with pytest.raises(ValidationError, match="write a date as 2026-11-20"):
        said(between, since=words)


def test_reversed_bounds_are_refused() -> None:
    with pytest.raises(ValidationError, match="'since' must not be after 'until'"):
        said(between, since="2026-11-24", until="2026-11-23")
    with pytest.raises(ValidationError, match="'start_date' must not be after 'end_date'"):
        said(days, start_date="2026-11-24", end_date="2026-11-23")
    assert said(days, start_date="2026-11-23", end_date="2026-11-23")["on"] is None


def test_tomorrow_has_come_where_clocks_are_ahead() -> None:
    assert said(between, since="tomorrow")["since"].date() == date(2026, 11, 26)


@pytest.mark.parametrize("day", ["2026-11-27", "2027-01-01"])
def test_a_period_that_has_begun_nowhere_is_refused(day: str) -> None:
    words = f"{day} has not come yet; today is 2026-11-25 in UTC"
    with pytest.raises(ValidationError, match=words):
        said(between, since=day)
    with pytest.raises(ValidationError, match=words):
        said(days, start_date=day, end_date=day)
    assert said(between, until=day)["until"].date() > NOW.date()


def test_an_answer_says_the_period_that_it_covers() -> None:
    bounds = said(between, IN_BERLIN, since="2026-11-01", until="2026-11-23")
    assert covering(bounds["since"], bounds["until"]) == "Period: 2026-11-01 to 2026-11-23 (CET)"
    assert covering(date(2026, 11, 1), None) == "Period: 2026-11-01 to now"
    assert covering(None, datetime(2026, 11, 1, 9, 30, tzinfo=UTC)) == "Period: the beginning to 2026-11-01 09:30 (UTC)"


@settings(derandomize=True)
@given(st.text() | st.from_regex(AGO, fullmatch=True) | st.datetimes().map(str))
def test_any_text_is_a_date_or_a_plain_error(text: str) -> None:
    try:
        outcome: Any = read(text, IN_BERLIN)
    except ValueError as error:
        outcome = str(error)
    assert isinstance(outcome, date) or "write a date" in outcome or "calendar" in outcome


@settings(derandomize=True)
@given(st.dates(date(2000, 1, 1), NOW.date()))
def test_a_day_bounds_no_more_and_no_less_than_itself_also_when_clocks_change(day: date) -> None:
    bounds = said(between, IN_BERLIN, since=day.isoformat(), until=day.isoformat())
    assert bounds["since"].astimezone(BERLIN).date() == bounds["until"].astimezone(BERLIN).date() == day
    assert (bounds["until"] + timedelta(milliseconds=1)).date() == day + timedelta(days=1)
