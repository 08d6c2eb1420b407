"""What became of what teams agreed to do."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from functools import partial

from pydantic import BaseModel

from server.declare import Apis
from tools.insights import insights
from tools.insights.ages import age
from tools.insights.gather import ask_all
from tools.insights.promises import STALE, Promise, promises
from tools.insights.rituals import EVERY_TEAM, Slugs, open_items, promised_in
from tools.insights.teams import ask
from tools.insights.together import both
from tools.insights.who import TeamName
from tools.teamoclock.api import TeamOClock

actions = insights.toolset("actions", "What became of what teams agreed to do.")

LOOK_BACK = timedelta(weeks=26)
MOST_SHOWN = 12
NEXT = "Done: teamoclock_update_action_item(action_item_id, resolved=true). Not wanted: teamoclock_delete_action_item"
DERIVED = (
    f"Age: since the first retro of the last {LOOK_BACK.days // 7} weeks that lists an item (undated: none does); "
    f"stale: {STALE.days} days or more"
)


class OpenItem(BaseModel):
    """An action item that is open; `age` counts from the retro that it comes from."""

    id: str | None
    text: str | None
    team: str | None = None
    age: str | None = None
    state: str
    retro: str | None = None
    due: str | None = None
    link: str | None = None


class TeamCount(BaseModel):
    """How many items a team has open."""

    team: str
    open: int
    overdue: int
    stale: int
    oldest: str | None = None


class FollowUp(BaseModel):
    """Open action items, oldest first."""

    team: str
    open: str
    teams: list[TeamCount] | None = None
    items: list[OpenItem]
    next: str


@actions.read(everyday=True)
async def get_action_item_followup(api: Apis, team: TeamName | None = None) -> FollowUp:
    """Open action items of a team or of all, overdue and oldest first: promised in which retro, how old, with links."""
    now = api.clock.now()

    async def read(vendor: TeamOClock, slugs: Slugs) -> tuple[list[Promise], list[str]]:
        items, retros = await both(
            partial(open_items, vendor, slugs), partial(promised_in, vendor, slugs, now - LOOK_BACK)
        )
        return promises(items, retros.records), retros.notes

    if team is None:
        gathered = await ask_all(api, {"teamoclock": lambda vendor: read(vendor, EVERY_TEAM)})
        name, zone = "all teams", api.clock.zone
    else:
        found, gathered = await ask(api, team, {"teamoclock": lambda vendor, place: read(vendor, place.ids)})
        name, zone = found.name, found.zone
        api.notes += found.notes
    items, notes = gathered.answers["teamoclock"]
    api.notes += [*notes, f"{DERIVED}; due: what the text says" if any(one.due for one in items) else DERIVED]
    return followup(name, items, now, zone, by_team=team is None)


def followup(name: str, items: Sequence[Promise], now: datetime, zone: tzinfo, *, by_team: bool) -> FollowUp:
    """The open items as an answer; what is late stands first."""
    late = sorted(items, key=lambda one: one.state(now, zone) != "overdue")
    counts = Counter(one.state(now, zone) for one in items)
    states = ", ".join(f"{counts[state]} {state}" for state in ("overdue", "stale", "new", "undated") if counts[state])
    shown = f"; the first {MOST_SHOWN} shown" if len(items) > MOST_SHOWN else ""
    return FollowUp(
        team=name,
        open=f"{len(items)} ({states}){shown}" if items else "none is open",
        teams=_by_team(items, now, zone) if by_team and items else None,
        items=[_row(one, now, zone, by_team) for one in late[:MOST_SHOWN]],
        next=NEXT if items else "Nothing to do. New ones: teamoclock_create_action_item",
    )


def _row(one: Promise, now: datetime, zone: tzinfo, by_team: bool) -> OpenItem:
    item = one.item
    return OpenItem(
        id=item.id,
        text=item.text,
        team=_team(one) if by_team else None,
        age=age(one.decided, now),
        state=one.state(now, zone),
        retro=one.retro,
        due=one.due.isoformat() if one.due else None,
        link=item.links.jira if item.links else None,
    )


def _team(one: Promise) -> str:
    team = one.item.team
    return (team and (team.slug or team.name)) or "no team"


def _by_team(items: Sequence[Promise], now: datetime, zone: tzinfo) -> list[TeamCount]:
    """One row a team, who has the most open first."""
    rows = []
    for name in dict.fromkeys(map(_team, items)):
        own = [one for one in items if _team(one) == name]
        states = Counter(one.state(now, zone) for one in own)
        oldest = max((one.decided for one in own if one.decided), key=lambda at: now - at, default=None)
        rows.append(
            TeamCount(
                team=name, open=len(own), overdue=states["overdue"], stale=states["stale"], oldest=age(oldest, now)
            )
        )
    return sorted(rows, key=lambda row: -row.open)
