"""The least that reads a vendor: one tool, one shared HTTP client, the vendor's JSON as text."""

import json

import httpx
from mcp.server.mcpserver import MCPServer


def direct(client: httpx.AsyncClient) -> MCPServer[None]:
    """A server whose `fetch` asks the vendor and gives back what it said, without checks, limits or retries."""
    server: MCPServer[None] = MCPServer("direct")

    @server.tool()
    async def fetch(path: str) -> str:
        """Fetch from the vendor."""
        response = await client.get(path)
        return json.dumps(response.json())

    return server
