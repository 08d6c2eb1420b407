"""`python -m tests.picture` draws the README's conversation anew: what the server answers on the sandbox."""

from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anyio
from mcp import Client

from server.app import Drumbeat
from server.catalogue import read
from server.changes.asking import Person
from tests.client import Asked
from tests.conftest import agree, text
from tests.golden import NOON
from tests.vendors import Vendors, serve

FILE = Path(__file__).parents[1] / "docs" / "conversation.svg"
WIDTH, HEIGHT, MARGIN = 108, 19, 24
COLOURS = {"you": "#7ee787", "call": "#79c0ff", "ask": "#f2cc60", "text": "#c9d1d9"}
Line = tuple[str, str]
ITEM = "A135"


async def conversation(vendors: Vendors, journal: str) -> list[Line]:
    """What is said, line by line, each with who says it."""
    vendors.reset(journal)
    vendors.clock = lambda: NOON
    settings = vendors.settings(DRUMBEAT_RESULT_TOKENS="5500")
    lines: list[Line] = []
    asked = Asked(agree)
    server = Drumbeat(
        settings,
        vendors.catalogue,
        person=Person(fastest=0),
        connections=vendors.connections(settings),
        log_level="ERROR",
    )
    async with Client(server, cache=None, elicitation_callback=asked) as client:

        async def say(wish: str, tool: str, arguments: dict[str, Any], keep: slice) -> None:
            answer = text(await client.call_tool(tool, arguments)).splitlines()[keep]
            lines.append(("you", f"> {wish}"))
            lines.append(("call", f"  {tool}  {', '.join(f'{key}={value}' for key, value in arguments.items())}"))
            for question in asked:
                lines.extend(("ask", f"  ? {line}") for line in question.splitlines())
                lines.append(("you", "  > yes"))
            asked.clear()
            lines.extend(("text", f"    {line}") for line in answer)
            lines.append(("text", ""))

        await say(
            "How did the platform team deliver?", "insights_get_delivery_report", {"team": "platform"}, slice(1, 9)
        )
        await say("What needs me today?", "insights_get_attention_list", {"team": "platform"}, slice(2, 8))
        deletion = {"tool": "teamoclock_delete_action_item", "arguments": {"action_item_id": ITEM}}
        await say(f"Delete action item {ITEM}.", "drumbeat_act", deletion, slice(0, 1))
    return lines


def drawn(lines: list[Line]) -> str:
    """The lines as a picture of a terminal."""
    rows = [
        f'<text x="{MARGIN}" y="{MARGIN + HEIGHT * (at + 1)}" fill="{COLOURS[who]}">{escape(_clipped(line))}</text>'
        for at, (who, line) in enumerate(lines)
        if line
    ]
    high = 2 * MARGIN + HEIGHT * len(lines)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 {high}" font-size="14" xml:space="preserve" '
            'font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace">',
            "<title>A conversation with Drumbeat on its sandbox</title>",
            f'<rect width="960" height="{high}" rx="10" fill="#0d1117"/>',
            *rows,
            "</svg>\n",
        ]
    )


def _clipped(line: str) -> str:
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…"


def main() -> None:
    """Write the picture."""
    vendors = Vendors(read())
    with serve(vendors) as vendors.url, TemporaryDirectory() as folder:
        FILE.write_text(drawn(anyio.run(conversation, vendors, folder)), encoding="utf-8")


if __name__ == "__main__":
    main()
