"""What the catalogue says that a tool answers with, as what checks it."""

from functools import cache

import jsonschema  # type: ignore[import-untyped]
from mcp_types import CallToolResult
from referencing import Registry

from server.catalogue import Catalogue


class Promised:
    """Checks the structure of answers, also of tools that are not listed or are listed without a promise.

    The SDK's client lists all tools before it checks the first answer of each, for thousands of clients here.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._schemas = {entry.name: entry.output_schema for entry in catalogue.tools}
        self._validator = cache(self._compiled)

    def _compiled(self, tool: str) -> jsonschema.Draft202012Validator:
        return jsonschema.Draft202012Validator(self._schemas[tool], registry=Registry())

    async def check(self, name: str, result: CallToolResult) -> None:
        """Raise where a structure is not what the tool promises: stands in for ClientSession.validate_tool_result."""
        if result.structured_content is not None:
            self._validator(name).validate(result.structured_content)
