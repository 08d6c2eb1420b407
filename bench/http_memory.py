"""A server over a long time: memory over many calls and many sessions, and what sessions cost that only lie there."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from tempfile import TemporaryDirectory

from bench.http import READS
from bench.http_client import ACCEPTED, Call, Client, Line, load, many, text_of
from bench.http_servers import TOKENS, Served, drumbeat
from bench.report import Goal, Section, Table
from bench.stats import median, milliseconds
from bench.vendor import serving

CALLS, WARM, SESSIONS, CLIENTS = 50_000, 2_000, 1_000, 20
MOST_GROWTH, MOST_SLOWER = 5.0, 1.25
IDLE_SECONDS = 5.0


def run(quick: bool) -> Section:
    """Measure all three on one server."""
    section, part = Section("HTTP, over time"), 20 if quick else 1
    call = next(iter(READS.values()))
    with serving("bench.vendor", "fixed") as vendor, TemporaryDirectory() as folder:
        with drumbeat(vendor, folder) as server:
            asyncio.run(_grown(section, server, call, part))
        with drumbeat(vendor, folder) as server:
            asyncio.run(_idle(section, server, call, SESSIONS // part, IDLE_SECONDS / part))
    return section


async def _grown(section: Section, server: Served, call: Call, part: int) -> None:
    rows = []
    for what, times, work in (("calls", CALLS // part, _calls), ("sessions", SESSIONS // part, _sessions)):
        await work(server, call, min(WARM, times))
        memory = [server.memory]
        for _ in range(2):
            await work(server, call, times // 2)
            memory.append(server.memory)
        rows.append([f"{times:,} {what}", *(f"{mebibytes:.1f}" for mebibytes in memory)])
        grown = memory[2] - memory[1]
        section.goals.append(
            Goal.at_most(f"HTTP: memory grown by the last {times // 2:,} {what}", grown, MOST_GROWTH, " MiB")
        )
    how = (
        f"The server's resident memory after some that are not counted, half way and at the end. Calls by {CLIENTS} "
        "modern clients; a session is opened by a legacy client, which calls once and ends it."
    )
    section.tables.append(Table("Memory", how, ["", "MiB before", "half way", "after"], rows))


async def _calls(server: Served, call: Call, times: int) -> None:
    left = iter(range(times))

    async def work(client: Client) -> None:
        for _ in left:
            text_of(await client.call())

    async with many(CLIENTS, server.url, "modern", TOKENS, call) as clients, asyncio.TaskGroup() as tasks:
        for client in clients:
            tasks.create_task(work(client))


async def _sessions(server: Served, call: Call, times: int) -> None:
    left = iter(range(times))

    async def work(token: str) -> None:
        for _ in left:
            async with many(1, server.url, "legacy", [token], call) as (client,):
                text_of(await client.call())

    async with asyncio.TaskGroup() as tasks:
        for token in TOKENS:
            tasks.create_task(work(token))


async def _idle(section: Section, server: Served, call: Call, number: int, seconds: float) -> None:
    """Sessions that are open and say nothing, each with the stream on which its client listens."""
    async with AsyncExitStack() as stack:
        (one,) = await stack.enter_async_context(many(1, server.url, "modern", TOKENS, call))
        before, memory = await load([one], seconds, text_of), server.memory
        waiting = await stack.enter_async_context(many(number, server.url, "legacy", TOKENS, call))
        listening = await _listening(server, waiting)
        used = server.processor
        await asyncio.sleep(seconds)
        busy, full = 100 * (server.processor - used) / seconds, server.memory
        after = await load([one], seconds, text_of)
        for line in listening:
            line.close()
    each = 1024 * (full - memory) / number
    row = [f"{number:,}", f"{each:,.0f}", f"{busy:.1f}", milliseconds(median(before)), milliseconds(median(after))]
    header = ["sessions", "KiB each", "processor, %", "a call without them, ms", "with them"]
    how = f"Each with its stream open; the processor over {seconds:g} s in which nothing is asked; calls by one client."
    section.tables.append(Table("Idle sessions", how, header, [row]))
    slower = median(after) / median(before)
    section.goals.append(
        Goal.at_most(f"HTTP: a call beside {number:,} idle sessions, to one without", slower, MOST_SLOWER)
    )


async def _listening(server: Served, clients: Sequence[Client]) -> list[Line]:
    """A connection a client on which it waits for what the server says by itself."""
    lines = []
    for client in clients:
        line = Line(server.url)
        await line.begin("GET", "/mcp", {**client.headers, "accept": ACCEPTED.partition(", ")[2]})
        lines.append(line)
    return lines
