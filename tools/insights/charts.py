"""One metric as a picture, with the same numbers as text."""

from collections.abc import Sequence
from itertools import groupby
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from server.declare import Apis, Image, Refusal
from tools.insights import insights
from tools.insights.comparison import compared
from tools.insights.definitions import STAGES, Metric
from tools.insights.delivery import Delivery
from tools.insights.drawn import bars, course, panel, stacks
from tools.insights.measures import Measure
from tools.insights.periods import Period, Span
from tools.insights.pictures import breakdown, comparison, svg, trend
from tools.insights.pictures.png import HOW_TO_GET, available, png
from tools.insights.sources import PERIODS
from tools.insights.who import TeamName

ADD_UP = ("linearb",)
"""The vendors whose stages are averages of the same changes, so that they are parts of a whole."""

charts = insights.toolset("charts", "Delivery numbers as pictures.")

Teams = Annotated[list[TeamName], Field(min_length=1, max_length=8)]
Kind = Literal["trend", "comparison", "breakdown"]
Dated = tuple[Measure, Span]


class Chart(BaseModel):
    """What a picture shows, in words and numbers. against: what the columns beside the value are."""

    chart: str
    against: str
    numbers: list[dict[str, str]]


@charts.read(everyday=True)
async def draw_chart(
    api: Apis, metric: Metric, teams: Teams, period: Period = "last-30-days", kind: Kind | None = None
) -> Chart:
    """Draw a delivery metric as a picture from each vendor that has it, with its numbers as text.

    Its trend over up to seven periods, teams compared, or the breakdown of cycle_time.
    """
    if kind == "breakdown" and metric != "cycle_time":
        raise Refusal("Nothing was sent: a breakdown is of cycle_time.")
    kind = kind or ("breakdown" if metric == "cycle_time" else "trend" if len(teams) == 1 else "comparison")
    found = await compared(api, metric, teams, period, PERIODS)
    metrics = ("cycle_time", *STAGES) if kind == "breakdown" else (metric,)
    shown = [(measure, one.span) for name in metrics for one in found for measure in one.of(name)]
    name = metric.replace("_", " ")
    if not shown:
        raise Refusal(f"Nothing to draw: no vendor that answered has {name}.")
    groups = _by_vendor(shown)
    if kind == "trend" and max(map(len, groups)) > svg.MOST_SERIES:
        kind = "comparison"
        api.notes.append(f"A trend has room for {svg.MOST_SERIES} lines, so the teams are compared instead")
    span = found[0].span
    titles = (f"{name.capitalize()}: {', '.join(one.team.name for one in found)}", f"{kind.capitalize()}, {span}")
    await _add(api, _drawn(kind, titles, found, groups))
    before = span.before()
    return Chart(
        chart=f"{kind} of {name}, {span}",
        against=f"before {before.first} to {before.last}; course: up to {PERIODS} periods before, then this one",
        numbers=[_row(measure, when) for measure, when in shown],
    )


async def _add(api: Apis, picture: str) -> None:
    if available():
        api.images.append(Image(await png(picture)))
    else:
        api.notes.append(HOW_TO_GET)


def _by_vendor(shown: Sequence[Dated]) -> list[list[Dated]]:
    order = sorted(shown, key=lambda one: [measure.vendor for measure, _ in shown].index(one[0].vendor))
    return [list(group) for _, group in groupby(order, key=lambda one: one[0].vendor)]


def _drawn(kind: Kind, titles: svg.Titles, found: Sequence[Delivery], groups: Sequence[Sequence[Dated]]) -> str:
    if kind == "comparison":
        return comparison(titles, [bars([measure for measure, _ in group]) for group in groups], "light")
    if kind == "trend":
        return trend(titles, [panel([m for m, _ in group], [when for _, when in group]) for group in groups], "light")
    wholes = [whole for one in found for vendor in ADD_UP if (whole := stages(one, vendor))]
    return breakdown(titles, [stack for whole in wholes for stack in stacks(whole)], "light")


def stages(found: Delivery, vendor: str) -> list[tuple[str, Measure]]:
    """The stages of a team's cycle time at a vendor, each with its name, in their order."""
    every = [(name, measure) for name in STAGES for measure in found.of(name)]
    return [(name, measure) for name, measure in every if measure.vendor == vendor and measure.part is None]


def _row(measure: Measure, span: Span) -> dict[str, str]:
    """A measure as a row of text, with its course in characters."""
    shown = measure.shown()
    columns = ("metric", "vendor", "value", "before", "usual", "reading", "what")
    return {"team": measure.team, **{name: shown[name] for name in columns}, "course": course(measure, span)}
