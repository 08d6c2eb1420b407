"""The last days with today, which is what somebody means who names no period for something that goes on now."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from server.declare import Clock
from tools.insights.periods import Period, Span
from tools.insights.teams import Team

WEEK_DAYS, SPRINT_DAYS = 7, 14
LatestPeriod = Annotated[Period, Field(description="last-7-days, last-month, sprint, 2026-10; default: up to today")]


def latest(team: Team, period: str | None, clock: Clock, days: int = WEEK_DAYS) -> Span:
    """The days of a period; without one the last `days` and today. Raises Refusal."""
    if period is not None:
        return team.span(period, clock)
    today = Clock(team.zone, clock.now).today
    return Span(f"last {days} days and today", today - timedelta(days=days), today, team.zone)
