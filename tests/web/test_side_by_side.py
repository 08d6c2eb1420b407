"""Callers side by side, in both eras and under load: whatever anybody is answered, asked or shown is their own.

A second each here; a minute with `make attacks`.
"""

import re
import time
from base64 import b64decode, b64encode
from typing import Any

import anyio
import pytest
from mcp import Client
from mcp_types import CallToolResult, ElicitRequestParams, ElicitResult
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.sandbox import sandbox
from tests.conftest import Era, agree, text
from tests.thorough import LONG
from tests.vendors import TODAY, Vendors
from tests.web.conftest import OpenSite, Site
from tests.web.test_own_keys import keys, with_keys

pytestmark = pytest.mark.anyio
NAMES = ("annika", "bertil")
KEY = "the key of "
SECONDS = 60.0 if LONG else 0.0
ERAS: tuple[Era, ...] = ("auto", "legacy")
DRY_RUN: Any = {"drumbeat/dry-run": True}


class Houses:
    """A vendor where everybody has a house of their own: what they see there bears their name."""

    def __init__(self, vendors: Vendors) -> None:
        self._houses: dict[str, ASGIApp] = {
            name: sandbox(vendors.catalogue.vendors, TODAY, lambda: vendors.clock()) for name in NAMES
        }
        self._key = keys(vendors, "teamoclock")["X-Drumbeat-TEAMOCLOCK-API-KEY"]
        self.wrong: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        organization, _, key = b64decode(Headers(scope=scope)["authorization"].split()[1]).decode().partition(":")
        name = key.removeprefix(KEY)
        message = await receive()
        others = [other for other in NAMES if other != name and other.encode() in message["body"]]
        self.wrong += [f"{name} sent {other}'s" for other in others]
        pair = b64encode(f"{organization}:{self._key}".encode())
        headers = [(n, b"Basic " + pair if n == b"authorization" else value) for n, value in scope["headers"]]
        parts: list[Message] = []

        async def replay() -> Message:
            return message

        async def keep(part: Message) -> None:
            parts.append(part)

        await self._houses[name]({**scope, "headers": headers}, replay, keep)
        start, *rest = parts
        body = b"".join(part.get("body", b"") for part in rest).replace(b"Platform", f"Platform of {name}".encode())
        sized = [(n, value) for n, value in start["headers"] if n != b"content-length"]
        await send({**start, "headers": [*sized, (b"content-length", str(len(body)).encode())]})
        await send({"type": "http.response.body", "body": body})


class Work:
    """One caller at work in one era, who looks at all that comes back."""

    def __init__(self, name: str, era: Era) -> None:
        self.name = name
        self.era = era
        self.turns = 0
        self.wrong: list[str] = []
        self.cut: list[str] = []

    def look(self, words: str, *, mine: str = "") -> str:
        """Note what is another's, or lacks what is this caller's."""
        others = [other for other in NAMES if other != self.name and other in words]
        if others or mine not in words:
            self.wrong.append(f"{self.name} ({self.era}) wanted {mine!r} and was shown {others}: {words[:300]}")
        return words

    async def answer(self, context: Any, params: ElicitRequestParams) -> ElicitResult:
        """Agree to what is this caller's."""
        self.look(params.message, mine=self.name)
        return await agree(context, params)

    async def work(self, here: Site, headers: dict[str, str], others: list["Work"]) -> None:
        """Read, change and take back, until the time is over."""
        ends = time.monotonic() + SECONDS
        async with here.client(self.era, headers, self.answer) as client:
            while not self.turns or time.monotonic() < ends:
                self.turns += 1
                await self._turn(client, [number for other in others for number in other.cut[-1:]])

    async def _turn(self, client: Client, foreign: list[str]) -> None:
        for _ in range(3):
            self.look(text(await self._call(client, "teamoclock_list_teams")), mine=f"Platform of {self.name}")
        note = f"{self.name} {self.era} {self.turns}"
        item = {"team": "platform", "text": note}
        dry = await self._call(client, "teamoclock_create_action_item", item, meta=DRY_RUN)
        self.look(text(dry), mine=note)
        made = self.look(text(await self._call(client, "teamoclock_create_action_item", item)), mine=note)
        found = re.search(r"\bid: (\w+)", made)
        assert found, made
        await self._cut(client, foreign)
        gone = await self._call(client, "teamoclock_delete_action_item", {"action_item_id": found[1]})
        self.look(text(gone))
        await self._take_back(client)

    async def _cut(self, client: Client, foreign: list[str]) -> None:
        listed = self.look(text(await self._call(client, "teamoclock_list_action_items")))
        number = re.search(r"result_id\W+([0-9a-f]{16})", listed)
        assert number, listed
        self.cut.append(number[1])
        self.look(text(await self._call(client, "drumbeat_get_result", {"result_id": number[1], "offset": 0})))
        for other in foreign:
            self.look(text(await self._call(client, "drumbeat_get_result", {"result_id": other})), mine="not kept")

    async def _take_back(self, client: Client) -> None:
        changes = self.look(text(await self._call(client, "drumbeat_list_changes")), mine="delete_action_item")
        newest = re.search(r"\d{8}-\d{6}-[0-9a-f]{12}", changes)
        assert newest, changes
        self.look(text(await self._call(client, "drumbeat_undo_change", {"change_id": newest[0]})))

    async def _call(self, client: Client, tool: str, arguments: Any = None, **more: Any) -> CallToolResult:
        result: CallToolResult = await client.call_tool(tool, arguments or {}, **more)
        return result


async def test_nobody_is_ever_shown_what_is_anothers(site: OpenSite, vendors: Vendors) -> None:
    vendors.app = houses = Houses(vendors)
    many = str(10_000)
    limits = {"DRUMBEAT_DESTRUCTIVE_PER_MINUTE": many, "DRUMBEAT_DESTRUCTIVE_PER_SESSION": many}
    own = {"DRUMBEAT_TOOLSETS": "default,teamoclock", "DRUMBEAT_RESULT_TOKENS": "600", **limits}
    workers = [Work(name, era) for name in NAMES for era in ERAS]
    with site(with_keys(vendors, **own)) as here:
        async with anyio.create_task_group() as tasks:
            for worker in workers:
                headers = keys(vendors, "teamoclock", TEAMOCLOCK_API_KEY=KEY + worker.name)
                others = [other for other in workers if other.name != worker.name]
                tasks.start_soon(worker.work, here, headers, others)
    assert [*houses.wrong, *(wrong for worker in workers for wrong in worker.wrong)] == []
    assert all(worker.turns for worker in workers)
