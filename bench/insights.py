"""What one question to all vendors costs: time beside the slowest of them, requests, tokens, and the start."""

import subprocess
import sys
import time
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from typing import Any

import anyio
import httpx

from bench.machine import ROOT
from bench.report import Goal, Section, Table
from bench.stats import median, milliseconds
from bench.subject import UNCACHED, client_of, text_of, variables
from bench.tokens import tokens
from bench.vendor import DISTANCE, serving
from server.app import Drumbeat
from server.catalogue import read
from server.settings import Settings, load
from tests.insights.typical import CALLS
from tests.vendors import TODAY
from tools.insights.delivery import SOURCES
from tools.insights.sandbox import written

SLOWER, TOKENS, HAYSTACK = 1.15, 900, 20
REPORT = "insights_get_delivery_report"
MONTH, OTHER = {"team": "platform", "period": "2026-10"}, {"team": "mobile", "period": "2026-09"}
ALL = "all vendors"
STARTED = """
import sys
from server.app import Drumbeat
from server.catalogue import read
from server.settings import load
catalogue = read()
Drumbeat(load({"DRUMBEAT_SANDBOX": "1"}, catalogue.vendors), catalogue)
print(sum(name.startswith("tools.") for name in sys.modules))
"""


def run(quick: bool) -> Section:
    """Measure all of it."""
    section = Section("One question to all vendors")
    with serving("bench.vendor", "far") as url, TemporaryDirectory() as folder:
        settings = _settings(url, Path(folder))
        anyio.run(_time, section, settings, url, 2 if quick else 7)
        anyio.run(_cost, section, settings, url)
    command = [sys.executable, "-c", STARTED]
    imported = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603
    section.goals.append(Goal.exactly("Modules of vendors and insights imported by the start", imported, "0"))
    return section


def _settings(url: str, folder: Path) -> Settings:
    config = folder / "drumbeat.toml"
    config.write_text(written(TODAY), encoding="utf-8")
    own = {"DRUMBEAT_TOOLSETS": "all", "DRUMBEAT_JOURNAL": str(folder / "journal"), "DRUMBEAT_CONFIG": str(config)}
    return load({**own, **UNCACHED, **variables(url)}, read().vendors)


async def _time(section: Section, settings: Settings, url: str, rounds: int) -> None:
    taken: dict[str, list[float]] = {}
    for _ in range(rounds):
        await _from(url, "anew")  # Haystack's stand-in counts the requests of a minute
        for name in (ALL, *SOURCES):
            on = {one: v for one, v in settings.vendors.items() if name in (ALL, one)}
            async with client_of(Drumbeat(settings.model_copy(update={"vendors": on}), log_level="ERROR")) as client:
                if name == ALL:
                    await _asked(client, REPORT, OTHER)
                began = time.perf_counter()
                await _asked(client, REPORT, MONTH)
                taken.setdefault(name, []).append(time.perf_counter() - began)
    times = {name: median(some) for name, some in taken.items()}
    slowest = max(times[name] for name in SOURCES)
    rows = [[name, milliseconds(value), f"{value / slowest:.2f}"] for name, value in times.items()]
    how = (
        f"The delivery report of a month with the six months before it, every answer {1000 * DISTANCE:.0f} ms away: of "
        f"all vendors, and of each as if it were the only one. Median of {rounds}."
    )
    section.tables.append(Table("The delivery report's time", how, ["asked", "ms", "of the slowest vendor"], rows))
    title = "Delivery report, times the slowest single vendor"
    section.goals.append(Goal.at_most(title, times[ALL] / slowest, SLOWER))


async def _cost(section: Section, settings: Settings, url: str) -> None:
    rows, texts, most = [], [], 0
    async with client_of(Drumbeat(settings, log_level="ERROR")) as client:
        for tool, arguments in CALLS.items():
            await _from(url, "anew")
            result = await _asked(client, tool, arguments)
            counts = await _from(url, "counts")
            texts.append(tokens(text_of(result)))
            most = max(most, counts.get("haystack", 0) // len(arguments.get("teams", [1])))
            asked = ", ".join(f"{name} {number}" for name, number in sorted(counts.items())) or "none"
            rows.append([f"`{tool}`", str(texts[-1]), asked])
    how = "A typical call of each, nothing cached: tokens of its text, and requests to each vendor."
    section.tables.append(Table("What an answer costs", how, ["call", "tokens", "requests"], rows))
    section.goals.append(Goal.at_most("Tokens of an insights answer, on average", mean(texts), TOKENS))
    section.goals.append(Goal.at_most("Haystack's requests for a team and six periods before", most, HAYSTACK / 4))


async def _from(url: str, path: str) -> dict[str, int]:
    async with httpx.AsyncClient() as client:
        found: dict[str, int] = (await client.get(f"{url}/{path}")).json()
    return found


async def _asked(client: Any, tool: str, arguments: dict[str, Any]) -> Any:
    result = await client.call_tool(tool, arguments)
    if result.is_error:
        raise RuntimeError(text_of(result))
    return result
