"""On what, when and with which versions a run was made."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("drumbeat-mcp", "mcp", "httpx", "pydantic", "anyio", "uvicorn", "bpe-openai")


def facts(extra: str = "") -> str:
    """One paragraph, and how busy the machine was, since a busy one makes all times worse."""
    packages = ", ".join([*(f"{name} {version(name)}" for name in PACKAGES), *filter(None, [extra])])
    load = os.getloadavg()[0]
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {_commit()}. {_processor()}, {os.cpu_count()} cores, "
        f"{_memory()} GiB, {platform.system()} {platform.release()}, {platform.python_implementation()} "
        f"{platform.python_version()}. {packages}. Load of the machine before the run: {load:.1f}."
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)


def _commit() -> str:
    def git(*arguments: str) -> str:
        command = ["git", *arguments]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
        return ended.stdout.strip()

    return (git("rev-parse", "--short", "HEAD") or "unknown") + (" with changes" if git("status", "--short") else "")
