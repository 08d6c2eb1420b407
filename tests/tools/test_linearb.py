"""LinearB: authentication, errors, V1's reports, V2's measurements, lists."""

from datetime import date
from statistics import mean
from typing import Any, cast

import pytest
from mcp_types import CallToolResult, RequestParamsMeta
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from server.http import Patience
from server.settings import Settings
from tests.client import once
from tests.conftest import Connect
from tests.conftest import text as words
from tests.vendors import TODAY, Vendors
from tools import company
from tools.linearb.metrics import METRICS, V2_METRICS
from tools.linearb.reports import NO_DATA

pytestmark = [pytest.mark.anyio, pytest.mark.era("legacy")]

NOVEMBER = {"after": "2026-11-01", "before": "2026-11-20"}
DRY_RUN = cast("RequestParamsMeta", {"drumbeat/dry-run": True})
REPORTS = "/api/v1/exporter/measurements"
ARGUMENTS: dict[str, dict[str, Any]] = {
    "create_measurements_report": {"requested_metrics": ["pr.new"], **NOVEMBER},
    "export_measurements": {"requested_metrics": ["pr.new"], "time_ranges": [NOVEMBER]},
    "get_measurements_report": {"request_id": "17"},
}
CYCLE_TIME = "Cycle time: coding + pickup + review + time to production; minutes"
ZONE = "; days in LinearB's own zone, which it does not document"
DEFAULT = "LinearB's default aggregation"


async def call(connect: Connect, tool: str, settings: Settings | None = None, /, **arguments: Any) -> CallToolResult:
    return await once(connect, f"linearb_{tool}", settings, **arguments)


async def answer(connect: Connect, tool: str, /, **arguments: Any) -> dict[str, Any]:
    result = await call(connect, tool, **arguments)
    assert not result.is_error, words(result)
    return dict(result.structured_content or {})


def targets(vendors: Vendors) -> list[str]:
    return [f"{request.method} {request.target}" for request in vendors.requests]


def reports(report: Response, url: str = "{}/report") -> ASGIApp:
    """A LinearB whose reports are ready at once: `report`, at `url` ({} is its own address)."""

    def create(request: Request) -> Response:
        return JSONResponse({"request_id": 17})

    def get(request: Request) -> Response:
        return JSONResponse({"report_url": url.format(str(request.base_url).rstrip("/") + "/linearb"), "detail": "ok"})

    def file(request: Request) -> Response:
        return report

    routes = [
        Route(f"/linearb{REPORTS}", create, methods=["POST"]),
        Route(f"/linearb{REPORTS}/17", get),
        Route("/linearb/api/v2/measurements/export", get, methods=["POST"]),
        Route("/linearb/report", file),
    ]
    return Starlette(routes=routes)


# Authentication and errors


async def test_key_goes_as_x_api_key_and_content_type_on_gets_too(connect: Connect, vendors: Vendors) -> None:
    await answer(connect, "list_teams")
    headers = vendors.requests[-1].headers
    assert headers["x-api-key"] == "lb-sandbox"
    assert headers["content-type"] == "application/json"
    assert "authorization" not in headers


async def test_key_goes_as_bearer_where_so_configured(connect: Connect, vendors: Vendors) -> None:
    settings = vendors.settings()
    linearb = settings.vendors["linearb"]
    bearer = linearb.model_copy(update={"values": {**linearb.values, "LINEARB_AUTH": SecretStr("bearer")}})
    settings = settings.model_copy(update={"vendors": {**settings.vendors, "linearb": bearer}})
    assert not (await call(connect, "list_teams", settings)).is_error
    headers = vendors.requests[-1].headers
    assert headers["authorization"] == "Bearer lb-sandbox"
    assert "x-api-key" not in headers


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (401, {"message": "Unauthorized"}, "LinearB answered 401: Unauthorized. Check LINEARB_API_KEY"),
        (403, {"message": "Forbidden"}, "403 to a bad key too"),
        (404, {"detail": "Team not found"}, "LinearB answered 404: Team not found. Check the id"),
        (
            422,
            {"detail": [{"loc": ["query", "page_size"], "msg": "too large"}, {"msg": "odd"}]},
            "query.page_size: too large; ?: odd.",
        ),
        (422, {"detail": [{"loc": 3, "msg": "odd"}, {"loc": "body", "msg": "bad"}]}, "3: odd; body: bad."),
        (500, {"detail": []}, "LinearB answered 500. The fault is the vendor's"),
    ],
)
async def test_error_is_told_in_the_vendors_words(
    status: int, body: Any, said: str, connect: Connect, vendors: Vendors
) -> None:
    vendors.app = JSONResponse(body, status)
    result = await call(connect, "list_teams")
    assert result.is_error
    assert said in words(result)


async def test_sixty_requests_a_minute_are_counted_for_each_endpoint(connect: Connect, vendors: Vendors) -> None:
    async with connect() as client:
        for service in range(60):
            await client.call_tool("linearb_get_service", {"service_id": service + 1})
        refused = await client.call_tool("linearb_get_service", {"service_id": 61})
        other = await client.call_tool("linearb_list_teams", {})
    assert "rate limit" in str(refused.content)
    assert not other.is_error
    assert len(vendors.sent("linearb")) == 61


# V1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"before": "2026-11-20"}, "before and after go together"),
        ({"after": "2026-11-20"}, "before and after go together"),
        ({**NOVEMBER, "time_ranges": [NOVEMBER]}, "either before and after, or time_ranges"),
        ({"after": "2026-11-01", "time_ranges": [NOVEMBER]}, "either before and after, or time_ranges"),
        ({"group_by": "contributor"}, "group_by contributor needs contributor_ids"),
        ({"group_by": "repository", "contributor_ids": [1]}, "group_by repository needs repository_ids"),
        ({"group_by": "team", "team_ids": []}, "team_ids"),
        ({"limit": 0}, "limit"),
        ({"offset": -1}, "offset"),
        ({"after": "2026-11-20", "before": "2026-11-01"}, "'after' must not be after 'before'"),
        ({"requested_metrics": ["pm.velocity"]}, "velocity, investment profile or time distribution are not in it"),
        ({"group_by": "service"}, "group_by service needs service_ids"),
        ({"requested_metrics": ["pr.merged.count"]}, "perhaps pr.merged"),
        ({"requested_metrics": []}, "requested_metrics"),
        ({"before": "soon"}, "write a date as 2026-11-20"),
        ({"time_ranges": [{"after": "2026-11-20", "before": "2026-11-01"}]}, "after is later than before"),
        ({"time_ranges": [{"after": "2026-11-20"}]}, "before"),
    ],
)
async def test_report_that_breaks_a_rule_is_not_asked_for(
    wrong: dict[str, Any], said: str, connect: Connect, vendors: Vendors
) -> None:
    result = await call(connect, "create_measurements_report", **{"requested_metrics": ["pm.mttr"], **wrong})
    assert result.is_error
    assert said in words(result)
    assert vendors.sent("linearb") == []


@pytest.mark.parametrize("file_format", ["json", "csv"])
async def test_report_is_waited_for_and_fetched_without_the_key(
    file_format: str, connect: Connect, vendors: Vendors
) -> None:
    found = await answer(
        connect,
        "create_measurements_report",
        requested_metrics=["branch.computed.cycle_time", "pm.cfr.issues.done"],
        group_by="team",
        team_ids=[101, 103],
        file_format=file_format,
        **NOVEMBER,
    )
    assert targets(vendors) == [
        "GET /api/v2/teams",
        f"POST {REPORTS}",
        f"GET {REPORTS}/70001",
        f"GET {REPORTS}/70001",
        f"GET /reports/70001.{file_format}",
    ]
    assert not {"x-api-key", "authorization"} & vendors.requests[-1].headers.keys()
    assert found["request_id"] == "70001"
    assert found["report_url"].endswith(f"/reports/70001.{file_format}")
    assert found["note"] == "LinearB limits this API to Git metrics, so these may be missing or 0: pm.cfr.issues.done."
    assert found["metrics"] == {
        "branch.computed.cycle_time": f"{CYCLE_TIME}; {DEFAULT}",
        "pm.cfr.issues.done": f"Issues considered incidents that reached done (not a rate); count; {DEFAULT}",
    }
    assert [row["team_name"] for row in found["items"]] == ["Platform", "Mobile"]
    merged = [pr for pr in company.pull_requests(TODAY) if pr.merged_at.date() >= date(2026, 11, 1)]
    lead = mean(pr.lead_time for pr in merged if pr.repository.team is company.PLATFORM)
    assert (
        found["items"][0].items() >= {**NOVEMBER, "team_id": 101, "branch.computed.cycle_time": round(lead, 2)}.items()
    )


async def test_v1_and_v2_have_the_same_numbers(connect: Connect) -> None:
    names = [name for name in METRICS if name in V2_METRICS]
    v1 = await answer(connect, "create_measurements_report", requested_metrics=names, time_ranges=[NOVEMBER])
    v2 = await answer(connect, "get_measurements", requested_metrics=names, time_ranges=[NOVEMBER])
    exported = await answer(connect, "export_measurements", requested_metrics=names, time_ranges=[NOVEMBER])
    assert v1["items"] == v2["items"] == exported["items"]
    assert v1["metrics"].keys() == set(names)


async def test_report_that_takes_too_long_can_be_asked_for_later(connect: Connect, vendors: Vendors) -> None:
    vendors.patience = Patience(background=0.0)
    async with connect() as client:
        arguments = {"requested_metrics": ["pr.new"], **NOVEMBER}
        waiting = (await client.call_tool("linearb_create_measurements_report", arguments)).structured_content
        assert waiting
        assert "still generating the report: ask linearb_get_measurements_report" in waiting["note"]
        later = {"request_id": waiting["request_id"]}
        early = await client.call_tool("linearb_get_measurements_report", later)
        report = (await client.call_tool("linearb_get_measurements_report", later)).structured_content
    period = {"drumbeat_note": f"Period: 2026-11-01 to 2026-11-20{ZONE}"}
    assert waiting == {**(early.structured_content or {}), **period}
    assert report
    assert report["items"][0]["pr.new"] > 0
    assert report["request_id"] == waiting["request_id"]


async def test_client_is_told_how_long_the_report_is_waited_for(connect: Connect) -> None:
    told: list[tuple[float | None, str | None]] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        told.append((total, message))

    async with connect() as client:
        arguments = {"requested_metrics": ["pr.new"], **NOVEMBER}
        await client.call_tool("linearb_create_measurements_report", arguments, progress_callback=note)
    assert told == [(45.0, "LinearB is generating report 70001")]


@pytest.mark.parametrize(
    ("tool", "period"),
    [
        ("get_measurements", {"time_ranges": [NOVEMBER]}),
        ("export_measurements", {"time_ranges": [NOVEMBER]}),
        ("create_measurements_report", {**NOVEMBER, "team_ids": [101]}),
    ],
)
async def test_no_rows_from_an_offset_on_may_be_past_the_end(
    connect: Connect, tool: str, period: dict[str, Any]
) -> None:
    asked = {"requested_metrics": ["pr.merged"], "group_by": "team", "limit": 5, **period}
    past = await answer(connect, tool, **asked, offset=50)
    assert past["note"] == f"{NO_DATA} offset=50 may be past the end; without it the groups begin at the first."
    assert (await answer(connect, tool, **asked, offset=0))["items"]


async def test_no_data_and_no_such_report_are_plain_answers(connect: Connect) -> None:
    nothing = await answer(
        connect, "create_measurements_report", requested_metrics=["pr.new"], after="2022-05-27", before="2022-05-29"
    )
    missing = await answer(connect, "get_measurements_report", request_id=404)
    assert nothing["note"] == "LinearB has no data for this request."
    assert missing["note"] == "LinearB has no such report: it had no data, never existed, or has expired."
    assert missing["request_id"] == "404"


async def test_limit_under_the_number_of_ids_is_warned_of(connect: Connect) -> None:
    found = await answer(
        connect,
        "create_measurements_report",
        requested_metrics=["pr.new"],
        group_by="repository",
        repository_ids=[9001, 9002],
        limit=1,
        **NOVEMBER,
    )
    assert found["note"] == "Partial: limit is 1 for 2 ids, so LinearB leaves some out."
    assert len(found["items"]) == 1


@pytest.mark.parametrize("status", [404, 405, 410])
async def test_v1_that_is_switched_off_steers_to_v2(status: int, connect: Connect, vendors: Vendors) -> None:
    vendors.app = JSONResponse({"detail": "Gone"}, status)
    for tool, arguments in (
        ("create_measurements_report", {"requested_metrics": ["pr.new"]}),
        ("get_measurements_report", {"request_id": "1"}),
    ):
        assert "Use linearb_get_measurements." in words(await call(connect, tool, **arguments))


async def test_error_on_the_way_to_a_report_names_it(connect: Connect, vendors: Vendors) -> None:
    def fail(request: Request) -> Response:
        return Response(status_code=500) if request.method == "GET" else JSONResponse({"request_id": 17})

    vendors.app = Starlette(routes=[Route("/linearb/{path:path}", fail, methods=["GET", "POST"])])
    result = await call(connect, "create_measurements_report", requested_metrics=["pr.new"])
    assert result.is_error
    assert words(result).endswith("The report is 17, for linearb_get_measurements_report.")


async def test_file_that_fails_does_not_count_as_expired(connect: Connect, vendors: Vendors) -> None:
    vendors.app = reports(Response(status_code=500))
    found = await answer(connect, "create_measurements_report", requested_metrics=["pr.new"])
    assert found["note"].startswith("No rows: LinearB answered 500.")
    assert found["request_id"] == "17"


async def test_accepted_report_without_an_id_is_an_error(connect: Connect, vendors: Vendors) -> None:
    vendors.app = JSONResponse({"detail": "queued"})
    result = await call(connect, "create_measurements_report", requested_metrics=["pr.new"])
    assert "unknown shape (at request_id)" in words(result)


# Reports


@pytest.mark.parametrize(
    ("report", "rows"),
    [
        (
            PlainTextResponse('\ufeffteam_id,team,pr.new,ratio\r\n7,"A, ""B""\nC",3,\r\n8,D,4,0.5\r\n'),
            [{"team_id": 7, "team": 'A, "B"\nC', "pr.new": 3}, {"team_id": 8, "team": "D", "pr.new": 4, "ratio": 0.5}],
        ),
        (PlainTextResponse("a,b\n1,2,3\n"), [{"a": 1, "b": 2, "more": ["3"]}]),
        (JSONResponse([{"team_id": 7, "pr.new": 3}]), [{"team_id": 7, "pr.new": 3}]),
        (
            JSONResponse({"after": "x", "metrics": [{"n": 1}, {"n": 2}]}),
            [{"after": "x", "n": 1}, {"after": "x", "n": 2}],
        ),
        (Response(""), []),
        (JSONResponse([]), []),
    ],
)
async def test_report_of_any_form_is_read_as_rows(
    report: Response, rows: list[dict[str, Any]], connect: Connect, vendors: Vendors
) -> None:
    vendors.app = reports(report)
    found = await answer(connect, "create_measurements_report", requested_metrics=["pr.new"])
    assert found["items"] == rows
    assert found["request_id"] == "17"
    assert found["detail"] == "ok"
    assert ("note" in found) == (not rows)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://10.0.0.1/report", "not a public host"),
        ("https://169.254.169.254/latest/meta-data", "not a public host"),
        ("http://93.184.216.34/report", "not a plain https link"),
        ("ftp://files/report", "not a plain https link"),
        ("", "not a plain https link"),
    ],
)
@pytest.mark.parametrize("tool", ["get_measurements_report", "create_measurements_report", "export_measurements"])
async def test_report_that_cannot_be_fetched_is_answered_with_its_link(
    tool: str, url: str, said: str, connect: Connect, vendors: Vendors
) -> None:
    vendors.app = reports(Response("secret"), url)
    found = await answer(connect, tool, **ARGUMENTS[tool])
    assert said in found["note"]
    assert found["report_url"] == url
    assert found["items"] == []
    assert found.get("request_id") == (None if tool == "export_measurements" else "17")


async def test_link_that_has_expired_does_not_blame_the_key(connect: Connect, vendors: Vendors) -> None:
    vendors.app = reports(Response("<Error><Code>AccessDenied</Code></Error>", 403))
    found = await answer(connect, "get_measurements_report", request_id="17")
    assert found["note"].startswith("No rows: LinearB's link to the report answered 403: it may have expired.")
    assert "LINEARB_API_KEY" not in found["note"]
    assert (found["request_id"], found["report_url"][-7:]) == ("17", "/report")


@pytest.mark.parametrize("body", [[1, 2], 7])
async def test_report_of_another_shape_is_quoted_and_linked_to(body: Any, connect: Connect, vendors: Vendors) -> None:
    vendors.app = reports(JSONResponse(body))
    found = await answer(connect, "get_measurements_report", request_id="17")
    assert "unknown shape" in found["note"]
    assert found["report_url"].endswith("/report")


@pytest.mark.parametrize("tool", ["create_measurements_report", "export_measurements"])
async def test_dry_run_of_a_report_makes_none(tool: str, connect: Connect, vendors: Vendors) -> None:
    async with connect() as client:
        shown = await client.call_tool(f"linearb_{tool}", ARGUMENTS[tool], meta=DRY_RUN)
    assert isinstance(shown, CallToolResult)
    assert not shown.is_error, words(shown)
    assert "POST " in words(shown)
    assert vendors.sent("linearb") == []


# V2


async def test_lists_of_metrics_are_the_documents() -> None:
    assert (len(METRICS), len(V2_METRICS)) == (24, 40)


async def test_measurements_are_flat_rows_with_a_legend(connect: Connect) -> None:
    found = await answer(
        connect,
        "get_measurements",
        requested_metrics=["branch.computed.cycle_time:p75", "pr.merged", "pr.maturity_ratio"],
        time_ranges=[{"after": "2026-11-02", "before": "2026-11-15"}],
        group_by="team",
        team_ids=[101],
        roll_up="1w",
    )
    assert [(row["after"], row["before"], row["team_name"]) for row in found["items"]] == [
        ("2026-11-02", "2026-11-08", "Platform"),
        ("2026-11-09", "2026-11-15", "Platform"),
    ]
    assert found["metrics"] == {
        "branch.computed.cycle_time:p75": f"{CYCLE_TIME}; 75th percentile",
        "pr.merged": "PRs merged; count; LinearB's default aggregation",
        "pr.maturity_ratio": "meaning not documented; unit not documented; LinearB's default aggregation",
    }
    assert "note" not in found
    assert found["vendor"] == "LinearB"
    assert found["drumbeat_note"] == f"Period: 2026-11-02 to 2026-11-15{ZONE}"
    assert "next" not in found


@pytest.mark.parametrize(
    ("arguments", "note"),
    [
        (
            {"requested_metrics": ["pr.mergd"]},
            "a 0 may only mean that the name is unknown: pr.mergd (perhaps pr.merged).",
        ),
        ({"requested_metrics": ["pm.issues.done"]}, "unknown: pm.issues.done"),
        ({"group_by": "repository"}, "Without repository_ids LinearB answers for about 25 repositories."),
        (
            {"group_by": "repository", "repository_ids": list(range(9001, 9012))},
            "LinearB groups 10 repositories at most.",
        ),
        ({"team_ids": [101, 102], "limit": 1}, "Partial: limit is 1 for 2 ids"),
        ({"time_ranges": [{"after": "2022-01-01", "before": "2022-01-31"}]}, "LinearB has no data for this request."),
    ],
)
@pytest.mark.parametrize("tool", ["get_measurements", "export_measurements"])
async def test_what_linearb_leaves_unsaid_is_said(
    tool: str, arguments: dict[str, Any], note: str, connect: Connect
) -> None:
    found = await answer(connect, tool, **{"requested_metrics": ["pr.new"], "time_ranges": [NOVEMBER], **arguments})
    assert note in found["note"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"requested_metrics": []}, "requested_metrics"),
        ({"time_ranges": []}, "time_ranges"),
        ({"limit": 0}, "limit"),
        ({"repository_ids": []}, "repository_ids"),
        ({"time_ranges": [{"after": "2026-11-20", "before": "2026-11-01"}]}, "after is later than before"),
        ({"requested_metrics": ["pr.new:p90"]}, "'pr.new:p90' asks for an aggregation that is not p75|p50|avg|raw"),
        ({"repository_ids": list(range(51))}, "at most 50"),
        ({"labels": ["a", "b", "c", "d"]}, "at most 3"),
        ({"group_by": "services"}, "group_by"),
        ({"roll_up": "1y"}, "roll_up"),
        ({"time_ranges": [{**NOVEMBER, "timezone": "CET"}]}, "timezone"),
    ],
)
async def test_measurement_that_breaks_a_rule_is_not_asked_for(
    wrong: dict[str, Any], said: str, connect: Connect, vendors: Vendors
) -> None:
    arguments = {"requested_metrics": ["pr.new"], "time_ranges": [NOVEMBER], **wrong}
    result = await call(connect, "get_measurements", **arguments)
    assert result.is_error
    assert said in words(result)
    assert vendors.sent("linearb") == []


async def test_full_page_of_groups_says_how_to_get_the_next(connect: Connect) -> None:
    arguments: dict[str, Any] = {"requested_metrics": ["pr.new"], "time_ranges": [NOVEMBER], "group_by": "team"}
    first = await answer(connect, "get_measurements", **arguments, limit=2)
    rest = await answer(connect, "get_measurements", **arguments, limit=2, **first["next"])
    assert [row["team_id"] for row in first["items"] + rest["items"]] == [101, 102, 103]
    assert "next" not in rest


@pytest.mark.parametrize(
    "grouped",
    [
        {"limit": 1},
        {"group_by": "organization", "limit": 1},
        {"group_by": "team", "team_ids": [101, 102], "limit": 2},
    ],
)
async def test_where_no_group_can_follow_no_next_is_offered(grouped: dict[str, Any], connect: Connect) -> None:
    arguments: dict[str, Any] = {"requested_metrics": ["pr.new"], "time_ranges": [NOVEMBER]}
    found = await answer(connect, "get_measurements", **arguments, **grouped)
    assert len(found["items"]) == grouped["limit"]
    assert "next" not in found


async def test_next_of_a_v1_report_fetches_the_other_groups(connect: Connect) -> None:
    arguments = {**ARGUMENTS["create_measurements_report"], "group_by": "team", "team_ids": [101, 102, 103]}
    first = await answer(connect, "create_measurements_report", **arguments, limit=2)
    rest = await answer(connect, "create_measurements_report", **arguments, limit=2, **first["next"])
    assert [row["team_id"] for row in first["items"] + rest["items"]] == [101, 102, 103]
    assert "next" not in rest


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"after": "2026-11-01", "before": "2026-11-20"}, {"after": "2026-11-01", "before": "2026-11-20"}),
        (
            {"after": "2026-11-01T09:00:00+01:00", "before": "2026-11-20T00:00:00Z"},
            {"after": "2026-11-01T09:00:00+01:00", "before": "2026-11-20T00:00:00+00:00"},
        ),
    ],
)
async def test_days_are_sent_as_days_and_times_as_times(
    given: dict[str, str], sent: dict[str, str], connect: Connect, vendors: Vendors
) -> None:
    await answer(connect, "get_measurements", requested_metrics=["pr.new"], time_ranges=[given])
    assert vendors.requests[-1].body["time_ranges"] == [sent]
    await answer(connect, "export_measurements", requested_metrics=["pr.new"], time_ranges=[given])
    exported = next(request.body for request in vendors.requests if "/export" in request.target)
    assert exported["time_ranges"] == [sent]


async def test_relative_days_are_understood(connect: Connect, vendors: Vendors) -> None:
    period = {"after": "7 days ago", "before": "today"}
    found = await answer(connect, "get_measurements", requested_metrics=["pr.new"], time_ranges=[period])
    (sent,) = vendors.requests[-1].body["time_ranges"]
    assert (date.fromisoformat(sent["before"]) - date.fromisoformat(sent["after"])).days == 7
    assert found["drumbeat_note"].startswith(f"Period: {sent['after']} to {sent['before']}")


async def test_fields_of_a_window_that_nobody_documented_are_kept(connect: Connect, vendors: Vendors) -> None:
    vendors.app = JSONResponse(
        [{**NOVEMBER, "timezone": "UTC", "metrics": [{"organization_id": 1, "pr.new:avg": None}]}]
    )
    found = await answer(connect, "get_measurements", requested_metrics=["pr.new:avg"], time_ranges=[NOVEMBER])
    assert found["items"] == [{**NOVEMBER, "timezone": "UTC", "organization_id": 1}]
    assert found["metrics"] == {"pr.new:avg": "PRs opened; count; average"}


async def test_export_that_is_not_ready_says_so(connect: Connect, vendors: Vendors) -> None:
    vendors.app = Response(status_code=202)
    found = await answer(connect, "export_measurements", requested_metrics=["pr.new"], time_ranges=[NOVEMBER])
    assert found["note"] == "LinearB is still generating the report: call again with the same arguments."


# Lists


async def test_list_pages_by_what_the_vendor_counts(connect: Connect) -> None:
    first = await answer(connect, "list_teams", page_size=2)
    assert (first["total"], first["next"]) == (3, {"offset": 2})
    rest = await answer(connect, "list_teams", page_size=2, offset=2)
    assert [team["name"] for team in first["items"] + rest["items"]] == ["Platform", "Payments", "Mobile"]
    assert "next" not in rest


async def test_noise_is_left_out_and_the_undocumented_kept(connect: Connect, vendors: Vendors) -> None:
    rows = [
        {"id": 1, "name": "Mona", "avatar_url": "https://x", "organization_id": "7", "title": "Lead", "extra": None}
    ]
    vendors.app = JSONResponse({"total": 1, "items": rows})
    assert (await answer(connect, "list_users"))["items"] == [{"id": 1, "name": "Mona", "title": "Lead"}]


@pytest.mark.parametrize(
    ("body", "items"),
    [([{"id": 1}], [{"id": 1}]), ({"items": [{"id": 1}]}, [{"id": 1}]), ([], []), (None, []), ({"items": []}, [])],
)
async def test_members_are_read_from_either_form_of_list(
    body: Any, items: list[Any], connect: Connect, vendors: Vendors
) -> None:
    vendors.app = JSONResponse(body)
    assert (await answer(connect, "list_team_members", team_id=101))["items"] == items


@pytest.mark.parametrize("tool", ["list_teams", "list_repositories", "list_deployments", "search_incidents"])
@pytest.mark.parametrize("body", ["<html>", {"teams": {}}, [1]])
async def test_list_of_another_shape_is_an_error(tool: str, body: Any, connect: Connect, vendors: Vendors) -> None:
    vendors.app = JSONResponse(body)
    result = await call(connect, tool)
    assert result.is_error
    assert "unknown shape" in words(result)


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("list_teams", {"search_term": "nobody"}, "Asked for: search_term nobody"),
        ("list_users", {"search_term": "nobody", "user_role": "admin"}, "Asked for: search_term nobody; user_role"),
        ("list_deployments", {"stage": "qa", "repository_id": 9}, "Asked for: repository_id 9; stage qa"),
        ("search_incidents", {"repository_urls": ["https://x"]}, "Asked for: repository_urls https://x"),
        ("get_measurements", {**ARGUMENTS["export_measurements"], "repository_ids": [9]}, "repository_ids 9"),
    ],
)
async def test_empty_answer_says_what_was_asked_for(
    tool: str, arguments: dict[str, Any], said: str, connect: Connect
) -> None:
    found = await answer(connect, tool, **arguments)
    assert found["items"] == []
    assert said in found["drumbeat_note"]


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("list_team_members", {"team_id": 9}, "Check team_id: linearb_list_teams shows which there are."),
        ("get_service", {"service_id": 9}, "Check service_id: linearb_list_services"),
        ("get_incident", {"provider_id": "X"}, "Check provider_id: linearb_search_incidents"),
        ("create_deployment", {"repo_url": "x", "ref_name": "v1"}, "Check repo_url: linearb_list_repositories"),
    ],
)
async def test_what_is_not_found_names_the_argument_and_its_list(
    tool: str, arguments: dict[str, Any], said: str, connect: Connect
) -> None:
    assert said in words(await call(connect, tool, **arguments))


async def test_day_ends_with_its_last_moment(connect: Connect, vendors: Vendors) -> None:
    found = await answer(connect, "list_deployments", after="2026-11-19", before="2026-11-20")
    assert vendors.requests[0].target.endswith("after=2026-11-19T00%3A00%3A00Z&before=2026-11-20T23%3A59%3A59Z")
    assert found["drumbeat_note"] == "Period: 2026-11-19 to 2026-11-20 (UTC)"


async def test_reported_deployment_is_listed(connect: Connect) -> None:
    url = "https://git.acme.example/acme/infra.git"
    async with connect() as client:
        done = await client.call_tool("linearb_create_deployment", {"repo_url": url, "ref_name": "v9", "stage": "qa"})
        listed = await client.call_tool("linearb_list_deployments", {"repository_id": 9002, "stage": "qa"})
    assert done.structured_content
    assert done.structured_content["request_id"].startswith("deployment-")
    assert done.structured_content["done"] == f"Deployment of v9 in {url} reported: stage qa, now."
    assert listed.structured_content
    assert [row["ref_name"] for row in listed.structured_content["items"]] == ["v9"]


@pytest.mark.parametrize(
    ("uri", "text"),
    [
        ("teams", "Platform"),
        ("teams/102/members", "Yuki Mori"),
        ("users", "mona.keller@acme.example"),
        ("services", "payments-service"),
        ("services/501", "platform-api"),
        ("repositories", "https://git.acme.example/acme/{name}.git"),
        ("deployments", "release"),
        ("incidents", "INC-74"),
        ("incidents/INC-74", "errors after PR 74"),
        ("reports/9", "no such report"),
    ],
)
async def test_lists_and_objects_can_be_attached_to_a_chat(uri: str, text: str, connect: Connect) -> None:
    async with connect() as client:
        read = await client.read_resource(f"linearb://{uri}")
    assert text in str(read.contents[0])


async def test_deployments_have_the_names_of_their_repositories_beside_the_ids(connect: Connect) -> None:
    async with connect() as client:
        result = await client.call_tool("linearb_list_deployments", {"limit": 5})
    rows = (result.structured_content or {})["items"]
    names = {9001: "platform-api", 9002: "infra", 9003: "payments-service", 9004: "mobile-app"}
    assert [row["repository"] for row in rows] == [names[row["repository_id"]] for row in rows]
