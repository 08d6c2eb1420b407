"""Metrics of the organization and of a team."""

from typing import Annotated, Literal

from pydantic import Field

from server.declare import Day, JsonObject, iso
from tools.haystack import haystack
from tools.haystack.api import Haystack
from tools.haystack.models import Metrics

metrics = haystack.toolset("metrics", "Delivery metrics of issues, pull requests, cycles and deployments.")

Granularity = Annotated[Literal["week", "month", "cycle"], Field(description="`cycle`: one row a sprint")]
Type = Literal["issue", "pull_request", "cycle", "deployment"]
GroupBy = Annotated[str, Field(description="team, author, assignee, epic, ...")]
Filters = Annotated[list[JsonObject], Field(description="As Haystack's Copy API Request gives them")]


@metrics.read(resource="metrics")
async def get_metrics(
    api: Haystack,
    start_date: Day | None = None,
    end_date: Day | None = None,
    granularity: Granularity | None = None,
    type: Type | None = None,
    group_by: GroupBy | None = None,
    filters: Filters | None = None,
) -> Metrics:
    """Delivery metrics of the whole organization: all measures of a type, over time or a sprint, with averages."""
    body = _body(start_date, end_date, granularity, type, group_by, filters)
    return await api.post("/public/api/metrics", body=body, returns=Metrics)


@metrics.read(everyday=True, resource="teams/{team_id}/metrics")
async def get_team_metrics(
    api: Haystack,
    team_id: Annotated[int, Field(description="Number, as in the URL of a Copy API Request of the team")],
    start_date: Day | None = None,
    end_date: Day | None = None,
    granularity: Granularity | None = None,
    type: Type | None = None,
    group_by: GroupBy | None = None,
    filters: Filters | None = None,
) -> Metrics:
    """Delivery metrics of one team: all measures of a type, over time or a sprint, with averages."""
    body = _body(start_date, end_date, granularity, type, group_by, filters)
    return await api.post("/public/api/team/{}/metrics", team_id, body=body, returns=Metrics)


def _body(
    start_date: Day | None,
    end_date: Day | None,
    granularity: str | None,
    type: str | None,
    group_by: str | None,
    filters: list[JsonObject] | None,
) -> dict[str, object]:
    return {
        "startDate": iso(start_date),
        "endDate": iso(end_date),
        "granularity": granularity,
        "type": type,
        "groupBy": group_by,
        "filters": filters,
    }
