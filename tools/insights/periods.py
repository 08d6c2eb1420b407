"""Periods as people name them, as whole days in a team's zone."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from server.declare import Offers, Refusal

NAMED = (
    "last-7-days",
    "last-30-days",
    "this-month",
    "last-month",
    "this-quarter",
    "last-quarter",
    "sprint",
    "last-sprint",
)
# What their dates say as well.
ROLLING = {"last-7-days": 7, "last-30-days": 30}
TODAY = "to today"
MONTH = re.compile(r"(\d{4})-(\d\d)")
QUARTER = re.compile(r"(\d{4})-q([1-4])")
DATES = re.compile(r"(\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d)")
EARLIEST = date(2000, 1, 1)
LONGEST = 731
HINT = f"a period is {', '.join(NAMED)}, 2026-10, 2026-Q3 or 2026-10-01..2026-10-15"
NO_SPRINT = (
    "Nothing was sent: it is not known when this team's sprints begin. Give two dates (2026-10-01..2026-10-14), or put "
    "sprint = {{ start = {monday}, days = 14 }} into drumbeat.toml, at its top or under the team."
)


def _spelled(text: str) -> str:
    """A period as it is written here: "Last 30 days" is last-30-days."""
    return re.sub(r"[\s_]+", "-", re.sub(r"\s*\.\.\s*", "..", text.strip().lower()))


def _readable(text: str) -> str:
    text = _spelled(text)
    if text not in NAMED:
        _fixed(text)
    return text


Period = Annotated[
    str,
    AfterValidator(_readable),
    Offers(NAMED),
    Field(description="last-30-days, this-month, last-quarter, sprint, 2026-10, 2026-Q3, 2026-10-01..2026-10-15, ..."),
]
"""A period in a tool's arguments; `span` makes days of it."""


@dataclass(frozen=True)
class Sprint:
    """The rhythm of a team's sprints: how long they are, and a day on which one began."""

    start: date
    days: int


@dataclass(frozen=True)
class Span:
    """Whole days from `first` to `last` in `zone`; `label` is what the period was called.

    by_days: that it is counted in days even where these happen to be whole months, as the last 30 days are.
    """

    label: str
    first: date
    last: date
    zone: ZoneInfo
    by_days: bool = False

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    @property
    def months(self) -> int | None:
        """How many whole calendar months it is; None where it is not."""
        if self.by_days or self.first.day != 1 or (self.last + timedelta(days=1)).day != 1:
            return None
        return (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1

    @property
    def start(self) -> datetime:
        """The moment it begins."""
        return midnight(self.first, self.zone)

    @property
    def end(self) -> datetime:
        """The moment it is over, which no longer belongs to it."""
        return midnight(self.last + timedelta(days=1), self.zone)

    def before(self) -> "Span":
        """The period of the same length before it; before whole calendar months, as many of these."""
        last = self.first - timedelta(days=1)
        first = _months_back(self.first, self.months) if self.months else self.first - timedelta(days=self.days)
        return Span(f"{first}..{last}", first, last, self.zone, by_days=not self.months)

    def history(self, periods: int = 6) -> list["Span"]:
        """The last such periods before it, latest first."""
        spans = [self.before()]
        while len(spans) < periods:
            spans.append(spans[-1].before())
        return spans[:periods]

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= moment < self.end

    def __str__(self) -> str:
        days = f"{self.first} to {'today, ' if self.label == TODAY else ''}{self.last}"
        named = "" if DATES.fullmatch(self.label) or self.label in (*ROLLING, TODAY) else f"{self.label}, "
        return f"{named}{days} ({self.zone.key})"


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The moment, in UTC, at which a day begins in a zone, also where the clock is put forward just then."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def span(text: str, zone: ZoneInfo, today: date, sprint: Sprint | None = None) -> Span:
    """The days of a period. What is not over yet ends today; the last 7 and 30 days end yesterday.

    Raises Refusal for a sprint where it is not known when sprints begin, and for what has not begun.
    """
    text = _spelled(text)
    label = text.upper() if QUARTER.fullmatch(text) else text
    try:
        first, last = _relative(text, today, sprint) if text in NAMED else _fixed(text)
    except ValueError as error:
        raise Refusal(f"Nothing was sent: {error}.") from None
    if first > today:
        raise Refusal(f"Nothing was sent: {label} has not begun; today is {today} in {zone.key}.")
    by_days = text.endswith(("-days", "sprint"))
    return Span(label if last < today else f"{label} so far", first, min(last, today), zone, by_days)


def _relative(text: str, today: date, sprint: Sprint | None) -> tuple[date, date]:
    if days := re.fullmatch(r"last-(\d+)-days", text):
        return today - timedelta(days=int(days[1])), today - timedelta(days=1)
    which, _, unit = text.rpartition("-")
    if unit == "sprint":
        if sprint is None:
            raise Refusal(NO_SPRINT.format(monday=today - timedelta(days=today.weekday())))
        begun = sprint.start + timedelta(days=(today - sprint.start).days // sprint.days * sprint.days)
        first = begun - timedelta(days=sprint.days) if which == "last" else begun
        return first, first + timedelta(days=sprint.days - 1)
    months = 3 if unit == "quarter" else 1
    first = today.replace(day=1, month=(today.month - 1) // months * months + 1)
    return _whole(_months_back(first, months) if which == "last" else first, months)


def _fixed(text: str) -> tuple[date, date]:
    """The days of a period that does not depend on today. Raises ValueError with a hint."""
    try:
        if month := MONTH.fullmatch(text):
            first, last = _whole(date(int(month[1]), int(month[2]), 1), 1)
        elif quarter := QUARTER.fullmatch(text):
            first, last = _whole(date(int(quarter[1]), int(quarter[2]) * 3 - 2, 1), 3)
        elif dates := DATES.fullmatch(text):
            first, last = date.fromisoformat(dates[1]), date.fromisoformat(dates[2])
        else:
            raise ValueError
    except (ValueError, OverflowError):
        raise ValueError(HINT) from None
    if first > last:
        raise ValueError("a period's first date must not be after its last")
    if first < EARLIEST or (last - first).days >= LONGEST:
        raise ValueError(f"a period begins in {EARLIEST.year} or later and has at most two years")
    return first, last


def _whole(first: date, months: int) -> tuple[date, date]:
    return first, _months_back(first, -months) - timedelta(days=1)


def _months_back(first: date, months: int | None) -> date:
    number = first.year * 12 + first.month - 1 - (months or 0)
    return date(number // 12, number % 12 + 1, 1)
