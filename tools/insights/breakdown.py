"""Where the time of a change goes: the stages of the cycle time, what changed, and the slowest deployments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from statistics import median
from typing import Any

from pydantic import BaseModel

from server.declare import Apis
from tools.insights.definitions import STAGES
from tools.insights.delivery import Delivery, against, days_of, delivery, freshness, to_know
from tools.insights.gather import Gathered, in_parallel
from tools.insights.measures import Measure, steady, worded
from tools.insights.periods import Period
from tools.insights.sources import Asked, Source, haystack, linearb, oobeya
from tools.insights.teams import Place, ask, known
from tools.insights.vendors import TITLES
from tools.insights.who import TeamName

SLOW = 2.0
"""How many times the median lead time of the period's deployments an outlier has taken, at least."""
MOST_OUTLIERS = 5


@dataclass(frozen=True)
class Stages:
    """What one vendor says of where the time goes."""

    measures: Sequence[Measure] = ()
    deployments: Sequence[oobeya.Deployed] = ()


class CycleTimeBreakdown(BaseModel):
    """Where the time of a change goes, as it is read."""

    team: str
    period: str
    against: str
    stages: list[dict[str, str]]
    changed: str | None = None
    outliers: list[dict[str, str]] | None = None
    outliers_are: str | None = None
    to_know: dict[str, str] | None = None
    fresh: str | None = None


@delivery.read(everyday=True)
async def get_cycle_time_breakdown(api: Apis, team: TeamName, period: Period = "last-30-days") -> CycleTimeBreakdown:
    """Where a team's cycle time goes (coding, pickup, review, deploy), what changed, and its slowest deployments."""
    found, deployed = await broken_down(api, team, period)
    api.notes += found.notes
    slow = outliers(deployed)
    stages = [_row(one, found.measures) for one in found.measures]
    return CycleTimeBreakdown(
        team=found.team.name,
        period=days_of(found.span, found.measures),
        against=against(found.span, stages),
        stages=stages,
        changed=change(found.measures),
        outliers=[_outlier(one) for one in slow] or None,
        outliers_are=_about(deployed, slow),
        to_know=to_know(found.measures),
        fresh=freshness(found),
    )


async def broken_down(api: Apis, team: str, period: str) -> tuple[Delivery, Sequence[oobeya.Deployed]]:
    """The stages of the cycle time from each vendor that has them, and the period's deployments, slowest first."""
    described = known(api, team)
    asked = Asked(described.name, described.span(period, api.clock))
    sources: Mapping[str, Source[Stages]] = {
        "linearb": _at_linearb,
        "haystack": _at_haystack,
        "oobeya": _at_oobeya,
    }
    found, gathered = await ask(api, team, {name: partial(one, asked=asked) for name, one in sources.items()})
    answers = list(gathered.answers.values())
    measures = [one.model_copy(update={"team": found.name}) for one in chain.from_iterable(a.measures for a in answers)]
    by_vendor = Gathered({name: list(answer.measures) for name, answer in gathered.answers.items()}, gathered.missing)
    notes = list(dict.fromkeys([*found.notes, *gathered.notes]))
    deployed = sorted(chain.from_iterable(a.deployments for a in answers), key=lambda one: one.minutes, reverse=True)
    return Delivery(found, asked.span, measures, by_vendor, notes), deployed


async def _at_linearb(api: Any, place: Place, asked: Asked) -> Stages:
    return Stages(await linearb.stages(api, place, asked))


async def _at_haystack(api: Any, place: Place, asked: Asked) -> Stages:
    return Stages(await haystack.stages(api, place, asked))


async def _at_oobeya(api: Any, place: Place, asked: Asked) -> Stages:
    lists = await in_parallel([partial(oobeya.deployed, api, one, asked.span) for one in place.ids])
    return Stages(deployments=list(chain.from_iterable(lists)))


def shares(measures: Sequence[Measure]) -> dict[str, float]:
    """Each stage's part of LinearB's cycle time in percent; none where it is not whole."""
    stages = {one.metric: one.value for one in measures if one.metric in STAGES and one.vendor == "linearb"}
    whole = sum(value or 0 for value in stages.values())
    if len(stages) < len(STAGES) or None in stages.values() or not whole:
        return {}
    return {stage: (value or 0) / whole * 100 for stage, value in stages.items()}


def change(measures: Sequence[Measure]) -> str | None:
    """What became of the cycle time since the period before, and which stage most of that comes from."""
    linear = {one.metric: one for one in measures if one.vendor == "linearb" and one.part is None}
    whole = linear.get("cycle_time")
    if whole is None or whole.value is None or whole.before is None or whole.too_little:
        return None
    moved = {
        stage: one.value - one.before
        for stage in STAGES
        if (one := linear.get(stage)) and one.value is not None and one.before is not None
    }
    by = whole.value - whole.before
    if steady(whole.value, whole.before):
        return "LinearB's cycle time is about the same as before"
    side = [stage for stage, minutes in moved.items() if minutes and (minutes > 0) is (by > 0)]
    said = f"LinearB's cycle time {'up' if by > 0 else 'down'} by {worded(abs(by), 'minutes')}"
    if not side:
        return said
    most = max(side, key=lambda stage: abs(moved[stage]))
    return f"{said}, most of it {most}: {'+' if moved[most] > 0 else '-'}{worded(abs(moved[most]), 'minutes')}"


def outliers(deployed: Sequence[oobeya.Deployed]) -> list[oobeya.Deployed]:
    """The slowest of a period's deployments: those that took twice the median or more."""
    if not deployed:
        return []
    middle = median(one.minutes for one in deployed)
    return sorted((one for one in deployed if one.minutes >= SLOW * middle > 0), key=lambda one: -one.minutes)[
        :MOST_OUTLIERS
    ]


def _row(one: Measure, measures: Sequence[Measure]) -> dict[str, str]:
    shown = one.shown()
    part = shares(measures).get(one.metric) if one.vendor == "linearb" and one.part is None else None
    row = {"stage": shown["metric"], "vendor": shown["vendor"], "value": shown["value"]}
    row["share"] = f"{part:.0f}%" if part is not None else ""
    return row | {name: shown[name] for name in ("before", "usual", "reading", "what")}


def _outlier(one: oobeya.Deployed) -> dict[str, str]:
    return {
        "deployment": one.title,
        "lead time": worded(one.minutes, "minutes"),
        "deployed": one.day,
        "link": one.link or "",
    }


def _about(deployed: Sequence[oobeya.Deployed], slow: Sequence[oobeya.Deployed]) -> str | None:
    if not deployed:
        return None
    middle = worded(median(one.minutes for one in deployed), "minutes")
    of = f"of {len(deployed)} deployments at {TITLES['oobeya']}"
    return f"{'those' if slow else 'none'} {of} that took twice their median lead time, {middle}, or more"
