"""One read, by a server that does nothing but fetch, and by Drumbeat, uncached and cached, in turns."""

import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from tempfile import TemporaryDirectory

import anyio
import httpx

from bench.peers.direct import direct
from bench.report import Goal, Section, Table
from bench.stats import median, milliseconds, p99
from bench.subject import UNCACHED, called, client_of, drumbeat
from bench.vendor import ITEMS, TEAMS, serving

Call = Callable[[], Awaitable[str]]
PEER, NEW, KEPT = "peer", "uncached", "cached"
STRUCTURED = "peer, with structure"
NEW_FOUND, KEPT_FOUND = "uncached, drumbeat_read", "cached, drumbeat_read"
CREDENTIALS = ("acme", "skey-sandbox")
IN_FLIGHT, ROUNDS = 20, 3
READS = {
    f"List of {TEAMS} teams": ("fixed", "/teams", "teamoclock_list_teams", {}),
    "One action item": ("fixed", "/actionitems/A1", "teamoclock_get_action_item", {"action_item_id": "A1"}),
    f"List of {ITEMS} action items": ("fixed", "/actionitems", "teamoclock_list_action_items", {}),
    "The stand-in's action items": ("standins", "/actionitems", "teamoclock_list_action_items", {}),
}


def run(quick: bool) -> Section:
    """Measure every read."""
    section = Section("Calls")
    for title, (vendor, path, tool, arguments) in READS.items():
        times = (50 if quick else 1000) // (1 if vendor == "fixed" else 4)
        with serving("bench.vendor", vendor) as url, TemporaryDirectory() as journal:
            work = partial(_read, section, title, url, path, tool, arguments, journal, times)
            anyio.run(work)
    return section


async def _read(
    section: Section, title: str, url: str, path: str, tool: str, arguments: dict[str, str], journal: str, times: int
) -> None:
    async with AsyncExitStack() as stack:
        http = httpx.AsyncClient(base_url=f"{url}/teamoclock", auth=CREDENTIALS)
        peer = await stack.enter_async_context(client_of(direct(await stack.enter_async_context(http))))
        new = await stack.enter_async_context(client_of(drumbeat(url, journal, UNCACHED)))
        kept = await stack.enter_async_context(client_of(drumbeat(url, journal)))
        calls: dict[str, Call] = {
            PEER: partial(called, peer, "fetch", {"path": path}),
            STRUCTURED: partial(called, peer, "fetch_structured", {"path": path}),
            NEW: partial(called, new, tool, arguments),
            KEPT: partial(called, kept, tool, arguments),
            NEW_FOUND: partial(called, new, "drumbeat_read", {"tool": tool, "arguments": arguments}),
            KEPT_FOUND: partial(called, kept, "drumbeat_read", {"tool": tool, "arguments": arguments}),
        }
        taken = await one_by_one(calls, times)
        rates = await together({name: calls[name] for name in (PEER, NEW, KEPT)}, times)
    section.tables.append(_table(title, taken, rates))
    section.goals += _goals(title, taken)


async def one_by_one(calls: dict[str, Call], times: int) -> dict[str, list[float]]:
    """Seconds of every call, all kinds in turns, each turn beginning with another."""
    names = list(calls)
    taken: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(-20, times):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            began = time.perf_counter()
            await calls[name]()
            if turn >= 0:
                taken[name].append(time.perf_counter() - began)
    return taken


async def together(calls: dict[str, Call], times: int) -> dict[str, list[float]]:
    """Calls a second with many in flight, all kinds in turns."""
    rates: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(ROUNDS):
        for name, call in calls.items():
            rates[name].append(await rate(call, times // 5, IN_FLIGHT))
    return rates


async def rate(call: Call, times: int, in_flight: int) -> float:
    """Calls a second, with `in_flight` of them at any time."""
    left = iter(range(times))

    async def work() -> None:
        for _ in left:
            await call()

    began = time.perf_counter()
    async with anyio.create_task_group() as tasks:
        for _ in range(in_flight):
            tasks.start_soon(work)
    return times / (time.perf_counter() - began)


def _table(title: str, taken: dict[str, list[float]], rates: dict[str, list[float]]) -> Table:
    rows = [
        [
            name,
            milliseconds(median(seconds)),
            milliseconds(p99(seconds)),
            f"{median(seconds) / median(taken[PEER]):.2f}",
            f"{median(rates[name]):,.0f}" if name in rates else "",
        ]
        for name, seconds in taken.items()
    ]
    how = (
        f"{len(taken[PEER])} calls each, in turns, by an in-memory client; calls a second are the median of {ROUNDS} "
        f"rounds with {IN_FLIGHT} in flight."
    )
    return Table(title, how, ["", "p50 ms", "p99 ms", "p50 to peer", f"calls/s, {IN_FLIGHT} in flight"], rows)


def _goals(title: str, taken: dict[str, list[float]]) -> list[Goal]:
    middle = {name: median(seconds) for name, seconds in taken.items()}
    read = (middle[KEPT_FOUND] - middle[KEPT]) * 1000
    return [
        Goal.at_most(f"{title}: uncached, p50 to peer", middle[NEW] / middle[PEER], 1.15),
        Goal.at_most(f"{title}: cached, p50 to peer", middle[KEPT] / middle[PEER], 1 / 3),
        Goal.at_most(f"{title}: `drumbeat_read` over the direct call, cached", read, 0.3, " ms"),
    ]
