"""A client that is a program: it asks for the structure of every answer beside the text."""

from typing import Any

from mcp import Client
from mcp_types import CallToolResult

STRUCTURED: Any = {"drumbeat/structured": True}


class Program(Client):
    """Reads columns and rows as the list of objects that they say."""

    async def call_tool(self, *args: Any, meta: Any = None, **kwargs: Any) -> CallToolResult:
        """Call a tool."""
        result = await super().call_tool(*args, meta=STRUCTURED | (meta or {}), **kwargs)
        data = result.structured_content
        return result if data is None else result.model_copy(update={"structured_content": unfolded(data)})


def unfolded(value: Any) -> Any:
    """Data with its lists of objects as such."""
    if isinstance(value, list):
        return [unfolded(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"columns", "rows"}:
        rows = [dict(zip(value["columns"], unfolded(row), strict=True)) for row in value["rows"]]
        return [{name: item for name, item in row.items() if item is not None} for row in rows]
    return {name: unfolded(item) for name, item in value.items()}
