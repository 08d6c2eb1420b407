"""The delivery report: DORA's metrics from each vendor that has them, side by side."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from pydantic import BaseModel

from server.declare import Apis
from tools.insights import insights
from tools.insights.app.data import show
from tools.insights.definitions import DORA_YEAR, METRICS
from tools.insights.drawn import course
from tools.insights.gather import Gathered
from tools.insights.measures import Measure
from tools.insights.periods import Period, Span
from tools.insights.sources import PERIODS, Asked, Source, buddy, haystack, linearb, oobeya
from tools.insights.teams import Team, ask, known
from tools.insights.vendors import TITLES
from tools.insights.who import TeamName

OWN_DAYS = ("linearb", "haystack")
"""Vendors that take days, which they understand in a zone of their own that they do not document."""
ZONE = "zone undocumented"

delivery = insights.toolset("delivery", "Delivery numbers of all vendors side by side.")


@dataclass(frozen=True)
class Delivery:
    """What all vendors say of a team's delivery. notes: who was matched how, who did not answer and why."""

    team: Team
    span: Span
    measures: Sequence[Measure]
    gathered: Gathered[list[Measure]]
    notes: Sequence[str]

    def of(self, metric: str) -> list[Measure]:
        """One metric, from each vendor that has it."""
        return [measure for measure in self.measures if measure.metric == metric]

    @property
    def lacking(self) -> dict[str, list[str]]:
        """For each vendor that answered, those of the report's metrics that it does not have."""
        has = {(one.vendor, one.metric) for one in self.measures}
        return {name: [m for m in METRICS if (name, m) not in has] for name in self.gathered.answers}


class DeliveryReport(BaseModel):
    """A delivery report as it is read: a row a metric and vendor."""

    team: str
    period: str
    against: str
    numbers: list[dict[str, str]]
    not_available: str | None = None
    to_know: dict[str, str] | None = None
    fresh: str | None = None


SOURCES: Mapping[str, Source[list[Measure]]] = {
    "oobeya": oobeya.dora,
    "linearb": linearb.dora,
    "haystack": haystack.dora,
    "buddy": buddy.dora,
}


async def deliver(
    api: Apis,
    team: str,
    period: str,
    *,
    periods: int = PERIODS,
    sources: Mapping[str, Source[list[Measure]]] = SOURCES,
) -> Delivery:
    """What all vendors say of a team's delivery in a period, and in so many of the periods before.

    Raises Refusal for a team or period that does not exist, Failure where no vendor could answer.
    """
    described = known(api, team)
    span = described.span(period, api.clock)
    asked = Asked(described.name, span, periods)
    found, gathered = await ask(api, team, {name: partial(one, asked=asked) for name, one in sources.items()})
    order = {metric: place for place, metric in enumerate(METRICS)}
    measures = [one.model_copy(update={"team": found.name}) for answer in gathered.answers.values() for one in answer]
    measures.sort(key=lambda one: order.get(one.metric, len(order)))
    notes = list(dict.fromkeys([*found.notes, *gathered.notes]))
    return Delivery(found, span, measures, gathered, notes)


@delivery.read(everyday=True, resource="drumbeat://reports/{team}/{period}")
async def get_delivery_report(api: Apis, team: TeamName, period: Period = "last-30-days") -> DeliveryReport:
    """How a team delivered: DORA metrics and rework from every vendor, with trend, usual range, level and caveats."""
    found = await deliver(api, team, period)
    api.notes += found.notes
    await show(api, period, found)
    return reported(found)


def reported(found: Delivery) -> DeliveryReport:
    """A delivery as it is read."""
    numbers = _rows(found)
    return DeliveryReport(
        team=found.team.name,
        period=days_of(found.span, found.measures),
        against=against(found.span, numbers),
        numbers=numbers,
        not_available=not_available(found) or None,
        to_know=to_know(found.measures),
        fresh=freshness(found),
    )


def _rows(found: Delivery) -> list[dict[str, str]]:
    """A row a measure; of each metric the first that has a course shows it, since vendors' courses are much alike."""
    rows: list[dict[str, str]] = []
    drawn: set[str] = set()
    for one in found.measures:
        said = "" if one.metric in drawn else course(one, found.span)
        drawn |= {one.metric} if said else set()
        rows.append(one.shown() | {"course": said})
    return rows


def against(span: Span, rows: Sequence[Mapping[str, str]]) -> str:
    """What the columns that some rows fill compare a period with."""
    columns = {
        "usual": f"usual: middle half of the {PERIODS} before",
        "course": f"course: the {PERIODS} before and this",
        "level": f"level: DORA {DORA_YEAR}",
    }
    told = [words for name, words in columns.items() if any(row.get(name) for row in rows)]
    none = "" if any(row.get("before") for row in rows) else ", of which no vendor has data"
    return "; ".join([f"{_length(span)} before{none}", *told])


def _length(span: Span) -> str:
    if not span.months:
        return f"the {span.days} days"
    return f"the {span.months} months" if span.months > 1 else "the month"


def not_available(found: Delivery) -> str:
    """Which metrics which vendors do not have, those that lack the same together."""
    alike: dict[str, list[str]] = {}
    for name, metrics in found.lacking.items():
        has = [metric for metric in METRICS if metric not in metrics]
        few = "all but " * (0 < len(has) < len(metrics))
        said = ", ".join(metric.replace("_", " ") for metric in (has if few else metrics))
        alike.setdefault(few + said, []).append(name)
    return "; ".join(f"from {titles(names)}: {metrics}" for metrics, names in alike.items() if metrics)


def to_know(measures: Iterable[Measure]) -> dict[str, str] | None:
    """What to know of each vendor's numbers."""
    said: dict[str, list[str]] = {}
    measures = list(measures)
    has_usual = any(one.usual for one in measures)
    for one in measures:
        if one.caveat and (has_usual or one.caveat != haystack.WEEKS):
            said.setdefault(one.vendor, []).append(one.caveat)
    return {TITLES[name]: "; ".join(dict.fromkeys(words)) for name, words in said.items()} or None


def days_of(span: Span, measures: Iterable[Measure]) -> str:
    """A period, and the vendors whose days may be others."""
    own_days = titles(name for name in OWN_DAYS if name in {one.vendor for one in measures})
    return f"{str(span).removesuffix(')')}; {own_days}: {ZONE})" if own_days else str(span)


def freshness(found: Delivery) -> str:
    """How fresh each vendor's data are, as far as it tells."""
    told = {one.vendor: one.fresh for one in found.measures if one.fresh}
    silent = [name for name in found.gathered.answers if name not in told]
    said = [f"{TITLES[name]} {fresh}" for name, fresh in told.items()]
    quiet = f"{titles(silent)} do not say" if told else "no vendor says"
    return "; ".join([*said, *([quiet] if silent else [])])


def titles(vendors: Iterable[str]) -> str:
    """Vendors by their titles."""
    return ", ".join(TITLES[name] for name in vendors)
