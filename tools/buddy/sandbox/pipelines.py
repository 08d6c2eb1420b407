"""Buddy's stand-in: pipelines, actions, executions and their logs."""

from datetime import timedelta
from typing import Any

from server.sandbox import Answer, Call, Problem, endpoint
from tools import company
from tools.buddy.sandbox.data import FINISHED, PipelineState, ProjectState, Run, fine, log, person, pipeline_facts, run
from tools.buddy.sandbox.world import PROJECT, World, found, number, paged, required

PIPELINES = PROJECT + "/pipelines"
PIPELINE = PIPELINES + "/{pipeline}"
EXECUTIONS = PIPELINE + "/executions"
EXECUTION = EXECUTIONS + "/{execution}"
ACTION_EXECUTION = EXECUTION + "/action_executions/{action_execution}"
STEP_SECONDS = 5.0
SHORT_ACTION = ("id", "name", "type", "trigger_time", "last_execution_status", "disabled")
SUMMARY = ("priority", "paused", "target_site_url", "create_date", "creator", "variables", "disabled_reason")


class Pipelines(World):
    """Pipelines whose executions go on with time, one status each `STEP_SECONDS`."""

    @endpoint("GET", PIPELINES)
    def list_pipelines(self, call: Call) -> Any:
        state = self.project(call)
        key = "name" if call.query("sort_by") == "name" else "id"
        reverse = call.query("sort_direction") == "DESC"
        ordered = sorted(state.pipelines.values(), key=lambda pipeline: pipeline.facts[key], reverse=reverse)
        _, _, rows = paged(call, ordered)
        served = [self._pipeline(call, state, row, *SUMMARY) for row in rows]
        return self.linked(call, f"/projects/{state.facts['name']}/pipelines", {"pipelines": served})

    @endpoint("POST", PIPELINES)
    def create_pipeline(self, call: Call) -> Any:
        state, body = self.project(call), required(call.body, "name")
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
        pipeline.facts.update(required(call.body))
        return self._pipeline(call, self.project(call), pipeline)

    @endpoint("DELETE", PIPELINE)
    def delete_pipeline(self, call: Call) -> Any:
        del self.project(call).pipelines[self.pipeline(call).facts["id"]]
        return Answer(204)

    @endpoint("GET", PIPELINE + "/actions")
    def list_actions(self, call: Call) -> Any:
        pipeline = self.pipeline(call)
        rows = [self.linked(call, self._path(call, f"/actions/{row['id']}"), row) for row in pipeline.actions]
        return self.linked(call, self._path(call, "/actions"), {"actions": rows})

    @endpoint("GET", PIPELINE + "/actions/{action}")
    def get_action(self, call: Call) -> Any:
        pipeline = self.pipeline(call)
        actions = {action["id"]: action for action in pipeline.actions}
        action = found(actions, number(call.path["action"]), "Action")
        owner = self._pipeline(call, self.project(call), pipeline, *SUMMARY)
        return self.linked(call, self._path(call, f"/actions/{action['id']}"), {**action, "pipeline": owner})

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
        return self.linked(call, self._path(call, "/executions"), {**counts, "executions": served})

    @endpoint("POST", EXECUTIONS)
    def run_pipeline(self, call: Call) -> Any:
        state, pipeline, body = self.project(call), self.pipeline(call), required(call.body)
        branch = (body.get("branch") or {}).get("name") or state.facts["default_branch"]
        history = found(state.branches, branch, "Branch").history
        if not history:
            raise Problem(400, f"Branch '{branch}' has no commits.")
        revision = (body.get("to_revision") or {}).get("revision", "HEAD")
        if revision != "HEAD" and revision not in state.commits:
            raise Problem(400, "Revision not found.")
        for variable in body.get("variables") or []:
            required(variable, "key")
        key = 1 + max(key for each in self.projects.values() for p in each.pipelines.values() for key in p.runs)
        started = run(
            key, history[0] if revision == "HEAD" else revision, self.now(), ["INITIAL"] * len(pipeline.actions)
        )
        names = ("comment", "refresh", "priority", "delay_until", "clear_cache")
        started.facts |= {name: body[name] for name in names if name in body}
        started.facts |= {"branch": branch, "tag": body.get("tag"), "pull_request": body.get("pull_request")}
        started.facts |= {"triggeredOn": "CLICK", "status": "ENQUEUED", "creator": person(company.PEOPLE[0])}
        started.begun = self.now()
        started.facts |= {"start_date": fine(started.begun), "finish_date": None}
        started.changed = started.begun
        started.ahead = [] if "delay_until" in body else ["INPROGRESS", "SUCCESSFUL"]
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
        self._go_on(self.pipeline(call), current, "TERMINATED" if operation == "CANCEL" else "INPROGRESS")
        current.ahead, current.changed = [] if operation == "CANCEL" else ["SUCCESSFUL"], self.now()
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

    def _path(self, call: Call, rest: str) -> str:
        return f"/projects/{call.path['project']}/pipelines/{call.path['pipeline']}{rest}"

    def _pipeline(self, call: Call, state: ProjectState, pipeline: PipelineState, *without: str) -> dict[str, Any]:
        name = state.facts["name"]
        owner = {"name": name, "display_name": state.facts["display_name"], "status": state.facts["status"]}
        facts = pipeline.facts | ({} if without else {"project": self.linked(call, f"/projects/{name}", owner)})
        return self.linked(call, f"/projects/{name}/pipelines/{facts['id']}", facts, *without)

    def _run(self, call: Call) -> Run:
        current = found(self.pipeline(call).runs, number(call.path["execution"]), "Execution")
        self._catch_up(self.pipeline(call), current)
        return current

    def _catch_up(self, pipeline: PipelineState, current: Run) -> None:
        """Put an execution into the status that it has by now."""
        step = timedelta(seconds=STEP_SECONDS)
        while current.ahead and self.now() - current.changed >= step:
            current.changed += step
            self._go_on(pipeline, current, current.ahead.pop(0))

    def _go_on(self, pipeline: PipelineState, current: Run, status: str) -> None:
        """Put an execution, its actions and its pipeline into a status."""
        last = len(current.statuses) - 1
        current.facts |= {"status": status, "finish_date": fine(self.now()) if status in FINISHED else None}
        for position, action in enumerate(pipeline.actions):
            if status == "TERMINATED":
                current.statuses[position] = "TERMINATED" if position == last else current.statuses[position]
            elif action["trigger_time"] == "ON_FAILURE":
                current.statuses[position] = "NOT_EXECUTED"
            else:
                current.statuses[position] = "SUCCESSFUL" if status in FINISHED or position == 0 < last else status
        pipeline.facts |= {"last_execution_status": status, "last_execution_revision": current.facts["to_revision"]}

    def _execution(self, call: Call, current: Run, *, whole: bool = True) -> dict[str, Any]:
        state, pipeline, facts = self.project(call), self.pipeline(call), current.facts
        root = f"/projects/{state.facts['name']}/repository"
        branch = {"name": facts["branch"], "default": facts["branch"] == state.facts["default_branch"]}
        revision, commit = facts["to_revision"], state.commits[facts["to_revision"]]
        served = facts | {
            "branch": self.linked(call, f"{root}/branches/{facts['branch']}", branch),
            "to_revision": self.linked(call, f"{root}/commits/{revision}", commit, "stats", "files"),
        }
        if whole:
            served["pipeline"] = self._pipeline(call, state, pipeline, *SUMMARY)
            served["action_executions"] = [self._action_run(call, current, n) for n in range(len(current.statuses))]
        return self.linked(call, self._path(call, f"/executions/{facts['id']}"), served)

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
            "action": self.linked(
                call, self._path(call, f"/actions/{action['id']}"), {name: action[name] for name in SHORT_ACTION}
            ),
            "approver_id": None,
            "passed_variables": [{"key": "TOKEN", "value": "passed-secret"}] if position == 0 else [],
        }
        return self.linked(call, self._path(call, f"/executions/{current.facts['id']}/action_executions/{key}"), facts)

    def _position(self, call: Call, current: Run) -> int:
        keys = {_key(current, position): position for position in range(len(current.statuses))}
        return found(keys, call.path["action_execution"], "Action execution")


def _key(current: Run, position: int) -> str:
    """The id of an action execution: 24 hexadecimal digits, as Buddy has them."""
    return f"{current.facts['id']:016x}{position + 1:08x}"
