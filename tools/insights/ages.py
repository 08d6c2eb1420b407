"""Moments as the vendors write them, and how long ago they are, in words."""

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any


def moment(text: Any) -> datetime | None:
    """A vendor's time, UTC where it names no zone; None where it cannot be read as one."""
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return None


def age(then: datetime | None, now: datetime) -> str | None:
    """How long ago, in its largest unit: `3 d`; None where it is not known when."""
    return None if then is None else span(now - then)


def span(length: timedelta) -> str:
    """A length of time in its largest unit: `45 min`, `5 h`, `3 d`; nothing is shorter than none."""
    minutes = max(int(length.total_seconds() // 60), 0)
    if minutes < 100:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} d"


def day(then: datetime | None, zone: tzinfo = UTC) -> str | None:
    """The day of a moment in a zone: `2026-11-20`."""
    return None if then is None else then.astimezone(zone).date().isoformat()
