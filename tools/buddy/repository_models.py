"""What Buddy answers of repositories."""

from typing import Any

from server.declare import Noise, VendorModel
from tools.buddy.models import Linked, Person


class CommitLine(VendorModel):
    """A commit as executions and branches name it."""

    revision: str | None = None
    commit_date: str | None = None
    message: str | None = None
    author_date: Any = Noise
    author: Any = Noise
    committer: Any = Noise
    content_url: Any = Noise
    url: Any = Noise
    # Long, and the same as the revision but for its start: it stands last in a table.
    html_url: Any = Noise


class CommitRow(CommitLine):
    """A commit in a list."""

    author_date: str | None = None
    author: Person | None = None
    committer: Person | None = None
    html_url: str | None = None


class Stats(VendorModel):
    """Lines of a commit."""

    additions: int | None = None
    deletions: int | None = None
    total: int | None = None


class ChangedFile(VendorModel):
    """A file of a commit; `status` is ADDED, MODIFIED, REPLACED or DELETED."""

    file_name: str | None = None
    status: str | None = None
    additions: int | None = None
    deletions: int | None = None
    total: Any = Noise
    patch: str | None = None


class Commit(CommitRow):
    """A commit with its changes."""

    stats: Stats | None = None
    files: list[ChangedFile] | None = None


class RefRow(Linked):
    """A branch or tag in a list."""

    name: str | None = None
    default: bool | None = None


class Ref(RefRow):
    """A branch or tag with the commit that it points to."""

    commit: CommitRow | None = None


class Entry(Linked):
    """A file, directory, symbolic link or submodule (`content_type`) of a repository, without its content."""

    path: str | None = None
    name: str | None = None
    content_type: str | None = None
    size: int | None = None
    encoding: Any = Noise
    content: Any = Noise


class RawFile(Entry):
    """A file as Buddy sends it; `content` is base64. A directory has `contents` instead."""

    content: str | None = None
    contents: list[Entry] | None = None


class RepositoryFile(Entry):
    """A file with its text, or a directory with its entries."""

    html_url: str | None = None
    note: str | None = None
    content: str | None = None
    contents: list[Entry] | None = None


class SavedFile(VendorModel):
    """A file that was written, and the commit that wrote it."""

    content: Entry | None = None
    commit: CommitLine | None = None
