"""Executions of pipelines: looking, starting, following."""

import re
from typing import Annotated, Any

import anyio
from pydantic import Field

from server.declare import Moment, Page, Sensitive, VendorError, utc
from tools.buddy import arguments, buddy
from tools.buddy.api import Buddy
from tools.buddy.arguments import ExecutionId, PageNumber, PassedVariable, PerPage, PipelineId, Priority
from tools.buddy.pipeline_models import Execution, ExecutionRow, StartedExecution
from tools.buddy.pipelines import PIPELINE, pipeline_now

EXECUTIONS = PIPELINE + "/executions"
EXECUTION = EXECUTIONS + "/{}"

FINISHED = ("SUCCESSFUL", "FAILED", "TERMINATED", "SKIPPED", "NOT_EXECUTED")
WAIT_SECONDS = 45.0
POLL_SECONDS = 3.0
MOST_PAGES = 5
LARGEST_PAGE = 100
PRODUCTION = re.compile(r"(?<![a-z])(prod|production|live)(?![a-z])", re.IGNORECASE)

Passed = Annotated[list[PassedVariable], Sensitive()]
Status = Annotated[str, Field(description="Such as FAILED, SUCCESSFUL, INPROGRESS")]

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
    status: Status | None = None,
    page: PageNumber | None = None,
    per_page: PerPage | None = None,
    workspace: arguments.Workspace | None = None,
) -> Page[ExecutionRow]:
    """Executions of a pipeline, latest first, with status and commit."""
    where = (api.workspace(workspace), project, pipeline_id)
    if status:
        return await _with_status(api, status.upper(), page or 1, per_page or LARGEST_PAGE, *where)
    return await executions_page(api, page, per_page, *where)


async def executions_page(api: Buddy, page: int | None, per_page: int | None, *where: str) -> Page[ExecutionRow]:
    """One page of a pipeline's executions, latest first."""
    return await api.page("executions", ExecutionRow, EXECUTIONS, *where, query={"page": page, "per_page": per_page})


async def _with_status(api: Buddy, status: str, page: int, size: int, *where: str) -> Page[ExecutionRow]:
    """Those of the next executions that have a status, which Buddy itself cannot filter by."""
    found: list[ExecutionRow] = []
    looked = 0
    part = Page[ExecutionRow](items=[])
    for number in range(page, page + MOST_PAGES):
        part = await executions_page(api, number, size, *where)
        looked += len(part.items)
        found += [row for row in part.items if row.status == status]
        if found or not part.next:
            break
    api.notes.append(f"Status {status}: {len(found)} of the {looked} executions from page {page} on")
    return Page(items=found, next=part.next and {"status": status, **part.next})


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


async def _loses(api: Buddy, now: dict[str, Any] | None, environment: str | None) -> str | None:
    """What runs in production is replaced, as far as names tell that a pipeline goes there."""
    pipeline = now or {}
    tells = [pipeline.get("name"), pipeline.get("identifier"), environment, *(pipeline.get("tags") or [])]
    return (
        "what runs in production now, which the run replaces" if PRODUCTION.search(" ".join(map(str, tells))) else None
    )


@executions.write(everyday=True, before=pipeline_now, asks=_loses, permission="EXECUTION_RUN")
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
    environment: Annotated[str, Field(description="Its identifier")] | None = None,
    package_version: str | None = None,
    actions_to_run: Annotated[list[str], Field(description="Ids; default all")] | None = None,
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
        "environment": environment,
        "package_version": package_version,
        "actions_to_run": actions_to_run,
        "variables": bodies(variables),
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


def bodies(variables: list[PassedVariable] | None) -> list[dict[str, Any]] | None:
    """Variables for an execution, as Buddy takes them."""
    return [variable.model_dump(exclude_none=True) for variable in variables] if variables else None
