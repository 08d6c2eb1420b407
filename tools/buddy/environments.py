"""Environments that pipelines deploy to."""

from collections.abc import Mapping
from typing import Any

from server.declare import Change, Done, Exactly, Page, Preview, deletes, snapshot
from tools.buddy import arguments, buddy
from tools.buddy.api import Buddy
from tools.buddy.arguments import EnvironmentId, Fields, some
from tools.buddy.models import Environment, EnvironmentRow
from tools.buddy.undo import old_values, put_back

ENVIRONMENTS = "/workspaces/{}/environments"
ENVIRONMENT = ENVIRONMENTS + "/{}"

environments = buddy.toolset("environments", "Environments that pipelines deploy to.")


@environments.read(resource="environments", permission="ENVIRONMENT_INFO")
async def list_environments(
    api: Buddy, project_name: arguments.Project | None = None, workspace: arguments.Workspace | None = None
) -> Page[EnvironmentRow]:
    """Environments of the workspace, or of one project."""
    query = {"project_name": project_name}
    return await api.all("environments", EnvironmentRow, ENVIRONMENTS, api.workspace(workspace), query=query)


@environments.read(resource="environments/{environment_id}", permission="ENVIRONMENT_INFO")
async def get_environment(
    api: Buddy, environment_id: EnvironmentId, workspace: arguments.Workspace | None = None
) -> Environment:
    """One environment: address, permissions, variables with their values masked."""
    return await api.get(ENVIRONMENT, api.workspace(workspace), environment_id, returns=Environment)


@environments.write(undo=deletes("delete_environment", environment_id="id"), permission="ENVIRONMENT_ADD")
async def create_environment(
    api: Buddy, fields: Fields | None = None, workspace: arguments.Workspace | None = None
) -> Environment:
    """Add an environment. Fields: name, identifier, scope (WORKSPACE or PROJECT), project {name}, tags, public_url."""
    return await api.post(ENVIRONMENTS, api.workspace(workspace), body=some(fields), returns=Environment)


async def _now(api: Buddy, environment_id: str, workspace: str | None) -> Preview:
    environment = await get_environment(api, environment_id, workspace)
    name = environment.name or environment_id
    return Preview(what=f"Environment “{name}” ({environment_id})", name=name, before=snapshot(environment))


async def _loses(api: Buddy, now: Mapping[str, Any] | None, fields: Mapping[str, Any] | None) -> str | None:
    """Buddy does not tell the values of variables, so those that a call replaces or empties are lost."""
    held = len((now or {}).get("variables") or [])
    return f"the values of its {held} variables" if held and "variables" in (fields or {}) else None


async def _put_back(api: Buddy, change: Change) -> Done:
    """Puts back the settings that the update replaced, but for empty ones and variables, which Buddy does not tell."""
    given = change.arguments
    names = list(given.get("fields", {}))
    old = old_values(change, names)
    await api.patch(ENVIRONMENT, api.workspace(given.get("workspace")), given["environment_id"], body=old)
    return put_back(f"Environment {given['environment_id']}", names, old)


@environments.write(idempotent=True, before=_now, asks=_loses, undo=_put_back, permission="ENVIRONMENT_MANAGE")
async def update_environment(
    api: Buddy,
    environment_id: EnvironmentId,
    fields: Fields | None = None,
    workspace: arguments.Workspace | None = None,
) -> Environment:
    """Change settings of an environment, such as name, tags or public_url; what is left out stays."""
    return await api.patch(
        ENVIRONMENT, api.workspace(workspace), environment_id, body=Exactly(some(fields)), returns=Environment
    )


async def _preview(api: Buddy, environment_id: str, workspace: str | None) -> Preview:
    environment = await get_environment(api, environment_id, workspace)
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
