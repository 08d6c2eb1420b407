"""DORA metrics as Oobeya answers them, and as a reader gets them: with period, unit and definition."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator

from server.declare import utc
from tools.oobeya.models import Number, OobeyaModel

MILLISECONDS_FROM = 10**11
"""From here on a number of an epoch is milliseconds; as seconds it would be in the year 5138."""


def moment_of(number: float) -> datetime:
    """A moment given in epoch seconds or milliseconds. Raises ValueError outside of the calendar."""
    seconds = number / 1000 if abs(number) >= MILLISECONDS_FROM else number
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError) as error:
        raise ValueError("this is outside of the calendar") from error


def _readable(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    try:
        return utc(moment_of(value))
    except ValueError:
        return value


class DoraMetric(OobeyaModel):
    """One metric: Oobeya's words and raw value, and what they mean."""

    formatted_value: str | None = None
    value: Any = None
    unit: str | None = None
    aggregation: str | None = None
    definition: str | None = None


class DoraDeployment(OobeyaModel):
    """A deployment behind the metrics; the units of its durations are not documented."""

    title: str | None = None
    pipeline_name: str | None = None
    status: str | None = None
    deployment_date: Annotated[Any, BeforeValidator(_readable)] = None
    lead_time_for_changes: str | None = None
    commit_count: int | None = None
    pull_request_count: int | None = None
    triggered_by: str | None = None
    contributors: list[str] | None = None
    development_time: Number | None = None
    waiting_for_deployment_time: Number | None = None
    deployment_time: Number | None = None
    pipeline_url: str | None = None


class DoraSummary(OobeyaModel):
    """The DORA metrics and the deployments they come from."""

    vendor: str | None = None
    period: str | None = None
    lead_time_for_changes: DoraMetric | None = None
    deployment_frequency: DoraMetric | None = None
    change_failure_rate: DoraMetric | None = None
    time_to_restore: DoraMetric | None = None
    deployment_counts: dict[str, int] | None = None
    deployments_shown: str | None = None
    deployments: list[DoraDeployment] | None = None
