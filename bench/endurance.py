"""Ten thousand good calls, and ten thousand of which a tenth meets a fault: what grows, what stays open."""

import time
from collections import Counter
from itertools import count
from tempfile import TemporaryDirectory

import anyio
from mcp import Client

from bench.faults import EVERY
from bench.process import settled, sockets
from bench.report import Goal, Section, Table
from bench.subject import UNCACHED, client_of, drumbeat, text_of
from bench.vendor import serving
from server.app import Drumbeat

TOOL = "teamoclock_get_team"
IN_FLIGHT = 40
WARM = 400
# Title: the kind of path, the settings, how many calls. The cache keeps a thousand answers at most.
PHASES = {
    "good": ("good", UNCACHED, 10_000),
    "a tenth faulty": ("faulty", UNCACHED, 10_000),
    "good, each of another team, cached": ("good", {}, 3_000),
}
MOST_GROWTH = 5.0
# A read outlives three of the seven kinds of fault: it asks again, or waits.
MOST_FAILED = {"good": 0.0, "faulty": 100 / EVERY * 4 / 7 + 0.5}


def run(quick: bool) -> Section:
    """Make the calls of each phase, and look at memory and sockets before, in the middle and after."""
    section = Section("Endurance")
    rows: list[list[str]] = []
    with serving("bench.faults") as url, TemporaryDirectory() as journal:
        for title, (kind, settings, times) in PHASES.items():
            server = drumbeat(url, journal, settings)
            anyio.run(_phase, section, rows, title, server, kind, times // 20 if quick else times)
    header = ["calls", "answered", "errors", "calls/s", "MiB before", "half way", "after", "sockets before", "after"]
    how = (
        f"{IN_FLIGHT} in flight, memory after {WARM} calls that are not counted, after half and after all of them; "
        "sockets once the client has gone idle and once the server is closed."
    )
    section.tables.insert(0, Table("Calls without end", how, header, rows))
    return section


async def _phase(section: Section, rows: list[list[str]], title: str, server: Drumbeat, kind: str, times: int) -> None:
    closed = sockets()
    async with client_of(server) as client:
        numbers = count(1)
        await _calls(client, kind, numbers, WARM)
        before, opened = settled(), sockets()
        began = time.perf_counter()
        said = await _calls(client, kind, numbers, times // 2)
        half = settled()
        said += await _calls(client, kind, numbers, times // 2)
        took = time.perf_counter() - began
        after, still = settled(), sockets()
        works = not (await client.call_tool(TOOL, {"team": "good-1"})).is_error
    answered = said.pop("", 0)
    left = sockets() - closed
    rows.append(
        [
            title,
            f"{answered:,}",
            f"{said.total():,}",
            f"{times / took:,.0f}",
            *(f"{mebibytes:.1f}" for mebibytes in (before, half, after)),
            str(opened - closed),
            f"{still - closed}, {left} when closed",
        ]
    )
    if said:
        kinds = sorted(said.items(), key=lambda pair: -pair[1])
        how = "In the words that the caller reads."
        section.tables.append(Table("The errors", how, ["error", "times"], [[k, f"{n:,}"] for k, n in kinds]))
    section.goals += [
        Goal.at_most(f"Endurance, {title}: memory grown in the second half", after - half, MOST_GROWTH, " MiB"),
        Goal.at_most(f"Endurance, {title}: calls that failed", 100 * said.total() / times, MOST_FAILED[kind], " %"),
        Goal.exactly(f"Endurance, {title}: sockets left open", left, 0),
        Goal.exactly(f"Endurance, {title}: the next call", "works" if works else "fails", "works"),
    ]


async def _calls(client: Client, kind: str, numbers: "count[int]", times: int) -> Counter[str]:
    """Make calls; how often each error was read, and the empty text for an answer."""
    said: Counter[str] = Counter()
    left = iter(range(times))

    async def work() -> None:
        for _ in left:
            result = await client.call_tool(TOOL, {"team": f"{kind}-{next(numbers)}"})
            said[text_of(result).partition(': {"')[0] if result.is_error else ""] += 1

    async with anyio.create_task_group() as tasks:
        for _ in range(IN_FLIGHT):
            tasks.start_soon(work)
    return said
