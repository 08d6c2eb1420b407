"""The list of tools as a client is shown it; some clients show it to their model, some only search in it."""

from functools import cached_property
from typing import Any

from mcp_types import Tool, ToolAnnotations

from server.access import Access
from server.apps import FOR_PAGES
from server.catalogue import PublishedTool
from server.selection import FINDER, Selection, input_schema
from server.settings import Settings

# Clients whose model is shown no tool before it has searched for it with the client's own search, by how their
# names begin. A long list costs their models nothing, and is what that search finds the tools in.
DEFERRING = {
    "claude-code": "Claude Code 2.1.330, run on 2026-11-24: ToolSearch; the model sees names only",
    "codex-mcp-client": "Codex 0.169.0, run on 2026-11-24: tool_search; the model sees nothing",
    "qwen-cli-mcp-client": "Qwen Code 0.24.4, run on 2026-11-24: tool_search; the model sees names and descriptions",
}
# What Claude Code reads beside a tool: show it from the start; words that its search looks in; how long an answer of
# it may be before it goes to a file.
FROM_THE_START, SEARCH_WORDS, LONGEST = "anthropic/alwaysLoad", "anthropic/searchHint", "anthropic/maxResultSizeChars"
PASSED_UNASKED, CHARACTERS_A_TOKEN = 30_000, 4


def defers(client: str) -> bool:
    """Whether a client of this name keeps its list of tools from its model."""
    return client.startswith(tuple(DEFERRING))


class Listing:
    """The tools of one server as its clients are shown them."""

    def __init__(self, settings: Settings, selection: Selection) -> None:
        self._settings = settings
        self._selection = selection
        self.short = [self._tool(entry) for entry in selection.listed.values()]

    def of(self, client: str, shows_pages: bool = False) -> list[Tool]:
        """The tools that a client of this name is shown; who shows pages is told of those that only they call."""
        listed = self._long if defers(client) else self.short
        return [*listed, *self._for_pages] if shows_pages else listed

    @cached_property
    def _for_pages(self) -> list[Tool]:
        return [self._tool(entry) for entry in self._selection.for_pages.values()]

    @cached_property
    def _long(self) -> list[Tool]:
        """All tools, unless the operator said which to list; each with more words to find it by."""
        chosen = "toolsets" in self._settings.model_fields_set
        entries = self._selection.listed if chosen else self._selection.callable
        return [self._tool(entry, entry.hint) for entry in entries.values()]

    def _tool(self, entry: PublishedTool, hint: str = "") -> Tool:
        access = entry.access
        if entry.gateway and access is not Access.READ:
            access = self._settings.access  # the most that a tool it calls may do
        hints = ToolAnnotations(
            read_only_hint=access is Access.READ,
            # False means additive only, to the letter of the protocol; whether somebody is asked is another matter.
            destructive_hint=access is Access.DESTRUCTIVE or entry.overwrites,
            idempotent_hint=entry.idempotent,
            open_world_hint=True,
        )
        return Tool(
            name=entry.name,
            title=entry.title,
            description=entry.description,
            input_schema=input_schema(entry, self._settings),
            # Three hosts take it for an error where a tool with an output schema answers in text alone.
            output_schema=None if self._settings.answers == "text" else entry.output_schema,
            annotations=hints,
            _meta=self._meta(entry, hint) or None,
        )

    def _meta(self, entry: PublishedTool, hint: str) -> dict[str, Any]:
        app = self._selection.app_of(entry.name)
        meta: dict[str, Any] = app.tool_meta if app else {}
        if entry.name in self._selection.for_pages:
            meta = dict(FOR_PAGES)
        if entry.gateway or entry.name == FINDER:
            meta[FROM_THE_START] = True
        if hint:
            meta[SEARCH_WORDS] = hint
        if (longest := self._settings.result_tokens * CHARACTERS_A_TOKEN) > PASSED_UNASKED:
            meta[LONGEST] = longest
        return meta
