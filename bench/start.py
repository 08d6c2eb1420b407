"""From a fresh process to its list of tools, over stdio: time and memory."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import get_args

from bench.machine import ROOT
from bench.report import Goal, Section, Table
from bench.stats import median, milliseconds, ratio
from bench.subject import variables
from bench.wire import Era, Started, environment, start

BARE, DEFAULT, ALL, FASTMCP = "bare server", "Drumbeat, default tools", "Drumbeat, all tools", "FastMCP hello world"
FASTMCP_VARIABLE, FASTMCP_PLACE = "BENCH_FASTMCP_PYTHON", ROOT / ".venv-fastmcp/bin/python"
Servers = dict[str, tuple[list[str], dict[str, str]]]
Runs = dict[str, list[Started]]


def run(quick: bool) -> Section:
    """Measure the start of every server, in both eras, in turns."""
    section = Section("Start")
    times = 2 if quick else 12
    with tempfile.TemporaryDirectory() as directory:
        servers = _servers(directory)
        if FASTMCP not in servers:
            section.notes.append(f"FastMCP: skipped, it is not installed ({FASTMCP_VARIABLE}, see README.md).")
        for era in get_args(Era)[:1] if quick else get_args(Era):
            runs = _in_turns(servers, era, times)
            servers.pop(FASTMCP, None)  # once is enough for it
            section.tables.append(_table(era, runs, times))
            section.goals += _goals(era, runs)
        with _busy():
            runs = _in_turns(servers, "legacy", times)
        section.tables.append(_loaded(runs, times))
    return section


def fastmcp_version() -> str:
    """FastMCP's name and version, empty where there is no interpreter that has it."""
    python = _fastmcp()
    if not shutil.which(python):
        return ""
    code = "from importlib.metadata import version as v; print('fastmcp', v('fastmcp'), 'on mcp', v('mcp'))"
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603


def _fastmcp() -> str:
    return os.environ.get(FASTMCP_VARIABLE) or str(FASTMCP_PLACE)


def _servers(directory: str) -> Servers:
    drumbeat = [sys.executable, "-m", "server"]
    # Every vendor is on, at an address where nobody is: nothing is sent at the start.
    on = environment(DRUMBEAT_JOURNAL=directory, **variables("http://127.0.0.1"))
    servers: Servers = {
        BARE: ([sys.executable, "-m", "bench.peers.bare"], environment()),
        DEFAULT: (drumbeat, on),
        ALL: (drumbeat, {**on, "DRUMBEAT_TOOLSETS": "all"}),
    }
    if fastmcp_version():
        servers[FASTMCP] = ([_fastmcp(), str(Path(__file__).parent / "peers/fastmcp_hello.py")], environment())
    return servers


def _in_turns(servers: Servers, era: Era, times: int) -> Runs:
    for command, its in servers.values():  # so that no first run compiles or reads from a cold disk
        start(command, its, era)
    runs: Runs = {name: [] for name in servers}
    for _ in range(times):
        for name, (command, its) in servers.items():
            runs[name].append(start(command, its, era))
    return runs


def _table(era: Era, runs: Runs, times: int) -> Table:
    rows = []
    for name, starts in runs.items():
        seconds = [one.seconds for one in starts]
        memory = [one.memory for one in starts]
        rows.append(
            [
                name,
                str(starts[0].tools),
                milliseconds(median(seconds)),
                milliseconds(min(seconds)),
                milliseconds(max(seconds)),
                f"{_to_bare(runs, name, 'seconds'):.2f}",
                f"{median(memory):.1f}",
                f"{_to_bare(runs, name, 'memory'):.2f}",
            ]
        )
    header = ["server", "tools", "median ms", "least", "most", "to bare", "MiB", "to bare"]
    how = (
        f"Spawn, handshake, `tools/list` answered; {times} fresh processes each, in turns, after one for nothing. "
        "To bare: the median of all turns' ratios."
    )
    return Table(f"{era.capitalize()} client", how, header, rows)


@contextmanager
def _busy() -> Iterator[None]:
    """As many processes as there are cores, all of them busy, as where a client starts all its servers at once."""
    code = "import os; os.nice(5)\nwhile True: pass"
    busy = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(os.cpu_count() or 1)]  # noqa: S603
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


def _loaded(runs: Runs, times: int) -> Table:
    rows = []
    for name, starts in runs.items():
        figures = [
            *(1000 * choose([one.handshake for one in starts]) for choose in (median, max)),
            *(1000 * choose([one.seconds for one in starts]) for choose in (median, max)),
        ]
        rows.append([name, *(f"{figure:,.0f}" for figure in figures)])
    how = (
        f"Legacy client, with a busy process (nice 5) on each core; {times} starts each. One host waits 3 s for the "
        "answer to the handshake, and starts its servers all at once."
    )
    return Table("Loaded", how, ["server", "handshake, median ms", "most", "list of tools, median ms", "most"], rows)


def _goals(era: Era, runs: Runs) -> list[Goal]:
    goals = []
    for name, bound in ((DEFAULT, 1.05), (ALL, 1.10)):
        for what, at_most in (("seconds", bound), ("memory", 1.15)):
            goals.append(Goal.at_most(f"Start, {era}: {name}, {what} to bare", _to_bare(runs, name, what), at_most))
    return goals


def _to_bare(runs: Runs, name: str, what: str) -> float:
    return ratio([getattr(one, what) for one in runs[name]], [getattr(one, what) for one in runs[BARE]])
