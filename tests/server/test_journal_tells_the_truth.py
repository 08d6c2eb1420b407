"""Whatever sequence of calls, refusals, replays, undos and crashes: the vendor is as the journal says."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule
from mcp_types import CallToolResult, ElicitRequestFormParams, ElicitResult, InputRequiredResult
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.app import Drumbeat
from server.catalogue import read
from server.connections import Connections
from server.sandbox import sandbox
from server.settings import load
from tests.journals import records
from tests.program import Program
from tests.thorough import examples
from tests.vendors import TODAY

TEXTS = st.text(st.characters(codec="utf-8", categories=("L", "N")), min_size=1, max_size=8)
ANSWERS = st.sampled_from(["accept", "decline", "cancel"])
CATALOGUE = read()
EVERYTHING = load({"DRUMBEAT_SANDBOX": "1", "DRUMBEAT_DESTRUCTIVE_PER_MINUTE": "9999"}, CATALOGUE.vendors)
Items = dict[str, tuple[str, bool]]


class Flaky:
    """A vendor that answers 502 to a write once, before or after it has carried it out."""

    def __init__(self, vendor: ASGIApp) -> None:
        self.vendor = vendor
        self.crash: str | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "GET" or self.crash is None:
            await self.vendor(scope, receive, send)
            return
        when, self.crash = self.crash, None
        if when == "after":
            await self.vendor(scope, receive, _swallow)
        await send({"type": "http.response.start", "status": 502, "headers": []})
        await send({"type": "http.response.body", "body": b""})


async def _swallow(message: Message) -> None:
    pass


class JournalTellsTheTruth(RuleBasedStateMachine):
    """Action items come and go; `mode` is the client's era."""

    mode: Any = "auto"
    items: Bundle[str] = Bundle("items")
    changes: Bundle[str] = Bundle("changes")

    def __init__(self) -> None:
        super().__init__()
        self._stack = self._world()
        self._stack.__enter__()

    @contextmanager
    def _world(self) -> Iterator[None]:
        self.answer: Any = "accept"
        self.vendor = Flaky(sandbox(CATALOGUE.vendors, TODAY))
        connections = Connections(EVERYTHING, CATALOGUE.vendors, transport=httpx.ASGITransport(self.vendor))
        server = Drumbeat(EVERYTHING, CATALOGUE, log_level="CRITICAL", connections=connections)
        self.journal = server.calls.changes.journal
        client = Program(server, mode=self.mode, cache=None, elicitation_callback=self._reply)
        with start_blocking_portal() as portal, portal.wrap_async_context_manager(client) as self.client:
            self.portal: BlockingPortal = portal
            yield

    async def _reply(self, context: Any, params: Any) -> ElicitResult:
        assert isinstance(params, ElicitRequestFormParams)
        return ElicitResult(action=self.answer, content={"agree": True} if self.answer == "accept" else None)

    def teardown(self) -> None:
        self._stack.__exit__(None, None, None)

    def call(self, tool: str, **arguments: Any) -> CallToolResult:
        result: CallToolResult = self.portal.call(self.client.call_tool, tool, arguments)
        return result

    @initialize()
    def look(self) -> None:
        self.start = self.at_vendor()
        self.doubtful: set[str] = set()

    @rule(target=items, text=TEXTS, crash=st.sampled_from([None, None, "before", "after"]))
    def create(self, text: str, crash: str | None) -> Any:
        self.vendor.crash = crash
        result = self.call("teamoclock_create_action_item", team="platform", text=text)
        assert result.is_error is (crash is not None)
        return multiple() if result.is_error else (result.structured_content or {})["id"]

    @rule(item=items, text=st.none() | TEXTS, resolved=st.none() | st.booleans())
    def update(self, item: str, text: str | None, resolved: bool | None) -> None:
        given = {"text": text, "resolved": resolved}
        self.call(
            "teamoclock_update_action_item",
            action_item_id=item,
            **{name: value for name, value in given.items() if value is not None},
        )

    @rule(target=changes, item=items, answer=ANSWERS, crash=st.sampled_from([None, None, "before", "after"]))
    def delete(self, item: str, answer: str, crash: str | None) -> Any:
        self.answer, self.vendor.crash = answer, crash
        before = self.at_vendor()
        result = self.call("teamoclock_delete_action_item", action_item_id=item)
        self.vendor.crash = None
        if answer != "accept" or item not in before:
            assert result.is_error
            assert self.at_vendor() == before
            return multiple()
        return records(self.journal)[-1].change_id

    @rule(item=items)
    def replay(self, item: str) -> None:
        """A modern client sends the sealed answer a second time, after the item was made again."""
        if self.mode == "legacy" or item not in self.at_vendor():
            return
        tool, arguments = "teamoclock_delete_action_item", {"action_item_id": item}

        async def twice() -> CallToolResult:
            asked = await self.client.session.call_tool(tool, arguments, allow_input_required=True)
            assert isinstance(asked, InputRequiredResult)
            reply: Any = {"consent": ElicitResult(action="decline")}
            await self.client.session.call_tool(
                tool, arguments, input_responses=reply, request_state=asked.request_state
            )
            reply = {"consent": ElicitResult(action="accept", content={"agree": True})}
            return await self.client.session.call_tool(
                tool, arguments, input_responses=reply, request_state=asked.request_state
            )

        assert self.portal.call(twice).is_error
        assert item in self.at_vendor()

    @rule(target=items, change=changes, answer=ANSWERS)
    def undo(self, change: str, answer: str) -> Any:
        self.answer = answer
        before = self.at_vendor()
        result = self.call("drumbeat_undo_change", change_id=change)
        if result.is_error:
            assert self.at_vendor() == before
            return multiple()
        return (result.structured_content or {})["now"]["id"]

    @invariant()
    def vendor_is_as_the_journal_says(self) -> None:
        if not hasattr(self, "start"):
            return
        expected, doubtful = self.by_the_journal()
        actual = self.at_vendor()
        certain = {number: item for number, item in actual.items() if number in expected and number not in doubtful}
        assert certain == {number: item for number, item in expected.items() if number not in doubtful}
        # What nobody is sure about is at most one object for each change that says `unknown`.
        surplus = set(actual) - set(expected) - doubtful
        assert len(surplus) <= sum(e.outcome == "unknown" and "create" in e.tool for e in records(self.journal))

    def by_the_journal(self) -> tuple[Items, set[str]]:
        """The items that the journal implies, and the ids of those it says it is not sure of."""
        items, doubtful = dict(self.start), set()
        for entry in records(self.journal):
            number = entry.arguments.get("action_item_id", "")
            if entry.outcome == "unknown" and number:
                doubtful.add(number)
            if entry.outcome != "done":
                continue
            if entry.tool == "teamoclock_delete_action_item":
                items.pop(number, None)
            else:
                now = entry.result.get("now", entry.result)
                items[now["id"]] = (now["text"], now["resolved"])
        return items, doubtful

    def at_vendor(self) -> Items:
        """The items of the team, past the client and its limits, page by page."""
        stand_in = self.vendor.vendor

        async def fetch() -> Items:
            transport = httpx.ASGITransport(stand_in)
            found: Items = {}
            team = "filter%5Bteam%5D=platform"
            link: str | None = f"http://127.0.0.1/teamoclock/actionitems?{team}"
            async with httpx.AsyncClient(transport=transport, auth=("acme", "skey-sandbox")) as client:
                while link:
                    page = (await client.get(link)).json()
                    found |= {row["id"]: (row["text"], row["resolved"]) for row in page["data"]}
                    following = page.get("links", {}).get("next")
                    link = f"{following}&{team}" if following else None
            return found

        return self.portal.call(fetch)


class LegacyJournalTellsTheTruth(JournalTellsTheTruth):
    """The same with a legacy client."""

    mode = "legacy"


TestModern = JournalTellsTheTruth.TestCase
TestModern.settings = examples(8, steps=15)
TestLegacy = LegacyJournalTellsTheTruth.TestCase
TestLegacy.settings = examples(8, steps=15)
