"""What grows with the number of tools, of rows and of calls in flight, and how."""

from functools import partial
from tempfile import TemporaryDirectory

import anyio

from bench import scale_rows, scale_tools
from bench.calls import rate
from bench.report import Goal, Section, Table
from bench.stats import median, ratio
from bench.subject import UNCACHED, called, client_of, drumbeat
from bench.vendor import TEAMS, serving

IN_FLIGHT = (1, 20, 100)
ROUNDS, MOST_SLOWER = 5, 1.25


def run(quick: bool) -> Section:
    """Measure all three."""
    section = Section("Scale")
    anyio.run(scale_tools.measure, section, 1 if quick else 5)
    scale_rows.measure(section, 1 if quick else 5, quick=quick)
    anyio.run(_in_flight, section, 60 if quick else 300)
    return section


async def _in_flight(section: Section, times: int) -> None:
    rows = []
    with serving("bench.vendor", "fixed") as url, TemporaryDirectory() as journal:
        for what, settings in (("uncached", UNCACHED), ("cached", {})):
            async with client_of(drumbeat(url, journal, settings)) as client:
                call = partial(called, client, "teamoclock_list_teams", {})
                await call()
                rates: dict[int, list[float]] = {number: [] for number in IN_FLIGHT}
                for _ in range(ROUNDS):
                    for number in IN_FLIGHT:
                        rates[number].append(await rate(call, times, number))
            rows.append([what, *(f"{median(rates[number]):,.0f}" for number in IN_FLIGHT)])
            title = f"Scale: {what}, time a call with {IN_FLIGHT[-1]} in flight to one alone"
            section.goals.append(Goal.at_most(title, ratio(rates[IN_FLIGHT[0]], rates[IN_FLIGHT[-1]]), MOST_SLOWER))
    how = f"The list of {TEAMS} teams; medians of {ROUNDS} rounds of {times:,} calls each, in turns, in one process."
    header = ["calls/s", *(f"{number} in flight" for number in IN_FLIGHT)]
    section.tables.append(Table("Calls in flight", how, header, rows))
