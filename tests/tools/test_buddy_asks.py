"""Writes at Buddy that would lose something for ever ask a person first; the others do not."""

from typing import Any

import pytest
from starlette.responses import JSONResponse

from tests.client import Asked
from tests.conftest import Connect, agree, text
from tests.vendors import Vendors

pytestmark = pytest.mark.anyio
ASKS = [
    ("buddy_update_variable", {"variable_id": "3", "value": "new"}, "the value that the secret WEBHOOK_SECRET has now"),
    ("buddy_update_project", {"project": "payments-service", "access": "PUBLIC"}, "its privacy"),
]
QUIET = [
    ("buddy_update_variable", {"variable_id": "2", "value": "us"}),
    ("buddy_update_variable", {"variable_id": "3", "description": "Signs webhooks"}),
    ("buddy_update_project", {"project": "payments-service", "display_name": "Payments"}),
]


@pytest.mark.parametrize(("tool", "arguments", "lost"), ASKS)
async def test_what_is_lost_for_ever_is_asked_for_first(
    tool: str, arguments: dict[str, Any], lost: str, connect: Connect, vendors: Vendors
) -> None:
    no, yes = Asked(), Asked(agree)
    async with connect(answer=no) as client:
        assert "did not agree" in text(await client.call_tool(tool, arguments))
    assert vendors.writes() == []
    async with connect(answer=yes) as client:
        assert not (await client.call_tool(tool, arguments)).is_error
    assert f"Cannot be undone: {lost}" in no[0]
    assert len(yes) == 1


@pytest.mark.parametrize(("tool", "arguments"), QUIET)
async def test_what_can_be_put_back_is_not_asked_for(tool: str, arguments: dict[str, Any], connect: Connect) -> None:
    user = Asked()
    async with connect(answer=user) as client:
        assert not (await client.call_tool(tool, arguments)).is_error
    assert user == []


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [("buddy_update_variable", {"variable_id": "2"}), ("buddy_update_project", {"project": "payments-service"})],
)
async def test_an_update_of_nothing_is_refused(tool: str, arguments: dict[str, Any], connect: Connect) -> None:
    async with connect() as client:
        assert "say what to change" in text(await client.call_tool(tool, arguments))


async def test_a_list_of_variables_says_where_it_looked(connect: Connect) -> None:
    async with connect() as client:
        assert "Looked at: the workspace" in text(await client.call_tool("buddy_list_variables"))
        of_one = text(await client.call_tool("buddy_list_variables", {"project_name": "payments-service"}))
    assert "Looked at: project payments-service" in of_one


async def test_the_undo_of_a_new_variable_deletes_it(connect: Connect, vendors: Vendors) -> None:
    async with connect() as client:
        made = await client.call_tool("buddy_create_variable", {"key": "A", "value": "b", "type": "VAR"})
        changes = await client.call_tool("drumbeat_list_changes")
        change = (changes.structured_content or {})["items"][0]["change_id"]
        undone = await client.call_tool("drumbeat_undo_change", {"change_id": change})
    assert not undone.is_error, text(undone)
    number = (made.structured_content or {})["id"]
    assert vendors.sent()[-1].method == "DELETE"
    assert vendors.sent()[-1].target.endswith(f"/variables/{number}")


async def test_an_accepted_write_with_a_field_of_another_type_is_a_success_for_the_client_too(
    connect: Connect, vendors: Vendors
) -> None:
    vendors.app = JSONResponse({"id": "new", "key": "A", "settable": "maybe"}, 201)
    async with connect(vendors.settings(DRUMBEAT_TOOLSETS="all")) as client:
        await client.list_tools()
        made = await client.call_tool("buddy_create_variable", {"key": "A", "value": "b"})
    assert not made.is_error, text(made)
    assert "id: new" in text(made)
