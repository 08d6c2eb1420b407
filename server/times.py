"""Dates as arguments: people and models write `2026-11-20` or ISO 8601, vendors each want their own."""

from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field


def _day(value: Any) -> Any:
    if isinstance(value, str):
        return _read(value).date()
    return value


def _moment(value: Any) -> Any:
    return _read(value) if isinstance(value, str) else value


def _read(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError("write a date as 2026-11-20, or a time as 2026-11-20T09:30:00Z") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("this is outside of the calendar") from None
    return moment


Day = Annotated[date, BeforeValidator(_day)]
"""A calendar day; a time of day is accepted and dropped."""

Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    # A day is accepted too, so the schema must not insist on the format of a time.
    Field(description="ISO 8601 or YYYY-MM-DD, UTC", json_schema_extra=lambda schema: schema.pop("format", None)),
]
"""A point in time, in UTC where no offset is given; a day is its first moment."""


def utc(moment: datetime | None) -> str | None:
    """A moment as `2026-11-20T09:30:00Z`; None stays None."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z" if moment else None


def iso(day: date | None) -> str | None:
    """A day as `2026-11-20`, or a moment as ISO 8601 with its own offset; None stays None."""
    return day.isoformat() if day else None
