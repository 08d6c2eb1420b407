"""What the model of each kind of host reads of a result, as eight hosts were seen to do it (2026-11-24)."""

import json
from collections.abc import Callable
from typing import Any

from mcp_types import CallToolResult

from bench.subject import text_of

MOST_CHARACTERS = 8000  # of Cline, which takes out the middle of what is longer

Reads = Callable[[CallToolResult], str]


def _plain(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _structure(result: CallToolResult) -> str:
    return text_of(result) if result.structured_content is None else _plain(result.structured_content)


def _both(result: CallToolResult) -> str:
    parts = [] if result.structured_content is None else [_plain(result.structured_content)]
    return "\n".join([text_of(result), *parts])


def _whole(result: CallToolResult) -> str:
    whole = json.dumps(result.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"meta"}), indent=2)
    if len(whole) <= MOST_CHARACTERS:
        return whole
    half = MOST_CHARACTERS // 2
    return f"{whole[:half]}\n...\n{whole[-half:]}"


def _blocks(result: CallToolResult) -> str:
    return _plain([block.model_dump(mode="json", exclude_none=True) for block in result.content])


HOSTS: dict[str, tuple[str, Reads]] = {
    "text": ("Gemini CLI, opencode", text_of),
    "structure, else text": ("Claude Code, Codex", _structure),
    "text and structure": ("Copilot CLI, Qwen Code", _both),
    "the result object, cut at 8,000": ("Cline", _whole),
    "text as an array of blocks": ("Continue", _blocks),
}
