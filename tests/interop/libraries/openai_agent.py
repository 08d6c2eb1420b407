"""An agent of openai-agents whose model is a script. Usage: openai_agent.py TARGET...  One JSON object on stdout."""
# mypy: ignore-errors
# What it imports is in an environment of its own.

import asyncio
import json
import os
import sys
from typing import Any

from agents import Agent, Model, ModelResponse, Runner, Usage, set_tracing_disabled
from agents.mcp import MCPServerStdio, MCPServerStreamableHttp
from openai.types.responses import ResponseFunctionToolCall, ResponseOutputMessage, ResponseOutputText

seen: dict[str, Any] = {"answers": []}
calls = json.loads(os.environ["SCRIPT"])


class Script(Model):
    """Makes the next call of the script; notes what the one before was answered with."""

    made = 0

    async def get_response(self, system_instructions, input, model_settings, tools, *_, **__):
        """The next step."""
        seen["tools"] = [tool.name for tool in tools]
        if self.made:
            output = input[-1]["output"]
            seen["answers"].append(output if isinstance(output, str) else json.dumps(output, ensure_ascii=False))
        number, self.made = self.made, self.made + 1
        return ModelResponse(
            output=[_call(number) if number < len(calls) else _done()], usage=Usage(), response_id=None
        )

    def stream_response(self, *_: Any, **__: Any) -> Any:
        """Nothing streams here."""
        raise NotImplementedError


def _call(number: int) -> ResponseFunctionToolCall:
    call, identity = calls[number], f"call-{number}"
    arguments = json.dumps(call["arguments"])
    return ResponseFunctionToolCall(type="function_call", call_id=identity, name=call["tool"], arguments=arguments)


def _done() -> ResponseOutputMessage:
    text = ResponseOutputText(type="output_text", text="Done", annotations=[])
    return ResponseOutputMessage(id="done", type="message", role="assistant", status="completed", content=[text])


async def main(target: list[str]) -> None:
    """Run the script."""
    set_tracing_disabled(True)
    if target[0].startswith("http"):
        server: Any = MCPServerStreamableHttp(params={"url": target[0]})
    else:
        server = MCPServerStdio(params={"command": target[0], "args": target[1:], "env": dict(os.environ)})
    async with server:
        agent = Agent(name="scripted", model=Script(), mcp_servers=[server])
        seen["output"] = (await Runner.run(agent, "Go")).final_output
    print(json.dumps(seen))


asyncio.run(main(sys.argv[1:]))
