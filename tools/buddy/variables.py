"""Variables and SSH keys. Their values are secrets unless Buddy says otherwise, and never echoed."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from server.declare import MASK, SECRET, Change, Done, Page, Preview, Refusal, snapshot
from tools.buddy import arguments, buddy
from tools.buddy.api import Buddy
from tools.buddy.arguments import EnvironmentId, VariableId
from tools.buddy.models import Variable, VariableRow
from tools.buddy.undo import old_values, put_back

VARIABLES = "/workspaces/{}/variables"
VARIABLE = VARIABLES + "/{}"
FIELDS = ("key", "value", "type", "description", "settable", "encrypted")
SCOPES = {"project": "name", "pipeline": "id", "action": "id", "environment": "id"}

Kind = Literal["VAR", "SSH_KEY"]
Scope = Annotated[str, Field(description="Without any scope: the workspace")]
FilePlace = Literal["CONTAINER", "NONE"]
FileMode = Annotated[str, Field(description="Such as 600")]

variables = buddy.toolset("variables", "Environment variables and SSH keys.")


@variables.read(resource="variables", permission="VARIABLE_INFO")
async def list_variables(
    api: Buddy,
    project_name: arguments.Project | None = None,
    pipeline_id: int | None = None,
    action_id: int | None = None,
    environment_id: EnvironmentId | None = None,
    workspace: arguments.Workspace | None = None,
) -> Page[VariableRow]:
    """Variables of the workspace, or of one project, pipeline, action or environment; values are masked."""
    # Buddy's own spelling: three names in camelCase, one in snake_case.
    query = {
        "projectName": project_name,
        "pipelineId": pipeline_id,
        "actionId": action_id,
        "environment_id": environment_id,
    }
    return await api.all("variables", VariableRow, VARIABLES, api.workspace(workspace), query=query)


@variables.read(permission="VARIABLE_INFO")
async def get_variable(api: Buddy, variable_id: VariableId, workspace: arguments.Workspace | None = None) -> Variable:
    """One variable with its value, which stays masked for encrypted ones and SSH keys."""
    return await api.get(VARIABLE, api.workspace(workspace), variable_id, returns=Variable)


def _body(**fields: Any) -> dict[str, Any]:
    """A variable as Buddy wants it: its scope in objects."""
    scopes = {name: {key: fields[name]} for name, key in SCOPES.items() if fields[name] is not None}
    return {**fields, **dict.fromkeys(SCOPES), **scopes}


@variables.write(permission="VARIABLE_ADD")
async def create_variable(
    api: Buddy,
    key: Annotated[str, Field(description="Required by Buddy")] | None = None,
    value: arguments.Value | None = None,
    type: Kind | None = None,
    encrypted: bool | None = None,
    settable: bool | None = None,
    description: str | None = None,
    project: Scope | None = None,
    pipeline: int | None = None,
    action: int | None = None,
    environment: EnvironmentId | None = None,
    file_place: FilePlace | None = None,
    file_path: str | None = None,
    file_chmod: FileMode | None = None,
    workspace: arguments.Workspace | None = None,
) -> VariableRow:
    """Add a variable or SSH key; encrypt whatever is a secret."""
    body = _body(
        key=key,
        value=value,
        type=type,
        description=description,
        settable=settable,
        encrypted=encrypted,
        project=project,
        pipeline=pipeline,
        action=action,
        environment=environment,
        file_place=file_place,
        file_path=file_path,
        file_chmod=file_chmod,
    )
    return await api.post(VARIABLES, api.workspace(workspace), body=body, returns=VariableRow)


async def _before(api: Buddy, variable_id: str, workspace: str | None) -> dict[str, Any]:
    return _snapshot(await get_variable(api, variable_id, workspace))


def _snapshot(variable: BaseModel) -> dict[str, Any]:
    """A variable as the journal keeps it: without its value where its name says that it is a secret."""
    kept = snapshot(variable)
    return {**kept, "value": MASK} if SECRET.search(str(kept.get("key"))) else kept


async def _restore_fields(api: Buddy, change: Change) -> Done:
    """The old fields are put back, except empty ones and a value that is a secret."""
    given = change.arguments
    names = [name for name in given if name not in ("variable_id", "workspace")]
    old = old_values(change, names)
    await api.patch(VARIABLE, api.workspace(given.get("workspace")), given["variable_id"], body=old)
    return put_back(f"Variable {given['variable_id']}", names, old)


@variables.write(idempotent=True, before=_before, undo=_restore_fields, permission="VARIABLE_MANAGE")
async def update_variable(
    api: Buddy,
    variable_id: VariableId,
    key: str | None = None,
    value: arguments.Value | None = None,
    type: Kind | None = None,
    encrypted: bool | None = None,
    settable: bool | None = None,
    description: str | None = None,
    project: Scope | None = None,
    pipeline: int | None = None,
    action: int | None = None,
    environment: EnvironmentId | None = None,
    file_place: FilePlace | None = None,
    file_path: str | None = None,
    file_chmod: FileMode | None = None,
    workspace: arguments.Workspace | None = None,
) -> VariableRow:
    """Change a variable; what is left out stays."""
    body = _body(
        key=key,
        value=value,
        type=type,
        description=description,
        settable=settable,
        encrypted=encrypted,
        project=project,
        pipeline=pipeline,
        action=action,
        environment=environment,
        file_place=file_place,
        file_path=file_path,
        file_chmod=file_chmod,
    )
    return await api.patch(VARIABLE, api.workspace(workspace), variable_id, body=body, returns=VariableRow)


async def _preview(api: Buddy, variable_id: str, workspace: str | None) -> Preview:
    variable = await get_variable(api, variable_id, workspace)
    before = _snapshot(variable)
    secret = before.get("value") == MASK
    about = f": {variable.description}" if variable.description else ""
    return Preview(
        what=f"{'Secret' if secret else 'Variable'} “{variable.key}” ({variable_id}){about}.",
        name=variable.key or variable_id,
        lost="its value, which is a secret" if secret else None,
        before=before,
    )


async def _restore(api: Buddy, change: Change) -> VariableRow:
    """The variable is created again with a new id, in the scope that Buddy had told; a secret cannot be."""
    before = change.before
    if before.get("value") in (None, MASK):
        raise Refusal("Nothing was sent: the value was a secret, which is not kept, so it is lost.")
    body = {name: before[name] for name in FIELDS if name in before}
    body |= {scope: {key: before[scope][key]} for scope, key in SCOPES.items() if scope in before}
    workspace = api.workspace(change.arguments.get("workspace"))
    return await api.post(VARIABLES, workspace, body=body, returns=VariableRow)


@variables.destructive(_preview, undo=_restore, permission="VARIABLE_MANAGE")
async def delete_variable(api: Buddy, variable_id: VariableId, workspace: arguments.Workspace | None = None) -> Done:
    """Delete a variable or SSH key."""
    await api.delete(VARIABLE, api.workspace(workspace), variable_id)
    return Done(done="Variable deleted.")
