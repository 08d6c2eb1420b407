"""Dates as arguments: people and models write `2026-11-20`, ISO 8601 or `yesterday`; vendors each want their own.

Days, and times without an offset, are understood in the zone of the `Clock` that the arguments are checked with.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LAST_MOMENT = time(23, 59, 59, 999000)
AGO = re.compile(r"(\d{1,4})[ -](minute|hour|day|week)s?[ -]ago")
LOOSE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?=\D|$)")
FARTHEST_ZONE = timedelta(hours=14)
"""How far the days of the zone that is first are ahead of UTC."""
HINT = "write a date as 2026-11-20, yesterday, monday or 7 days ago, or a time as 2026-11-20T09:30:00Z"


@dataclass(frozen=True)
class Clock:
    """What `today` means: the zone in which days are understood, and the time that it is."""

    zone: tzinfo = UTC
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    @property
    def today(self) -> date:
        """The day that it is in this zone."""
        return self.now().astimezone(self.zone).date()


@dataclass(frozen=True)
class Bound:
    """Marks the first or the last of a period, so that a call whose bounds are reversed is refused."""

    first: bool


def _clock(info: ValidationInfo) -> Clock:
    return info.context if isinstance(info.context, Clock) else Clock()


def _first(value: Any, info: ValidationInfo) -> Any:
    return _moment(value, _clock(info), time.min)


def _last(value: Any, info: ValidationInfo) -> Any:
    return _moment(value, _clock(info), LAST_MOMENT)


def _day(value: Any, info: ValidationInfo) -> Any:
    if not isinstance(value, str):
        return value
    found = read(value, _clock(info))
    return found.date() if isinstance(found, datetime) else found


def _moment(value: Any, clock: Clock, of_day: time) -> Any:
    if not isinstance(value, str):
        return value
    found = read(value, clock)
    return found if isinstance(found, datetime) else datetime.combine(found, of_day, clock.zone)


def _begun(value: date, info: ValidationInfo) -> date:
    """Where a period begins, which is in the past: of a later one vendors know nothing, and answer zeros."""
    clock = info.context
    begins = value if isinstance(value, datetime) else datetime.combine(value, time.min, UTC)
    if isinstance(clock, Clock) and begins.tzinfo and begins > clock.now() + FARTHEST_ZONE:
        raise ValueError(f"{_shown(value)} has not come yet; today is {clock.today} in {clock.zone}")
    return value


def read(text: str, clock: Clock) -> date | datetime:
    """What a person means by a date or a time: a day, or a moment with an offset. Raises ValueError."""
    text = " ".join(text.split())[:60]
    if (day := _relative(text.lower(), clock)) is not None:
        return day
    text = LOOSE.sub(lambda match: f"{match[1]}-{match[2]:0>2}-{match[3]:0>2}", text, count=1)
    try:
        return date.fromisoformat(text)
    except ValueError:
        return _instant(text, clock)


def _instant(text: str, clock: Clock) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(HINT) from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=clock.zone)
    try:
        moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("this is outside of the calendar") from None
    return moment


def _relative(text: str, clock: Clock) -> date | datetime | None:
    if text == "now":
        return clock.now().astimezone(clock.zone)
    if text in (days := {"today": 0, "yesterday": 1, "tomorrow": -1}):
        return clock.today - timedelta(days=days[text])
    last = re.fullmatch(r"last[ -](\w+)", text)
    if (name := last[1] if last else text) in WEEKDAYS:
        back = (clock.today.weekday() - WEEKDAYS.index(name)) % 7
        return clock.today - timedelta(days=back or (7 if last else 0))
    if ago := AGO.fullmatch(text):
        number, unit = int(ago[1]), ago[2]
        if unit in ("day", "week"):
            return clock.today - timedelta(days=number * (7 if unit == "week" else 1))
        return (clock.now() - timedelta(**{f"{unit}s": number})).astimezone(clock.zone)
    return None


def _without_format(schema: dict[str, Any]) -> None:
    # A day or a word is accepted too, so the schema must not insist on the format of a time.
    del schema["format"]


_TIME = Field(description="Day or ISO 8601", json_schema_extra=_without_format)
_DATE = Field(description="Day", json_schema_extra=_without_format)

Day = Annotated[date, BeforeValidator(_day), _DATE]
"""A calendar day; a time of day is accepted and dropped."""
FirstDay = Annotated[date, BeforeValidator(_day), AfterValidator(_begun), _DATE, Bound(first=True)]
"""The first day of a period, which has begun."""
LastDay = Annotated[date, BeforeValidator(_day), _DATE, Bound(first=False)]
"""The last day of a period, which belongs to it."""

Moment = Annotated[datetime, BeforeValidator(_first), _TIME]
"""A point in time; a day is its first moment."""
Since = Annotated[datetime, BeforeValidator(_first), AfterValidator(_begun), _TIME, Bound(first=True)]
"""Where a period begins, which it has; a day is its first moment."""
Until = Annotated[datetime, BeforeValidator(_last), _TIME, Bound(first=False)]
"""Where a period ends; a day is its last moment, so that it belongs to the period as a whole."""


def utc(moment: datetime | None) -> str | None:
    """A moment as `2026-11-20T09:30:00Z`; None stays None."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z" if moment else None


def iso(day: date | None) -> str | None:
    """A day as `2026-11-20`, or a moment as ISO 8601 with its own offset; None stays None."""
    return day.isoformat() if day else None


def covering(first: date | None, last: date | None) -> str:
    """The period that an answer covers, in words, with its zone: for an answer's notes."""
    moment = next((bound for bound in (first, last) if isinstance(bound, datetime)), None)
    zone = f" ({moment.tzname()})" if moment else ""
    return f"Period: {_shown(first) or 'the beginning'} to {_shown(last) or 'now'}{zone}"


def _shown(bound: date | None) -> str | None:
    if not isinstance(bound, datetime):
        return iso(bound)
    whole = bound.timetz().replace(tzinfo=None) in (time.min, LAST_MOMENT)
    return bound.date().isoformat() if whole else bound.replace(tzinfo=None).isoformat(" ", "minutes")
