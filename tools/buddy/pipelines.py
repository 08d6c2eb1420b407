"""Pipelines and their actions."""

from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema

from server.declare import Change, Done, JsonObject, Page, Preview, snapshot
from tools.buddy import arguments, buddy
from tools.buddy.api import Buddy
from tools.buddy.arguments import Direction, Fields, PerPage, PipelineId, Priority, some
from tools.buddy.pipeline_models import Action, Pipeline, PipelineRow
from tools.buddy.projects import PROJECT
from tools.buddy.undo import old_values, put_back

PIPELINES = PROJECT + "/pipelines"
PIPELINE = PIPELINES + "/{}"
ACTIONS = PIPELINE + "/actions"

Events = Annotated[list[JsonObject], Field(description='Triggers: {"type": "PUSH", "refs": […]}')]
TriggerConditions = Annotated[list[JsonObject], Field(description='{"trigger_condition": "ON_CHANGE"}')]
GitConfig = Annotated[
    dict[str, str], WithJsonSchema({"type": "object", "description": "{project, branch, path} of the YAML"})
]
Permissions = Annotated[
    dict[str, Any],
    WithJsonSchema({"type": "object", "description": "{others, users, groups}"}),
]

pipelines = buddy.toolset("pipelines", "CI/CD pipelines and the actions they consist of.")


@pipelines.read(everyday=True, resource="projects/{project}/pipelines", permission="EXECUTION_INFO", cached=False)
async def list_pipelines(
    api: Buddy,
    project: arguments.Project,
    sort_by: Literal["name", "id"] | None = None,
    sort_direction: Direction | None = None,
    page: int | None = None,
    per_page: PerPage | None = None,
    workspace: arguments.Workspace | None = None,
) -> Page[PipelineRow]:
    """Pipelines of a project with the status of their latest execution."""
    query = {"page": page, "per_page": per_page, "sort_by": sort_by, "sort_direction": sort_direction}
    return await api.page("pipelines", PipelineRow, PIPELINES, api.workspace(workspace), project, query=query)


@pipelines.read(resource="projects/{project}/pipelines/{pipeline_id}", permission="EXECUTION_INFO")
async def get_pipeline(
    api: Buddy, project: arguments.Project, pipeline_id: PipelineId, workspace: arguments.Workspace | None = None
) -> Pipeline:
    """One pipeline with its triggers and settings; values of variables are masked."""
    return await api.get(PIPELINE, api.workspace(workspace), project, pipeline_id, returns=Pipeline)


@pipelines.write(permission="EXECUTION_MANAGE")
async def create_pipeline(
    api: Buddy,
    project: arguments.Project,
    name: Annotated[str, Field(description="Required by Buddy")] | None = None,
    identifier: str | None = None,
    refs: Annotated[list[str], Field(description="Such as refs/heads/main")] | None = None,
    tags: Annotated[list[str], Field(description="Of the workers to run on")] | None = None,
    events: Events | None = None,
    trigger_conditions: TriggerConditions | None = None,
    always_from_scratch: bool | None = None,
    priority: Priority | None = None,
    fetch_all_refs: bool | None = None,
    auto_clear_cache: bool | None = None,
    clone_depth: int | None = None,
    paused: bool | None = None,
    worker: str | None = None,
    cpu: Annotated[str, Field(description="X64 or ARM")] | None = None,
    target_site_url: str | None = None,
    git_config_ref: Annotated[str, Field(description="NONE, FIXED or DYNAMIC")] | None = None,
    git_config: GitConfig | None = None,
    definition_source: Annotated[str, Field(description="LOCAL or REMOTE")] | None = None,
    concurrent_pipeline_runs: bool | None = None,
    disabled: bool | None = None,
    disabled_reason: str | None = None,
    permissions: Permissions | None = None,
    loop: Annotated[list[str], Field(description="Variables to combine")] | None = None,
    workspace: arguments.Workspace | None = None,
) -> Pipeline:
    """Create a pipeline; actions are added to it in Buddy."""
    body = {
        "name": name,
        "identifier": identifier,
        "refs": refs,
        "tags": tags,
        "events": events,
        "trigger_conditions": trigger_conditions,
        "always_from_scratch": always_from_scratch,
        "priority": priority,
        "fetch_all_refs": fetch_all_refs,
        "auto_clear_cache": auto_clear_cache,
        "clone_depth": clone_depth,
        "paused": paused,
        "worker": worker,
        "cpu": cpu,
        "target_site_url": target_site_url,
        "git_config_ref": git_config_ref,
        "git_config": git_config,
        "definition_source": definition_source,
        "concurrent_pipeline_runs": concurrent_pipeline_runs,
        "disabled": disabled,
        "disabled_reason": disabled_reason,
        "permissions": permissions,
        "loop": loop,
    }
    return await api.post(PIPELINES, api.workspace(workspace), project, body=body, returns=Pipeline)


async def _before(api: Buddy, project: str, pipeline_id: str, workspace: str | None) -> dict[str, Any]:
    return snapshot(await get_pipeline(api, project, pipeline_id, workspace))


async def _restore(api: Buddy, change: Change) -> Done:
    """The old settings are put back, except empty ones and those with variables, which Buddy does not tell."""
    project, pipeline_id = change.arguments["project"], change.arguments["pipeline_id"]
    names = list(change.arguments.get("fields", {}))
    old = old_values(change, names)
    await api.patch(PIPELINE, api.workspace(change.arguments.get("workspace")), project, pipeline_id, body=old)
    return put_back(f"Pipeline {pipeline_id}", names, old)


@pipelines.write(idempotent=True, before=_before, undo=_restore, permission="EXECUTION_MANAGE")
async def update_pipeline(
    api: Buddy,
    project: arguments.Project,
    pipeline_id: PipelineId,
    fields: Fields | None = None,
    workspace: arguments.Workspace | None = None,
) -> Pipeline:
    """Change settings of a pipeline, such as name, refs, events, priority or disabled; what is left out stays."""
    return await api.patch(
        PIPELINE, api.workspace(workspace), project, pipeline_id, body=some(fields), returns=Pipeline
    )


async def _preview(api: Buddy, project: str, pipeline_id: str, workspace: str | None) -> Preview:
    pipeline = await get_pipeline(api, project, pipeline_id, workspace)
    last = f": last execution {pipeline.last_execution_status}" if pipeline.last_execution_status else ""
    return Preview(
        what=f"Pipeline “{pipeline.name}” ({pipeline_id}) of project {project}{last}.",
        name=pipeline.name or pipeline_id,
        lost="the pipeline with its actions, its variables and the history of its executions",
        before=snapshot(pipeline),
    )


@pipelines.destructive(_preview, permission="EXECUTION_MANAGE")
async def delete_pipeline(
    api: Buddy, project: arguments.Project, pipeline_id: PipelineId, workspace: arguments.Workspace | None = None
) -> Done:
    """Delete a pipeline with its actions and history."""
    await api.delete(PIPELINE, api.workspace(workspace), project, pipeline_id)
    return Done(done="Pipeline deleted.")


@pipelines.read(resource="projects/{project}/pipelines/{pipeline_id}/actions", permission="EXECUTION_INFO")
async def list_pipeline_actions(
    api: Buddy, project: arguments.Project, pipeline_id: PipelineId, workspace: arguments.Workspace | None = None
) -> Page[Action]:
    """Actions of a pipeline, in the order they run; values of variables, headers and passwords are masked."""
    return await api.all("actions", Action, ACTIONS, api.workspace(workspace), project, pipeline_id)


@pipelines.read(permission="EXECUTION_INFO")
async def get_pipeline_action(
    api: Buddy,
    project: arguments.Project,
    pipeline_id: PipelineId,
    action_id: Annotated[str, Field(description="From list_pipeline_actions")],
    workspace: arguments.Workspace | None = None,
) -> Action:
    """One action with all its settings, such as the commands it runs; secrets are masked."""
    return await api.get(ACTIONS + "/{}", api.workspace(workspace), project, pipeline_id, action_id, returns=Action)
