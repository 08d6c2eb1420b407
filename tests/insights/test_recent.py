"""What goes on now: the last so many days have today, where the team is; any other period is what it is elsewhere."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.declare import Clock
from tools.insights.recent import latest
from tools.insights.teams import Team

TEAM = Team("Platform", ZoneInfo("Pacific/Auckland"), frozenset(range(5)), None)
CLOCK = Clock(now=lambda: datetime(2026, 11, 20, 12, tzinfo=UTC))  # there it is the 21st


@pytest.mark.parametrize(
    ("period", "days", "first", "last"),
    [
        (None, 7, date(2026, 11, 14), date(2026, 11, 21)),
        (None, 14, date(2026, 11, 7), date(2026, 11, 21)),
        ("last-7-days", 14, date(2026, 11, 14), date(2026, 11, 21)),
        ("last-30-days", 7, date(2026, 10, 22), date(2026, 11, 21)),
        ("last-month", 7, date(2026, 10, 1), date(2026, 10, 31)),
        ("2026-11-01..2026-11-02", 7, date(2026, 11, 1), date(2026, 11, 2)),
    ],
)
def test_the_days_of_a_period(period: str | None, days: int, first: date, last: date) -> None:
    found = latest(TEAM, period, CLOCK, days)
    assert (found.first, found.last) == (first, last)


@example(datetime(2020, 3, 29, 22), "Europe/Berlin")
@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)), st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata"])
)
def test_now_is_always_among_the_last_days(now: datetime, zone: str) -> None:
    moment = now.replace(tzinfo=UTC)
    team = Team("t", ZoneInfo(zone), frozenset(), None)
    found = latest(team, "last-7-days", Clock(now=lambda: moment))
    assert moment in found
    # The same time by the clock: where that was put forward in between, it is not 168 hours ago.
    assert moment.astimezone(team.zone) - timedelta(days=7) in found
    assert found.days == 8
