"""The journal: what was changed, by whom, with whose consent, and how it was before.

Append-only JSON lines, two a change: the intent before the vendor is called, the outcome after. An
intent without an outcome is a change that a crash interrupted. Several processes may write at once.
"""

import errno
import json
import logging
import os
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict

from server.errors import JournalError
from server.redaction import redact

MOST_BYTES = 5 * 1024 * 1024
MOST_FILES = 5
Outcome = Literal["done", "failed", "refused", "unknown", "closed"]

logger = logging.getLogger(__name__)


class Record(BaseModel):
    """One change. `outcome` is None while it is under way, and for ever where a crash interrupted it."""

    model_config = ConfigDict(extra="ignore")

    change_id: str
    time: str
    tool: str
    vendor: str
    access: str
    place: str
    arguments: dict[str, Any]
    caller: str
    client: str = ""
    consent: dict[str, Any] | None = None
    preview: str | None = None
    before: Any = None
    outcome: Outcome | None = None
    status: int | None = None
    error: str | None = None
    result: Any = None
    milliseconds: int | None = None


class Sink(Protocol):
    """Where lines go, and where they are read from, oldest first."""

    def write(self, line: str, *, durably: bool) -> None:
        """Append a line; durably means that it is on the disk when this returns. Raises JournalError."""
        ...

    def lines(self) -> Iterator[str]:
        """All lines that are still kept."""
        ...


class Journal:
    """Records changes and reads them back."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def begin(self, intent: Record, *, durably: bool, secrets: frozenset[str] = frozenset()) -> None:
        """Record that a change is about to be made, without `secrets`. Raises JournalError where it cannot be."""
        self._write(
            redact({k: v for k, v in intent.model_dump(mode="json").items() if v is not None}, secrets), durably=durably
        )

    def end(self, change_id: str, outcome: Outcome, secrets: frozenset[str] = frozenset(), **facts: Any) -> None:
        """Record how it went. A failure to record is logged: the change itself has happened."""
        line = {"change_id": change_id, "outcome": outcome, **redact(facts, secrets)}
        try:
            self._write({key: value for key, value in line.items() if value is not None}, durably=False)
        except JournalError as error:
            logger.error("The outcome of %s (%s) was not journaled: %s", change_id, outcome, error)

    def entries(self) -> list[Record]:
        """Every change that is still kept, oldest first. A line that is not whole is passed over."""
        found: dict[str, dict[str, Any]] = {}
        for line in self._sink.lines():
            try:
                facts = json.loads(line)
                found.setdefault(facts["change_id"], {}).update(facts)
            except (ValueError, KeyError, TypeError, AttributeError):
                continue
        return [Record.model_validate(facts) for facts in found.values() if "tool" in facts]

    def _write(self, facts: Mapping[str, Any], *, durably: bool) -> None:
        self._sink.write(json.dumps(facts, ensure_ascii=False, separators=(",", ":")), durably=durably)


class InMemory:
    """Lines that live as long as the process: the sandbox's journal."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def write(self, line: str, *, durably: bool) -> None:
        """Keep a line."""
        self._lines.append(line)

    def lines(self) -> Iterator[str]:
        """All lines."""
        return iter(list(self._lines))


class Stdout(InMemory):
    """Lines on stdout, for containers; those of this process can be read back."""

    def write(self, line: str, *, durably: bool) -> None:
        """Print a line and keep it."""
        try:
            print(line, flush=True)
        except OSError as error:
            raise JournalError(f"stdout cannot be written: {error.strerror}") from error
        super().write(line, durably=durably)


class Files:
    """Lines in `journal.jsonl` of a directory, rotated by size under a lock that processes share."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._file = directory / "journal.jsonl"
        self._threads = threading.Lock()

    def write(self, line: str, *, durably: bool) -> None:
        """Append a line in one write. Raises JournalError."""
        from filelock import FileLock

        try:
            self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            with self._threads, FileLock(self.directory / "journal.lock"):
                self._rotate()
                self._append(f"{line}\n".encode(), durably=durably)
        except OSError as error:
            raise JournalError(f"{self._file} cannot be written: {error.strerror or error}") from error

    def lines(self) -> Iterator[str]:
        """All lines of the kept files, oldest first."""
        for number in range(MOST_FILES - 1, -1, -1):
            try:
                yield from self._numbered(number).read_text(encoding="utf-8", errors="replace").splitlines()
            except FileNotFoundError:
                continue
            except OSError as error:
                raise JournalError(f"{self._file} cannot be read: {error.strerror}") from error

    def _append(self, data: bytes, *, durably: bool) -> None:
        with open(self._file, "ab+", buffering=0, opener=_private) as file:
            # A line that a crash cut short must not swallow this one.
            if file.seek(0, os.SEEK_END):
                file.seek(-1, os.SEEK_END)
                data = data if file.read(1) == b"\n" else b"\n" + data
            if file.write(data) != len(data):
                raise OSError(errno.ENOSPC, "No space left on device")
            if durably:
                os.fsync(file.fileno())

    def _rotate(self) -> None:
        if not self._file.exists() or self._file.stat().st_size < MOST_BYTES:
            return
        for number in range(MOST_FILES - 1, 0, -1):
            if self._numbered(number - 1).exists():
                self._numbered(number - 1).replace(self._numbered(number))

    def _numbered(self, number: int) -> Path:
        return self.directory / f"journal.{number}.jsonl" if number else self._file


def open_journal(place: str | None, *, sandbox: bool) -> Journal:
    """The journal at `place`: a directory, `stdout`, or by default the user's state directory.

    The sandbox's changes are kept in memory, since they end with it.
    """
    if place == "stdout":
        return Journal(Stdout())
    if place:
        return Journal(Files(Path(place)))
    if sandbox:
        return Journal(InMemory())
    from platformdirs import user_state_path

    return Journal(Files(user_state_path("drumbeat", appauthor=False)))


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def new_id() -> str:
    """An id for a change: its time, and enough chance to be unique."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{token_hex(6)}"
