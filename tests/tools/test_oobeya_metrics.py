"""What Oobeya's metrics say of themselves: vendor, period, unit, aggregation, definition."""

from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.responses import JSONResponse

from tests.conftest import Connect
from tests.conftest import text as words
from tests.tools.test_oobeya import ask, read
from tests.vendors import Vendors
from tools.oobeya.models_reports import TeamCommitReport
from tools.oobeya.units import unit_of

pytestmark = [pytest.mark.anyio, pytest.mark.era("auto")]

SAID = "not documented"


@pytest.mark.parametrize(
    ("bounds", "sent"),
    [
        ({"from_time": "2026-11-01"}, "&from=1793491200000"),
        ({"from_time": 1793491200}, "&from=1793491200000"),
        ({"from_time": 1793491200000}, "&from=1793491200000"),
        ({"from_time": "2026-11-01T02:00:00+02:00"}, "&from=1793491200000"),
        ({"to_time": "2026-11-20"}, "&to=1795219199999"),
    ],
)
async def test_bounds_are_dates_or_an_epoch_and_are_sent_in_milliseconds(
    bounds: dict[str, Any], sent: str, connect: Connect, vendors: Vendors
) -> None:
    result = await ask(connect, "get_dora_summary", team_id="team-1", **bounds)
    assert "404" in words(result)
    assert vendors.requests[-1].target.endswith(sent)


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        ({"from_time": 20261101}, "this means 1970-08-23; write a date as 2026-11-20"),
        ({"from_time": 1793491200000000}, "this is outside of the calendar"),
        ({"from_time": 10**30}, "this is outside of the calendar"),
        ({"from_time": "1793491200000"}, "write a date as"),
        ({"from_time": "1793491200"}, "write a date as"),
        ({"from_time": True}, "from_time"),
        ({"to_time": "2126-11-20"}, "this means 2126-11-20"),
        ({"from_time": "2026-11-02", "to_time": "2026-11-01"}, "'from_time' must not be after 'to_time'"),
    ],
)
async def test_implausible_bounds_are_refused(
    bounds: dict[str, Any], said: str, connect: Connect, vendors: Vendors
) -> None:
    result = await ask(connect, "get_dora_summary", team_id="team-platform", **bounds)
    assert result.is_error
    assert said in words(result)
    assert [request for request in vendors.sent("oobeya") if "dora" in request.target] == []


async def test_each_metric_says_unit_aggregation_and_definition(connect: Connect) -> None:
    summary = await read(connect, "get_dora_summary", team_id="Platform")
    assert summary["vendor"] == "Oobeya"
    said = {
        name: (metric["unit"], metric["aggregation"], metric["definition"])
        for name, metric in summary.items()
        if isinstance(metric, dict) and "formattedValue" in metric
    }
    assert said == {
        "leadTimeForChanges": (
            "minutes",
            "over deployments; how is not documented",
            "deployment minus first commit",
        ),
        "deploymentFrequency": ("per day", "count per time", "successful production deployments / days"),
        "changeFailureRate": (
            "percent",
            "share",
            "deployments that caused an incident / all production deployments",
        ),
        "timeToRestore": ("minutes", "mean", "incident resolved minus incident created"),
    }
    assert all(isinstance(summary[name]["value"], float) for name in said)


async def test_newest_deployments_are_shown_and_all_are_counted(connect: Connect) -> None:
    result = await ask(connect, "get_dora_summary", team_id="team-platform", deployments=5)
    summary = result.structured_content or {}
    dates = [datetime.fromisoformat(row["deploymentDate"]) for row in summary["deployments"]]
    assert len(dates) == 5
    assert dates == sorted(dates, reverse=True)
    total = sum(summary["deploymentCounts"].values())
    assert total == 29
    assert f"the newest 5 of {total}; deployments={total} lists all" in words(result)
    every = await read(connect, "get_dora_summary", team_id="team-platform", deployments=total)
    assert len(every["deployments"]) == total
    none = await read(connect, "get_dora_summary", team_id="team-platform")
    assert "deployments" not in none
    assert none["deploymentsShown"] == f"none of {total}; deployments={total} lists all"


@pytest.mark.parametrize("date", [1795219199, 1795219199999, "2026-11-20T23:59:59Z"])
async def test_time_of_a_deployment_is_readable(date: Any, connect: Connect, vendors: Vendors) -> None:
    vendors.app = JSONResponse({"deployments": [{"title": "x", "deploymentDate": date}]})
    summary = await read(connect, "get_dora_summary", team_id="team-1", deployments=1)
    shown = datetime.fromisoformat(summary["deployments"][0]["deploymentDate"])
    assert shown == datetime(2026, 11, 20, 23, 59, 59, tzinfo=UTC)
    assert summary["deploymentCounts"] == {"without a status": 1}


@pytest.mark.parametrize(
    ("bounds", "period"),
    [
        ({"from_time": "2026-11-01", "to_time": "2026-11-20"}, "2026-11-01 to 2026-11-20 (UTC)"),
        ({}, "Oobeya's default, which is not documented"),
        ({"from_time": "2026-11-01"}, "2026-11-01 to now (UTC); the bound that was not given is Oobeya's default"),
    ],
)
async def test_dora_says_its_period(bounds: dict[str, Any], period: str, connect: Connect) -> None:
    summary = await read(connect, "get_dora_summary", team_id="team-platform", **bounds)
    assert summary["period"].startswith(period)


@pytest.mark.parametrize("report", ["commit", "pull_request", "quality"])
@pytest.mark.parametrize(("who", "one"), [("team", "team-platform"), ("member", "member-2")])
async def test_report_says_vendor_period_unit_aggregation_and_definition(
    report: str, who: str, one: str, connect: Connect
) -> None:
    days = {"start_date": "2026-11-01", "end_date": "2026-11-20"}
    shown = await read(connect, f"get_{who}_{report}_report", **{f"{who}_id": one}, **days)
    assert (shown["vendor"], shown["period"]) == ("Oobeya", "2026-11-01 to 2026-11-20")
    assert all(shown[field] for field in ("unit", "aggregation", "definition"))


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("2.3 days", 3312, "minutes"),
        ("2.3 days", 55.2, "hours"),
        ("2.3 days", 2.3, "days"),
        ("4h 30m", 270, "minutes"),
        ("4h 30m", 16200, "seconds"),
        ("4h 30m", 16_200_000, "milliseconds"),
        ("1w 2d", 9, "days"),
        ("3 per week", 0.43, "per day"),
        ("3 per week", 3, "per week"),
        ("5%", 5.2, "percent"),
        ("5%", 0.05, "share of 1"),
        ("4h 30m", 99, SAID),
        ("a while", 3, SAID),
        ("-", None, SAID),
        (None, 3, SAID),
        ("2.3 days", "3312", SAID),
        ("0%", 0, SAID),
        ("9" * 5000 + "d", 3, SAID),
    ],
)
def test_unit_of_a_raw_value_is_read_off_the_words(text: str | None, value: Any, unit: str) -> None:
    assert unit in unit_of(text, value)


async def test_a_wide_list_says_which_columns_it_left_out_and_shows_those_that_are_asked_for(connect: Connect) -> None:
    async with connect() as client:
        usual = await client.call_tool("oobeya_list_deployments", {"size": 3})
        one = await client.call_tool("oobeya_list_deployments", {"size": 3, "fields": ["cloneUrl", "sha"]})
        every = await client.call_tool("oobeya_list_deployments", {"size": 3, "fields": ["all"]})
    shown = [(result.structured_content or {})["items"][0] for result in (usual, one, every)]
    assert "Columns left out: createdDate, modifyDate, " in words(usual)
    assert 'fields=["all"] adds them' in words(usual)
    assert shown[1].keys() - shown[0].keys() == {"cloneUrl"}
    assert "No row has sha; there are id, " in words(one)
    assert {"lastCommitSha", "cloneUrl", "createdDate"} <= shown[2].keys()
    assert "left out" not in words(every)


async def test_a_report_reads_as_one_table_and_its_structure_as_it_came(connect: Connect) -> None:
    async with connect() as client:
        result = await client.call_tool("oobeya_get_team_quality_report", {"team_id": "Payments"})
    lines = words(result).splitlines()
    table = lines[lines.index("figures:") + 1 :]
    assert any(line.startswith("  all, repository payments-service|") for line in table)
    assert any(line.startswith("  Sara Lindt (member-5, TEAM_LEAD)|") for line in table)
    structure = result.structured_content or {}
    assert structure["technicalDebt"]["overallScore"] >= structure["technicalDebt"]["newlyAddedScore"]


def test_a_report_with_more_than_figures_reads_as_it_came() -> None:
    report = {"statistic": {"totalCommit": 3}, "repositoryStatistics": [{"repositoryName": "infra", "spare": 1}]}
    assert TeamCommitReport.as_read(report) == report
