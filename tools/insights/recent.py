"""The last days with today, which somebody means who asks what goes on now, and not how the numbers were."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from server.declare import Clock
from tools.insights.periods import ROLLING, TODAY, Period, Span
from tools.insights.teams import Team

WEEK_DAYS, SPRINT_DAYS = 7, 14
LatestPeriod = Annotated[Period, Field(description="last-7-days, last-month, sprint, 2026-10; default: up to today")]


def latest(team: Team, period: str | None, clock: Clock, days: int = WEEK_DAYS) -> Span:
    """The days of a period; the last so many days have today, and are what is meant without one. Raises Refusal."""
    if period is not None and period not in ROLLING:
        return team.span(period, clock)
    length = ROLLING[period] if period else days
    today = Clock(team.zone, clock.now).today
    return Span(TODAY, today - timedelta(days=length), today, team.zone)
