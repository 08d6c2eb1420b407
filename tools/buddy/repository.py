"""Commits, branches and tags of a project's repository."""

import re
from typing import Annotated

from pydantic import Field

from server.declare import (
    Change,
    Done,
    Page,
    Preview,
    Refusal,
    Since,
    Until,
    VendorError,
    covering,
    deletes,
    snapshot,
    utc,
)
from tools.buddy import arguments, buddy
from tools.buddy.api import Buddy
from tools.buddy.arguments import BranchName, PerPage, Revision, TagName
from tools.buddy.projects import PROJECT
from tools.buddy.repository_models import Commit, CommitRow, Ref, RefRow

REPOSITORY = PROJECT + "/repository"
COMMITS = REPOSITORY + "/commits"
BRANCHES = REPOSITORY + "/branches"
RECENT = 100
SHA = re.compile(r"[0-9a-f]{7,40}")

PageNumber = Annotated[int, Field(ge=1)]

repository = buddy.toolset("repository", "Commits, branches, tags and files of a project.")


@repository.read(resource="projects/{project}/commits", permission="REPOSITORY_READ")
async def list_commits(
    api: Buddy,
    project: arguments.Project,
    since: Since | None = None,
    until: Until | None = None,
    author: Annotated[str, Field(description="Name, as in commits")] | None = None,
    path: Annotated[str, Field(description="Only commits that touch it")] | None = None,
    branch: BranchName | None = None,
    revision: Annotated[str, Field(description="Where to start")] | None = None,
    page: PageNumber | None = None,
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
    where = (api.workspace(workspace), project)
    found = await api.page("commits", CommitRow, COMMITS, *where, query=query)
    if author and not found.items and (page or 1) == 1:
        query["author"] = await _author(api, author, *where)
        if query["author"] != author:
            found = await api.page("commits", CommitRow, COMMITS, *where, query=query)
    if since or until:
        api.notes.append(covering(since, until))
    return _said(api, found, author=query["author"], path=path, branch=branch, revision=revision, page=page)


async def _author(api: Buddy, author: str, *where: str) -> str:
    """An author as the latest commits spell the name. Raises Refusal for one whom they do not know."""
    query = {"page": 1, "per_page": RECENT}
    recent = (await api.page("commits", CommitRow, COMMITS, *where, query=query)).items
    names = {row.author.name for row in recent if row.author and row.author.name}
    same = [name for name in names if name.casefold() == author.casefold()]
    if not same and recent:
        known = ", ".join(sorted(names))
        raise Refusal(f"There is no author {author!r} among the latest {len(recent)} commits; these are by {known}.")
    return same[0] if same else author


def _said(api: Buddy, found: Page[CommitRow], **asked: object) -> Page[CommitRow]:
    """The page; an empty one with a note of what was asked for."""
    given = [f"{name} {value}" for name, value in asked.items() if value is not None]
    if given and not found.items:
        api.notes.append(f"For {', '.join(given)}")
    return found


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
    page: PageNumber | None = None,
    per_page: PerPage | None = None,
    workspace: arguments.Workspace | None = None,
) -> Page[CommitRow]:
    """Commits that head has and base has not, such as what a release brings."""
    path, query = REPOSITORY + "/comparison/{}...{}", {"page": page, "per_page": per_page}
    found = await api.page("commits", CommitRow, path, api.workspace(workspace), project, base, head, query=query)
    return _said(api, found, base=base, head=head, page=page)


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


@repository.write(undo=deletes("delete_branch"), permission="REPOSITORY_WRITE")
async def create_branch(
    api: Buddy,
    project: arguments.Project,
    name: str,
    commit: arguments.Revision | None = None,
    description: str | None = None,
    workspace: arguments.Workspace | None = None,
) -> Ref:
    """Create a branch at a commit."""
    revision = await _sha(api, project, commit, workspace) if commit else None
    body = {"name": name, "description": description, "commit": {"revision": revision} if revision else None}
    return await api.post(BRANCHES, api.workspace(workspace), project, body=body, returns=Ref)


async def _sha(api: Buddy, project: str, given: str, workspace: str | None) -> str:
    """The commit that a branch or a tag points to, as Buddy takes no name here. Raises Refusal."""
    if SHA.fullmatch(given):
        return given
    try:
        ref = await get_branch(api, project, given, workspace)
    except VendorError as error:
        if error.status not in (400, 404):
            raise
        ref = await get_tag(api, project, given, workspace)
    if ref.commit is None or not ref.commit.revision:
        raise Refusal(f"Nothing was sent: Buddy does not tell the commit of {given!r}.")
    return ref.commit.revision


async def _preview(api: Buddy, project: str, name: str, workspace: str | None) -> Preview:
    branch = await get_branch(api, project, name, workspace)
    if branch.came("name") not in (None, name):
        raise Refusal(f"Nothing was changed: Buddy answered with branch {branch.name!r} when asked for {name!r}.")
    commit = branch.commit or CommitRow()
    message = f" “{commit.message.strip()}”" if commit.message else ""
    at = f"commit {commit.revision}{message}" if commit.revision else "no commit that Buddy tells"
    return Preview(
        what=f"Branch “{name}” of project {project}, at {at}",
        name=name,
        lost=None if commit.revision else "the branch, since Buddy does not tell its commit",
        before=snapshot(branch),
    )


async def _create_again(api: Buddy, change: Change) -> Ref:
    """Creates the branch again at the same commit, without its description."""
    project, workspace = change.arguments["project"], change.arguments.get("workspace")
    revision = (change.before.get("commit") or {}).get("revision")
    if not revision:
        raise Refusal("Nothing was sent: Buddy had not told the branch's commit, so it cannot be created again.")
    return await create_branch(api, project, change.arguments["name"], revision, workspace=workspace)


@repository.destructive(_preview, undo=_create_again, permission="REPOSITORY_WRITE")
async def delete_branch(
    api: Buddy, project: arguments.Project, name: BranchName, workspace: arguments.Workspace | None = None
) -> Done:
    """Delete a branch."""
    await api.delete(BRANCHES + "/{}", api.workspace(workspace), project, name)
    return Done(done=f"Branch {name} of project {project} deleted.")


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
