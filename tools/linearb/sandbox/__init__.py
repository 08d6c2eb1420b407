"""LinearB's stand-in: authentication, limits, errors, and the lists."""

from collections import defaultdict, deque
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from server.sandbox import Call, Problem, endpoint
from tools import company
from tools.linearb.sandbox.incidents import IncidentEndpoints, repository_url
from tools.linearb.sandbox.measurements import MeasurementEndpoints
from tools.linearb.sandbox.numbers import FIRST_SERVICE, ORGANIZATION, contributor_id

KEY = "lb-sandbox"
REQUESTS_A_MINUTE = 60
MEMBER_SINCE = "2025-01-06"


class LinearBSandbox(MeasurementEndpoints, IncidentEndpoints):
    """x-api-key or bearer, 60 requests a minute to an endpoint, `{total, items}` lists."""

    def __init__(self, today: date) -> None:
        super().__init__(today)
        self.seen: defaultdict[Any, deque[datetime]] = defaultdict(deque)
        self.deployments = [_deployment(item) for item in company.deployments(today)]

    def authenticate(self, call: Call) -> None:
        if "name" in call.path:  # the file store of reports, which is not LinearB's API
            return
        headers = call.request.headers
        if "x-api-key" not in headers and "authorization" not in headers:
            raise Problem(401, "Unauthorized")
        if KEY not in (headers.get("x-api-key"), headers.get("authorization", "").removeprefix("Bearer ")):
            raise Problem(403, "Forbidden")
        now, seen = self.now(), self.seen[call.request.scope["endpoint"]]
        while seen and now - seen[0] >= timedelta(minutes=1):
            seen.popleft()
        if len(seen) >= REQUESTS_A_MINUTE:
            raise Problem(429, "Too Many Requests")
        seen.append(now)

    def error(self, status: int, words: str) -> Any:
        if status != 422:
            return {"message": words} if status in (401, 403, 429) else {"detail": words}
        where, _, what = words.partition(": ")
        return {"detail": [{"loc": where.split("."), "msg": what, "type": "value_error"}]}

    def unknown_url(self, path: str, status: int) -> Problem:
        return Problem(405, "Method Not Allowed") if status == 405 else super().unknown_url(path, status)

    @endpoint("GET", "/api/v1/deployments")
    def list_deployments(self, call: Call) -> Any:
        wanted = {name: call.query(name) for name in ("repository_id", "stage", "commit_sha")}
        if not (wanted["repository_id"] or "0").isdigit():
            raise Problem(422, "query.repository_id: value is not a valid integer")
        after, before = call.query("after") or "", call.query("before") or "9"
        rows = [
            row
            for row in self.deployments
            if all(value in (None, str(row[name])) for name, value in wanted.items())
            and after <= row["published_at"]
            and row["published_at"][: len(before)] <= before
        ]
        rows.sort(key=lambda row: str(row["published_at"]), reverse=call.query("sort_dir") != "asc")
        return _page(rows, call, "limit", 10, 100)

    @endpoint("POST", "/api/v1/deployments")
    def create_deployment(self, call: Call) -> Any:
        body = call.body or {}
        for name in ("repo_url", "ref_name"):
            if not body.get(name):
                raise Problem(422, f"body.{name}: field required")
        repository = next((r for r in company.REPOSITORIES if repository_url(r.name) == body["repo_url"]), None)
        if repository is None:
            raise Problem(404, "Repository not found")
        number = len(self.deployments) + 1
        self.deployments.append(
            {
                "id": 40000 + number,
                "repository_id": repository.number,
                "ref_name": body["ref_name"],
                "commit_sha": body["ref_name"],
                "stage": body.get("stage", "release"),
                "published_at": body.get("timestamp") or _text(self.now()),
            }
        )
        return {"request_id": f"deployment-{number}"}

    @endpoint("GET", "/api/v2/teams")
    def list_teams(self, call: Call) -> Any:
        rows = [_team(team) for team in company.TEAMS if (call.query("search_term") or "").lower() in team.name.lower()]
        return _page(rows, call, "page_size", 50, 50)

    @endpoint("GET", "/api/v2/teams/{team_id}/members")
    def list_members(self, call: Call) -> Any:
        people = [person for person in company.PEOPLE if str(person.team.number) == call.path["team_id"]]
        if not people:
            raise Problem(404, "Team not found")
        return [{"id": p.number, "name": p.name, "email": p.email, "joined_at": MEMBER_SINCE} for p in people]

    @endpoint("GET", "/api/v1/users")
    def list_users(self, call: Call) -> Any:
        field, term = call.query("search_by_field") or "name", (call.query("search_term") or "").lower()
        rows = [_user(person, call.query("include_user_children") == "true") for person in company.PEOPLE]
        role = call.query("user_role")
        rows = [r for r in rows if term in r[field].lower() and role in (None, r["permissions"]["role"])]
        if order := call.query("order_by"):
            rows.sort(key=lambda row: str(row[order]), reverse=call.query("order_dir") == "DESC")
        return _page(rows, call, "page_size", 50, 50)

    @endpoint("GET", "/api/v1/services/")
    def list_services(self, call: Call) -> Any:
        wanted = call.query("repository_id")
        rows = [row for row in self._services() if wanted in (None, str(row["paths"][0]["id"]))]
        return {"total": len(rows), "items": rows}

    @endpoint("GET", "/api/v1/services/{service_id}")
    def get_service(self, call: Call) -> Any:
        found = next((row for row in self._services() if str(row["id"]) == call.path["service_id"]), None)
        if found is None:
            raise Problem(404, "Service not found")
        return found

    @endpoint("GET", "/api/v1/repositories")
    def list_repositories(self, call: Call) -> Any:
        return [{"id": r.number, "name": r.name, "http_url": repository_url(r.name)} for r in company.REPOSITORIES]

    def _services(self) -> list[dict[str, Any]]:
        return [
            {
                "id": FIRST_SERVICE + number,
                "name": repository.name,
                "paths": [{"id": repository.number, "name": repository.name, "paths": ["/"]}],
            }
            for number, repository in enumerate(company.REPOSITORIES)
        ]


def _page(rows: Sequence[Any], call: Call, name: str, default: int, most: int) -> dict[str, Any]:
    try:
        start, size = int(call.query("offset") or 0), int(call.query(name) or default)
    except ValueError:
        raise Problem(422, f"query.{name}: value is not a valid integer") from None
    if not 1 <= size <= most:
        raise Problem(422, f"query.{name}: ensure this value is from 1 to {most}")
    if start < 0:
        raise Problem(422, "query.offset: ensure this value is greater than or equal to 0")
    return {"total": len(rows), "items": rows[start : start + size]}


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _deployment(item: company.Deployment) -> dict[str, Any]:
    return {
        "id": 40000 + item.number,
        "repository_id": item.pull_request.repository.number,
        "ref_name": f"v1.{item.number}",
        "commit_sha": item.pull_request.revision,
        "stage": "release",
        "published_at": _text(item.at),
    }


def _team(team: company.Team) -> dict[str, Any]:
    return {
        "id": team.number,
        "organization_id": ORGANIZATION,
        "name": team.name,
        "color": "#3B48B3",
        "initials": team.name[:2].upper(),
        "created_at": "2025-01-06T08:00:00Z",
        "deleted_at": None,
        "parent_id": None,
    }


def _user(person: company.Person, children: bool) -> dict[str, Any]:
    user = {
        "id": person.number,
        "organization_id": str(ORGANIZATION),
        "name": person.name,
        "email": person.email,
        "created_at": "2025-01-06T08:00:00Z",
        "team_membership": [{"id": person.team.number, "name": person.team.name}],
        "permissions": {"role": "editor" if person.leads else "viewer"},
    }
    contributor = {"id": contributor_id(person), "name": person.name, "email": person.email}
    return {**user, "connected_users": {"platform_users": [], "contributors": [contributor]}} if children else user
