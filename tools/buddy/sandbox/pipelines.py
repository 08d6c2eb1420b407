"""Buddy's stand-in: pipelines, actions, executions and their logs."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from server.sandbox import Answer, Call, Problem, endpoint
from tools import company
from tools.buddy.sandbox.data import (
    APP,
    PipelineState,
    ProjectState,
    Run,
    fine,
    person,
    pipeline_facts,
    run,
)
from tools.buddy.sandbox.logs import FINISHED, log
from tools.buddy.sandbox.world import PROJECT, World, found, number, paged, required

PIPELINES = PROJECT + "/pipelines"
PIPELINE = PIPELINES + "/{pipeline}"
EXECUTIONS = PIPELINE + "/executions"
EXECUTION = EXECUTIONS + "/{execution}"
ACTION_EXECUTION = EXECUTION + "/action_executions/{action_execution}"
SHORT_ACTION = ("id", "name", "type", "trigger_time", "last_execution_status", "disabled")
SUMMARY = ("priority", "paused", "target_site_url", "create_date", "creator", "variables", "disabled_reason")
QUEUED, RUNNING = timedelta(seconds=2), timedelta(seconds=6)
SETTINGS = {
    **dict.fromkeys(("name", "identifier", "worker", "cpu", "target_site_url", "disabled_reason"), str),
    **dict.fromkeys(("priority", "git_config_ref", "definition_source"), str),
    **dict.fromkeys(("refs", "tags", "events", "trigger_conditions", "loop", "variables"), list),
    **dict.fromkeys(("always_from_scratch", "fetch_all_refs", "auto_clear_cache", "paused", "disabled"), bool),
    **dict.fromkeys(("git_config", "permissions"), dict),
    "concurrent_pipeline_runs": bool,
    "clone_depth": int,
}
RUN = {
    **dict.fromkeys(("to_revision", "from_revision", "branch", "tag", "pull_request"), dict),
    **dict.fromkeys(("comment", "priority", "delay_until", "environment", "package_version"), str),
    **dict.fromkeys(("refresh", "clear_cache"), bool),
    **dict.fromkeys(("variables", "actions_to_run"), list),
}
PRIORITIES = (None, "LOW", "NORMAL", "HIGH")


class Pipelines(World):
    """Pipelines whose executions go on with time."""

    @endpoint("GET", PIPELINES)
    def list_pipelines(self, call: Call) -> Any:
        state = self.project(call)
        key = "name" if call.query("sort_by") == "name" else "id"
        reverse = call.query("sort_direction") == "DESC"
        ordered = sorted(state.pipelines.values(), key=lambda pipeline: pipeline.facts[key], reverse=reverse)
        _, _, rows = paged(call, ordered)
        served = [self._pipeline(call, state, row, *SUMMARY) for row in rows]
        return self._paged(call, "/pipelines", "/pipelines", {"pipelines": served})

    @endpoint("POST", PIPELINES)
    def create_pipeline(self, call: Call) -> Any:
        state, body = self.project(call), checked(required(call.body, "name"), SETTINGS)
        highest = max((key for each in self.projects.values() for key in each.pipelines), default=0)
        facts = pipeline_facts(highest + 1, body["name"], self.today) | {"variables": []} | body
        state.pipelines[highest + 1] = PipelineState(facts, [])
        return Answer(201, self._pipeline(call, state, state.pipelines[highest + 1]))

    @endpoint("GET", PIPELINE)
    def get_pipeline(self, call: Call) -> Any:
        return self._pipeline(call, self.project(call), self.pipeline(call))

    @endpoint("PATCH", PIPELINE)
    def update_pipeline(self, call: Call) -> Any:
        pipeline = self.pipeline(call)
        body = checked(required(call.body), SETTINGS)
        pipeline.facts.update(required(body, *({"name"} & body.keys())))
        return self._pipeline(call, self.project(call), pipeline)

    @endpoint("DELETE", PIPELINE)
    def delete_pipeline(self, call: Call) -> Any:
        del self.project(call).pipelines[self.pipeline(call).facts["id"]]
        return Answer(204)

    @endpoint("GET", PIPELINE + "/actions")
    def list_actions(self, call: Call) -> Any:
        pipeline = self.pipeline(call)
        rows = [self._action(call, row) for row in pipeline.actions]
        return self._under(call, "/actions", "/actions", {"actions": rows})

    @endpoint("GET", PIPELINE + "/actions/{action}")
    def get_action(self, call: Call) -> Any:
        pipeline = self.pipeline(call)
        actions = {action["id"]: action for action in pipeline.actions}
        action = found(actions, number(call.path["action"]), "Action")
        owner = self._pipeline(call, self.project(call), pipeline, *SUMMARY)
        return self._action(call, {**action, "pipeline": owner})

    @endpoint("GET", EXECUTIONS)
    def list_executions(self, call: Call) -> Any:
        pipeline = self.pipeline(call)
        runs = sorted(pipeline.runs.values(), key=lambda run: -run.facts["id"])
        for each in runs:
            self._catch_up(pipeline, each)
        page, size, rows = paged(call, runs)
        counts = {
            "page": page,
            "page_size": size,
            "total_page_count": -(-len(runs) // size),
            "element_count": len(rows),
            "total_element_count": len(runs),
        }
        served = [self._execution(call, row, whole=False) for row in rows]
        return self._under(call, "/executions", "/executions", {**counts, "executions": served})

    @endpoint("POST", EXECUTIONS)
    def run_pipeline(self, call: Call) -> Any:
        state, pipeline, body = self.project(call), self.pipeline(call), checked(required(call.body), RUN)
        branch = (body.get("branch") or {}).get("name") or state.facts["default_branch"]
        history = found(state.branches, branch, "Branch").history
        revision = (body.get("to_revision") or {}).get("revision", "HEAD")
        if revision != "HEAD" and revision not in state.commits:
            raise Problem(400, "Revision not found.")
        for variable in body.get("variables") or []:
            required(variable, "key")
        actions = {action["id"] for action in pipeline.actions}
        if not actions.issuperset(body.get("actions_to_run") or []):
            raise Problem(404, "Action not found.")
        key = 1 + max(key for each in self.projects.values() for p in each.pipelines.values() for key in p.runs)
        started = run(
            key, history[0] if revision == "HEAD" else revision, self.now(), ["INITIAL"] * len(pipeline.actions)
        )
        names = ("comment", "refresh", "priority", "delay_until", "clear_cache", "environment", "package_version")
        started.facts |= {name: body[name] for name in names if name in body}
        started.facts |= {"branch": branch, "tag": body.get("tag"), "pull_request": body.get("pull_request")}
        started.facts |= {"triggeredOn": "CLICK", "status": "ENQUEUED", "creator": person(company.PEOPLE[0])}
        started.begun = self.now()
        started.facts |= {"start_date": fine(started.begun), "finish_date": None}
        at = moment(body["delay_until"]) if body.get("delay_until") else self.now() + QUEUED
        started.ahead = [(at, "INPROGRESS"), (at + RUNNING, "SUCCESSFUL")]
        pipeline.runs[key] = started
        return Answer(201, self._execution(call, started))

    @endpoint("GET", EXECUTION)
    def get_execution(self, call: Call) -> Any:
        return self._execution(call, self._run(call))

    @endpoint("PATCH", EXECUTION)
    def control(self, call: Call) -> Any:
        current, operation = self._run(call), required(call.body, "operation")["operation"]
        finished, waiting = current.facts["status"] in FINISHED, "WAITING_FOR_APPLY" in current.statuses
        allowed = {
            "CANCEL": not finished,
            "RETRY": finished and current.facts["status"] != "SUCCESSFUL",
            "APPLY": waiting,
            "APPLY_VARIABLES": waiting and bool(call.body.get("variables")),
            "RUN_DELAYED": "delay_until" in current.facts and not finished,
        }
        if not allowed.get(operation):
            raise Problem(400, f"Operation '{operation}' is not allowed for this execution.")
        self._go_on(self.pipeline(call), current, "TERMINATED" if operation == "CANCEL" else "INPROGRESS", self.now())
        current.ahead = [] if operation == "CANCEL" else [(self.now() + RUNNING, "SUCCESSFUL")]
        return self._execution(call, current)

    @endpoint("GET", ACTION_EXECUTION)
    def get_action_execution(self, call: Call) -> Any:
        current = self._run(call)
        return self._action_run(call, current, self._position(call, current)) | {"log": []}

    @endpoint("GET", ACTION_EXECUTION + "/logs")
    def get_logs(self, call: Call) -> Any:
        current, pipeline = self._run(call), self.pipeline(call)
        position = self._position(call, current)
        lines = log(
            self.project(call).facts["name"], pipeline.actions[position], current.statuses[position], current.cause
        )
        offset, limit = (number(call.query(name) or default) for name, default in (("offset", "0"), ("limit", "100")))
        if limit > 1000:
            raise Problem(400, "Value of 'limit' cannot be greater than 1000.")
        shown = lines[offset : offset + limit]
        return {"offset": offset, "element_count": len(shown), "total_element_count": len(lines), "logs": shown}

    def _paged(self, call: Call, path: str, page: str, facts: Mapping[str, Any]) -> dict[str, Any]:
        """Something of a project with its two addresses: the API's own, and that of the page for people."""
        name = call.path["project"]
        return self.linked(call, f"/projects/{name}{path}", facts) | {"html_url": f"{APP}/{name}{page}"}

    def _under(self, call: Call, path: str, page: str, facts: Mapping[str, Any]) -> dict[str, Any]:
        """The same of something that a pipeline has."""
        key = call.path["pipeline"]
        return self._paged(call, f"/pipelines/{key}{path}", f"/pipelines/pipeline/{key}{page}", facts)

    def _action(self, call: Call, facts: Mapping[str, Any]) -> dict[str, Any]:
        return self._under(call, f"/actions/{facts['id']}", f"/action/{facts['id']}/edit", facts)

    def _pipeline(self, call: Call, state: ProjectState, pipeline: PipelineState, *without: str) -> dict[str, Any]:
        name = state.facts["name"]
        owner = {"name": name, "display_name": state.facts["display_name"], "status": state.facts["status"]}
        facts = {key: value for key, value in pipeline.facts.items() if key not in without}
        if not without:
            facts["project"] = self._paged(call, "", "", owner)
        return self._paged(call, f"/pipelines/{facts['id']}", f"/pipelines/pipeline/{facts['id']}", facts)

    def _run(self, call: Call) -> Run:
        pipeline = self.pipeline(call)
        current = found(pipeline.runs, number(call.path["execution"]), "Execution")
        self._catch_up(pipeline, current)
        return current

    def _catch_up(self, pipeline: PipelineState, current: Run) -> None:
        """Put an execution into the status that it has by now."""
        while current.ahead and current.ahead[0][0] <= self.now():
            at, status = current.ahead.pop(0)
            self._go_on(pipeline, current, status, at)

    def _go_on(self, pipeline: PipelineState, current: Run, status: str, at: datetime) -> None:
        """Put an execution, its actions and its pipeline into a status."""
        current.facts |= {"status": status, "finish_date": fine(at) if status in FINISHED else None}
        planned = [n for n, action in enumerate(pipeline.actions) if action["trigger_time"] != "ON_FAILURE"]
        ahead = [n for n in planned if current.statuses[n] != "SUCCESSFUL"]
        for position in range(len(pipeline.actions)):
            if position not in planned:
                current.statuses[position] = "NOT_EXECUTED"
            elif position in ahead:
                reached = status == "SUCCESSFUL" or position == ahead[0]
                current.statuses[position] = status if reached else "INITIAL"
        pipeline.facts |= {"last_execution_status": status, "last_execution_revision": current.facts["to_revision"]}

    def _execution(self, call: Call, current: Run, *, whole: bool = True) -> dict[str, Any]:
        state, pipeline, facts = self.project(call), self.pipeline(call), current.facts
        branch = {"name": facts["branch"], "default": facts["branch"] == state.facts["default_branch"]}
        revision = facts["to_revision"]
        summary = {name: v for name, v in state.commits[revision].items() if name not in ("stats", "files")}
        served = facts | {
            "branch": self._paged(
                call, f"/repository/branches/{facts['branch']}", f"/repository/branch/{facts['branch']}", branch
            ),
            "to_revision": self._paged(
                call, f"/repository/commits/{revision}", f"/repository/commit/{revision}", summary
            ),
        }
        if whole:
            served["pipeline"] = self._pipeline(call, state, pipeline, *SUMMARY)
            served["action_executions"] = [self._action_run(call, current, n) for n in range(len(current.statuses))]
        return self._under(call, f"/executions/{facts['id']}", f"/execution/{facts['id']:024x}", served)

    def _action_run(self, call: Call, current: Run, position: int) -> dict[str, Any]:
        action, status = self.pipeline(call).actions[position], current.statuses[position]
        key = _key(current, position)
        has_begun = status not in ("INITIAL", "NOT_EXECUTED", "ENQUEUED")
        begun = current.begun + timedelta(seconds=90 * position)
        facts = {
            "action_execution_id": key,
            "start_date": fine(begun) if has_begun else None,
            "finish_date": fine(begun + timedelta(seconds=84)) if status in FINISHED else None,
            "error_message": current.cause.message if current.cause and status == "FAILED" else None,
            "status": status,
            "progress": 100 if status in FINISHED else 0,
            "action": self._action(call, {name: action[name] for name in SHORT_ACTION}),
            "approver_id": None,
            "passed_variables": [{"key": "TOKEN", "value": "passed-secret"}] if position == 0 else [],
        }
        run = current.facts["id"]
        return self._under(call, f"/executions/{run}/action_executions/{key}", f"/execution/{run:024x}/{key}", facts)

    def _position(self, call: Call, current: Run) -> int:
        keys = {_key(current, position): position for position in range(len(current.statuses))}
        return found(keys, call.path["action_execution"], "Action execution")


def _key(current: Run, position: int) -> str:
    """The id of an action execution: 24 hexadecimal digits, as Buddy has them."""
    return f"{current.facts['id']:016x}{position + 1:08x}"


def checked(body: dict[str, Any], kinds: Mapping[str, type]) -> dict[str, Any]:
    """The body, if its values are of the documented types."""
    for name, value in body.items():
        if name in kinds and value is not None and type(value) is not kinds[name]:
            raise Problem(400, f"Value of '{name}' has a wrong type.")
    if body.get("priority") not in PRIORITIES:
        raise Problem(400, "Value of 'priority' must be one of LOW, NORMAL, HIGH.")
    return body


def moment(text: str) -> datetime:
    """A time in UTC, as Buddy takes them."""
    try:
        return datetime.strptime(text.partition(".")[0].rstrip("Z"), "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        raise Problem(400, "Value of 'delay_until' has a wrong format.") from None
