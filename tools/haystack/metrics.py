"""Metrics of the organization and of a team."""

from datetime import date
from typing import Annotated, Any, Literal, Required

from pydantic import Field
from typing_extensions import TypedDict, Unpack

from server.declare import FirstDay, JsonObject, LastDay, covering, iso
from tools.haystack import haystack
from tools.haystack.api import Haystack
from tools.haystack.models import Metrics
from tools.haystack.reading import cut_short

metrics = haystack.toolset("metrics", "Delivery metrics of issues, pull requests, cycles and deployments.")

NAMES = {"start_date": "startDate", "end_date": "endDate", "group_by": "groupBy"}


class Asked(TypedDict, total=False):
    """What is measured, and when."""

    start_date: Required[FirstDay]
    end_date: Required[LastDay]
    granularity: Required[Annotated[Literal["week", "month", "cycle"], Field(description="`cycle`: one row a sprint")]]
    type: Required[Literal["issue", "pull_request", "cycle", "deployment"]]
    group_by: Annotated[str, Field(description="team, author, assignee, epic, ...")]
    filters: Annotated[list[JsonObject], Field(description="From Haystack's Copy API Request")]


@metrics.read()
async def get_metrics(api: Haystack, **asked: Unpack[Asked]) -> Metrics:
    """Delivery metrics of the whole organization: all measures of a type, over time or a sprint, with averages."""
    answer = await api.post("/public/api/metrics", body=_body({**asked}), returns=Metrics)
    return _told(api, answer, {**asked}, "whole organization")


@metrics.read()
async def get_team_metrics(
    api: Haystack,
    team_id: Annotated[
        int, Field(ge=1, description="Haystack's own, from a Copy API Request; other vendors' numbers are other teams")
    ],
    **asked: Unpack[Asked],
) -> Metrics:
    """Delivery metrics of one team: all measures of a type, over time or a sprint, with averages."""
    answer = await api.post("/public/api/team/{}/metrics", team_id, body=_body({**asked}), returns=Metrics)
    return _told(api, answer, {**asked}, f"Haystack's team {team_id}")


def _body(asked: dict[str, Any]) -> dict[str, Any]:
    return {NAMES.get(name, name): iso(v) if isinstance(v, date) else v for name, v in asked.items()}


def _told(api: Haystack, answer: Metrics, asked: dict[str, Any], subject: str) -> Metrics:
    """The answer with whom and which period it is about, and what was asked for where it is empty."""
    period = covering(asked["start_date"], asked["end_date"])
    api.notes.append(f"{period}; zone undocumented")
    days = [x for metric in answer.metrics or () if isinstance(metric.series, dict) for x in metric.series]
    if cut := cut_short(days, asked["granularity"], asked["start_date"], asked["end_date"]):
        api.notes.append(cut)
    narrowed = "; ".join(f"{name} {asked[name]}" for name in ("type", "group_by", "filters") if asked.get(name))
    if answer.note:
        api.notes.append(f"Asked for: {subject}; {narrowed}")
    return answer.model_copy(update={"of": subject})
