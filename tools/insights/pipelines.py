"""Pipelines at Buddy, their executions in a period, and why one of these failed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from server.declare import VendorError
from tools.buddy.api import Buddy
from tools.buddy.execution_logs import get_action_logs
from tools.buddy.executions import get_execution, list_executions
from tools.buddy.pipeline_models import Execution, ExecutionRow, PipelineRow
from tools.buddy.pipelines import list_pipelines
from tools.buddy.projects import list_projects
from tools.insights.ages import moment
from tools.insights.sources.buddy import ended
from tools.insights.teams import every
from tools.insights.together import each
from tools.insights.triage import NEVER, Run, Triage, decisive, failed_action, key_of, run_of, triage

A_PAGE = 100
MOST_PAGES = 5
NEIGHBOURS = 4
"""Of the failed executions around a failure, so many are looked at to see where they failed."""


@dataclass(frozen=True)
class Pipeline:
    """A pipeline, where it is, and those of its executions that were read, newest first."""

    project: str
    row: PipelineRow
    workspace: str | None = None
    executions: list[ExecutionRow] = field(default_factory=list)
    cut: bool = False

    @property
    def id(self) -> str:
        """Its id, as other tools take it."""
        return str(self.row.id)

    @property
    def name(self) -> str:
        """What people call it."""
        return self.row.name or self.id

    @property
    def where(self) -> tuple[str, str]:
        """Its place, as Buddy's functions take it."""
        return self.project, self.id

    def within(self, first: datetime, last: datetime) -> list[ExecutionRow]:
        """Its executions that ended in a period, and those that began in it and have not ended."""
        return [row for row in self.executions if (at := ended(row)) and first <= at < last]


@dataclass(frozen=True)
class Failure:
    """A failed execution: where it failed, what that is taken for and why, and the lines of the log that decide."""

    pipeline: Pipeline
    execution: Execution
    action: str | None
    action_execution_id: str | None
    found: Triage
    error: str | None = None
    lines: tuple[str, ...] = ()


def began(row: ExecutionRow) -> datetime:
    """When an execution began; long ago where Buddy does not say."""
    return moment(row.start_date) or moment(row.finish_date) or NEVER


def person(somebody: Any) -> str | None:
    """Somebody's name out of an object that Buddy's models keep as it came."""
    name = somebody.get("name") if isinstance(somebody, dict) else getattr(somebody, "name", None)
    return name if isinstance(name, str) else None


def who(row: ExecutionRow) -> str | None:
    """Whose change an execution carries: the commit's author, else who started it."""
    author = row.to_revision.author if row.to_revision else None
    return person(author) or person(row.creator)


def change(row: ExecutionRow) -> str | None:
    """The first line of the commit that an execution is about."""
    message = row.to_revision.message if row.to_revision else None
    return message.strip().partition("\n")[0] if message and message.strip() else None


async def pipelines(
    api: Buddy, projects: Sequence[str] | None, workspace: str | None = None
) -> tuple[list[Pipeline], list[str]]:
    """The pipelines of some projects, or of all in the workspace, and what to know of them."""
    names: Sequence[str | None] | None = projects
    if names is None:
        rows = await every(list_projects, api, per_page=A_PAGE, status="ACTIVE", workspace=workspace)
        names = [row.name for row in rows]
    read = await each(partial(_of_project, api, workspace), [name for name in names if name])
    return [pipeline for own in read.items for pipeline in own], read.lacking("projects")


async def _of_project(api: Buddy, workspace: str | None, project: str) -> list[Pipeline]:
    rows = await every(list_pipelines, api, project=project, per_page=A_PAGE, workspace=workspace)
    return [Pipeline(project, row, workspace) for row in rows if row.id is not None]


async def with_executions(api: Buddy, first: datetime, pipeline: Pipeline) -> Pipeline:
    """A pipeline with its executions back to a moment, and those before that stand on the same page."""
    rows: list[ExecutionRow] = []
    for page in range(1, MOST_PAGES + 1):
        read = await list_executions(api, *pipeline.where, page=page, per_page=A_PAGE, workspace=pipeline.workspace)
        rows += read.items
        if read.next is None or any(began(row) < first for row in read.items):
            return Pipeline(pipeline.project, pipeline.row, pipeline.workspace, rows)
    return Pipeline(pipeline.project, pipeline.row, pipeline.workspace, rows, cut=True)


async def explained(api: Buddy, pipeline: Pipeline, row: ExecutionRow) -> Failure:
    """Why an execution failed, from its log and from what the same action did in other executions."""
    details = partial(_details, api, pipeline)
    execution = await details(row)
    failed = failed_action(execution)
    if failed is None:
        nothing = Triage("unknown", ("Buddy names no action that failed",))
        return Failure(pipeline, execution, None, None, nothing)
    around = await each(details, _neighbours(pipeline.executions, row), needed=False)
    known = {run.id: run for run in _runs([*pipeline.executions, *around.items])}
    lines, unread = await _log(api, pipeline, execution, failed.action_execution_id)
    this = run_of(execution)
    name = failed.action.name if failed.action else None
    found = triage(this, key_of(failed), known.values(), lines) if this else Triage("unknown", ())
    if unread:
        found = Triage(found.verdict, (*found.because, unread))
    return Failure(pipeline, execution, name, failed.action_execution_id, found, failed.error_message, tuple(lines))


async def _details(api: Buddy, pipeline: Pipeline, row: ExecutionRow) -> Execution:
    return await get_execution(api, *pipeline.where, str(row.id), workspace=pipeline.workspace)


async def _log(
    api: Buddy, pipeline: Pipeline, execution: Execution, action: str | None
) -> tuple[list[str], str | None]:
    """The lines of the failed action's log that decide, or why there are none."""
    if action is None:
        return [], "Buddy does not say which log is the failed action's"
    try:
        log = await get_action_logs(api, *pipeline.where, str(execution.id), action, workspace=pipeline.workspace)
    except VendorError as error:
        return [], f"its log could not be read: {str(error).rstrip('.')}"
    lines = decisive(log.log)
    return lines, None if lines else "its log is empty"


def _neighbours(rows: Sequence[ExecutionRow], of: ExecutionRow) -> list[ExecutionRow]:
    """The failed executions nearest to one, those before it first: only their details say at which action."""
    failed = [row for row in rows if row.status == "FAILED" and row.id is not None and row.id != of.id]
    return sorted(failed, key=lambda row: (began(row) > began(of), abs(began(row) - began(of))))[:NEIGHBOURS]


def _runs(rows: Sequence[ExecutionRow]) -> Iterator[Run]:
    return (run for row in rows if (run := run_of(row)))
