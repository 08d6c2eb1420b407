"""Arguments of any size are answered in plain words, and what others ask is answered meanwhile."""

import json
import time
from typing import Any

import pytest
from starlette.responses import JSONResponse

from server.names import ids_by_name
from server.spec import Completes
from tests.attacks.test_vendor_bodies import longest_stop
from tests.conftest import Connect, text
from tests.vendors import Vendors

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("drumbeat_find_tools", {"query": "deploy " * 180_000}),
        ("drumbeat_read", {"tool": "x" * (4 << 20)}),
        ("drumbeat_read", {"tool": "teamoclock_list_teams", "arguments": {"x": "y" * (4 << 20)}}),
        ("drumbeat_read", {"tool": "teamoclock_list_teams", "arguments": {"x": list(range(20_000))}}),
    ],
    ids=["words", "name", "text", "list"],
)
async def test_large_arguments_are_refused_and_stop_nobody(
    tool: str, arguments: dict[str, Any], connect: Connect
) -> None:
    answers = []

    async def call() -> None:
        answers.append(await client.call_tool(tool, arguments))

    async with connect() as client:
        await client.list_tools()
        assert await longest_stop(call) < 1
        assert not (await client.call_tool("drumbeat_read", {"tool": "teamoclock_list_teams"})).is_error
    assert answers[0].is_error
    assert "failed inside Drumbeat" not in text(answers[0])
    assert len(json.dumps(text(answers[0]))) < 5000


@pytest.mark.parametrize(("tool", "argument"), [("teamoclock_list_retros", "team"), ("insights_get_team", "team")])
async def test_a_long_name_is_refused_in_few_words(tool: str, argument: str, connect: Connect) -> None:
    async with connect() as client:
        result = await client.call_tool(tool, {argument: "a" * 100_000})
    assert result.is_error
    assert text(result).startswith("Nothing was sent: ")
    assert len(text(result)) < 5100


@pytest.mark.parametrize("depth", [150, 10_000])
async def test_arguments_of_any_depth_are_answered(depth: int, connect: Connect) -> None:
    within = '{"fields":' + '{"x":' * depth + "1" + "}" * depth + "}"
    async with connect() as client:
        for tool in ("buddy_create_environment", "buddy_update_environment", "no_tool"):
            result = await client.call_tool("drumbeat_act", {"tool": tool, "arguments": within, "dry_run": True})
            assert "failed inside Drumbeat" not in text(result)


async def test_a_list_of_many_names_stops_nobody_and_a_wrong_name_is_refused_at_once(
    connect: Connect, vendors: Vendors
) -> None:
    users = [{"id": f"user-{n}", "username": f"somebody {n:05} {'x' * 40}"} for n in range(8000)]
    vendors.app = JSONResponse({"contents": users})
    answers = []

    async def call() -> None:
        wrong = {"user_id": "somebody 00001 yyyyyyyyyyyyyyyyyyyyyyyyyyyyyy", "surname": "x"}
        answers.append(await client.call_tool("oobeya_update_user", wrong))

    async with connect() as client:
        start = time.process_time()
        assert await longest_stop(call) < 1
        assert time.process_time() - start < 4
    assert "there is no account" in text(answers[0])


async def test_many_names_are_looked_up_in_one_go() -> None:
    rows = [{"id": str(n), "name": f"Team {n}"} for n in range(5000)]
    source = Completes("list_teams", "id", names=("name",))
    start = time.process_time()
    assert ids_by_name(rows, source, [f"team {n}" for n in range(5000)])["team 77"] == ["77"]
    assert time.process_time() - start < 1
