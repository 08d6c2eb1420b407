import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from mcp_types import CallToolResult, TextContent
from starlette.responses import JSONResponse, Response

from server.sandbox import StandIn
from tests.conftest import Connect
from tests.vendors import TODAY, Vendors
from tools.haystack.models import Metrics, number
from tools.haystack.sandbox import REQUESTS_A_MINUTE, HaystackSandbox

pytestmark = pytest.mark.anyio

ISSUES = {"title": "Issues", "measure": "jiraIssue.count", "series": [{"x": "2026-10-05", "value": "22"}]}
ROW = {"title": "Issues", "measure": "jiraIssue.count", "average": 27.5, "series": {"2026-10-05": 22}}


async def call(connect: Connect, tool: str = "haystack_get_metrics", **arguments: Any) -> CallToolResult:
    async with connect() as client:
        result = await client.call_tool(tool, arguments)
    assert isinstance(result, CallToolResult)
    return result


def words(result: CallToolResult) -> str:
    assert isinstance(result.content[0], TextContent)
    return result.content[0].text


async def test_token_goes_as_bearer_under_the_base_urls_prefix(connect: Connect, vendors: Vendors) -> None:
    assert not (await call(connect)).is_error
    request = vendors.requests[-1]
    assert request.headers["authorization"] == "Bearer hs-sandbox"
    assert (request.vendor, request.target) == ("haystack", "/public/api/metrics")


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("22", 22),
        ("-3", -3),
        ("0.5", 0.5),
        ("0.72727272727272727273", "0.72727272727272727273"),
        ("9007199254740993.1", "9007199254740993.1"),
        ("12345678901234567890", "12345678901234567890"),
        ("007", "007"),
        ("٢٢", "٢٢"),
        ("n/a", "n/a"),
        (None, None),
        ({"count": ["1", 2.5]}, {"count": [1, 2.5]}),
    ],
)
async def test_numeric_string_becomes_a_number_only_where_no_digit_is_lost(sent: Any, read: Any) -> None:
    assert number(sent) == read


async def test_regular_answer_reads_as_a_row_a_measure_with_its_average(connect: Connect, vendors: Vendors) -> None:
    vendors.app = JSONResponse({"data": [ISSUES], "averages": {"jiraIssue": {"count": 27.5}}})
    result = await call(connect)
    assert result.structured_content == {"metrics": [ROW]}


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
    assert result.structured_content == {"metrics": [{"group": "Mona", **ROW}, {"group": "Joe", **ROW, "average": 3}]}


async def test_cycle_answer_keeps_the_analytics_and_their_averages(connect: Connect, vendors: Vendors) -> None:
    analytics = {"completionRate": "0.72727272727272727273", "issueCount": "22", "removedStoryPoints": None}
    cycles = [{"name": "Sprint 25", "state": "closed", "analytics": analytics}]
    vendors.app = JSONResponse({"data": cycles, "averages": {"cycle": {"issueCount": 27.5}}})
    result = await call(connect, granularity="cycle")
    assert result.structured_content == {
        "cycles": [
            {
                "name": "Sprint 25",
                "state": "closed",
                "analytics": {"completionRate": "0.72727272727272727273", "issueCount": 22},
            }
        ],
        "averages": {"cycle.issueCount": 27.5},
    }


async def test_nothing_that_the_document_does_not_name_is_lost(connect: Connect, vendors: Vendors) -> None:
    points = [{"x": "2026-10-05", "value": 1, "color": "red"}]
    data = [{**ISSUES, "series": points, "chart": "bar"}, {"headline": "new"}]
    averages = {"jiraIssue": {"age": 4}, "spare": [1, 2]}
    vendors.app = JSONResponse({"data": data, "averages": averages, "future": {"use": True}})
    result = await call(connect)
    assert result.structured_content == {
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
    assert words(await call(connect)) == "note: No data for this period and these filters."


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
        (401, "enabled by Haystack's support"),
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
        results = [await client.call_tool("haystack_get_metrics", {"group_by": f"g{n}"}) for n in range(21)]
    assert "rate limit" in words(results[-1])
    assert len(vendors.sent("haystack")) == 20


async def test_html_error_page_is_not_repeated(connect: Connect, vendors: Vendors) -> None:
    vendors.app = Response("<html><title>Bad gateway</title>…</html>", 500, media_type="text/html")
    assert "an HTML page titled “Bad gateway”" in words(await call(connect))


@pytest.mark.parametrize(
    "wrong",
    [{"granularity": "day"}, {"type": "commit"}, {"start_date": "soon"}, {"filters": ["Bug"]}, {"measure": "x"}],
)
async def test_wrong_argument_is_not_sent(wrong: dict[str, Any], connect: Connect, vendors: Vendors) -> None:
    assert (await call(connect, **wrong)).is_error
    assert vendors.sent("haystack") == []


async def test_team_of_another_number_is_not_found(connect: Connect) -> None:
    unknown = words(await call(connect, "haystack_get_team_metrics", team_id=7))
    assert "404: Team not found" in unknown
    assert "ask the user for the number" in unknown


async def test_team_metrics_can_be_attached_to_a_chat(connect: Connect) -> None:
    async with connect() as client:
        read = await client.read_resource("haystack://teams/101/metrics")
    assert "jiraIssue.count" in str(read.contents[0])


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
    result = await call(connect, "haystack_get_team_metrics", team_id=101, **arguments)
    assert result.structured_content
    rows = result.structured_content["metrics"]
    assert measures <= {row["measure"] for row in rows if row.get("group") == group}
    counts = next(row for row in rows if row["measure"].endswith("count"))
    assert sum(counts["series"].values()) == pytest.approx(counts["average"] * len(counts["series"]))


@pytest.mark.parametrize(
    "wrong", [{"granularity": "day"}, {"type": "x"}, {"startDate": "1.1.26"}, {"filters": "x"}, {"groupBy": "moon"}]
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
        return await client.post("/public/api/metrics", json=body, headers=headers)
