"""A team's stand-ups, retros and action items, as Team O'clock has them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Literal

from server.declare import VendorError
from tools.insights.blockers import Day, day_of, day_of_running
from tools.insights.teams import every
from tools.insights.together import Read, each, parts
from tools.teamoclock.action_items import list_action_items
from tools.teamoclock.api import TeamOClock
from tools.teamoclock.models import ActionItem, Retro, TimelineRecord
from tools.teamoclock.retros import get_retro, list_retros
from tools.teamoclock.standups import get_standup, list_standups
from tools.teamoclock.teams import list_team_members
from tools.teamoclock.timeline import get_timeline_record, list_timeline

MOST_RECORDS = 40
"""Each record of the timeline is a request of its own, so of more only the newest are read."""
Slugs = Sequence[str | None]
EVERY_TEAM: Slugs = (None,)


@dataclass(frozen=True)
class Past:
    """Records out of the timeline, newest first, and what to know of them."""

    records: list[TimelineRecord]
    notes: list[str]


async def past(
    api: TeamOClock, kind: Literal["standup", "retro"], slugs: Slugs, first: datetime, last: datetime | None = None
) -> Past:
    """The stand-ups or retros of some teams (None: of all) from one moment to another, with all that is in them."""
    what = {"standup": "stand-ups", "retro": "retros"}[kind]
    found = await each(lambda slug: list_timeline(api, slug, last, first, kind), slugs)
    entries = sorted((row for page in found.items for row in page.items), key=lambda row: row.date or "", reverse=True)
    ids = [row.id for row in entries if row.id]
    read = await each(partial(get_timeline_record, api), ids[:MOST_RECORDS])
    notes = [*found.lacking("teams' timelines"), *read.lacking(what)]
    if len(ids) > MOST_RECORDS or any(page.next for page in found.items):
        notes.append(f"Only the newest {len(read.items)} {what} of the period were read")
    return Past(read.items, notes)


async def promised_in(api: TeamOClock, slugs: Slugs, first: datetime) -> Past:
    """The retros since a moment, which action items come from; without any where they cannot be read."""
    try:
        return await past(api, "retro", slugs, first)
    except VendorError as error:
        return Past([], [f"Without retros, so nothing has an age: {str(error).rstrip('.')}"])


@dataclass(frozen=True)
class Talks:
    """The stand-ups of a period, and what to know of them."""

    days: list[Day]
    notes: list[str]


async def stand_ups(api: TeamOClock, slugs: Slugs, first: datetime, last: datetime) -> Talks:
    """The stand-ups of some teams in a period, those that still run among them."""
    found, notes = await parts(
        {"past stand-ups": partial(_over, api, slugs, first, last), "running stand-ups": partial(_running, api, slugs)}
    )
    days = [day for talks in found for day in talks.days if first <= day.at <= last]
    return Talks(days, [*notes, *(note for talks in found for note in talks.notes)])


async def _over(api: TeamOClock, slugs: Slugs, first: datetime, last: datetime) -> Talks:
    read = await past(api, "standup", slugs, first, last)
    return _dated(map(day_of, read.records), read.notes)


async def _running(api: TeamOClock, slugs: Slugs) -> Talks:
    pages = await each(partial(list_standups, api), slugs)
    read = await each(partial(get_standup, api), [row.id for page in pages.items for row in page.items if row.id])
    return _dated(map(day_of_running, read.items), read.lacking("running stand-ups"))


def _dated(days: Iterable[Day | None], notes: Iterable[str]) -> Talks:
    found = list(days)
    undated = [f"{found.count(None)} stand-ups have no date that can be read"] if None in found else []
    return Talks([day for day in found if day], [*notes, *undated])


async def running_retros(api: TeamOClock, slugs: Slugs) -> Read[Retro]:
    """The retros of some teams that run now."""
    pages = await each(partial(list_retros, api), slugs)
    ids = [row.id for page in pages.items for row in page.items if row.id]
    return await each(partial(get_retro, api), ids)


async def open_items(api: TeamOClock, slugs: Slugs) -> list[ActionItem]:
    """The open action items of some teams."""
    read = await each(lambda slug: every(list_action_items, api, team=slug, status="open"), slugs)
    return [item for items in read.items for item in items if not item.resolved]


async def usernames(api: TeamOClock, slugs: Sequence[str]) -> list[str]:
    """Who is in some teams."""
    read = await each(partial(list_team_members, api), slugs)
    return [member.username for page in read.items for member in page.items if member.username]
