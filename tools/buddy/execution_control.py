"""Steering executions: cancelling, retrying, approving; what a person is told before."""

from typing import Annotated, Literal

from pydantic import Field

from server.declare import Preview, Refusal, snapshot
from tools.buddy import arguments
from tools.buddy.api import Buddy
from tools.buddy.arguments import ExecutionId, PipelineId, the_same
from tools.buddy.executions import (
    EXECUTION,
    FINISHED,
    LARGEST_PAGE,
    Passed,
    bodies,
    executions,
    executions_page,
    get_execution,
)
from tools.buddy.pipeline_models import Execution, ExecutionRow

Operation = Literal["RETRY", "CANCEL", "APPLY", "APPLY_VARIABLES", "RUN_DELAYED"]
Variables = Annotated[Passed, Field(description="Required for APPLY_VARIABLES")]

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
    """Names no status, so that one that changes while the person thinks makes no second question."""
    execution = await get_execution(api, project, pipeline_id, execution_id, workspace)
    the_same("execution", execution_id, execution.id)
    if (execution.status in FINISHED) != (operation == "RETRY"):
        trouble = "has not finished" if operation == "RETRY" else "is finished"
        raise Refusal(f"Nothing was changed: execution {execution_id} {trouble} ({execution.status}).")
    name = execution.pipeline.name if execution.pipeline and execution.pipeline.name else pipeline_id
    effect, lost = EFFECTS[operation]
    what = f"Execution {execution_id} of pipeline “{name}” (project {project}): {operation} {effect}"
    if operation == "RETRY":
        newer = await _newer(api, api.workspace(workspace), project, pipeline_id, execution.id or 0)
        what += f", and so puts back {_commit(execution)}. {newer}"
    return Preview(f"{what.rstrip('.')}.", name=execution_id, lost=lost, before=snapshot(execution))


def _commit(execution: ExecutionRow) -> str:
    """The commit that an execution runs, by which a person recognises it."""
    commit = execution.to_revision
    if commit is None or not commit.revision:
        return "the commit that it ran, which Buddy does not tell"
    message = f" “{commit.message.strip()}”" if commit.message else ""
    return f"commit {commit.revision[:8]}{message} of {commit.commit_date or execution.start_date or 'unknown date'}"


async def _newer(api: Buddy, workspace: str, project: str, pipeline_id: str, execution_id: int) -> str:
    """Which newer executions of the pipeline succeeded, in words."""
    rows = (await executions_page(api, 1, LARGEST_PAGE, workspace, project, pipeline_id)).items
    newer = [row for row in rows if row.id and row.id > execution_id and row.status == "SUCCESSFUL"]
    if not newer:
        return "No newer execution succeeded since."
    latest = max(newer, key=lambda row: row.id or 0)
    count = "One newer execution" if len(newer) == 1 else f"{len(newer)} newer executions"
    return f"{count} succeeded since, the latest {latest.id} with {_commit(latest)}."


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
    body = {"operation": operation, "variables": bodies(variables)}
    return await api.patch(EXECUTION, *where, body=body, returns=Execution)
