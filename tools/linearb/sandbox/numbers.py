"""What LinearB's stand-in measures: the company's work, by group and period."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from statistics import mean, median, quantiles
from typing import Any

from tools import company
from tools.company import Deployment

ORGANIZATION = 7001
GROUPS_WITHOUT_LIMIT = 25
FIRST_SERVICE = 501
FIRST_CONTRIBUTOR = 236266200

Work = Sequence[Deployment]


def size(item: Deployment) -> int:
    """Lines changed by a deployment's pull request."""
    return item.pull_request.additions + item.pull_request.deletions


def service_id(item: Deployment) -> int:
    """The service of a deployment: one service a repository."""
    return FIRST_SERVICE + company.REPOSITORIES.index(item.pull_request.repository)


def contributor_id(person: company.Person) -> int:
    """The contributor that is connected to a user, which has a number of its own."""
    return FIRST_CONTRIBUTOR + person.number


SAMPLES: Mapping[str, Callable[[Deployment], float | None]] = {
    "branch.computed.cycle_time": lambda item: item.pull_request.lead_time,
    "branch.time_to_pr": lambda item: item.pull_request.coding,
    "branch.time_to_review": lambda item: item.pull_request.pickup,
    "branch.review_time": lambda item: item.pull_request.review,
    "branch.time_to_prod": lambda item: item.pull_request.deploy,
    "pm.mttr": lambda item: item.restore,
    "pr.merged.size": size,
}
"""What is aggregated, from one deployment each."""

TOTALS: Mapping[str, Callable[[Deployment], float]] = {
    "pr.merged": lambda _: 1,
    "commit.activity.new_work.count": lambda item: item.pull_request.additions,
    "commit.total_changes": size,
    "commit.activity.refactor.count": lambda item: item.pull_request.deletions // 2,
    "commit.activity.rework.count": lambda item: item.pull_request.deletions - item.pull_request.deletions // 2,
    "pr.merged.without.review.count": lambda item: item.pull_request.comments == 0,
    "commit.total.count": lambda item: 1 + item.pull_request.comments // 3,
    "pr.new": lambda _: 1,
    "pr.reviews": lambda item: 1 + item.pull_request.comments // 5,
    "releases.count": lambda _: 1,
    "branch.state.computed.done": lambda _: 1,
    "branch.state.active": lambda item: item.number % 3 == 0,
    "pm.issues.done": lambda _: 1,
    "pm.issues.done.story_points": lambda item: (1, 2, 3, 5, 8)[item.number % 5],
    "pm.cfr.issues.done": lambda item: item.failed,
}
"""What is added up."""

GROUPS: Mapping[str, Callable[[Deployment], dict[str, Any]]] = {
    "organization": lambda _: {"organization_id": ORGANIZATION},
    "custom_metric": lambda _: {"organization_id": ORGANIZATION},
    "team": lambda item: {
        "team_id": item.pull_request.repository.team.number,
        "team_name": item.pull_request.repository.team.name,
    },
    "contributor": lambda item: {
        "contributor_id": contributor_id(item.pull_request.author),
        "contributor_name": item.pull_request.author.name,
    },
    "repository": lambda item: {
        "repository_id": item.pull_request.repository.number,
        "repository_name": item.pull_request.repository.name,
    },
    "service": lambda item: {"service_id": service_id(item), "service_name": item.pull_request.repository.name},
    "label": lambda _: {"label": "unlabelled"},
}

FILTERS: Mapping[str, Callable[[Deployment], int]] = {
    "contributor_ids": lambda item: contributor_id(item.pull_request.author),
    "repository_ids": lambda item: item.pull_request.repository.number,
    "team_ids": lambda item: item.pull_request.repository.team.number,
    "service_ids": service_id,
}


def measure(name: str, aggregation: str, work: Work) -> float | None:
    """One metric of some work, null where there is nothing to measure; 0 for a name that LinearB does not know."""
    if name in SAMPLES:
        values = [value for item in work if (value := SAMPLES[name](item)) is not None]
        return _aggregate(values, aggregation) if values else None
    if name in TOTALS:
        return sum(TOTALS[name](item) for item in work)
    if name == "commit.activity_days":
        return len({(item.pull_request.author.number, item.pull_request.merged_at.date()) for item in work})
    if name == "pr.review_depth":
        return round(mean(item.pull_request.comments for item in work), 2) if work else None
    return 0


def _aggregate(values: list[float], aggregation: str) -> float:
    if aggregation == "p50":
        return median(values)
    if aggregation == "p75":
        return quantiles(values, n=4, method="inclusive")[2] if len(values) > 1 else values[0]
    return round(mean(values), 2)


def windows(today: date, body: Mapping[str, Any], metrics: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
    """`[{after, before, metrics}]` for a request, without the windows that have no row; empty without any data."""
    work = [item for item in company.deployments(today) if _wanted(item, body)]
    found, measured = [], 0
    for after, before in _periods(body):
        inside = [item for item in work if _start(after) <= item.pull_request.merged_at < _end(before)]
        measured += len(inside)
        if rows := _rows(work if body.get("return_no_data") else inside, inside, body, metrics):
            found.append({"after": after, "before": before, "metrics": rows})
    return found if measured else []


def _wanted(item: Deployment, body: Mapping[str, Any]) -> bool:
    return all(value(item) in body[name] for name, value in FILTERS.items() if body.get(name))


def _rows(
    known: Work, inside: Work, body: Mapping[str, Any], metrics: Sequence[Mapping[str, str]]
) -> list[dict[str, Any]]:
    group = GROUPS[body.get("group_by") or "organization"]
    keys = sorted({json.dumps(group(item)) for item in known})
    rows = []
    for key in map(json.loads, keys):
        work = [item for item in inside if group(item) == key]
        rows.append(key | {_column(metric): measure(metric["name"], _aggregation(metric), work) for metric in metrics})
    if order := body.get("order_by"):
        rows.sort(key=lambda row: row.get(order) or 0, reverse=body.get("order_dir") == "desc")
    start = body.get("offset") or 0
    return rows[start : start + (body.get("limit") or GROUPS_WITHOUT_LIMIT)]


def _column(metric: Mapping[str, str]) -> str:
    return f"{metric['name']}:{metric['agg']}" if "agg" in metric else metric["name"]


def _aggregation(metric: Mapping[str, str]) -> str:
    return metric.get("agg", "default")


def _periods(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The requested ranges, both ends included, cut into days, weeks or months where a roll-up wants it."""
    for given in body.get("time_ranges") or [{"after": body["after"], "before": body["before"]}]:
        roll_up = body.get("roll_up", "custom")
        if roll_up == "custom":
            yield given["after"], given["before"]
            continue
        start, end = (datetime.fromisoformat(given[name]).date() for name in ("after", "before"))
        while start <= end:
            last = min(_last(start, roll_up), end)
            yield start.isoformat(), last.isoformat()
            start = last + timedelta(days=1)


def _last(day: date, roll_up: str) -> date:
    if roll_up == "1mo":
        return (day.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    return day + timedelta(days=0 if roll_up == "1d" else 6)


def _start(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _end(text: str) -> datetime:
    """The moment before which a period ends; its last day belongs to it."""
    moment = _start(text)
    return moment + timedelta(days=1) if len(text) == len("2026-11-20") else moment
