"""The incidents of LinearB's stand-in: those of the company's failed deployments."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from server.sandbox import Answer, Call, Problem, StandIn, endpoint
from tools import company
from tools.linearb.sandbox.numbers import service_id

LISTS = {"teams": "name", "services": "name", "repository_urls": "http_url"}
NULLABLE = ("started_at", "ended_at", "git_ref")
OPEN = "INC-900"
TEXTS = ("title", "issued_at", "started_at", "ended_at", "git_ref")


def repository_url(name: str) -> str:
    """A repository's address, as LinearB has it."""
    return f"https://git.acme.example/acme/{name}.git"


class IncidentEndpoints(StandIn):
    """Incidents by provider id; a deleted one is found by a search for deleted ones only."""

    def __init__(self, today: date) -> None:
        super().__init__(today)
        self.incidents: dict[str, dict[str, Any]] = {}
        for item in company.deployments(today):
            if item.restore is not None:
                self._add(item, item.restore)
        self._add_open(today)

    @endpoint("POST", "/api/v1/incidents/search")
    def search(self, call: Call) -> Any:
        body = call.body or {}
        found = [incident for incident in self.incidents.values() if _matches(incident, body)]
        order = body.get("sort_by", "issued_at")
        found.sort(key=lambda incident: incident.get(order) or "", reverse=body.get("sort_dir", "desc") == "desc")
        start = body.get("offset", 0)
        return {"total": len(found), "items": found[start : start + body.get("limit", 25)]}

    @endpoint("POST", "/api/v1/incidents")
    def create(self, call: Call) -> Any:
        body = call.body or {}
        for name in ("provider_id", "http_url", "title", "issued_at"):
            if not body.get(name):
                raise Problem(422, f"body.{name}: field required")
        known = self.incidents.get(body["provider_id"])
        if known and known["status"] != "deleted":
            raise Problem(409, "Incident already exists")
        incident = {"provider_id": body["provider_id"], "http_url": body["http_url"]}
        self._write(incident, body)
        self.incidents[body["provider_id"]] = incident
        return Answer(201)

    @endpoint("GET", "/api/v1/incidents/{provider_id:path}")
    def read(self, call: Call) -> Any:
        return self._incident(call)

    @endpoint("PATCH", "/api/v1/incidents/{provider_id:path}")
    def change(self, call: Call) -> Any:
        self._write(self._incident(call), call.body or {})
        return Answer(204)

    @endpoint("DELETE", "/api/v1/incidents/{provider_id:path}")
    def delete(self, call: Call) -> Any:
        self._incident(call)["status"] = "deleted"
        return Answer(204)

    def _incident(self, call: Call) -> dict[str, Any]:
        incident = self.incidents.get(call.path["provider_id"])
        if incident is None or incident["status"] == "deleted":
            raise Problem(404, "Incident not found")
        return incident

    def _write(self, incident: dict[str, Any], body: Mapping[str, Any]) -> None:
        for name in TEXTS:
            if name in body and not (isinstance(body[name], str) or (body[name] is None and name in NULLABLE)):
                raise Problem(422, f"body.{name}: str type expected")
        for name in LISTS:
            if name in body and not body[name]:
                raise Problem(422, f"body.{name}: ensure this value has at least 1 items")
        incident.update({name: body[name] for name in TEXTS if name in body})
        for name, key in LISTS.items():
            if name in body:
                incident["repositories" if name == "repository_urls" else name] = [{key: text} for text in body[name]]
        started = "in-progress" if incident.get("started_at") else "open"
        incident["status"] = "closed" if incident.get("ended_at") else started

    def _add(self, item: company.Deployment, minutes: int) -> None:
        repository = item.pull_request.repository
        self.incidents[f"INC-{item.number}"] = {
            **_incident(f"INC-{item.number}", f"{repository.name}: errors after PR {item.number}", item.at, repository),
            "ended_at": _text(item.at + timedelta(minutes=minutes)),
            "git_ref": item.pull_request.revision,
            "services": [{"id": service_id(item), "name": repository.name}],
            "status": "closed",
        }

    def _add_open(self, today: date) -> None:
        """An incident that no deployment caused, and that somebody works on since yesterday."""
        since = datetime.combine(today, time(16, 40), UTC) - timedelta(days=1)
        title = "platform-api: logins take half a minute"
        self.incidents[OPEN] = _incident(OPEN, title, since, company.REPOSITORIES[0])


def _incident(number: str, title: str, at: datetime, repository: company.Repository) -> dict[str, Any]:
    return {
        "provider_id": number,
        "http_url": f"https://pm.acme.example/{number}",
        "title": title,
        "issued_at": _text(at),
        "started_at": _text(at),
        "ended_at": None,
        "git_ref": None,
        "teams": [{"id": repository.team.number, "name": repository.team.name}],
        "services": [],
        "repositories": [{"id": repository.number, "http_url": repository_url(repository.name)}],
        "status": "in-progress",
    }


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _matches(incident: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    if incident["status"] not in body.get("statuses", ("open", "in-progress", "closed")):
        return False
    named = {
        name: {item.get(key) for item in incident.get("repositories" if name == "repository_urls" else name) or []}
        for name, key in LISTS.items()
    }
    if not all(named[name] & set(body[name]) for name in LISTS if name in body):
        return False
    return all(
        _inside(incident.get(name), body[name]) for name in ("issued_at", "started_at", "ended_at") if name in body
    )


def _inside(moment: str | None, period: Mapping[str, str]) -> bool:
    """Whether a moment is in a period; ISO 8601 in UTC compares as text, a day with its moments too."""
    if moment is None:
        return False
    before = period.get("before")
    return period.get("after", "") <= moment and (before is None or moment[: len(before)] <= before)
