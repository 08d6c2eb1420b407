"""Pipelines and their actions."""

from typing import Annotated, Any, Literal, Required, Unpack

from pydantic import Field, WithJsonSchema
from typing_extensions import TypedDict

from server.declare import Change, Done, JsonObject, Page, Preview, deletes, snapshot
from tools.buddy import arguments, buddy
from tools.buddy.api import Buddy
from tools.buddy.arguments import Direction, Fields, PageNumber, PerPage, PipelineId, Priority, some, the_same
from tools.buddy.pipeline_models import Action, Pipeline, PipelineRow
from tools.buddy.projects import PROJECT
from tools.buddy.undo import old_fields, secrets_lost, told

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
    page: PageNumber | None = None,
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


class NewPipeline(TypedDict, total=False):
    """A pipeline to be made."""

    name: Required[str]
    identifier: str
    refs: Annotated[list[str], Field(description="Such as refs/heads/main")]
    tags: Annotated[list[str], Field(description="Of the workers to run on")]
    events: Events
    trigger_conditions: TriggerConditions
    always_from_scratch: bool
    priority: Priority
    fetch_all_refs: bool
    auto_clear_cache: bool
    clone_depth: int
    paused: bool
    worker: str
    cpu: Annotated[str, Field(description="X64 or ARM")]
    target_site_url: str
    git_config_ref: Annotated[str, Field(description="NONE, FIXED or DYNAMIC")]
    git_config: GitConfig
    definition_source: Annotated[str, Field(description="LOCAL or REMOTE")]
    concurrent_pipeline_runs: bool
    disabled: bool
    disabled_reason: str
    permissions: Permissions
    loop: Annotated[list[str], Field(description="Variables to combine")]


@pipelines.write(permission="EXECUTION_MANAGE", undo=deletes("delete_pipeline", pipeline_id="id"))
async def create_pipeline(
    api: Buddy,
    project: arguments.Project,
    workspace: arguments.Workspace | None = None,
    **fields: Unpack[NewPipeline],
) -> Pipeline:
    """Create a pipeline; actions are added to it in Buddy."""
    return await api.post(PIPELINES, api.workspace(workspace), project, body=fields, returns=Pipeline)


async def _found(api: Buddy, project: str, pipeline_id: str, workspace: str | None) -> Pipeline:
    pipeline = await get_pipeline(api, project, pipeline_id, workspace)
    the_same("pipeline", pipeline_id, pipeline.id)
    return pipeline


async def pipeline_now(api: Buddy, project: str, pipeline_id: str, workspace: str | None) -> Preview:
    """A pipeline for a question about it."""
    pipeline = await _found(api, project, pipeline_id, workspace)
    name = pipeline.name or pipeline_id
    return Preview(what=f"Pipeline “{name}” ({pipeline_id}) of project {project}", name=name, before=told(pipeline))


async def _loses(api: Buddy, now: dict[str, Any] | None, fields: dict[str, Any]) -> str | None:
    """Values of secrets, and what a pipeline that is switched off does not run."""
    lost = secrets_lost(now, list(fields))
    if fields.get("disabled") is True and not (now or {}).get("disabled"):
        lost.append("the runs that do not happen until somebody enables it again")
    return ", and ".join(lost) or None


async def _put_back(api: Buddy, change: Change) -> Pipeline:
    """Puts back the settings that the update replaced, but for values of variables."""
    given = change.arguments
    where = (api.workspace(given.get("workspace")), given["project"], given["pipeline_id"])
    return await api.patch(PIPELINE, *where, body=old_fields(api, change), returns=Pipeline)


@pipelines.write(idempotent=True, before=pipeline_now, asks=_loses, undo=_put_back, permission="EXECUTION_MANAGE")
async def update_pipeline(
    api: Buddy,
    project: arguments.Project,
    pipeline_id: PipelineId,
    fields: Fields,
    workspace: arguments.Workspace | None = None,
) -> Pipeline:
    """Change settings of a pipeline, such as name, refs, events, priority or disabled; what is left out stays."""
    return await api.patch(
        PIPELINE, api.workspace(workspace), project, pipeline_id, body=some(fields), returns=Pipeline
    )


async def _preview(api: Buddy, project: str, pipeline_id: str, workspace: str | None) -> Preview:
    pipeline = await _found(api, project, pipeline_id, workspace)
    return Preview(
        what=f"Pipeline “{pipeline.name}” ({pipeline_id}) of project {project}.",
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
    return Done(done=f"Pipeline {pipeline_id} of project {project} deleted.")


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
