"""What single actions of an execution did, and their logs: from the end, where a failure's cause stands."""

import re
from collections.abc import Awaitable, Callable
from typing import Annotated

from pydantic import Field

from server.declare import Refusal, VendorModel, collapsed, folded, last
from tools.buddy import arguments
from tools.buddy.api import Buddy
from tools.buddy.arguments import ActionExecutionId, ExecutionId, PipelineId
from tools.buddy.executions import EXECUTION, executions
from tools.buddy.pipeline_models import ActionExecution, ActionLog, ActionRun, Execution

ACTION_EXECUTION = EXECUTION + "/action_executions/{}"
LINES = 100
FAILED = "FAILED"
HEXADECIMAL = re.compile(r"[0-9a-f]+")
COLOURS = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")


@executions.read(permission="EXECUTION_INFO", cached=False)
async def get_action_execution(
    api: Buddy,
    project: arguments.Project,
    pipeline_id: PipelineId,
    execution_id: ExecutionId,
    action_execution_id: ActionExecutionId,
    workspace: arguments.Workspace | None = None,
) -> ActionExecution:
    """One action of an execution: status, error, times; values of variables are masked."""
    execution = (api.workspace(workspace), project, pipeline_id, execution_id)
    action = await _action(api, action_execution_id, *execution)
    return await api.get(ACTION_EXECUTION, *execution, action, returns=ActionExecution)


class _Part(VendorModel):
    total_element_count: int | None = None
    logs: list[str] | None = None

    @property
    def lines(self) -> list[str]:
        return [COLOURS.sub("", line).rstrip() for line in self.logs or []]

    @property
    def total(self) -> int:
        return self.total_element_count or len(self.logs or [])


Read = Callable[[int, int], Awaitable[_Part]]


@executions.read(
    everyday=True,
    resource="projects/{project}/pipelines/{pipeline_id}/executions/{execution_id}/logs/{action_execution_id}",
    permission="EXECUTION_INFO",
    cached=False,
)
async def get_action_logs(
    api: Buddy,
    project: arguments.Project,
    pipeline_id: PipelineId,
    execution_id: ExecutionId,
    action_execution_id: ActionExecutionId,
    offset: Annotated[int, Field(description="First line, from 0; -100 is 100 before the end")] | None = None,
    limit: Annotated[int, Field(ge=1, le=1000, description="Lines, default 100")] | None = None,
    workspace: arguments.Workspace | None = None,
) -> ActionLog:
    """The end of an action's log, where the cause of a failure stands; `next` has the earlier lines.

    With an offset from 0 it reads the other way.
    """
    execution = (api.workspace(workspace), project, pipeline_id, execution_id)
    action = await _action(api, action_execution_id, *execution)
    where = (*execution, action)

    async def read(start: int, most: int) -> _Part:
        query = {"offset": start, "limit": most}
        return await api.get(ACTION_EXECUTION + "/logs", *where, query=query, returns=_Part)

    size = limit or LINES
    if offset is not None and offset >= 0:
        return await _forwards(read, offset, size)
    return await _backwards(read, -size if offset is None else offset, size)


async def _action(api: Buddy, given: str, *execution: str) -> str:
    """The id of an action's run: as it is, by the action's name, or of the first that failed. Raises Refusal."""
    if HEXADECIMAL.fullmatch(given):
        return given
    runs = (await api.get(EXECUTION, *execution, returns=Execution)).action_executions or []
    ids = [run.action_execution_id for run in runs if run.action_execution_id and _is_meant(run, given)]
    if len(ids) != 1 and not (ids and given == FAILED):
        there = ", ".join(f"{run.action.name} ({run.action_execution_id})" for run in runs if run.action)
        several = "Several actions" if ids else "No action"
        raise Refusal(f"{several} of execution {execution[-1]} for {given!r}; there are {there or 'none'}.")
    return ids[0]


def _is_meant(run: ActionRun, given: str) -> bool:
    if given == FAILED:
        return run.status == FAILED
    name = run.action.name if run.action else None
    return given == run.action_execution_id or folded(name or "") == folded(given)


async def _forwards(read: Read, start: int, size: int) -> ActionLog:
    part = await read(start, size)
    lines, total = part.lines, part.total
    end = start + len(lines)
    return _log(lines, start, total, {"offset": end} if start < end < total else None)


async def _backwards(read: Read, offset: int, size: int) -> ActionLog:
    """`size` lines from the one that is -`offset` lines before the end; Buddy itself only counts from the start."""
    part = await read(0, size)
    total = part.total
    start, end = max(total + offset, 0), max(total + offset + size, 0)
    if start > 0:
        part = await read(start, size)
    lines = part.lines[: end - start]
    shown = last(lines)
    first = start + len(lines) - len(shown)
    return _log(shown, first, total, {"offset": first - size - total} if first > 0 else None)


def _log(shown: list[str], start: int, total: int, following: dict[str, int] | None) -> ActionLog:
    lines = f"{start + 1}-{start + len(shown)} of {total}" if shown else f"none of {total}"
    return ActionLog(lines=lines, log=collapsed(shown), next=following)
