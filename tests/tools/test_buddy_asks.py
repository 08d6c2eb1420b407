"""Which writes of Buddy's ask a person, since they take something away, and what a person is told of executions."""

from typing import Any

import pytest
from mcp_types import ElicitRequestFormParams, ElicitRequestParams, ElicitResult
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.conftest import Connect, agree, decline
from tests.conftest import text as words
from tests.vendors import Vendors
from tools.buddy import repository_files

pytestmark = pytest.mark.anyio

PAYMENTS = {"project": "payments-service"}
DEPLOY = {**PAYMENTS, "pipeline_id": "31"}
TESTS = {**PAYMENTS, "pipeline_id": "32"}
FAILED = {**DEPLOY, "execution_id": "123"}
WAITING = {"project": "infra", "pipeline_id": "21", "execution_id": "900"}
README = {**PAYMENTS, "path": "README.md", "message": "Edit"}


class Watcher:
    """A user who keeps the questions, and answers them all alike."""

    def __init__(self, answer: Any) -> None:
        self.asked: list[str] = []
        self._answer = answer

    async def __call__(self, context: Any, params: ElicitRequestParams) -> ElicitResult:
        assert isinstance(params, ElicitRequestFormParams)
        self.asked.append(params.message)
        result: ElicitResult = await self._answer(context, params)
        return result


@pytest.mark.parametrize(
    ("tool", "arguments", "shown"),
    [
        (
            "update_variable",
            {"variable_id": "3", "value": "hunter2"},
            "Variable “WEBHOOK_SECRET” (3)\nCannot be undone: the value of the secret variable WEBHOOK_SECRET.",
        ),
        (
            "update_environment",
            {"environment_id": "3a4KbBQl", "fields": {"variables": []}},
            "Environment “Production” (3a4KbBQl)\nCannot be undone: the values of its variables DSN.",
        ),
        (
            "update_environment",
            {"environment_id": "3a4KbBQl", "fields": {"variables": None}},
            "Cannot be undone: the values of its variables DSN.",
        ),
        (
            "update_pipeline",
            {**DEPLOY, "fields": {"disabled": True, "variables": []}},
            "Pipeline “Deploy to production” (31) of project payments-service\n"
            "Cannot be undone: the values of its variables KUBE_TOKEN, and the runs that do not happen",
        ),
        ("update_project", {**PAYMENTS, "access": "PUBLIC"}, "Cannot be undone: the secrecy of the project's code"),
        ("create_project", {"display_name": "A", "access": "PUBLIC"}, "Cannot be undone: the secrecy of"),
        ("run_pipeline", DEPLOY, "Cannot be undone: what runs in production now"),
        ("run_pipeline", {**TESTS, "environment": "production"}, "Cannot be undone: what runs in production now"),
    ],
)
async def test_person_is_asked_and_nothing_is_sent_where_they_decline(
    tool: str, arguments: dict[str, Any], shown: str, connect: Connect, vendors: Vendors
) -> None:
    user = Watcher(decline)
    async with connect(answer=user) as client:
        result = await client.call_tool(f"buddy_{tool}", arguments)
    assert result.is_error
    assert shown in user.asked[0]
    assert "hunter2" not in user.asked[0]
    assert {request.method for request in vendors.requests} <= {"GET"}


async def test_replacing_a_file_that_cannot_be_kept_is_asked_for(
    connect: Connect, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repository_files, "LARGEST_KEPT", 10)
    user = Watcher(decline)
    async with connect(answer=user) as client:
        assert (await client.call_tool("buddy_update_file", {**README, "content": "New"})).is_error
    assert "Cannot be undone: its present content, which could not be kept here" in user.asked[0]
    assert {request.method for request in vendors.requests} == {"GET"}


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("update_variable", {"variable_id": "2", "value": "us-east-1"}),
        ("update_variable", {"variable_id": "3", "description": "Of Stripe"}),
        ("update_environment", {"environment_id": "3a4KbBQl", "fields": {"tags": []}}),
        ("update_pipeline", {**DEPLOY, "fields": {"priority": "LOW", "disabled": False}}),
        ("update_project", {**PAYMENTS, "access": "PRIVATE"}),
        ("update_file", {**README, "content": "New"}),
        ("run_pipeline", TESTS),
        ("create_project", {"display_name": "A", "access": "PRIVATE"}),
    ],
)
async def test_nobody_is_asked_where_nothing_goes_away(tool: str, arguments: dict[str, Any], connect: Connect) -> None:
    async with connect(answer=None) as client:
        result = await client.call_tool(f"buddy_{tool}", arguments)
    assert not result.is_error, words(result)


async def test_retry_says_what_it_puts_back_and_what_succeeded_since(connect: Connect) -> None:
    user = Watcher(decline)
    async with connect(answer=user) as client:
        await client.call_tool("buddy_control_execution", {**FAILED, "operation": "RETRY"})
        found = await client.call_tool("buddy_get_execution", FAILED)
        listed = await client.call_tool("buddy_list_executions", {**DEPLOY, "status": "SUCCESSFUL"})
    commit = (found.structured_content or {})["to_revision"]
    newer = [row["id"] for row in (listed.structured_content or {})["items"] if row["id"] > 123]
    message = commit["message"].strip()
    assert f"puts back commit {commit['revision'][:8]} “{message}” of {commit['commit_date']}." in user.asked[0]
    count = "One newer execution" if len(newer) == 1 else f"{len(newer)} newer executions"
    assert f"{count} succeeded since, the latest {max(newer)} with commit" in user.asked[0]


@pytest.mark.parametrize(
    ("where", "operation", "said"),
    [
        (FAILED, "CANCEL", "execution 123 is finished (FAILED)"),
        (FAILED, "RUN_DELAYED", "execution 123 is finished (FAILED)"),
        (WAITING, "RETRY", "execution 900 has not finished (INPROGRESS)"),
    ],
)
async def test_what_cannot_be_done_is_refused_before_anybody_is_asked(
    where: dict[str, str], operation: str, said: str, connect: Connect, vendors: Vendors
) -> None:
    user = Watcher(agree)
    async with connect(answer=user) as client:
        result = await client.call_tool("buddy_control_execution", {**where, "operation": operation})
    assert said in words(result)
    assert user.asked == []
    assert {request.method for request in vendors.requests} == {"GET"}


async def test_status_that_changes_while_the_person_thinks_makes_no_second_question(
    connect: Connect, vendors: Vendors
) -> None:
    statuses = iter(["ENQUEUED", "INPROGRESS", "INPROGRESS", "INPROGRESS"])

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        if Request(scope).method == "PATCH":
            response: Response = JSONResponse({"id": 900, "status": "TERMINATED"})
        else:
            response = JSONResponse({"id": 900, "status": next(statuses)})
        await response(scope, receive, send)

    vendors.app = answer
    user = Watcher(agree)
    async with connect(answer=user) as client:
        result = await client.call_tool("buddy_control_execution", {**WAITING, "operation": "CANCEL"})
    assert not result.is_error, words(result)
    assert len(user.asked) == 1
    assert vendors.requests[-1].method == "PATCH"
