"""How Oobeya is spoken to: credentials, envelopes, lists in two forms, errors, and what is read."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import mean
from typing import Any

import pytest
from mcp_types import CallToolResult
from pydantic import SecretStr
from starlette.responses import JSONResponse, PlainTextResponse, Response

from server.settings import Settings
from tests.client import once
from tests.conftest import Connect
from tests.conftest import text as words
from tests.vendors import TODAY, Vendors
from tools import company
from tools.oobeya.sandbox.world import API_KEY, JWT

pytestmark = [pytest.mark.anyio, pytest.mark.era("auto")]

TEAM = {"id": "team-1", "unitName": "Data"}
EVA = {
    "name": "Eva",
    "surname": "Lang",
    "username": "eva",
    "email": "eva@acme.example",
    "user_type": "DB",
    "company_role": "DEVELOPER",
    "hire_date": "2026-11-01",
}
RUN = {
    "execution_id": "e",
    "status": "PASS",
    "execution_time": 1,
    "execution_start_date": "2026-11-20T09:00:00Z",
    "execution_end_date": "2026-11-20T09:00:01Z",
    "application_id": "a",
    "scenario_id": "s",
    "scenario_name": "Login",
    "environment": "staging",
    "team": "QA",
}
METRICS = {"leadTimeForChanges": {"formattedValue": "2.3 days"}, "timeToRestore": {"formattedValue": "4h 30m"}}


async def ask(connect: Connect, tool: str, settings: Settings | None = None, /, **arguments: Any) -> CallToolResult:
    return await once(connect, f"oobeya_{tool}", settings, **arguments)


async def read(connect: Connect, tool: str, **arguments: Any) -> dict[str, Any]:
    result = await ask(connect, tool, **arguments)
    assert not result.is_error, words(result)
    return dict(result.structured_content or {})


def with_credentials(vendors: Vendors, **values: str) -> Settings:
    settings = vendors.settings()
    oobeya = settings.vendors["oobeya"]
    base = {"OOBEYA_BASE_URL": SecretStr(oobeya.base_url)}
    given = oobeya.model_copy(update={"values": base | {k: SecretStr(v) for k, v in values.items()}})
    return settings.model_copy(update={"vendors": {**settings.vendors, "oobeya": given}})


# Credentials and addresses.


@pytest.mark.parametrize(
    ("values", "sent"),
    [
        ({"OOBEYA_API_KEY": API_KEY}, {"oobeya-api-key": API_KEY}),
        ({"OOBEYA_BEARER_TOKEN": JWT}, {"authorization": f"Bearer {JWT}"}),
        ({"OOBEYA_API_KEY": API_KEY, "OOBEYA_BEARER_TOKEN": JWT}, {"oobeya-api-key": API_KEY}),
    ],
)
async def test_api_key_goes_in_its_header_else_the_token_as_bearer(
    values: dict[str, str], sent: dict[str, str], connect: Connect, vendors: Vendors
) -> None:
    result = await ask(connect, "list_all_teams", with_credentials(vendors, **values))
    assert not result.is_error
    headers = vendors.requests[-1].headers
    assert {name: headers[name] for name in ("oobeya-api-key", "authorization") if name in headers} == sent


@pytest.mark.parametrize(
    ("values", "advice"),
    [
        ({"OOBEYA_API_KEY": "wrong", "OOBEYA_BEARER_TOKEN": JWT}, "Check OOBEYA_API_KEY."),
        ({"OOBEYA_BEARER_TOKEN": "old"}, "Check OOBEYA_BEARER_TOKEN; the token of a session expires."),
    ],
)
async def test_wrong_credentials_are_answered_with_the_variable_to_check(
    values: dict[str, str], advice: str, connect: Connect, vendors: Vendors
) -> None:
    result = await ask(connect, "list_all_teams", with_credentials(vendors, **values))
    assert result.is_error
    assert words(result) == f"Oobeya answered 401: Invalid API key or token. {advice}"


async def test_prefix_of_the_base_url_is_kept(connect: Connect, vendors: Vendors) -> None:
    settings = with_credentials(vendors, OOBEYA_API_KEY=API_KEY)
    oobeya = settings.vendors["oobeya"]
    moved = oobeya.model_copy(update={"base_url": f"{oobeya.base_url}/metrics/prod"})
    vendors.app = JSONResponse([TEAM])
    result = await ask(connect, "list_all_teams", settings.model_copy(update={"vendors": {"oobeya": moved}}))
    assert not result.is_error
    assert vendors.requests[0].target == "/metrics/prod/apis/v1/teams/all"


# Envelopes and lists.


@pytest.mark.parametrize(
    "wrap", [lambda body: body, lambda body: {"version": "1.0", "referenceId": "r", "payload": body}]
)
@pytest.mark.parametrize(
    "form", [lambda rows: rows, lambda rows: {"contents": rows, "totalElements": 1, "isLast": True}]
)
@pytest.mark.parametrize("tool", ["list_all_teams", "list_teams"])
async def test_list_is_read_with_and_without_envelope_as_array_and_as_page(
    wrap: Callable[[Any], Any], form: Callable[[Any], Any], tool: str, connect: Connect, vendors: Vendors
) -> None:
    vendors.app = JSONResponse(wrap(form([TEAM])))
    assert await read(connect, tool) == {"items": [TEAM], "total": 1}


@pytest.mark.parametrize(
    ("asked", "answer", "total", "following"),
    [
        ({"size": 2}, [TEAM, TEAM], None, {"page": 1, "size": 2}),
        ({"size": 2, "page": 3}, [TEAM, TEAM], None, {"page": 4, "size": 2}),
        ({"size": 2, "page": 3}, [TEAM], None, None),
        ({"size": 2}, [TEAM], 1, None),
        ({"size": 1}, [TEAM, TEAM, TEAM], 3, None),
        ({}, {"contents": [TEAM], "totalElements": 9, "page": 0, "isLast": False}, 9, {"page": 1}),
        ({"page": 8}, {"contents": [TEAM], "totalElements": 9, "page": 8, "isLast": True}, 9, None),
        ({"page": 1}, {"contents": [TEAM], "totalElements": 9, "totalPages": 3}, 9, {"page": 2}),
        ({"page": 2}, {"contents": [TEAM], "totalElements": 9, "totalPages": 3}, 9, None),
        ({"page": 7}, {"contents": [], "totalElements": 9, "isLast": False}, 9, None),
        ({}, {"contents": None, "totalElements": 0}, 0, None),
    ],
)
async def test_page_says_how_many_there_are_and_how_to_go_on(
    asked: dict[str, int], answer: Any, total: int | None, following: Any, connect: Connect, vendors: Vendors
) -> None:
    vendors.app = JSONResponse(answer)
    page = await read(connect, "list_deployments", **asked)
    assert (page.get("total"), page.get("next")) == (total, following)


async def test_pages_of_the_sandbox_follow_each_other(connect: Connect) -> None:
    ids: list[str] = []
    following: dict[str, Any] | None = {"page": 0}
    async with connect() as client:
        while following:
            result = await client.call_tool("oobeya_list_users", {"size": 4, "sort": ["username:ASC"], **following})
            page = result.structured_content or {}
            assert page["total"] == 10
            ids += [row["id"] for row in page["items"]]
            following = page.get("next")
    assert len(ids) == len(set(ids)) == 10


@pytest.mark.parametrize("body", [b"", b"null", b'{"payload": null}', b"[]"])
async def test_empty_body_is_an_empty_list(body: bytes, connect: Connect, vendors: Vendors) -> None:
    vendors.app = Response(body)
    assert (await read(connect, "list_users"))["items"] == []


async def test_undocumented_field_is_kept_and_noise_left_out(connect: Connect, vendors: Vendors) -> None:
    vendors.app = JSONResponse(
        {**TEAM, "scoreCard": {"grade": "A"}, "version": 3, "createdUser": "u", "unitLeads": None}
    )
    assert await read(connect, "create_team", unit_name="Data") == {**TEAM, "scoreCard": {"grade": "A"}}


@pytest.mark.parametrize("answer", [{"teams": []}, "soon", [1], {"contents": "none"}])
async def test_unknown_shape_is_an_error_that_quotes_it(answer: Any, connect: Connect, vendors: Vendors) -> None:
    vendors.app = JSONResponse({"payload": answer})
    result = await ask(connect, "list_all_teams")
    assert result.is_error
    assert words(result).startswith("Oobeya answered in an unknown shape")
    assert '{"payload":' in words(result)


# Errors.


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (JSONResponse({"status": 400, "error": "Bad Request", "message": "size is odd"}, 400), "400: size is odd."),
        (JSONResponse({"version": "1", "payload": {"message": "No such page"}}, 400), "400: No such page."),
        (JSONResponse({"referenceId": "r1", "payload": "No such page"}, 400), "400: No such page."),
        (JSONResponse({"errors": [{"message": "a"}, {"message": "b"}]}, 400), "400: a; b."),
        (PlainTextResponse("out of order", 503), "503: out of order."),
        (PlainTextResponse("<html><title>Gateway</title></html>", 502), "502: an HTML page titled “Gateway”."),
        (Response(status_code=403), "403."),
    ],
)
async def test_words_of_an_error_are_found_wherever_they_are(
    answer: Response, said: str, connect: Connect, vendors: Vendors
) -> None:
    vendors.app = answer
    result = await ask(connect, "list_users")
    assert result.is_error
    assert words(result).startswith(f"Oobeya answered {said}")


async def test_false_is_a_failure_although_the_status_says_ok(connect: Connect, vendors: Vendors) -> None:
    vendors.app = JSONResponse({"version": "1.0", "payload": False})
    result = await ask(connect, "trigger_all_dora_analyses")
    assert result.is_error
    assert "did not do it" in words(result)


async def test_unknown_team_is_the_sandboxs_error(connect: Connect) -> None:
    result = await ask(connect, "trigger_analysis", team_ids=["team-platform", "team-123"])
    assert result.is_error
    assert "404: Team not found: team-123." in words(result)


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("trigger_analysis", {"team_ids": []}, "at least one team"),
        (
            "trigger_analysis",
            {"team_ids": ["team-1"], "git": False, "pull_request": False, "deployment": False},
            "one kind of analysis",
        ),
        ("update_user", {"name": "Joe"}, "'user_id' is required"),
        ("update_user", {"user_id": "user-2"}, "say what to change"),
        ("update_member", {"name": "Joe"}, "'member_id' is required"),
        ("replace_team", {"unit_name": "Data"}, "'team_id' is required"),
        ("update_team", {"team": "team-platform"}, "say what to change"),
        ("update_team", {"team": "all", "unit_name": "Data"}, "there is no team 'all'"),
        ("update_team", {"team": "trigger-analysis", "unit_name": "Data"}, "there is no team"),
        ("create_team", {"unit_name": "Data", "upper_level_team": {"unit_name": "x"}}, "unit_name"),
        ("get_team_commit_report", {"team_id": "team-platform", "start_date": "soon"}, "write a date as"),
    ],
)
async def test_call_that_cannot_be_right_is_refused_before_it_is_sent(
    tool: str, arguments: dict[str, Any], said: str, connect: Connect, vendors: Vendors
) -> None:
    result = await ask(connect, tool, **arguments)
    assert result.is_error
    assert said in words(result)
    assert vendors.writes("oobeya") == []


# DORA metrics.


async def test_document_sample_is_read_without_an_envelope(connect: Connect, vendors: Vendors) -> None:
    vendors.app = JSONResponse(METRICS)
    summary = await read(connect, "get_dora_summary", team_id="team-123")
    assert {name: summary[name]["formattedValue"] for name in METRICS} == {
        name: metric["formattedValue"] for name, metric in METRICS.items()
    }
    assert vendors.requests[-1].target.endswith("?widgets=DORA_METRICS_SUMMARY&teamId=team-123")


async def test_any_widget_is_sent_as_it_is(connect: Connect, vendors: Vendors) -> None:
    vendors.app = JSONResponse(METRICS)
    await read(connect, "get_dora_summary", widgets=["NEW", "Other one"])
    assert vendors.requests[-1].target.endswith("?widgets=NEW&widgets=Other+one")


async def test_sandbox_computes_dora_from_the_companys_deployments(connect: Connect) -> None:
    summary = await read(connect, "get_dora_summary", team_id="team-platform", deployments=100)
    since = TODAY - timedelta(weeks=company.WEEKS)
    recent = [one for one in company.deployments(TODAY) if one.at.date() >= since]
    mine = [one for one in recent if one.pull_request.repository.team is company.PLATFORM]
    failed = [one for one in mine if one.failed]
    restore = int(mean([one.restore or 0 for one in failed]))
    days = mean([one.pull_request.lead_time for one in mine]) / (24 * 60)
    assert summary["leadTimeForChanges"]["formattedValue"] == f"{days:.1f} days"
    assert summary["changeFailureRate"]["formattedValue"] == f"{100 * len(failed) / len(mine):.0f}%"
    assert summary["timeToRestore"]["formattedValue"] == f"{restore // 60}h {restore % 60}m"
    assert summary["deploymentFrequency"]["formattedValue"].endswith(" per week")
    assert len(summary["deployments"]) == len(mine)
    assert [row["status"] for row in summary["deployments"]].count("FAILED") == len(failed)


@pytest.mark.parametrize("unit", [1, 1000])
async def test_sandbox_limits_dora_to_the_period_in_seconds_or_milliseconds(unit: int, connect: Connect) -> None:
    first = datetime(2026, 11, 2, tzinfo=UTC)
    last = first + timedelta(days=7)
    limits = {"from_time": int(first.timestamp()) * unit, "to_time": int(last.timestamp()) * unit}
    summary = await read(connect, "get_dora_summary", team_id="team-platform", deployments=100, **limits)
    mine = [one for one in company.deployments(TODAY) if one.pull_request.repository.team is company.PLATFORM]
    inside = [one for one in mine if first <= one.at <= last]
    assert len(summary["deployments"]) == len(inside) > 0


async def test_recorded_deployment_counts_in_the_sandbox(connect: Connect) -> None:
    asked = {"team_id": "team-platform", "deployments": 100}
    async with connect() as client:
        before = await client.call_tool("oobeya_get_dora_summary", asked)
        made = {"analysis_id": "analysis-infra", "deployed_at": "2026-11-20T09:00:00Z", "title": "By hand"}
        await client.call_tool("oobeya_create_deployment", made)
        after = await client.call_tool("oobeya_get_dora_summary", asked)
    rows, more = ((result.structured_content or {})["deployments"] for result in (before, after))
    assert len(more) == len(rows) + 1
    assert more[0]["title"] == "By hand"


async def test_team_report_adds_up_to_its_members(connect: Connect) -> None:
    report = await read(connect, "get_team_pull_request_report", team_id="team-platform", start_date="2026-11-01")
    counts = [row["statistic"]["mergedPullRequestCount"] for row in report["teamMemberStatistics"]]
    assert len(counts) == 4
    assert sum(counts) == report["statistic"]["mergedPullRequestCount"] > 0


# People.


async def test_user_is_found_by_developer_id_and_not_by_account_id(connect: Connect) -> None:
    user = await read(connect, "get_user", developer_id="member-2")
    assert (user["id"], user["developerId"], user["username"]) == ("user-2", "member-2", "joe.doe")
    assert user["teams"] == [{"id": "team-platform", "name": "Platform"}]
    assert (await ask(connect, "get_user", developer_id="user-2")).is_error


async def test_password_is_never_in_an_answer(connect: Connect, vendors: Vendors) -> None:
    vendors.app = JSONResponse({"payload": {"id": "user-11", "username": "eva", "password": "hunter2"}})
    result = await ask(connect, "create_user", **EVA, password="hunter2")
    assert result.structured_content == {"id": "user-11", "username": "eva"}
    assert "hunter2" not in words(result)


# API keys and logs.


async def test_tokens_of_api_keys_are_masked_in_the_list_and_shown_once(connect: Connect) -> None:
    async with connect() as client:
        made = (await client.call_tool("oobeya_create_api_key", {"name": "Dashboard"})).structured_content or {}
        listed = await client.call_tool("oobeya_list_api_keys", {})
    assert made["token"].startswith("okey-")
    rows = (listed.structured_content or {})["items"]
    assert [row["name"] for row in rows] == ["Drumbeat", "CI", "Dashboard"]
    assert {row["token"] for row in rows} == {"********"}
    assert made["token"] not in json.dumps(rows) + words(listed)


async def test_token_of_a_new_api_key_is_not_in_the_journal(connect: Connect, vendors: Vendors, tmp_path: Path) -> None:
    result = await ask(connect, "create_api_key", vendors.settings(DRUMBEAT_JOURNAL=str(tmp_path)), name="Dashboard")
    kept = (tmp_path / "journal.jsonl").read_text()
    assert "Dashboard" in kept
    assert (result.structured_content or {})["token"] not in kept


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (PlainTextResponse("one\ntwo\n"), "one\ntwo"),
        (JSONResponse({"version": "1.0", "referenceId": "r", "payload": "one\ntwo"}), "one\ntwo"),
        (JSONResponse(["one"]), '["one"]'),
        (PlainTextResponse(f"key {API_KEY} used"), "key ******** used"),
        (Response(), ""),
    ],
)
async def test_log_is_text_in_whatever_form_it_comes(
    answer: Response, text: str, connect: Connect, vendors: Vendors
) -> None:
    vendors.app = answer
    assert await read(connect, "get_system_logs") == {"text": text}


async def test_log_is_shown_from_its_end_without_repetition(connect: Connect, vendors: Vendors) -> None:
    vendors.app = PlainTextResponse("\n".join([*map(str, range(300)), *["waiting"] * 40, "done"]))
    result = await ask(connect, "get_system_logs")
    shown = words(result).splitlines()
    assert shown[0] == "241"
    assert shown[-4:-1] == ["waiting", "(the same 39 more times)", "done"]
    assert shown[-1] == "◆ The last 100 of 341 lines; lines=341 shows all."
    assert (await read(connect, "get_system_logs", lines=341))["text"].startswith("0\n1\n")


async def test_binary_log_is_an_error(connect: Connect, vendors: Vendors) -> None:
    vendors.app = Response(b"PK\x03\x04\x00\x00", media_type="application/octet-stream")
    result = await ask(connect, "get_system_logs")
    assert result.is_error
    assert "binary file" in words(result)


# Test records.


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("record_test_execution", RUN),
        (
            "record_test_coverage",
            {
                "application_id": "a",
                "coverage_id": "c",
                "coverage_rate": 1,
                "total_line": 1,
                "covered_line": 1,
                "uncovered_line": 0,
            },
        ),
    ],
)
async def test_action_date_is_now_where_none_is_given(
    tool: str, arguments: dict[str, Any], connect: Connect, vendors: Vendors
) -> None:
    vendors.app = JSONResponse({})
    earliest = datetime.now(UTC) - timedelta(milliseconds=1)
    await read(connect, tool, **arguments)
    sent = vendors.requests[-1].body["actionDate"]
    assert sent.endswith("Z")
    assert earliest <= datetime.fromisoformat(sent) <= datetime.now(UTC)


async def test_last_record_is_the_latest_one(connect: Connect) -> None:
    bug = {"application_id": "app-1", "name": "Wrong total"}
    async with connect() as client:
        for number in ("BUG-1", "BUG-2"):
            await client.call_tool("oobeya_record_test_bug", {**bug, "bug_id": number})
        last = await client.call_tool("oobeya_get_last_test_bug", {"application_id": "app-1"})
        none = await client.call_tool("oobeya_get_last_test_bug", {"application_id": "app-2"})
    assert (last.structured_content or {})["bugId"] == "BUG-2"
    assert none.is_error
    assert "no such record. Its ids are your own" in words(none)


# Resources.


@pytest.mark.parametrize(
    ("uri", "shows"),
    [
        ("oobeya://teams", "team-platform"),
        ("oobeya://teams/team-platform/dora", "leadTimeForChanges"),
        ("oobeya://teams/team-platform/commits", "totalCommit"),
        ("oobeya://teams/team-platform/pull-requests", "mergedPullRequestCount"),
        ("oobeya://teams/team-platform/qualities", "overallDisplayScore"),
        ("oobeya://users", "mona.keller"),
        ("oobeya://users/member-1", "mona.keller"),
        ("oobeya://members", "mona.keller"),
        ("oobeya://members/member-1", "mona.keller"),
        ("oobeya://analyses", "analysis-infra"),
        ("oobeya://deployments", "deployment-1"),
    ],
)
async def test_resource_can_be_attached(uri: str, shows: str, connect: Connect) -> None:
    async with connect() as client:
        result = await client.read_resource(uri)
    assert shows in str(result.contents[0])


async def test_api_keys_are_no_resource(connect: Connect) -> None:
    async with connect() as client:
        listed = await client.list_resources()
    assert [str(r.uri) for r in listed.resources if "key" in str(r.uri)] == []
