"""Pipelines and their actions."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal, Required, Unpack

from pydantic import Field, WithJsonSchema
from typing_extensions import TypedDict

from server.declare import MASK, Change, Done, Exactly, JsonObject, Page, Preview, Refusal, deletes
from tools.buddy import arguments, buddy
from tools.buddy.api import Buddy, refuse_another
from tools.buddy.arguments import ActionId, Direction, Fields, PageNumber, PerPage, PipelineId, Priority, some
from tools.buddy.models import masked
from tools.buddy.pipeline_models import Action, Pipeline, PipelineRow
from tools.buddy.projects import PROJECT

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


class PipelineFields(TypedDict, total=False):
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


@pipelines.write(undo=deletes("delete_pipeline", pipeline_id="id"), permission="EXECUTION_MANAGE")
async def create_pipeline(
    api: Buddy,
    project: arguments.Project,
    workspace: arguments.Workspace | None = None,
    **fields: Unpack[PipelineFields],
) -> Pipeline:
    """Create a pipeline; actions are added to it in Buddy."""
    return await api.post(PIPELINES, api.workspace(workspace), project, body=fields, returns=Pipeline)


async def _now(api: Buddy, project: str, pipeline_id: str, workspace: str | None) -> Preview:
    # All that Buddy tells, nulls too: what it does not tell at all is not known, and not the same as empty.
    settings = masked(await api.get(PIPELINE, api.workspace(workspace), project, pipeline_id))
    before = dict(settings) if isinstance(settings, Mapping) else {}
    refuse_another("pipeline", pipeline_id, before.get("id"))
    name = before.get("name") or pipeline_id
    return Preview(named(name, pipeline_id, project), name=str(name), before=before)


def named(name: Any, pipeline_id: str, project: str) -> str:
    """A pipeline as questions call it."""
    return f"Pipeline “{name}” ({pipeline_id}) of project {project}"


async def _loses(api: Buddy, now: dict[str, Any], fields: dict[str, Any] | None) -> str | None:
    given = some(fields)
    lost = [f"the secrets in {name}" for name in given if _has_secrets(now.get(name))]
    if given.get("disabled") is True and now.get("disabled") is not True:
        lost.append("the executions that it would start while it is disabled")
    return " and ".join(lost) or None


async def _put_back(api: Buddy, change: Change) -> Done:
    """Puts back the settings that the update replaced, but no secrets and nothing that Buddy does not show."""
    given, before = change.arguments, change.before or {}
    old = {name: before[name] for name in given["fields"] if name in before and not _has_secrets(before[name])}
    rest = [name for name in given["fields"] if name not in old]
    if not old:
        raise Refusal(f"Nothing was sent: what was in {', '.join(rest)} is a secret or was not read.")
    where = (api.workspace(given.get("workspace")), given["project"], given["pipeline_id"])
    await api.patch(PIPELINE, *where, body=Exactly(old))
    but = f"; not {', '.join(rest)}, since Buddy does not tell what was there" if rest else ""
    return Done(done=f"Pipeline {given['pipeline_id']}: {', '.join(old)} put back{but}.")


def _has_secrets(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_has_secrets, value.values()))
    return any(map(_has_secrets, value)) if isinstance(value, list) else value == MASK


@pipelines.write(idempotent=True, before=_now, undo=_put_back, asks=_loses, permission="EXECUTION_MANAGE")
async def update_pipeline(
    api: Buddy,
    project: arguments.Project,
    pipeline_id: PipelineId,
    fields: Fields | None = None,
    workspace: arguments.Workspace | None = None,
) -> Pipeline:
    """Change settings of a pipeline, such as name, refs, events or disabled; null empties, what is left out stays."""
    where = (api.workspace(workspace), project, pipeline_id)
    return await api.patch(PIPELINE, *where, body=some(fields), returns=Pipeline)


async def _preview(api: Buddy, project: str, pipeline_id: str, workspace: str | None) -> Preview:
    now = await _now(api, project, pipeline_id, workspace)
    return replace(now, lost="the pipeline with its actions, its variables and the history of its executions")


@pipelines.destructive(_preview, permission="EXECUTION_MANAGE")
async def delete_pipeline(
    api: Buddy, project: arguments.Project, pipeline_id: PipelineId, workspace: arguments.Workspace | None = None
) -> Done:
    """Delete a pipeline with its actions and history."""
    await api.delete(PIPELINE, api.workspace(workspace), project, pipeline_id)
    return Done(done=f"Pipeline {pipeline_id} of project {project} deleted with its actions and history.")


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
    action_id: ActionId,
    workspace: arguments.Workspace | None = None,
) -> Action:
    """One action with all its settings, such as the commands it runs; secrets are masked."""
    return await api.get(ACTIONS + "/{}", api.workspace(workspace), project, pipeline_id, action_id, returns=Action)
