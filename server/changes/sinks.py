"""Where the journal's lines are kept: files that processes share, memory, or stdout. All of it bounded in bytes.

Lines are bytes, without the line break that ends each. Files rotate by size; of a file that falls off, the changes
that last are kept on in a file of their own.
"""

import errno
import logging
import os
import stat
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol, runtime_checkable

from server.changes.bounds import DEFAULT, Bounds, fitting, lasting
from server.errors import JournalError

CLAIM = b'{"claim":'

logger = logging.getLogger(__name__)

Condition = Callable[[Iterator[bytes]], bool]


class Sink(Protocol):
    """Where lines go, and where they are read from, oldest first."""

    def write(self, line: bytes, *, durably: bool, unless: Condition | None = None) -> bool:
        """Append a line; durably means that it is on the disk when this returns. Raises JournalError.

        unless: says of the claims that there are whether not to append one; nobody else writes in between.
        False where nothing was appended.
        """
        ...

    def lines(self, since: datetime | None = None) -> Iterator[bytes]:
        """All lines that are still kept, or at least those that were written since then. Raises JournalError."""
        ...

    def check(self) -> str:
        """Where the lines are kept. Raises JournalError where none could be written."""
        ...


@runtime_checkable
class Followed(Protocol):
    """Lines of many servers, which a follower takes one after the other. Each raises JournalError."""

    def followed(self) -> str:
        """Up to which number the follower has taken lines."""
        ...

    def after(self, number: str) -> list[tuple[str, bytes]]:
        """The next lines after that number, each with its own; waits a moment for them."""
        ...

    def take(self, number: str) -> None:
        """Keep that the follower has what is up to this number."""
        ...


class InMemory:
    """Lines that live as long as the process: the sandbox's journal."""

    def __init__(self, bounds: Bounds = DEFAULT) -> None:
        self._bounds = bounds
        self._lines: list[bytes] = []
        self._size = 0
        self._lock = threading.Lock()

    def write(self, line: bytes, *, durably: bool, unless: Condition | None = None) -> bool:
        """Keep a line; where there are too many, the oldest that do not last are dropped first."""
        with _taken(self._lock, self._bounds.lock_seconds):
            if unless and unless(iter(self._lines)):
                return False
            self._show(line)
            self._lines.append(line)
            self._size += len(line)
            if self._size > self._bounds.memory_bytes:
                self._lines = fitting(self._lines, self._bounds.memory_bytes * 3 // 4)
                self._size = sum(map(len, self._lines))
        return True

    def lines(self, since: datetime | None = None) -> Iterator[bytes]:
        """All lines."""
        return iter(list(self._lines))

    def check(self) -> str:
        """In this process."""
        return "memory"

    def _show(self, line: bytes) -> None:
        pass


class Stdout(InMemory):
    """Lines on stdout, for containers; the newest of this process can be read back."""

    def check(self) -> str:
        """Where they are shown."""
        return "stdout"

    def _show(self, line: bytes) -> None:
        try:
            sys.stdout.buffer.write(line + b"\n")
            sys.stdout.buffer.flush()
        except (OSError, ValueError) as error:
            raise JournalError(f"stdout cannot be written: {error}") from error


class Files:
    """Lines in `journal.jsonl` of a directory, rotated by size under a lock that processes share."""

    def __init__(self, directory: Path, bounds: Bounds = DEFAULT) -> None:
        self.directory = directory
        self._bounds = bounds
        self._file = directory / "journal.jsonl"
        self._kept = directory / "journal.kept.jsonl"
        self._threads = threading.Lock()
        _tighten(directory)

    def write(self, line: bytes, *, durably: bool, unless: Condition | None = None) -> bool:
        """Append a line in one write. Raises JournalError."""
        with self.locked():
            if unless and unless(self.lines()):
                return False
            self._rotate()
            self._append(line + b"\n", durably=durably)
        return True

    def lines(self, since: datetime | None = None) -> Iterator[bytes]:
        """All lines of those files that were written to since then, oldest first."""
        # From the newest to the oldest, which is how rotation moves them: without the lock, none is missed.
        paths = [*(self._numbered(number) for number in range(self._bounds.files)), self._kept]
        with ExitStack() as stack:
            try:
                files = dict[int, BinaryIO]()
                for path in paths:
                    with suppress(FileNotFoundError):
                        file: BinaryIO = stack.enter_context(open(path, "rb"))
                        found = os.fstat(file.fileno())
                        if since is None or found.st_mtime >= since.timestamp():
                            files.setdefault(found.st_ino, file)
                for file in reversed(files.values()):
                    yield from (line.rstrip(b"\n") for line in file)
            except OSError as error:
                raise JournalError(f"{self._file} cannot be read: {error.strerror}") from error

    def check(self) -> str:
        """The file. Raises JournalError where it cannot be written, or its lock is not to be had."""
        with self.locked(), open(self._file, "ab", opener=_private):
            return str(self._file)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock that all processes share, to write.

        Raises JournalError where another holds it for long, and where what is done under it cannot be written.
        """
        from filelock import FileLock, Timeout

        lock, seconds = self.directory / "journal.lock", self._bounds.lock_seconds
        started = time.monotonic()
        try:
            self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            with _taken(self._threads, seconds):
                left = max(0.0, seconds - (time.monotonic() - started))
                with FileLock(lock, timeout=left, mode=0o600, poll_interval=0.01):
                    yield
        except Timeout:
            words = f"another process holds {lock} and has not let go of it for {seconds:g} seconds"
            raise JournalError(words) from None
        except OSError as error:
            raise JournalError(f"{self._file} cannot be written: {error.strerror or error}") from error

    def _append(self, data: bytes, *, durably: bool) -> None:
        with open(self._file, "ab+", buffering=0, opener=_private) as file:
            end = file.seek(0, os.SEEK_END)
            # A line that a crash cut short must not swallow this one.
            if end:
                file.seek(-1, os.SEEK_END)
                data = data if file.read(1) == b"\n" else b"\n" + data
            try:
                if file.write(data) != len(data):
                    raise OSError(errno.ENOSPC, "No space left on device")
                if durably:
                    os.fsync(file.fileno())
            except OSError:
                with suppress(OSError):
                    file.truncate(end)
                raise

    def _rotate(self) -> None:
        if not self._file.exists() or self._file.stat().st_size < self._bounds.file_bytes:
            return
        last = self._numbered(self._bounds.files - 1)
        if last.exists():
            self._keep(last)
        for number in range(self._bounds.files - 1, 0, -1):
            if self._numbered(number - 1).exists():
                self._numbered(number - 1).replace(self._numbered(number))

    def _keep(self, falling: Path) -> None:
        """Take what lasts over from a file that falls off; a crash leaves the kept file as it was, or whole."""
        lines = [line for path in (self._kept, falling) if path.exists() for line in path.read_bytes().split(b"\n")]
        new = self.directory / "journal.kept.new"
        try:
            with open(new, "wb", opener=_private) as file:
                file.writelines(line + b"\n" for line in lasting(lines, self._bounds))
                file.flush()
                os.fsync(file.fileno())
            new.replace(self._kept)
        except OSError:
            with suppress(OSError):
                new.unlink(missing_ok=True)
            raise

    def _numbered(self, number: int) -> Path:
        return self.directory / f"journal.{number}.jsonl" if number else self._file


@contextmanager
def _taken(lock: threading.Lock, seconds: float) -> Iterator[None]:
    """Hold a lock of this process. Raises JournalError where it is not free in time."""
    if not lock.acquire(timeout=seconds):
        raise JournalError(f"the journal has been busy for {seconds:g} seconds")
    try:
        yield
    finally:
        lock.release()


def _tighten(directory: Path) -> None:
    """Make a journal that was there before its owner's alone; a directory only where it holds nothing else."""
    try:
        found = list(directory.iterdir())
        ours = [path for path in found if path.name.startswith("journal.")]
        for path in ours if len(ours) < len(found) else [*ours, directory]:
            mode = path.lstat().st_mode
            of_a_kind = stat.S_ISREG(mode) or (path == directory and not mode & stat.S_ISVTX)
            if of_a_kind and mode & 0o077:
                path.chmod(mode & 0o700)
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:
        logger.warning("The permissions of the journal in %s could not be tightened: %s", directory, error.strerror)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
