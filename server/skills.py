"""The prompts as Agent Skills, served over MCP: SEP-2640, `skills/list` and `skills/get`.

A skill is one file, `skill://NAME/SKILL.md`, which `resources/read` gives. The plugin has the same files.
"""

import json
import re
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any

from mcp import MCPError
from mcp.server.context import ServerRequestContext
from mcp.server.extension import Extension, MethodBinding
from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp_types import INVALID_PARAMS, PaginatedRequestParams, RequestParams

from server.catalogue import PublishedPrompt
from server.clean import visible
from server.prompts import FOLDER, Prompts, body

MIME = "text/markdown"
URI = re.compile(r"skill://([\w-]+)/SKILL\.md")
LONGEST_SHOWN = 200
# What they say changes with a release alone, which of them there are with a caller's rights.
FRESH_FOR = {"ttlMs": 300_000, "cacheScope": "private"}


class Named(RequestParams):
    """The parameters of `skills/get`."""

    uri: str


class Skills(Extension):
    """The methods, for a server whose prompts `seen` gives: those of whoever asks."""

    identifier = "io.modelcontextprotocol/skills"

    def __init__(self, seen: Callable[[], Prompts]) -> None:
        self._seen = seen

    def methods(self) -> Sequence[MethodBinding]:
        """`skills/list` and `skills/get`, for clients of both eras."""
        return (
            MethodBinding("skills/list", PaginatedRequestParams, self._list),
            MethodBinding("skills/get", Named, self._get),
        )

    async def _list(self, context: ServerRequestContext[Any, Any], params: PaginatedRequestParams) -> dict[str, Any]:
        return {"skills": [_entry(prompt) for prompt in self._seen().published.values()], **FRESH_FOR}

    async def _get(self, context: ServerRequestContext[Any, Any], params: Named) -> dict[str, Any]:
        prompts = self._seen()
        prompt = _find(params.uri, prompts)
        if prompt is None:
            there = ", ".join(map(_uri, prompts.published)) or "none"
            asked = visible(params.uri[:LONGEST_SHOWN])
            raise MCPError(INVALID_PARAMS, f"No skill is served at {asked}; there are {there}.")
        return {"skill": _entry(prompt), **FRESH_FOR}


def skill(uri: str, prompts: Prompts) -> ReadResourceContents | None:
    """The file of a skill, where the URI is that of one."""
    prompt = _find(uri, prompts)
    return ReadResourceContents(content=written(prompt), mime_type=MIME) if prompt else None


def written(prompt: PublishedPrompt) -> str:
    """The prompt as a skill, which has no arguments: what it needs is named, and taken from what the user said."""
    text = re.sub(r"{(\w+)}", r"<\1>", body(FOLDER / prompt.file))
    needed = [
        f"- <{one.name}>: {one.description}; {'ask where it was not said' if one.default is None else one.default}"
        for one in prompt.arguments
    ]
    given = ["Take from what the user said:", "", *needed, ""] if needed else []
    head = ["---", f"name: {prompt.name}", f"description: {json.dumps(prompt.description, ensure_ascii=False)}", "---"]
    return "\n".join([*head, "", f"# {prompt.title}", "", *given, text]) + "\n"


def _find(uri: str, prompts: Prompts) -> PublishedPrompt | None:
    found = URI.fullmatch(uri)
    return prompts.published.get(found[1]) if found else None


def _uri(name: str) -> str:
    return f"skill://{name}/SKILL.md"


def _entry(prompt: PublishedPrompt) -> dict[str, Any]:
    """A skill as a host shows it, with the digest that it checks the file against."""
    data, uri = written(prompt).encode(), _uri(prompt.name)
    file = {"uri": uri, "digest": f"sha256:{sha256(data).hexdigest()}", "size": len(data)}
    return {"uri": uri, "frontmatter": {"name": prompt.name, "description": prompt.description}, "resources": [file]}
