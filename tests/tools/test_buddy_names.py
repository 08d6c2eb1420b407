"""What people call Buddy's projects, pipelines, environments and authors, and what that becomes."""

from typing import Any

import pytest
from starlette.responses import JSONResponse

from tests.conftest import Connect
from tests.conftest import text as words
from tests.vendors import Vendors

pytestmark = [pytest.mark.anyio, pytest.mark.era("auto")]

PAYMENTS = {"project": "payments-service"}


@pytest.mark.parametrize(
    ("tool", "arguments", "target"),
    [
        ("get_project", {"project": "Payments Service"}, "/workspaces/acme/projects/payments-service"),
        (
            "get_pipeline",
            {**PAYMENTS, "pipeline_id": "deploy to Production"},
            "/workspaces/acme/projects/payments-service/pipelines/31",
        ),
        (
            "get_pipeline",
            {**PAYMENTS, "pipeline_id": "tests"},
            "/workspaces/acme/projects/payments-service/pipelines/32",
        ),
        (
            "get_pipeline_action",
            {**PAYMENTS, "pipeline_id": "tests", "action_id": "run tests"},
            "/workspaces/acme/projects/payments-service/pipelines/32/actions/321",
        ),
        ("get_environment", {"environment_id": "staging"}, "/workspaces/acme/environments/9DBbgP4q"),
        (
            "list_variables",
            {"project_name": "Payments service"},
            "/workspaces/acme/variables?projectName=payments-service",
        ),
        ("list_environments", {"project_name": "Mobile app"}, "/workspaces/acme/environments?project_name=mobile-app"),
    ],
)
async def test_name_becomes_the_id(
    tool: str, arguments: dict[str, Any], target: str, connect: Connect, vendors: Vendors
) -> None:
    async with connect() as client:
        result = await client.call_tool(f"buddy_{tool}", arguments)
    assert not result.is_error, words(result)
    assert vendors.requests[-1].target == target


async def test_address_of_a_page_becomes_the_project(connect: Connect, vendors: Vendors) -> None:
    page = f"{vendors.url}/acme/payments-service/repository/commits"
    async with connect() as client:
        result = await client.call_tool("buddy_get_project", {"project": page})
    assert not result.is_error, words(result)
    assert vendors.requests[-1].target == "/workspaces/acme/projects/payments-service"


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("list_variables", {"project_name": "paymets"}, "there is no project 'paymets'. buddy_list_projects shows"),
        ("list_environments", {"project_name": "paymets"}, "there is no project 'paymets'"),
        (
            "get_pipeline",
            {**PAYMENTS, "pipeline_id": "Nightly"},
            "there is no pipeline 'Nightly'. buddy_list_pipelines",
        ),
        ("get_environment", {"environment_id": "live"}, "there is no environment 'live'. buddy_list_environments"),
        (
            "list_commits",
            {**PAYMENTS, "author": "truiz"},
            "no author 'truiz' among the latest 31 commits; these are by",
        ),
    ],
)
async def test_unknown_name_is_refused_with_those_there_are(
    tool: str, arguments: dict[str, Any], said: str, connect: Connect
) -> None:
    async with connect() as client:
        result = await client.call_tool(f"buddy_{tool}", arguments)
    assert result.is_error
    assert said in words(result)


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("get_project", PAYMENTS),
        ("get_pipeline", {**PAYMENTS, "pipeline_id": "31"}),
        ("get_environment", {"environment_id": "3a4KbBQl"}),
        ("list_commits", {**PAYMENTS, "author": "Tom Ruiz"}),
    ],
)
async def test_what_is_surely_an_id_is_not_looked_up(
    tool: str, arguments: dict[str, Any], connect: Connect, vendors: Vendors
) -> None:
    async with connect() as client:
        assert not (await client.call_tool(f"buddy_{tool}", arguments)).is_error
    assert len(vendors.requests) == 1


async def test_author_without_commits_in_the_period_is_no_unknown_one(connect: Connect) -> None:
    arguments = {**PAYMENTS, "author": "Tom Ruiz", "until": "2014-11-7"}
    async with connect() as client:
        result = await client.call_tool("buddy_list_commits", arguments)
    assert not result.is_error, words(result)
    assert "Period: the beginning to 2014-11-07 (UTC)" in words(result)
    assert "For author Tom Ruiz" in words(result)


async def test_author_is_known_whatever_the_case(connect: Connect, vendors: Vendors) -> None:
    commits = [{"revision": "a", "author": {"name": "Tom Ruiz"}}]

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        shown = [] if b"author=tom" in scope["query_string"] else commits
        await JSONResponse({"commits": shown})(scope, receive, send)

    vendors.app = answer
    async with connect() as client:
        result = await client.call_tool("buddy_list_commits", {**PAYMENTS, "author": "tom ruiz"})
    assert len((result.structured_content or {})["items"]) == 1
    assert vendors.requests[-1].target.endswith("author=Tom+Ruiz")
