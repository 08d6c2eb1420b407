"""One metric as a picture, with the same numbers as text."""

from collections.abc import Sequence
from typing import Annotated, Literal

import anyio
from pydantic import BaseModel, Field

from server.declare import Apis, Failure, Image, Refusal
from tools.insights import insights
from tools.insights.delivery import Delivery, deliver
from tools.insights.drawn import bars, panel, points
from tools.insights.measures import Measure
from tools.insights.periods import Period, Span
from tools.insights.pictures import comparison, sparkline, svg, trend
from tools.insights.pictures.png import HOW_TO_GET, available, png
from tools.insights.who import TeamName

MOST_TEAMS = 8

charts = insights.toolset("charts", "Delivery numbers as pictures.")

Metric = Literal[
    "lead_time", "deployment_frequency", "change_failure_rate", "time_to_restore", "rework_rate", "failed_executions"
]
Kind = Annotated[
    Literal["trend", "comparison"] | None, Field(description="By default trend, of several teams comparison")
]


class Chart(BaseModel):
    """What a picture shows, in words and numbers."""

    chart: str
    numbers: list[dict[str, str]]


@charts.read(everyday=True)
async def draw_chart(
    api: Apis,
    metric: Metric,
    teams: Annotated[list[TeamName], Field(min_length=1, max_length=MOST_TEAMS)],
    period: Period = "last-30-days",
    kind: Kind = None,
) -> Chart:
    """Draw a metric as a picture, from every vendor that has it: over seven periods, or teams beside each other."""
    kind = kind or ("trend" if len(teams) == 1 else "comparison")
    if kind == "trend" and len(teams) > svg.MOST_SERIES:
        raise Refusal(
            f'Nothing was sent: a trend has room for {svg.MOST_SERIES} teams; kind="comparison" has for more.'
        )
    found = await _delivered(api, teams, period)
    shown = [(measure, one.span) for one in found for measure in one.of(metric)]
    name = metric.replace("_", " ")
    if not shown:
        raise Refusal(f"Nothing to draw: no vendor that answered has {name}.")
    span = found[0].span
    title = f"{name.capitalize()}, {', '.join(one.team.name for one in found)}, {span.first} to {span.last}"
    if available():
        api.images.append(Image(await png(_drawn(kind, title, shown))))
    else:
        api.notes.append(HOW_TO_GET)
    return Chart(chart=f"{kind} of {name}, {span}", numbers=[_row(measure, when) for measure, when in shown])


async def _delivered(api: Apis, teams: Sequence[str], period: str) -> list[Delivery]:
    """All teams at once, in their order; one that cannot be had is a note. Raises its error where none can."""
    found: dict[str, Delivery] = {}
    failed: dict[str, Refusal | Failure] = {}

    async def ask(team: str) -> None:
        try:
            found[team] = await deliver(api, team, period)
        except (Refusal, Failure) as error:
            failed[team] = error

    async with anyio.create_task_group() as group:
        for team in dict.fromkeys(teams):
            group.start_soon(ask, team)
    if not found:
        raise next(iter(failed.values()))
    api.notes += [f"{team} is left out: {_reason(error)}" for team, error in failed.items()]
    api.notes += [note for team in teams if team in found for note in found[team].notes]
    return [found[team] for team in dict.fromkeys(teams) if team in found]


def _reason(error: Exception) -> str:
    return str(error).removeprefix("Nothing was sent: ").rstrip(".")


def _drawn(kind: str, title: str, shown: Sequence[tuple[Measure, Span]]) -> str:
    by_vendor: dict[str, list[tuple[Measure, Span]]] = {}
    for measure, span in shown:
        by_vendor.setdefault(measure.vendor, []).append((measure, span))
    if kind == "comparison":
        return comparison(title, [bars([measure for measure, _ in of]) for of in by_vendor.values()], "light")
    return trend(title, [panel([m for m, _ in of], [span for _, span in of]) for of in by_vendor.values()], "light")


def _row(measure: Measure, span: Span) -> dict[str, str]:
    """A measure as a row of text, with its course in characters."""
    course = sparkline([value for _, value in points(measure, span)])
    return {"team": measure.team, **measure.shown(), "course": course}
