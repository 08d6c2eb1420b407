import json
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import JSONResponse

from server.redaction import MASK
from server.settings import Settings
from tests.client import Asked, call, done
from tests.conftest import Connect, agree
from tests.conftest import text as words
from tests.vendors import Vendors
from tools.buddy import repository_files

pytestmark = [pytest.mark.anyio, pytest.mark.era("legacy")]

PAYMENTS = {"project": "payments-service"}
DEPLOY = {**PAYMENTS, "pipeline_id": "31"}
BRANCH = {**PAYMENTS, "name": "feature/offline-banners"}
APP = {**PAYMENTS, "path": "src/app.py"}


def journaled(vendors: Vendors) -> bytes:
    """All that is in the journal."""
    return b"".join(file.read_bytes() for file in Path(vendors.journal).glob("*.jsonl"))


# What the user is asked


@pytest.mark.parametrize(
    ("tool", "arguments", "what", "lost"),
    [
        (
            "delete_project",
            PAYMENTS,
            "Project “Payments service” (payments-service) of workspace acme, default branch main.",
            "the project with its pipelines and their history, and its repository where Buddy hosts it",
        ),
        (
            "delete_branch",
            BRANCH,
            "Branch “feature/offline-banners” of project payments-service, "
            "at commit ee241c43643ab9e212b92a01000bb5f97d652135 “Show offline banners (#123)”",
            None,
        ),
        (
            "delete_file",
            {**APP, "message": "Drop"},
            "File “src/app.py” of project payments-service, default branch: 43 bytes",
            None,
        ),
        (
            "delete_pipeline",
            DEPLOY,
            "Pipeline “Deploy to production” (31) of project payments-service",
            "the pipeline with its actions, its variables and the history of its executions",
        ),
        (
            "control_execution",
            {"project": "infra", "pipeline_id": "21", "execution_id": "900", "operation": "CANCEL"},
            "Execution 900 of pipeline “Deploy to production” (project infra): "
            "CANCEL stops it; what its actions have done stays",
            "the actions that have not run yet",
        ),
        (
            "control_execution",
            {**DEPLOY, "execution_id": "123", "operation": "RETRY"},
            "Execution 123 of pipeline “Deploy to production” (project payments-service): "
            "RETRY runs it again from where it failed, with commit ",
            "what its actions overwrite when they run again",
        ),
        ("delete_variable", {"variable_id": "1"}, "Variable “LOG_LEVEL” (1): For all services.", None),
        (
            "delete_variable",
            {"variable_id": "4"},
            "Secret “id_deploy” (4).",
            "its value, which is a secret",
        ),
        (
            "delete_environment",
            {"environment_id": "7kPmW2xR"},
            "Environment “App preview” (7kPmW2xR), PROJECT: 1 variables.",
            "the environment with its variables and permissions",
        ),
        (
            "delete_file",
            {**PAYMENTS, "path": "src", "branch": "main", "message": "x"},
            "Directory “src” of project payments-service, branch main: 1 entry",
            "the directory; its files stay in the repository's history",
        ),
    ],
)
@pytest.mark.era("auto", "legacy")
async def test_user_sees_what_would_be_lost(
    tool: str, arguments: dict[str, Any], what: str, lost: str | None, connect: Connect, settings: Settings
) -> None:
    asked = Asked()
    async with connect(settings, answer=asked) as client:
        assert (await call(client, f"buddy_{tool}", **arguments)).is_error
    assert what in asked[0]
    assert ("Cannot be undone" in asked[0]) == (lost is not None)
    assert lost is None or f"Cannot be undone: {lost}." in asked[0]
    assert ("type its name: payments-service" in asked[0]) == (tool == "delete_project")


async def test_file_too_large_for_the_journal_is_not_kept_in_it(connect: Connect, vendors: Vendors) -> None:
    asked, content = Asked(agree), "A" * (repository_files.LARGEST_KEPT + 1)
    vendors.app = JSONResponse({"path": "a.bin", "size": 1, "content": content})
    async with connect(vendors.settings(), answer=asked) as client:
        await done(client, "buddy_delete_file", **PAYMENTS, path="a.bin", message="x")
    assert "Cannot be undone: its content, which could not be kept here" in asked[0]
    assert b"a.bin" in journaled(vendors)
    assert content[:100].encode() not in journaled(vendors)


async def test_nothing_is_sent_for_what_does_not_exist(connect: Connect, settings: Settings, vendors: Vendors) -> None:
    async with connect(settings) as client:
        result = await call(client, "buddy_delete_branch", **PAYMENTS, name="no/such")
    assert "404" in words(result)
    assert {request.method for request in vendors.requests} == {"GET"}


# Taking changes back


@pytest.mark.parametrize(
    ("tool", "arguments", "seen_by", "seen_with", "fields"),
    [
        ("delete_branch", BRANCH, "get_branch", BRANCH, ("commit",)),
        ("delete_file", {**APP, "message": "Drop"}, "get_file", APP, ("content", "path")),
        ("update_file", {**APP, "content": "x", "message": "Try"}, "get_file", APP, ("content",)),
        ("update_file", {**APP, "content": "x", "new_path": "a.py", "message": "Move"}, "get_file", APP, ("content",)),
        (
            "update_project",
            {**PAYMENTS, "display_name": "Money", "name": "money", "allow_pull_requests": True},
            "get_project",
            PAYMENTS,
            ("display_name", "name", "allow_pull_requests"),
        ),
        (
            "update_pipeline",
            {**DEPLOY, "fields": {"name": "Ship", "disabled": True, "refs": []}},
            "get_pipeline",
            DEPLOY,
            ("name", "disabled", "refs"),
        ),
        ("delete_variable", {"variable_id": "1"}, "get_variable", {"variable_id": "5"}, ()),
        (
            "update_variable",
            {"variable_id": "2", "value": "us", "settable": False, "project": "infra"},
            "get_variable",
            {"variable_id": "2"},
            ("value", "settable", "project"),
        ),
        (
            "update_environment",
            {"environment_id": "3a4KbBQl", "fields": {"name": "Live", "public_url": "https://x.example"}},
            "get_environment",
            {"environment_id": "3a4KbBQl"},
            ("name", "public_url"),
        ),
    ],
)
async def test_change_is_taken_back(
    tool: str,
    arguments: dict[str, Any],
    seen_by: str,
    seen_with: dict[str, Any],
    fields: tuple[str, ...],
    connect: Connect,
    settings: Settings,
) -> None:
    async with connect(settings) as client:
        before = (await call(client, f"buddy_{seen_by}", **seen_with)).structured_content or {}
        await done(client, f"buddy_{tool}", **arguments)
        changed = (await call(client, f"buddy_{seen_by}", **seen_with)).structured_content or {}
        assert changed == {} or any(changed.get(field) != before[field] for field in fields)
        change = (await done(client, "drumbeat_list_changes"))["items"][0]
        await done(client, "drumbeat_undo_change", change_id=change["change_id"])
        after = await done(client, f"buddy_{seen_by}", **seen_with)
    assert {field: after[field] for field in fields} == {field: before[field] for field in fields}


@pytest.mark.parametrize(
    ("tool", "arguments", "sent"),
    [
        ("update_environment", {"environment_id": "7kPmW2xR", "fields": {"public_url": "x"}}, {"public_url": None}),
        ("update_project", {**PAYMENTS, "fetch_submodules_env_key": "key"}, {"fetch_submodules_env_key": None}),
        ("update_variable", {"variable_id": "1", "project": "infra"}, {"project": None}),
    ],
)
async def test_undo_empties_what_was_empty(
    tool: str, arguments: dict[str, Any], sent: dict[str, Any], connect: Connect, settings: Settings, vendors: Vendors
) -> None:
    async with connect(settings) as client:
        await done(client, f"buddy_{tool}", **arguments)
        change = (await done(client, "drumbeat_list_changes"))["items"][0]
        await done(client, "drumbeat_undo_change", change_id=change["change_id"])
    assert vendors.requests[-1].body == sent


@pytest.mark.parametrize(
    ("tool", "arguments", "deleted"),
    [
        ("create_project", {"display_name": "Landing page"}, "/projects/landing-page"),
        ("create_variable", {"key": "A", "value": "b"}, "/variables/5"),
        ("create_environment", {"fields": {"name": "Demo", "identifier": "demo"}}, "/environments/env"),
    ],
)
async def test_undo_of_a_create_deletes_what_was_made(
    tool: str, arguments: dict[str, Any], deleted: str, connect: Connect, settings: Settings, vendors: Vendors
) -> None:
    async with connect(settings) as client:
        await done(client, f"buddy_{tool}", **arguments)
        change = (await done(client, "drumbeat_list_changes"))["items"][0]
        await done(client, "drumbeat_undo_change", change_id=change["change_id"])
    assert vendors.requests[-1].method == "DELETE"
    assert vendors.requests[-1].target.startswith(f"/workspaces/acme{deleted}")


@pytest.mark.parametrize(
    ("tool", "arguments", "other"),
    [
        ("delete_project", PAYMENTS, {"name": "mobile-app"}),
        ("update_project", {**PAYMENTS, "name": "money"}, {"name": "mobile-app"}),
        ("delete_variable", {"variable_id": "1"}, {"id": 2}),
        ("update_variable", {"variable_id": "1", "key": "A"}, {"id": 2}),
        ("delete_environment", {"environment_id": "3a4KbBQl"}, {"id": "9DBbgP4q"}),
    ],
)
async def test_answer_about_another_object_stops_the_change(
    tool: str, arguments: dict[str, Any], other: dict[str, Any], connect: Connect, settings: Settings, vendors: Vendors
) -> None:
    vendors.app = JSONResponse(other)
    async with connect(settings) as client:
        result = await call(client, f"buddy_{tool}", **arguments)
    assert words(result).startswith("Nothing was changed: Buddy answered with")
    assert {request.method for request in vendors.requests} == {"GET"}


async def test_deleted_plain_variable_comes_back_with_its_value(connect: Connect, settings: Settings) -> None:
    async with connect(settings) as client:
        old = await done(client, "buddy_get_variable", variable_id="2")
        await done(client, "buddy_delete_variable", variable_id="2")
        change = (await done(client, "drumbeat_list_changes"))["items"][0]
        await done(client, "drumbeat_undo_change", change_id=change["change_id"])
        assert await done(client, "buddy_get_variable", variable_id="5") == {**old, "id": 5}


async def test_undo_leaves_the_value_of_a_secret_as_it_is(
    connect: Connect, settings: Settings, vendors: Vendors
) -> None:
    async with connect(settings) as client:
        await done(client, "buddy_update_variable", variable_id="3", value="new", description="Of Stripe", key="HOOK")
        change = (await done(client, "drumbeat_list_changes"))["items"][0]
        await done(client, "drumbeat_undo_change", change_id=change["change_id"])
    assert vendors.requests[-1].body == {"key": "WEBHOOK_SECRET", "description": None}


@pytest.mark.parametrize(
    ("tool", "arguments", "told"),
    [
        ("delete_variable", {"variable_id": "3"}, None),
        ("update_variable", {"variable_id": "3", "value": "x"}, None),
        ("update_environment", {"environment_id": "3a4KbBQl", "fields": {"x_token": "1"}}, None),
        ("delete_branch", BRANCH, {"name": BRANCH["name"], "commit": None}),
        ("delete_file", {**PAYMENTS, "path": "src", "message": "x"}, {"path": "src", "contents": []}),
    ],
)
async def test_what_buddy_did_not_tell_cannot_be_put_back(
    tool: str, arguments: dict[str, Any], told: Any, connect: Connect, settings: Settings, vendors: Vendors
) -> None:
    vendors.app = JSONResponse(told) if told else vendors.app
    async with connect(settings) as client:
        await done(client, f"buddy_{tool}", **arguments)
        change = (await done(client, "drumbeat_list_changes"))["items"][0]
        sent = vendors.writes()
        undone = await call(client, "drumbeat_undo_change", change_id=change["change_id"])
    assert undone.is_error
    assert words(undone).startswith("Nothing was sent: ")
    assert vendors.writes() == sent


async def test_plain_values_are_in_the_journal_and_secrets_are_not(connect: Connect, vendors: Vendors) -> None:
    async with connect(vendors.settings()) as client:
        for variable_id in ("2", "3"):
            await done(client, "buddy_update_variable", variable_id=variable_id, description="x")
    kept = [json.loads(line) for line in journaled(vendors).splitlines()]
    assert [line["before"]["value"] for line in kept if "before" in line] == ["eu-west-1", MASK]


async def test_a_value_that_shows_that_it_is_a_secret_is_in_no_journal(connect: Connect, vendors: Vendors) -> None:
    secret = "postgres://app:s3cr3t-anvil@db.acme.example/x"
    async with connect(vendors.settings(DRUMBEAT_TOOLSETS="all")) as client:
        made = await done(client, "buddy_create_variable", key="PLACE", value=secret)
        await done(client, "buddy_update_variable", variable_id=str(made["id"]), value="x")
        await done(client, "buddy_delete_variable", variable_id=str(made["id"]))
    assert b"PLACE" in journaled(vendors)
    assert b"s3cr3t-anvil" not in journaled(vendors)
