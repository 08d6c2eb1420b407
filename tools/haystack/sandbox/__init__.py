"""Haystack's stand-in. The names of measures, beyond the document's `jiraIssue.count`, are made up."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from statistics import mean
from typing import Any

from server.sandbox import Call, Problem, StandIn, endpoint
from tools import company
from tools.company import Deployment

TOKEN = "hs-sandbox"  # noqa: S105
REQUESTS_A_MINUTE = 20
DAYS = 30
EPICS = ("Faster checkout", "Zero-trust login", "Quieter nights")
POINTS = (1, 2, 3, 5, 8)

Measure = tuple[str, str, Callable[[Sequence[Deployment]], Any]]


def points(work: Iterable[Deployment]) -> int:
    """The story points of the issues behind some work: one issue a pull request."""
    return sum(POINTS[item.number % len(POINTS)] for item in work)


def count(work: Sequence[Deployment]) -> str:
    """A count, as a string, as Haystack writes some."""
    return str(len(work))


def average(values: Iterable[float]) -> float | None:
    """The mean, null where there is nothing to average."""
    found = list(values)
    return mean(found) if found else None


MEASURES: Mapping[str, tuple[Measure, ...]] = {
    "issue": (
        ("Issues completed", "jiraIssue.count", count),
        ("Story points completed", "jiraIssue.storyPoints", points),
    ),
    "pull_request": (
        ("Pull requests merged", "pullRequest.count", count),
        ("Cycle time (minutes)", "pullRequest.cycleTime", lambda work: average(w.pull_request.lead_time for w in work)),
        ("Review time (minutes)", "pullRequest.reviewTime", lambda work: average(w.pull_request.review for w in work)),
    ),
    "deployment": (
        ("Deployments", "deployment.count", count),
        ("Change failure rate", "deployment.changeFailureRate", lambda work: average(w.failed for w in work)),
        ("Time to restore (minutes)", "deployment.restoreTime", lambda w: average(d.restore for d in w if d.restore)),
    ),
}

GROUPS: Mapping[str, Callable[[Deployment], str]] = {
    "team": lambda item: item.pull_request.repository.team.name,
    "author": lambda item: item.pull_request.author.name,
    "assignee": lambda item: item.pull_request.author.name,
    "epic": lambda item: EPICS[item.number % len(EPICS)],
}


class HaystackSandbox(StandIn):
    """Bearer token, 20 requests a minute, the three forms of answers."""

    def __init__(self, today: date) -> None:
        super().__init__(today)
        self.seen: deque[datetime] = deque()

    def authenticate(self, call: Call) -> None:
        if call.request.headers.get("authorization") != f"Bearer {TOKEN}":
            raise Problem(401, "Unauthorized")
        now = self.now()
        while self.seen and now - self.seen[0] >= timedelta(minutes=1):
            self.seen.popleft()
        if len(self.seen) >= REQUESTS_A_MINUTE:
            raise Problem(429, "Too Many Requests")
        self.seen.append(now)

    def error(self, status: int, words: str) -> Any:
        return {"statusCode": status, "message": words}

    @endpoint("POST", "/public/api/metrics")
    def organization(self, call: Call) -> Any:
        return self._answer(call.body or {}, company.deployments(self.today))

    @endpoint("POST", "/public/api/team/{teamId}/metrics")
    def team(self, call: Call) -> Any:
        work = [item for item in company.deployments(self.today) if str(_team(item)) == call.path["teamId"]]
        if not work:
            raise Problem(404, "Team not found")
        return self._answer(call.body or {}, work)

    def _answer(self, body: Mapping[str, Any], work: Sequence[Deployment]) -> Any:
        granularity = _choice(body, "granularity", ("week", "month", "cycle"))
        kind = _choice(body, "type", ("issue", "pull_request", "cycle", "deployment"))
        if not isinstance(body.get("filters", []), list):
            raise Problem(400, "filters must be an array")
        start = _day(body, "startDate", self.today - timedelta(days=DAYS))
        end = _day(body, "endDate", self.today)
        if "cycle" in (granularity, kind):
            return self._cycles(work, start, end)
        groups = _grouped(work, body.get("groupBy"))
        parts = {key: _regular(kind, _periods(part, kind, granularity, start, end)) for key, part in groups.items()}
        if body.get("groupBy") is None:
            data, averages = parts[""]
            return {"data": data, "averages": averages}
        return {
            "data": [{"key": key, "values": data} for key, (data, _) in parts.items()],
            "averages": [{"key": key, "value": averages} for key, (_, averages) in parts.items()],
        }

    def _cycles(self, work: Sequence[Deployment], start: date, end: date) -> Any:
        sprints = [sprint for sprint in company.sprints(self.today) if sprint[2] >= start and sprint[1] <= end]
        inside = [[item for item in work if first <= item.at.date() <= last] for _, first, last in sprints]
        analytics = [_analytics(items) for items in inside]
        data = [
            {"name": name, "state": "closed" if last < self.today else "active", "analytics": numbers}
            for (name, _, last), numbers in zip(sprints, analytics, strict=True)
        ]
        names = analytics[0] if analytics else {}
        averages = {name: average(float(numbers[name] or 0) for numbers in analytics) for name in names}
        return {"data": data, "averages": {"cycle": averages}}


def _team(item: Deployment) -> int:
    return item.pull_request.repository.team.number


def _choice(body: Mapping[str, Any], field: str, allowed: tuple[str, ...]) -> str:
    """A closed field's value; its first where it is missing, which the document does not forbid."""
    value = body.get(field, allowed[0])
    if value not in allowed:
        raise Problem(400, f"{field} must be one of the following values: {', '.join(allowed)}")
    return str(value)


def _day(body: Mapping[str, Any], field: str, default: date) -> date:
    try:
        return datetime.strptime(body[field], "%Y-%m-%d").date() if field in body else default
    except (TypeError, ValueError):
        raise Problem(400, f"{field} must be formatted as YYYY-MM-DD") from None


def _grouped(work: Sequence[Deployment], by: Any) -> dict[str, list[Deployment]]:
    if by is None:
        return {"": list(work)}
    if by not in GROUPS:
        raise Problem(400, f"Cannot group by {by}")
    keys = dict.fromkeys(sorted(GROUPS[by](item) for item in work))
    return {key: [item for item in work if GROUPS[by](item) == key] for key in keys}


def _periods(
    work: Sequence[Deployment], kind: str, granularity: str, start: date, end: date
) -> dict[str, list[Deployment]]:
    """The work of each week or month from `start` to `end`, under its first day."""

    def first(day: date) -> str:
        return (day.replace(day=1) if granularity == "month" else day - timedelta(days=day.weekday())).isoformat()

    days = [start + timedelta(days=n) for n in range((end - start).days + 1)]
    periods: dict[str, list[Deployment]] = {first(day): [] for day in days}
    for item in work:
        day = (item.pull_request.merged_at if kind == "pull_request" else item.at).date()
        if start <= day <= end:
            periods[first(day)].append(item)
    return periods


def _regular(kind: str, periods: Mapping[str, list[Deployment]]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """`data` and `averages` of one group."""
    data: list[dict[str, Any]] = []
    averages: dict[str, Any] = {}
    for title, measure, value in MEASURES[kind]:
        series = [{"x": x, "value": value(work)} for x, work in periods.items()]
        data.append({"title": title, "measure": measure, "series": series})
        subject, name = measure.split(".")
        known = [float(point["value"]) for point in series if point["value"] is not None]
        averages.setdefault(subject, {})[name] = average(known)
    return data, averages


def _analytics(work: Sequence[Deployment]) -> dict[str, Any]:
    """The 14 numbers of a cycle, some as strings and some null, as in the document's example."""
    done, open_, injected = len(work), 1 + len(work) // 5, len(work) // 3
    done_points, injected_points = points(work), points(work[:injected])
    total, total_points = done + open_, done_points + 3 * open_
    return {
        "completionRate": str((Decimal(done) / total).quantize(Decimal("1e-20"))),
        "storyPointCompletionRate": done_points / total_points,
        "issueCount": str(total),
        "totalStoryPoints": total_points,
        "injectedIssueCount": str(injected),
        "injectedStoryPoints": injected_points,
        "completedIssueCount": str(done),
        "completedStoryPoints": done_points,
        "committedIssueCount": str(total - injected),
        "committedStoryPoints": total_points - injected_points,
        "excludedIssueCount": str(done // 8),
        "excludedStoryPoints": 0,
        "removedIssueCount": "0",
        "removedStoryPoints": None,
    }
