"""The DORA metrics that come out of Git analyses."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from server.declare import Since, Until
from tools.oobeya.analysis import ANALYSES, analysis
from tools.oobeya.api import Oobeya
from tools.oobeya.arguments import AnalysisId, TeamId, period_of
from tools.oobeya.models_dora import DoraDeployment, DoraMetric, DoraSummary, moment_of
from tools.oobeya.units import unit_of

SUMMARY = ["DORA_METRICS_SUMMARY"]
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=366)

# Aggregation and definition, as Oobeya's documentation has them.
DEFINITIONS = {
    "lead_time_for_changes": ("over deployments; how is not documented", "deployment minus first commit"),
    "deployment_frequency": ("count per time", "successful production deployments / days"),
    "change_failure_rate": ("share", "deployments that caused an incident / all production deployments"),
    "time_to_restore": ("mean", "incident resolved minus incident created"),
}


def _epoch(value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return moment_of(value)
    return value


def _plausible(moment: datetime) -> datetime:
    if not EARLIEST <= moment <= datetime.now(UTC) + AHEAD:
        raise ValueError(f"this means {moment.date()}; write a date as 2026-11-20, or an epoch as a number")
    return moment


Begin = Annotated[Since, BeforeValidator(_epoch), AfterValidator(_plausible)]
End = Annotated[Until, BeforeValidator(_epoch), AfterValidator(_plausible)]
Widgets = Annotated[
    list[str],
    Field(description="Or DEPLOYMENT_FREQUENCY, LEAD_TIME_FOR_CHANGES, CHANGE_FAILURE_RATE, MEAN_TIME_TO_RECOVERY"),
]


@analysis.read(resource="teams/{team_id}/dora", title="Get DORA summary")
async def get_dora_summary(
    api: Oobeya,
    team_id: TeamId | None = None,
    analysis_id: list[AnalysisId] | None = None,
    widgets: Widgets = SUMMARY,
    from_time: Begin | None = None,
    to_time: End | None = None,
    deployments: Annotated[int, Field(ge=0, description="How many of the newest to list")] = 0,
) -> DoraSummary:
    """A team's DORA metrics: lead time, deployment frequency, change failure rate, time to restore."""
    limits = {"from": _milliseconds(from_time), "to": _milliseconds(to_time)}
    query = {"widgets": widgets, "teamId": team_id, "analysisId": analysis_id, **limits}
    answer = await api.get(ANALYSES + "/dora-summary-metrics", query=query, returns=DoraSummary)
    metrics = {name: _explained(getattr(answer, name), *meaning) for name, meaning in DEFINITIONS.items()}
    rows = answer.deployments or []
    some = f"the newest {deployments}" if deployments else "none"
    cut = f"{some} of {len(rows)}; deployments={len(rows)} lists all"
    shown = sorted(rows, key=_when, reverse=True)[:deployments]
    counts = Counter(row.status or "without a status" for row in rows)
    about = {
        "vendor": "Oobeya",
        "period": period_of(from_time, to_time),
        "deployment_counts": dict(counts) or None,
        "deployments_shown": cut if len(rows) > deployments else None,
        "deployments": shown or None,
    }
    return answer.model_copy(update={**about, **metrics})


def _explained(metric: DoraMetric | None, aggregation: str, definition: str) -> DoraMetric | None:
    if metric is None:
        return None
    unit = unit_of(metric.formatted_value, metric.value)
    return metric.model_copy(update={"unit": unit, "aggregation": aggregation, "definition": definition})


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else round(moment.timestamp() * 1000)


def _when(row: DoraDeployment) -> str:
    return str(row.deployment_date or "")
