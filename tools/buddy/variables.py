"""Variables and SSH keys. Their values are secrets unless Buddy says otherwise, and never echoed."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Required, Unpack

from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from server.declare import MASK, SECRET, Change, Done, Exactly, Page, Preview, Refusal, deletes, snapshot
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
) -> Page[Variable]:
    """Variables of the workspace, or of one project, pipeline, action or environment; secrets are masked."""
    # Buddy's own spelling: three names in camelCase, one in snake_case.
    query = {
        "projectName": project_name,
        "pipelineId": pipeline_id,
        "actionId": action_id,
        "environment_id": environment_id,
    }
    level = ", ".join(f"{name} {value}" for name, value in query.items() if value is not None)
    api.notes.append(f"Looked at: {level or 'the workspace'}; variables of other levels are not in this list")
    return await api.all("variables", Variable, VARIABLES, api.workspace(workspace), query=query)


@variables.read(permission="VARIABLE_INFO")
async def get_variable(api: Buddy, variable_id: VariableId, workspace: arguments.Workspace | None = None) -> Variable:
    """One variable with its value, which stays masked for encrypted ones and SSH keys."""
    return await api.get(VARIABLE, api.workspace(workspace), variable_id, returns=Variable)


class VariableFields(TypedDict, total=False):
    """What a variable has beside its key."""

    value: arguments.Value
    type: Kind
    encrypted: bool
    settable: bool
    description: str | None
    project: Scope
    pipeline: int
    action: int
    environment: EnvironmentId
    file_place: FilePlace
    file_path: str
    file_chmod: FileMode


class NewVariable(VariableFields, total=False):
    """A variable to be added."""

    key: Required[str]


class ChangedVariable(VariableFields, total=False):
    """What changes of a variable."""

    key: str


def _body(fields: Mapping[str, Any]) -> Exactly:
    """A variable as Buddy wants it: its scope in objects."""
    scopes = {name: {key: fields[name]} for name, key in SCOPES.items() if name in fields}
    return Exactly({**fields, **scopes})


@variables.write(undo=deletes("delete_variable", variable_id="id"), permission="VARIABLE_ADD")
async def create_variable(
    api: Buddy, workspace: arguments.Workspace | None = None, **fields: Unpack[NewVariable]
) -> VariableRow:
    """Add a variable or SSH key; encrypt whatever is a secret."""
    return await api.post(VARIABLES, api.workspace(workspace), body=_body(fields), returns=VariableRow)


async def _now(api: Buddy, variable_id: str, workspace: str | None) -> Preview:
    variable = await get_variable(api, variable_id, workspace)
    before = _snapshot(variable)
    kind = "Secret" if before.get("value") == MASK else "Variable"
    return Preview(what=f"{kind} “{variable.key}” ({variable_id})", name=variable.key or variable_id, before=before)


async def _loses(api: Buddy, now: Mapping[str, Any] | None, value: str | None) -> str | None:
    """The value of a secret is not kept, so nobody can put it back."""
    secret = value is not None and (now or {}).get("value", MASK) == MASK
    return f"the value that the secret {(now or {}).get('key', 'variable')} has now" if secret else None


def _snapshot(variable: BaseModel) -> dict[str, Any]:
    """A variable as the journal keeps it: without its value where its name says that it is a secret."""
    kept = snapshot(variable)
    return {**kept, "value": MASK} if SECRET.search(str(kept.get("key"))) else kept


async def _put_back(api: Buddy, change: Change) -> Done:
    """Puts back the fields that the update replaced, but for empty ones and a value that is a secret."""
    given = change.arguments
    names = [name for name in given if name not in ("variable_id", "workspace")]
    old = old_values(change, names)
    await api.patch(VARIABLE, api.workspace(given.get("workspace")), given["variable_id"], body=old)
    return put_back(f"Variable {given['variable_id']}", names, old)


@variables.write(idempotent=True, before=_now, asks=_loses, undo=_put_back, permission="VARIABLE_MANAGE")
async def update_variable(
    api: Buddy,
    variable_id: VariableId,
    workspace: arguments.Workspace | None = None,
    **fields: Unpack[ChangedVariable],
) -> VariableRow:
    """Change a variable; what is left out stays."""
    if not fields:
        raise Refusal("Nothing was sent: say what to change.")
    body = _body(fields)
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


async def _create_again(api: Buddy, change: Change) -> VariableRow:
    """Creates the variable again, under a new id, in the scope that Buddy had told; a secret cannot be."""
    before = change.before
    if before.get("value") in (None, MASK):
        raise Refusal("Nothing was sent: the value was a secret, which is not kept, so it is lost.")
    body = {name: before[name] for name in FIELDS if name in before}
    body |= {scope: {key: before[scope][key]} for scope, key in SCOPES.items() if scope in before}
    workspace = api.workspace(change.arguments.get("workspace"))
    return await api.post(VARIABLES, workspace, body=body, returns=VariableRow)


@variables.destructive(_preview, undo=_create_again, permission="VARIABLE_MANAGE")
async def delete_variable(api: Buddy, variable_id: VariableId, workspace: arguments.Workspace | None = None) -> Done:
    """Delete a variable or SSH key."""
    await api.delete(VARIABLE, api.workspace(workspace), variable_id)
    return Done(done=f"Variable {variable_id} deleted.")
