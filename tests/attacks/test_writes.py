"""What a write can destroy without a question: nothing. Each adds, overwrites or starts something, and shows it."""

from typing import Any

import pytest
from starlette.responses import JSONResponse

from server.access import Access
from server.catalogue import Catalogue, PublishedTool
from tests.client import Asked, call
from tests.conftest import Connect, decline, text
from tests.tools.test_requests import ROWS
from tests.vendors import Vendors

pytestmark = pytest.mark.anyio
# They add a record, or start what can be started again; the vendor has no way back, and nothing is lost.
ADDS_FOR_GOOD = {
    "linearb_create_deployment",
    "oobeya_create_organization_level",
    "oobeya_record_test_bug",
    "oobeya_record_test_coverage",
    "oobeya_record_test_defect",
    "oobeya_record_test_execution",
}
STARTS = {
    "oobeya_import_analysis_file",
    "oobeya_prepare_bulk_analyses",
    "oobeya_start_qwiser_analysis",
    "oobeya_trigger_all_dora_analyses",
    "oobeya_trigger_analysis",
}
# What these overwrite has no way back, so they ask where they overwrite something.
ONLY_ASKS = {"buddy_run_pipeline", "oobeya_sync_team_analysis"}
WRITES = [
    "buddy_create_branch", "buddy_create_environment", "buddy_create_file", "buddy_create_pipeline",
    "buddy_create_project", "buddy_create_variable", "buddy_update_environment", "buddy_update_file",
    "buddy_update_pipeline",
    "buddy_update_project", "buddy_update_variable", "linearb_create_incident", "linearb_update_incident",
    "oobeya_create_analysis", "oobeya_create_api_key", "oobeya_create_deployment", "oobeya_create_member",
    "oobeya_create_team", "oobeya_create_user", "oobeya_update_member", "oobeya_update_organization_level",
    "oobeya_update_team", "oobeya_update_user", "teamoclock_add_team_members", "teamoclock_create_action_item",
    "teamoclock_create_member", "teamoclock_create_planning_poker", "teamoclock_create_planning_poker_task",
    "teamoclock_create_retro", "teamoclock_create_standup", "teamoclock_create_team", "teamoclock_update_action_item",
    "teamoclock_update_member", "teamoclock_update_team",
]  # fmt: skip


def writes(catalogue: Catalogue) -> dict[str, PublishedTool]:
    return {tool.name: tool for tool in catalogue.tools if tool.access is Access.WRITE and not tool.declaration.gateway}


def test_every_write_has_its_class(catalogue: Catalogue) -> None:
    tools = writes(catalogue)
    assert set(tools) == {*WRITES, *ADDS_FOR_GOOD, *STARTS, *ONLY_ASKS}
    assert {name for name, tool in tools.items() if tool.declaration.undo} == set(WRITES)
    assert {name for name in ONLY_ASKS if tools[name].declaration.asks} == ONLY_ASKS
    overwriting = {name for name, tool in tools.items() if tool.declaration.before}
    assert overwriting - set(WRITES) == ONLY_ASKS, "what overwrites has a way back, or asks"


@pytest.mark.parametrize("tool", WRITES)
async def test_what_it_did_is_taken_back(tool: str, connect: Connect) -> None:
    row = next(row for row in ROWS if row.tool == tool)
    async with connect() as client:
        made = await client.call_tool(tool, row.arguments)
        assert not made.is_error, text(made)
        newest = await client.call_tool("drumbeat_list_changes", {"tool": tool})
        change = (newest.structured_content or {})["items"][0]
        assert change["undo"] == "possible"
        undone = await client.call_tool("drumbeat_undo_change", {"change_id": change["change_id"]})
        assert not undone.is_error, text(undone)
        after = await client.call_tool("drumbeat_list_changes", {"tool": tool})
    assert (after.structured_content or {})["items"][0]["undo"] == "undone"


@pytest.mark.parametrize("tool", sorted(ONLY_ASKS))
async def test_what_cannot_be_taken_back_is_asked_for(tool: str, connect: Connect, vendors: Vendors) -> None:
    row = next(row for row in ROWS if row.tool == tool)
    async with connect(answer=decline) as client:
        refused = await client.call_tool(tool, row.arguments)
    assert "did not agree" in text(refused)
    assert vendors.writes() == []


ANOTHER: dict[str, Any] = dict.fromkeys(("id", "slug", "username", "name", "provider_id", "key", "path"))
NO_OBJECT_OF_ITS_OWN = {"oobeya_clear_old_git_analyses", "oobeya_set_qwiser_analysis_teams", "drumbeat_undo_change"}


@pytest.mark.parametrize("other", ["other", {"id": 1}, [7], 7.5, True], ids=str)
async def test_no_destructive_tool_asks_about_another_object_than_was_named(
    other: Any, connect: Connect, vendors: Vendors
) -> None:
    one = dict.fromkeys(ANOTHER, other)
    vendors.app = JSONResponse({**one, "data": one, "items": [one], "contents": [one]})
    asked = Asked()
    first = {row.tool: row for row in reversed(ROWS)}
    async with connect(vendors.settings(DRUMBEAT_TOOLSETS="all"), answer=asked) as client:
        for tool in vendors.catalogue.tools:
            if tool.access is Access.DESTRUCTIVE and tool.name not in NO_OBJECT_OF_ITS_OWN:
                result = await call(client, tool.name, **first[tool.name].arguments)
                assert result.is_error, tool.name
                assert asked == [], tool.name
