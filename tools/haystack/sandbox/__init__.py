"""Haystack's stand-in. The names of measures, beyond the document's `jiraIssue.count`, are made up."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from statistics import mean, quantiles
from typing import Any

from server.sandbox import Call, Problem, StandIn, endpoint
from tools import company
from tools.company import Deployment

TOKEN = "hs-sandbox"  # noqa: S105
REQUESTS_A_MINUTE = 20
FIRST_TEAM = 31
EPICS = ("Faster checkout", "Zero-trust login", "Quieter nights")
POINTS = (1, 2, 3, 5, 8)

Part = tuple[list[dict[str, Any]], dict[str, Any]]
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


def percentile_85(values: Sequence[int]) -> float | None:
    """The 85th percentile, as Haystack has it for lead times; null where there is nothing."""
    return quantiles(values, n=20, method="inclusive")[16] if len(values) > 1 else next(iter(values), None)


def lead_time(work: Sequence[Deployment]) -> float | None:
    """Minutes from the first commit to production."""
    return percentile_85([item.pull_request.lead_time for item in work])


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
        ("Change lead time (minutes)", "deployment.leadTime", lead_time),
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

FILTERS: Mapping[str, Callable[[Deployment], str]] = {
    **GROUPS,
    "project": lambda item: item.pull_request.repository.name,
    "issueType": lambda item: "Bug" if item.hotfix or item.failed else "Story",
}
"""What a filter may be about, by the last part of its field's name, which is made up as well."""


class HaystackSandbox(StandIn):
    """Bearer token, 20 requests a minute, the three forms of answers, filters and groups in each."""

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
        number = call.path["teamId"]
        work = [item for item in company.deployments(self.today) if str(team_number(item)) == number]
        if not work:
            raise Problem(404, "Team not found")
        return self._answer(call.body or {}, work)

    def _answer(self, body: Mapping[str, Any], work: Sequence[Deployment]) -> Any:
        granularity = _choice(body, "granularity", ("week", "month", "cycle"))
        kind = _choice(body, "type", ("issue", "pull_request", "cycle", "deployment"))
        start, end = _day(body, "startDate"), _day(body, "endDate")
        if start > end:
            raise Problem(400, "startDate must not be after endDate")
        groups = _grouped(_filtered(work, body.get("filters", [])), body.get("groupBy"))
        if "cycle" in (granularity, kind):
            parts = {key: self._cycles(part, start, end) for key, part in groups.items()}
        else:
            parts = {key: _regular(kind, _periods(part, kind, granularity, start, end)) for key, part in groups.items()}
        if body.get("groupBy") is None:
            data, averages = parts[""]
            return {"data": data, "averages": averages}
        return {
            "data": [{"key": key, "values": data} for key, (data, _) in parts.items()],
            "averages": [{"key": key, "value": averages} for key, (_, averages) in parts.items()],
        }

    def _cycles(self, work: Sequence[Deployment], start: date, end: date) -> Part:
        """`data` and `averages` of one group, by sprint."""
        sprints = [sprint for sprint in company.sprints(self.today) if sprint[2] >= start and sprint[1] <= end]
        inside = [[item for item in work if first <= item.at.date() <= last] for _, first, last in sprints]
        analytics = [_analytics(items) for items in inside]
        data = [
            {"name": name, "state": "closed" if last < self.today else "active", "analytics": numbers}
            for (name, _, last), numbers in zip(sprints, analytics, strict=True)
        ]
        names = analytics[0] if analytics else {}
        averages = {name: average(float(numbers[name] or 0) for numbers in analytics) for name in names}
        return data, {"cycle": averages}


def team_number(item: Deployment) -> int:
    """Haystack's own number of a deployment's team, which is another one than other vendors have."""
    return FIRST_TEAM + company.TEAMS.index(item.pull_request.repository.team)


def _choice(body: Mapping[str, Any], field: str, allowed: tuple[str, ...]) -> str:
    value = body.get(field)
    if value not in allowed:
        raise Problem(400, f"{field} must be one of the following values: {', '.join(allowed)}")
    return str(value)


def _day(body: Mapping[str, Any], field: str) -> date:
    try:
        return datetime.strptime(body.get(field, ""), "%Y-%m-%d").date()
    except (TypeError, ValueError):
        raise Problem(400, f"{field} must be formatted as YYYY-MM-DD") from None


def _filtered(work: Sequence[Deployment], filters: Any) -> list[Deployment]:
    if not isinstance(filters, list):
        raise Problem(400, "filters must be an array")
    kept = list(work)
    for number, wanted in enumerate(filters):
        if not isinstance(wanted, dict) or not isinstance(wanted.get("values"), list):
            raise Problem(400, f"filters.{number} must have field, operator and values")
        about = FILTERS.get(str(wanted.get("field")).rpartition(".")[2])
        if about is None or wanted.get("operator") != "in":
            raise Problem(400, f"filters.{number} is not supported")
        kept = [item for item in kept if about(item) in wanted["values"]]
    return kept


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


def _regular(kind: str, periods: Mapping[str, list[Deployment]]) -> Part:
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
