"""`make demo`: the real server on the sandbox, a real client, and what an assistant would see."""

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
from mcp import Client, StdioServerParameters
from mcp.client.context import ClientRequestContext
from mcp_types import CallToolResult, ElicitRequestParams, ElicitResult, TextContent

BOLD, DIM, BLUE, GREEN, PLAIN = (
    ("\033[1m", "\033[2m", "\033[34m", "\033[32m", "\033[0m") if sys.stdout.isatty() else [""] * 5
)


STRUCTURED: Any = {"drumbeat/structured": True}
LINES_SHOWN = 5
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
        await _compare_months(client)
        item = {"team": "platform", "text": "Alert on failed deployments within five minutes"}
        noted = await _call(client, "Note what we agreed.", "teamoclock_create_action_item", shown=2, **item)
        deletion = _deletion("action_item", noted)
        await _call(client, "Delete it again. (The user declines.)", "drumbeat_act", **deletion)
        user.agrees = True
        await _call(client, "Delete it after all. (The user agrees.)", "drumbeat_act", **deletion)
        await _show_undo(client)
        retro = await _call(client, "Start the team's retro.", "teamoclock_create_retro", team="Platform")
        await _call(client, "No, delete that retro.", "drumbeat_act", **_deletion("retro", retro))
        await _show_surface(client)
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
    changes = (listed.structured_content or {})["items"]
    change = changes["rows"][0][changes["columns"].index("change_id")]
    await _call(client, "That last one was a mistake. Take it back.", "drumbeat_undo_change", change_id=change)


def _deletion(kind: str, created: CallToolResult) -> dict[str, Any]:
    """A call of a tool that is not listed, as `drumbeat_act` takes it."""
    number = (created.structured_content or {})["id"]
    return {"tool": f"teamoclock_delete_{kind}", "arguments": {f"{kind}_id": number}}


async def _compare_months(client: Client) -> None:
    """This month's numbers beside last month's, as an assistant would put them."""
    _title("How did the platform team deliver, this month against last?")
    first = datetime.now(UTC).date().replace(day=1)
    last_day = first - timedelta(days=1)
    months = []
    for start, end in ((str(first), "today"), (str(last_day.replace(day=1)), str(last_day))):
        period = {"team_id": "team-platform", "from_time": start, "to_time": end}
        print(_named("oobeya_get_dora_summary", period))
        summary = await client.call_tool("oobeya_get_dora_summary", period, meta=STRUCTURED)
        months.append(summary.structured_content or {})
    for metric, now in months[0].items():
        if isinstance(now, dict) and "formattedValue" in now:
            print(f"    {metric}: {now['formattedValue']}, last month {months[1][metric]['formattedValue']}")


async def _call(
    client: Client, wish: str, tool: str, /, *, shown: int = LINES_SHOWN, **arguments: Any
) -> CallToolResult:
    _title(wish)
    print(_named(tool, arguments))
    result = await client.call_tool(tool, arguments, meta=STRUCTURED)
    lines = "\n".join(block.text for block in result.content if isinstance(block, TextContent)).splitlines()
    print(_indented("\n".join(lines[:shown])))
    if len(lines) > shown:
        print(f"{DIM}    … {len(lines) - shown} more{PLAIN}")
    return result


def _named(tool: str, arguments: dict[str, Any]) -> str:
    return f"{BLUE}  {tool}({', '.join(f'{key}={value!r}' for key, value in arguments.items())}){PLAIN}"


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
