"""The timeline: what past meetings left behind."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from server.declare import Completes, Done, Page, Preview, Refusal, Since, Until, covering, snapshot, utc
from tools.teamoclock import teamoclock
from tools.teamoclock.api import TeamOClock
from tools.teamoclock.arguments import Cursor, RecordId, TeamFilter
from tools.teamoclock.meetings import of_team
from tools.teamoclock.models import TimelineEntry, TimelineRecord
from tools.teamoclock.undo import asked_for, counted

timeline = teamoclock.toolset("timeline", "Past stand-ups, estimates and retrospectives.")

MOST_PAGES = 10
ENOUGH = 100

UpperBound = Annotated[Until, Field(description="Upper bound: lists from here back to older records (default now)")]
LowerBound = Annotated[Since, Field(description="Lower bound: the oldest that are wanted")]
Kind = Literal["standup", "planpoker", "retro"]
RecordOrLatest = Annotated[
    str,
    Field(description="Such as R33; latest: the newest of a team or type"),
    Completes("list_timeline", "id", newest=True, by=("team", "type"), kind="record"),
]


@timeline.read(resource="timeline")
async def list_timeline(
    api: TeamOClock,
    team: TeamFilter | None = None,
    since: UpperBound | None = None,
    back_to: LowerBound | None = None,
    type: Kind | None = None,
    cursor: Cursor | None = None,
) -> Page[TimelineEntry]:
    """Past stand-ups, estimated tasks and retrospectives, newest first, 100 a page or more.

    The vendor calls its upper bound `since`.
    """
    if since or back_to:
        api.notes.append(covering(back_to, since))
    query = {"filter[since]": utc(since), "filter[type]": type, "cursor": cursor}
    if team or back_to:
        page = await _search(api, query, team, back_to)
    else:
        page = await api.page("/timeline", query=query, items=TimelineEntry)
    if not page.items:
        api.note_filters({"team": team, "type": type})
    return page


async def _search(
    api: TeamOClock, query: dict[str, str | None], team: str | None, back_to: datetime | None
) -> Page[TimelineEntry]:
    """What the vendor has no filters for: pages are read up to the bound, or until there is enough to show."""
    found: list[TimelineEntry] = []
    for number in range(1, MOST_PAGES + 1):
        page = await api.page("/timeline", query=query, items=TimelineEntry)
        found += [entry for entry in page.items if _is_of(entry, team) and not _is_before(entry, back_to)]
        if page.next is None or any(_is_before(entry, back_to) for entry in page.items):
            return Page(items=found)
        if len(found) >= ENOUGH:
            return Page(items=found, next=page.next)
        query = {**query, **page.next}
        await api.report(number, message=f"{number} pages of the timeline read")
    api.notes.append(f"{MOST_PAGES} pages of the timeline were looked through, and it goes on")
    return Page(items=found, next=page.next)


def _is_of(entry: TimelineEntry, team: str | None) -> bool:
    return team is None or bool(entry.team and entry.team.slug == team)


def _is_before(entry: TimelineEntry, bound: datetime | None) -> bool:
    """Whether a record is older than the bound; one whose date cannot be read is not."""
    try:
        return bound is not None and datetime.fromisoformat(entry.date or "") < bound
    except (TypeError, ValueError):
        return False


@timeline.read(resource="timeline/{record_id}")
async def get_timeline_record(
    api: TeamOClock, record_id: RecordOrLatest, team: TeamFilter | None = None, type: Kind | None = None
) -> TimelineRecord:
    """One record in full: a stand-up's notes, a task's votes, or a retrospective's notes and action items."""
    record = await _record(api, record_id)
    asked = {"team": team, "type": type}
    found = {"team": record.team and record.team.slug, "type": record.type}
    if other := [f"{name} {found[name]}" for name, value in asked.items() if value and found[name] != value]:
        raise Refusal(f"Record {record_id} is of another: {', '.join(other)}. Leave out team and type, or say latest.")
    return record


async def _record(api: TeamOClock, record_id: str) -> TimelineRecord:
    return await api.get("/timeline/{}", record_id, returns=TimelineRecord)


async def _preview(api: TeamOClock, record_id: str) -> Preview:
    record = await _record(api, record_id)
    asked_for("record", record_id, record.came("id"))
    return Preview(
        what=f"Timeline record {record_id}: {_summary(record)}.",
        name=record_id,
        lost="the record with everything in it",
        before=snapshot(record),
    )


@timeline.destructive(_preview)
async def delete_timeline_record(api: TeamOClock, record_id: RecordId) -> Done:
    """Delete what a past meeting left in the timeline."""
    await api.delete("/timeline/{}", record_id)
    return Done(done=f"Timeline record {record_id} deleted.")


def _summary(record: TimelineRecord) -> str:
    """`retro “Acme retrospective” of team Acme, 2020-12-10: 9 notes, 2 action items`."""
    title = f" “{record.name or record.task}”" if record.name or record.task else ""
    when = f", {record.date[:10]}" if record.date else ""
    return f"{record.type or 'record'}{title}{of_team(record.team)}{when}: {_contents(record)}"


def _contents(record: TimelineRecord) -> str:
    if record.type == "planpoker":
        return counted(record.votes, "vote")
    if record.type == "retro":
        return f"{counted(record.notes, 'note')}, {counted(record.action_items, 'action item')}"
    return counted([*(record.sync_notes or []), *(record.async_notes or [])], "note")
