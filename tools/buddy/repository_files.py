"""Files and directories of a project's repository. Buddy has their content in base64, tools have text."""

from base64 import b64decode, b64encode
from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import Field

from server.declare import Change, Deletes, Done, Exactly, Page, Preview, Refusal, changes, counted, snapshot
from tools.buddy import arguments
from tools.buddy.api import Buddy
from tools.buddy.arguments import FilePath, Revision
from tools.buddy.repository import REPOSITORY, repository
from tools.buddy.repository_models import Entry, RawFile, RepositoryFile, SavedFile

CONTENTS = REPOSITORY + "/contents"
LONGEST_TEXT = 1_000_000
LARGEST_KEPT = 1_000_000

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
    query = {"revision": revision}
    found = await api.all("contents", Entry, CONTENTS, api.workspace(workspace), project, query=query)
    if revision and not found.items:
        api.notes.append(f"For revision {revision}")
    return found


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


class DeletesFile(Deletes):
    """Deletes the file that a call created, by a commit whose message says so."""

    def given(self, change: Change, takes: Iterable[str]) -> dict[str, Any]:
        """The delete tool's arguments."""
        return super().given(change, takes) | {"message": f"Delete {change.arguments['path']}"}


@repository.write(undo=DeletesFile("delete_file", {}), permission="REPOSITORY_WRITE")
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
    file = await _read_before(api, project, path, branch, workspace)
    if file.contents is not None:
        raise Refusal(f"Nothing was changed: {path!r} is a directory; buddy_get_file shows its files.")
    return Preview(f"File “{path}” {_place(project, branch)}: {file.size} bytes", path, before=_kept(file))


async def _loses(api: Buddy, now: Any, path: str, content: str | None) -> str | None:
    if content is None or "content" in now:
        return None
    return f"the content of {path} as it is, which could not be kept here; the repository's history has it"


async def _put_back(api: Buddy, change: Change) -> SavedFile:
    """Commits the old content again, under the old path; later edits of the file are lost."""
    given = change.arguments
    path, project = given["path"], given["project"]
    branch, workspace = given.get("branch"), given.get("workspace")
    now = given.get("new_path") or path
    moved = "content" not in given
    content = await _content_now(api, project, now, branch, workspace) if moved else _old_content(change)
    body = {"path": path if now != path else None, "content": content, "message": f"Restore {path}", "branch": branch}
    return await _replace(api, project, now, body, workspace)


@repository.write(before=_now, asks=_loses, undo=_put_back, permission="REPOSITORY_WRITE")
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
    """Commit a new version of a text file, whose whole content is replaced; without `content` it is moved as it is."""
    changes({name: value for name, value in (("content", content), ("path", new_path)) if value is not None})
    whole = _encoded(content) if content is not None else await _content_now(api, project, path, branch, workspace)
    body = {"path": new_path, "content": whole, "message": message, "branch": branch}
    return await _replace(api, project, path, body, workspace)


async def _preview(api: Buddy, project: str, path: str, branch: str | None, workspace: str | None) -> Preview:
    file = await _read_before(api, project, path, branch, workspace)
    where = _place(project, branch)
    if file.contents is not None:
        gone = "the directory; its files stay in the repository's history"
        return Preview(
            f"Directory “{path}” {where}: {counted(len(file.contents), 'entry', 'entries')}", path, gone, snapshot(file)
        )
    kept = _kept(file)
    lost = None if "content" in kept else "its content, which could not be kept here; the repository's history has it"
    return Preview(f"File “{path}” {where}: {file.size} bytes", path, lost, kept)


async def _create_again(api: Buddy, change: Change) -> SavedFile:
    """Commits the file again with its content; the history keeps the deletion."""
    path, branch = change.arguments["path"], change.arguments.get("branch")
    body = {"path": path, "content": _old_content(change), "message": f"Restore {path}", "branch": branch}
    workspace = api.workspace(change.arguments.get("workspace"))
    return await api.post(CONTENTS, workspace, change.arguments["project"], body=body, returns=SavedFile)


@repository.destructive(_preview, undo=_create_again, permission="REPOSITORY_WRITE")
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
    return Done(done=f"{path} deleted by a commit to {f'branch {branch}' if branch else 'the default branch'}.")


async def _read(api: Buddy, project: str, path: str, revision: str | None, workspace: str | None) -> RawFile:
    address, segments = _address(path)
    query = {"revision": revision}
    return await api.get(address, api.workspace(workspace), project, *segments, query=query, returns=RawFile)


async def _read_before(api: Buddy, project: str, path: str, branch: str | None, workspace: str | None) -> RawFile:
    """What a change is about to touch. Raises Refusal where Buddy answers with another file."""
    file = await _read(api, project, path, branch, workspace)
    found = file.came("path")
    if found is not None and str(found).strip("/") != path.strip("/"):
        raise Refusal(f"Nothing was changed: Buddy answered with {found!r} when asked for {path!r}.")
    return file


async def _content_now(api: Buddy, project: str, path: str, branch: str | None, workspace: str | None) -> str:
    """A file's content in base64, to be sent along unchanged. Raises Refusal where Buddy does not give it."""
    content = (await _read_before(api, project, path, branch, workspace)).content
    if content is None:
        raise Refusal(f"Nothing was changed: Buddy does not give the content of {path!r}, so it cannot be kept.")
    return content


async def _replace(api: Buddy, project: str, path: str, body: dict[str, Any], workspace: str | None) -> SavedFile:
    """PUT a file, with null for what stays as Buddy has it, as its document asks."""
    address, segments = _address(path)
    return await api.put(address, api.workspace(workspace), project, *segments, body=Exactly(body), returns=SavedFile)


def _place(project: str, branch: str | None) -> str:
    return f"of project {project}, {f'branch {branch}' if branch else 'default branch'}"


def _address(path: str) -> tuple[str, list[str]]:
    """The address of a file and its path as segments: slashes separate, all else is encoded."""
    segments = path.strip("/").split("/")
    return CONTENTS + "/{}" * len(segments), segments


def _encoded(text: str) -> str:
    return b64encode(text.encode()).decode()


def _kept(file: RawFile) -> dict[str, Any]:
    """A file as the journal keeps it: without its content where that is too large for it."""
    facts = snapshot(file)
    if len(file.content or "") > LARGEST_KEPT:
        del facts["content"]
    return facts


def _old_content(change: Change) -> str:
    """The content that a file had, in base64. Raises Refusal where it was not kept."""
    content = (change.before or {}).get("content")
    if content is None:
        raise Refusal("Nothing was sent: the file's old content was not kept, so it cannot be put back.")
    return str(content)


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
