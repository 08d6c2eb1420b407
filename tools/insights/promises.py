"""What became of action items: which retro they come from, how old they are, and what is late.

Pure: it is given action items and retros. Team O'clock gives action items no date, so an item's date is that of the
first retro that lists it.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from tools.insights.ages import moment
from tools.teamoclock.models import ActionItem, TimelineRecord

STALE = timedelta(days=14)
"""Open for longer than a usual sprint."""
DUE = re.compile(r"\b(?:by|until|till|before|due(?: on)?|bis)\s+(\d{4}-\d\d-\d\d)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Promise:
    """An action item with the retro that it comes from; `decided` is None where none that was read lists it."""

    item: ActionItem
    decided: datetime | None
    retro: str | None
    due: date | None

    def days(self, now: datetime) -> int | None:
        """How many whole days ago it was decided."""
        return None if self.decided is None else max((now - self.decided).days, 0)

    def state(self, now: datetime, zone: tzinfo) -> str:
        """`overdue`, `stale`, `new` or, where nobody knows its date, `undated`."""
        if self.due and self.due < now.astimezone(zone).date():
            return "overdue"
        if self.decided is None:
            return "undated"
        return "stale" if now - self.decided >= STALE else "new"


def promises(items: Iterable[ActionItem], retros: Iterable[TimelineRecord]) -> list[Promise]:
    """Items with the retros that they come from, oldest first, those without a retro last."""
    origins = _origins(retros)
    found = [_promise(item, origins) for item in items]
    return sorted(found, key=lambda one: (one.decided is None, one.decided.timestamp() if one.decided else 0))


def due(text: str | None) -> date | None:
    """The day by which a text promises something: `… by 2026-11-30`."""
    try:
        return date.fromisoformat(found[1]) if (found := DUE.search(text or "")) else None
    except ValueError:
        return None


def _origins(retros: Iterable[TimelineRecord]) -> dict[str, tuple[datetime, str | None]]:
    """The date and the id of the first retro that lists each action item."""
    dated = [(at, retro) for retro in retros if (at := moment(retro.date))]
    origins: dict[str, tuple[datetime, str | None]] = {}
    for at, retro in sorted(dated, key=lambda one: one[0]):
        for item in retro.action_items or []:
            if item.id:
                origins.setdefault(item.id, (at, retro.id))
    return origins


def _promise(item: ActionItem, origins: dict[str, tuple[datetime, str | None]]) -> Promise:
    decided, retro = origins.get(item.id or "", (None, None))
    return Promise(item, decided, retro, due(item.text))


def newest(retros: Sequence[TimelineRecord]) -> TimelineRecord | None:
    """The latest of some retros; None where none has a date."""
    dated = [(at, retro) for retro in retros if (at := moment(retro.date))]
    return max(dated, key=lambda one: one[0])[1] if dated else None
