"""The bare server over HTTP: `python -m bench.peers.bare_http PORT FILE` gives FILE's text whatever it is asked for."""

import sys
from pathlib import Path

from mcp.server.mcpserver import MCPServer


def main() -> None:
    """Serve what the command line says."""
    port, text = int(sys.argv[1]), Path(sys.argv[2]).read_text(encoding="utf-8")
    # At this level uvicorn writes no access log either: the least that it can cost.
    server: MCPServer[None] = MCPServer("bare", log_level="ERROR")

    @server.tool(structured_output=False)
    async def read(action_item_id: str = "", status: str = "") -> str:
        """Read one thing."""
        return text

    server.run("streamable-http", port=port)


if __name__ == "__main__":
    main()
