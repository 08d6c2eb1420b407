"""The measuring part of LinearB's stand-in: V1's reports, V2's answers and exports, with the same numbers."""

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from server.sandbox import Answer, Call, Problem, StandIn, endpoint
from tools.linearb.metrics import AGGREGATIONS, METRICS
from tools.linearb.sandbox.numbers import FILTERS, GROUPS, windows

MOST_IDS = 50


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
