"""What all parts of Buddy's stand-in share: credentials, the hourly limit, errors, pages, the data."""

import re
import time
from collections.abc import Mapping
from datetime import date
from typing import Any, TypeVar

from server.sandbox import Call, Problem, StandIn
from tools import company
from tools.buddy.sandbox.data import APP, PipelineState, ProjectState, project

K = TypeVar("K")
V = TypeVar("V")

WORKSPACE = "/workspaces/{workspace}"
PROJECT = WORKSPACE + "/projects/{project}"
HOUR = 3600
REQUESTS_AN_HOUR = 5000


# The types of what bodies set of projects, variables and environments; what is not here is taken as it comes.
KINDS: dict[str, type] = {
    **dict.fromkeys(
        "name display_name identifier key value description type access scope public_url file_place file_path"
        " file_chmod external_project_id custom_repo_url custom_repo_user custom_repo_pass"
        " fetch_submodules_env_key".split(),
        str,
    ),
    **dict.fromkeys(
        "encrypted settable allow_pull_requests fetch_submodules update_default_branch_from_external"
        " without_repository".split(),
        bool,
    ),
    **dict.fromkeys(("project", "pipeline", "action", "environment", "integration", "permissions"), dict),
    **dict.fromkeys(("tags", "variables"), list),
    "custom_repo_ssh_key_id": int,
}
NEVER_EMPTY = ("name", "display_name", "identifier", "key")


class World(StandIn):
    """The state of the stand-in and the conventions of its answers."""

    def __init__(self, today: date) -> None:
        super().__init__(today)
        self.remaining = REQUESTS_AN_HOUR
        self.resets_at = int(time.time()) + HOUR
        self.projects = {
            repository.name: project(number, repository, today)
            for number, repository in enumerate(company.REPOSITORIES, 1)
        }

    def authenticate(self, call: Call) -> None:
        if call.request.headers.get("authorization") != "Bearer buddy-sandbox-token":
            raise Problem(401, "Wrong authentication data. Check access_token parameter.")
        if time.time() >= self.resets_at:
            self.remaining, self.resets_at = REQUESTS_AN_HOUR, int(time.time()) + HOUR
        if self.remaining <= 0:
            raise Problem(403, "Rate limit exceeded.")
        self.remaining -= 1
        if call.path.get("workspace", "acme") != "acme":
            raise Problem(404, "Workspace not found.")

    def error(self, status: int, words: str) -> Any:
        return {"errors": [{"message": words}]}

    def headers(self) -> Mapping[str, str]:
        return {
            "X-Rate-Limit-Limit": str(REQUESTS_AN_HOUR),
            "X-Rate-Limit-Remaining": str(self.remaining),
            "X-Rate-Limit-Reset": str(self.resets_at),
        }

    def unknown_url(self, path: str, status: int) -> Problem:
        return Problem(400, f"Invalid url: {path}")

    def project(self, call: Call) -> ProjectState:
        """The project that a call is about."""
        return found(self.projects, call.path["project"], "Project")

    def pipeline(self, call: Call) -> PipelineState:
        """The pipeline that a call is about."""
        return found(self.project(call).pipelines, number(call.path["pipeline"]), "Pipeline")

    def linked(self, call: Call, path: str, facts: Mapping[str, Any], *without: str) -> dict[str, Any]:
        """An object with its two addresses; `path` is under the workspace."""
        rest = {name: _absolute(call, value) for name, value in facts.items() if name not in without}
        # In the document's samples a page's address has no `projects`, and a single commit stands under `commit`.
        page = re.sub("^/projects/", "/", path).replace("/repository/commits/", "/repository/commit/")
        return {"url": f"{call.url}/workspaces/acme{path}", "html_url": f"{APP}{page}", **rest}


def _absolute(call: Call, value: Any) -> Any:
    """A person as it is kept, with an address that does not depend on where the stand-in is, as it is served."""
    inside = value.get("url") if isinstance(value, Mapping) else None
    return {**value, "url": call.url + inside} if inside and inside.startswith("/") else value


def found(things: Mapping[K, V], key: K, kind: str) -> V:
    """The thing under `key`. Raises Problem as Buddy does where there is none."""
    if key not in things:
        raise Problem(404, f"{kind} not found.")
    return things[key]


def number(text: str) -> int:
    """An id from a path, which Buddy has as a number."""
    if not text.isdecimal():
        raise Problem(400, f"Invalid value: {text}")
    return int(text)


def required(body: Any, *names: str) -> dict[str, Any]:
    """The body, if it has all of `names`."""
    given: dict[str, Any] = body if isinstance(body, dict) else {}
    for name in names:
        if given.get(name) in (None, ""):
            raise Problem(400, f"Value of '{name}' cannot be empty.")
    return given


def typed(body: Any, *names: str) -> dict[str, Any]:
    """The body, if it has all of `names` and every field has its type. Raises Problem as Buddy does."""
    if not isinstance(body, dict):
        raise Problem(400, "The body is not an object.")
    given = required(body, *names)
    for name, value in given.items():
        if name in NEVER_EMPTY and value in (None, ""):
            raise Problem(400, f"Value of '{name}' cannot be empty.")
        kind = KINDS.get(name)
        if kind and value is not None and (not isinstance(value, kind) or (isinstance(value, bool) and kind is int)):
            raise Problem(400, f"Value of '{name}' has a wrong type.")
    return given


def paged(call: Call, rows: list[Any]) -> tuple[int, int, list[Any]]:
    """Page number, page size, and the rows of the page that a call asks for."""
    page, size = (number(call.query(name) or default) for name, default in (("page", "1"), ("per_page", "20")))
    for name, value in (("page", page), ("per_page", size)):
        if value < 1:
            raise Problem(400, f"Value of '{name}' must be positive.")
    return page, size, rows[(page - 1) * size : page * size]
