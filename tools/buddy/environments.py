"""Environments that pipelines deploy to."""

from typing import Any

from server.declare import Change, Done, Page, Preview, deletes, snapshot
from tools.buddy import arguments, buddy
from tools.buddy.api import Buddy, refuse_another
from tools.buddy.arguments import EnvironmentId, Fields, NewFields, some
from tools.buddy.models import Environment, EnvironmentRow
from tools.buddy.undo import old_fields, secrets_lost, told

ENVIRONMENTS = "/workspaces/{}/environments"
ENVIRONMENT = ENVIRONMENTS + "/{}"

environments = buddy.toolset("environments", "Environments that pipelines deploy to.")


@environments.read(resource="environments", permission="ENVIRONMENT_INFO")
async def list_environments(
    api: Buddy, project_name: arguments.OfProject | None = None, workspace: arguments.Workspace | None = None
) -> Page[EnvironmentRow]:
    """Environments of the workspace, or of one project."""
    query = {"project_name": project_name}
    found = await api.all("environments", EnvironmentRow, ENVIRONMENTS, api.workspace(workspace), query=query)
    if project_name and not found.items:
        api.notes.append(f"For project {project_name}")
    return found


@environments.read(resource="environments/{environment_id}", permission="ENVIRONMENT_INFO")
async def get_environment(
    api: Buddy, environment_id: EnvironmentId, workspace: arguments.Workspace | None = None
) -> Environment:
    """One environment: address, permissions, variables with their values masked."""
    return await api.get(ENVIRONMENT, api.workspace(workspace), environment_id, returns=Environment)


@environments.write(permission="ENVIRONMENT_ADD", undo=deletes("delete_environment", environment_id="id"))
async def create_environment(
    api: Buddy, fields: NewFields, workspace: arguments.Workspace | None = None
) -> Environment:
    """Add an environment. Fields: name, identifier, scope (WORKSPACE or PROJECT), project {name}, tags, public_url."""
    return await api.post(ENVIRONMENTS, api.workspace(workspace), body=some(fields), returns=Environment)


async def _found(api: Buddy, environment_id: str, workspace: str | None) -> Environment:
    environment = await get_environment(api, environment_id, workspace)
    refuse_another("environment", environment_id, environment.came("id"))
    return environment


async def _now(api: Buddy, environment_id: str, workspace: str | None) -> Preview:
    environment = await _found(api, environment_id, workspace)
    name = environment.name or environment_id
    return Preview(what=f"Environment “{name}” ({environment_id})", name=name, before=told(environment))


async def _loses(api: Buddy, now: dict[str, Any] | None, fields: dict[str, Any]) -> str | None:
    """Values of variables never come back; permissions that are replaced do."""
    return ", and ".join(secrets_lost(now, list(fields))) or None


async def _put_back(api: Buddy, change: Change) -> Environment:
    """Puts back the settings that the update replaced, but for values of variables."""
    given = change.arguments
    where = (api.workspace(given.get("workspace")), given["environment_id"])
    return await api.patch(ENVIRONMENT, *where, body=old_fields(api, change), returns=Environment)


@environments.write(idempotent=True, before=_now, asks=_loses, undo=_put_back, permission="ENVIRONMENT_MANAGE")
async def update_environment(
    api: Buddy, environment_id: EnvironmentId, fields: Fields, workspace: arguments.Workspace | None = None
) -> Environment:
    """Change settings of an environment, such as name, tags or public_url; what is left out stays."""
    return await api.patch(
        ENVIRONMENT, api.workspace(workspace), environment_id, body=some(fields), returns=Environment
    )


async def _preview(api: Buddy, environment_id: str, workspace: str | None) -> Preview:
    environment = await _found(api, environment_id, workspace)
    held = len(environment.variables or [])
    return Preview(
        what=f"Environment “{environment.name}” ({environment_id}), {environment.scope}: {held} variables.",
        name=environment.name or environment_id,
        lost="the environment with its variables and permissions",
        before=snapshot(environment),
    )


@environments.destructive(_preview, permission="ENVIRONMENT_MANAGE")
async def delete_environment(
    api: Buddy, environment_id: EnvironmentId, workspace: arguments.Workspace | None = None
) -> Done:
    """Delete an environment with its variables."""
    await api.delete(ENVIRONMENT, api.workspace(workspace), environment_id)
    return Done(done=f"Environment {environment_id} deleted.")
