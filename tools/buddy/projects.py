"""Projects: a repository with its pipelines."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Required, Unpack

from pydantic import Field
from typing_extensions import TypedDict

from server.declare import Change, Done, Exactly, Page, Preview, Refusal, Sensitive, deletes, snapshot
from tools.buddy import arguments, buddy
from tools.buddy.api import Buddy
from tools.buddy.arguments import Direction, PageNumber, PerPage, ProjectAccess
from tools.buddy.models import Project, ProjectRow
from tools.buddy.undo import old_values, put_back

PROJECTS = "/workspaces/{}/projects"
PROJECT = PROJECTS + "/{}"

SETTINGS = (
    "display_name",
    "name",
    "update_default_branch_from_external",
    "fetch_submodules",
    "fetch_submodules_env_key",
    "access",
    "allow_pull_requests",
)

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


class ProjectFields(TypedDict, total=False):
    """Settings of a project."""

    name: Annotated[str, Field(description="Id in URLs")]
    update_default_branch_from_external: bool
    fetch_submodules: bool
    fetch_submodules_env_key: str | None
    access: ProjectAccess
    allow_pull_requests: Annotated[bool, Field(description="GitHub only")]


class NewProject(ProjectFields, total=False):
    """A project to be added."""

    display_name: Required[str]
    integration: Annotated[str, Field(description="Its hash_id")]
    external_project_id: Annotated[str, Field(description="owner/repo there")]
    git_lab_project_id: str
    custom_repo_url: str
    custom_repo_user: str
    custom_repo_pass: Annotated[str, Sensitive()]
    custom_repo_ssh_key_id: int
    without_repository: bool


class ChangedProject(ProjectFields, total=False):
    """What changes of a project."""

    display_name: str


@projects.write(undo=deletes("delete_project", project="name"), permission="WORKSPACE")
async def create_project(
    api: Buddy, workspace: arguments.Workspace | None = None, **fields: Unpack[NewProject]
) -> Project:
    """Add a project: of a Git host's repository, of a custom one, or with a new repository at Buddy."""
    body: dict[str, Any] = {**fields}
    if "integration" in fields:
        body["integration"] = {"hash_id": fields["integration"]}
    return await api.post(PROJECTS, api.workspace(workspace), body=body, returns=Project)


async def _now(api: Buddy, project: str, workspace: str | None) -> Preview:
    found = await get_project(api, project, workspace)
    return Preview(what=f"Project “{found.display_name}” ({found.name})", name=project, before=snapshot(found))


async def _loses(api: Buddy, now: Mapping[str, Any] | None, access: str | None) -> str | None:
    """What was public once may have been copied."""
    opens = access == "PUBLIC" and (now or {}).get("access") != "PUBLIC"
    return "its privacy: the project becomes public, and what others copy stays with them" if opens else None


async def _put_back(api: Buddy, change: Change) -> Done:
    """Puts back the settings that the update replaced, but for those that Buddy had not told before."""
    project, workspace = change.arguments["project"], api.workspace(change.arguments.get("workspace"))
    names = [name for name in SETTINGS if name in change.arguments]
    old = old_values(change, names)
    now = change.result.get("name") if isinstance(change.result, Mapping) else None
    await api.patch(PROJECT, workspace, now or change.arguments.get("name") or project, body=old)
    return put_back(f"Project {project}", names, old)


@projects.write(idempotent=True, before=_now, asks=_loses, undo=_put_back, permission="WORKSPACE")
async def update_project(
    api: Buddy,
    project: arguments.Project,
    workspace: arguments.Workspace | None = None,
    **fields: Unpack[ChangedProject],
) -> Project:
    """Change settings of a project; what is left out stays, and another name changes its addresses."""
    if not fields:
        raise Refusal("Nothing was sent: say what to change.")
    return await api.patch(PROJECT, api.workspace(workspace), project, body=Exactly(fields), returns=Project)


async def _preview(api: Buddy, project: str, workspace: str | None) -> Preview:
    found = await get_project(api, project, workspace)
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
