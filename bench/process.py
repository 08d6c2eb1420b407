"""What the kernel knows about a process."""

import gc
import os
from pathlib import Path

SELF = "self"


def resident(process: int | str = SELF) -> float:
    """Resident memory in MiB."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise ProcessLookupError(process)


def settled() -> float:
    """This process's resident memory after a garbage collection, in MiB."""
    gc.collect()
    return resident()


def sockets() -> int:
    """How many sockets this process has open."""
    return sum(_target(link).startswith("socket:") for link in Path("/proc/self/fd").iterdir())


def _target(link: Path) -> str:
    try:
        return os.readlink(link)
    except FileNotFoundError:  # the directory's own descriptor
        return ""


def processor_seconds(process: int) -> float:
    """Processor time that a process has taken so far, user's and system's."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
