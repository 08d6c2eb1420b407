"""Whatever is missing, null, text or odd in a vendor's answer, a report has no number that nobody sent."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.insights.line import Line, apis
from tools.insights.breakdown import broken_down
from tools.insights.definitions import DEFINITIONS
from tools.insights.delivery import Delivery, deliver, reported
from tools.insights.sources import linearb

WEEK = "2026-11-09..2026-11-15"
few = settings(max_examples=30)
texts = st.sampled_from(["22", "0.5", "n/a", "", "1e999", "-"])
odd = st.none() | st.integers(-5, 10**6) | st.floats(allow_nan=False, allow_infinity=False) | texts | st.booleans()
words = st.none() | st.sampled_from(["2 days", "5%", "3 per week", "4h 30m", "?"])
metric = st.none() | st.fixed_dictionaries({}, optional={"value": odd, "formattedValue": words})
deployed = st.fixed_dictionaries({}, optional={"status": odd, "deploymentDate": odd})
FIELDS = ("leadTimeForChanges", "deploymentFrequency", "changeFailureRate", "timeToRestore")
summaries = st.fixed_dictionaries(
    {}, optional={**dict.fromkeys(FIELDS, metric), "deployments": st.none() | st.lists(deployed, max_size=4)}
)
COLUMNS = (*linearb.DORA, *linearb.BREAKDOWN)
windows = st.lists(
    st.fixed_dictionaries(
        {
            "after": st.sampled_from(["2026-11-09", "2026-11-02", "2026-10-26"]),
            "before": st.sampled_from(["2026-11-15", "2026-11-08", "2026-11-01"]),
            "metrics": st.lists(st.dictionaries(st.sampled_from(COLUMNS), odd, max_size=6), max_size=2),
        }
    ),
    max_size=3,
)
points = st.fixed_dictionaries({"x": st.sampled_from(["2026-11-09", "2026-11-02", "W45"]), "value": odd})
measured = st.sampled_from(["deployment.count", "deployment.leadTime", "x.failureRate", "restoreTime", "pr.cycleTime"])
haystacks = st.lists(
    st.fixed_dictionaries(
        {"measure": measured, "series": st.lists(points, max_size=4)},
        optional={"title": st.sampled_from(["", "Lead time (days)"])},
    ),
    max_size=5,
)
MOMENTS = (None, "", "2026-11-12T10:00:00.1Z", "2026-11-03T10:00:00", "yesterday", "2026-11-20T00:00:00+14:00")
moments = st.sampled_from(MOMENTS)
executions = st.lists(
    st.fixed_dictionaries(
        {"status": st.sampled_from(["SUCCESSFUL", "FAILED", "INPROGRESS", None, 7])},
        optional={"start_date": moments, "finish_date": moments, "id": odd},
    ),
    max_size=6,
)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("partial") / "drumbeat.toml"


def delivered(config: Path, vendor: str, answers: dict[str, Any]) -> Delivery:
    api = apis(Line(answers=answers), config, vendors=(vendor,))
    return asyncio.run(deliver(api, "platform", WEEK))


def check(found: Delivery) -> None:
    """Nothing negative or endless, no level or trend of too little or of nothing, every row in words."""
    for one in found.measures:
        known = [value for value in (one.value, one.before, *one.history) if value is not None]
        assert all(0 <= value < 1e18 for value in known)
        if one.value is None or one.too_little:
            assert (one.level, one.better, one.against_usual) == (None, None, "")
        assert one.value is not None or one.shown()["value"] == "no data"
    report = reported(found)
    assert len(report.numbers) == len(found.measures)
    assert all(isinstance(cell, str) for row in report.numbers for cell in row.values())


@few
@given(summaries)
def test_oobeya(config: Path, summary: dict[str, Any]) -> None:
    check(delivered(config, "oobeya", {"/dora-summary-metrics": summary}))


A_SLIVER = {"after": "2026-11-09", "before": "2026-11-15", "metrics": [{linearb.REPLACED: 1e-200, linearb.REWORK: 1}]}


@few
@given(windows)
@example([A_SLIVER])
def test_linearb(config: Path, answer: list[Any]) -> None:
    found = delivered(config, "linearb", {"/measurements": answer})
    check(found)
    assert len(found.measures) == 5
    api = apis(Line(answers={"/measurements": answer}), config, vendors=("linearb",))
    check(asyncio.run(broken_down(api, "platform", WEEK))[0])


@few
@given(haystacks)
def test_haystack(config: Path, data: list[Any]) -> None:
    check(delivered(config, "haystack", {"/metrics": {"data": data, "averages": {}}}))


@few
@given(executions)
def test_buddy(config: Path, rows: list[Any]) -> None:
    pipelines = {"pipelines": [{"id": 1, "name": "Deploy"}]}
    found = delivered(config, "buddy", {"/pipelines": pipelines, "/executions": {"executions": rows}})
    check(found)
    often = found.of("deployment_frequency")[0]
    inside = [row for row in rows if row["status"] == "SUCCESSFUL" and _ended(row).startswith("2026-11-12")]
    # Two projects are mapped, and each has the same pipeline here.
    assert often.value == pytest.approx(2 * len(inside) / 7)


def _ended(row: dict[str, Any]) -> str:
    return row.get("finish_date") or row.get("start_date") or ""


def test_every_metric_that_a_source_gives_is_defined(config: Path) -> None:
    for vendor in ("oobeya", "linearb", "haystack", "buddy"):
        measures = delivered(config, vendor, {}).measures
        defined = {one.metric for one in DEFINITIONS if one.vendor == vendor}
        assert {one.metric for one in measures} <= defined
