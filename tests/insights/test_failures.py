"""Whatever becomes of some vendors, the others' numbers stand and each that is missing is named."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import anyio
import httpx
import pytest

from server.declare import Failure, Refusal
from tests.insights.line import Fault, Line, apis
from tools.insights.breakdown import get_cycle_time_breakdown
from tools.insights.delivery import DeliveryReport, get_delivery_report
from tools.insights.vendors import TITLES

pytestmark = pytest.mark.anyio
VENDORS = ("oobeya", "linearb", "haystack", "buddy")
KINDS: tuple[Fault, ...] = ("off", "refuses", "times out", "nonsense")
PERIOD = "2026-10"
NOW = f"{datetime(2026, 11, 10, tzinfo=UTC).timestamp() * 1000:.0f}"
WORDS = {
    "off": "{} is not configured",
    "refuses": "{} answered 403",
    "times out": "{} did not",
    "nonsense": "{} answered",
}


def combined() -> Iterator[dict[str, Fault]]:
    """Every set of vendors in trouble, of every kind and every two kinds: vendors' answers meet in pairs."""
    each: list[list[Fault | None]] = [[None, *KINDS]] * len(VENDORS)
    for faults in product(*each):
        if len(set(faults) - {None}) <= 2:
            yield {vendor: fault for vendor, fault in zip(VENDORS, faults, strict=True) if fault}


FAULTS = list(combined())


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("insights") / "drumbeat.toml"


_whole: list[DeliveryReport] = []


async def whole(config: Path) -> DeliveryReport:
    """The report of a day on which all is well."""
    if not _whole:
        _whole.append(await get_delivery_report(apis(Line(), config), "platform", PERIOD))
    return _whole[0]


@pytest.mark.parametrize(
    "faults", FAULTS, ids=[", ".join(f"{v} {k}" for v, k in one.items()) or "all well" for one in FAULTS]
)
async def test_the_others_numbers_stand_and_who_is_missing_is_named(faults: dict[str, Fault], config: Path) -> None:
    api = apis(Line(faults), config)
    if len(faults) == len(VENDORS):
        with pytest.raises((Failure, Refusal)) as caught:
            await get_delivery_report(api, "platform", PERIOD)
        named = [TITLES[vendor] for vendor, kind in faults.items() if kind != "off" or set(faults.values()) == {"off"}]
        assert all(title in str(caught.value) for title in named)
        return
    report = await get_delivery_report(api, "platform", PERIOD)
    missing = {TITLES[vendor] for vendor in faults}
    numbers, every = (_told(one.numbers) for one in (report, await whole(config)))
    assert numbers == [row for row in every if row["vendor"] not in missing]
    for vendor, kind in faults.items():
        words = WORDS[kind].format(TITLES[vendor])
        assert [note for note in api.notes if note.startswith(words)], (words, api.notes)
    assert not missing & _told_of(report)


def _told(numbers: list[dict[str, str]]) -> list[dict[str, str]]:
    """The rows without the course, which stands in the first row of each metric that has one."""
    return [{name: said for name, said in row.items() if name != "course"} for row in numbers]


def _told_of(report: DeliveryReport) -> set[str]:
    """The vendors of which a report says anything."""
    said = " ".join([report.not_available or "", *(report.to_know or {}), report.fresh or ""])
    return {title for title in TITLES.values() if title in said}


@pytest.mark.parametrize("hanging", [("linearb",), VENDORS])
async def test_a_cancelled_report_leaves_nothing_running(hanging: tuple[str, ...], config: Path) -> None:
    line = Line(dict.fromkeys(hanging, "hangs"))
    async with anyio.create_task_group() as group:
        group.start_soon(get_delivery_report, apis(line, config), "platform", PERIOD)
        await line.hangs.wait()
        group.cancel_scope.cancel()
    sent = len(line.requests)
    await anyio.wait_all_tasks_blocked()
    assert (line.hanging, len(line.requests)) == (0, sent)


async def test_a_period_before_that_fails_costs_the_usual_and_not_the_number(config: Path) -> None:
    class OnlyNow(Line):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            before = request.url.params.get("from", NOW) != NOW
            self.faults = {"oobeya": "refuses"} if before else {}
            return await super().handle_async_request(request)

    for line, has in ((Line(), True), (OnlyNow(), False)):
        report = await get_delivery_report(apis(line, config), "platform", "2026-11-10..2026-11-16")
        row = next(row for row in report.numbers if row["vendor"] == "Oobeya")
        assert row["value"] == "1.9 days"
        assert (bool(row["before"]), bool(row["usual"])) == (has, has)


@pytest.mark.parametrize("kind", KINDS)
async def test_the_breakdown_goes_on_without_a_vendor_too(kind: Fault, config: Path) -> None:
    for vendor in ("linearb", "haystack", "oobeya"):
        api = apis(Line({vendor: kind}), config)
        report = await get_cycle_time_breakdown(api, "platform", PERIOD)
        assert report.stages
        assert [note for note in api.notes if note.startswith(WORDS[kind].format(TITLES[vendor]))]
