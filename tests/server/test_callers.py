"""drumbeat_read and drumbeat_act call a tool as if it had been called itself: same checks, guard, journal, answer."""

import json
from pathlib import Path
from typing import Any, cast

import pytest
from mcp import MCPError
from mcp_types import RequestParamsMeta, ResourceTemplateReference

from tests.client import done
from tests.conftest import Connect, decline, text
from tests.server.test_discovery import find
from tests.vendors import Vendors

pytestmark = pytest.mark.anyio
DRY_RUN = cast("RequestParamsMeta", {"drumbeat/dry-run": True})
RETRO = "r204c36ysi7z01"


async def test_a_call_through_a_caller_is_answered_as_the_call_itself(connect: Connect) -> None:
    calls: list[tuple[str, dict[str, Any]]] = [
        ("teamoclock_list_teams", {}),
        ("teamoclock_get_retro", {"retro_id": RETRO}),
        ("teamoclock_get_retro", {"retro_id": "r-gone"}),
        ("linearb_list_deployments", {"limit": 2}),
        ("drumbeat_list_changes", {}),
    ]
    async with connect() as client, connect() as another:
        for tool, arguments in calls:
            direct = await client.call_tool(tool, arguments)
            for given in (arguments, json.dumps(arguments)):
                passed = await another.call_tool("drumbeat_read", {"tool": tool, "arguments": given, "fresh": True})
                assert (text(passed), passed.is_error) == (text(direct), direct.is_error)
                assert passed.structured_content == direct.structured_content


async def test_a_read_is_remembered_across_routes_and_fresh_asks_the_vendor(connect: Connect, vendors: Vendors) -> None:
    async with connect() as client:
        await client.call_tool("teamoclock_list_teams")
        again = await client.call_tool("drumbeat_read", {"tool": "teamoclock_list_teams"})
        assert len(vendors.sent()) == 1
        fresh = await client.call_tool("drumbeat_read", {"tool": "teamoclock_list_teams", "fresh": True})
    assert "◆ Cached" in text(again)
    assert "Cached" in (again.structured_content or {})["drumbeat_note"]
    assert "Cached" not in text(fresh)
    assert len(vendors.sent()) == 2


async def test_a_write_through_a_caller_is_sent_and_journaled_as_the_write_itself(
    connect: Connect, vendors: Vendors
) -> None:
    arguments = {"team": "platform", "text": "Write it down"}
    async with connect() as client:
        await done(client, "teamoclock_create_action_item", **arguments)
        await done(client, "drumbeat_act", tool="teamoclock_create_action_item", arguments=arguments)
    direct, passed = vendors.sent()
    assert (direct.method, direct.target, direct.raw) == (passed.method, passed.target, passed.raw)
    lines = [json.loads(line) for line in (Path(vendors.journal) / "journal.jsonl").read_text().splitlines()]
    volatile = {"change_id", "time", "milliseconds", "result"}
    one, another = (
        [{k: v for k, v in line.items() if k not in volatile} for line in lines[at : at + 2]] for at in (0, 2)
    )
    assert one == another


async def test_a_declined_delete_through_a_caller_changes_nothing(connect: Connect, vendors: Vendors) -> None:
    arguments = {"tool": "teamoclock_delete_retro", "arguments": {"retro_id": RETRO}}
    async with connect(answer=decline) as client:
        result = await client.call_tool("drumbeat_act", arguments)
    assert result.is_error
    assert "the user did not agree" in text(result)
    async with connect() as client:
        await done(client, "drumbeat_act", **arguments)
    assert [request.target for request in vendors.sent() if request.method == "DELETE"] == [f"/retro/{RETRO}"]


async def test_the_token_of_a_preview_passes_through_a_caller(connect: Connect, vendors: Vendors) -> None:
    tool = "teamoclock_delete_retro"
    async with connect(vendors.settings(DRUMBEAT_CONFIRM="two-step"), answer=None) as client:
        preview = await done(client, "drumbeat_act", tool=tool, arguments={"retro_id": RETRO})
        assert [request.method for request in vendors.sent()] == ["GET"]
        agreed = {"retro_id": RETRO, "confirmation_token": preview["confirmation_token"]}
        await done(client, "drumbeat_act", tool=tool, arguments=agreed)
        again = await client.call_tool("drumbeat_act", {"tool": tool, "arguments": agreed})
    assert again.is_error
    assert [request.method for request in vendors.sent()].count("DELETE") == 1


async def test_a_dry_run_shows_a_change_and_an_undo_without_sending_them(connect: Connect, vendors: Vendors) -> None:
    async with connect(answer=decline) as client:
        update = {"action_item_id": "", "text": "After"}
        item = await done(client, "teamoclock_create_action_item", team="platform", text="Before")
        update["action_item_id"] = item["id"]
        arguments = {"tool": "teamoclock_update_action_item", "arguments": update, "dry_run": True}
        rehearsed = await done(client, "drumbeat_act", **arguments)
        assert rehearsed["would_send"].startswith("PATCH ")
        await done(client, "teamoclock_update_action_item", **update)
        change = {"change_id": (await done(client, "drumbeat_list_changes"))["items"][0]["change_id"]}
        sent = vendors.writes()
        through = await done(client, "drumbeat_act", tool="drumbeat_undo_change", arguments=change, dry_run=True)
        direct = await client.call_tool("drumbeat_undo_change", change, meta=DRY_RUN)
        rows = (await done(client, "drumbeat_list_changes"))["items"]
    assert through == direct.structured_content
    assert "Before" in json.dumps(through["body"])
    assert vendors.writes() == sent
    assert (rows[0]["tool"], rows[0]["undo"]) == ("teamoclock_update_action_item", "possible")


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("drumbeat_read", {"tool": "teamoclock_create_retro", "arguments": {"team": "platform"}}, "drumbeat_act"),
    ("drumbeat_read", {"tool": "teamoclock_get_retros"}, "teamoclock_get_retro"),
    ("drumbeat_act", {"tool": "create_retro"}, "teamoclock_create_retro"),
    ("drumbeat_act", {"tool": "qqqqqqqq"}, "drumbeat_find_tools"),
    ("drumbeat_act", {"tool": "teamoclock_get_retro", "arguments": "not an object"}, "must be an object"),
    ("drumbeat_act", {"tool": "teamoclock_get_retro", "arguments": "[1]"}, "'arguments'"),
]


@pytest.mark.parametrize(("caller", "arguments", "said"), WRONG)
async def test_a_call_that_cannot_be_made_is_refused_with_the_way_on(
    caller: str, arguments: dict[str, Any], said: str, connect: Connect, vendors: Vendors
) -> None:
    async with connect() as client:
        result = await client.call_tool(caller, arguments)
    assert result.is_error
    assert said in text(result)
    assert vendors.sent() == []


@pytest.mark.parametrize("caller", ["drumbeat_read", "drumbeat_act"])
@pytest.mark.parametrize("other", ["drumbeat_read", "drumbeat_act"])
async def test_a_caller_cannot_call_a_caller_and_suggests_none(
    caller: str, other: str, connect: Connect, vendors: Vendors
) -> None:
    async with connect() as client:
        result = await client.call_tool(caller, {"tool": other, "arguments": {"tool": "teamoclock_list_teams"}})
    assert result.is_error
    assert vendors.sent() == []
    assert "mean drumbeat_read" not in text(result)
    assert "mean drumbeat_act" not in text(result)


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("teamoclock_create_member", {"user": "x"}, "there is no argument 'user'"),
        ("teamoclock_create_member", {}, "'username' is required"),
        ("linearb_list_deployments", {"limit": 1000}, "'limit'"),
        ("buddy_control_execution", '{"operation": "EXPLODE"}', "'operation'"),
    ],
)
async def test_wrong_arguments_are_told_with_the_valid_ones_and_their_schema(
    tool: str, arguments: Any, said: str, connect: Connect, vendors: Vendors
) -> None:
    schema = next(entry.input_schema for entry in vendors.catalogue.tools if entry.name == tool)
    async with connect() as client:
        result = await client.call_tool("drumbeat_act", {"tool": tool, "arguments": arguments})
    assert result.is_error
    assert said in text(result)
    assert [name for name in schema["properties"] if name not in text(result)] == []
    assert vendors.sent() == []
    assert "{" in text(result), "the schema is missing"
    assert json.JSONDecoder().raw_decode(text(result), text(result).index("{"))[0] == schema


async def test_a_tool_that_is_left_out_cannot_be_reached_by_any_route(connect: Connect, vendors: Vendors) -> None:
    out = {"teamoclock_get_retro": {"retro_id": RETRO}, "teamoclock_list_retros": {}}
    settings = vendors.settings(DRUMBEAT_TOOLSETS=",".join(["all", *(f"-{tool}" for tool in out)]))
    async with connect(settings) as client:
        for tool, arguments in out.items():
            for route, given in ((tool, arguments), *((f"drumbeat_{by}", {"tool": tool}) for by in ("read", "act"))):
                assert (await client.call_tool(route, given)).is_error
        for uri in ("teamoclock://retros", f"teamoclock://retros/{RETRO}"):
            with pytest.raises(MCPError, match="There is no resource"):
                await client.read_resource(uri)
        reference = ResourceTemplateReference(uri="teamoclock://retros/{retro_id}")
        completed = await client.complete(reference, {"name": "retro_id", "value": "r"})
        found = [row["tool"] for query in ("retro", "list retros") for row in await find(client, query)]
    assert completed.completion.values == []
    assert set(found) & set(out) == set()
    assert vendors.sent() == []
