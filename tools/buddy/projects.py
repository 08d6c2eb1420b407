"""Projects: a repository with its pipelines."""

from typing import Annotated, Any, Literal

from pydantic import Field

from server.declare import Change, Done, Page, Preview, snapshot
from tools.buddy import arguments, buddy
from tools.buddy.api import Buddy
from tools.buddy.arguments import Direction, PerPage, ProjectAccess
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
    page: int | None = None,
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


@projects.write(permission="WORKSPACE")
async def create_project(
    api: Buddy,
    display_name: Annotated[str, Field(description="Required by Buddy")] | None = None,
    name: Annotated[str, Field(description="Id in URLs")] | None = None,
    integration: Annotated[str, Field(description="Its hash_id")] | None = None,
    external_project_id: Annotated[str, Field(description="owner/repo there")] | None = None,
    git_lab_project_id: str | None = None,
    custom_repo_url: str | None = None,
    custom_repo_user: str | None = None,
    custom_repo_pass: str | None = None,
    custom_repo_ssh_key_id: int | None = None,
    update_default_branch_from_external: bool | None = None,
    fetch_submodules: bool | None = None,
    fetch_submodules_env_key: str | None = None,
    access: ProjectAccess | None = None,
    allow_pull_requests: Annotated[bool, Field(description="GitHub only")] | None = None,
    without_repository: bool | None = None,
    workspace: arguments.Workspace | None = None,
) -> Project:
    """Add a project: of a Git host's repository, of a custom one, or with a new repository at Buddy."""
    body = {
        "name": name,
        "display_name": display_name,
        "external_project_id": external_project_id,
        "git_lab_project_id": git_lab_project_id,
        "custom_repo_url": custom_repo_url,
        "custom_repo_user": custom_repo_user,
        "custom_repo_pass": custom_repo_pass,
        "custom_repo_ssh_key_id": custom_repo_ssh_key_id,
        "update_default_branch_from_external": update_default_branch_from_external,
        "integration": {"hash_id": integration} if integration else None,
        "fetch_submodules": fetch_submodules,
        "fetch_submodules_env_key": fetch_submodules_env_key,
        "access": access,
        "allow_pull_requests": allow_pull_requests,
        "without_repository": without_repository,
    }
    return await api.post(PROJECTS, api.workspace(workspace), body=body, returns=Project)


async def _before(api: Buddy, project: str, workspace: str | None) -> dict[str, Any]:
    return snapshot(await get_project(api, project, workspace))


async def _restore(api: Buddy, change: Change) -> Done:
    """The old settings are put back, except those that Buddy had not told before the change."""
    project, workspace = change.arguments["project"], api.workspace(change.arguments.get("workspace"))
    names = [name for name in SETTINGS if name in change.arguments]
    old = old_values(change, names)
    await api.patch(PROJECT, workspace, change.result.get("name") or project, body=old)
    return put_back(f"Project {project}", names, old)


@projects.write(idempotent=True, before=_before, undo=_restore, permission="WORKSPACE")
async def update_project(
    api: Buddy,
    project: arguments.Project,
    display_name: str | None = None,
    name: Annotated[str, Field(description="Changes its addresses")] | None = None,
    update_default_branch_from_external: bool | None = None,
    fetch_submodules: bool | None = None,
    fetch_submodules_env_key: str | None = None,
    access: ProjectAccess | None = None,
    allow_pull_requests: bool | None = None,
    workspace: arguments.Workspace | None = None,
) -> Project:
    """Change settings of a project; what is left out stays."""
    body = {
        "display_name": display_name,
        "name": name,
        "update_default_branch_from_external": update_default_branch_from_external,
        "fetch_submodules": fetch_submodules,
        "fetch_submodules_env_key": fetch_submodules_env_key,
        "access": access,
        "allow_pull_requests": allow_pull_requests,
    }
    return await api.patch(PROJECT, api.workspace(workspace), project, body=body, returns=Project)


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
    return Done(done="Project deleted.")
