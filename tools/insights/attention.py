"""What needs somebody now, at all vendors."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from pydantic import BaseModel

from server.declare import Apis, Since
from tools.insights import insights
from tools.insights.ages import day
from tools.insights.gather import Gathered, ask_all
from tools.insights.needs import Found, Item, Kind, Scope, at_buddy, at_linearb, at_teamoclock
from tools.insights.teams import Place, ask, known
from tools.insights.who import TeamName

attention = insights.toolset("attention", "What needs somebody now.")

# In the order in which a person should look at them.
NEXT: Mapping[Kind, str] = {
    "vendor": "drumbeat_check_connections",
    "incident": "linearb_get_incident(provider_id), then linearb_update_incident(ended_at) once it is resolved",
    "waiting pipeline": "buddy_control_execution(operation=APPLY, or CANCEL), which asks a person",
    "failed pipeline": "insights_get_release_activity(project) tells regression, flaky or environment",
    "blocker": "ask who can clear it; insights_get_standup_digest(team) has how it went on",
    "overdue": "teamoclock_update_action_item(action_item_id, resolved=true), or bring it to the next retro",
    "stale": "insights_get_action_item_followup(team) has all of them",
    "not reviewed": "linearb_get_measurements(pr.merged.without.review.count, group_by=contributor)",
}
BACK = timedelta(days=14)
MOST_ITEMS = 12
MOST_STALE = 3


class AttentionList(BaseModel):
    """What needs somebody, the most urgent first; `next` is the tool to call, by kind."""

    team: str
    since: str
    summary: str
    items: list[Item]
    more: str | None = None
    next: dict[str, str] | None = None


@attention.read(everyday=True)
async def get_attention_list(api: Apis, team: TeamName | None = None, since: Since | None = None) -> AttentionList:
    """What needs somebody now: open incidents, failed and waiting pipelines, blockers, late action items, merges.

    Each with age, who, link and the tool to call next; vendors that cannot be reached are listed too.
    """
    now = api.clock.now()
    scope = Scope(since or now - BACK, now, known(api, team or "").zone)
    name, gathered = await _gathered(api, team, scope)
    found = list(gathered.answers.values())
    broken = [why for why in gathered.missing.values() if why.kind in ("failed", "late", "unreadable")]
    api.notes += [note for one in found for note in one.notes]
    api.notes += [why.words for why in gathered.missing.values() if why.kind == "off"]
    unreached = [Item(kind="vendor", what=why.words) for why in broken]
    items = [*unreached, *(item for one in found for item in one.items)]
    return listed(name, scope, items)


async def _gathered(api: Apis, team: str | None, scope: Scope) -> tuple[str, Gathered[Found]]:
    at: dict[str, Callable[[Any, Place | None, Scope], Awaitable[Found]]] = {
        "linearb": at_linearb,
        "buddy": at_buddy,
        "teamoclock": at_teamoclock,
    }
    if team is None:

        def anywhere(ask_one: Callable[[Any, Place | None, Scope], Awaitable[Found]]) -> Any:
            return lambda vendor: ask_one(vendor, None, scope)

        return "all teams", await ask_all(api, {name: anywhere(one) for name, one in at.items()})

    def here(ask_one: Callable[[Any, Place | None, Scope], Awaitable[Found]]) -> Any:
        return lambda vendor, place: ask_one(vendor, place, scope)

    found, gathered = await ask(api, team, {name: here(one) for name, one in at.items()})
    api.notes += found.notes
    return found.name, gathered


def listed(team: str, scope: Scope, items: Sequence[Item]) -> AttentionList:
    """The items as an answer, the most urgent first."""
    order = list(NEXT)
    ranked = sorted(items, key=lambda item: order.index(item.kind))
    stale = [item for item in ranked if item.kind == "stale"]
    shown = [item for item in ranked if item not in stale[MOST_STALE:]][:MOST_ITEMS]
    counts = Counter(item.kind for item in ranked)
    rest = counts - Counter(item.kind for item in shown)
    return AttentionList(
        team=team,
        since=f"{day(scope.since, scope.zone)}; open incidents, waiting pipelines and action items of any age",
        summary=_counted(counts) or "nothing needs anybody, as far as the vendors that answered tell",
        items=shown,
        more=_counted(rest) or None,
        next={kind: NEXT[kind] for kind in order if counts[kind]} or None,
    )


def _counted(kinds: Counter[Kind]) -> str:
    return ", ".join(f"{number} × {kind}" for kind, number in kinds.items())
<<<<<<< HEAD
=======


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
    page = await search_incidents(api, statuses=["open", "in-progress"], limit=MOST_INCIDENTS, fields=["all"])
    return [_incident(row, scope.now) for row in page.items if place is None or is_of(row, place)]


def _incident(row: Incident, now: datetime) -> Item:
    return Item(
        kind="incident",
        what=f"{titled(row)} ({row.status or 'open'})",
        where=team_of(row),
        age=age(started(row), now),
        who="not told",
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
    return [item for item in [*items, _failing(pipeline, page.items, scope)] if item]


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


def _failing(pipeline: Pipeline, rows: Sequence[ExecutionRow], scope: Scope) -> Item | None:
    """A pipeline whose last finished execution failed, from the first of these failures in a row on."""
    finished = [row for row in rows if row.status in ("SUCCESSFUL", "FAILED")]
    if not finished or finished[0].status != "FAILED" or began(finished[0]) < scope.since:
        return None
    last, first = finished[0], finished[0]
    for row in finished:
        if row.status != "FAILED":
            break
        first = row
    branch = f" on {last.branch.name}" if last.branch and last.branch.name else ""
    about = f": {change(last)}" if change(last) else ""
    return Item(
        kind="failed pipeline",
        what=f"#{last.id} {pipeline.name}{branch}{about}",
        where=pipeline.project,
        age=age(began(first), scope.now),
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
>>>>>>> answers
