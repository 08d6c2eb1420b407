"""A bound on the processor time of single processes, as containers have one: by control groups, version 1 or 2."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

PERIOD = 10_000
"""Microseconds: so few that who has used up their share waits for a moment, and not for a tenth of a second."""
PROC = Path("/proc")


class NoQuota(Exception):
    """This machine lets us bound no process, in words why."""


@contextmanager
def bounded(processes: Sequence[int], share: float) -> Iterator[None]:
    """Give each of these processes at most `share` of one processor. Raises NoQuota."""
    with ExitStack() as stack:
        try:
            groups = _groups()
            for process in processes:
                stack.enter_context(groups.bounded(process, round(PERIOD * share)))
        except OSError as error:
            raise NoQuota(f"no control group can be made here: {error}") from error
        yield


@dataclass(frozen=True)
class _Groups:
    """Where control groups for processor time are made. name: what /proc calls them, nothing in version 2."""

    root: Path
    name: str

    @contextmanager
    def bounded(self, process: int, microseconds: int) -> Iterator[None]:
        """Let a process have so many microseconds in each period. Raises OSError."""
        before, group = self._group_of(process), self.root / f"drumbeat-bench-{process}"
        group.mkdir()
        try:
            for file, value in self._bound(microseconds).items():
                _write(group / file, value)
            _write(group / "cgroup.procs", str(process))
            yield
        finally:
            with suppress(OSError):  # who has ended is in no group any more
                _write(before / "cgroup.procs", str(process))
            group.rmdir()

    def _bound(self, microseconds: int) -> Mapping[str, str]:
        if self.name:
            return {"cpu.cfs_period_us": str(PERIOD), "cpu.cfs_quota_us": str(microseconds)}
        return {"cpu.max": f"{microseconds} {PERIOD}"}

    def _group_of(self, process: int) -> Path:
        lines = (line.split(":", 2) for line in (PROC / str(process) / "cgroup").read_text().splitlines())
        path = next((path for _, names, path in lines if self.name in names.split(",")), "/")
        found = self.root / path.lstrip("/")
        return found if found.is_dir() else self.root


def _groups() -> _Groups:
    """The groups of this machine. Raises NoQuota where it has none for processor time."""
    mounts = [line.split() for line in (PROC / "self" / "mounts").read_text().splitlines()]
    for _, root, kind, options, *_ in mounts:
        if kind == "cgroup" and "cpu" in options.split(","):
            return _Groups(Path(root), "cpu")
    for _, root, kind, *_ in mounts:
        if kind == "cgroup2" and "cpu" in (Path(root) / "cgroup.controllers").read_text().split():
            with suppress(OSError):  # where this is refused a group has no bound to write to, and that is told
                _write(Path(root) / "cgroup.subtree_control", "+cpu")
            return _Groups(Path(root), "")
    raise NoQuota("no control groups for processor time are mounted")


def _write(file: Path, value: str) -> None:
    # Not `write_text`, which would make a file that is missing.
    with file.open("r+") as open_file:
        open_file.write(value)
