"""Haystack's measures of deployments and of pull requests: one request for the period and one for all before it.

A request answers in whole weeks or months, so periods that are whole months, or whole weeks, are exact. Of others the
period itself and the one before are asked for on their own, and the usual is of as many whole weeks before: of counts
and shares only, since the percentile of a part of a week is none of a whole one, and of no days that are less than one.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from statistics import mean
from typing import Any

from server.declare import Refusal
from tools.haystack.api import Haystack
from tools.haystack.metrics import get_team_metrics
from tools.haystack.models import Metric, Metrics
from tools.insights.definitions import UNKNOWN
from tools.insights.gather import in_parallel
from tools.insights.measures import SECONDS, Measure, number
from tools.insights.periods import Span
from tools.insights.sources import PERIODS, Asked, of_each, ratio
from tools.insights.teams import Place

# Haystack documents no measure's name: each is known by its name or by its title.
DEPLOYMENTS = {
    "lead_time": re.compile(r"lead ?time", re.IGNORECASE),
    "deployment_frequency": re.compile(r"\.count$|^deployments?$|number of deployments", re.IGNORECASE),
    "change_failure_rate": re.compile(r"fail\w* ?rate", re.IGNORECASE),
    "time_to_restore": re.compile(r"restor|recover|mttr", re.IGNORECASE),
}
PULL_REQUESTS = {
    "cycle_time": re.compile(r"cycle ?time", re.IGNORECASE),
    "review": re.compile(r"review ?time", re.IGNORECASE),
    "merged": re.compile(r"\.count$|merged", re.IGNORECASE),
}
COUNTS = ("deployment_frequency", "merged")
UNIT = re.compile(r"\((\w+)\)$")
WEEKS = "its usual is of whole weeks, of times none, unless the period is whole weeks or months"
ROUNDED = 0.006
"""How far a rounded rate may be from a whole failure, for each deployment."""


@dataclass(frozen=True)
class Bucket:
    """A week or a month, by its first day where Haystack's x axis tells it, with the values of its measures."""

    first: date | None
    values: Mapping[str, float | None]


@dataclass(frozen=True)
class Part:
    """A period as Haystack tells it: the weeks or months that it is made of, and how many days these are."""

    buckets: Sequence[Bucket]
    days: int


@dataclass(frozen=True)
class Table:
    """An answer as buckets, weeks or months, and the titles of the measures in it."""

    granularity: str
    buckets: Sequence[Bucket]
    titles: Mapping[str, str]


async def dora(api: Haystack, place: Place, asked: Asked) -> list[Measure]:
    """Deployments, lead time, failure rate and time to restore, with the periods before."""
    return await of_each(place, asked, partial(_of_team, api, "deployment", DEPLOYMENTS))


async def stages(api: Haystack, place: Place, asked: Asked) -> list[Measure]:
    """Cycle time and review time of pull requests, with the periods before."""
    return await of_each(place, asked, partial(_of_team, api, "pull_request", PULL_REQUESTS))


async def _of_team(
    api: Haystack, kind: str, names: Mapping[str, re.Pattern[str]], team_id: str, asked: Asked
) -> list[Measure]:
    if not team_id.isdigit():
        raise Refusal(f"Haystack's teams are numbers, not {team_id!r}: see drumbeat.toml")
    span, before = asked.span, asked.span.before()
    ask = partial(_table, api, int(team_id), kind, names, "month" if span.months else "week")
    exact = bool(span.months) or _is_whole_weeks(span)
    apart = bool(asked.periods) and not exact
    earlier = _runs_of_weeks(span) if apart else asked.spans[1:]
    wanted = [partial(ask, span.first, span.last)]
    if earlier:
        wanted.append(partial(ask, earlier[-1].first, earlier[0].last))
    if apart:
        wanted.append(partial(ask, before.first, before.last))
    now, *others = await in_parallel(wanted)
    history = _earlier(others[0], earlier) if earlier else []
    previous = Part(others[-1].buckets, before.days) if apart else None
    return list(_measures(asked, now, history, previous))


async def _table(
    api: Haystack, team: int, kind: Any, names: Mapping[str, re.Pattern[str]], granularity: Any, first: date, last: date
) -> Table:
    """One answer of Haystack's, by its weeks or months."""
    answer: Metrics = await get_team_metrics(
        api, team, start_date=first, end_date=last, granularity=granularity, type=kind
    )
    found = {name: metric for name in names if (metric := _named(answer.metrics or [], names[name]))}
    rows: dict[str, dict[str, float | None]] = {}
    for name, metric in found.items():
        for x, value in _points(metric.series):
            rows.setdefault(x, {})[name] = number(value)
    buckets = [Bucket(_day(x), values) for x, values in rows.items()]
    return Table(granularity, buckets, {name: metric.title or metric.measure or "" for name, metric in found.items()})


def _named(metrics: Iterable[Metric], name: re.Pattern[str]) -> Metric | None:
    return next((one for one in metrics if name.search(one.measure or "") or name.search(one.title or "")), None)


def _points(series: Any) -> list[tuple[str, Any]]:
    if isinstance(series, Mapping):
        return [(str(x), value) for x, value in series.items()]
    points = [point for point in series or [] if isinstance(point, Mapping)] if isinstance(series, list) else []
    return [(str(point.get("x")), point.get("value")) for point in points]


def _day(x: str) -> date | None:
    try:
        return date.fromisoformat(x[:10])
    except ValueError:
        return None


def _is_whole_weeks(span: Span) -> bool:
    return span.first.weekday() == 0 and span.days % 7 == 0


def _runs_of_weeks(span: Span) -> list[Span]:
    """As many whole weeks as a period has, six times, ending before it, latest first; none for less than a week."""
    if span.days < 7:
        return []
    weeks = round(span.days / 7)
    monday = span.first - timedelta(days=span.first.weekday())
    starts = [monday - timedelta(weeks=weeks * back) for back in range(1, PERIODS + 1)]
    return [Span("", first, first + timedelta(days=7 * weeks - 1), span.zone) for first in starts]


def _earlier(table: Table, spans: Sequence[Span]) -> list[Part]:
    """The periods before, each of the weeks or months that begin in it; none where the x axis is not dates."""
    if not all(bucket.first for bucket in table.buckets):
        return []
    return [
        Part([b for b in table.buckets if b.first and span.first <= b.first <= span.last], span.days) for span in spans
    ]


def _measures(asked: Asked, now: Table, history: Sequence[Part], previous: Part | None) -> Iterator[Measure]:
    parts = [Part(now.buckets, asked.span.days), *history]
    share = unit_of_failures(bucket for part in [*parts, *([previous] if previous else [])] for bucket in part.buckets)
    counted, failures = _counted(now.buckets, share[1])
    for metric in now.titles:
        if metric == "merged":
            continue  # how many there are, which is no stage
        unit, times = share if metric == "change_failure_rate" else (_unit(metric, now.titles[metric]), 1.0)
        comparable = previous is None or metric in ("deployment_frequency", "change_failure_rate")
        values = [_value(part, metric, times) for part in (parts if comparable else parts[:1])]
        yield asked.measure(
            "haystack",
            metric,
            values,
            before=_value(previous, metric, times) if previous else None,
            unit=unit,
            aggregation=_aggregation(metric, now),
            caveat=WEEKS if previous and metric in ("lead_time", "cycle_time") else None,
            counted=failures if metric == "time_to_restore" else counted,
        )


def _counted(buckets: Sequence[Bucket], times: float) -> tuple[int | None, int | None]:
    """How many deployments or pull requests there were, and how many failed; None where Haystack does not tell."""
    pairs = [(_count(bucket), bucket.values.get("change_failure_rate")) for bucket in buckets]
    counts = [count for count, _ in pairs if count is not None]
    if not counts or len(counts) < len(pairs):
        return None, None
    failed = sum((count or 0) * (rate or 0) * times / 100 for count, rate in pairs)
    return round(sum(counts)), round(failed) if times else None


def _count(bucket: Bucket) -> float | None:
    return next((bucket.values[name] for name in COUNTS if name in bucket.values), None)


def _value(part: Part, metric: str, times: float) -> float | None:
    """A metric over a period: counts and shares of all its deployments, of the rest the mean of its weeks or months."""
    values = [bucket.values.get(metric) for bucket in part.buckets]
    known = [value for value in values if value is not None]
    counts = [_count(bucket) for bucket in part.buckets]
    if not known:
        return None
    if metric == "deployment_frequency":
        return ratio(sum(known), part.days)
    if metric == "change_failure_rate" and None not in counts:
        failed = sum((value or 0) * (count or 0) for value, count in zip(values, counts, strict=True))
        return ratio(failed, sum(count or 0 for count in counts), times or 1)
    return mean(known) * (times or 1)


def _aggregation(metric: str, table: Table) -> str | None:
    if metric in ("deployment_frequency", "change_failure_rate") or len(table.buckets) == 1:
        return None
    each = "85th percentiles" if metric == "lead_time" else "values"
    return f"mean of {each} of {len(table.buckets)} {table.granularity}s"


def _unit(metric: str, title: str) -> str:
    """The unit that a title says in brackets, as Haystack's do."""
    if metric == "deployment_frequency":
        return "per day"
    said = UNIT.search(title)
    return said[1].lower() if said and said[1].lower() in SECONDS else UNKNOWN


def unit_of_failures(buckets: Iterable[Bucket]) -> tuple[str, float]:
    """Whether failure rates are shares of 1 or percents, and what makes percents of them.

    Haystack does not document it, but failures are whole: the unit in which they are is the one; 0 where none is.
    """
    pairs = [
        (rate, count)
        for bucket in buckets
        if (rate := bucket.values.get("change_failure_rate")) and (count := _count(bucket))
    ]
    if not pairs:
        return "percent", 1.0
    fitting = [times for times in (100.0, 1.0) if all(_is_whole(r * times / 100 * count, count) for r, count in pairs)]
    return ("percent", fitting[0]) if len(fitting) == 1 else (UNKNOWN, 0.0)


def _is_whole(failures: float, deployments: float) -> bool:
    return 1 <= round(failures) <= deployments and abs(failures - round(failures)) < ROUNDED * deployments
