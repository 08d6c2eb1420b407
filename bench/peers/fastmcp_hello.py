"""The same on FastMCP. Run as a file by an interpreter that has it, see bench/README.md."""

from fastmcp import FastMCP  # type: ignore[import-not-found, unused-ignore]

server = FastMCP("bare")


@server.tool  # type: ignore[untyped-decorator, unused-ignore]
async def hello(name: str) -> str:
    """Say hello."""
    return f"Hello {name}"


if __name__ == "__main__":
    server.run(show_banner=False)
