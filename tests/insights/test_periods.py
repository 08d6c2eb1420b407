"""Periods are whole days in a team's zone, whatever the clock does there."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from server.declare import Refusal
from tools.insights.periods import NAMED, Period, Span, Sprint, span

UTC_ZONE = ZoneInfo("UTC")
# Berlin and New York change their clocks at night, Beirut and Santiago at midnight, Lord Howe by half an hour.
NAMES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Beirut", "America/Santiago", "Australia/Lord_Howe")
ZONES = [ZoneInfo(name) for name in NAMES]
TODAY = date(2026, 11, 20)
SPRINT = Sprint(date(2026, 11, 9), 14)

zones = st.sampled_from(ZONES)
days = st.dates(date(2005, 1, 1), date(2060, 1, 1))
sprints = st.builds(Sprint, st.dates(date(2000, 1, 1), date(2070, 1, 1)), st.integers(1, 60))
names = st.sampled_from(NAMED)


def of(text: str, today: date = TODAY) -> Span:
    return span(text, UTC_ZONE, today, SPRINT)


@pytest.mark.parametrize(
    ("text", "first", "last", "label"),
    [
        ("last-7-days", "2026-11-13", "2026-11-19", "last-7-days"),
        ("last-30-days", "2026-10-21", "2026-11-19", "last-30-days"),
        ("this-month", "2026-11-01", "2026-11-20", "this-month so far"),
        ("last-month", "2026-10-01", "2026-10-31", "last-month"),
        ("this-quarter", "2026-10-01", "2026-11-20", "this-quarter so far"),
        ("last-quarter", "2026-07-01", "2026-09-30", "last-quarter"),
        ("sprint", "2026-11-09", "2026-11-20", "sprint so far"),
        ("last-sprint", "2026-10-26", "2026-11-08", "last-sprint"),
        ("2026-10", "2026-10-01", "2026-10-31", "2026-10"),
        ("2026-q3", "2026-07-01", "2026-09-30", "2026-Q3"),
        ("2026-10-01..2026-10-15", "2026-10-01", "2026-10-15", "2026-10-01..2026-10-15"),
        ("2026-11", "2026-11-01", "2026-11-20", "2026-11 so far"),
        (" Last 30  days ", "2026-10-21", "2026-11-19", "last-30-days"),
        ("this_month", "2026-11-01", "2026-11-20", "this-month so far"),
        ("2026 Q3", "2026-07-01", "2026-09-30", "2026-Q3"),
        ("2026-10-01 .. 2026-10-15", "2026-10-01", "2026-10-15", "2026-10-01..2026-10-15"),
    ],
)
def test_a_period_is_these_days(text: str, first: str, last: str, label: str) -> None:
    found = of(text)
    assert (str(found.first), str(found.last), found.label) == (first, last, label)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("last-month", "2026-09-01", "2026-09-30"),
        ("last-quarter", "2026-04-01", "2026-06-30"),
        ("last-7-days", "2026-11-06", "2026-11-12"),
        ("this-month", "2026-10-12", "2026-10-31"),
        ("last-sprint", "2026-10-12", "2026-10-25"),
        ("2026-10-01..2026-10-15", "2026-09-16", "2026-09-30"),
    ],
)
def test_the_period_before_has_the_same_length_in_days_or_in_whole_months(text: str, first: str, last: str) -> None:
    before = of(text).before()
    assert (str(before.first), str(before.last)) == (first, last)


def test_a_period_is_written_by_its_days_and_by_its_name_where_that_says_more() -> None:
    assert [str(of(text)) for text in ("last-7-days", "2026-10", "2026-10-01..2026-10-02")] == [
        f"{of('last-7-days').first} to {of('last-7-days').last} (UTC)",
        "2026-10, 2026-10-01 to 2026-10-31 (UTC)",
        "2026-10-01 to 2026-10-02 (UTC)",
    ]


def test_thirty_days_that_happen_to_be_a_month_are_still_thirty_days() -> None:
    assert of("last-30-days", date(2026, 5, 1)).before().days == 30


@given(names, zones, days, sprints)
def test_history_has_no_gap_and_no_overlap(text: str, zone: ZoneInfo, today: date, sprint: Sprint) -> None:
    found = span(text, zone, today, sprint)
    spans = [found, *found.history(6)]
    assert len(spans) == 7
    for later, earlier in pairwise(spans):
        assert earlier.last + timedelta(days=1) == later.first
        assert earlier.end == later.start
        assert earlier.months == later.months
        if not later.months:
            assert earlier.days == later.days


@given(names, zones, days, sprints)
def test_a_period_never_ends_after_today(text: str, zone: ZoneInfo, today: date, sprint: Sprint) -> None:
    found = span(text, zone, today, sprint)
    assert found.first <= found.last <= today
    assert ("so far" in found.label) is (not text.startswith("last"))


@given(days, days, zones)
def test_a_day_belongs_to_a_period_as_a_whole_whatever_the_clock_does(one: date, other: date, zone: ZoneInfo) -> None:
    first, last = min(one, other), max(one, other)
    last = min(last, first + timedelta(days=700))
    found = span(f"{first}..{last}", zone, date(2061, 1, 1))
    assert found.start.astimezone(zone).date() == first
    assert (found.end - timedelta(microseconds=1)).astimezone(zone).date() == last
    assert (found.start - timedelta(microseconds=1)).astimezone(zone).date() == first - timedelta(days=1)
    noon = datetime.combine(first, time(12), zone)
    assert noon in found
    assert found.end not in found


def test_a_day_on_which_the_clock_changes_is_shorter_or_longer() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    hours = {
        day: (found.end - found.start) / timedelta(hours=1)
        for day in ("2026-03-29", "2026-10-25", "2026-10-26")
        if (found := span(f"{day}..{day}", berlin, TODAY))
    }
    assert hours == {"2026-03-29": 23, "2026-10-25": 25, "2026-10-26": 24}
    assert span("2026-10", berlin, TODAY).start == datetime(2026, 9, 30, 22, tzinfo=UTC)


@given(days, sprints)
def test_a_sprint_holds_its_day_and_the_last_one_ends_before_it(today: date, sprint: Sprint) -> None:
    now, last = (span(text, UTC_ZONE, today, sprint) for text in ("sprint", "last-sprint"))
    assert now.first <= today
    assert (now.first - sprint.start).days % sprint.days == 0
    assert (last.days, last.last) == (sprint.days, now.first - timedelta(days=1))


@given(st.text(max_size=30))
def test_a_period_that_is_none_is_refused_with_a_hint(text: str) -> None:
    with pytest.raises(ValidationError, match="a period"):
        TypeAdapter(Period).validate_python(f"{text}?")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2026-12", "has not begun; today is 2026-11-20"),
        ("2026-13", "a period is last-7-days"),
        ("2026-Q5", "a period is last-7-days"),
        ("2026-10-15..2026-10-01", "must not be after its last"),
        ("1999-01", "begins in 2000 or later"),
        ("2010-01-01..2020-01-01", "at most two years"),
        ("9999-12", "a period is last-7-days"),
    ],
)
def test_what_is_wrong_with_a_period_is_said(text: str, words: str) -> None:
    with pytest.raises(Refusal, match=words):
        of(text)


def test_without_a_known_sprint_its_line_for_the_file_is_given() -> None:
    with pytest.raises(Refusal, match=r"sprint = \{ start = 2026-11-16, days = 14 \} into drumbeat.toml"):
        span("sprint", UTC_ZONE, TODAY)
