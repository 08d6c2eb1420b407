"""Measurements V2."""

from typing import Annotated, Any, Literal, Required

from pydantic import Field
from typing_extensions import TypedDict, Unpack

from server.declare import Refusal
from tools.linearb import linearb
from tools.linearb.api import LinearB, asked_for
from tools.linearb.arguments import (
    Contributor,
    Days,
    Direction,
    Format,
    Limit,
    Offset,
    Repository,
    RollUp,
    Service,
    Team,
    covered,
    numbers,
)
from tools.linearb.contributors import contributor_ids
from tools.linearb.metrics import AGGREGATIONS, doubts
from tools.linearb.models import Measurements
from tools.linearb.reports import KINDS, NO_DATA, fetch_report, following, past_the_end, rows_of, too_few

measurements = linearb.toolset("measurements", "Metrics of teams, repositories and contributors (V2).")

GROUPED_REPOSITORIES = 10

UpTo50 = Field(min_length=1, max_length=50)
RequestedMetrics = Annotated[
    list[str],
    Field(
        min_length=1,
        description="`name` or `name:agg`, agg p75|p50|avg|raw: branch.computed.cycle_time:p75, branch.time_to_pr, "
        "branch.time_to_review, branch.review_time, branch.time_to_prod, pr.merged, pr.merged.size, pr.new, "
        "releases.count, pm.mttr, pm.cfr.issues.done, commit.activity_days, ...",
    ),
]


class Measured(TypedDict, total=False):
    """What is measured, for whom and when."""

    requested_metrics: Required[RequestedMetrics]
    time_ranges: Required[Days]
    group_by: Literal["organization", "contributor", "team", "custom_metric", "repository", "label"]
    roll_up: Annotated[RollUp, Field(description="Default custom: one row a range")]
    contributor_ids: Annotated[list[Contributor], UpTo50]
    repository_ids: Annotated[list[Repository], UpTo50]
    team_ids: Annotated[list[Team], Field(min_length=1, max_length=50, description="Ids or names, as all *_ids")]
    service_ids: Annotated[list[Service], UpTo50]
    limit: Limit
    offset: Offset
    order_by: str
    order_dir: Direction
    labels: Annotated[list[str], Field(min_length=1, max_length=3)]
    return_no_data: bool


class Exported(Measured, total=False):
    """What is measured, and the form of its file."""

    file_format: Annotated[Format, Field(description="Default csv")]
    beautified: bool


@measurements.read()
async def get_measurements(api: LinearB, **measured: Unpack[Measured]) -> Measurements:
    """Engineering metrics of the organization, teams, repositories or contributors, a row for each and period."""
    body = await _body(api, {**measured})
    answer = await rows_of(api, await api.request("POST", "/api/v2/measurements", body=body))
    return _explained(api, answer, body, measured["time_ranges"])


@measurements.read(cached=False)
async def export_measurements(api: LinearB, **exported: Unpack[Exported]) -> Measurements:
    """The same metrics by way of a report file, for answers too large for linearb_get_measurements."""
    given: dict[str, Any] = {**exported}
    query = {"file_format": given.pop("file_format", None)}
    body = await _body(api, given)
    reply = await api.request("POST", "/api/v2/measurements/export", query=query, body=body, spends=True)
    if reply.status == 202:
        return Measurements(note="LinearB is still generating the report: call again with the same arguments.")
    answer = Measurements(note=NO_DATA) if reply.status == 204 else await fetch_report(api, reply)
    return _explained(api, answer, body, exported["time_ranges"])


async def _body(api: LinearB, given: dict[str, Any]) -> dict[str, Any]:
    ids = {f"{kind}_ids": numbers(f"{kind}_ids", given.get(f"{kind}_ids")) for kind in KINDS if kind != "contributor"}
    return {
        "roll_up": "custom",
        **given,
        **ids,
        "contributor_ids": await contributor_ids(api, given.get("contributor_ids")),
        "requested_metrics": [_requested(metric) for metric in given["requested_metrics"]],
        "time_ranges": [period.wire() for period in given["time_ranges"]],
    }


def _requested(metric: str) -> dict[str, str]:
    name, colon, aggregation = metric.partition(":")
    if not colon:
        return {"name": name}
    if aggregation not in AGGREGATIONS:
        raise Refusal(f"Nothing was sent: {metric!r} asks for an aggregation that is not {'|'.join(AGGREGATIONS)}.")
    return {"name": name, "agg": aggregation}


def _explained(api: LinearB, answer: Measurements, body: dict[str, Any], periods: Days) -> Measurements:
    """The answer with what LinearB leaves unsaid about it."""
    api.notes.append(covered(periods))
    if not answer.items and (asked := asked_for({f"{kind}_ids": body.get(f"{kind}_ids") for kind in KINDS})):
        api.notes.append(asked)
    repositories = body["repository_ids"] or []
    by_repository = body.get("group_by") == "repository"
    notes = [
        answer.note,
        past_the_end(answer.items, body),
        doubts(metric["name"] for metric in body["requested_metrics"]),
        too_few(body),
        "Without repository_ids LinearB answers for about 25 repositories."
        if by_repository and not repositories
        else "",
        f"LinearB groups {GROUPED_REPOSITORIES} repositories at most."
        if by_repository and len(repositories) > GROUPED_REPOSITORIES
        else "",
    ]
    note = " ".join(filter(None, notes)) or None
    return answer.model_copy(update={"note": note, "next": following(answer.items, body)})
