"""Fixtures that ask the client while the call waits, as clients up to 2025-11-25 are asked."""

from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.context import Context
from mcp_types import CreateMessageResult, ElicitResult, SamplingMessage, TextContent

ONE_OF = ["option1", "option2", "option3"]
ACCOUNT = {
    "username": {"type": "string", "description": "User's response"},
    "email": {"type": "string", "description": "User's email address"},
}
DEFAULTS = {
    "name": {"type": "string", "default": "John Doe"},
    "age": {"type": "integer", "default": 30},
    "score": {"type": "number", "default": 95.5},
    "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
    "verified": {"type": "boolean", "default": True},
}


def register(server: MCPServer[None]) -> None:
    """Add them to `server`."""
    for tool in (test_sampling, test_elicitation, test_elicitation_sep1034_defaults, test_elicitation_sep1330_enums):
        server.add_tool(tool, structured_output=False)


async def test_sampling(prompt: str, ctx: Context[Any, Any]) -> str:
    """Ask the client's model."""
    question = SamplingMessage(role="user", content=TextContent(type="text", text=prompt))
    answer = await ctx.session.create_message([question], max_tokens=100, related_request_id=ctx.request_id)
    assert isinstance(answer, CreateMessageResult)
    return f"LLM response: {answer.content.text if isinstance(answer.content, TextContent) else answer.content}"


async def test_elicitation(message: str, ctx: Context[Any, Any]) -> str:
    """Ask the user."""
    answer = await _ask(ctx, message, ACCOUNT, required=[*ACCOUNT])
    return f"User response: {answer.action}, content: {answer.content}"


async def test_elicitation_sep1034_defaults(ctx: Context[Any, Any]) -> str:
    """Ask by a form that is filled in already."""
    answer = await _ask(ctx, "Check what is filled in", DEFAULTS)
    return f"Elicitation completed: action={answer.action}, content={answer.content}"


async def test_elicitation_sep1330_enums(ctx: Context[Any, Any]) -> str:
    """Ask by every kind of choice."""
    choices = {
        "untitledSingle": {"type": "string", "enum": ONE_OF},
        "titledSingle": {"type": "string", "oneOf": _titled("Option")},
        "legacyEnum": {
            "type": "string",
            "enum": ["opt1", "opt2", "opt3"],
            "enumNames": ["Option One", "Option Two", "Option Three"],
        },
        "untitledMulti": {"type": "array", "items": {"type": "string", "enum": ONE_OF}},
        "titledMulti": {"type": "array", "items": {"anyOf": _titled("Choice")}},
    }
    answer = await _ask(ctx, "Choose", choices)
    return f"Elicitation completed: action={answer.action}, content={answer.content}"


def _titled(noun: str) -> list[dict[str, str]]:
    ordinals = ("First", "Second", "Third")
    return [{"const": f"value{place}", "title": f"{word} {noun}"} for place, word in enumerate(ordinals, 1)]


async def _ask(
    ctx: Context[Any, Any], message: str, properties: dict[str, Any], required: list[str] | None = None
) -> ElicitResult:
    form = {"type": "object", "properties": properties, "required": required or []}
    answer: ElicitResult = await ctx.session.elicit_form(message, form, ctx.request_id)
    return answer
