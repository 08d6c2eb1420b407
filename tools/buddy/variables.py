"""Variables and SSH keys. Their values are secrets unless Buddy says otherwise, and never echoed."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Required, Unpack

from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from server.declare import (
    MASK,
    Change,
    Done,
    Exactly,
    Page,
    Preview,
    Refusal,
    deletes,
    names_secret,
    restores,
    shows_secret,
    snapshot,
)
from tools.buddy import arguments, buddy
from tools.buddy.api import Buddy, refuse_another
from tools.buddy.arguments import EnvironmentId, VariableId, some
from tools.buddy.models import ListedVariable, Variable, VariableRow

VARIABLES = "/workspaces/{}/variables"
VARIABLE = VARIABLES + "/{}"
FILE = ("file_place", "file_path", "file_chmod")
FIELDS = ("key", "value", "type", "description", "settable", "encrypted", *FILE)
SCOPES = {"project": "name", "pipeline": "id", "action": "id", "environment": "id"}

Kind = Literal["VAR", "SSH_KEY"]
FilePlace = Literal["CONTAINER", "NONE"]
FileMode = Annotated[str, Field(description="Such as 600")]

variables = buddy.toolset("variables", "Environment variables and SSH keys.")


class VariableFields(TypedDict, total=False):
    """What can be set of any variable."""

    type: Kind
    encrypted: bool
    settable: bool
    project: Annotated[arguments.Project, Field(description="Without any scope: the workspace")]
    pipeline: int
    action: int
    environment: EnvironmentId
    file_place: FilePlace
    file_path: str
    file_chmod: FileMode


class NewVariable(VariableFields, total=False):
    """A variable to be made."""

    key: Required[str]
    value: Required[arguments.Value]
    description: str


class VariableChanges(VariableFields, total=False):
    """What an update can change of a variable."""

    key: str
    value: arguments.Value
    description: str | None


@variables.read(resource="variables", permission="VARIABLE_INFO")
async def list_variables(
    api: Buddy,
    project_name: arguments.OfProject | None = None,
    pipeline_id: int | None = None,
    action_id: int | None = None,
    environment_id: EnvironmentId | None = None,
    workspace: arguments.Workspace | None = None,
) -> Page[ListedVariable]:
    """Variables of the workspace, or of one project, pipeline, action or environment; secrets are masked."""
    # Buddy's own spelling: three names in camelCase, one in snake_case.
    query = {
        "projectName": project_name,
        "pipelineId": pipeline_id,
        "actionId": action_id,
        "environment_id": environment_id,
    }
    found = await api.all("variables", ListedVariable, VARIABLES, api.workspace(workspace), query=query)
    scopes = dict(zip(SCOPES, query.values(), strict=True))
    level = ", ".join(f"{scope} {name}" for scope, name in scopes.items() if name is not None)
    api.notes.append(f"Looked at: {level or 'the workspace'}; variables of other levels are not in this list")
    return found


@variables.read(permission="VARIABLE_INFO")
async def get_variable(api: Buddy, variable_id: VariableId, workspace: arguments.Workspace | None = None) -> Variable:
    """One variable with its value, which stays masked for encrypted ones and SSH keys."""
    return await api.get(VARIABLE, api.workspace(workspace), variable_id, returns=Variable)


def _body(fields: Mapping[str, Any]) -> dict[str, Any]:
    """A variable as Buddy wants it: its scope in objects."""
    scopes = {name: {key: fields[name]} for name, key in SCOPES.items() if fields.get(name) is not None}
    return {**fields, **scopes}


@variables.write(permission="VARIABLE_ADD", undo=deletes("delete_variable", variable_id="id"))
async def create_variable(
    api: Buddy, workspace: arguments.Workspace | None = None, **fields: Unpack[NewVariable]
) -> VariableRow:
    """Add a variable or SSH key; encrypt whatever is a secret."""
    return await api.post(VARIABLES, api.workspace(workspace), body=_body(fields), returns=VariableRow)


async def _found(api: Buddy, variable_id: str, workspace: str | None) -> Variable:
    variable = await get_variable(api, variable_id, workspace)
    refuse_another("variable", variable_id, variable.came("id"))
    return variable


async def _now(api: Buddy, variable_id: str, workspace: str | None) -> Preview:
    variable = await _found(api, variable_id, workspace)
    name = variable.key or variable_id
    return Preview(what=f"Variable “{name}” ({variable_id})", name=name, before=_snapshot(variable))


def _snapshot(variable: BaseModel) -> dict[str, Any]:
    """A variable as the journal keeps it: its scope by name, its value only where that is no secret."""
    kept = snapshot(variable)
    for scope, key in SCOPES.items():
        if isinstance(kept.get(scope), Mapping):
            kept[scope] = kept[scope].get(key)
    secret = names_secret(str(kept.get("key"))) or shows_secret(str(kept.get("value")))
    return {**kept, "value": MASK} if secret else kept


async def _loses(api: Buddy, now: dict[str, Any] | None, value: str | None) -> str | None:
    before = now or {}
    if value is None or before.get("value") != MASK:
        return None
    return f"the value that the secret {before.get('key')} has now"


@restores({name: name for name in VariableChanges.__annotations__})
async def _put_back(api: Buddy, change: Change, old: dict[str, Any]) -> VariableRow:
    """Puts back what the update replaced, but for the value of a secret."""
    where = (api.workspace(change.arguments.get("workspace")), change.arguments["variable_id"])
    return await api.patch(VARIABLE, *where, body=Exactly(_body(old)), returns=VariableRow)


@variables.write(idempotent=True, before=_now, asks=_loses, undo=_put_back, permission="VARIABLE_MANAGE")
async def update_variable(
    api: Buddy,
    variable_id: VariableId,
    workspace: arguments.Workspace | None = None,
    **fields: Unpack[VariableChanges],
) -> VariableRow:
    """Change a variable; what is left out stays, and null empties."""
    body = some(_body(fields))
    return await api.patch(VARIABLE, api.workspace(workspace), variable_id, body=body, returns=VariableRow)


async def _preview(api: Buddy, variable_id: str, workspace: str | None) -> Preview:
    variable = await _found(api, variable_id, workspace)
    before = _snapshot(variable)
    secret = before.get("value") == MASK
    about = f": {variable.description}" if variable.description else ""
    return Preview(
        what=f"{'Secret' if secret else 'Variable'} “{variable.key}” ({variable_id}){about}.",
        name=variable.key or variable_id,
        lost="its value, which is a secret" if secret else None,
        before=before,
    )


async def _create_again(api: Buddy, change: Change) -> VariableRow:
    """Creates the variable again, under a new id, in the scope that Buddy had told; a secret cannot be."""
    before = change.before
    if before.get("value") in (None, MASK):
        raise Refusal("Nothing was sent: the value was a secret, which is not kept, so it is lost.")
    body = _body({name: before[name] for name in (*FIELDS, *SCOPES) if name in before})
    workspace = api.workspace(change.arguments.get("workspace"))
    return await api.post(VARIABLES, workspace, body=body, returns=VariableRow)


@variables.destructive(_preview, undo=_create_again, permission="VARIABLE_MANAGE")
async def delete_variable(api: Buddy, variable_id: VariableId, workspace: arguments.Workspace | None = None) -> Done:
    """Delete a variable or SSH key."""
    await api.delete(VARIABLE, api.workspace(workspace), variable_id)
    return Done(done=f"Variable {variable_id} deleted.")
