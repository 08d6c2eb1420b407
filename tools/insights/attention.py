"""What needs somebody now, at all vendors."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BaseModel, Field

from server.declare import Apis, Refusal, Since
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
    "incident": "linearb_get_incident(provider_id); once resolved linearb_update_incident(ended_at)",
    "waiting pipeline": "buddy_control_execution(operation=APPLY or CANCEL), which asks a person",
    "failed pipeline": "insights_get_release_activity(project) says why",
    "blocker": "insights_get_standup_digest(team)",
    "overdue": "teamoclock_update_action_item(action_item_id, resolved=true), or bring it to the next retro",
    "stale": "insights_get_action_item_followup(team) has all",
    "not reviewed": "linearb_get_measurements(pr.merged.without.review.count, group_by=contributor)",
}
KINDS: Mapping[str, tuple[Kind, ...]] = {
    "linearb": ("incident", "not reviewed"),
    "buddy": ("waiting pipeline", "failed pipeline"),
    "teamoclock": ("blocker", "overdue", "stale"),
}
Only = Annotated[str, Field(description="One kind, such as incident, failed pipeline, blocker")]
OF_ANY_AGE: tuple[Kind, ...] = ("incident", "waiting pipeline", "overdue", "stale")
BACK = timedelta(days=14)
MOST_ITEMS = 12
MOST_STALE = 3


class AttentionList(BaseModel):
    """What needs somebody, the most urgent first; `next` is the tool to call, by kind."""

    team: str
    since: str
    summary: str | None = None
    items: list[Item]
    more: str | None = None
    next: dict[str, str] | None = None


@attention.read(everyday=True)
async def get_attention_list(
    api: Apis, team: TeamName | None = None, since: Since | None = None, only: Only | None = None
) -> AttentionList:
    """What needs somebody now: open incidents, failed and waiting pipelines, blockers, late action items, merges.

    Each with age, who, link and the tool to call next; vendors that cannot be reached are listed too.
    """
    if only not in (None, *NEXT):
        raise Refusal(f"Nothing was sent: there is no kind {only!r}; there are {', '.join(NEXT)}.")
    now = api.clock.now()
    scope = Scope(since or now - BACK, now, known(api, team or "").zone)
    name, gathered = await _gathered(api, team, scope, only)
    found = list(gathered.answers.values())
    broken = [why for why in gathered.missing.values() if why.kind in ("failed", "late", "unreadable")]
    api.notes += [note for one in found for note in one.notes]
    api.notes += [why.words for why in gathered.missing.values() if why.kind == "off"]
    unreached = [Item(kind="vendor", what=why.words) for why in broken]
    items = [*unreached, *(item for one in found for item in one.items)]
    return listed(name, scope, [item for item in items if only in (None, item.kind) or item.kind == "vendor"], only)


async def _gathered(api: Apis, team: str | None, scope: Scope, only: str | None) -> tuple[str, Gathered[Found]]:
    asking: dict[str, Callable[[Any, Place | None, Scope], Awaitable[Found]]] = {
        "linearb": at_linearb,
        "buddy": at_buddy,
        "teamoclock": at_teamoclock,
    }
    at = {name: ask_one for name, ask_one in asking.items() if only in (None, "vendor", *KINDS[name])}
    if team is None:

        def anywhere(ask_one: Callable[[Any, Place | None, Scope], Awaitable[Found]]) -> Any:
            return lambda vendor: ask_one(vendor, None, scope)

        return "all teams", await ask_all(api, {name: anywhere(one) for name, one in at.items()})

    def here(ask_one: Callable[[Any, Place | None, Scope], Awaitable[Found]]) -> Any:
        return lambda vendor, place: ask_one(vendor, place, scope)

    found, gathered = await ask(api, team, {name: here(one) for name, one in at.items()})
    api.notes += found.notes
    return found.name, gathered


def listed(team: str, scope: Scope, items: Sequence[Item], only: str | None = None) -> AttentionList:
    """The items as an answer, the most urgent first; of one kind, where only that was asked for."""
    order = list(NEXT)
    ranked = sorted(items, key=lambda item: order.index(item.kind))
    stale = [item for item in ranked if item.kind == "stale"]
    left = stale[MOST_STALE:] if only is None else []
    shown = [item for item in ranked if item not in left][:MOST_ITEMS]
    counts = Counter(item.kind for item in ranked)
    rest = counts - Counter(item.kind for item in shown)
    since = day(scope.since, scope.zone)
    nothing = f"no {only}" if only else "nothing needs anybody"
    summary = _counted(counts) if rest else None if shown else f"{nothing}, as far as the vendors that answered tell"
    return AttentionList(
        team=team,
        since="any age"
        if only in OF_ANY_AGE
        else f"{since}; open incidents, waiting pipelines and action items of any age",
        summary=summary,
        items=shown,
        more=_counted(rest) or None,
        next={kind: NEXT[kind] for kind in order if counts[kind]} or None,
    )


def _counted(kinds: Counter[Kind]) -> str:
    return ", ".join(f"{number} × {kind}" for kind, number in kinds.items())
