"""The measuring part of LinearB's stand-in: V1's reports, V2's answers and exports, with the same numbers."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from statistics import mean, median, quantiles
from typing import Any

from server.sandbox import Answer, Call, Problem, StandIn, endpoint
from tools import company
from tools.company import Deployment
from tools.linearb.metrics import AGGREGATIONS, METRICS

ORGANIZATION = 7001
GROUPS_WITHOUT_LIMIT = 25
FIRST_SERVICE = 501
FIRST_CONTRIBUTOR = 236266200
MOST_IDS = 50

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
}
"""What is aggregated, from one deployment each."""

TOTALS: Mapping[str, Callable[[Deployment], float]] = {
    "pr.merged.size": size,
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


@dataclass
class Report:
    """A report that was asked for; V1's is not ready when first looked for."""

    content: list[dict[str, Any]]
    extension: str
    polls: int = field(default=0)

    def text(self) -> str:
        """The file: windows as JSON, or a flat row a group as CSV."""
        if self.extension == "json":
            return json.dumps(self.content)
        rows = [{"after": w["after"], "before": w["before"], **row} for w in self.content for row in w["metrics"]]
        out = io.StringIO()
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
        return out.getvalue()


class MeasurementEndpoints(StandIn):
    """V1 and V2 measurements, and the reports of both."""

    def __init__(self, today: date) -> None:
        super().__init__(today)
        self.reports: dict[str, Report] = {}

    @endpoint("POST", "/api/v1/exporter/measurements")
    def create_report(self, call: Call) -> Any:
        body = call.body or {}
        names = _required(body, "requested_metrics")
        for name in names:
            _one_of("requested_metrics", name, METRICS)
        if any(("before" in body) != (name in body) for name in ("after", "before")):
            raise Problem(400, "after should be passed with before")
        if "before" in body and "time_ranges" in body:
            raise Problem(400, "before and after should not be passed if time_ranges is passed")
        if "before" not in body:
            _required(body, "time_ranges")
        _check(body, most_ids=None)
        group = body.get("group_by", "organization")
        if f"{group}_ids" in FILTERS and not body.get(f"{group}_ids"):
            raise Problem(400, f"{group}_ids must be passed if grouping by {group}")
        _one_of("file_format", body.get("file_format", "json"), ("json", "csv"))
        content = windows(self.today, body, [{"name": name} for name in names])
        if not content:
            return Answer(204)
        number = self._keep(content, body.get("file_format", "json"))
        return {"request_id": number}

    @endpoint("GET", "/api/v1/exporter/measurements/{request_id}")
    def get_report(self, call: Call) -> Any:
        report = self.reports.get(call.path["request_id"])
        if report is None:
            return Answer(204)
        report.polls += 1
        if report.polls == 1:
            return Answer(202)
        return self._link(call, call.path["request_id"])

    @endpoint("POST", "/api/v2/measurements")
    def measurements(self, call: Call) -> Any:
        return self._measured(call) or Answer(204)

    @endpoint("POST", "/api/v2/measurements/export")
    def export(self, call: Call) -> Any:
        extension = _one_of("file_format", call.query("file_format") or "csv", ("csv", "json"))
        content = self._measured(call)
        return self._link(call, self._keep(content, extension)) if content else Answer(204)

    @endpoint("GET", "/reports/{name}")
    def file(self, call: Call) -> Any:
        """The file store, which is not LinearB's API: a key sent here has leaked."""
        if {"x-api-key", "authorization"} & set(call.request.headers):
            raise Problem(400, "Only one auth mechanism allowed")
        report = self.reports.get(call.path["name"].partition(".")[0])
        if report is None:
            raise Problem(403, "Request has expired")
        return Answer(200, report.text())

    def _measured(self, call: Call) -> list[dict[str, Any]]:
        body = call.body or {}
        metrics = _required(body, "requested_metrics")
        _required(body, "time_ranges")
        _check(body, most_ids=MOST_IDS)
        for metric in metrics:
            if not isinstance(metric, dict) or not isinstance(metric.get("name"), str):
                raise Problem(422, "body.requested_metrics.0.name: field required")
            _one_of("agg", metric.get("agg", "default"), AGGREGATIONS)
        return windows(self.today, body, metrics)

    def _keep(self, content: list[dict[str, Any]], extension: str) -> str:
        number = str(70001 + len(self.reports))
        self.reports[number] = Report(content, extension)
        return number

    def _link(self, call: Call, number: str) -> dict[str, str]:
        url = f"{call.url}/reports/{number}.{self.reports[number].extension}"
        return {"report_url": url, "detail": "Report is ready"}


def _required(body: Mapping[str, Any], name: str) -> list[Any]:
    value = body.get(name)
    if not isinstance(value, list) or not value:
        raise Problem(422, f"body.{name}: field required")
    return value


def _one_of(name: str, value: Any, allowed: Mapping[str, Any] | tuple[str, ...]) -> str:
    if value not in tuple(allowed):
        raise Problem(422, f"body.{name}: value is not a valid enumeration member; permitted: {', '.join(allowed)}")
    return str(value)


def _check(body: Mapping[str, Any], most_ids: int | None) -> None:
    """What both versions check of a body. most_ids: of a kind, None where the document has no bound."""
    _one_of("group_by", body.get("group_by", "organization"), GROUPS)
    _one_of("roll_up", body.get("roll_up", "custom"), ("1d", "1w", "1mo", "custom"))
    for name, least in (("limit", 1), ("offset", 0)):
        if name in body and not (_is_integer(body[name]) and body[name] >= least):
            raise Problem(422, f"body.{name}: ensure this value is an integer of at least {least}")
    for name in FILTERS:
        ids = body.get(name, [0])
        if not isinstance(ids, list) or not ids or not all(map(_is_integer, ids)) or len(ids) > (most_ids or len(ids)):
            raise Problem(422, f"body.{name}: value is not a valid list of integers")
    if not isinstance(body.get("return_no_data", False), bool):
        raise Problem(422, "body.return_no_data: value could not be parsed to a boolean")
    for given in body.get("time_ranges") or [body]:
        for bound in ("after", "before"):
            _time(bound, given.get(bound) if isinstance(given, dict) else None)


def _time(name: str, value: Any) -> None:
    try:
        datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise Problem(422, f"body.time_ranges.{name}: invalid datetime format") from None


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
