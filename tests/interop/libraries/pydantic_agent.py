"""An agent of pydantic-ai whose model is a script. Usage: pydantic_agent.py TARGET...  One JSON object on stdout."""
# mypy: ignore-errors
# What it imports is in an environment of its own.

import asyncio
import json
import os
import sys
from typing import Any

from pydantic_ai import Agent
from pydantic_ai.mcp import MCPToolset, StdioTransport
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

seen: dict[str, Any] = {"answers": []}
calls = json.loads(os.environ["SCRIPT"])


async def script(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    """Make the next call of the script; note what the one before was answered with."""
    seen["tools"] = [tool.name for tool in info.function_tools]
    seen["instructions"] = info.instructions
    made = sum(isinstance(message, ModelResponse) for message in messages)
    if made:
        seen["answers"] += [str(part.content) for part in messages[-1].parts]
    if made == len(calls):
        return ModelResponse([TextPart("Done")])
    return ModelResponse([ToolCallPart(calls[made]["tool"], calls[made]["arguments"])])


async def main(target: list[str]) -> None:
    """Run the script."""
    client = target[0] if target[0].startswith("http") else StdioTransport(target[0], target[1:], env=dict(os.environ))
    toolset = MCPToolset(client, include_instructions=True, max_retries=3)
    agent = Agent(FunctionModel(script), toolsets=[toolset])
    async with agent:
        seen["output"] = (await agent.run("Go")).output
    print(json.dumps(seen))


asyncio.run(main(sys.argv[1:]))
