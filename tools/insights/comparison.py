"""One metric of several teams: a row a team, a column a vendor."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated

from pydantic import BaseModel, Field

from server.declare import Apis, Failure, Refusal
from tools.insights.definitions import DEFINITIONS, STAGES, Metric
from tools.insights.delivery import SOURCES, Delivery, days_of, deliver, delivery, to_know
from tools.insights.gather import in_parallel
from tools.insights.measures import Measure, worded
from tools.insights.periods import Period
from tools.insights.sources import Source, haystack, linearb
from tools.insights.vendors import TITLES
from tools.insights.who import TeamName

STAGE_SOURCES: Mapping[str, Source[list[Measure]]] = {"linearb": linearb.stages, "haystack": haystack.stages}
Teams = Annotated[list[TeamName], Field(min_length=1, max_length=12)]


class Comparison(BaseModel):
    """One metric of several teams. what: how it is defined; definitions_differ: that, where several vendors have it."""

    metric: str
    period: str
    teams: list[dict[str, str]]
    what: str | None = None
    definitions_differ: dict[str, str] | None = None
    to_know: dict[str, str] | None = None


@delivery.read(everyday=True)
async def compare_teams(api: Apis, metric: Metric, teams: Teams, period: Period = "last-30-days") -> Comparison:
    """One delivery metric of several teams, a column a vendor."""
    found = await compared(api, metric, teams, period)
    measures = [measure for one in found for measure in one.of(metric)]
    if not measures:
        raise Refusal(f"No vendor that answered has {metric.replace('_', ' ')}.")
    defined = {TITLES[one.vendor]: one.what for one in measures}
    return Comparison(
        metric=metric.replace("_", " "),
        period="; ".join(dict.fromkeys(days_of(one.span, measures) for one in found)),
        teams=[_row(one, metric, measures) for one in found],
        what=next(iter(defined.values())) if len(defined) == 1 else None,
        definitions_differ=defined if len(defined) > 1 else None,
        to_know=to_know(measures),
    )


def _sources(metric: str) -> Mapping[str, Source[list[Measure]]]:
    if metric == "pull_request_size":
        return {"linearb": linearb.sizes}
    return STAGE_SOURCES if metric in ("cycle_time", *STAGES) else SOURCES


async def compared(api: Apis, metric: str, teams: Sequence[str], period: str, periods: int = 0) -> list[Delivery]:
    """What the vendors that have a metric say of each team; a team of which none could tell is a note.

    periods: how many of the periods before are asked for as well.

    Raises what the first team failed with where all did.
    """
    having = {one.vendor for one in DEFINITIONS if one.metric == metric}
    sources = {name: source for name, source in _sources(metric).items() if name in having}
    ask = partial(_of_team, api, period, periods, sources)
    outcomes = await in_parallel([partial(ask, team) for team in dict.fromkeys(teams)])
    found = [one for one in outcomes if isinstance(one, Delivery)]
    failed = [one for one in outcomes if not isinstance(one, Delivery)]
    if not found:
        raise failed[0]
    api.notes += [str(error).removeprefix("Nothing was sent: ").rstrip(".") for error in failed]
    api.notes += list(dict.fromkeys(note for one in found for note in one.notes if not note.startswith("Matched")))
    return found


async def _of_team(
    api: Apis, period: str, periods: int, sources: Mapping[str, Source[list[Measure]]], team: str
) -> Delivery | Failure | Refusal:
    try:
        return await deliver(api, team, period, periods=periods, sources=sources)
    except (Failure, Refusal) as error:
        return error


def _row(found: Delivery, metric: str, measures: Sequence[Measure]) -> dict[str, str]:
    row = {"team": found.team.name, **{TITLES[one.vendor]: "" for one in measures}}
    for one in found.of(metric):
        few = f" (too little data: {one.counted})" if one.too_little else ""
        part = f"{one.part}: " if one.part else ""
        said = f"{part}{worded(one.value, one.unit)}{few}"
        column = TITLES[one.vendor]
        row[column] = f"{row[column]}, {said}" if row[column] else said
    return row
