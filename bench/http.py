"""A cached read over HTTP by many clients at once: Drumbeat beside a bare server whose answer is the same text."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import get_args

from bench.http_client import Call, Client, load, many, text_of
from bench.http_servers import TOKENS, Served, bare, drumbeat
from bench.report import Goal, Section, Table
from bench.stats import median, milliseconds, p99
from bench.vendor import ITEMS, serving
from bench.wire import Era

CLIENTS = (1, 20, 100)
LEAST_RATE, MOST_P99 = 0.9, 1.2
READS: dict[str, Call] = {
    "one action item": ("teamoclock_get_action_item", {"action_item_id": "A1"}),
    f"a list of {ITEMS} action items": ("teamoclock_list_action_items", {"status": "open"}),
}


@dataclass(frozen=True)
class Round:
    """What one server did in one round: calls, calls a second, seconds of a call, and of its processor for a call."""

    calls: int
    rate: float
    middle: float
    late: float
    processor: float


def run(quick: bool) -> Section:
    """Measure every read with every number of clients, in both eras."""
    section = Section("HTTP")
    with serving("bench.vendor", "fixed") as vendor:
        for title, call in READS.items():
            asyncio.run(_read(section, title, call, vendor, *((1, 0.2) if quick else (9, 0.5))))
    return section


async def _read(section: Section, title: str, call: Call, vendor: str, rounds: int, seconds: float) -> None:
    with TemporaryDirectory() as folder, drumbeat(vendor, folder) as ours:
        async with many(1, ours.url, "modern", TOKENS, call) as (client,):
            text = text_of(await client.call())
        with bare(text, folder) as peer:
            for era in get_args(Era):
                measured = {n: await _in_turns(peer, ours, era, call, n, rounds, seconds) for n in CLIENTS}
                section.tables.append(_table(title, era, len(text), measured, seconds))
                section.goals += _goals(title, era, measured)


Turns = list[tuple[Round, Round]]


async def _in_turns(
    peer: Served, ours: Served, era: Era, call: Call, number: int, rounds: int, seconds: float
) -> Turns:
    """Rounds of both servers, one after the other, after one that is not counted."""
    async with AsyncExitStack() as stack:
        theirs = await stack.enter_async_context(many(number, peer.url, era, TOKENS, ("read", call[1])))
        mine = await stack.enter_async_context(many(number, ours.url, era, TOKENS, call))
        await load([*theirs, *mine], min(seconds, 0.5), text_of)
        return [(await one_round(peer, theirs, seconds), await one_round(ours, mine, seconds)) for _ in range(rounds)]


async def one_round(server: Served, clients: Sequence[Client], seconds: float) -> Round:
    """What a server does under the load of these clients."""
    before, began = server.processor, time.perf_counter()
    taken = await load(clients, seconds, text_of)
    took, used = time.perf_counter() - began, server.processor - before
    return Round(len(taken), len(taken) / took, median(taken), p99(taken), used / len(taken))


def _ratios(turns: Turns, what: str) -> list[float]:
    return [getattr(ours, what) / getattr(peer, what) for peer, ours in turns]


def _table(title: str, era: Era, size: int, measured: dict[int, Turns], seconds: float) -> Table:
    rows = []
    for number, turns in measured.items():
        peer, ours = zip(*turns, strict=True)
        rates, late, processor = (_ratios(turns, what) for what in ("rate", "late", "processor"))
        rows.append(
            [
                str(number),
                *(f"{median(one.rate for one in rounds):,.0f}" for rounds in (peer, ours)),
                f"{median(rates):.2f} ({min(rates):.2f} to {max(rates):.2f})",
                *(milliseconds(median(one.middle for one in rounds)) for rounds in (peer, ours)),
                *(milliseconds(median(one.late for one in rounds)) for rounds in (peer, ours)),
                f"{median(late):.2f} ({min(late):.2f} to {max(late):.2f})",
                *(f"{1e6 * median(one.processor for one in rounds):,.0f}" for rounds in (peer, ours)),
                f"{median(processor):.2f}",
            ]
        )
    header = [
        "clients",
        *("bare, calls/s", "Drumbeat", "to bare"),
        *("bare, p50 ms", "Drumbeat", "bare, p99 ms", "Drumbeat", "p99 to bare"),
        *("bare, µs of processor", "Drumbeat", "to bare"),
    ]
    how = (
        f"{size:,} characters of text, kept in the cache; {len(next(iter(measured.values())))} rounds of {seconds} s "
        "each, in turns. Medians, the ratios those of the rounds' own, with the least and the most."
    )
    return Table(f"{title.capitalize()}, {era} client", how, header, rows)


def _goals(title: str, era: Era, measured: dict[int, Turns]) -> list[Goal]:
    rates, late = ([median(_ratios(turns, what)) for turns in measured.values()] for what in ("rate", "late"))
    who = f"HTTP, {era}, {title}, {', '.join(map(str, measured))} clients"
    return [
        Goal.at_least(f"{who}: calls/s to bare", rates, LEAST_RATE),
        Goal.all_at_most(f"{who}: p99 to bare", late, MOST_P99),
    ]
