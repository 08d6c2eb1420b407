"""`make demo`: the real server on the sandbox, a real client, and what an assistant would see."""

import os
import sys
from pathlib import Path
from typing import Any

import anyio
from mcp import Client, StdioServerParameters
from mcp.client.context import ClientRequestContext
from mcp_types import CallToolResult, ElicitRequestParams, ElicitResult, TextContent

BOLD, DIM, BLUE, GREEN, PLAIN = (
    ("\033[1m", "\033[2m", "\033[34m", "\033[32m", "\033[0m") if sys.stdout.isatty() else [""] * 5
)


class User:
    """Stands in for the person in front of the client: shows each question, answers as the script says."""

    def __init__(self) -> None:
        self.agrees = False

    async def answer(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        """Answer a question of the server."""
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
        await _show_surface(client)
        await _call(client, "How did the platform team deliver?", "oobeya_get_dora_summary", team_id="team-platform")
        await _call(client, "Bring its numbers up to date.", "oobeya_trigger_analysis", team_ids=["team-platform"])
        retro = await _call(client, "Create Thursday's retro.", "teamoclock_create_retro", team="platform")
        item = {"team": "platform", "text": "Alert on failed deployments within five minutes"}
        noted = await _call(client, "And note what we agreed.", "teamoclock_create_action_item", **item)
        deletion = _deletion("retro", retro)
        await _call(client, "Delete that retro. (The user declines.)", "drumbeat_act", **deletion)
        user.agrees = True
        await _call(client, "Delete that retro. (The user agrees.)", "drumbeat_act", **deletion)
        await _call(client, "Delete that action item, too.", "drumbeat_act", **_deletion("action_item", noted))
        await _show_undo(client)
    _say_how_to_connect()


async def _show_surface(client: Client) -> None:
    _title("What the assistant is told")
    print(_indented(client.instructions or ""))
    names = [tool.name for tool in (await client.list_tools()).tools]
    templates = (await client.list_resource_templates()).resource_templates
    vendors = dict.fromkeys(name.split("_")[0] for name in names)
    counts = ", ".join(f"{vendor} {sum(name.startswith(f'{vendor}_') for name in names)}" for vendor in vendors)
    print(f"{DIM}  {len(names)} tools ({counts}), {len(templates)} resource templates{PLAIN}")


async def _show_undo(client: Client) -> None:
    listed = await _call(client, "What have you changed so far?", "drumbeat_list_changes", limit=3)
    change = (listed.structured_content or {})["items"][0]["change_id"]
    await _call(client, "That last one was a mistake. Take it back.", "drumbeat_undo_change", change_id=change)


def _deletion(kind: str, created: CallToolResult) -> dict[str, Any]:
    """A call of a tool that is not listed, as `drumbeat_act` takes it."""
    number = (created.structured_content or {})["id"]
    return {"tool": f"teamoclock_delete_{kind}", "arguments": {f"{kind}_id": number}}


async def _call(client: Client, wish: str, tool: str, /, **arguments: Any) -> CallToolResult:
    _title(wish)
    print(f"{BLUE}  {tool}({', '.join(f'{key}={value!r}' for key, value in arguments.items())}){PLAIN}")
    result = await client.call_tool(tool, arguments)
    print(_indented("\n".join(block.text for block in result.content if isinstance(block, TextContent))))
    return result


def _title(text: str) -> None:
    print(f"\n{BOLD}{text}{PLAIN}")


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())


def _say_how_to_connect() -> None:
    command = Path(sys.executable).with_name("drumbeat")
    _title("Connect your own client")
    print(
        f"""\
  Still on the sandbox; leave DRUMBEAT_SANDBOX out and set your vendors' variables (README) for the real thing.

  Claude Code     claude mcp add drumbeat -e DRUMBEAT_SANDBOX=1 -- {command}
  VS Code         code --add-mcp '{{"name":"drumbeat","command":"{command}","env":{{"DRUMBEAT_SANDBOX":"1"}}}}'
  Claude Desktop  Settings > Developer > Edit Config        (claude_desktop_config.json)
  Cursor          Settings > MCP > Add server               (~/.cursor/mcp.json)
                  {{"mcpServers":{{"drumbeat":{{"command":"{command}","env":{{"DRUMBEAT_SANDBOX":"1"}}}}}}}}"""
    )


if __name__ == "__main__":
    anyio.run(main)
