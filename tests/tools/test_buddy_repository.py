"""Buddy's repositories: what is read of them, what changes them, and how changes are taken back."""

from typing import Any

import pytest
from mcp import Client
from mcp_types import CallToolResult
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.client import Asked, http_client, undone
from tests.conftest import Connect
from tests.conftest import text as words
from tests.vendors import Vendors
from tools.buddy.repository_files import LARGEST_KEPT

pytestmark = [pytest.mark.anyio, pytest.mark.era("auto")]

PAYMENTS: dict[str, Any] = {"project": "payments-service"}
APP: dict[str, Any] = {**PAYMENTS, "path": "src/app.py"}
LOGO: dict[str, Any] = {**PAYMENTS, "path": "assets/logo.png"}
NEW: dict[str, Any] = {"project": "landing-page"}
TOO_LARGE = "A" * (LARGEST_KEPT + 1)


async def call(client: Client, tool: str, **arguments: Any) -> CallToolResult:
    return await client.call_tool(f"buddy_{tool}", arguments)


async def done(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    result = await call(client, tool, **arguments)
    assert not result.is_error, words(result)
    return result.structured_content or {}


def writes(vendors: Vendors) -> list[tuple[str, Any]]:
    return [(request.method, request.body) for request in vendors.writes("buddy")]


# Commits


async def test_last_day_of_commits_is_a_whole_day(connect: Connect, vendors: Vendors) -> None:
    async with connect() as client:
        newest = (await done(client, "list_commits", **PAYMENTS, per_page=1))["items"][0]
        day = newest["commit_date"][:10]
        result = await call(client, "list_commits", **PAYMENTS, since=day, until=day)
    assert newest in (result.structured_content or {})["items"]
    assert vendors.requests[-1].target.endswith(f"?since={day}T00%3A00%3A00Z&until={day}T23%3A59%3A59Z")
    assert f"Period: {day} to {day} (UTC)" in words(result)


async def test_reversed_period_is_refused(connect: Connect, vendors: Vendors) -> None:
    async with connect() as client:
        result = await call(client, "list_commits", **PAYMENTS, since="2026-11-20", until="2026-11-19")
    assert words(result).startswith("Nothing was sent")
    assert vendors.requests == []


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        (
            "list_commits",
            {"author": "Tom Ruiz", "branch": "main", "since": "2026-11-21"},
            "For author Tom Ruiz, branch main",
        ),
        ("compare_commits", {"base": "main", "head": "feature/offline-banners"}, "For base main, head feature/offline"),
    ],
)
async def test_empty_list_of_commits_says_for_what_it_was_asked(
    tool: str, arguments: dict[str, Any], said: str, connect: Connect
) -> None:
    async with connect() as client:
        result = await call(client, tool, **PAYMENTS, **arguments)
    assert (result.structured_content or {})["items"] == []
    assert said in words(result)


@pytest.mark.parametrize("page", [0, -1])
@pytest.mark.parametrize("tool", ["list_commits", "compare_commits"])
async def test_page_before_the_first_is_refused(tool: str, page: int, connect: Connect, vendors: Vendors) -> None:
    ends = {"base": "main", "head": "main"} if tool == "compare_commits" else {}
    async with connect() as client:
        result = await call(client, tool, **PAYMENTS, **ends, page=page)
    assert "'page'" in words(result)
    assert vendors.requests == []


# Creating, and taking it back


async def test_undo_of_a_new_branch_deletes_it(connect: Connect, vendors: Vendors) -> None:
    async with connect() as client:
        await done(client, "create_branch", **PAYMENTS, name="fix/refunds")
        await undone(client)
        assert (await call(client, "get_branch", **PAYMENTS, name="fix/refunds")).is_error
    assert writes(vendors)[-1] == ("DELETE", None)


async def test_undo_of_a_new_file_deletes_it_with_a_message_that_says_so(connect: Connect, vendors: Vendors) -> None:
    new = {**PAYMENTS, "path": "docs/a.md", "branch": "feature/offline-banners"}
    async with connect() as client:
        await done(client, "create_file", **new, content="Hi", message="Add a.md")
        await undone(client)
    assert writes(vendors)[-1] == ("DELETE", {"message": "Delete docs/a.md", "branch": "feature/offline-banners"})


@pytest.mark.parametrize(
    ("tool", "arguments", "missing"),
    [
        ("create_branch", PAYMENTS, "name"),
        ("create_file", {**APP, "content": "x"}, "message"),
        ("update_file", {**APP, "content": "x"}, "message"),
        ("delete_file", APP, "message"),
    ],
)
async def test_what_buddy_requires_is_required(
    tool: str, arguments: dict[str, Any], missing: str, connect: Connect, vendors: Vendors
) -> None:
    async with connect() as client:
        result = await call(client, tool, **arguments)
    assert f"{missing!r} is required" in words(result)
    assert vendors.requests == []


# Replacing a file


async def test_moved_file_keeps_its_content_and_is_moved_back(connect: Connect, vendors: Vendors) -> None:
    async with connect() as client:
        before = await done(client, "get_file", **APP)
        await done(client, "update_file", **APP, new_path="src/main.py", message="Move")
        assert (await done(client, "get_file", **PAYMENTS, path="src/main.py"))["content"] == before["content"]
        await undone(client)
        assert await done(client, "get_file", **APP) == before


async def test_update_that_changes_nothing_is_refused(connect: Connect, vendors: Vendors) -> None:
    async with connect() as client:
        result = await call(client, "update_file", **APP, message="Nothing")
    assert "say what to change" in words(result)
    assert writes(vendors) == []


async def test_replaced_binary_file_is_kept_whole(connect: Connect, vendors: Vendors) -> None:
    async with connect() as client:
        before = await done(client, "get_file", **LOGO)
        await done(client, "update_file", **LOGO, content="no image", message="Oops")
        await undone(client)
        assert await done(client, "get_file", **LOGO) == before
    assert all(set(body) == {"path", "content", "message", "branch"} for _, body in writes(vendors))


@pytest.mark.parametrize("content", [TOO_LARGE, None], ids=["too large", "not told"])
@pytest.mark.era("auto", "legacy")
async def test_person_is_asked_before_a_file_is_replaced_that_cannot_be_kept(
    content: str | None, connect: Connect, vendors: Vendors
) -> None:
    vendors.app = JSONResponse({"path": "src/app.py", "size": 9, "content": content})
    asked = Asked()
    async with connect(answer=asked) as client:
        result = await call(client, "update_file", **APP, content="x", message="Replace")
    assert result.is_error
    assert "File “src/app.py” of project payments-service, default branch: 9 bytes" in asked[0]
    assert "Cannot be undone: the content of src/app.py as it is, which could not be kept here" in asked[0]
    assert writes(vendors) == []


async def test_nobody_is_asked_before_a_large_file_is_only_moved(connect: Connect, vendors: Vendors) -> None:
    vendors.app = JSONResponse({"path": "src/app.py", "size": 9, "content": TOO_LARGE})
    asked = Asked()
    async with connect(answer=asked) as client:
        await done(client, "update_file", **APP, new_path="a.py", message="Move")
    assert (asked, writes(vendors)[0][1]["content"]) == ([], TOO_LARGE)


async def test_file_whose_content_is_not_told_is_not_emptied_by_a_move(connect: Connect, vendors: Vendors) -> None:
    vendors.app = JSONResponse({"path": "src/app.py", "size": 9, "content": None})
    async with connect() as client:
        result = await call(client, "update_file", **APP, new_path="a.py", message="Move")
    assert "does not give the content" in words(result)
    assert writes(vendors) == []


async def test_directory_is_not_replaced_by_a_file(connect: Connect, vendors: Vendors) -> None:
    async with connect() as client:
        result = await call(client, "update_file", **PAYMENTS, path="src", content="x", message="Replace")
    assert "'src' is a directory" in words(result)
    assert writes(vendors) == []


@pytest.mark.parametrize(
    ("tool", "arguments", "answer"),
    [
        ("update_file", {**APP, "content": "x", "message": "m"}, {"path": "other.py", "content": "eA=="}),
        ("delete_file", {**APP, "message": "m"}, {"path": "other.py", "content": "eA=="}),
        ("delete_branch", {**PAYMENTS, "name": "fix"}, {"name": "main", "commit": {"revision": "a"}}),
    ],
)
async def test_another_object_than_the_one_asked_for_is_left_alone(
    tool: str, arguments: dict[str, Any], answer: dict[str, Any], connect: Connect, vendors: Vendors
) -> None:
    vendors.app = JSONResponse(answer)
    async with connect() as client:
        result = await call(client, tool, **arguments)
    assert "Buddy answered with" in words(result)
    assert writes(vendors) == []


@pytest.mark.parametrize("answer", [True, None, "ok", {"content": "x", "commit": 7}])
async def test_accepted_commit_is_a_success_whatever_buddy_answers(
    answer: Any, connect: Connect, vendors: Vendors
) -> None:
    async def say(request: Request) -> Response:
        return JSONResponse({"path": "src/app.py", "content": "eA=="} if request.method == "GET" else answer)

    vendors.app = Starlette(routes=[Route("/{path:path}", say, methods=["GET", "PUT"])])
    async with connect() as client:
        assert not (await call(client, "update_file", **APP, content="x", message="m")).is_error


async def test_deleted_file_says_where_it_is_gone_from(connect: Connect) -> None:
    async with connect() as client:
        gone = await done(client, "delete_file", **APP, message="Drop", branch="feature/offline-banners")
        also = await done(client, "delete_branch", **PAYMENTS, name="feature/offline-banners")
    assert gone == {"done": "src/app.py deleted by a commit to branch feature/offline-banners."}
    assert also == {"done": "Branch feature/offline-banners of project payments-service deleted."}


# The stand-in


async def ask(vendors: Vendors, method: str, path: str, body: Any = None, *, status: int = 200) -> dict[str, Any]:
    """The stand-in's own answer, which is to have this status."""
    address = f"{vendors.url}/buddy/workspaces/acme/projects/payments-service/repository/{path}"
    async with http_client(headers={"Authorization": "Bearer buddy-sandbox-token"}) as client:
        answer = await client.request(method, address, json=body)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize(
    ("tool", "arguments", "status"),
    [
        ("list_commits", {}, None),
        ("compare_commits", {"base": "main", "head": "main"}, None),
        ("list_branches", {}, None),
        ("get_branch", {"name": "main"}, None),
        ("create_branch", {"name": "next"}, None),
        ("list_tags", {}, None),
        ("get_contents", {}, None),
        ("create_file", {"path": "a.md", "content": "Hi", "message": "Add"}, None),
        ("get_commit", {"revision": "main"}, 404),
        ("get_contents", {"revision": "v1"}, 404),
        ("get_file", {"path": "a.md"}, 404),
        ("get_tag", {"name": "v1"}, 404),
    ],
)
async def test_new_project_has_an_empty_repository(
    tool: str, arguments: dict[str, Any], status: int | None, connect: Connect
) -> None:
    async with connect() as client:
        await done(client, "create_project", display_name="Landing page")
        result = await call(client, tool, **NEW, **arguments)
    assert result.is_error == (status is not None), words(result)
    assert status is None or f"Buddy answered {status}" in words(result)


async def test_empty_repository_says_at_which_revision(connect: Connect) -> None:
    async with connect() as client:
        await done(client, "create_project", display_name="Landing page")
        assert "For revision main" in words(await call(client, "get_contents", **NEW, revision="main"))


async def test_addresses_of_a_commit_are_as_in_buddys_samples(vendors: Vendors) -> None:
    commits = await ask(vendors, "GET", "commits?per_page=1")
    revision = commits["commits"][0]["revision"]
    commit = await ask(vendors, "GET", f"commits/{revision}")
    assert commits["url"].endswith("/workspaces/acme/projects/payments-service/repository/commits")
    assert commit["url"].endswith(f"/repository/commits/{revision}")
    assert commit["html_url"].endswith(f"/repository/commit/{revision}")
    assert commit["content_url"].endswith(f"/repository/contents?revision={revision}")


async def test_stand_in_compares_bounds_as_times(vendors: Vendors) -> None:
    padded = await ask(vendors, "GET", "commits?since=2026-11-06T00:00:00Z")
    assert await ask(vendors, "GET", "commits?since=2026-11-6T00:00:00Z") == padded
    assert padded["commits"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "commits?since=yesterday", None),
        ("POST", "branches", {"name": 7}),
        ("POST", "branches", {"name": "a", "commit": "main"}),
        ("POST", "branches", {"name": "a", "commit": {"revision": 7}}),
        ("POST", "contents", {"path": ["a"], "message": "m", "content": ""}),
        ("PUT", "contents/src/app.py", {"message": {}, "content": ""}),
        ("PUT", "contents/src/app.py", {"message": "m", "content": 7}),
        ("PUT", "contents/src/app.py", {"message": "m", "content": "", "path": "README.md"}),
        ("DELETE", "contents/src/app.py", {"message": "m", "branch": 7}),
    ],
)
async def test_stand_in_refuses_wrong_types(method: str, path: str, body: Any, vendors: Vendors) -> None:
    assert "errors" in await ask(vendors, method, path, body, status=400)


@pytest.mark.parametrize(("start", "tool"), [("main", "get_branch"), ("v1.0.0", "get_tag")])
async def test_a_branch_starts_at_another_one_or_at_a_tag(
    start: str, tool: str, connect: Connect, vendors: Vendors
) -> None:
    async with connect() as client:
        revision = (await done(client, tool, **PAYMENTS, name=start))["commit"]["revision"]
        made = await done(client, "create_branch", **PAYMENTS, name="hotfix", commit=start)
        nothing = await call(client, "create_branch", **PAYMENTS, name="hotfix-2", commit="no such branch")
    assert made["commit"]["revision"] == revision
    assert writes(vendors) == [("POST", {"name": "hotfix", "commit": {"revision": revision}})]
    assert nothing.is_error
