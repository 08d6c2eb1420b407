"""What a facilitator needs for a retro, on one page."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from server.declare import Apis
from tools.insights import insights
from tools.insights.ages import day, moment
from tools.insights.ages import span as lasting
from tools.insights.blockers import Trouble
from tools.insights.briefing import Material, collectors, together
from tools.insights.definitions import DORA_YEAR
from tools.insights.gather import Gathered
from tools.insights.incidents import lasted, started
from tools.insights.measures import Measure, common, worded
from tools.insights.periods import Span
from tools.insights.pipelines import Pipeline
from tools.insights.recent import SPRINT_DAYS, LatestPeriod, latest
from tools.insights.sources import Asked
from tools.insights.teams import Team, ask, known
from tools.insights.vendors import TITLES
from tools.insights.who import TeamName
from tools.linearb.models import Incident
from tools.teamoclock.models import ActionItem, Column, Note, Retro

retros = insights.toolset("retros", "What a facilitator needs for a retro.")

START = (
    "On agreement: teamoclock_create_retro(team), which begins at once; then teamoclock_create_action_item. "
    "Why a pipeline failed: insights_get_release_activity"
)
MOST_MOVED = 6
MOST_INCIDENTS = 5
MOST_NOTES = 3
MOVED = 0.2
"""Where no usual is known, a number moved that differs by a fifth from the period before."""
WELL = re.compile(r"\b(well|good|glad|liked?|keep|happy|proud|positive|start|win|wins)\b", re.IGNORECASE)


class Promised(BaseModel):
    """An action item of the last retro; `state` is what became of it."""

    id: str | None
    text: str | None
    state: str
    link: str | None = None


class Recurring(BaseModel):
    """Something that blocked several people, or one of them again."""

    blocker: str
    answers: int
    who: str
    state: str


class FailedPipeline(BaseModel):
    """A pipeline that failed in the period."""

    pipeline: str
    failed: str
    latest: str


class PastIncident(BaseModel):
    """An incident that was reported in the period."""

    id: str | None
    incident: str
    began: str | None
    lasted: str
    link: str | None = None


class Said(BaseModel):
    """A note of a retro, in its author's words."""

    note: str
    votes: int


class RetroBrief(BaseModel):
    """What happened in a period that is worth talking about; `notes_of` says which retro the notes are from."""

    team: str
    period: str
    moved: list[dict[str, str]]
    against: str
    better: str | None = None
    last_retro: str
    action_items: list[Promised]
    recurring_blockers: list[Recurring]
    failed_pipelines: list[FailedPipeline]
    incidents: list[PastIncident]
    notes_of: str | None = None
    went_well: list[Said]
    to_talk_about: list[Said]
    nothing_of: str | None = None
    next: str


@retros.read(everyday=True)
async def get_retro_brief(api: Apis, team: TeamName, period: LatestPeriod | None = None) -> RetroBrief:
    """One page for a retro: numbers that moved, the last retro's action items, blockers, failures, what went well.

    Without a period it is about the last 14 days and today.
    """
    span = latest(known(api, team), period, api.clock, SPRINT_DAYS)
    found, gathered = await prepared(api, team, span)
    whole = together(list(gathered.answers.values()))
    api.notes += [*found.notes, *gathered.notes, *whole.notes]
    return brief(found.name, span, whole)


async def prepared(api: Apis, team: str, span: Span) -> tuple[Team, Gathered[Material]]:
    """What each vendor brings to a retro about some days."""
    return await ask(api, team, collectors(Asked(known(api, team).name, span)))


def brief(team: str, span: Span, found: Material) -> RetroBrief:
    """The page; what there is nothing of, and what nobody could say, is in one line."""
    moved = [one for one in found.measures or () if has_moved(one)]
    happened = sorted(found.incidents or (), key=lambda row: row.issued_at or "", reverse=True)
    columns, notes, notes_of = _written(found, span)
    page: dict[str, list[Any]] = {
        "moved": _rows(moved)[:MOST_MOVED],
        "recurring_blockers": [_recurring(one) for one in found.troubles or () if one.recurs or one.times > 1],
        "failed_pipelines": [one for one in (_failed(pipeline, span) for pipeline in found.pipelines or ()) if one],
        "incidents": [_incident(row, span) for row in happened[:MOST_INCIDENTS]],
        "went_well": _notes(columns, notes, well=True),
        "to_talk_about": _notes(columns, notes, well=False),
    }
    older = len(happened) - MOST_INCIDENTS
    lacking = [f"{older} older incidents are not shown"] * (older > 0) + _nothing_of(page, _unread(found))
    return RetroBrief(
        team=team,
        period=str(span),
        against=f"before, usual: as many days before; level: DORA {DORA_YEAR}",
        better=named([one for one in moved if one.better]) or None,
        last_retro=_last(found, span),
        action_items=_promised(found),
        notes_of=notes_of,
        nothing_of="; ".join(lacking) or None,
        next=_next([one for one in found.running if _running(one) not in (notes_of or "")]) if found.running else START,
        **page,
    )


def _unread(found: Material) -> set[str]:
    """The parts of the page of which nobody could say anything."""
    sources = {
        "moved": found.measures,
        "recurring_blockers": found.troubles,
        "failed_pipelines": found.pipelines,
        "incidents": found.incidents,
    }
    unread = {part for part, source in sources.items() if source is None}
    return unread | ({"went_well", "to_talk_about"} if found.running is None and found.last is None else set())


def _nothing_of(page: Mapping[str, list[Any]], unread: Collection[str]) -> list[str]:
    """What the page has none of, apart from what is not known."""
    empty = [part for part, rows in page.items() if not rows]
    kinds = {
        "none": [part for part in empty if part not in unread],
        "not known": [part for part in empty if part in unread],
    }
    return [f"{kind}: {', '.join(parts).replace('_', ' ')}" for kind, parts in kinds.items() if parts]


def has_moved(one: Measure) -> bool:
    """Whether a number is worth talking about: it is not within its usual; where that is not known, far from before."""
    if one.value is None or one.too_little:
        return False
    if one.usual is not None:
        return one.against_usual != "within usual"
    return bool(one.before) and abs(one.value - (one.before or 0)) >= MOVED * abs(one.before or 0)


def _rows(moved: Sequence[Measure]) -> list[dict[str, str]]:
    """One row a metric, what became worse first: the first vendor's number in full, the others' beside it."""
    by_metric = common(sorted(moved, key=lambda one: (one.better is not False, not one.unusual)))
    rows = []
    for first, *others in by_metric.values():
        beside = ", ".join(f"{TITLES[one.vendor]} {worded(one.value, one.unit)}" for one in others)
        rows.append({**first.shown(), "others": beside})
    return rows


def named(measures: Sequence[Measure]) -> str:
    """Metrics by name, each with the vendors whose numbers are meant."""
    said = [
        f"{metric.replace('_', ' ')} ({', '.join(dict.fromkeys(TITLES[one.vendor] for one in own))})"
        for metric, own in common(measures).items()
    ]
    return ", ".join(said)


def _last(found: Material, span: Span) -> str:
    retro = found.last
    if retro is None:
        return "none that could be found"
    items = retro.action_items or []
    when = day(moment(retro.date), span.zone) or "a day that is not told"
    known = "; which are open is not known" if items and found.open_ids is None else ""
    return f"{when} ({retro.id}): {len(items) or 'no'} action item{'s' * (len(items) != 1)}{known}"


def _promised(found: Material) -> list[Promised]:
    """The last retro's action items, the open ones first."""
    items = (found.last.action_items if found.last else None) or []
    return sorted((_item(item, found.open_ids) for item in items), key=lambda one: one.state == "done")


def _item(item: ActionItem, open_ids: frozenset[str] | None) -> Promised:
    state = "not known" if open_ids is None else "open" if item.id in open_ids else "done"
    link = item.links.jira if item.links and state != "done" else None
    return Promised(id=item.id, text=item.text, state=state, link=link)


def _recurring(one: Trouble) -> Recurring:
    return Recurring(
        blocker=one.text,
        answers=one.times,
        who=", ".join(dict.fromkeys(spell.who for spell in one.spells)),
        state="open" if one.open else "over",
    )


def _failed(pipeline: Pipeline, span: Span) -> FailedPipeline | None:
    rows = pipeline.within(span.start, span.end)
    failures = sum(row.status == "FAILED" for row in rows)
    if not failures:
        return None
    return FailedPipeline(
        pipeline=f"{pipeline.name}, {pipeline.project}",
        failed=f"{failures} of {len(rows)}",
        latest=f"#{rows[0].id} {rows[0].status}",
    )


def _incident(row: Incident, span: Span) -> PastIncident:
    took = lasted(row)
    return PastIncident(
        id=row.provider_id,
        incident=row.title or "without a title",
        began=day(started(row), span.zone),
        lasted=lasting(took) if took is not None else row.status or "not known",
        link=row.http_url,
    )


def _notes(columns: Sequence[Column], notes: Sequence[Note], *, well: bool) -> list[Said]:
    """The notes with the most votes, of the columns for what went well or of the others."""
    kinds = {column.id: bool(WELL.search(column.name or "")) for column in columns if column.id}
    own = [Said(note=n.text, votes=n.votes or 0) for n in notes if n.text and kinds.get(n.column or "") is well]
    return sorted(own, key=lambda one: -one.votes)[:MOST_NOTES]


def _written(found: Material, span: Span) -> tuple[list[Column], list[Note], str | None]:
    """The columns and notes of the period's running retro, or of the last one where nothing is written there yet."""
    for retro in found.running or ():
        began = moment(retro.date)
        if retro.state and retro.state.notes and began and began in span:
            return retro.state.columns or [], retro.state.notes, f"the retro that runs now, {_running(retro)}"
    last = found.last
    return (last.columns or [], last.notes or [], f"the last retro ({last.id})") if last else ([], [], None)


def _running(retro: Retro) -> str:
    return f"{retro.id} ({(retro.state.stage if retro.state else None) or 'stage not told'})"


def _next(running: Sequence[Retro]) -> str:
    """What to do while retros run; those are named that the page does not name."""
    others = f"A retro runs: {', '.join(map(_running, running))}. " if running else ""
    return f"{others}What is agreed: teamoclock_create_action_item"
