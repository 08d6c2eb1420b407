"""What each vendor has that needs somebody now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import partial
from itertools import takewhile
from typing import Any, Literal

from pydantic import BaseModel

from tools.buddy.api import Buddy
from tools.buddy.executions import get_execution, list_executions
from tools.buddy.pipeline_models import ExecutionRow
from tools.insights.actions import LOOK_BACK
from tools.insights.ages import age, span
from tools.insights.blockers import Trouble, blockers, troubles
from tools.insights.incidents import is_of, searched, started, team_of, titled
from tools.insights.pipelines import Pipeline, began, change, pipelines, who
from tools.insights.promises import Promise, promises
from tools.insights.rituals import EVERY_TEAM, Slugs, open_items, promised_in, stand_ups
from tools.insights.teams import Place
from tools.insights.together import both, each, parts
from tools.linearb.api import LinearB
from tools.linearb.arguments import TimeRange
from tools.linearb.measurements import get_measurements
from tools.linearb.models import Incident
from tools.teamoclock.api import TeamOClock

Kind = Literal[
    "incident", "failed pipeline", "waiting pipeline", "blocker", "overdue", "stale", "not reviewed", "vendor"
]
LONG_RUN = timedelta(hours=2)
AWAY = ("SUCCESSFUL", "INITIAL", "SKIPPED", "TERMINATED", "NOT_EXECUTED")
"""The statuses of a pipeline that needs nobody."""
LATEST = 20
LATE = ("overdue", "stale")
RECENT = timedelta(days=5)
"""A blocker that nobody has named for longer, a long weekend, may well be over."""
UNREVIEWED = "pr.merged.without.review.count"


class Item(BaseModel):
    """Something that needs somebody; `where` is its project or team."""

    kind: Kind
    what: str
    where: str | None = None
    age: str | None = None
    who: str | None = None
    link: str | None = None


@dataclass(frozen=True)
class Scope:
    """Since when and until when it is looked at, and the days' zone."""

    since: datetime
    now: datetime
    zone: tzinfo


@dataclass(frozen=True)
class Found:
    """What one vendor has that needs somebody, and what to know of it."""

    items: list[Item]
    notes: tuple[str, ...] = ()


async def at_linearb(api: LinearB, place: Place | None, scope: Scope) -> Found:
    """Open incidents, and how many pull requests were merged without a review."""
    found, notes = await parts(
        {
            "open incidents": partial(_incidents, api, place, scope),
            "pull requests merged without a review": partial(_unreviewed, api, place, scope),
        }
    )
    return Found([item for items in found for item in items], tuple(notes))


async def _incidents(api: LinearB, place: Place | None, scope: Scope) -> list[Item]:
    page = await searched(api, statuses=["open", "in-progress"])
    return [_incident(row, scope.now) for row in page.items if place is None or is_of(row, place)]


def _incident(row: Incident, now: datetime) -> Item:
    return Item(
        kind="incident",
        what=f"{titled(row)} ({row.status or 'open'})",
        where=team_of(row),
        age=age(started(row), now),
        link=row.http_url,
    )


async def _unreviewed(api: LinearB, place: Place | None, scope: Scope) -> list[Item]:
    period = TimeRange(after=scope.since, before=scope.now)
    by_team: dict[str, Any] = {"group_by": "team", "team_ids": list(place.ids)} if place else {}
    read = await get_measurements(api, requested_metrics=[UNREVIEWED], time_ranges=[period], **by_team)
    values = [value for row in read.items for name, value in row.items() if name.startswith(UNREVIEWED)]
    number = sum(value for value in values if isinstance(value, int | float) and not isinstance(value, bool))
    if not number:
        return []
    what = f"{number:g} pull requests merged without a review in {span(scope.now - scope.since)}"
    return [Item(kind="not reviewed", what=what)]


async def at_buddy(api: Buddy, place: Place | None, scope: Scope) -> Found:
    """Pipelines that failed last, and executions that wait for somebody or run for very long."""
    listed, notes = await pipelines(api, place.ids if place else None, place.workspace if place else None)
    moving = [one for one in listed if (one.row.last_execution_status or "") not in AWAY and not one.row.disabled]
    looked = await each(partial(_pipeline, api, scope), moving)
    return Found([item for items in looked.items for item in items], (*notes, *looked.lacking("pipelines")))


async def _pipeline(api: Buddy, scope: Scope, pipeline: Pipeline) -> list[Item]:
    page = await list_executions(api, *pipeline.where, per_page=LATEST, workspace=pipeline.workspace)
    items = [await _unfinished(api, scope, pipeline, row) for row in page.items if _is_unfinished(row)]
    return [*(item for item in items if item), *failing(pipeline, page.items, scope)]


def _is_unfinished(row: ExecutionRow) -> bool:
    status = row.status or ""
    return row.id is not None and (status in ("INPROGRESS", "ENQUEUED") or status.startswith("WAITING"))


async def _unfinished(api: Buddy, scope: Scope, pipeline: Pipeline, row: ExecutionRow) -> Item | None:
    """An execution that waits for somebody, or that has run for so long that somebody should look."""
    execution = await get_execution(api, *pipeline.where, str(row.id), workspace=pipeline.workspace)
    waits = next((run for run in execution.action_executions or [] if (run.status or "").startswith("WAITING")), None)
    status = (waits.status if waits else execution.status) or ""
    name = f"“{waits.action.name}” of " if waits and waits.action and waits.action.name else ""
    if status.startswith("WAITING"):
        what = (
            f"{name}#{row.id} ({pipeline.name}) waits{' for approval' if status.endswith('APPLY') else f': {status}'}"
        )
    elif scope.now - began(row) >= LONG_RUN:
        what = f"#{row.id} ({pipeline.name}) is still {status or 'unfinished'}"
    else:
        return None
    where = f"{pipeline.project}, pipeline {pipeline.id}"
    return Item(
        kind="waiting pipeline", what=what, where=where, age=age(began(row), scope.now), who=who(row), link=_link(row)
    )


def failing(pipeline: Pipeline, rows: Sequence[ExecutionRow], scope: Scope) -> list[Item]:
    """Where a pipeline failed last: on the branch that it ran on last, and on the default one.

    rows: its executions, newest first. An age counts from the first of the last failures in a row.
    """
    branches: dict[str | None, list[ExecutionRow]] = {}
    for row in rows:
        if row.status in ("SUCCESSFUL", "FAILED"):
            branches.setdefault(row.branch.name if row.branch else None, []).append(row)
    looked_at = [own for place, own in enumerate(branches.values()) if place == 0 or _is_default(own[0])]
    streaks = [list(takewhile(lambda row: row.status == "FAILED", own)) for own in looked_at]
    return [_failed(pipeline, own, scope) for own in streaks if own and began(own[0]) >= scope.since]


def _is_default(row: ExecutionRow) -> bool:
    return bool(row.branch and row.branch.default is True)


def _failed(pipeline: Pipeline, streak: Sequence[ExecutionRow], scope: Scope) -> Item:
    last = streak[0]
    branch = f" on {last.branch.name}" if last.branch and last.branch.name else ""
    about = f": {change(last)}" if change(last) else ""
    return Item(
        kind="failed pipeline",
        what=f"#{last.id} {pipeline.name}{branch}{about}",
        where=pipeline.project,
        age=age(began(streak[-1]), scope.now),
        who=who(last),
        link=_link(last),
    )


def _link(row: ExecutionRow) -> str | None:
    return row.html_url if isinstance(row.html_url, str) else None


async def at_teamoclock(api: TeamOClock, place: Place | None, scope: Scope) -> Found:
    """Blockers that are open, and action items that are overdue or stale."""
    slugs: Slugs = place.ids if place else EVERY_TEAM
    found, notes = await parts(
        {"stand-ups": partial(_blocked, api, slugs, scope), "action items": partial(_late, api, slugs, scope)}
    )
    return Found(
        [item for one in found for item in one.items], (*notes, *(note for one in found for note in one.notes))
    )


async def _blocked(api: TeamOClock, slugs: Slugs, scope: Scope) -> Found:
    talks = await stand_ups(api, slugs, scope.since, scope.now)
    recent = [one for one in blockers(talks.days) if one.open and scope.now - one.last <= RECENT]
    return Found([_blocker(one, scope) for one in troubles(recent)], tuple(talks.notes))


def _blocker(one: Trouble, scope: Scope) -> Item:
    people = ", ".join(dict.fromkeys(spell.who for spell in one.spells))
    return Item(kind="blocker", what=one.text, age=age(one.first, scope.now), who=people)


async def _late(api: TeamOClock, slugs: Slugs, scope: Scope) -> Found:
    items, retros = await both(partial(open_items, api, slugs), partial(promised_in, api, slugs, scope.now - LOOK_BACK))
    late = [(one, one.state(scope.now, scope.zone)) for one in promises(items, retros.records)]
    return Found([_promise(one, state, scope) for one, state in late if state in LATE], tuple(retros.notes))


def _promise(one: Promise, state: str, scope: Scope) -> Item:
    item = one.item
    return Item(
        kind="overdue" if state == "overdue" else "stale",
        what=f"{item.id}: {item.text}",
        where=item.team and (item.team.slug or item.team.name),
        age=age(one.decided, scope.now),
        link=item.links.jira if item.links else None,
    )
