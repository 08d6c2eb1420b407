"""What a client reads of a team's delivery, and what the vendors were asked for it."""

import json
from typing import Any

import pytest
from mcp import Client
from mcp_types import ResourceTemplateReference

from server.catalogue import Catalogue
from tests.client import call, done
from tests.conftest import Connect, text
from tests.vendors import TODAY, Vendors
from tools import company

pytestmark = [pytest.mark.anyio, pytest.mark.era("auto")]
WEEK = "2026-11-10..2026-11-16"
REPORT = ("insights_get_delivery_report", {"team": "platform", "period": "2026-10"})


def number(report: dict[str, Any], metric: str, vendor: str) -> dict[str, str]:
    return next(row for row in report["numbers"] if (row["metric"], row["vendor"]) == (metric, vendor))


async def test_numbers_of_all_vendors_stand_side_by_side_with_what_they_are(connect: Connect) -> None:
    async with connect() as client:
        report = await done(client, REPORT[0], **REPORT[1])
    assert report["period"] == "2026-10, 2026-10-01 to 2026-10-31 (UTC; LinearB, Haystack: zone undocumented)"
    assert [row["vendor"] for row in report["numbers"] if row["metric"] == "lead time"] == [
        "Oobeya",
        "LinearB",
        "Haystack",
    ]
    assert number(report, "lead time", "Oobeya") == {
        "metric": "lead time",
        "vendor": "Oobeya",
        "value": "1.9 days",
        "before": "1.9 days",
        "usual": "",
        "reading": "",
        "level": "high",
        "what": "first commit to deployment; aggregation not documented",
        "course": "▆██",
    }
    assert all(row["what"] and row["value"] for row in report["numbers"])
    assert "from Oobeya, Haystack: rework rate" in report["not_available"]


async def test_a_period_before_without_data_is_said_to_have_none(connect: Connect) -> None:
    async with connect() as client:
        found = await done(client, REPORT[0], team="platform", period="2026-08")
    assert [row for row in found["numbers"] if row.get("before")] == []
    assert found["against"].startswith("the month before, of which no vendor has data")


async def test_what_it_says_is_what_the_made_up_company_did(connect: Connect) -> None:
    released = [
        one
        for one in company.deployments(TODAY)
        if one.pull_request.repository.team is company.PLATFORM and f"{one.pull_request.merged_at:%Y-%m}" == "2026-10"
    ]
    async with connect() as client:
        report = await done(client, REPORT[0], **REPORT[1])
    assert number(report, "deployment frequency", "LinearB")["value"] == f"{len(released) / 31:.2f}/day"
    share = 100 * sum(one.failed for one in released) / len(released)
    assert number(report, "change failure rate", "LinearB")["value"] == f"{share:.1f}".removesuffix(".0") + "%"


async def test_no_two_vendors_are_ever_one_number(connect: Connect) -> None:
    async with connect() as client:
        report = await done(client, REPORT[0], **REPORT[1])
    pairs = [(row["metric"], row["vendor"]) for row in report["numbers"]]
    assert len(pairs) == len(set(pairs))
    assert {vendor for _, vendor in pairs} == {"Oobeya", "LinearB", "Haystack", "Buddy"}


async def test_the_same_report_is_a_resource(connect: Connect) -> None:
    async with connect() as client:
        answer = text(await call(client, REPORT[0], **REPORT[1]))
        content = (await client.read_resource("drumbeat://reports/platform/2026-10")).contents[0]
    assert content.text.split("◆")[0].strip() == answer.split("◆")[0].strip()  # type: ignore[union-attr]


async def completed(client: Client, name: str, typed: str) -> list[str]:
    reference = ResourceTemplateReference(uri="drumbeat://reports/{team}/{period}")
    return (await client.complete(reference, {"name": name, "value": typed})).completion.values


async def test_teams_and_periods_are_completed(connect: Connect) -> None:
    async with connect() as client:
        assert await completed(client, "team", "p") == ["Platform", "Payments"]
        assert await completed(client, "period", "last-m") == ["last-month"]
        assert "sprint" in await completed(client, "period", "")


async def test_a_report_of_six_periods_before_keeps_to_a_few_requests(connect: Connect, vendors: Vendors) -> None:
    async with connect() as client:
        await done(client, "insights_get_delivery_report", team="platform", period=WEEK)
    counts = {name: len(vendors.sent(name)) for name in ("oobeya", "linearb", "haystack", "buddy", "teamoclock")}
    assert counts == {"oobeya": 7, "linearb": 1, "haystack": 3, "buddy": 4, "teamoclock": 0}


async def test_haystack_is_asked_for_the_teams_own_number_and_days(connect: Connect, vendors: Vendors) -> None:
    async with connect() as client:
        await done(client, *REPORT[:1], **REPORT[1])
    bodies = [(request.target, json.loads(request.raw)) for request in vendors.sent("haystack")]
    assert {target for target, _ in bodies} == {"/public/api/team/31/metrics"}
    asked = sorted((body["startDate"], body["endDate"], body["granularity"]) for _, body in bodies)
    assert asked == [("2026-04-01", "2026-09-30", "month"), ("2026-10-01", "2026-10-31", "month")]


async def test_all_teams_and_all_periods_stay_within_haystacks_twenty_a_minute(
    connect: Connect, vendors: Vendors
) -> None:
    async with connect() as client:
        for team in ("platform", "payments", "mobile"):
            await done(client, "insights_get_delivery_report", team=team, period=WEEK)
            await done(client, "insights_get_cycle_time_breakdown", team=team, period=WEEK)
    assert len(vendors.sent("haystack")) == 18


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"team": "plattform"}, "no vendor has a team 'plattform'. The nearest: Platform"),
        ({"team": "platform", "period": "next-month"}, "a period is last-7-days"),
        ({"team": "platform", "period": "2099-01"}, "2099-01 has not begun"),
    ],
)
async def test_what_does_not_exist_is_refused_and_asks_nobody_for_numbers(
    connect: Connect, vendors: Vendors, arguments: dict[str, str], words: str
) -> None:
    async with connect() as client:
        result = await call(client, "insights_get_delivery_report", **arguments)
    assert result.is_error
    assert words in text(result)
    assert [request.target for request in vendors.sent("linearb") if "measurements" in request.target] == []


async def test_progress_tells_who_is_still_waited_for(connect: Connect) -> None:
    told: list[tuple[float, str]] = []

    async def report(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, message or ""))

    async with connect() as client:
        await client.call_tool(*REPORT, progress_callback=report)
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert "of 4 vendors: waiting for" in told[0][1]
    assert told[-1][1] == "4 of 4 vendors: all have answered"


async def test_a_vendor_that_is_off_is_a_note(connect: Connect, vendors: Vendors) -> None:
    settings = vendors.settings()
    on = {name: one for name, one in settings.vendors.items() if name != "linearb"}
    async with connect(settings.model_copy(update={"vendors": on})) as client:
        report = await done(client, *REPORT[:1], **REPORT[1])
    assert "LinearB is not configured" in report["drumbeat_note"]
    assert "LinearB" not in {row["vendor"] for row in report["numbers"]}


async def test_a_breakdown_says_where_the_time_goes_and_what_changed(connect: Connect) -> None:
    async with connect() as client:
        found = await done(client, "insights_get_cycle_time_breakdown", team="platform", period=WEEK)
    linear = [row for row in found["stages"] if row["vendor"] == "LinearB"]
    assert [row["stage"] for row in linear] == ["cycle time", "coding", "pickup", "review", "deploy"]
    assert sum(int(row["share"].rstrip("%")) for row in linear[1:]) in range(98, 103)
    assert found["changed"].startswith("LinearB's cycle time ")
    assert "deployments at Oobeya" in found["outliers_are"]


async def test_teams_are_compared_down_a_column(connect: Connect) -> None:
    async with connect() as client:
        teams = ["platform", "Payments", "nobody"]
        found = await done(client, "insights_compare_teams", metric="lead_time", teams=teams, period="2026-10")
    assert [list(row) for row in found["teams"]] == [["team", "Oobeya", "LinearB", "Haystack"]] * 2
    assert set(found["definitions_differ"]) == {"Oobeya", "LinearB", "Haystack"}
    assert "no vendor has a team 'nobody'" in found["drumbeat_note"]


async def test_teams_that_nobody_has_are_no_empty_comparison(connect: Connect) -> None:
    async with connect() as client:
        result = await call(client, "insights_compare_teams", metric="lead_time", teams=["x1", "x2"], period="2026-10")
    assert result.is_error


async def test_every_metric_can_be_compared(connect: Connect, catalogue: Catalogue) -> None:
    entry = next(entry for entry in catalogue.tools if entry.name == "insights_compare_teams")
    async with connect() as client:
        for metric in entry.input_schema["properties"]["metric"]["enum"]:
            found = await done(client, entry.name, metric=metric, teams=["platform"], period="2026-10")
            assert found["teams"][0]["team"] == "Platform"
            assert len(found["teams"][0]) == 1 + len(found.get("definitions_differ", ["what"]))


async def test_definitions_and_vendors_are_resources_that_ask_nobody(connect: Connect, vendors: Vendors) -> None:
    async with connect() as client:
        definitions, known = [
            (await client.read_resource(f"drumbeat://{name}")).contents[0].text  # type: ignore[union-attr]
            for name in ("definitions", "vendors")
        ]
    assert "lead_time|Haystack|change lead time" in definitions
    assert "Oobeya|lead_time, deployment_frequency" in known
    assert vendors.sent() == []


async def test_a_default_listing_has_these_tools_and_not_those_that_they_replace(connect: Connect) -> None:
    async with connect() as client:
        listed = {tool.name for tool in (await client.list_tools()).tools}
    assert {"insights_get_delivery_report", "insights_get_cycle_time_breakdown", "insights_compare_teams"} <= listed
    assert not listed & {"oobeya_get_dora_summary", "haystack_get_team_metrics", "linearb_get_measurements"}
    assert len(listed) <= 24


async def test_sizes_of_pull_requests_are_compared_in_lines(connect: Connect) -> None:
    async with connect() as client:
        teams = ["Platform", "Mobile"]
        found = await done(client, "insights_compare_teams", metric="pull_request_size", teams=teams, period="2026-10")
    assert [row["LinearB"].split()[1] for row in found["teams"]] == ["lines", "lines"]
    assert found["what"] == "lines of code of a merged pull request; mean"


async def test_of_each_metric_one_row_has_its_course(connect: Connect) -> None:
    async with connect() as client:
        found = await done(client, "insights_get_delivery_report", team="platform", period="2026-11-10..2026-11-16")
    drawn = [row["metric"] for row in found["numbers"] if row["course"]]
    assert "lead time" in drawn
    assert len(drawn) == len(set(drawn))
    assert found["against"].endswith(
        "usual: middle half of the 6 before; course: the 6 before and this; level: DORA 2023"
    )
