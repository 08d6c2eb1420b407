"""Executions of pipelines: starting, following, steering."""

import re
from typing import Annotated, Any, Literal

import anyio
from pydantic import Field

from server.declare import Completes, Moment, Page, Preview, Refusal, Sensitive, VendorError, snapshot, utc
from tools.buddy import arguments, buddy
from tools.buddy.api import PER_PAGE, Buddy, refuse_another
from tools.buddy.arguments import ExecutionId, PageNumber, PassedVariable, PerPage, PipelineId, Priority
from tools.buddy.environments import ENVIRONMENTS
from tools.buddy.models import EnvironmentRow
from tools.buddy.pipeline_models import Execution, ExecutionRow, StartedExecution
from tools.buddy.pipelines import PIPELINE, get_pipeline, named

EXECUTIONS = PIPELINE + "/executions"
EXECUTION = EXECUTIONS + "/{}"

FINISHED = ("SUCCESSFUL", "FAILED", "TERMINATED", "SKIPPED", "NOT_EXECUTED")
MOST_PAGES = 5
NEWEST = 100
PRODUCTION = re.compile(r"(?<![a-z])(prod|prd|production|live)(?![a-z])", re.IGNORECASE)

Status = Literal[
    "ENQUEUED", "INPROGRESS", "SUCCESSFUL", "FAILED", "TERMINATED", "WAITING_FOR_APPLY", "WAITING_FOR_VARIABLES"
]
Operation = Literal["RETRY", "CANCEL", "APPLY", "APPLY_VARIABLES", "RUN_DELAYED"]
Passed = Annotated[list[PassedVariable], Sensitive()]
Variables = Annotated[Passed, Field(description="Required for APPLY_VARIABLES")]

executions = buddy.toolset("executions", "Executions of pipelines: start, follow, steer, logs.")


@executions.read(
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
    where, query = (api.workspace(workspace), project, pipeline_id), {"page": page, "per_page": per_page}
    if status is None:
        return await api.page("executions", ExecutionRow, EXECUTIONS, *where, query=query)
    found, wanted = Page[ExecutionRow](items=[], next=query), per_page or PER_PAGE
    first, looked_at = page or 1, 0
    for _ in range(MOST_PAGES):
        read = await api.page("executions", ExecutionRow, EXECUTIONS, *where, query=found.next or {})
        looked_at += len(read.items)
        found.items += [row for row in read.items if row.status == status]
        found.next = read.next
        if found.next is None or len(found.items) >= wanted:
            break
    found.next = found.next and {**found.next, "status": status}
    api.notes.append(f"{len(found.items)} of the {looked_at} executions from page {first} on are {status}")
    return found


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


async def _target(
    api: Buddy,
    project: str,
    pipeline_id: str,
    branch: str | None,
    tag: str | None,
    revision: str | None,
    environment: str | None,
    workspace: str | None,
) -> Preview:
    pipeline = await get_pipeline(api, project, pipeline_id, workspace)
    refuse_another("pipeline", pipeline_id, pipeline.came("id"))
    names = [pipeline.name, pipeline.identifier, *await _environment(api, environment, workspace)]
    given = {"branch": branch, "tag": tag, "revision": revision, "environment": environment}
    on = "".join(f", {kind} {value}" for kind, value in given.items() if value)
    what = f"{named(pipeline.name or pipeline_id, pipeline_id, project)}{on}"
    return Preview(what, name=pipeline.name or pipeline_id, before={"names": [name for name in names if name]})


async def _environment(api: Buddy, given: str | None, workspace: str | None) -> list[str | None]:
    """All that an environment is called; what was given alone where it cannot be read."""
    if given is None:
        return []
    try:
        rows = await api.all("environments", EnvironmentRow, ENVIRONMENTS, api.workspace(workspace))
    except VendorError:
        return [given]
    meant = [row for row in rows.items if given in (row.id, row.identifier)]
    return [given, *(name for row in meant for name in (row.name, row.identifier))]


async def _replaces(api: Buddy, now: dict[str, Any]) -> str | None:
    production = any(PRODUCTION.search(name) for name in now["names"])
    return "what runs in production now, which this execution replaces" if production else None


@executions.write(everyday=True, before=_target, asks=_replaces, permission="EXECUTION_RUN")
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
    environment: Annotated[str, Completes("list_environments", "identifier")] | None = None,
    package_version: Annotated[str, Field(description="package:version")] | None = None,
    actions_to_run: Annotated[list[int], Field(description="Ids of the actions, default all")] | None = None,
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
        "variables": _bodies(variables),
    }
    where = (api.workspace(workspace), project, pipeline_id)
    started = await api.post(EXECUTIONS, *where, body=body, returns=StartedExecution)
    return await _followed(api, started, *where) if wait and started.id is not None else started


async def _followed(api: Buddy, started: StartedExecution, *where: str) -> StartedExecution:
    """The execution once it is finished, or as far as it came in the time that a client waits for a call."""
    latest, trouble = started, None
    begun, seconds, pauses = anyio.current_time(), api.seconds_to_wait, api.patience.pauses()
    with anyio.move_on_after(seconds):
        while _is_moving(latest) and trouble is None:
            await api.report(anyio.current_time() - begun, seconds, f"Execution {started.id}: {latest.status}")
            await anyio.sleep(next(pauses))
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

OVER: dict[Operation, str] = {
    "CANCEL": "it cannot stop",
    "RETRY": "nothing failed in it that could run again; buddy_run_pipeline runs its revision anew",
    "APPLY": "nothing waits in it",
    "APPLY_VARIABLES": "nothing waits in it",
    "RUN_DELAYED": "it does not wait for its time",
}


async def _preview(
    api: Buddy,
    project: str,
    pipeline_id: str,
    execution_id: str,
    operation: Operation,
    variables: list[PassedVariable] | None,
    workspace: str | None,
) -> Preview:
    execution = await get_execution(api, project, pipeline_id, execution_id, workspace)
    refuse_another("execution", execution_id, execution.came("id"))
    over = ("SUCCESSFUL",) if operation == "RETRY" else FINISHED
    if execution.status in over:
        since = f" since {execution.finish_date}" if execution.finish_date else ""
        raise Refusal(
            f"Nothing was changed: execution {execution_id} is {execution.status}{since}, so {OVER[operation]}."
        )
    if operation == "APPLY_VARIABLES" and not variables:
        raise Refusal("Nothing was sent: APPLY_VARIABLES needs `variables`.")
    pipeline = execution.pipeline.name if execution.pipeline else None
    effect, lost = EFFECTS[operation]
    # Its status is not in the question: that may change while it is read, and would make another question.
    what = f"Execution {execution_id} of pipeline “{pipeline or pipeline_id}” (project {project}): {operation} {effect}"
    if operation == "RETRY" and execution.id is not None:
        newer = await _newer(api, execution.id, api.workspace(workspace), project, pipeline_id)
        what = f"{what}, with {_commit(execution)}. {newer}"
    return Preview(what, name=execution_id, lost=lost, before=snapshot(execution))


def _commit(execution: Execution) -> str:
    commit = execution.to_revision
    if commit is None or commit.revision is None:
        return "a commit that Buddy does not tell"
    message = (commit.message or "").partition("\n")[0]
    said = f" “{message}”" if message else ""
    return f"commit {commit.revision[:12]}{said}" + (f" of {commit.commit_date[:10]}" if commit.commit_date else "")


async def _newer(api: Buddy, execution_id: int, *where: str) -> str:
    """Which executions succeeded after one, as far as the latest ones go."""
    read = await api.page("executions", ExecutionRow, EXECUTIONS, *where, query={"per_page": NEWEST})
    ids = [row.id for row in read.items if row.id is not None]
    newer = [row.id for row in read.items if row.id and row.id > execution_id and row.status == "SUCCESSFUL"]
    if newer:
        more = f" and {len(newer) - 5} more" if len(newer) > 5 else ""
        return f"Newer executions succeeded since, which this puts back: {', '.join(map(str, newer[:5]))}{more}"
    return "No newer execution succeeded since" + ("" if execution_id in ids else f" among the latest {len(ids)}")


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
    where = (api.workspace(workspace), project, pipeline_id, execution_id)
    body = {"operation": operation, "variables": _bodies(variables)}
    return await api.patch(EXECUTION, *where, body=body, returns=Execution)


def _bodies(variables: list[PassedVariable] | None) -> list[dict[str, Any]] | None:
    return [variable.model_dump(exclude_none=True) for variable in variables] if variables else None
