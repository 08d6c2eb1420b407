"""Files and directories of a project's repository. Buddy has their content in base64, tools have text."""

from base64 import b64decode, b64encode
from typing import Annotated, Any

from pydantic import Field

from server.declare import Change, Done, Exactly, Page, Preview, Refusal, deletes, snapshot
from tools.buddy import arguments
from tools.buddy.api import Buddy
from tools.buddy.arguments import FilePath, Revision
from tools.buddy.repository import REPOSITORY, repository
from tools.buddy.repository_models import Entry, RawFile, RepositoryFile, SavedFile

CONTENTS = REPOSITORY + "/contents"
LONGEST_TEXT = 1_000_000
LARGEST_KEPT = 1_000_000
NOT_KEPT = "its present content, which could not be kept here; the repository's history has it"

Content = Annotated[str, Field(description="The whole text")]
Message = Annotated[str, Field(description="Commit message")]
Branch = Annotated[str, Field(description="Branch to commit to")]


@repository.read(resource="projects/{project}/contents", permission="REPOSITORY_READ")
async def get_contents(
    api: Buddy,
    project: arguments.Project,
    revision: Revision | None = None,
    workspace: arguments.Workspace | None = None,
) -> Page[Entry]:
    """What is at the top of the repository; get_file reads on."""
    return await api.all("contents", Entry, CONTENTS, api.workspace(workspace), project, query={"revision": revision})


@repository.read(resource="projects/{project}/contents/{+path}", permission="REPOSITORY_READ")
async def get_file(
    api: Buddy,
    project: arguments.Project,
    path: FilePath,
    revision: Revision | None = None,
    workspace: arguments.Workspace | None = None,
) -> RepositoryFile:
    """A file's text, or what is in a directory."""
    return _readable(await _read(api, project, path, revision, workspace))


# The file's path makes the message of the commit that deletes it again.
@repository.write(undo=deletes("delete_file", message="content.path"), permission="REPOSITORY_WRITE")
async def create_file(
    api: Buddy,
    project: arguments.Project,
    path: FilePath,
    content: Content,
    message: Message,
    branch: Branch | None = None,
    workspace: arguments.Workspace | None = None,
) -> SavedFile:
    """Commit a new text file."""
    body = {"path": path, "content": _encoded(content), "message": message, "branch": branch}
    return await api.post(CONTENTS, api.workspace(workspace), project, body=body, returns=SavedFile)


async def _now(api: Buddy, project: str, path: str, branch: str | None, workspace: str | None) -> Preview:
    file = await _read(api, project, path, branch, workspace)
    where = f"of project {project}, {f'branch {branch}' if branch else 'default branch'}"
    return Preview(what=f"File “{path}” {where}", name=path, before=_kept(file))


async def _loses(api: Buddy, now: dict[str, Any] | None, content: str | None) -> str | None:
    return NOT_KEPT if content is not None and "content" not in (now or {}) else None


async def _restore_content(api: Buddy, change: Change) -> SavedFile:
    """Commits the old content again, under the old path; later edits of the file are lost."""
    given = change.arguments
    body = Exactly({"path": given["path"], **_commit_of(change, f"Restore {given['path']}")})
    address, now = _address(given.get("new_path") or given["path"])
    return await api.put(
        address, api.workspace(given.get("workspace")), given["project"], *now, body=body, returns=SavedFile
    )


@repository.write(before=_now, asks=_loses, undo=_restore_content, permission="REPOSITORY_WRITE")
async def update_file(
    api: Buddy,
    project: arguments.Project,
    path: FilePath,
    message: Message,
    content: Content | None = None,
    new_path: Annotated[str, Field(description="To move the file")] | None = None,
    branch: Branch | None = None,
    workspace: arguments.Workspace | None = None,
) -> SavedFile:
    """Commit a new version of a text file, or move it; a content that is given replaces the whole."""
    if content is None and new_path is None:
        raise Refusal("Nothing was sent: say what to change, `content` or `new_path`.")
    address, segments = _address(path)
    encoded = _encoded(content)
    if encoded is None:
        encoded = (await _read(api, project, path, branch, workspace)).content
        if encoded is None:
            raise Refusal(f"Nothing was changed: {path} is no file, and only files can be moved.")
    # A PUT replaces every property, and Buddy wants null for what is not meant.
    body = Exactly(path=new_path or "/".join(segments), content=encoded, message=message, branch=branch)
    return await api.put(address, api.workspace(workspace), project, *segments, body=body, returns=SavedFile)


async def _preview(api: Buddy, project: str, path: str, branch: str | None, workspace: str | None) -> Preview:
    file = await _read(api, project, path, branch, workspace)
    where = f"of project {project}, {f'branch {branch}' if branch else 'default branch'}"
    if file.contents is not None:
        gone = "the directory; its files stay in the repository's history"
        return Preview(f"Directory “{path}” {where}: {len(file.contents)} entries.", path, gone, snapshot(file))
    kept = _kept(file)
    lost = None if "content" in kept else NOT_KEPT
    return Preview(f"File “{path}” {where}: {file.size} bytes.", path, lost, kept)


async def _restore_file(api: Buddy, change: Change) -> SavedFile:
    """Commits the file again with its content; the history keeps the deletion."""
    body = {"path": change.arguments["path"], **_commit_of(change, f"Restore {change.arguments['path']}")}
    workspace = api.workspace(change.arguments.get("workspace"))
    return await api.post(CONTENTS, workspace, change.arguments["project"], body=body, returns=SavedFile)


@repository.destructive(_preview, undo=_restore_file, permission="REPOSITORY_WRITE")
async def delete_file(
    api: Buddy,
    project: arguments.Project,
    path: FilePath,
    message: Message,
    branch: Branch | None = None,
    workspace: arguments.Workspace | None = None,
) -> Done:
    """Commit the deletion of a file."""
    address, segments = _address(path)
    body = {"message": message, "branch": branch}
    await api.delete(address, api.workspace(workspace), project, *segments, body=body)
    return Done(done=f"{path} of project {project} deleted on {branch or 'the default branch'}.")


async def _read(api: Buddy, project: str, path: str, revision: str | None, workspace: str | None) -> RawFile:
    address, segments = _address(path)
    query = {"revision": revision}
    return await api.get(address, api.workspace(workspace), project, *segments, query=query, returns=RawFile)


def _address(path: str) -> tuple[str, list[str]]:
    """The address of a file and its path as segments: slashes separate, all else is encoded."""
    segments = path.strip("/").split("/")
    return CONTENTS + "/{}" * len(segments), segments


def _encoded(text: str | None) -> str | None:
    return None if text is None else b64encode(text.encode()).decode()


def _kept(file: RawFile) -> dict[str, Any]:
    """A file as the journal keeps it: without its content where that is too large for it."""
    facts = snapshot(file)
    if len(file.content or "") > LARGEST_KEPT:
        del facts["content"]
    return facts


def _commit_of(change: Change, message: str) -> dict[str, Any]:
    """The content that a file had, as a commit to the branch that it was changed on. Raises Refusal."""
    content = (change.before or {}).get("content")
    if content is None:
        raise Refusal("Nothing was sent: the file's old content had not been read, so it cannot be put back.")
    return {"content": content, "message": message, "branch": change.arguments.get("branch")}


def _readable(file: RawFile) -> RepositoryFile:
    """The file with text instead of base64, cut where it is too long, and a note where it is not text."""
    facts = file.model_dump(by_alias=True) | {"html_url": file.html_url}
    if file.content is None:
        return RepositoryFile.model_validate(facts)
    text, note = _text(file.content), None
    if text is None:
        note = f"A binary file of {file.size} bytes: it has no text to show."
    elif len(text) > LONGEST_TEXT:
        note = f"Only the first {LONGEST_TEXT} of {len(text)} characters are shown; html_url has the whole file."
        text = text[:LONGEST_TEXT]
    return RepositoryFile.model_validate(facts | {"content": text, "note": note})


def _text(content: str) -> str | None:
    """What base64 stands for; None where it is not text."""
    try:
        text = b64decode(content).decode()
    except ValueError:
        return None
    return None if "\0" in text else text
