"""Steering an execution: what makes no sense is refused before anybody is asked, and where a retry goes on."""

from typing import Any

import pytest

from server.settings import Settings
from tests.client import Asked, call, done
from tests.conftest import Connect, agree, text
from tests.vendors import Vendors

pytestmark = [pytest.mark.anyio, pytest.mark.era("legacy")]

DEPLOY: dict[str, Any] = {"project": "payments-service", "pipeline_id": "31"}
FAILED, SUCCESSFUL = "123", "127"


@pytest.mark.parametrize(
    ("execution", "operation", "words"),
    [
        (SUCCESSFUL, "RETRY", "nothing failed in it that could run again; buddy_run_pipeline runs its revision anew"),
        (SUCCESSFUL, "CANCEL", "it cannot stop"),
        (FAILED, "APPLY", "nothing waits in it"),
        (FAILED, "RUN_DELAYED", "it does not wait for its time"),
    ],
)
async def test_what_a_finished_execution_cannot_do_is_asked_of_nobody(
    connect: Connect, vendors: Vendors, execution: str, operation: str, words: str
) -> None:
    user = Asked(agree)
    async with connect(answer=user) as client:
        given = {**DEPLOY, "execution_id": execution, "operation": operation}
        said = text(await call(client, "buddy_control_execution", **given))
    assert said.startswith(f"Nothing was changed: execution {execution} is ")
    assert words in said
    assert list(user) == []
    assert vendors.writes() == []


async def test_a_retry_goes_on_from_the_action_that_failed(connect: Connect, settings: Settings) -> None:
    async with connect(settings) as client:
        given = {**DEPLOY, "execution_id": FAILED, "operation": "RETRY"}
        said = await done(client, "buddy_control_execution", **given)
    statuses = {run["action"]["name"]: run["status"] for run in said["action_executions"]}
    assert statuses == {
        "Run tests": "SUCCESSFUL",
        "Build image": "SUCCESSFUL",
        "Deploy to Kubernetes": "INPROGRESS",
        "Tell the team": "NOT_EXECUTED",
    }


async def test_the_latest_execution_and_its_log_are_read_by_that_word(connect: Connect, settings: Settings) -> None:
    latest = {**DEPLOY, "execution_id": "latest"}
    async with connect(settings) as client:
        execution = await done(client, "buddy_get_execution", **latest)
        log = await call(client, "buddy_get_action_logs", **latest, action_execution_id="Run tests")
    assert execution["id"] == int(SUCCESSFUL)
    assert not log.is_error


@pytest.mark.parametrize(
    ("tool", "arguments", "lister"),
    [
        ("buddy_get_execution", {**DEPLOY, "execution_id": "last one"}, "buddy_list_executions shows it"),
        ("buddy_get_variable", {"variable_id": "LOG_LEVEL"}, "buddy_list_variables, which lists one level at a time"),
        ("buddy_delete_variable", {"variable_id": "LOG_LEVEL"}, "buddy_list_variables"),
    ],
)
async def test_what_is_no_number_is_refused_with_the_list_that_has_them(
    connect: Connect, vendors: Vendors, tool: str, arguments: dict[str, Any], lister: str
) -> None:
    async with connect() as client:
        said = text(await call(client, tool, **arguments))
    assert "must be a number" in said
    assert lister in said
    assert vendors.requests == []


@pytest.mark.parametrize(
    ("tool", "arguments", "advice"),
    [
        (
            "buddy_list_commits",
            {"branch": "no-such"},
            "a whole SHA, a branch or a tag: buddy_list_commits, buddy_list_br",
        ),
        (
            "buddy_get_file",
            {"path": "no/such.md"},
            "Check `path`: buddy_get_contents, or buddy_get_file of a directory",
        ),
    ],
)
async def test_what_is_not_there_is_looked_for_by_the_right_list(
    connect: Connect, tool: str, arguments: dict[str, Any], advice: str
) -> None:
    async with connect() as client:
        assert advice in text(await call(client, tool, project="payments-service", **arguments))
