"""A team's stand-ups, retros and action items, as Team O'clock has them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Literal

from tools.insights.blockers import Day, day_of, day_of_running
from tools.insights.teams import every
from tools.insights.together import Read, each
from tools.teamoclock.action_items import list_action_items
from tools.teamoclock.api import TeamOClock
from tools.teamoclock.models import ActionItem, Retro, Standup, TimelineRecord
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


async def stand_ups(api: TeamOClock, slugs: Slugs, first: datetime, last: datetime) -> tuple[list[Day], list[str]]:
    """The stand-ups of some teams in a period, those that still run among them, and what to know of them."""
    over = await past(api, "standup", slugs, first, last)
    running = await _running(api, slugs)
    days = [*map(day_of, over.records), *map(day_of_running, running.items)]
    dated = [day for day in days if day and first <= day.at <= last]
    undated = [f"{days.count(None)} stand-ups have no date that can be read"] if None in days else []
    return dated, [*over.notes, *undated, *running.lacking("running stand-ups")]


async def _running(api: TeamOClock, slugs: Slugs) -> Read[Standup]:
    pages = await each(partial(list_standups, api), slugs)
    ids = [row.id for page in pages.items for row in page.items if row.id]
    return await each(partial(get_standup, api), ids)


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
