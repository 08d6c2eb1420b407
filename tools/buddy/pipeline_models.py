"""What Buddy answers of pipelines and their executions."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, model_validator

from server.declare import JsonObject, Noise, VendorModel
from tools.buddy.models import Guarded, Linked, Person, ProjectRow
from tools.buddy.reading import as_read
from tools.buddy.repository_models import CommitLine


class PipelineRow(Guarded):
    """A pipeline in a list."""

    id: int | None = None
    name: str | None = None
    identifier: str | None = None
    last_execution_status: str | None = None
    last_execution_revision: str | None = None
    refs: list[str] | None = None
    disabled: bool | None = None
    on: Any = Noise
    events: Any = Noise


class Pipeline(PipelineRow):
    """A pipeline with its settings."""

    html_url: str | None = None
    events: list[JsonObject] | None = None
    priority: str | None = None
    paused: bool | None = None
    project: ProjectRow | None = None
    creator: Person | None = None


class Action(Guarded):
    """A step of a pipeline; what else it has depends on its type."""

    id: int | None = None
    name: str | None = None
    type: str | None = None
    trigger_time: str | None = None
    last_execution_status: str | None = None
    disabled: bool | None = None
    pipeline: Any = Noise


class ActionName(Guarded):
    """An action as its executions name it."""

    id: int | None = None
    name: str | None = None
    type: str | None = None
    trigger_time: Any = Noise
    last_execution_status: Any = Noise
    disabled: Any = Noise
    ignore_errors: Any = Noise
    run_next: Any = Noise
    variables: Any = Noise


class ActionRun(Guarded):
    """One action in one execution: SUCCESSFUL, FAILED, NOT_EXECUTED, WAITING_FOR_APPLY, …"""

    status: str | None = None
    action_execution_id: str | None = None
    action: ActionName | None = None
    error_message: str | None = None
    start_date: str | None = None
    finish_date: str | None = None
    progress: Any = Noise
    passed_variables: Any = Noise
    outputted_variables: Any = Noise

    @model_validator(mode="before")
    @classmethod
    def _identify(cls, data: Any) -> Any:
        # Some versions of the API give the id only at the end of the URL.
        if isinstance(data, Mapping) and not data.get("action_execution_id"):
            _, found, last = str(data.get("url")).rpartition("/action_executions/")
            return {**data, "action_execution_id": last if found else None}
        return data


class ActionExecution(ActionRun):
    """One action in one execution, in full; its log is a tool of its own."""

    html_url: str | None = None
    progress: float | None = None
    passed_variables: list[JsonObject] | None = None
    outputted_variables: list[JsonObject] | None = None
    log: Any = Noise


class Named(Linked):
    """A branch, tag, pull request or pipeline as executions name it."""

    name: str | None = None
    default: Any = Noise
    id: Any = Noise


class PipelineName(PipelineRow):
    """A pipeline as its executions name it."""

    identifier: Any = Noise
    last_execution_status: Any = Noise
    last_execution_revision: Any = Noise
    refs: Any = Noise
    disabled: Any = Noise


class ExecutionRow(Guarded):
    """An execution in a list."""

    id: int | None = None
    status: str | None = None
    start_date: str | None = None
    finish_date: str | None = None
    triggered_on: str | None = Field(default=None, alias="triggeredOn")
    comment: str | None = None
    branch: Named | None = None
    tag: Named | None = None
    pull_request: Named | None = None
    to_revision: CommitLine | None = None
    from_revision: Any = Noise
    creator: Person | None = None
    mode: Any = Noise
    priority: Any = Noise
    refresh: Any = Noise


class Execution(ExecutionRow):
    """An execution with the status of each of its actions."""

    html_url: str | None = None
    from_revision: CommitLine | None = None
    priority: str | None = None
    refresh: bool | None = None
    pipeline: PipelineName | None = None
    action_executions: list[ActionRun] | None = None

    @classmethod
    def as_read(cls, data: dict[str, Any]) -> dict[str, Any]:
        """What its actions came to, by their names."""
        return as_read(data)


class StartedExecution(Execution):
    """An execution that was started here; `note` says how far it was followed."""

    note: str | None = None


class ActionLog(VendorModel):
    """A part of an action's log; `lines` says which part of how many lines, `next` what reads on."""

    lines: str
    log: str
    next: dict[str, int] | None = None
