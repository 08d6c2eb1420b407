from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from mcp_types import CallToolResult, ElicitRequestParams, ElicitResult
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from server import request
from server.deadline import Deadline
from server.errors import VendorError
from server.http import Connection, Patience
from server.http.api import SPARE_SECONDS
from server.settings import Settings
from tests.client import Asked, call, done
from tests.conftest import Connect, agree, text
from tests.vendors import Vendors
from tools.buddy import executions
from tools.buddy.api import Buddy
from tools.buddy.pipeline_models import Execution

pytestmark = [pytest.mark.anyio, pytest.mark.era("legacy")]

PAYMENTS: dict[str, Any] = {"project": "payments-service"}
DEPLOY = {**PAYMENTS, "pipeline_id": "31"}
TESTS: dict[str, Any] = {**PAYMENTS, "pipeline_id": "32"}
WAITING = {"project": "infra", "pipeline_id": "21", "execution_id": "900"}
LOGS = {**DEPLOY, "execution_id": "123", "action_execution_id": "000000000000007b00000003"}


class Clock:
    """The stand-in's time, which a test moves on."""

    def __init__(self) -> None:
        self.now: Callable[[], datetime] = lambda: self.at
        self.at = datetime(2026, 11, 20, 12, tzinfo=UTC)

    def pass_by(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def clock(vendors: Vendors) -> Clock:
    clock = Clock()
    vendors.clock = lambda: clock.now()
    return clock


@pytest.fixture
def three_seconds_a_request(clock: Clock, vendors: Vendors) -> None:
    """The stand-in's time goes on with each request, so that nobody has to wait for it."""
    begin = clock.at
    clock.now = lambda: begin + timedelta(seconds=3 * len(vendors.requests))


@pytest.fixture
async def hasty(vendors: Vendors) -> AsyncIterator[Buddy]:
    """An Api whose call has hardly any time left."""
    connection = Connection("Buddy", "BUDDY_BASE_URL", vendors.settings().vendors["buddy"])
    yield Buddy(connection, request.Request(deadline=Deadline(SPARE_SECONDS)))
    await connection.aclose()


def writes(vendors: Vendors) -> list[str]:
    return [request.method for request in vendors.writes()]


@pytest.mark.usefixtures("three_seconds_a_request")
@pytest.mark.era("auto", "legacy")
async def test_followed_execution_ends_with_its_result(connect: Connect, settings: Settings, vendors: Vendors) -> None:
    said: list[str | None] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        said.append(message)

    async with connect(settings) as client:
        arguments = {**TESTS, "branch": "main", "wait": True}
        result = await client.call_tool("buddy_run_pipeline", arguments, progress_callback=hear)
    assert isinstance(result, CallToolResult)
    execution = result.structured_content or {}
    assert (execution["id"], execution["status"]) == (1261, "SUCCESSFUL")
    assert [run["status"] for run in execution["action_executions"]] == ["SUCCESSFUL"]
    assert "note" not in execution
    assert [request.method for request in vendors.requests] == ["GET", "POST", "GET", "GET", "GET"]
    assert said == ["Execution 1261: ENQUEUED", *["Execution 1261: INPROGRESS"] * 2]


async def test_execution_that_outlasts_the_wait_is_left_running(
    connect: Connect, settings: Settings, vendors: Vendors
) -> None:
    vendors.patience = Patience(background=0.0)
    async with connect(settings) as client:
        execution = await done(client, "buddy_run_pipeline", **TESTS, wait=True)
    assert execution["note"] == "Still ENQUEUED; call buddy_get_execution with execution_id 1261 later."


async def test_execution_is_not_followed_unasked(connect: Connect, settings: Settings, vendors: Vendors) -> None:
    async with connect(settings) as client:
        execution = await done(client, "buddy_run_pipeline", **TESTS)
    assert execution["status"] == "ENQUEUED"
    assert [request.method for request in vendors.requests] == ["GET", "POST"]


@pytest.mark.usefixtures("three_seconds_a_request")
@pytest.mark.parametrize(
    ("status", "looks", "note"),
    [
        ("INPROGRESS", 1, "It was started, but then: Buddy answered 404: Gone."),
        ("WAITING_FOR_APPLY", 0, "Still WAITING_FOR_APPLY; call buddy_get_execution"),
    ],
)
async def test_following_ends_where_it_cannot_go_on(
    status: str, looks: int, note: str, connect: Connect, settings: Settings, vendors: Vendors
) -> None:
    async def answer(request: Request) -> Response:
        if request.method == "POST":
            return JSONResponse({"id": 7, "status": status}, 201)
        if request.url.path.endswith("/pipelines/32"):
            return JSONResponse({"id": 32, "name": "Tests"})
        return JSONResponse({"errors": [{"message": "Gone."}]}, 404)

    vendors.app = Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST"])])
    async with connect(settings) as client:
        execution = await done(client, "buddy_run_pipeline", **TESTS, wait=True)
    assert (execution["id"], execution["status"]) == (7, status)
    assert execution["note"].startswith(note)
    assert [request.method for request in vendors.requests] == ["GET", "POST", *["GET"] * looks]


@pytest.mark.parametrize(
    ("arguments", "operation", "status"),
    [
        ({**DEPLOY, "execution_id": "123"}, "RETRY", "INPROGRESS"),
        ({"project": "infra", "pipeline_id": "21", "execution_id": "900"}, "APPLY", "INPROGRESS"),
        ({"project": "infra", "pipeline_id": "21", "execution_id": "900"}, "CANCEL", "TERMINATED"),
    ],
)
async def test_steered_execution_goes_on_as_told(
    arguments: dict[str, Any], operation: str, status: str, connect: Connect, settings: Settings
) -> None:
    async with connect(settings) as client:
        execution = await done(client, "buddy_control_execution", **arguments, operation=operation)
    assert execution["status"] == status


async def test_delayed_execution_waits_for_its_time_or_for_the_word(connect: Connect, settings: Settings) -> None:
    async with connect(settings) as client:
        started = await done(client, "buddy_run_pipeline", **DEPLOY, delay_until="2030-01-01")
        where = {**DEPLOY, "execution_id": str(started["id"])}
        assert (await done(client, "buddy_get_execution", **where))["status"] == "ENQUEUED"
        now = await done(client, "buddy_control_execution", **where, operation="RUN_DELAYED")
    assert now["status"] == "INPROGRESS"


async def test_following_ends_before_the_calls_time_does(hasty: Buddy, vendors: Vendors) -> None:
    execution = await executions.run_pipeline(hasty, **TESTS, wait=True)
    assert (execution.note or "").startswith("Still ENQUEUED")
    assert [request.method for request in vendors.requests] == ["POST"]


# What a person is asked


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (
            {**DEPLOY, "branch": "main"},
            "Pipeline “Deploy to production” (31) of project payments-service, branch main",
        ),
        (
            {**TESTS, "environment": "3a4KbBQl"},
            "Pipeline “Tests” (32) of project payments-service, environment 3a4KbBQl",
        ),
    ],
    ids=["by its name", "by its environment"],
)
@pytest.mark.era("auto", "legacy")
async def test_deployment_to_production_is_not_started_unasked(
    arguments: dict[str, Any], what: str, connect: Connect, settings: Settings, vendors: Vendors
) -> None:
    asked = Asked()
    async with connect(settings, answer=asked) as client:
        assert (await call(client, "buddy_run_pipeline", **arguments)).is_error
        assert not (await call(client, "buddy_run_pipeline", **TESTS, environment="staging")).is_error
    assert len(asked) == 1
    assert what in asked[0]
    assert "what runs in production now, which this execution replaces" in asked[0]
    assert writes(vendors) == ["POST"]


async def test_question_of_a_retry_says_what_it_puts_back(
    connect: Connect, settings: Settings, vendors: Vendors
) -> None:
    asked = Asked()
    async with connect(settings, answer=asked) as client:
        await call(client, "buddy_control_execution", **DEPLOY, execution_id="123", operation="RETRY")
    assert "with commit ee241c43643a “Show offline banners (#123)” of 2026-11-16" in asked[0]
    assert "Newer executions succeeded since, which this puts back: 127" in asked[0]
    assert writes(vendors) == []


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({**DEPLOY, "execution_id": "123", "operation": "CANCEL"}, "execution 123 is FAILED since 2026-11-"),
        ({**WAITING, "operation": "APPLY_VARIABLES"}, "APPLY_VARIABLES needs `variables`"),
    ],
    ids=["cancel of a finished one", "variables without variables"],
)
async def test_what_cannot_be_done_is_refused_before_anybody_is_asked(
    arguments: dict[str, Any], why: str, connect: Connect, settings: Settings, vendors: Vendors
) -> None:
    asked = Asked(agree)
    async with connect(settings, answer=asked) as client:
        result = await call(client, "buddy_control_execution", **arguments)
    assert result.is_error
    assert why in text(result)
    assert (asked, writes(vendors)) == ([], [])


@pytest.mark.parametrize(
    ("seconds", "status", "error"),
    [(3, "TERMINATED", None), (60, None, "is SUCCESSFUL since")],
    ids=["it goes on", "it ends"],
)
async def test_status_that_changes_while_a_person_thinks_makes_no_second_question(
    seconds: float, status: str | None, error: str | None, connect: Connect, settings: Settings, clock: Clock
) -> None:
    asked: list[str] = []

    async def think(context: Any, params: ElicitRequestParams) -> ElicitResult:
        asked.append(params.message)
        clock.pass_by(seconds)
        return await agree(context, params)

    async with connect(settings, answer=think) as client:
        where = {**TESTS, "execution_id": str((await done(client, "buddy_run_pipeline", **TESTS))["id"])}
        result = await call(client, "buddy_control_execution", **where, operation="CANCEL")
    assert len(asked) == 1
    assert (result.structured_content or {}).get("status") == status
    assert error is None or error in text(result)


async def test_another_execution_than_the_one_asked_for_is_left_alone(
    connect: Connect, settings: Settings, vendors: Vendors
) -> None:
    vendors.app = JSONResponse({"id": 58, "status": "FAILED"})
    async with connect(settings) as client:
        result = await call(client, "buddy_control_execution", **DEPLOY, execution_id="57", operation="RETRY")
    assert result.is_error
    assert "execution 58 instead of 57" in text(result)
    assert writes(vendors) == []


# Lists and logs


async def test_executions_of_one_status_are_looked_for_on_several_pages(
    connect: Connect, settings: Settings, vendors: Vendors
) -> None:
    async with connect(settings) as client:
        result = await call(client, "buddy_list_executions", **DEPLOY, status="FAILED", per_page=2)
        first = result.structured_content or {}
        rest = await done(client, "buddy_list_executions", **DEPLOY, **first["next"])
        none = await call(client, "buddy_list_executions", **TESTS, status="TERMINATED")
    assert [row["id"] for row in first["items"]] == [123, 111]
    assert first["next"] == {"page": 3, "per_page": 2, "status": "FAILED"}
    assert "2 of the 4 executions from page 1 on are FAILED" in text(result)
    assert [row["status"] for row in rest["items"]] == ["FAILED"] * len(rest["items"])
    assert "0 of the 34 executions from page 1 on are TERMINATED" in text(none)


async def test_search_for_a_status_is_bounded(connect: Connect, settings: Settings, vendors: Vendors) -> None:
    async with connect(settings) as client:
        page = await done(client, "buddy_list_executions", **TESTS, status="FAILED", per_page=1)
    assert (page["items"], page["next"]["page"]) == ([], 6)
    assert len(vendors.requests) == executions.MOST_PAGES


async def test_equal_neighbouring_lines_of_a_log_are_told_once(connect: Connect, settings: Settings) -> None:
    async with connect(settings) as client:
        log = await done(client, "buddy_get_action_logs", **LOGS)
    assert log["lines"] == "150-249 of 249"
    wait = "Waiting for deployment rollout to finish: 0 out of 3 new replicas have been updated..."
    assert log["log"].startswith(f"{wait}\n(the same 92 more times)\nWaiting for deployment rollout to finish: 1 out")


async def test_lines_that_repeat_do_not_push_others_out_of_a_log(
    connect: Connect, settings: Settings, vendors: Vendors
) -> None:
    lines = ["The cause", *["x" * 4_000] * 90, "a", "b", "b"]
    vendors.app = JSONResponse({"total_element_count": len(lines), "logs": lines})
    async with connect(settings) as client:
        log = await done(client, "buddy_get_action_logs", **LOGS)
    assert log["log"] == f"The cause\n{'x' * 4_000}\n(the same 89 more times)\na\nb\nb"


# The stand-in


async def test_execution_goes_on_with_time_and_not_with_every_look(
    connect: Connect, settings: Settings, clock: Clock
) -> None:
    seen = []
    async with connect(settings) as client:
        where = {**TESTS, "execution_id": str((await done(client, "buddy_run_pipeline", **TESTS))["id"])}
        for seconds in (0, 0, 3, 0, 6):
            clock.pass_by(seconds)
            seen.append((await done(client, "buddy_get_execution", **where))["status"])
        listed = (await done(client, "buddy_list_executions", **TESTS, per_page=1))["items"][0]
    assert seen == ["ENQUEUED", "ENQUEUED", "INPROGRESS", "INPROGRESS", "SUCCESSFUL"]
    assert listed["finish_date"] == "2026-11-20T12:00:08.33Z"


async def test_addresses_of_pages_are_those_of_buddys_samples(connect: Connect, settings: Settings) -> None:
    async with connect(settings) as client:
        execution = await done(client, "buddy_get_execution", **DEPLOY, execution_id="123")
        pipeline = await done(client, "buddy_get_pipeline", **DEPLOY)
    page = "https://app.buddy.works/acme/payments-service/pipelines/pipeline/31"
    assert pipeline["html_url"] == page
    assert execution["html_url"] == f"{page}/execution/00000000000000000000007b"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"refresh": "yes"}, "refresh"),
        ({"branch": "main"}, "branch"),
        ({"priority": "URGENT"}, "priority"),
        ({"delay_until": "tomorrow"}, "delay_until"),
    ],
)
async def test_stand_in_refuses_wrong_types(body: dict[str, Any], field: str, hasty: Buddy) -> None:
    reply = hasty.post(executions.EXECUTIONS, "acme", "payments-service", "32", body=body)
    with pytest.raises(VendorError, match=f"400: Value of '{field}'"):
        await reply


@pytest.mark.parametrize("named", ["FAILED", "deploy to Kubernetes", LOGS["action_execution_id"]])
async def test_log_is_that_of_the_action_that_is_named(named: str, connect: Connect, settings: Settings) -> None:
    async with connect(settings) as client:
        log = await done(client, "buddy_get_action_logs", **{**LOGS, "action_execution_id": named})
        run = await done(client, "buddy_get_action_execution", **{**LOGS, "action_execution_id": named})
    assert log["lines"] == "150-249 of 249"
    assert (run["action_execution_id"], run["status"]) == (LOGS["action_execution_id"], "FAILED")


@pytest.mark.parametrize(("execution", "named"), [("127", "FAILED"), ("123", "Nothing such")])
async def test_an_action_that_is_not_there_has_no_log(
    execution: str, named: str, connect: Connect, settings: Settings
) -> None:
    async with connect(settings) as client:
        result = await call(
            client, "buddy_get_action_logs", **DEPLOY, execution_id=execution, action_execution_id=named
        )
    assert result.is_error
    assert f"No action of execution {execution} for {named!r}; there are Run tests (" in text(result)


async def test_the_latest_execution_is_stopped_after_the_question_that_names_it(
    connect: Connect, settings: Settings
) -> None:
    user = Asked(agree)
    async with connect(settings, answer=user) as client:
        stopped = await done(
            client, "buddy_control_execution", **{**WAITING, "execution_id": "latest"}, operation="CANCEL"
        )
    assert (stopped["id"], stopped["status"]) == (900, "TERMINATED")
    assert "Execution 900 of pipeline “Deploy to production”" in user[0]


async def test_an_execution_reads_as_what_its_actions_came_to(connect: Connect, settings: Settings) -> None:
    async with connect(settings) as client:
        said = text(await call(client, "buddy_get_execution", **DEPLOY, execution_id="123"))
    assert "\nactions:\n  (all: took 1 min 24 s)\n  action|type|status|error_message\n" in said
    assert "  Deploy to Kubernetes|KUBERNETES_APPLY|FAILED|Deployment exceeded its progress deadline" in said


def test_an_executions_commit_reads_without_a_date_of_its_own() -> None:
    commit = {"revision": "3b1185d9", "commit_date": "2026-11-18T16:54:00Z", "message": "Show banners"}
    shown = Execution.as_read({"id": 1, "to_revision": commit, "from_revision": "cut"})
    assert shown == {
        "id": 1,
        "to_revision": {"revision": "3b1185d9", "message": "Show banners"},
        "from_revision": "cut",
    }


def test_actions_of_one_name_are_told_apart_by_their_ids() -> None:
    runs = [{"action": {"name": "Test"}, "status": "FAILED", "action_execution_id": id} for id in ("a1", "a2")]
    shown = Execution.as_read({"id": 1, "priority": "NORMAL", "action_executions": [*runs, {"status": "INITIAL"}]})
    assert shown == {
        "id": 1,
        "actions": [
            {"action": "Test", "status": "FAILED", "action_execution_id": "a1"},
            {"action": "Test", "status": "FAILED", "action_execution_id": "a2"},
            {"status": "INITIAL"},
        ],
    }
