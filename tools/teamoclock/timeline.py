"""The timeline: what past meetings left behind."""

from typing import Annotated, Literal

from pydantic import Field

from server.declare import Done, Moment, Page, Preview, snapshot, utc
from tools.teamoclock import teamoclock
from tools.teamoclock.api import TeamOClock
from tools.teamoclock.changes import counted
from tools.teamoclock.meetings import of_team
from tools.teamoclock.models import Cursor, RecordId, TimelineEntry, TimelineRecord

timeline = teamoclock.toolset("timeline", "Past stand-ups, estimates and retrospectives.")

Since = Annotated[
    Moment | None,
    Field(description="In effect an upper bound: lists from here back to older records (default now). ISO 8601, UTC"),
]


@timeline.read(resource="timeline")
async def list_timeline(
    api: TeamOClock,
    since: Since = None,
    type: Literal["standup", "planpoker", "retro"] | None = None,
    cursor: Cursor | None = None,
) -> Page[TimelineEntry]:
    """Past stand-ups, estimated tasks and retrospectives of all teams, newest first, 100 a page."""
    query = {"filter[since]": utc(since), "filter[type]": type, "cursor": cursor}
    return await api.page("/timeline", query=query, items=TimelineEntry)


@timeline.read(resource="timeline/{record_id}")
async def get_timeline_record(api: TeamOClock, record_id: RecordId) -> TimelineRecord:
    """One record in full: a stand-up's notes, a task's votes, or a retrospective's notes and action items."""
    return await api.get("/timeline/{}", record_id, returns=TimelineRecord)


async def _preview(api: TeamOClock, record_id: str) -> Preview:
    record = await get_timeline_record(api, record_id)
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
