"""Arguments of any size are answered in plain words, and what others ask is answered meanwhile."""

import json
from typing import Any

import pytest

from tests.attacks.test_vendor_bodies import longest_stop
from tests.conftest import Connect, text

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
