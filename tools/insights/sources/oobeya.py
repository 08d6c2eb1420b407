"""Oobeya's DORA summary, once for the period and once for each before it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from server.declare import VendorError
from tools.insights.gather import in_parallel
from tools.insights.measures import SECONDS, Measure, number
from tools.insights.periods import Span
from tools.insights.sources import Asked, of_each
from tools.insights.teams import Place
from tools.oobeya.api import Oobeya
from tools.oobeya.dora import get_dora_summary
from tools.oobeya.models_dora import DoraMetric, DoraSummary
from tools.oobeya.units import DURATION, PER_DAY, RATE, SHARE
from tools.oobeya.units import SECONDS as SECONDS_OF

FIELDS = {
    "lead_time": "lead_time_for_changes",
    "deployment_frequency": "deployment_frequency",
    "change_failure_rate": "change_failure_rate",
    "time_to_restore": "time_to_restore",
}
LAST = timedelta(milliseconds=1)
EVERY = 1_000_000


@dataclass(frozen=True)
class Deployed:
    """A deployment with the minutes from its first commit."""

    title: str
    minutes: float
    day: str
    link: str | None


async def dora(api: Oobeya, place: Place, asked: Asked) -> list[Measure]:
    """The four metrics, with those of the periods before; a period before that fails is missing in the usual."""
    return await of_each(place, asked, partial(_dora, api))


async def _dora(api: Oobeya, team_id: str, asked: Asked) -> list[Measure]:
    earlier = [partial(_earlier, api, team_id, span) for span in asked.spans[1:]]
    now, *before = await in_parallel([partial(summary, api, team_id, asked.span), *earlier])
    count, fresh = _deployed(now), _fresh(now)
    values = {metric: [_value(one, metric) for one in (now, *before)] for metric in FIELDS}
    failures = values["change_failure_rate"][0]
    incidents = None if failures is None or count is None else round(failures * count / 100)
    counts = {"lead_time": count, "change_failure_rate": count, "time_to_restore": incidents}
    return [
        asked.measure("oobeya", metric, of, counted=counts.get(metric), fresh=fresh) for metric, of in values.items()
    ]


async def summary(api: Oobeya, team_id: str, span: Span, deployments: int = 1) -> DoraSummary | None:
    """Oobeya's summary of a team and a period, with so many of its newest deployments."""
    return await get_dora_summary(api, team_id, from_time=span.start, to_time=span.end - LAST, deployments=deployments)


async def deployed(api: Oobeya, team_id: str, span: Span) -> list[Deployed]:
    """The deployments of a period whose lead time Oobeya tells."""
    found = await summary(api, team_id, span, deployments=EVERY)
    rows = (found and found.deployments) or []
    return [
        Deployed(row.title or row.pipeline_name or "untitled", minutes, str(row.deployment_date)[:10], row.pipeline_url)
        for row in rows
        if (minutes := in_words(row.lead_time_for_changes, "lead_time")) is not None
    ]


async def _earlier(api: Oobeya, team_id: str, span: Span) -> DoraSummary | None:
    try:
        return await summary(api, team_id, span)
    except VendorError:
        return None


def _value(found: DoraSummary | None, metric: str) -> float | None:
    """A metric in its definition's unit: minutes, per day, percent."""
    of: DoraMetric | None = getattr(found, FIELDS[metric]) if found else None
    if of is None:
        return None
    raw, unit = number(of.value), of.unit or ""
    if raw is not None:
        if unit in SECONDS:
            return raw * SECONDS[unit] / 60
        if (day := unit.removeprefix("per ")) in PER_DAY:
            return raw * PER_DAY[day]
        if unit in ("percent", "share of 1"):
            return raw * (1 if unit == "percent" else 100)
        if raw == 0:
            return 0.0
    return in_words(of.formatted_value, metric)


def in_words(words: str | None, metric: str) -> float | None:
    """What Oobeya wrote in words, `2.3 days`, `3 per week`, `5%`; None for what is none of these."""
    said = (words or "")[:100]
    if metric == "deployment_frequency":
        rate = RATE.search(said)
        return float(rate[1]) * PER_DAY[rate[2].lower()] if rate else None
    if metric == "change_failure_rate":
        share = SHARE.search(said)
        return float(share[1]) if share else None
    parts = DURATION.findall(said)
    return sum(float(count) * SECONDS_OF[unit.lower()] for count, unit in parts) / 60 if parts else None


def _deployed(found: DoraSummary | None) -> int | None:
    """How many deployments the metrics were made of; None where Oobeya does not list them."""
    return sum(found.deployment_counts.values()) if found and found.deployment_counts else None


def _fresh(found: DoraSummary | None) -> str | None:
    newest: Sequence[Any] = (found and found.deployments) or []
    dates = [str(row.deployment_date)[:10] for row in newest if row.deployment_date]
    return f"newest deployment {max(dates)}" if dates else None
