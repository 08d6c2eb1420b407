"""A model that follows a script, over the APIs that agent hosts speak: chat, responses, messages and Gemini's.

It offers no thought: each request that lists tools is answered with the script's next call, and after the last with a
text. What it was offered and what it was told are kept. Where a host hides tools behind a search, it searches first.
"""

import json
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

Event = dict[str, Any]


@dataclass
class Scripted:
    """The model. calls: tool and arguments of each call, the tool by the last part of its name."""

    calls: list[tuple[str, dict[str, Any]]]
    offered: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    def app(self) -> Starlette:
        """Its server."""
        routes = [Route("/{path:path}", self._answer, methods=["GET", "POST"])]
        return Starlette(routes=routes)

    async def _answer(self, request: Request) -> Response:
        path = request.url.path
        self.paths.append(path)
        body = json.loads(await request.body() or b"{}")
        if path.endswith("/chat/completions"):
            return _streamed(self._chat(body))
        if path.endswith("/responses"):
            return _streamed(self._responses(body))
        if path.endswith("/messages"):
            return _streamed(self._messages(body))
        if path.endswith("/count_tokens"):
            return JSONResponse({"input_tokens": 1})
        if ":streamGenerateContent" in path:
            return _streamed(self._gemini(body))
        if ":generateContent" in path:
            return JSONResponse(next(iter(self._gemini(body))))
        if ":countTokens" in path:
            return JSONResponse({"totalTokens": 1})
        return JSONResponse({"data": [], "models": []})

    def _next(self, names: list[str], answers: list[str]) -> tuple[str, str] | None:
        """The next call, where tools are offered and the script goes on; else None."""
        searched = not any("drumbeat" in name for name in names)
        if searched and "tool_search" not in names:
            return None
        if searched and not answers:
            return "tool_search", json.dumps({"query": "drumbeat find tools read act", "max_results": 20})
        self.offered = re.findall(r'"name":\s*"(\w*drumbeat_\w+)', answers[0]) if searched else names
        self.told = answers[1:] if searched else answers
        if len(self.told) >= len(self.calls):
            return None
        tool, arguments = self.calls[len(self.told)]
        name = next(name for name in self.offered if name.endswith(tool))
        if searched:
            return "tool_call", json.dumps({"name": name, "arguments": arguments})
        return name, json.dumps(arguments)

    def _chat(self, body: Event) -> Iterator[Event]:
        names = [tool["function"]["name"] for tool in body.get("tools", [])]
        answers = [_text(message["content"]) for message in body["messages"] if message["role"] == "tool"]
        call = self._next(names, answers)
        delta: Event = {"role": "assistant", "content": "Done"}
        if call:
            function = {"name": call[0], "arguments": call[1]}
            tool_call = {"index": 0, "id": f"call{len(answers)}", "type": "function", "function": function}
            delta = {"role": "assistant", "tool_calls": [tool_call]}
        common = {"id": "scripted", "object": "chat.completion.chunk", "created": 1, "model": body["model"]}
        yield common | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
        finished = {"index": 0, "delta": {}, "finish_reason": "tool_calls" if call else "stop"}
        yield common | {"choices": [finished], "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}

    def _responses(self, body: Event) -> Iterator[Event]:
        names = {tool["name"]: None for tool in body.get("tools", []) if tool["type"] == "function"}
        spaces = [tool for tool in body.get("tools", []) if tool["type"] == "namespace"]
        within = {f"{space['name']}{tool['name']}": (space, tool) for space in spaces for tool in space["tools"]}
        answers = [_text(item["output"]) for item in body["input"] if item["type"] == "function_call_output"]
        call = self._next([*names, *within], answers)
        text = {"type": "output_text", "text": "Done"}
        item: Event = {"type": "message", "id": "m", "role": "assistant", "content": [text]}
        if call:
            item = {"type": "function_call", "id": "f", "call_id": f"call{len(answers)}", "arguments": call[1]}
            item["name"] = call[0]
            if call[0] in within:
                space, tool = within[call[0]]
                item |= {"namespace": space["name"], "name": tool["name"]}
        usage = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
        yield {"type": "response.created", "response": {"id": "r"}}
        yield {"type": "response.output_item.done", "output_index": 0, "item": item}
        yield {"type": "response.completed", "response": {"id": "r", "output": [item], "usage": usage}}

    def _messages(self, body: Event) -> Iterator[Event]:
        blocks = [block for message in body["messages"] for block in message["content"] if isinstance(block, dict)]
        answers = [_text(block["content"]) for block in blocks if block["type"] == "tool_result"]
        call = self._next([tool["name"] for tool in body.get("tools", [])], answers)
        block: Event = {"type": "text", "text": ""}
        delta: Event = {"type": "text_delta", "text": "Done"}
        if call:
            block = {"type": "tool_use", "id": f"call{len(answers)}", "name": call[0], "input": {}}
            delta = {"type": "input_json_delta", "partial_json": call[1]}
        message = {"id": "m", "type": "message", "role": "assistant", "model": body["model"], "content": []}
        usage = {"input_tokens": 1, "output_tokens": 1}
        yield {"type": "message_start", "message": message | {"stop_reason": None, "usage": usage}}
        yield {"type": "content_block_start", "index": 0, "content_block": block}
        yield {"type": "content_block_delta", "index": 0, "delta": delta}
        yield {"type": "content_block_stop", "index": 0}
        reason = "tool_use" if call else "end_turn"
        yield {"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": None}, "usage": usage}
        yield {"type": "message_stop"}

    def _gemini(self, body: Event) -> Iterator[Event]:
        declared = [each for tool in body.get("tools", []) for each in tool.get("functionDeclarations", [])]
        parts = [part for content in body["contents"] for part in content["parts"]]
        answers = [_text(part["functionResponse"]["response"]) for part in parts if "functionResponse" in part]
        call = self._next([each["name"] for each in declared], answers)
        part: Event = {"text": "Done"}
        if call:
            part = {"functionCall": {"name": call[0], "args": json.loads(call[1])}}
        candidate = {"content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0}
        yield {"candidates": [candidate], "usageMetadata": {"promptTokenCount": 1, "totalTokenCount": 2}}


def _text(content: Any) -> str:
    if isinstance(content, list) and all("text" in block for block in content):
        return "\n".join(block["text"] for block in content)
    return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)


def _streamed(events: Iterator[Event]) -> Response:
    async def lines() -> AsyncIterator[str]:
        for event in events:
            kind = f"event: {event['type']}\n" if "type" in event else ""
            yield f"{kind}data: {json.dumps(event)}\n\n"

    return StreamingResponse(lines(), media_type="text/event-stream")
