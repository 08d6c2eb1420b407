"""A client's lines that the SDK cannot read: mended where a text holds half a character, and answered otherwise.

The SDK drops them without a word, so that the client waits for ever.
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
from mcp.shared._context_streams import ContextReceiveStream, ContextSendStream, create_context_streams
from mcp.shared.message import SessionMessage
from mcp_types import INVALID_REQUEST, ErrorData, JSONRPCError, JSONRPCResponse, jsonrpc_message_adapter
from pydantic import ValidationError

from server.clean import whole_characters
from server.greeting import Greeting

Lines = ContextReceiveStream[SessionMessage | Exception]
ID = r'"id"\s*:\s*(?:(?P<number>\d{1,15})|"(?P<text>[^"\\]{1,100})")'
# Clients write it first or last; between, it may be that of something else.
FIRST, LAST = re.compile(r'\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?' + ID), re.compile(ID + r"\s*\}\s*$")
LONGEST_ID = 150
UNREADABLE = "This message is no JSON-RPC, or nested too deep: nothing was done."


@asynccontextmanager
async def readable(lines: Lines, answers: ContextSendStream[SessionMessage]) -> AsyncIterator[Lines]:
    """The messages of `lines`, those that could not be read mended; what cannot be is answered with an error."""
    mended, rest = create_context_streams[SessionMessage | Exception](0)

    async def read() -> None:
        async with lines, mended:
            async for message in lines:
                found = _mended(message) if isinstance(message, Exception) else message
                if isinstance(found, JSONRPCError):
                    await answers.send(SessionMessage(found))
                else:
                    await mended.send(found)

    async with rest, anyio.create_task_group() as tasks:
        tasks.start_soon(read)
        yield rest
        tasks.cancel_scope.cancel()


def _mended(error: Exception) -> SessionMessage | JSONRPCError | Exception:
    """The message that could not be read, or the answer to it; the error itself where it is not known to whom."""
    line = _line(error)
    try:
        return SessionMessage(jsonrpc_message_adapter.validate_json(whole_characters(line), by_name=False))
    except ValidationError:
        asked = FIRST.match(line[:LONGEST_ID].lstrip()) or LAST.search(line[-LONGEST_ID:])
    if not asked:
        return error
    number = int(asked["number"]) if asked["number"] else asked["text"]
    return JSONRPCError(jsonrpc="2.0", id=number, error=ErrorData(code=INVALID_REQUEST, message=UNREADABLE))


def _line(error: Exception) -> str:
    """The line that pydantic could not read."""
    faults: list[Any] = list(error.errors(include_url=False)) if isinstance(error, ValidationError) else []
    line = next((fault["input"] for fault in faults if fault["type"] == "json_invalid"), "")
    return line if isinstance(line, str) else ""


@asynccontextmanager
async def continued(
    greeting: Greeting, lines: Lines, answers: ContextSendStream[SessionMessage]
) -> AsyncIterator[tuple[Lines, ContextSendStream[SessionMessage]]]:
    """The lines with the first before them, which was read already, and the answers without the one to it."""
    all_lines, rest = create_context_streams[SessionMessage | Exception](0)
    given, said = create_context_streams[SessionMessage](0)

    async def read() -> None:
        async with lines, all_lines:
            if greeting.line:
                await all_lines.send(_message(greeting.line))
            async for message in lines:
                await all_lines.send(message)

    async def write() -> None:
        answered = greeting.answered
        async with answers, said:
            async for message in said:
                if _answers(message, answered):
                    answered = None
                else:
                    await answers.send(message)

    async with rest, given, anyio.create_task_group() as tasks:
        tasks.start_soon(read)
        tasks.start_soon(write)
        yield rest, given
        tasks.cancel_scope.cancel()


def _message(line: bytes) -> SessionMessage | Exception:
    try:
        return SessionMessage(jsonrpc_message_adapter.validate_json(line.decode(errors="replace"), by_name=False))
    except ValidationError as error:
        return error


def _answers(message: SessionMessage, number: int | str | None) -> bool:
    """Whether a message is the answer to request `number`, which goes to nobody any more."""
    sent = message.message
    return number is not None and isinstance(sent, JSONRPCResponse | JSONRPCError) and sent.id == number
