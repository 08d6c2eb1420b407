"""A client's lines on stdio that nobody can read: each is answered, and half a character costs itself only."""

import json
from collections.abc import Sequence
from typing import Any

import anyio
import pytest
from mcp.shared._context_streams import create_context_streams
from mcp.shared.message import SessionMessage
from mcp_types import jsonrpc_message_adapter

from server.transports.lines import readable

pytestmark = pytest.mark.anyio
DEEP = '{"x":' * 10_000 + "1" + "}" * 10_000
CALL = '"method":"tools/call","params":{"name":"drumbeat_find_tools","arguments":'


async def spoken(lines: Sequence[str]) -> tuple[list[Any], list[Any]]:
    """What the server gets of a client's lines, and what the client is answered at once."""
    send, read = create_context_streams[SessionMessage | Exception](0)
    write, answered = create_context_streams[SessionMessage](0)
    got, answers = list[Any](), list[Any]()

    async def client() -> None:
        async with send:
            for line in lines:
                try:
                    await send.send(SessionMessage(jsonrpc_message_adapter.validate_json(line, by_name=False)))
                except ValueError as error:
                    await send.send(error)

    async def collect() -> None:
        async with answered:
            answers.extend([answer.message.model_dump(exclude_none=True) async for answer in answered])

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(client)
        tasks.start_soon(collect)
        async with readable(read, write) as messages:
            got += [message async for message in messages]
        await write.aclose()
    return got, answers


@pytest.mark.parametrize(
    ("line", "id"),
    [
        ('{"jsonrpc":"2.0","id":7,' + CALL + DEEP + "}}", 7),
        ("{" + CALL + DEEP + '},"jsonrpc":"2.0","id":7}', 7),
        ('{"id":"a-b","jsonrpc":"2.0",' + CALL + "[" * 10_000 + "}}", "a-b"),
        ('{"jsonrpc":"2.0","id":7,' + CALL + '{"id":8}', 7),
        ('{"jsonrpc":"2.0","id":7,' + CALL + "9" * 100_000 + "}}", 7),
    ],
)
async def test_a_line_that_cannot_be_read_is_answered_to_whoever_waits(line: str, id: int | str) -> None:
    got, [answer] = await spoken([line])
    assert (got, answer["id"], answer["error"]["code"]) == ([], id, -32600)


async def test_half_a_character_costs_itself_only() -> None:
    line = '{"jsonrpc":"2.0","id":7,' + CALL + r'{"query":"cut \ud83d, whole \ud83d\ude00"}}}'
    [message], answers = await spoken([line])
    assert answers == []
    assert message.message.params["arguments"] == {"query": "cut \ufffd, whole \U0001f600"}


@pytest.mark.parametrize("line", ["", "no json", "[]", "null", '"\\ud800"', '{"params":{"id":3},"x":', "\x00" * 9999])
async def test_a_line_of_nobody_is_passed_on_as_the_error_that_it_is(line: str) -> None:
    good = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping"})
    [error, message], answers = await spoken([line, good])
    assert isinstance(error, Exception)
    assert (message.message.id, answers) == (1, [])
