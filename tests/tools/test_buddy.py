import time
from base64 import b64encode
from typing import Any

import pytest
from mcp_types import ReadResourceResult, TextResourceContents
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount

from server.settings import Settings, load
from tests.client import once
from tests.conftest import Connect
from tests.conftest import text as words
from tests.vendors import TODAY, Vendors
from tools.buddy.repository_files import LONGEST_TEXT
from tools.buddy.sandbox import BuddySandbox

pytestmark = [pytest.mark.anyio, pytest.mark.era("auto")]

PAYMENTS: dict[str, Any] = {"project": "payments-service"}
DEPLOY: dict[str, Any] = {**PAYMENTS, "pipeline_id": "31"}
FAILED: dict[str, Any] = {**DEPLOY, "execution_id": "123"}
LOGS: dict[str, Any] = {**FAILED, "action_execution_id": "000000000000007b00000003"}


async def read(connect: Connect, tool: str, **arguments: Any) -> dict[str, Any]:
    result = await once(connect, tool, **arguments)
    assert not result.is_error, words(result)
    return result.structured_content or {}


def an_hour_ahead() -> str:
    return str(int(time.time()) + 3600)


def configured(vendors: Vendors, **environment: str) -> Settings:
    address = {"BUDDY_TOKEN": "buddy-sandbox-token", "BUDDY_BASE_URL": f"{vendors.url}/buddy"}
    return load({**address, **environment}, vendors.catalogue.vendors)


# Requests


async def test_token_goes_as_bearer_under_the_base_urls_prefix(connect: Connect, vendors: Vendors) -> None:
    assert not (await once(connect, "buddy_get_user")).is_error
    request = vendors.requests[-1]
    assert (request.vendor, request.target) == ("buddy", "/user")
    assert request.headers["authorization"] == "Bearer buddy-sandbox-token"
    assert "x-buddy-media-type" not in request.headers


async def test_media_type_is_sent_where_it_is_set(connect: Connect, vendors: Vendors) -> None:
    settings = configured(vendors, BUDDY_MEDIA_TYPE="buddy.v1.1.0")
    assert not (await once(connect, "buddy_get_user", settings)).is_error
    assert vendors.requests[-1].headers["x-buddy-media-type"] == "buddy.v1.1.0"


async def test_workspace_of_the_call_comes_before_the_default(connect: Connect, vendors: Vendors) -> None:
    assert "Workspace not found" in words(await once(connect, "buddy_list_projects", workspace="other"))
    assert vendors.requests[-1].target == "/workspaces/other/projects"


async def test_call_without_any_workspace_is_refused_naming_the_variable(connect: Connect, vendors: Vendors) -> None:
    result = await once(connect, "buddy_list_projects", configured(vendors))
    assert result.is_error
    assert "BUDDY_WORKSPACE" in words(result)
    assert vendors.requests == []


@pytest.mark.parametrize("path", ["src/../../../variables", "./src", "src//app.py", "", "/"])
async def test_path_that_would_leave_the_contents_is_refused(path: str, connect: Connect, vendors: Vendors) -> None:
    result = await once(connect, "buddy_get_file", **PAYMENTS, path=path)
    assert words(result).startswith("Nothing was sent")
    assert vendors.requests == []


async def test_segments_of_a_path_are_encoded_one_by_one(connect: Connect, vendors: Vendors) -> None:
    await once(connect, "buddy_get_file", **PAYMENTS, path="docs/a b?.md")
    assert vendors.requests[-1].target.endswith("/contents/docs/a%20b%3F.md")


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("buddy_update_pipeline", DEPLOY),
        ("buddy_update_environment", {"environment_id": "3a4KbBQl", "fields": {}}),
        ("buddy_update_project", PAYMENTS),
        ("buddy_update_variable", {"variable_id": "2"}),
        ("buddy_create_project", {"name": "landing-page"}),
        ("buddy_create_variable", {"key": "A"}),
        ("buddy_create_environment", {}),
        (
            "buddy_control_execution",
            {"project": "infra", "pipeline_id": "21", "execution_id": "900", "operation": "APPLY_VARIABLES"},
        ),
    ],
)
async def test_change_that_says_too_little_is_refused(
    tool: str, arguments: dict[str, Any], connect: Connect, vendors: Vendors
) -> None:
    result = await once(connect, tool, **arguments)
    assert result.is_error
    assert "Nothing was sent" in words(result)
    assert {request.method for request in vendors.requests} <= {"GET"}


# Errors


@pytest.mark.parametrize(
    ("status", "message", "remaining"),
    [(403, "Rate limit exceeded.", "12"), (403, "Forbidden", "0"), (429, "Too many requests", "12")],
)
async def test_used_up_limit_says_when_to_call_again(
    status: int, message: str, remaining: str, connect: Connect, vendors: Vendors
) -> None:
    headers = {"X-Rate-Limit-Remaining": remaining, "X-Rate-Limit-Reset": an_hour_ahead()}
    vendors.app = JSONResponse({"errors": [{"message": message}]}, status, headers)
    result = await once(connect, "buddy_list_projects")
    assert result.is_error
    assert "rate limit" in words(result)
    assert "60 minutes" in words(result)
    assert len(vendors.requests) == 1


async def test_stand_in_limits_by_the_hour(connect: Connect, vendors: Vendors) -> None:
    stand_in = BuddySandbox(TODAY)
    stand_in.remaining = 1
    vendors.app = Starlette(routes=[Mount("/buddy", app=stand_in)])
    assert not (await once(connect, "buddy_get_user")).is_error
    assert "rate limit" in words(await once(connect, "buddy_get_user"))


async def test_other_403_names_the_scope_that_the_tool_needs(connect: Connect, vendors: Vendors) -> None:
    headers = {"X-Rate-Limit-Limit": "1", "X-Rate-Limit-Remaining": "999", "X-Rate-Limit-Reset": an_hour_ahead()}
    vendors.app = JSONResponse({"errors": [{"message": "Access denied."}]}, 403, headers)
    text = words(await once(connect, "buddy_list_commits", **PAYMENTS))
    assert "Access denied." in text
    assert "REPOSITORY_READ" in text
    assert "BUDDY_TOKEN" in text


@pytest.mark.parametrize(
    ("status", "message", "advice"),
    [
        (400, "API is disabled in this workspace.", "An admin of the workspace enables it"),
        (400, "Invalid url: /api/ws/account/permissions", "an address that it does not have"),
        (400, "Value of 'name' cannot be empty.", "Value of 'name' cannot be empty."),
        (401, "Wrong authentication data.", "BUDDY_BASE_URL is the region it belongs to"),
        (404, "Project not found.", "Check `project`: buddy_list_projects shows which there are."),
        (404, "Page not found.", "list tools show what exists"),
    ],
)
async def test_error_body_becomes_words_and_advice(
    status: int, message: str, advice: str, connect: Connect, vendors: Vendors
) -> None:
    vendors.app = JSONResponse({"errors": [{"message": message}]}, status)
    result = await once(connect, "buddy_get_project", **PAYMENTS)
    assert result.is_error
    assert words(result).startswith(f"Buddy answered {status}: {message}")
    assert advice in words(result)
    assert "buddy-sandbox-token" not in words(result)


@pytest.mark.parametrize("body", [b"", b"[1]", b'{"projects": {"a": 1}}', b'{"other": []}'])
async def test_list_of_another_shape_is_an_error_that_quotes_buddy(
    body: bytes, connect: Connect, vendors: Vendors
) -> None:
    vendors.app = Response(body, media_type="application/json")
    result = await once(connect, "buddy_list_projects")
    assert result.is_error
    assert "unknown shape" in words(result)
    assert body.decode() in words(result)


# Lists


async def test_null_instead_of_a_list_is_an_empty_one(connect: Connect, vendors: Vendors) -> None:
    vendors.app = JSONResponse({"url": None, "html_url": None, "commits": None})
    assert await read(connect, "buddy_list_commits", **PAYMENTS) == {"items": []}


@pytest.mark.parametrize(
    ("arguments", "rows", "following"),
    [
        ({}, 20, 2),
        ({"per_page": 5}, 5, 2),
        ({"per_page": 5, "page": 3}, 5, 4),
        ({"page": 2}, 11, None),
        ({"page": 3}, 0, None),
    ],
)
async def test_commits_go_on_while_their_pages_are_full(
    arguments: dict[str, int], rows: int, following: Any, connect: Connect
) -> None:
    page = await read(connect, "buddy_list_commits", **PAYMENTS, **arguments)
    following_page = (page.get("next") or {}).get("page")
    assert (len(page["items"]), following_page, page.get("total")) == (rows, following, None)


@pytest.mark.parametrize(
    ("arguments", "following"),
    [({}, {"page": 2}), ({"per_page": 5}, {"page": 2, "per_page": 5}), ({"per_page": 5, "page": 7}, None)],
)
async def test_executions_are_counted(arguments: dict[str, int], following: Any, connect: Connect) -> None:
    page = await read(connect, "buddy_list_executions", **DEPLOY, **arguments)
    assert (page["total"], page.get("next")) == (31, following)


async def test_page_size_of_the_answer_comes_before_the_one_asked_for(connect: Connect, vendors: Vendors) -> None:
    vendors.app = JSONResponse({"executions": [{"id": 1}], "page_size": 30, "total_element_count": 40})
    assert (await read(connect, "buddy_list_executions", **DEPLOY, per_page=100))["next"] == {
        "page": 2,
        "per_page": 100,
    }


async def test_commit_rows_say_who_when_and_where(connect: Connect) -> None:
    row = (await read(connect, "buddy_list_commits", **PAYMENTS, per_page=1))["items"][0]
    assert {name: row[name] for name in ("revision", "author_date", "commit_date", "message")} == {
        "revision": "ecd7570b6ca06496aad7c7c03a53c17641db898e",
        "author_date": "2026-11-18T13:14:00Z",
        "commit_date": "2026-11-18T13:14:00Z",
        "message": "Retry webhooks with backoff (#127)\n",
    }
    assert (row["author"], row["committer"]) == ({"name": "Tom Ruiz"}, {"name": "Tom Ruiz"})
    link = "https://app.buddy.works/acme/payments-service/repository/commit/"
    assert row["html_url"] == link + row["revision"]
    assert not {"url", "stats", "files"} & row.keys()


async def test_commit_has_counts_and_patches(connect: Connect) -> None:
    commit = await read(connect, "buddy_get_commit", **PAYMENTS, revision="main")
    assert commit["stats"] == {"additions": 220, "deletions": 92, "total": 312}
    assert commit["files"][0]["patch"].startswith("@@ -8,3 +8,4 @@")


async def test_comparison_lists_what_head_has_and_base_has_not(connect: Connect) -> None:
    new = await read(connect, "buddy_compare_commits", **PAYMENTS, base="feature/offline-banners", head="main")
    assert [row["message"] for row in new["items"]] == ["Retry webhooks with backoff (#127)\n"]


async def test_undocumented_field_is_kept_and_nulls_and_noise_are_not(connect: Connect, vendors: Vendors) -> None:
    vendors.app = JSONResponse(
        {"url": "u", "html_url": "h", "name": None, "avatar_url": "a", "title": "CTO", "id": "7"}
    )
    assert await read(connect, "buddy_get_user") == {"html_url": "h", "title": "CTO", "id": 7}


# Files


async def test_file_is_read_as_text(connect: Connect) -> None:
    file = await read(connect, "buddy_get_file", **PAYMENTS, path="README.md")
    assert file["content"] == "# payments-service\n\nOwned by team Payments. Grüße!\n"


async def test_directory_is_read_as_its_entries(connect: Connect) -> None:
    top = await read(connect, "buddy_get_contents", **PAYMENTS)
    assert [(row["path"], row["content_type"]) for row in top["items"]] == [
        ("README.md", "FILE"),
        ("/src", "DIR"),
        ("/assets", "DIR"),
    ]
    inside = await read(connect, "buddy_get_file", **PAYMENTS, path="/assets")
    assert inside["contents"] == [{"path": "assets/logo.png", "name": "logo.png", "content_type": "FILE", "size": 70}]


@pytest.mark.parametrize("content", [b"\x89PNG\r\n", b"a\0b"])
async def test_binary_file_is_named_as_such_with_its_size(content: bytes, connect: Connect, vendors: Vendors) -> None:
    vendors.app = JSONResponse({"path": "a.png", "size": len(content), "content": b64encode(content).decode()})
    file = await read(connect, "buddy_get_file", **PAYMENTS, path="a.png")
    assert file["note"] == f"A binary file of {len(content)} bytes: it has no text to show."
    assert "content" not in file


async def test_long_file_is_cut_and_says_what_is_missing(connect: Connect, vendors: Vendors) -> None:
    text = "ü\n" * (LONGEST_TEXT // 2) + "!"
    vendors.app = JSONResponse({"path": "a.txt", "content": b64encode(text.encode()).decode()})
    file = await read(connect, "buddy_get_file", **PAYMENTS, path="a.txt")
    assert "!" not in file["content"]
    assert file["note"].startswith(f"Only the first {LONGEST_TEXT} of {LONGEST_TEXT + 1} characters are shown")


async def test_saved_file_is_seen_by_the_next_read(connect: Connect) -> None:
    saved = await read(connect, "buddy_create_file", **PAYMENTS, path="docs/a.md", content="Hi", message="Add a.md")
    assert saved["commit"]["message"] == "Add a.md"
    assert (await read(connect, "buddy_get_file", **PAYMENTS, path="docs/a.md"))["content"] == "Hi"
    assert (await read(connect, "buddy_list_commits", **PAYMENTS, per_page=1))["items"][0]["message"] == "Add a.md"


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("projects/payments-service/contents/src/app.py", "run(settings, retries=3)"),
        ("projects/payments-service/branches/feature%2Foffline-banners", "Show offline banners"),
        ("projects/payments-service/pipelines/31/executions/123", "Deployment exceeded its progress deadline"),
        (f"projects/payments-service/pipelines/31/executions/123/logs/{LOGS['action_execution_id']}", "KeyError"),
        ("workspaces/acme", "Acme"),
    ],
)
async def test_resource_is_what_its_tool_answers(address: str, text: str, connect: Connect) -> None:
    async with connect() as client:
        result = await client.read_resource(f"buddy://{address}")
    assert isinstance(result, ReadResourceResult)
    assert isinstance(result.contents[0], TextResourceContents)
    assert text in result.contents[0].text


# Executions and logs


async def test_failed_execution_shows_the_action_that_failed_and_why(connect: Connect) -> None:
    execution = await read(connect, "buddy_get_execution", **FAILED)
    assert execution["status"] == "FAILED"
    assert [(run["status"], run["action"]["name"]) for run in execution["action_executions"]] == [
        ("SUCCESSFUL", "Run tests"),
        ("SUCCESSFUL", "Build image"),
        ("FAILED", "Deploy to Kubernetes"),
        ("SUCCESSFUL", "Tell the team"),
    ]
    failed = execution["action_executions"][2]
    assert (failed["action_execution_id"], failed["error_message"]) == (
        LOGS["action_execution_id"],
        "Deployment exceeded its progress deadline",
    )


async def test_action_execution_without_an_id_gets_it_from_its_address(connect: Connect, vendors: Vendors) -> None:
    runs = [{"status": "FAILED", "url": "https://x/executions/1/action_executions/6836dc"}, {"url": None}]
    vendors.app = JSONResponse({"id": 1, "action_executions": runs})
    execution = await read(connect, "buddy_get_execution", **FAILED)
    assert execution["action_executions"] == [{"status": "FAILED", "action_execution_id": "6836dc"}, {}]


async def test_log_is_read_from_its_end_and_then_backwards(connect: Connect) -> None:
    end = await read(connect, "buddy_get_action_logs", **LOGS)
    assert (end["lines"], end["next"]) == ("150-249 of 249", {"offset": -200})
    assert end["log"].endswith("KeyError: 'WEBHOOK_SECRET'\nAction failed: exit code 1")
    middle = await read(connect, "buddy_get_action_logs", **LOGS, **end["next"])
    assert (middle["lines"], middle["next"]) == ("50-149 of 249", {"offset": -300})
    start = await read(connect, "buddy_get_action_logs", **LOGS, **middle["next"])
    assert start["lines"] == "1-49 of 249"
    assert start["log"].startswith("Preparing the environment for “Deploy to Kubernetes”\nPulling the image: done\n")
    assert "next" not in start


async def test_log_with_an_offset_is_read_forwards(connect: Connect) -> None:
    first = await read(connect, "buddy_get_action_logs", **LOGS, offset=0, limit=200)
    assert (first["lines"], first["next"]) == ("1-200 of 249", {"offset": 200})
    rest = await read(connect, "buddy_get_action_logs", **LOGS, limit=200, **first["next"])
    assert rest["lines"] == "201-249 of 249"
    assert "next" not in rest


@pytest.mark.parametrize(
    ("arguments", "requests"), [({}, 2), ({"limit": 249}, 1), ({"limit": 1000}, 1), ({"offset": -1000}, 1)]
)
async def test_log_costs_a_second_request_only_where_the_end_is_elsewhere(
    arguments: dict[str, int], requests: int, connect: Connect, vendors: Vendors
) -> None:
    await read(connect, "buddy_get_action_logs", **LOGS, **arguments)
    assert len(vendors.requests) == requests


async def test_log_from_before_the_end_stops_at_the_end(connect: Connect) -> None:
    assert (await read(connect, "buddy_get_action_logs", **LOGS, offset=-50))["lines"] == "200-249 of 249"


async def test_log_of_long_lines_loses_its_start_and_not_its_end(connect: Connect, vendors: Vendors) -> None:
    lines = [f"{number} {'x' * 4_997}" for number in range(1, 7)]
    vendors.app = JSONResponse({"total_element_count": 6, "logs": lines})
    end = await read(connect, "buddy_get_action_logs", **LOGS, limit=6)
    assert (end["lines"], end["next"]) == ("5-6 of 6", {"offset": -8})
    earlier = await read(connect, "buddy_get_action_logs", **LOGS, limit=6, **end["next"])
    assert (earlier["lines"], earlier["log"].count("x" * 4_997)) == ("3-4 of 6", 2)


async def test_log_loses_its_colours(connect: Connect) -> None:
    log = (await read(connect, "buddy_get_action_logs", **LOGS))["log"]
    assert '\nerror: deployment "payments-service" exceeded its progress deadline\n' in log


async def test_log_of_an_action_that_did_not_run_is_empty(connect: Connect) -> None:
    where = {**DEPLOY, "execution_id": "61", "action_execution_id": "000000000000003d00000004"}
    assert await read(connect, "buddy_get_action_logs", **where) == {"lines": "none of 0", "log": ""}


# Secrets


async def test_listed_variables_show_what_is_no_secret_and_say_at_which_level_they_are(connect: Connect) -> None:
    found = await read(connect, "buddy_list_variables", project_name="payments-service")
    values = [(row["key"], row["value"]) for row in found["items"]]
    assert values == [("REGION", "eu-west-1"), ("WEBHOOK_SECRET", "********")]
    assert found["drumbeat_note"] == (
        "Looked at: project payments-service; variables of other levels are not in this list"
    )
    top = await read(connect, "buddy_list_variables")
    assert top["drumbeat_note"].startswith("Looked at: the workspace;")


async def test_listed_variable_called_like_a_secret_is_masked(connect: Connect, vendors: Vendors) -> None:
    vendors.app = JSONResponse({"variables": [{"key": "API_TOKEN", "value": "x", "type": "VAR", "encrypted": False}]})
    assert (await read(connect, "buddy_list_variables"))["items"][0]["value"] == "********"


@pytest.mark.parametrize(
    ("variable", "value"), [("2", "eu-west-1"), ("3", "********"), ("4", "********")], ids=["plain", "encrypted", "ssh"]
)
async def test_only_a_plain_variable_tells_its_value(variable: str, value: str, connect: Connect) -> None:
    assert (await read(connect, "buddy_get_variable", variable_id=variable))["value"] == value


async def test_variable_of_unknown_kind_is_masked(connect: Connect, vendors: Vendors) -> None:
    vendors.app = JSONResponse({"id": 1, "key": "A", "value": "hunter2"})
    assert (await read(connect, "buddy_get_variable", variable_id="1"))["value"] == "********"


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("buddy_create_variable", {"key": "A", "value": "hunter2", "type": "VAR"}),
        ("buddy_update_variable", {"variable_id": "2", "value": "hunter2"}),
        ("buddy_create_project", {"display_name": "A", "custom_repo_pass": "hunter2"}),
        ("buddy_get_pipeline_action", {**DEPLOY, "action_id": "314"}),
        ("buddy_list_pipeline_actions", DEPLOY),
        ("buddy_get_pipeline", DEPLOY),
        ("buddy_get_environment", {"environment_id": "3a4KbBQl"}),
        ("buddy_get_action_execution", {**LOGS, "action_execution_id": "000000000000007b00000001"}),
    ],
)
async def test_secrets_inside_answers_are_masked(tool: str, arguments: dict[str, Any], connect: Connect) -> None:
    result = await once(connect, tool, **arguments)
    shown = words(result) + str(result.structured_content)
    assert not result.is_error
    assert "********" in shown
    for secret in ("hunter2", "slack-sandbox", "!encrypted", "postgres://", "passed-secret"):
        assert secret not in shown
