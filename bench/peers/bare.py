"""The bare server: one tool, nothing else, on the SDK that Drumbeat uses. `python -m bench.peers.bare` serves stdio."""

from mcp.server.mcpserver import MCPServer

server = MCPServer("bare")


@server.tool()
async def hello(name: str) -> str:
    """Say hello."""
    return f"Hello {name}"


if __name__ == "__main__":
    server.run()
