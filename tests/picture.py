"""`python -m tests.picture` draws the README's conversation anew: what the server answers on the sandbox."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anyio
from mcp import Client
from mcp_types import ElicitResult

from server.app import Drumbeat
from server.catalogue import read
from server.changes.asking import Person
from tests.conftest import agree, decline, text
from tests.golden import NOON
from tests.vendors import Vendors, serve

FILE = Path(__file__).parents[1] / "docs" / "conversation.svg"
GUARD = FILE.with_name("guard.svg")
WIDTH, HEIGHT, MARGIN = 108, 19, 24
COLOURS = {"you": "#7ee787", "call": "#79c0ff", "ask": "#f2cc60", "text": "#c9d1d9"}
Line = tuple[str, str]
ITEM = "A135"
DELETION = {"tool": "teamoclock_delete_action_item", "arguments": {"action_item_id": ITEM}}
CHANGE_ID = re.compile(r"\b\d{8}-\d{6}-[0-9a-f]{12}\b")


class Talk:
    """What a user, an assistant and the server say, line by line, each with who says it."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.agrees = True

    async def answer(self, context: Any, params: Any) -> ElicitResult:
        """Answer a question, and write both down."""
        self.lines.extend(("ask", f"  ? {line}") for line in params.message.splitlines())
        self.lines.append(("you", f"  > {'yes' if self.agrees else 'no'}"))
        return await (agree if self.agrees else decline)(context, params)

    async def say(self, client: Client, wish: str, tool: str, arguments: dict[str, Any], keep: slice) -> None:
        """A wish, the call that the assistant makes of it, and these lines of the answer."""
        said = ", ".join(f"{key}={value}" for key, value in arguments.items())
        self.lines += [("you", f"> {wish}"), ("call", f"  {tool}  {CHANGE_ID.sub('CHANGE_ID', said)}")]
        answer = text(await client.call_tool(tool, arguments)).splitlines()[keep]
        self.lines += [*(("text", f"    {line}") for line in answer), ("text", "")]


@asynccontextmanager
async def talking(vendors: Vendors, journal: str) -> AsyncIterator[tuple[Talk, Client]]:
    """A talk with a client of a server on the sandbox, whose day stands still."""
    vendors.reset(journal)
    vendors.clock = lambda: NOON
    settings, talk = vendors.settings(DRUMBEAT_RESULT_TOKENS="5500"), Talk()
    connections, quick = vendors.connections(settings), Person(fastest=0)
    server = Drumbeat(settings, vendors.catalogue, person=quick, connections=connections, log_level="ERROR")
    async with Client(server, cache=None, elicitation_callback=talk.answer) as client:
        yield talk, client


async def conversation(vendors: Vendors, journal: str) -> list[Line]:
    """The README's: a report, what needs attention, a delete."""
    team = {"team": "platform"}
    async with talking(vendors, journal) as (talk, client):
        question = "How did the platform team deliver?"
        await talk.say(client, question, "insights_get_delivery_report", team, slice(1, 9))
        await talk.say(client, "What needs me today?", "insights_get_attention_list", team, slice(2, 8))
        await talk.say(client, f"Delete action item {ITEM}.", "drumbeat_act", DELETION, slice(0, 1))
    return talk.lines


async def guarded(vendors: Vendors, journal: str) -> list[Line]:
    """The one on the page of the guard: a delete that is refused, one that is agreed to, and its undo."""
    async with talking(vendors, journal) as (talk, client):
        talk.agrees = False
        await talk.say(client, f"Delete action item {ITEM}.", "drumbeat_act", DELETION, slice(0, 1))
        talk.agrees = True
        await talk.say(client, "I have thought again: do delete it.", "drumbeat_act", DELETION, slice(0, 1))
        listed = text(await client.call_tool("drumbeat_list_changes", {}))
        change = {"change_id": CHANGE_ID.findall(listed)[0]}
        await talk.say(client, "That was a mistake. Take it back.", "drumbeat_undo_change", change, slice(0, 4))
    return talk.lines


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
    """Write the pictures."""
    vendors = Vendors(read())
    with serve(vendors) as vendors.url, TemporaryDirectory() as folder:
        FILE.write_text(drawn(anyio.run(conversation, vendors, folder)), encoding="utf-8")
        GUARD.write_text(drawn(anyio.run(guarded, vendors, f"{folder}/guard")), encoding="utf-8")


if __name__ == "__main__":
    main()
