"""Listing what was changed through Drumbeat, and taking a change back."""

import json
from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Annotated, Any

import anyio
from pydantic import BaseModel, Field

from server.builtin import Desk, drumbeat, plain
from server.changes.journal import Entry, Record
from server.changes.undo import WayBack
from server.clean import structure
from server.errors import JournalError, Refusal, VendorError
from server.models import Done, JsonObject, Page
from server.request import LOCAL
from server.selection import unknown
from server.spec import Completes, Preview
from server.times import Since, Until, covering

POSSIBLE, UNDONE, NOTHING = "possible", "undone", "-"
MOST_CHANGES = 1_000_000
"""More than a journal of any size has."""

changes = drumbeat.toolset("changes", "What was changed through Drumbeat, and how to take it back.")


class ChangeRow(BaseModel):
    """One change. `outcome` is done, failed, refused, unknown (it may have happened) or unfinished.

    Unfinished is a change that is under way, or that a crash interrupted. `undo` is possible, no, undone, or a dash
    where there is nothing to undo: nothing was changed, or it was an undo itself.
    """

    change_id: str
    time: str
    tool: str
    arguments: str
    outcome: str
    undo: str


@changes.read(everyday=True)
async def list_changes(
    desk: Desk,
    vendor: str | None = None,
    tool: str | None = None,
    since: Since | None = None,
    until: Until | None = None,
    offset: Annotated[int, Field(ge=0)] = 0,
    limit: Annotated[int, Field(ge=1, le=200)] = 20,
) -> Page[ChangeRow]:
    """Changes made through Drumbeat, newest first, with the change_id that drumbeat_undo_change takes."""
    vendor = vendor and plain(vendor)

    def wanted(record: Record) -> bool:
        made = datetime.fromisoformat(record.time)
        within = (since is None or made >= since) and (until is None or made <= until)
        return within and vendor in (None, record.vendor) and tool in (None, record.tool)

    rows, total = await desk.calls.changes.read(partial(_rows, desk, wanted, offset, limit))
    if not total:  # what was changed at a vendor that is off by now is still there to be seen
        desk.refuse_unknown(vendor)
        if tool and tool not in desk.calls.permitted:
            raise Refusal(unknown(tool, desk.calls.permitted.values()))
    if unreadable := desk.calls.changes.journal.unreadable:
        desk.notes.append(f"{unreadable} lines of the journal could not be read")
    if since or until:
        desk.notes.append(covering(since, until))
    if UNDO not in desk.calls.permitted and any(row.undo == POSSIBLE for row in rows):
        desk.notes.append(f"{UNDO} is not available here; it needs DRUMBEAT_ACCESS destructive")
    return Page(items=rows, total=total, next={"offset": offset + limit} if total > offset + limit else None)


def _rows(desk: Desk, wanted: Callable[[Record], bool], offset: int, limit: int) -> tuple[list[ChangeRow], int]:
    """So many of the wanted changes, newest first, and how many these are."""
    newest, total, undone = deque[Entry](maxlen=min(offset + limit, MOST_CHANGES)), 0, set[str]()
    for entry in _entries(desk):
        undone |= _undone(entry)
        if wanted(entry.record):
            newest.append(entry)
            total += 1
    shown = list(newest)[: min(limit, total - offset)] if total > offset else []
    return [_row(desk, entry.whole(), undone) for entry in reversed(shown)], total


ChangeId = Annotated[
    str,
    Field(description="Or latest"),
    Completes(
        "list_changes", "change_id", newest=True, among=("undo", POSSIBLE), past=(UNDONE, NOTHING), kind="change"
    ),
]


async def _preview_undo(desk: Desk, change_id: str) -> Preview:
    return await (await _way_back(desk, change_id)).preview()


class Undone(BaseModel):
    """What was taken back; `now` is the object as it is now, with its new id where it has one."""

    done: str
    now: JsonObject | None = None


@changes.destructive(_preview_undo, everyday=True)
async def undo_change(desk: Desk, change_id: ChangeId) -> Undone:
    """Take back a change that Drumbeat itself made, as far as the vendor allows, after the user has agreed."""
    if desk.request.dry_run:
        return await _undone_by(desk, await _way_back(desk, change_id))
    await _claim(desk, change_id)
    try:
        # Looked up again, since somebody may have taken it back between the preview and the claim.
        return await _undone_by(desk, await _way_back(desk, change_id))
    except (Refusal, VendorError) as error:
        if not getattr(error, "acted", False):
            await anyio.to_thread.run_sync(desk.calls.changes.journal.release, change_id)
        raise


async def _undone_by(desk: Desk, way_back: WayBack) -> Undone:
    result = await way_back.run()
    desk.notes.extend(way_back.api.notes)
    if isinstance(result, Done):
        return Undone(done=result.done)
    return Undone(done=f"Undone: {way_back.record.preview or way_back.record.tool}", now=structure(result))


UNDO = f"{drumbeat.name}_{undo_change.__name__}"


async def _claim(desk: Desk, change_id: str) -> None:
    """Keep every other server on this journal from taking the same change back until the outcome is journaled."""
    try:
        claimed = await anyio.to_thread.run_sync(desk.calls.changes.journal.claim, change_id)
    except JournalError as error:
        raise Refusal(f"Nothing was changed: the journal cannot record it ({error}).") from error
    if not claimed:
        raise Refusal("Nothing was changed: that change is being taken back just now.")


def _found(desk: Desk, change_id: str) -> tuple[Record | None, bool]:
    """A change, and whether it was taken back already."""
    record, undone = None, set[str]()
    for entry in _entries(desk):
        undone |= _undone(entry)
        if entry.record.change_id == change_id:
            record = entry.whole()
    return record, change_id in undone


def _entries(desk: Desk) -> Iterator[Entry]:
    """The changes that whoever asks may see and take back: their own; all, for who runs this server."""
    principal = desk.request.caller.principal
    for entry in desk.calls.changes.journal.entries():
        if principal in (LOCAL, entry.record.caller):
            yield entry


async def _way_back(desk: Desk, change_id: str) -> WayBack:
    """The way back from a change. Raises Refusal that says why where there is none."""
    try:
        record, undone = await desk.calls.changes.read(partial(_found, desk, change_id))
    except JournalError as error:
        raise Refusal(f"Nothing was changed: the journal cannot be read ({error}).") from error
    if record is None:
        raise Refusal(f"There is no change {change_id!r} in the journal; drumbeat_list_changes shows which there are.")
    entry = desk.calls.permitted.get(record.tool)
    if entry is None:
        raise Refusal(f"{record.tool} is not available on this server now, so its change cannot be taken back here.")
    if desk.calls.place(entry) != record.place:
        raise Refusal(f"That change was made at {record.place}, which is not where this server works now.")
    if record.outcome != "done":
        raise Refusal(f"That change is {record.outcome or 'unfinished'}, so there is nothing certain to take back.")
    if record.cut:
        raise Refusal("The journal does not have all of that change, so it cannot be taken back.")
    if undone:
        raise Refusal("That change was taken back already.")
    if entry.declaration.undo is None:
        raise Refusal(f"{entry.title} cannot be undone: the vendor has no way back.")
    return WayBack(record, entry.declaration, desk.calls.api(entry, desk.request))


def _undone(entry: Entry) -> set[str]:
    """The change that an entry says was taken back."""
    undo = entry.record.tool == UNDO and entry.record.outcome == "done"
    return {str(entry.whole().arguments.get("change_id"))} if undo else set()


def _row(desk: Desk, record: Record, undone: set[str]) -> ChangeRow:
    if record.change_id in undone:
        undo = UNDONE
    elif record.tool == UNDO or record.outcome in ("failed", "refused"):
        undo = NOTHING
    elif record.outcome != "done" or record.cut:
        undo = "no"
    else:
        entry = desk.calls.permitted.get(record.tool)
        undo = POSSIBLE if entry and entry.declaration.undo else "no"
    return ChangeRow(
        change_id=record.change_id,
        time=record.time,
        tool=record.tool,
        arguments=", ".join(f"{name}={_said(value)}" for name, value in record.arguments.items()),
        outcome=record.outcome or "unfinished",
        undo=undo,
    )


def _said(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
