"""What grows with the number of tools: reading the catalogue, building the server, listing, finding."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.report import Section
from bench.stats import Times, clock, clock_async, growth_goals, growth_table, median
from bench.subject import called, client_of, drumbeat
from server import catalogue as published
from server.catalogue import Catalogue, read
from server.publish.catalogue import dump

NUMBERS = (50, 217, 2_000)
NEED = "why did the last deployment of the payments team fail"


async def measure(section: Section, times: int) -> None:
    """Add the table and the goals to the section."""
    taken: dict[str, Times] = {}
    for number in NUMBERS:
        for what, seconds in (await _with_tools(cloned(number), times)).items():
            taken.setdefault(what, {})[number] = seconds
    section.tables.append(growth_table("Tools", f"Medians of {times}.", "tools", taken))
    section.goals += growth_goals("Tools", taken)


def cloned(number: int) -> Catalogue:
    """A catalogue of `number` tools: Drumbeat's own, the vendors', and then copies of those under new names."""
    real = read()
    own = [entry for entry in real.tools if entry.vendor == published.OWN]
    others = [entry for entry in real.tools if entry.vendor != published.OWN]
    copies = [
        entry if at < len(others) else replace(entry, name=f"{entry.name}_{at // len(others)}")
        for at, entry in islice(enumerate(cycle(others)), number - len(own))
    ]
    return Catalogue(real.vendors, (*copies, *own))


async def _with_tools(catalogue: Catalogue, times: int) -> dict[str, float]:
    with TemporaryDirectory() as directory:
        build = partial(drumbeat, "http://127.0.0.1", directory, catalogue=catalogue)
        with _committed(catalogue, Path(directory)):
            reading = clock(times, read)
        listing, first, following = [], [], []
        for _ in range(times):
            async with client_of(build()) as client:
                find = partial(called, client, "drumbeat_find_tools", {"query": NEED})
                listing.append(await clock_async(client.list_tools))
                first.append(await clock_async(find))
                following.append(await clock_async(find))
        return {
            "read the catalogue": reading,
            "build the server": clock(times, build),
            "`tools/list`": median(listing),
            "first `drumbeat_find_tools`": median(first),
            "the next ones": median(following),
        }


@contextmanager
def _committed(catalogue: Catalogue, directory: Path) -> Iterator[None]:
    """As if `catalogue` were what the server starts from."""
    usual = published.FILE
    published.FILE = directory / "catalogue.json"
    published.FILE.write_text(dump(catalogue), encoding="utf-8")
    try:
        yield
    finally:
        published.FILE = usual
