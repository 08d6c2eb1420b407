"""The least that reads a vendor: one shared HTTP client, the vendor's JSON as text, or as text and structure."""

import json
from typing import Any

import httpx
from mcp.server.mcpserver import MCPServer


def direct(client: httpx.AsyncClient) -> MCPServer[None]:
    """A server whose tools ask the vendor and give back what it said, without checks, limits or retries."""
    server: MCPServer[None] = MCPServer("direct")

    @server.tool()
    async def fetch(path: str) -> str:
        """Fetch from the vendor."""
        response = await client.get(path)
        return json.dumps(response.json())

    @server.tool()
    async def fetch_structured(path: str) -> dict[str, Any]:
        """Fetch from the vendor, as Drumbeat answers: as text, and as structure for programs."""
        response = await client.get(path)
        said: dict[str, Any] = response.json()
        return said

    return server
