"""Projects: a repository with its pipelines."""

from typing import Annotated, Any, Literal, Required, Unpack

from pydantic import Field
from typing_extensions import TypedDict

from server.declare import Change, Done, Exactly, Page, Preview, Sensitive, deletes, restores, snapshot
from tools.buddy import arguments, buddy
from tools.buddy.api import Buddy, refuse_another
from tools.buddy.arguments import Direction, PageNumber, PerPage, ProjectAccess, some
from tools.buddy.models import Project, ProjectRow

PROJECTS = "/workspaces/{}/projects"
PROJECT = PROJECTS + "/{}"

projects = buddy.toolset("projects", "Projects: a repository with its pipelines.")


@projects.read(resource="projects", permission="WORKSPACE")
async def list_projects(
    api: Buddy,
    status: Literal["ACTIVE", "CLOSED"] | None = None,
    membership: Annotated[bool, Field(description="Only where a member")] | None = None,
    sort_by: Literal["name", "create_date", "repository_size"] | None = None,
    sort_direction: Direction | None = None,
    page: PageNumber | None = None,
    per_page: PerPage | None = None,
    workspace: arguments.Workspace | None = None,
) -> Page[ProjectRow]:
    """Projects of a workspace; `name` is what other tools take as project."""
    query = {
        "page": page,
        "per_page": per_page,
        "membership": membership,
        "status": status,
        "sort_by": sort_by,
        "sort_direction": sort_direction,
    }
    return await api.page("projects", ProjectRow, PROJECTS, api.workspace(workspace), query=query)


@projects.read(resource="projects/{project}", permission="WORKSPACE")
async def get_project(api: Buddy, project: arguments.Project, workspace: arguments.Workspace | None = None) -> Project:
    """One project: repository addresses, default branch, status."""
    return await api.get(PROJECT, api.workspace(workspace), project, returns=Project)


class Settings(TypedDict, total=False):
    """What can be set of any project."""

    update_default_branch_from_external: bool
    fetch_submodules: bool
    access: ProjectAccess
    allow_pull_requests: Annotated[bool, Field(description="GitHub only")]


class NewProject(Settings, total=False):
    """A project to be made."""

    display_name: Required[str]
    name: Annotated[str, Field(description="Id in URLs")]
    integration: Annotated[str, Field(description="Its hash_id")]
    external_project_id: Annotated[str, Field(description="owner/repo there")]
    git_lab_project_id: str
    custom_repo_url: str
    custom_repo_user: str
    custom_repo_pass: Annotated[str, Sensitive()]
    custom_repo_ssh_key_id: int
    fetch_submodules_env_key: str
    without_repository: bool


class ProjectChanges(Settings, total=False):
    """What an update can change of a project."""

    display_name: str
    name: Annotated[str, Field(description="Changes its addresses")]
    fetch_submodules_env_key: str | None


async def _loses(api: Buddy, now: dict[str, Any] | None, access: str | None) -> str | None:
    if access != "PUBLIC" or (now or {}).get("access") == "PUBLIC":
        return None
    return "its privacy: the project becomes public, and what others copy stays with them"


@projects.write(asks=_loses, undo=deletes("delete_project", project="name"), permission="WORKSPACE")
async def create_project(
    api: Buddy, workspace: arguments.Workspace | None = None, **fields: Unpack[NewProject]
) -> Project:
    """Add a project: of a Git host's repository, of a custom one, or with a new repository at Buddy."""
    body: dict[str, Any] = {**fields}
    if integration := fields.get("integration"):
        body["integration"] = {"hash_id": integration}
    return await api.post(PROJECTS, api.workspace(workspace), body=body, returns=Project)


async def _found(api: Buddy, project: str, workspace: str | None) -> Project:
    found = await get_project(api, project, workspace)
    refuse_another("project", project, found.came("name"))
    return found


async def _now(api: Buddy, project: str, workspace: str | None) -> Preview:
    found = await _found(api, project, workspace)
    return Preview(what=f"Project “{found.display_name}” ({project})", name=project, before=snapshot(found))


@restores({name: name for name in ProjectChanges.__annotations__})
async def _put_back(api: Buddy, change: Change, old: dict[str, Any]) -> Project:
    """Puts back the settings that the update replaced."""
    workspace = api.workspace(change.arguments.get("workspace"))
    called = change.arguments.get("name") or change.arguments["project"]
    return await api.patch(PROJECT, workspace, called, body=Exactly(old), returns=Project)


@projects.write(idempotent=True, before=_now, asks=_loses, undo=_put_back, permission="WORKSPACE")
async def update_project(
    api: Buddy,
    project: arguments.Project,
    workspace: arguments.Workspace | None = None,
    **fields: Unpack[ProjectChanges],
) -> Project:
    """Change settings of a project; what is left out stays, and null empties."""
    return await api.patch(PROJECT, api.workspace(workspace), project, body=some(fields), returns=Project)


async def _preview(api: Buddy, project: str, workspace: str | None) -> Preview:
    found = await _found(api, project, workspace)
    where = f", default branch {found.default_branch}" if found.default_branch else ""
    return Preview(
        what=f"Project “{found.display_name}” ({found.name}) of workspace {api.workspace(workspace)}{where}.",
        name=found.name or project,
        lost="the project with its pipelines and their history, and its repository where Buddy hosts it",
        before=snapshot(found),
    )


@projects.destructive(_preview, type_the_name=True, permission="PROJECT_DELETE")
async def delete_project(api: Buddy, project: arguments.Project, workspace: arguments.Workspace | None = None) -> Done:
    """Delete a project with its pipelines."""
    await api.delete(PROJECT, api.workspace(workspace), project)
    return Done(done=f"Project {project} deleted.")
