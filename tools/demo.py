"""`make demo`: the real server on the sandbox, a real client, and what an assistant would see."""

import os
import re
import sys
from pathlib import Path
from typing import Any

import anyio
from mcp import Client, StdioServerParameters
from mcp.client.context import ClientRequestContext
from mcp_types import CallToolResult, ElicitRequestParams, ElicitResult, TextContent

from server.wording import counted

BOLD, DIM, BLUE, GREEN, PLAIN = (
    ("\033[1m", "\033[2m", "\033[34m", "\033[32m", "\033[0m") if sys.stdout.isatty() else [""] * 5
)


STRUCTURED: Any = {"drumbeat/structured": True}
LINES_SHOWN = 5
WIDTH = 112
SECONDS_TO_READ = 0.5  # a machine's answer, which comes at once, counts for nothing


class User:
    """Stands in for the person in front of the client: shows each question, answers as the script says."""

    def __init__(self) -> None:
        self.agrees = False

    async def answer(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        """Answer a question of the server."""
        await anyio.sleep(SECONDS_TO_READ)
        reply = "yes" if self.agrees else "no"
        print(f"{GREEN}  the user is asked{PLAIN}\n{_indented(params.message)}\n{GREEN}  and says: {reply}{PLAIN}")
        if not self.agrees:
            return ElicitResult(action="decline")
        await anyio.sleep(0.3)  # a person reads first; a faster answer counts as a machine's
        return ElicitResult(action="accept", content={"agree": True})


async def main() -> None:
    """Start the server as a client would, and go through a tech lead's morning."""
    user = User()
    environment = {**os.environ, "DRUMBEAT_SANDBOX": "1"}
    command = StdioServerParameters(command=sys.executable, args=["-m", "server"], env=environment)
    async with Client(command, elicitation_callback=user.answer) as client:
        await _call(
            client, "How did the platform team deliver?", "insights_get_delivery_report", shown=9, team="platform"
        )
        await _call(client, "And what needs me today?", "insights_get_attention_list", shown=9, team="platform")
        item: dict[str, Any] = {"team": "platform", "text": "Alert on failed deployments within five minutes"}
        noted = await _call(client, "Note what we agreed.", "teamoclock_create_action_item", shown=2, **item)
        number = (noted.structured_content or {})["id"]
        deletion: dict[str, Any] = {"tool": "teamoclock_delete_action_item", "arguments": {"action_item_id": number}}
        await _call(client, "Delete it again. (The user declines.)", "drumbeat_act", **deletion)
        user.agrees = True
        await _call(client, "Delete it after all. (The user agrees.)", "drumbeat_act", **deletion)
        await _show_undo(client)
        await _show_surface(client)
    _say_how_to_connect()


async def _show_surface(client: Client) -> None:
    listed = len((await client.list_tools()).tools)
    found = re.search(r"there are (\d+)", client.instructions or "")
    _title("What it costs the assistant")
    print(f"  {listed} tools are listed, of {found[1] if found else 'many'}; it finds and calls all others.\n")


async def _show_undo(client: Client) -> None:
    listed = await client.call_tool("drumbeat_list_changes", {"limit": 2}, meta=STRUCTURED)
    changes = (listed.structured_content or {})["items"]
    change = changes["rows"][0][changes["columns"].index("change_id")]
    await _call(client, "That was a mistake. Take it back.", "drumbeat_undo_change", change_id=change)


async def _call(
    client: Client, wish: str, tool: str, /, *, shown: int = LINES_SHOWN, **arguments: Any
) -> CallToolResult:
    _title(wish)
    print(_named(tool, arguments))
    result = await client.call_tool(tool, arguments, meta=STRUCTURED)
    lines = "\n".join(block.text for block in result.content if isinstance(block, TextContent)).splitlines()
    print(_indented("\n".join(_clipped(line) for line in lines[:shown])))
    if len(lines) > shown:
        print(f"{DIM}    … {counted(len(lines) - shown, 'more line')}{PLAIN}")
    print()
    return result


def _clipped(line: str) -> str:
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…"


def _named(tool: str, arguments: dict[str, Any]) -> str:
    return f"{BLUE}  {tool}({', '.join(f'{key}={value!r}' for key, value in arguments.items())}){PLAIN}"


def _title(text: str) -> None:
    print(f"{BOLD}{text}{PLAIN}")


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())


def _say_how_to_connect() -> None:
    command = Path(sys.executable).with_name("drumbeat")
    _title("Connect your own client, on these made-up data")
    print(f"  {command} install claude-code --sandbox")
    print("  or claude-desktop, cursor, vscode, codex, gemini-cli, ...; the README has the next step, your own data.")


if __name__ == "__main__":
    anyio.run(main)
