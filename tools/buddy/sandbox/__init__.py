"""Buddy's stand-in."""

from datetime import date
from itertools import count
from typing import Any

from server.sandbox import Answer, Call, Problem, endpoint
from tools import company
from tools.buddy.sandbox.data import APP, Branch, ProjectState, person, project_facts
from tools.buddy.sandbox.pipelines import Pipelines
from tools.buddy.sandbox.repository import Repositories
from tools.buddy.sandbox.world import PROJECT, WORKSPACE, found, number, paged, typed

VARIABLES = WORKSPACE + "/variables"
ENVIRONMENTS = WORKSPACE + "/environments"
SUMMARY = ("name", "display_name", "status", "access", "create_date")
ANSWERED = ("variables", "permissions")


class BuddySandbox(Repositories, Pipelines):
    """One workspace: a project a repository, an execution a deployment, variables, environments."""

    def __init__(self, today: date) -> None:
        super().__init__(today)
        self.variables: dict[int, dict[str, Any]] = {}
        self._add_variable(key="LOG_LEVEL", value="info", description="For all services")
        self._add_variable(key="REGION", value="eu-west-1", project={"name": "payments-service"}, settable=True)
        self._add_variable(
            key="WEBHOOK_SECRET",
            value="!encrypted 9f2c41d7",
            encrypted=True,
            project={"name": "payments-service"},
        )
        self._add_variable(
            key="id_deploy",
            value="!encrypted 51aa07be",
            type="SSH_KEY",
            encrypted=True,
            public_value="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 deploy@acme.example",
            file_place="CONTAINER",
            file_path="~/.ssh/id_deploy",
            file_chmod="600",
        )
        self.environments: dict[str, dict[str, Any]] = {}
        self._add_environment("3a4KbBQl", "Production", "production", public_url="https://acme.example")
        self._add_environment("9DBbgP4q", "Staging", "staging", public_url="https://staging.acme.example")
        self._add_environment(
            "7kPmW2xR", "App preview", "preview", scope="PROJECT", project={"name": "mobile-app"}, tags=["preview"]
        )
        self._environment_numbers = count(len(self.environments) + 1)

    @endpoint("GET", "/user")
    def get_user(self, call: Call) -> Any:
        return person(company.PEOPLE[0], call.url) | {"workspaces_url": f"{call.url}/workspaces"}

    @endpoint("GET", "/workspaces")
    def list_workspaces(self, call: Call) -> Any:
        return {"url": f"{call.url}/workspaces", "html_url": APP, "workspaces": [self._workspace(call)]}

    @endpoint("GET", WORKSPACE)
    def get_workspace(self, call: Call) -> Any:
        return self._workspace(call) | {"projects_url": f"{call.url}/workspaces/acme/projects"}

    @endpoint("GET", WORKSPACE + "/projects")
    def list_projects(self, call: Call) -> Any:
        key = "create_date" if call.query("sort_by") == "create_date" else "name"
        rows = [s.facts for s in self.projects.values() if call.query("status") in (None, s.facts["status"])]
        rows.sort(key=lambda facts: facts[key], reverse=call.query("sort_direction") == "DESC")
        _, _, shown = paged(call, rows)
        served = [
            self.linked(call, f"/projects/{facts['name']}", {name: facts[name] for name in SUMMARY}) for facts in shown
        ]
        return self.linked(call, "/projects", {"projects": served})

    @endpoint("POST", WORKSPACE + "/projects")
    def create_project(self, call: Call) -> Any:
        body = typed(call.body, "display_name")
        name = body.get("name") or company.slug_of(body["display_name"]) or f"project-{len(self.projects) + 1}"
        if name in self.projects:
            raise Problem(400, f"Project '{name}' already exists.")
        facts = project_facts(name, body["display_name"], self.today) | body | {"name": name}
        self.projects[name] = ProjectState(facts, {}, {"main": Branch([], {})}, {})
        return Answer(201, self._project(call, self.projects[name]))

    @endpoint("GET", PROJECT)
    def get_project(self, call: Call) -> Any:
        return self._project(call, self.project(call))

    @endpoint("PATCH", PROJECT)
    def update_project(self, call: Call) -> Any:
        state, body = self.project(call), typed(call.body)
        old = state.facts["name"]
        name = body.get("name", old)
        if name != old and name in self.projects:
            raise Problem(400, f"Project '{name}' already exists.")
        del self.projects[old]
        state.facts.update(body)
        self.projects[name] = state
        return self._project(call, state)

    @endpoint("DELETE", PROJECT)
    def delete_project(self, call: Call) -> Any:
        del self.projects[self.project(call).facts["name"]]
        return Answer(204)

    @endpoint("GET", VARIABLES)
    def list_variables(self, call: Call) -> Any:
        names = {
            "project": "projectName",
            "pipeline": "pipelineId",
            "action": "actionId",
            "environment": "environment_id",
        }
        scope = {kind: call.query(name) for kind, name in names.items() if call.query(name)}
        rows = [v for v in self.variables.values() if _scope_of(v) == scope]
        return {"html_url": f"{APP}/variables", "variables": [self._variable(call, row) for row in rows]}

    @endpoint("POST", VARIABLES)
    def create_variable(self, call: Call) -> Any:
        body = typed(call.body, "key", "value")
        return Answer(201, self._variable(call, self._add_variable(**body)))

    @endpoint("GET", VARIABLES + "/{variable}")
    def get_variable(self, call: Call) -> Any:
        return self._variable(call, self._found_variable(call))

    @endpoint("PATCH", VARIABLES + "/{variable}")
    def update_variable(self, call: Call) -> Any:
        variable = self._found_variable(call)
        variable.update(typed(call.body))
        return self._variable(call, variable)

    @endpoint("DELETE", VARIABLES + "/{variable}")
    def delete_variable(self, call: Call) -> Any:
        del self.variables[self._found_variable(call)["id"]]
        return Answer(204)

    @endpoint("GET", ENVIRONMENTS)
    def list_environments(self, call: Call) -> Any:
        name = call.query("project_name")
        rows = [e for e in self.environments.values() if not name or (e["project"] or {}).get("name") == name]
        served = [self.linked(call, f"/environments/{row['id']}", row, *ANSWERED) for row in rows]
        return self.linked(call, "/environments", {"environments": served})

    @endpoint("POST", ENVIRONMENTS)
    def create_environment(self, call: Call) -> Any:
        body = typed(call.body, "name", "identifier")
        key = f"env{next(self._environment_numbers):05d}"
        facts = {name: value for name, value in body.items() if name not in ("name", "identifier")}
        return Answer(
            201, self._environment(call, self._add_environment(key, body["name"], body["identifier"], **facts))
        )

    @endpoint("GET", ENVIRONMENTS + "/{environment}")
    def get_environment(self, call: Call) -> Any:
        return self._environment(call, found(self.environments, call.path["environment"], "Environment"))

    @endpoint("PATCH", ENVIRONMENTS + "/{environment}")
    def update_environment(self, call: Call) -> Any:
        environment = found(self.environments, call.path["environment"], "Environment")
        environment.update(typed(call.body))
        return self._environment(call, environment)

    @endpoint("DELETE", ENVIRONMENTS + "/{environment}")
    def delete_environment(self, call: Call) -> Any:
        found(self.environments, call.path["environment"], "Environment")
        del self.environments[call.path["environment"]]
        return Answer(204)

    def _workspace(self, call: Call) -> dict[str, Any]:
        facts = {"id": 1, "owner_id": 1, "name": company.NAME, "domain": "acme", "frozen": False}
        return self.linked(call, "", facts | {"create_date": "2024-01-15T09:00:00.2Z"})

    def _project(self, call: Call, state: ProjectState) -> dict[str, Any]:
        return self.linked(call, f"/projects/{state.facts['name']}", state.facts)

    def _found_variable(self, call: Call) -> dict[str, Any]:
        return found(self.variables, number(call.path["variable"]), "Variable")

    def _variable(self, call: Call, facts: dict[str, Any]) -> dict[str, Any]:
        return self.linked(call, f"/variables/{facts['id']}", facts)

    def _add_variable(self, **given: Any) -> dict[str, Any]:
        facts = {
            "id": max(self.variables, default=0) + 1,
            "type": "VAR",
            "encrypted": False,
            "settable": False,
            "description": None,
            "public_value": None,
            **given,
        }
        self.variables[facts["id"]] = facts
        return facts

    def _environment(self, call: Call, facts: dict[str, Any]) -> dict[str, Any]:
        return self.linked(call, f"/environments/{facts['id']}", facts)

    def _add_environment(self, key: str, name: str, identifier: str, **given: Any) -> dict[str, Any]:
        self.environments[key] = {
            "id": key,
            "name": name,
            "identifier": identifier,
            "scope": "WORKSPACE",
            "project": None,
            "tags": [],
            "public_url": None,
            "variables": [{"id": 91, "key": "DSN", "value": f"postgres://{identifier}", "encrypted": False}],
            "permissions": {"others": "USE_ONLY", "users": [], "groups": []},
            **given,
        }
        return self.environments[key]


def _scope_of(variable: dict[str, Any]) -> dict[str, str]:
    """What a variable belongs to: nothing for the workspace's own."""
    objects = {kind: variable.get(kind) for kind in ("project", "pipeline", "action", "environment")}
    return {kind: str(next(iter(found.values()))) for kind, found in objects.items() if found}
