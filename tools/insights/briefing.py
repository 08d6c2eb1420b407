"""What each vendor knows that a team should talk about in its retro."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from functools import partial
from typing import Any

from tools.buddy.api import Buddy
from tools.insights.blockers import Trouble, blockers, troubles
from tools.insights.delivery import SOURCES
from tools.insights.incidents import MOST, is_of, searched
from tools.insights.measures import Measure
from tools.insights.periods import Span
from tools.insights.pipelines import Pipeline, pipelines, with_executions
from tools.insights.promises import newest
from tools.insights.rituals import Slugs, open_items, past, running_retros, stand_ups
from tools.insights.sources import Asked
from tools.insights.teams import Place
from tools.insights.together import each, parts
from tools.linearb.api import LinearB
from tools.linearb.arguments import DateFilter
from tools.linearb.models import Incident
from tools.teamoclock.api import TeamOClock
from tools.teamoclock.models import Retro, TimelineRecord

LOOK_BACK = timedelta(weeks=12)
"""How far back the last retro is looked for."""


@dataclass(frozen=True)
class Material:
    """What one vendor, or all of them, brought; None is what was not read, which may be there."""

    measures: list[Measure] | None = None
    incidents: list[Incident] | None = None
    pipelines: list[Pipeline] | None = None
    troubles: list[Trouble] | None = None
    last: TimelineRecord | None = None
    running: list[Retro] | None = None
    open_ids: frozenset[str] | None = None
    notes: list[str] = field(default_factory=list)


Collect = Callable[[Any, Place], Awaitable[Material]]


def together(materials: list[Material]) -> Material:
    """What several brought, as one."""
    lists: dict[str, Any] = {}
    for one in fields(Material):
        values = [getattr(material, one.name) for material in materials]
        given = [value for value in values if value is not None]
        several = bool(given) and isinstance(given[0], list)
        lists[one.name] = [item for value in given for item in value] if several else next(iter(given), None)
    return Material(**{name: value for name, value in lists.items() if value is not None})


def collectors(asked: Asked) -> Mapping[str, Collect]:
    """What to ask of each vendor."""
    only_measures = {name: partial(_measures, name, asked) for name in ("oobeya", "haystack")}
    return {
        **only_measures,
        "linearb": partial(_at_linearb, asked),
        "buddy": partial(_at_buddy, asked),
        "teamoclock": partial(_at_teamoclock, asked.span),
    }


async def _measures(name: str, asked: Asked, api: Any, place: Place) -> Material:
    return Material(measures=await SOURCES[name](api, place, asked))


async def _at_linearb(asked: Asked, api: LinearB, place: Place) -> Material:
    return await _of_parts(
        {
            "metrics": partial(_measures, "linearb", asked, api, place),
            "incidents": partial(_incidents, asked.span, api, place),
        }
    )


async def _incidents(span: Span, api: LinearB, place: Place) -> Material:
    period = DateFilter(after=span.start, before=span.end)
    page = await searched(api, issued_at=period)
    notes = [f"Only the newest {MOST} incidents of all teams were looked at"] if page.next else []
    return Material(incidents=[row for row in page.items if is_of(row, place)], notes=notes)


async def _at_buddy(asked: Asked, api: Buddy, place: Place) -> Material:
    return await _of_parts(
        {
            "metrics": partial(_measures, "buddy", asked, api, place),
            "pipelines": partial(_pipelines, asked.span, api, place),
        }
    )


async def _pipelines(span: Span, api: Buddy, place: Place) -> Material:
    listed, notes = await pipelines(api, place.ids, place.workspace)
    read = await each(partial(with_executions, api, span.start), listed)
    return Material(pipelines=read.items, notes=[*notes, *read.lacking("pipelines")])


async def _at_teamoclock(span: Span, api: TeamOClock, place: Place) -> Material:
    return await _of_parts(
        {
            "stand-ups": partial(_blocked, span, api, place.ids),
            "past retros": partial(_last_retro, span, api, place.ids),
            "the running retro": partial(_running, api, place.ids),
            "open action items": partial(_open, api, place.ids),
        }
    )


async def _blocked(span: Span, api: TeamOClock, slugs: Slugs) -> Material:
    talks = await stand_ups(api, slugs, span.start, span.end)
    return Material(troubles=troubles(blockers(talks.days)), notes=talks.notes)


async def _last_retro(span: Span, api: TeamOClock, slugs: Slugs) -> Material:
    read = await past(api, "retro", slugs, span.end - LOOK_BACK, span.end)
    return Material(last=newest(read.records), notes=read.notes)


async def _running(api: TeamOClock, slugs: Slugs) -> Material:
    read = await running_retros(api, slugs)
    return Material(running=read.items, notes=read.lacking("running retros"))


async def _open(api: TeamOClock, slugs: Slugs) -> Material:
    return Material(open_ids=frozenset(item.id for item in await open_items(api, slugs) if item.id))


async def _of_parts(questions: Mapping[str, Callable[[], Awaitable[Material]]]) -> Material:
    found, notes = await parts(questions)
    return together([*found, Material(notes=notes)])
