"""LinearB's measurements: all metrics of the period and of those before it in one request."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from functools import partial
from typing import Any

from server.declare import LAST_MOMENT
from tools.insights.measures import Measure, number
from tools.insights.periods import Span
from tools.insights.sources import Asked, of_each, ratio
from tools.insights.teams import Place
from tools.linearb.api import LinearB
from tools.linearb.arguments import TimeRange
from tools.linearb.measurements import get_measurements

CYCLE, MERGED, SIZE, RELEASES = "branch.computed.cycle_time", "pr.merged", "pr.merged.size:avg", "releases.count"
MTTR, INCIDENTS = "pm.mttr", "pm.cfr.issues.done"
REWORK, REPLACED = "commit.activity.rework.count", "commit.total_changes"
STAGES = {
    "coding": "branch.time_to_pr",
    "pickup": "branch.time_to_review",
    "review": "branch.review_time",
    "deploy": "branch.time_to_prod",
}
DORA = (f"{CYCLE}:p75", MERGED, RELEASES, MTTR, INCIDENTS, REWORK, REPLACED)
BREAKDOWN = (f"{CYCLE}:avg", MERGED, *(f"{name}:avg" for name in STAGES.values()))
Row = Mapping[str, Any]


async def dora(api: LinearB, place: Place, asked: Asked) -> list[Measure]:
    """Cycle time, releases, failures, time to repair and rework, with the periods before."""
    return await of_each(place, asked, partial(_dora, api))


async def _dora(api: LinearB, team_id: str, asked: Asked) -> list[Measure]:
    rows = await windows(api, team_id, asked.spans, DORA)
    merged, releases, incidents = (_column(rows, name) for name in (MERGED, RELEASES, INCIDENTS))
    rework, replaced = _column(rows, REWORK), _column(rows, REPLACED)
    per_day = [ratio(count, span.days) for count, span in zip(releases, asked.spans, strict=True)]
    failures = [ratio(part, whole, 100) for part, whole in zip(incidents, releases, strict=True)]
    reworked = [ratio(part, whole, 100) for part, whole in zip(rework, replaced, strict=True)]
    values = {
        # A zero of nothing is no time: LinearB writes it where nothing was merged, or nothing broke.
        "lead_time": (_times(rows, f"{CYCLE}:p75", merged), merged),
        "deployment_frequency": (per_day, releases),
        "change_failure_rate": (failures, releases),
        "time_to_restore": (_times(rows, MTTR, incidents), incidents),
        "rework_rate": (reworked, merged),
    }
    return [asked.measure("linearb", metric, of, counted=_whole(by[0])) for metric, (of, by) in values.items()]


async def stages(api: LinearB, place: Place, asked: Asked) -> list[Measure]:
    """The cycle time and its four stages as averages, which add up, with the periods before."""
    return await of_each(place, asked, partial(_stages, api))


async def _stages(api: LinearB, team_id: str, asked: Asked) -> list[Measure]:
    rows = await windows(api, team_id, asked.spans, BREAKDOWN)
    merged = _column(rows, MERGED)
    names = {"cycle_time": CYCLE, **STAGES}
    return [
        asked.measure("linearb", metric, _times(rows, f"{name}:avg", merged), counted=_whole(merged[0]))
        for metric, name in names.items()
    ]


async def sizes(api: LinearB, place: Place, asked: Asked) -> list[Measure]:
    """How large merged pull requests are, with the periods before."""
    return await of_each(place, asked, partial(_sizes, api))


async def _sizes(api: LinearB, team_id: str, asked: Asked) -> list[Measure]:
    rows = await windows(api, team_id, asked.spans, (SIZE, MERGED))
    merged = _column(rows, MERGED)
    return [asked.measure("linearb", "pull_request_size", _times(rows, SIZE, merged), counted=_whole(merged[0]))]


async def windows(api: LinearB, team_id: str, spans: Sequence[Span], metrics: Sequence[str]) -> list[Row]:
    """A row a period, in the order of `spans`; an empty one where LinearB has none."""
    ranges = [
        TimeRange(after=datetime.combine(one.first, time.min, UTC), before=datetime.combine(one.last, LAST_MOMENT, UTC))
        for one in spans
    ]
    answer = await get_measurements(
        api,
        requested_metrics=list(metrics),
        time_ranges=ranges,
        group_by="team",
        team_ids=[team_id],
        return_no_data=True,
    )
    rows = {(str(row.get("after"))[:10], str(row.get("before"))[:10]): row for row in answer.items}
    return [rows.get((str(span.first), str(span.last)), {}) for span in spans]


def _column(rows: Sequence[Row], name: str) -> list[float | None]:
    return [number(row.get(name)) for row in rows]


def _times(rows: Sequence[Row], name: str, of: Sequence[float | None]) -> list[float | None]:
    """A time in each window; None for the zero of a window in which there was nothing to measure."""
    return [value if value or count else None for value, count in zip(_column(rows, name), of, strict=True)]


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)
