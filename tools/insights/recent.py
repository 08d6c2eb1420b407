"""The last days with today, which is what somebody means who names no period for something that goes on now."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from server.declare import Clock
from tools.insights.periods import Period, Span
from tools.insights.teams import Team

DAYS = 7
LatestPeriod = Annotated[Period, Field(description="Default: the last 7 days and today; last-month, sprint, 2026-10")]


def latest(team: Team, period: str | None, clock: Clock) -> Span:
    """The days of a period; without one the last seven and today. Raises Refusal."""
    if period is not None:
        return team.span(period, clock)
    today = Clock(team.zone, clock.now).today
    return Span(f"last {DAYS} days and today", today - timedelta(days=DAYS), today, team.zone)
