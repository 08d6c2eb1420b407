"""Buddy's stand-in: commits, branches, tags and files."""

import hashlib
from base64 import b64decode, b64encode
from datetime import UTC, datetime
from typing import Any

from server.sandbox import Answer, Call, Problem, endpoint
from tools import company
from tools.buddy.sandbox.data import Branch, ProjectState, day, person
from tools.buddy.sandbox.world import PROJECT, World, found, paged, required

REPOSITORY = PROJECT + "/repository"
OPTIONAL = ("path", "content", "branch")


class Repositories(World):
    """The repositories of the projects, as far as Buddy's API reaches into them."""

    @endpoint("GET", REPOSITORY + "/commits")
    def list_commits(self, call: Call) -> Any:
        state = self.project(call)
        start = call.query("branch") or call.query("revision") or state.facts["default_branch"]
        bounds = _moment(call.query("since"), "since"), _moment(call.query("until"), "until")
        wanted = [r for r in self._history(state, start) if _is_wanted(call, state.commits[r], *bounds)]
        return self._commits(call, state, "/commits", wanted)

    @endpoint("GET", REPOSITORY + "/commits/{revision:path}")
    def get_commit(self, call: Call) -> Any:
        state = self.project(call)
        revision = self._newest(state, call.path["revision"])
        content = f"{call.url}/workspaces/acme/projects/{state.facts['name']}/repository/contents?revision={revision}"
        return {**self._commit(call, state, revision, whole=True), "content_url": content}

    @endpoint("GET", REPOSITORY + "/comparison/{base:path}...{head:path}")
    def compare(self, call: Call) -> Any:
        state = self.project(call)
        known = self._history(state, call.path["base"])
        new = [revision for revision in self._history(state, call.path["head"]) if revision not in known]
        return self._commits(call, state, f"/comparison/{call.path['base']}...{call.path['head']}", new)

    @endpoint("GET", REPOSITORY + "/branches")
    def list_branches(self, call: Call) -> Any:
        state = self.project(call)
        rows = [self._branch(call, state, name, whole=False) for name in state.branches]
        return self.linked(call, self._place(state, "/branches"), {"branches": rows})

    @endpoint("POST", REPOSITORY + "/branches")
    def create_branch(self, call: Call) -> Any:
        state = self.project(call)
        name = _texts(call.body, "name", also=("description",))["name"]
        start = call.body.get("commit")
        if not (start is None or (isinstance(start, dict) and isinstance(start.get("revision"), str))):
            raise Problem(400, "Value of 'commit' is of a wrong type.")
        if name in state.branches:
            raise Problem(400, f"Branch '{name}' already exists.")
        revision = start["revision"] if start else state.facts["default_branch"]
        files = self._branch_of(state, revision).files
        state.branches[name] = Branch(list(self._history(state, revision)), dict(files))
        return Answer(201, self._branch(call, state, name))

    @endpoint("GET", REPOSITORY + "/branches/{name:path}")
    def get_branch(self, call: Call) -> Any:
        state = self.project(call)
        found(state.branches, call.path["name"], "Branch")
        return self._branch(call, state, call.path["name"])

    @endpoint("DELETE", REPOSITORY + "/branches/{name:path}")
    def delete_branch(self, call: Call) -> Any:
        state, name = self.project(call), call.path["name"]
        found(state.branches, name, "Branch")
        if name == state.facts["default_branch"]:
            raise Problem(400, "Default branch cannot be deleted.")
        del state.branches[name]
        return Answer(204)

    @endpoint("GET", REPOSITORY + "/tags")
    def list_tags(self, call: Call) -> Any:
        state = self.project(call)
        rows = [self.linked(call, self._place(state, f"/tags/{name}"), {"name": name}) for name in state.tags]
        return self.linked(call, self._place(state, "/tags"), {"tags": rows})

    @endpoint("GET", REPOSITORY + "/tags/{name:path}")
    def get_tag(self, call: Call) -> Any:
        state, name = self.project(call), call.path["name"]
        revision = found(state.tags, name, "Tag")
        tag = {"name": name, "commit": self._commit(call, state, revision)}
        return self.linked(call, self._place(state, f"/tags/{name}"), tag)

    @endpoint("GET", REPOSITORY + "/contents")
    def get_contents(self, call: Call) -> Any:
        state = self.project(call)
        return self._directory(call, state, self._files(call, state), "")

    @endpoint("POST", REPOSITORY + "/contents")
    def create_file(self, call: Call) -> Any:
        state, body = self.project(call), _texts(call.body, "path", "message", also=OPTIONAL)
        branch = self._target(state, body)
        if body["path"] in branch.files:
            raise Problem(400, f"File '{body['path']}' already exists.")
        return Answer(201, self._save(call, state, branch, body, body["path"], "ADDED"))

    @endpoint("GET", REPOSITORY + "/contents/{path:path}")
    def get_file(self, call: Call) -> Any:
        state, path = self.project(call), call.path["path"]
        files = self._files(call, state)
        if path in files:
            return self._file(call, state, path, files[path])
        return self._directory(call, state, files, f"{path}/")

    @endpoint("PUT", REPOSITORY + "/contents/{path:path}")
    def update_file(self, call: Call) -> Any:
        state, body = self.project(call), _texts(call.body, "message", also=OPTIONAL)
        branch, path = self._target(state, body), call.path["path"]
        found(branch.files, path, "File")
        if (body.get("path") or path) in branch.files.keys() - {path}:
            raise Problem(400, f"File '{body['path']}' already exists.")
        answer = self._save(call, state, branch, body, body.get("path") or path, "MODIFIED")
        if (body.get("path") or path) != path:
            del branch.files[path]
        return answer

    @endpoint("DELETE", REPOSITORY + "/contents/{path:path}")
    def delete_file(self, call: Call) -> Any:
        state, body = self.project(call), _texts(call.body, "message", also=OPTIONAL)
        branch, path = self._target(state, body), call.path["path"]
        found(branch.files, path, "File")
        del branch.files[path]
        self._record(state, branch, body["message"], path, "DELETED")
        return Answer(204)

    def _place(self, state: ProjectState, rest: str) -> str:
        return f"/projects/{state.facts['name']}/repository{rest}"

    def _history(self, state: ProjectState, start: str) -> list[str]:
        """The revisions from a branch, a tag or a commit on, newest first."""
        if start in state.branches:
            return state.branches[start].history
        revision = state.tags.get(start, start)
        for branch in state.branches.values():
            if revision in branch.history:
                return branch.history[branch.history.index(revision) :]
        raise Problem(404, "Revision not found.")

    def _newest(self, state: ProjectState, start: str) -> str:
        """The revision that a branch, a tag or a commit stands for; a new project's branch has none yet."""
        history = self._history(state, start)
        if not history:
            raise Problem(404, "Revision not found.")
        return history[0]

    def _branch_of(self, state: ProjectState, start: str) -> Branch:
        if start in state.branches:
            return state.branches[start]
        revision = self._newest(state, start)
        return next(branch for branch in state.branches.values() if revision in branch.history)

    def _commit(self, call: Call, state: ProjectState, revision: str, *, whole: bool = False) -> dict[str, Any]:
        without = () if whole else ("stats", "files")
        return self.linked(call, self._place(state, f"/commits/{revision}"), state.commits[revision], *without)

    def _commits(self, call: Call, state: ProjectState, rest: str, revisions: list[str]) -> dict[str, Any]:
        _, _, shown = paged(call, revisions)
        served = [self._commit(call, state, revision) for revision in shown]
        return self.linked(call, self._place(state, rest), {"commits": served})

    def _branch(self, call: Call, state: ProjectState, name: str, *, whole: bool = True) -> dict[str, Any]:
        facts: dict[str, Any] = {"name": name, "default": name == state.facts["default_branch"]}
        if whole:
            history = state.branches[name].history
            facts["commit"] = self._commit(call, state, history[0]) if history else None
        return self.linked(call, self._place(state, f"/branches/{name}"), facts)

    def _files(self, call: Call, state: ProjectState) -> dict[str, bytes]:
        return self._branch_of(state, call.query("revision") or state.facts["default_branch"]).files

    def _file(self, call: Call, state: ProjectState, path: str, content: bytes) -> dict[str, Any]:
        facts = {
            "content_type": "FILE",
            "encoding": "base64",
            "size": len(content),
            "name": path.rsplit("/", 1)[-1],
            "path": path,
            "content": b64encode(content).decode(),
        }
        return self.linked(call, self._place(state, f"/contents/{path}"), facts)

    def _directory(self, call: Call, state: ProjectState, files: dict[str, bytes], prefix: str) -> dict[str, Any]:
        inside = {path[len(prefix) :]: path for path in files if path.startswith(prefix)}
        if not inside and prefix:
            raise Problem(404, "Path not found.")
        entries: dict[str, dict[str, Any]] = {}
        for rest, path in inside.items():
            name, _, deeper = rest.partition("/")
            # Buddy's samples have a leading slash in the paths of directories, and none in those of files.
            directory = {"content_type": "DIR", "name": name, "path": f"/{prefix}{name}", "size": None}
            entries[name] = (
                self.linked(call, self._place(state, f"/contents/{prefix}{name}"), directory)
                if deeper
                else self._file(call, state, path, files[path])
            )
        return self.linked(call, self._place(state, f"/contents/{prefix}"), {"contents": list(entries.values())})

    def _target(self, state: ProjectState, body: dict[str, Any]) -> Branch:
        return found(state.branches, body.get("branch") or state.facts["default_branch"], "Branch")

    def _save(
        self, call: Call, state: ProjectState, branch: Branch, body: dict[str, Any], path: str, status: str
    ) -> dict[str, Any]:
        if body.get("content") is None:
            raise Problem(400, "Value of 'content' cannot be empty.")
        try:
            branch.files[path] = b64decode(body["content"], validate=True)
        except ValueError:
            raise Problem(400, "Value of 'content' is not a valid base64.") from None
        revision = self._record(state, branch, body["message"], path, status)
        file = self._file(call, state, path, branch.files[path])
        return {"content": file, "commit": self._commit(call, state, revision)}

    def _record(self, state: ProjectState, branch: Branch, message: str, path: str, status: str) -> str:
        """Commit a change of one file; the new revision."""
        revision = hashlib.sha1(f"{len(state.commits)} {path} {message}".encode(), usedforsecurity=False).hexdigest()
        author, now = person(company.PEOPLE[0]), day(self.now())
        file = {"file_name": path, "status": status, "additions": 1, "deletions": 0, "total": 1, "patch": None}
        state.commits[revision] = {
            "revision": revision,
            "author_date": now,
            "commit_date": now,
            "message": message,
            "stats": {"additions": 1, "deletions": 0, "total": 1},
            "files": [file],
            "committer": author,
            "author": author,
        }
        branch.history = [revision, *branch.history]
        return revision


def _is_wanted(call: Call, commit: dict[str, Any], since: datetime | None, until: datetime | None) -> bool:
    author, path, at = call.query("author"), call.query("path"), datetime.fromisoformat(commit["commit_date"])
    return (
        (since is None or since <= at)
        and (until is None or at <= until)
        and (not author or author.lower() in commit["author"]["name"].lower())
        and (not path or any(f"{file['file_name']}/".startswith(f"{path.strip('/')}/") for file in commit["files"]))
    )


def _moment(text: str | None, name: str) -> datetime | None:
    """A bound as a time, with or without zeros before its numbers, as in the document's own sample."""
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise Problem(400, f"Value of '{name}' is not a date.") from None


def _texts(body: Any, *names: str, also: tuple[str, ...] = ()) -> dict[str, Any]:
    """The body, if it has all of `names`, and if these and `also` are texts where they are given."""
    given = required(body, *names)
    for name in (*names, *also):
        if not isinstance(given.get(name), str | None):
            raise Problem(400, f"Value of '{name}' is of a wrong type.")
    return given
