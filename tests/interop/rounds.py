"""Fixtures that ask the client by the call's first answer, as clients from 2026-07-28 on are asked."""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.context import Context
from mcp.shared.exceptions import MCPError
from mcp_types import (
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    CallToolResult,
    CreateMessageRequest,
    CreateMessageRequestParams,
    CreateMessageResult,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequest,
    InputRequiredResult,
    ListRootsRequest,
    ListRootsResult,
    SamplingMessage,
    TextContent,
)

Asking = Context[Any, Any]
Reply = TypeVar("Reply", ElicitResult, CreateMessageResult, ListRootsResult)
Answered = CallToolResult | InputRequiredResult


def register(server: MCPServer[None]) -> None:
    """Add them to `server`."""
    for tool in (
        test_input_required_result_elicitation,
        test_input_required_result_sampling,
        test_input_required_result_list_roots,
        test_input_required_result_request_state,
        test_input_required_result_tampered_state,
        test_input_required_result_multiple_inputs,
        test_input_required_result_multi_round,
        test_input_required_result_capabilities,
        test_streaming_elicitation,
        test_missing_capability,
    ):
        server.add_tool(tool, structured_output=False)
    server.prompt()(test_input_required_result_prompt)


async def test_input_required_result_elicitation(ctx: Asking) -> Answered:
    """Ask for a name."""
    name = _field(ctx, "user_name", "name")
    if name is None:
        return _asked({"user_name": _form("What is your name?", "name")})
    return _text(f"Hello, {name}!")


async def test_streaming_elicitation(ctx: Asking) -> Answered:
    """Ask for a name."""
    return await test_input_required_result_elicitation(ctx)


async def test_input_required_result_sampling(ctx: Asking) -> Answered:
    """Ask the client's model."""
    reply = _reply(ctx, "capital_question", CreateMessageResult)
    if reply is None:
        return _asked({"capital_question": _question("What is the capital of France?", 100)})
    return _text(_words(reply))


async def test_input_required_result_list_roots(ctx: Asking) -> Answered:
    """Ask for the client's roots."""
    reply = _reply(ctx, "client_roots", ListRootsResult)
    if reply is None:
        return _asked({"client_roots": ListRootsRequest()})
    return _text(", ".join(str(root.uri) for root in reply.roots))


async def test_input_required_result_request_state(ctx: Asking) -> Answered:
    """Ask for a confirmation, and check what came back with it."""
    if _field(ctx, "confirm", "ok") is None or ctx.request_state is None:
        return _asked({"confirm": _form("Please confirm", "ok", "boolean")}, {"step": "confirm"})
    return _text("state-ok")


async def test_input_required_result_tampered_state(ctx: Asking) -> Answered:
    """Ask for a confirmation, and check what came back with it."""
    return await test_input_required_result_request_state(ctx)


async def test_input_required_result_multiple_inputs(ctx: Asking) -> Answered:
    """Ask for three things at once."""
    name = _field(ctx, "user_name", "name")
    greeting = _reply(ctx, "greeting", CreateMessageResult)
    roots = _reply(ctx, "client_roots", ListRootsResult)
    if name is None or greeting is None or roots is None:
        asked: dict[str, InputRequest] = {
            "user_name": _form("What is your name?", "name"),
            "greeting": _question("Generate a greeting", 50),
            "client_roots": ListRootsRequest(),
        }
        return _asked(asked, {"step": "all"})
    return _text(f"{name}: {_words(greeting)} ({len(roots.roots)} roots)")


async def test_input_required_result_multi_round(ctx: Asking) -> Answered:
    """Ask for a name, then for a colour."""
    known = json.loads(ctx.request_state or "{}")
    name = known.get("name") or _field(ctx, "step1", "name")
    if name is None:
        return _asked({"step1": _form("Step 1: What is your name?", "name")}, {"step": 1})
    color = _field(ctx, "step2", "color")
    if color is None:
        return _asked({"step2": _form("Step 2: What is your favorite color?", "color")}, {"step": 2, "name": name})
    return _text(f"{name} likes {color}")


async def test_input_required_result_capabilities(ctx: Asking) -> Answered:
    """Ask for what the client can answer."""
    able = ctx.client_capabilities
    asked: dict[str, InputRequest] = {}
    if able and able.elicitation:
        asked["user_name"] = _form("What is your name?", "name")
    if able and able.sampling:
        asked["greeting"] = _question("Generate a greeting", 50)
    return _text("Done") if ctx.input_responses else _asked(asked)


async def test_missing_capability(ctx: Asking) -> Answered:
    """Need the client's model."""
    if not (ctx.client_capabilities and ctx.client_capabilities.sampling):
        needed: dict[str, Any] = {"requiredCapabilities": {"sampling": {}}}
        raise MCPError(code=MISSING_REQUIRED_CLIENT_CAPABILITY, message="This needs sampling", data=needed)
    return _text("Done")


async def test_input_required_result_prompt(ctx: Asking) -> str | InputRequiredResult:
    """A prompt that asks for its context."""
    context = _field(ctx, "user_context", "context")
    if context is None:
        return _asked({"user_context": _form("What context should the prompt use?", "context")})
    return f"Use this context: {context}"


def _form(message: str, field: str, kind: str = "string") -> ElicitRequest:
    schema = {"type": "object", "properties": {field: {"type": kind}}, "required": [field]}
    return ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=schema))


def _question(text: str, tokens: int) -> CreateMessageRequest:
    message = SamplingMessage(role="user", content=TextContent(type="text", text=text))
    return CreateMessageRequest(params=CreateMessageRequestParams(messages=[message], max_tokens=tokens))


def _asked(requests: Mapping[str, InputRequest], state: dict[str, Any] | None = None) -> InputRequiredResult:
    return InputRequiredResult(input_requests=dict(requests), request_state=json.dumps(state) if state else None)


def _reply(ctx: Asking, key: str, kind: type[Reply]) -> Reply | None:
    reply = (ctx.input_responses or {}).get(key)
    return reply if isinstance(reply, kind) else None


def _field(ctx: Asking, key: str, field: str) -> Any:
    reply = _reply(ctx, key, ElicitResult)
    return (reply.content or {}).get(field) if reply and reply.action == "accept" else None


def _words(reply: CreateMessageResult) -> str:
    return reply.content.text if isinstance(reply.content, TextContent) else str(reply.content)


def _text(words: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=words)])
