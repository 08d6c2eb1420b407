"""Measurements V2."""

from collections import Counter
from typing import Annotated, Any, Literal

from pydantic import Field

from server.declare import Refusal
from tools.linearb import linearb
from tools.linearb.api import LinearB
from tools.linearb.metrics import AGGREGATIONS, doubts
from tools.linearb.models import Direction, Format, Ids, Measurements, RollUp, TimeRange
from tools.linearb.reports import NO_DATA, fetch_report, rows_of, too_few

measurements = linearb.toolset("measurements", "Metrics of teams, repositories and contributors (V2).")

GROUPED_REPOSITORIES = 10

GroupBy = Literal["organization", "contributor", "team", "custom_metric", "repository", "label"]
RequestedMetrics = Annotated[
    list[str],
    Field(
        description="`name` or `name:agg`, agg p75|p50|avg|raw: branch.computed.cycle_time:p75, branch.time_to_pr, "
        "branch.time_to_review, branch.review_time, branch.time_to_prod, pr.merged, pr.merged.size, pr.new, "
        "releases.count, pm.mttr, pm.cfr.issues.done, commit.activity_days, ...",
    ),
]
Labels = Annotated[list[str], Field(max_length=3)]


@measurements.read(everyday=True)
async def get_measurements(
    api: LinearB,
    requested_metrics: RequestedMetrics,
    time_ranges: list[TimeRange],
    group_by: GroupBy | None = None,
    roll_up: RollUp | None = None,
    contributor_ids: Ids | None = None,
    repository_ids: Ids | None = None,
    team_ids: Ids | None = None,
    service_ids: Ids | None = None,
    limit: int | None = None,
    offset: int | None = None,
    order_by: str | None = None,
    order_dir: Direction | None = None,
    labels: Labels | None = None,
    return_no_data: bool | None = None,
) -> Measurements:
    """Engineering metrics of the organization, teams, repositories or contributors, a row for each and period."""
    body = _body(
        requested_metrics,
        time_ranges,
        group_by=group_by,
        roll_up=roll_up,
        contributor_ids=contributor_ids,
        repository_ids=repository_ids,
        team_ids=team_ids,
        service_ids=service_ids,
        limit=limit,
        offset=offset,
        order_by=order_by,
        order_dir=order_dir,
        labels=labels,
        return_no_data=return_no_data,
    )
    answer = rows_of(api, await api.request("POST", "/api/v2/measurements", body=body))
    groups = max(Counter((row.get("after"), row.get("before")) for row in answer.items).values(), default=0)
    following = {"offset": (offset or 0) + limit} if limit and groups >= limit else None
    return _with_notes(answer.model_copy(update={"next": following}), body)


@measurements.read(cached=False)
async def export_measurements(
    api: LinearB,
    requested_metrics: Annotated[list[str], Field(description="As for linearb_get_measurements")],
    time_ranges: list[TimeRange],
    file_format: Annotated[Format | None, Field(description="Default csv")] = None,
    group_by: GroupBy | None = None,
    roll_up: RollUp | None = None,
    contributor_ids: Ids | None = None,
    repository_ids: Ids | None = None,
    team_ids: Ids | None = None,
    service_ids: Ids | None = None,
    limit: int | None = None,
    offset: int | None = None,
    order_by: str | None = None,
    order_dir: Direction | None = None,
    labels: Labels | None = None,
    return_no_data: bool | None = None,
    beautified: bool | None = None,
) -> Measurements:
    """The same metrics by way of a report file, for answers too large for linearb_get_measurements."""
    body = _body(
        requested_metrics,
        time_ranges,
        group_by=group_by,
        roll_up=roll_up,
        contributor_ids=contributor_ids,
        repository_ids=repository_ids,
        team_ids=team_ids,
        service_ids=service_ids,
        limit=limit,
        offset=offset,
        order_by=order_by,
        order_dir=order_dir,
        labels=labels,
        return_no_data=return_no_data,
        beautified=beautified,
    )
    reply = await api.request("POST", "/api/v2/measurements/export", query={"file_format": file_format}, body=body)
    if reply.status == 202:
        return Measurements(note="LinearB is still generating the report: call again with the same arguments.")
    answer = Measurements(note=NO_DATA) if reply.status == 204 else await fetch_report(api, reply)
    return _with_notes(answer, body)


def _body(requested_metrics: list[str], time_ranges: list[TimeRange], **others: Any) -> dict[str, Any]:
    return {
        **others,
        "requested_metrics": [_requested(metric) for metric in requested_metrics],
        "time_ranges": [period.wire() for period in time_ranges],
    }


def _requested(metric: str) -> dict[str, str]:
    name, colon, aggregation = metric.partition(":")
    if not colon:
        return {"name": name}
    if aggregation not in AGGREGATIONS:
        raise Refusal(f"Nothing was sent: {metric!r} asks for an aggregation that is not {'|'.join(AGGREGATIONS)}.")
    return {"name": name, "agg": aggregation}


def _with_notes(answer: Measurements, body: dict[str, Any]) -> Measurements:
    """The answer with what LinearB leaves unsaid about it."""
    repositories = body["repository_ids"] or []
    by_repository = body["group_by"] == "repository"
    notes = [
        answer.note,
        doubts(metric["name"] for metric in body["requested_metrics"]),
        too_few(body["limit"], *(body[f"{kind}_ids"] for kind in ("contributor", "repository", "team", "service"))),
        "Without repository_ids LinearB answers for about 25 repositories."
        if by_repository and not repositories
        else "",
        f"LinearB groups {GROUPED_REPOSITORIES} repositories at most."
        if by_repository and len(repositories) > GROUPED_REPOSITORIES
        else "",
    ]
    return answer.model_copy(update={"note": " ".join(filter(None, notes)) or None})
