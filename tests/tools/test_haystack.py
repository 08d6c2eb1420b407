import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from mcp_types import CallToolResult
from starlette.responses import JSONResponse, Response

from server.sandbox import StandIn
from tests.client import once
from tests.conftest import Connect
from tests.conftest import text as words
from tests.vendors import TODAY, Vendors
from tools.haystack.definitions import define
from tools.haystack.models import Metrics, Numbers
from tools.haystack.sandbox import REQUESTS_A_MINUTE, HaystackSandbox

pytestmark = [pytest.mark.anyio, pytest.mark.era("legacy")]

ISSUES = {"title": "Issues", "measure": "jiraIssue.count", "series": [{"x": "2026-10-05", "value": "22"}]}
PERIOD = {"start_date": "2026-10-20", "end_date": "2026-11-20"}
WEEKLY = {**PERIOD, "granularity": "week", "type": "issue"}
SENT = {"startDate": "2026-10-20", "endDate": "2026-11-20", "granularity": "week", "type": "issue"}
NOTE = "Period: 2026-10-20 to 2026-11-20; zone undocumented"
COUNT = {"jiraIssue.count": "Issues; count in each period"}
TOLD = {"vendor": "Haystack", "of": "whole organization"}
ROW = {"title": "Issues", "measure": "jiraIssue.count", "average": 27.5, "series": {"2026-10-05": 22}}


async def call(connect: Connect, tool: str = "haystack_get_metrics", **arguments: Any) -> CallToolResult:
    return await once(connect, tool, **{**WEEKLY, **arguments})


async def test_token_goes_as_bearer_under_the_base_urls_prefix(connect: Connect, vendors: Vendors) -> None:
    assert not (await call(connect)).is_error
    request = vendors.requests[-1]
    assert request.headers["authorization"] == "Bearer hs-sandbox"
    assert (request.vendor, request.target) == ("haystack", "/public/api/metrics")


@pytest.mark.parametrize(
    ("sent", "read", "raw"),
    [
        ("22", 22, {}),
        ("-3", -3, {}),
        ("0.5", 0.5, {}),
        ("0.72727272727272727273", 0.7272727272727273, {"x": "0.72727272727272727273"}),
        ("9007199254740993.1", 9007199254740994.0, {"x": "9007199254740993.1"}),
        ("12345678901234567890", "12345678901234567890", {}),
        ("007", "007", {}),
        ("٢٢", "٢٢", {}),
        ("n/a", "n/a", {}),
        (None, None, {}),
        ({"count": ["1", 2.5]}, {"count": [1, 2.5]}, {}),
    ],
)
async def test_numeric_string_becomes_a_number_and_its_text_stays_where_a_digit_is_lost(
    sent: Any, read: Any, raw: dict[str, str]
) -> None:
    numbers = Numbers()
    assert numbers.read(sent, "x") == read
    assert numbers.raw == raw


async def test_regular_answer_reads_as_a_row_a_measure_with_its_average(connect: Connect, vendors: Vendors) -> None:
    vendors.app = JSONResponse({"data": [ISSUES], "averages": {"jiraIssue": {"count": 27.5}}})
    result = await call(connect)
    assert result.structured_content == {**TOLD, "definitions": COUNT, "metrics": [ROW], "drumbeat_note": NOTE}


@pytest.mark.parametrize("in_data", ["values", "value"])
@pytest.mark.parametrize("in_averages", ["values", "value"])
async def test_grouped_answer_is_read_under_either_key(
    in_data: str, in_averages: str, connect: Connect, vendors: Vendors
) -> None:
    average: Any = {"jiraIssue": {"count": 27.5}}
    averages = [{"key": "Mona", in_averages: average}, {"key": "Joe", in_averages: [{"jiraIssue": {"count": "3"}}]}]
    data = [{"key": "Mona", in_data: [ISSUES]}, {"key": "Joe", in_data: [ISSUES]}]
    vendors.app = JSONResponse({"data": data, "averages": averages})
    result = await call(connect, group_by="author")
    assert result.structured_content
    metrics = result.structured_content["metrics"]
    assert metrics == [{"group": "Mona", **ROW}, {"group": "Joe", **ROW, "average": 3}]


async def test_cycle_answer_keeps_the_analytics_and_their_averages(connect: Connect, vendors: Vendors) -> None:
    analytics = {"completionRate": "0.72727272727272727273", "issueCount": "22", "removedStoryPoints": None}
    cycles = [{"name": "Sprint 25", "state": "closed", "analytics": analytics}]
    vendors.app = JSONResponse({"data": cycles, "averages": {"cycle": {"issueCount": 27.5}}})
    result = await call(connect, granularity="cycle")
    assert result.structured_content
    assert result.structured_content["cycles"] == [
        {
            "name": "Sprint 25",
            "state": "closed",
            "analytics": {"completionRate": 0.7272727272727273, "issueCount": 22},
            "raw": {"completionRate": "0.72727272727272727273"},
        }
    ]
    assert result.structured_content["averages"] == {"cycle.issueCount": 27.5}
    assert result.structured_content["definitions"] == {
        "completionRate": "Completed of all issues of the cycle; ratio from 0 to 1",
        "issueCount": "Issues of the cycle; issues",
        "removedStoryPoints": "Removed in the cycle; story points",
    }


@pytest.mark.parametrize(
    ("measure", "title", "words"),
    [
        ("deployment.leadTime", "Change Lead Time", "Change Lead Time; 85th percentile; unit not documented"),
        ("pullRequest.reviewTime", "Review time", "Review time; unit and aggregation not documented"),
        ("deployment.leadTime", "Lead time (minutes)", "Lead time (minutes); 85th percentile"),
        ("pullRequest.reviewTime", "Review time (minutes)", "Review time (minutes); aggregation not documented"),
        ("x", None, "x; unit and aggregation not documented"),
    ],
)
async def test_measure_says_what_is_known_of_its_unit_and_aggregation(
    measure: str, title: str | None, words: str
) -> None:
    assert define(measure, title) == words


async def test_nothing_that_the_document_does_not_name_is_lost(connect: Connect, vendors: Vendors) -> None:
    points = [{"x": "2026-10-05", "value": 1, "color": "red"}]
    data = [{**ISSUES, "series": points, "chart": "bar"}, {"headline": "new"}]
    averages = {"jiraIssue": {"age": 4}, "spare": [1, 2]}
    vendors.app = JSONResponse({"data": data, "averages": averages, "future": {"use": True}})
    result = await call(connect)
    assert result.structured_content == {
        **TOLD,
        "definitions": COUNT,
        "drumbeat_note": NOTE,
        "metrics": [{"title": "Issues", "measure": "jiraIssue.count", "series": points, "chart": "bar"}],
        "averages": {"jiraIssue.age": 4, "spare": [1, 2]},
        "other": [{"headline": "new"}],
        "future": {"use": True},
    }


async def test_two_points_at_the_same_x_both_stay() -> None:
    points = [{"x": "Mon", "value": 1}, {"x": "Mon", "value": 2}]
    metrics = Metrics.model_validate({"data": [{"measure": "a.b", "series": points}]}).metrics
    assert metrics is not None
    assert metrics[0].series == points


@pytest.mark.parametrize("body", [{"data": [], "averages": {}}, {}, None])
async def test_answer_without_data_says_so(body: Any, connect: Connect, vendors: Vendors) -> None:
    vendors.app = JSONResponse(body)
    said = words(await call(connect, group_by="author"))
    assert "note: No data for this period and these filters." in said
    assert "Asked for: whole organization; type issue; group_by author" in said


@pytest.mark.parametrize("body", [[1], {"data": "soon"}, {"data": [7]}, {"data": [{"key": "a", "values": {"b": 1}}]}])
async def test_answer_of_another_shape_is_an_error_that_quotes_it(
    body: Any, connect: Connect, vendors: Vendors
) -> None:
    vendors.app = JSONResponse(body)
    result = await call(connect)
    assert result.is_error
    assert "unknown shape" in words(result)
    assert json.dumps(body)[:5] in words(result)


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (401, "delivery.usehaystack.io/api-tokens"),
        (403, "HAYSTACK_API_TOKEN"),
        (500, "later"),
    ],
)
async def test_error_carries_the_vendors_words_and_what_to_do(
    status: int, advice: str, connect: Connect, vendors: Vendors
) -> None:
    vendors.app = JSONResponse({"message": "No such luck"}, status)
    result = await call(connect)
    assert result.is_error
    assert words(result).startswith(f"Haystack answered {status}: No such luck.")
    assert advice in words(result)


async def test_more_than_20_requests_a_minute_are_not_sent(connect: Connect, vendors: Vendors) -> None:
    async with connect() as client:
        results = [await client.call_tool("haystack_get_metrics", {**WEEKLY, "group_by": f"g{n}"}) for n in range(21)]
    assert "rate limit" in words(results[-1])
    assert len(vendors.sent("haystack")) == 20


async def test_html_error_page_is_not_repeated(connect: Connect, vendors: Vendors) -> None:
    vendors.app = Response("<html><title>Bad gateway</title>…</html>", 500, media_type="text/html")
    assert "an HTML page titled “Bad gateway”" in words(await call(connect))


@pytest.mark.parametrize(
    "wrong",
    [
        {"granularity": "day"},
        {"type": "commit"},
        {"start_date": "soon"},
        {"start_date": "2026-11-21"},
        {"filters": ["Bug"]},
        {"measure": "x"},
        {"granularity": None},
        {"type": None},
        {"start_date": None},
        {"end_date": None},
    ],
)
async def test_wrong_argument_is_not_sent(wrong: dict[str, Any], connect: Connect, vendors: Vendors) -> None:
    assert (await call(connect, **wrong)).is_error
    assert vendors.sent("haystack") == []


async def test_team_of_another_number_is_not_found(connect: Connect) -> None:
    unknown = words(await call(connect, "haystack_get_team_metrics", team_id=7))
    assert "404: Team not found. Check team_id" in unknown
    assert "ask the user for the one in the URL" in unknown


async def test_answer_names_the_team_that_it_is_about(connect: Connect) -> None:
    result = await call(connect, "haystack_get_team_metrics", team_id=31)
    assert result.structured_content
    assert result.structured_content["of"] == "Haystack's team 31"
    assert result.structured_content["drumbeat_note"].startswith(NOTE)


@pytest.mark.parametrize(
    ("granularity", "days", "said"),
    [
        ("week", ["2026-10-19", "2026-10-26", "2026-11-16"], "weeks from 2026-10-19 and 2026-11-16 are"),
        ("week", ["2026-10-26", "2026-11-16"], "week from 2026-11-16 is"),
        ("month", ["2026-10-01", "2026-11-01"], "months from 2026-10-01 and 2026-11-01 are"),
        ("week", ["2026-10-26", "2026-11-09"], ""),
        ("week", ["next week"], ""),
    ],
)
async def test_weeks_and_months_that_the_dates_cut_are_named(
    granularity: str, days: list[str], said: str, connect: Connect, vendors: Vendors
) -> None:
    vendors.app = JSONResponse({"data": [{**ISSUES, "series": [{"x": day, "value": 1} for day in days]}]})
    note = words(await call(connect, granularity=granularity))
    assert (f"The {said} only in part in the period" in note) is bool(said)


async def test_sprints_read_as_a_row_a_measure_with_its_average_and_what_it_is(
    connect: Connect, vendors: Vendors
) -> None:
    analytics = {"completionRate": "0.72727272727272727273", "injectedIssueCount": "22"}
    cycles = [{"name": f"Sprint {n}", "state": "closed", "analytics": analytics} for n in (24, 25)]
    averages = {"cycle": {"injectedIssueCount": 22, "other": 3}}
    vendors.app = JSONResponse({"data": cycles, "averages": averages})
    assert words(await call(connect, granularity="cycle")).splitlines()[:7] == [
        "vendor: Haystack",
        "of: whole organization",
        "cycles: 2, closed",
        "measures:",
        "  measure|Sprint 24 = Sprint 25|average|what",
        "  completionRate|0.7273||Completed of all issues of the cycle; ratio from 0 to 1",
        "  injectedIssueCount|22|22|issues",
    ]


async def test_numbers_of_teams_are_haystacks_own(connect: Connect, vendors: Vendors) -> None:
    settings = vendors.settings(DRUMBEAT_TOOLSETS="haystack")
    async with connect(settings) as client:
        listed = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert "other vendors' numbers are other teams" in str(listed["haystack_get_team_metrics"].input_schema)
    assert "haystack_get_metrics" in listed


@pytest.mark.parametrize("granularity", ["week", "cycle"])
async def test_filters_and_groups_narrow_the_sandboxs_answers(granularity: str, connect: Connect) -> None:
    bugs = {"field": "jiraIssue.issueType", "operator": "in", "values": ["Bug"]}
    whole = await call(connect, granularity=granularity)
    some = await call(connect, granularity=granularity, filters=[bugs])
    by_team = await call(connect, granularity=granularity, group_by="team")
    assert whole.structured_content
    assert some.structured_content
    assert by_team.structured_content
    rows = "cycles" if granularity == "cycle" else "metrics"
    assert {row["group"] for row in by_team.structured_content[rows]} == {"Platform", "Payments", "Mobile"}
    assert _issues(some.structured_content[rows][0]) < _issues(whole.structured_content[rows][0])


def _issues(row: dict[str, Any]) -> int:
    return int(row["analytics"]["completedIssueCount"] if "analytics" in row else sum(row["series"].values()))


@pytest.mark.parametrize(
    ("arguments", "group", "measures"),
    [
        ({"type": "issue", "granularity": "month"}, None, {"jiraIssue.count", "jiraIssue.storyPoints"}),
        ({"type": "deployment", "group_by": "epic"}, "Quieter nights", {"deployment.count", "deployment.restoreTime"}),
    ],
)
async def test_sandbox_answers_with_the_companys_work(
    arguments: dict[str, Any], group: str | None, measures: set[str], connect: Connect
) -> None:
    result = await call(connect, "haystack_get_team_metrics", team_id=31, **arguments)
    assert result.structured_content
    rows = result.structured_content["metrics"]
    assert measures <= {row["measure"] for row in rows if row.get("group") == group}
    counts = next(row for row in rows if row["measure"].endswith("count"))
    assert sum(counts["series"].values()) == pytest.approx(counts["average"] * len(counts["series"]))


@pytest.mark.parametrize(
    "wrong",
    [
        {"granularity": "day"},
        {"granularity": None},
        {"type": "x"},
        {"startDate": "1.1.26"},
        {"endDate": None},
        {"endDate": "2026-10-01"},
        {"filters": "x"},
        {"filters": [{"field": "moon", "operator": "in", "values": []}]},
        {"groupBy": "moon"},
    ],
)
async def test_sandbox_refuses_what_the_document_does_not_allow(wrong: dict[str, Any]) -> None:
    assert (await ask(HaystackSandbox(TODAY), wrong)).status_code == 400


async def test_sandbox_allows_20_requests_in_any_minute() -> None:
    class Clocked(HaystackSandbox):
        time = datetime(2026, 11, 20, tzinfo=UTC)

        def now(self) -> datetime:
            return self.time

    stand_in = Clocked(TODAY)
    assert [(await ask(stand_in, {})).status_code for _ in range(REQUESTS_A_MINUTE + 1)] == [200] * 20 + [429]
    stand_in.time += timedelta(seconds=60)
    assert (await ask(stand_in, {})).status_code == 200


async def test_sandbox_knows_its_own_token_only() -> None:
    assert (await ask(HaystackSandbox(TODAY), {}, token="guessed")).status_code == 401


async def ask(stand_in: StandIn, body: dict[str, Any], token: str = "hs-sandbox") -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(stand_in), base_url="http://127.0.0.1") as client:
        return await client.post("/public/api/metrics", json={**SENT, **body}, headers=headers)
