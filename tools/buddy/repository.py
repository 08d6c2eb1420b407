"""Commits, branches and tags of a project's repository."""

from typing import Annotated

from pydantic import Field

from server.declare import Change, Done, Moment, Page, Preview, Refusal, snapshot, utc
from tools.buddy import arguments, buddy
from tools.buddy.api import Buddy
from tools.buddy.arguments import BranchName, PerPage, Revision, TagName
from tools.buddy.projects import PROJECT
from tools.buddy.repository_models import Commit, CommitRow, Ref, RefRow

REPOSITORY = PROJECT + "/repository"
COMMITS = REPOSITORY + "/commits"
BRANCHES = REPOSITORY + "/branches"

repository = buddy.toolset("repository", "Commits, branches, tags and files of a project.")


@repository.read(resource="projects/{project}/commits", permission="REPOSITORY_READ")
async def list_commits(
    api: Buddy,
    project: arguments.Project,
    since: Moment | None = None,
    until: Moment | None = None,
    author: str | None = None,
    path: Annotated[str, Field(description="Only commits that touch it")] | None = None,
    branch: str | None = None,
    revision: Annotated[str, Field(description="Where to start")] | None = None,
    page: int | None = None,
    per_page: PerPage | None = None,
    workspace: arguments.Workspace | None = None,
) -> Page[CommitRow]:
    """Commits, newest first; get_commit has their changes."""
    query = {
        "since": utc(since),
        "until": utc(until),
        "page": page,
        "per_page": per_page,
        "author": author,
        "path": path,
        "branch": branch,
        "revision": revision,
    }
    return await api.page("commits", CommitRow, COMMITS, api.workspace(workspace), project, query=query)


@repository.read(resource="projects/{project}/commits/{revision}", permission="REPOSITORY_READ")
async def get_commit(
    api: Buddy, project: arguments.Project, revision: Revision, workspace: arguments.Workspace | None = None
) -> Commit:
    """One commit with its line counts and the patch of each file."""
    return await api.get(COMMITS + "/{}", api.workspace(workspace), project, revision, returns=Commit)


@repository.read(permission="REPOSITORY_READ")
async def compare_commits(
    api: Buddy,
    project: arguments.Project,
    base: Revision,
    head: Revision,
    page: int | None = None,
    per_page: PerPage | None = None,
    workspace: arguments.Workspace | None = None,
) -> Page[CommitRow]:
    """Commits that head has and base has not, such as what a release brings."""
    path, query = REPOSITORY + "/comparison/{}...{}", {"page": page, "per_page": per_page}
    return await api.page("commits", CommitRow, path, api.workspace(workspace), project, base, head, query=query)


@repository.read(resource="projects/{project}/branches", permission="REPOSITORY_READ")
async def list_branches(
    api: Buddy, project: arguments.Project, workspace: arguments.Workspace | None = None
) -> Page[RefRow]:
    """Branches of a project."""
    return await api.all("branches", RefRow, BRANCHES, api.workspace(workspace), project)


@repository.read(resource="projects/{project}/branches/{name}", permission="REPOSITORY_READ")
async def get_branch(
    api: Buddy, project: arguments.Project, name: BranchName, workspace: arguments.Workspace | None = None
) -> Ref:
    """One branch with its latest commit."""
    return await api.get(BRANCHES + "/{}", api.workspace(workspace), project, name, returns=Ref)


@repository.write(permission="REPOSITORY_WRITE")
async def create_branch(
    api: Buddy,
    project: arguments.Project,
    name: str | None = None,
    commit: Annotated[str, Field(description="SHA to start from")] | None = None,
    description: str | None = None,
    workspace: arguments.Workspace | None = None,
) -> Ref:
    """Create a branch at a commit."""
    body = {"name": name, "description": description, "commit": {"revision": commit} if commit else None}
    return await api.post(BRANCHES, api.workspace(workspace), project, body=body, returns=Ref)


async def _preview(api: Buddy, project: str, name: str, workspace: str | None) -> Preview:
    branch = await get_branch(api, project, name, workspace)
    commit = branch.commit or CommitRow()
    message = f" “{commit.message.strip()}”" if commit.message else ""
    return Preview(
        what=f"Branch “{name}” of project {project}, at commit {commit.revision}{message}.",
        name=name,
        lost=None if commit.revision else "the branch, since Buddy does not tell its commit",
        before=snapshot(branch),
    )


async def _restore(api: Buddy, change: Change) -> Ref:
    """The branch is created again at the same commit; its description does not come back."""
    project, workspace = change.arguments["project"], change.arguments.get("workspace")
    revision = (change.before.get("commit") or {}).get("revision")
    if not revision:
        raise Refusal("Nothing was sent: Buddy had not told the branch's commit, so it cannot be created again.")
    return await create_branch(api, project, change.arguments["name"], revision, workspace=workspace)


@repository.destructive(_preview, undo=_restore, permission="REPOSITORY_WRITE")
async def delete_branch(
    api: Buddy, project: arguments.Project, name: BranchName, workspace: arguments.Workspace | None = None
) -> Done:
    """Delete a branch."""
    await api.delete(BRANCHES + "/{}", api.workspace(workspace), project, name)
    return Done(done="Branch deleted.")


@repository.read(resource="projects/{project}/tags", permission="REPOSITORY_READ")
async def list_tags(
    api: Buddy, project: arguments.Project, workspace: arguments.Workspace | None = None
) -> Page[RefRow]:
    """Tags of a project."""
    return await api.all("tags", RefRow, REPOSITORY + "/tags", api.workspace(workspace), project)


@repository.read(resource="projects/{project}/tags/{name}", permission="REPOSITORY_READ")
async def get_tag(
    api: Buddy, project: arguments.Project, name: TagName, workspace: arguments.Workspace | None = None
) -> Ref:
    """One tag with its commit."""
    return await api.get(REPOSITORY + "/tags/{}", api.workspace(workspace), project, name, returns=Ref)
