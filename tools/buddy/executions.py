"""Executions of pipelines: starting, following, steering."""

from typing import Annotated, Any, Literal

import anyio
from pydantic import Field

from server.declare import Moment, Page, Preview, Refusal, Sensitive, VendorError, snapshot, utc
from tools.buddy import arguments, buddy
from tools.buddy.api import Buddy
from tools.buddy.arguments import ExecutionId, PassedVariable, PerPage, PipelineId, Priority
from tools.buddy.pipeline_models import Execution, ExecutionRow, StartedExecution
from tools.buddy.pipelines import PIPELINE

EXECUTIONS = PIPELINE + "/executions"
EXECUTION = EXECUTIONS + "/{}"

FINISHED = ("SUCCESSFUL", "FAILED", "TERMINATED", "SKIPPED", "NOT_EXECUTED")
WAIT_SECONDS = 45.0
POLL_SECONDS = 3.0

Operation = Literal["RETRY", "CANCEL", "APPLY", "APPLY_VARIABLES", "RUN_DELAYED"]
Passed = Annotated[list[PassedVariable], Sensitive()]
Variables = Annotated[Passed, Field(description="Required for APPLY_VARIABLES")]

executions = buddy.toolset("executions", "Executions of pipelines: start, follow, steer, logs.")


@executions.read(
    everyday=True,
    resource="projects/{project}/pipelines/{pipeline_id}/executions",
    permission="EXECUTION_INFO",
    cached=False,
)
async def list_executions(
    api: Buddy,
    project: arguments.Project,
    pipeline_id: PipelineId,
    page: int | None = None,
    per_page: PerPage | None = None,
    workspace: arguments.Workspace | None = None,
) -> Page[ExecutionRow]:
    """Executions of a pipeline, latest first, with status and commit."""
    where, query = (api.workspace(workspace), project, pipeline_id), {"page": page, "per_page": per_page}
    return await api.page("executions", ExecutionRow, EXECUTIONS, *where, query=query)


@executions.read(
    everyday=True,
    resource="projects/{project}/pipelines/{pipeline_id}/executions/{execution_id}",
    permission="EXECUTION_INFO",
    cached=False,
)
async def get_execution(
    api: Buddy,
    project: arguments.Project,
    pipeline_id: PipelineId,
    execution_id: ExecutionId,
    workspace: arguments.Workspace | None = None,
) -> Execution:
    """One execution with the status of each action; get_action_logs tells why one failed."""
    return await api.get(EXECUTION, api.workspace(workspace), project, pipeline_id, execution_id, returns=Execution)


@executions.write(everyday=True, permission="EXECUTION_RUN")
async def run_pipeline(
    api: Buddy,
    project: arguments.Project,
    pipeline_id: PipelineId,
    branch: Annotated[str, Field(description="Needed where the pipeline has several refs")] | None = None,
    tag: str | None = None,
    pull_request: str | None = None,
    revision: Annotated[str, Field(description="SHA or HEAD")] | None = None,
    from_revision: str | None = None,
    comment: str | None = None,
    refresh: Annotated[bool, Field(description="Deploy from scratch")] | None = None,
    clear_cache: bool | None = None,
    priority: Priority | None = None,
    delay_until: Moment | None = None,
    variables: Passed | None = None,
    wait: Annotated[bool, Field(description="Follow it for up to 45 s")] = False,
    workspace: arguments.Workspace | None = None,
) -> StartedExecution:
    """Run a pipeline, such as a deployment. Every call starts another execution."""
    body = {
        "to_revision": {"revision": revision} if revision else None,
        "from_revision": {"revision": from_revision} if from_revision else None,
        "branch": {"name": branch} if branch else None,
        "tag": {"name": tag} if tag else None,
        "pull_request": {"name": pull_request} if pull_request else None,
        "comment": comment,
        "refresh": refresh,
        "clear_cache": clear_cache,
        "priority": priority,
        "delay_until": utc(delay_until),
        "variables": _bodies(variables),
    }
    where = (api.workspace(workspace), project, pipeline_id)
    started = await api.post(EXECUTIONS, *where, body=body, returns=StartedExecution)
    return await _followed(api, started, *where) if wait and started.id is not None else started


async def _followed(api: Buddy, started: StartedExecution, *where: str) -> StartedExecution:
    """The execution once it is finished, or as far as it came in the time that a client waits for a call."""
    latest, trouble = started, None
    begun = anyio.current_time()
    with anyio.move_on_after(WAIT_SECONDS):
        while _is_moving(latest) and trouble is None:
            await api.report(anyio.current_time() - begun, WAIT_SECONDS, f"Execution {started.id}: {latest.status}")
            await anyio.sleep(POLL_SECONDS)
            try:
                latest = await api.get(EXECUTION, *where, started.id or "", returns=StartedExecution)
            except VendorError as error:
                trouble = f"It was started, but then: {error}"
    if latest.status in FINISHED:
        return latest
    note = f"Still {latest.status or 'unfinished'}; call buddy_get_execution with execution_id {started.id} later."
    return latest.model_copy(update={"note": f"{trouble} {note}" if trouble else note})


def _is_moving(execution: Execution) -> bool:
    status = execution.status or ""
    return status not in FINISHED and not status.startswith("WAITING")


EFFECTS: dict[Operation, tuple[str, str]] = {
    "CANCEL": ("stops it; what its actions have done stays", "the actions that have not run yet"),
    "RETRY": ("runs it again from where it failed", "what its actions overwrite when they run again"),
    "APPLY": ("approves the action that waits, and lets it go on", "what the waiting actions change"),
    "APPLY_VARIABLES": ("gives it the variables it waits for, and lets it go on", "what the waiting actions change"),
    "RUN_DELAYED": ("runs it now instead of at its time", "what its actions change"),
}


async def _preview(
    api: Buddy, project: str, pipeline_id: str, execution_id: str, operation: Operation, workspace: str | None
) -> Preview:
    execution = await get_execution(api, project, pipeline_id, execution_id, workspace)
    name = execution.pipeline.name if execution.pipeline and execution.pipeline.name else pipeline_id
    effect, lost = EFFECTS[operation]
    what = (
        f"Execution {execution_id} of pipeline “{name}” (project {project}), {execution.status}: {operation} {effect}."
    )
    return Preview(what, name=execution_id, lost=lost, before=snapshot(execution))


@executions.destructive(_preview, idempotent=False, permission="EXECUTION_RUN")
async def control_execution(
    api: Buddy,
    project: arguments.Project,
    pipeline_id: PipelineId,
    execution_id: ExecutionId,
    operation: Operation,
    variables: Variables | None = None,
    workspace: arguments.Workspace | None = None,
) -> Execution:
    """Cancel or retry an execution, approve one that waits (APPLY), or run a delayed one now."""
    if operation == "APPLY_VARIABLES" and not variables:
        raise Refusal("Nothing was sent: APPLY_VARIABLES needs `variables`.")
    where = (api.workspace(workspace), project, pipeline_id, execution_id)
    body = {"operation": operation, "variables": _bodies(variables)}
    return await api.patch(EXECUTION, *where, body=body, returns=Execution)


def _bodies(variables: list[PassedVariable] | None) -> list[dict[str, Any]] | None:
    return [variable.model_dump(exclude_none=True) for variable in variables] if variables else None
