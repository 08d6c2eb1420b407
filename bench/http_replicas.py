"""Several servers with one Redis behind a proxy: two against one, what Redis costs, a rolling restart under load."""

import asyncio
import json
import os
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import get_args

from bench.http import READS, one_round
from bench.http_client import Call, Client, Line, Unanswered, load, many, text_of
from bench.http_proxy import COUNTS
from bench.http_servers import TOKENS, Served, drumbeat, redis
from bench.quota import NoQuota, bounded
from bench.report import Goal, Section, Table
from bench.stats import median, milliseconds, ratio
from bench.vendor import serving
from bench.wire import Era, environment

CLIENTS = 20
LEAST_SCALE = 1.8
SHARE = 0.25
"""Of one processor, for each server, where two are compared to one."""
COLUMNS = {
    "calls/s": ("rate", ",.0f"),
    "µs of the servers' processors a call": ("cost", ",.0f"),
    "processors busy with the servers": ("servers", ".2f"),
    "with all else": ("rest", ".2f"),
}
RESTARTED = {
    "calls answered": "answered",
    "lost": "lost",
    "sent and not answered, so answered 502 by the proxy": "unanswered",
    "passed on by the proxy after a 503": "503",
    "passed on by the proxy after a refused connection": "refused",
    "asked again by a client, as the proxy had no server for it": "again",
}
BUSY_SECONDS = 2.0
"""How long there is load before, between and after the restarts."""


@dataclass(frozen=True)
class Team:
    """Two servers that share a Redis, one of them and both behind a proxy, and one by itself without Redis."""

    first: Served
    second: Served
    alone: Served
    redis: Served
    to_one: Served
    to_both: Served


@dataclass(frozen=True)
class Scaled:
    """One round behind a proxy: calls a second, µs of the servers' processors a call, and how many were busy."""

    rate: float
    cost: float
    servers: float
    rest: float


def run(quick: bool) -> Section:
    """Measure all three."""
    section = Section("HTTP, several servers")
    call = next(iter(READS.values()))
    with serving("bench.vendor", "fixed") as vendor, TemporaryDirectory() as folder:
        kept = redis(folder)
        if kept is None:
            section.notes.append("Skipped: no redis-server is installed (tests/replicas/set_up installs one).")
            return section
        with kept, _team(vendor, folder, kept) as team:
            rounds, seconds = (1, 0.2) if quick else (7, 0.6)
            asyncio.run(_scale(section, team, call, rounds, seconds))
            asyncio.run(_cost(section, team, call, rounds, seconds))
            asyncio.run(_restart(section, team, call, BUSY_SECONDS / (10 if quick else 1)))
    return section


@contextmanager
def _team(vendor: str, folder: str, kept: Served) -> Iterator[Team]:
    shared = {"DRUMBEAT_REDIS_URL": f"redis://127.0.0.1:{kept.port}/0", "DRUMBEAT_SEALING_KEYS": "k" * 32}
    with ExitStack() as stack:
        first, second = (stack.enter_context(drumbeat(vendor, folder, **shared)) for _ in range(2))
        alone = stack.enter_context(drumbeat(vendor, folder))
        to_one = stack.enter_context(_proxy(folder, first))
        to_both = stack.enter_context(_proxy(folder, first, second))
        yield Team(first, second, alone, kept, to_one, to_both)


def _proxy(folder: str, *servers: Served) -> Served:
    command = [sys.executable, "-m", "bench.http_proxy", "PORT", *(server.url for server in servers)]
    return Served(command, environment(), Path(folder, "proxy.log"))


async def _scale(section: Section, team: Team, call: Call, rounds: int, seconds: float) -> None:
    servers = [team.first, team.second]
    try:
        with bounded([server.pid for server in servers], SHARE):
            measured = await _one_and_two(team, call, rounds, seconds)
    except NoQuota as error:
        section.notes.append(f"**Two servers against one** could not be measured, as {error}.")
        return
    rows = [
        [name, *(f"{median(getattr(one, what) for one in each):{form}}" for what, form in COLUMNS.values())]
        for name, each in measured.items()
    ]
    few, twice = measured.values()
    how = (
        f"{CLIENTS} modern clients a server, a proxy that sends each request to the next server, {rounds} rounds of "
        f"{seconds} s each, in turns. Each server may use {SHARE:.0%} of one processor, as a container may, so "
        f"that clients, proxy and Redis have all they need of this machine's {os.cpu_count()}."
    )
    section.tables.append(Table("Two servers against one", how, ["", *COLUMNS], rows))
    seen = ratio([one.rate for one in twice], [one.rate for one in few])
    section.goals.append(Goal.at_least("HTTP: two servers to one, calls/s", [seen], LEAST_SCALE))


async def _one_and_two(team: Team, call: Call, rounds: int, seconds: float) -> dict[str, list[Scaled]]:
    measured: dict[str, list[Scaled]] = {"one server": [], "two servers": []}
    async with (
        many(CLIENTS, team.to_one.url, "modern", TOKENS, call) as few,
        many(2 * CLIENTS, team.to_both.url, "modern", TOKENS, call) as twice,
    ):
        await load([*few, *twice], min(seconds, 0.5), text_of)
        for _ in range(rounds):
            for name, proxy, clients in zip(measured, (team.to_one, team.to_both), (few, twice), strict=True):
                before = _spent(team)
                one = await one_round(proxy, clients, seconds)
                servers, rest = (after - spent for after, spent in zip(_spent(team), before, strict=True))
                took = one.calls / one.rate
                measured[name].append(Scaled(one.rate, 1e6 * servers / one.calls, servers / took, rest / took))
    return measured


def _spent(team: Team) -> tuple[float, float]:
    """Seconds of processor time so far: of the servers, and of all that loads them and stands between."""
    rest = (team.to_one, team.to_both, team.redis)
    return team.first.processor + team.second.processor, process_time() + sum(each.processor for each in rest)


async def _cost(section: Section, team: Team, call: Call, rounds: int, seconds: float) -> None:
    rows, middle, cost = [], {}, {}
    async with (
        many(1, team.alone.url, "modern", TOKENS, call) as without,
        many(1, team.first.url, "modern", TOKENS, call) as within,
    ):
        await load([*without, *within], min(seconds, 0.5), text_of)
        before, asked = team.redis.processor, _commands(team.redis)
        measured: dict[str, list[tuple[float, float]]] = {"without Redis": [], "with Redis": []}
        calls = 0
        for _ in range(rounds):
            for name, server, clients in (("without Redis", team.alone, without), ("with Redis", team.first, within)):
                one = await one_round(server, clients, seconds)
                measured[name].append((one.middle, one.processor))
                calls += one.calls if server is team.first else 0
        used, asked = team.redis.processor - before, _commands(team.redis) - asked
    for name, each in measured.items():
        middle[name], cost[name] = (median(one[which] for one in each) for which in (0, 1))
        rows.append([name, milliseconds(middle[name]), f"{1e6 * cost[name]:,.0f}"])
    how = (
        f"One modern client, no proxy, {rounds} rounds of {seconds} s each, in turns. A call asks Redis "
        f"{asked / calls:.1f} times and costs it {1e6 * used / calls:,.0f} µs. With {CLIENTS} clients, who ask "
        f"together, it is {await _asked_together(team, call, seconds):.2f} times a call."
    )
    section.tables.append(Table("What Redis costs a cached call", how, ["", "p50 ms", "µs of processor"], rows))


async def _asked_together(team: Team, call: Call, seconds: float) -> float:
    """How often a call asks Redis where many are under way at one server."""
    async with many(CLIENTS, team.first.url, "modern", TOKENS, call) as clients:
        before = _commands(team.redis)
        calls = len(await load(clients, seconds, text_of))
        return (_commands(team.redis) - before) / calls


def _commands(kept: Served) -> int:
    """How many commands Redis has carried out so far."""
    with socket.create_connection(("127.0.0.1", kept.port)) as connection:
        connection.sendall(b"INFO stats\r\n")
        said = b""
        while b"total_commands_processed:" not in said or b"\r\nexpired_keys" not in said:
            said += connection.recv(65536)
    return int(said.partition(b"total_commands_processed:")[2].split()[0])


async def _restart(section: Section, team: Team, call: Call, seconds: float) -> None:
    seen = {era: await _rolled(team, call, era, seconds) for era in get_args(Era)}
    rows = [[what, *(f"{counts[name]:,}" for counts in seen.values())] for what, name in RESTARTED.items()]
    how = (
        f"{CLIENTS} clients of one era without a pause, two servers behind the proxy. The first is told to end, waited "
        "for, started again and waited for until it is ready, then the second. Lost is a call that is answered with "
        "anything but the right text, or not at all. A call goes to another server only where the first surely did not "
        "take it, so one that was sent and not answered is lost. Sessions of legacy clients are taken in by the other."
    )
    section.tables.append(Table("A rolling restart", how, ["times", *(f"{era} clients" for era in seen)], rows))
    section.goals += [
        goal
        for era, counts in seen.items()
        for goal in (
            Goal.exactly(f"HTTP, {era}: calls lost in a rolling restart", counts["lost"], 0),
            Goal.exactly(f"HTTP, {era}: status with which the servers ended", counts["status"], 0),
        )
    ]


async def _rolled(team: Team, call: Call, era: Era, seconds: float) -> Counter[str]:
    """What became of the calls of clients while both servers were restarted, one after the other."""
    seen: Counter[str] = Counter()
    over, before = asyncio.Event(), await _passed_on(team)
    async with many(CLIENTS, team.to_both.url, era, TOKENS, call) as clients:
        expected = text_of(await clients[0].call()).partition("\n◆")[0]
        async with asyncio.TaskGroup() as tasks:
            for client in clients:
                tasks.create_task(_ask_on(client, expected, seen, over))
            for server in (team.first, team.second):
                await asyncio.sleep(seconds)
                seen["status"] += abs(await asyncio.to_thread(server.stop))
                await asyncio.to_thread(server.start)
                await _ready(server)
            await asyncio.sleep(seconds)
            over.set()
    seen.update(await _passed_on(team) - before)
    return seen


async def _passed_on(team: Team) -> Counter[str]:
    """What the proxy has counted so far."""
    return Counter(json.loads((await Line(team.to_both.url).ask("GET", COUNTS, {})).body))


async def _ask_on(client: Client, expected: str, seen: Counter[str], over: asyncio.Event) -> None:
    while not over.is_set():
        try:
            reply = await client.call()
            while reply.status == 503:
                seen["again"] += 1
                await asyncio.sleep(float(reply.headers["retry-after"]))
                reply = await client.call()
            right = text_of(reply).startswith(expected)
        except (Unanswered, RuntimeError):
            right = False
        seen["answered" if right else "lost"] += 1


async def _ready(server: Served) -> None:
    end = time.monotonic() + 20
    while (await Line(server.url).ask("GET", "/readyz", {})).status != 200:
        if time.monotonic() > end:
            raise RuntimeError(f"{server.url} is not ready")
        await asyncio.sleep(0.05)
