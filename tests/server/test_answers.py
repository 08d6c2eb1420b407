"""What was made of a vendor's answers is given again for as long as those answers are good, and no longer."""

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import httpx
import pytest
import trio.testing
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from server.answers.answer import Answer
from server.answers.budget import Results
from server.errors import VendorError
from server.http import Api, Connection
from server.http.cache import Fetched
from server.memo import Memo
from server.models import Page
from tests.conftest import Connect, text
from tests.server.test_reliability import Script, connection, get, post
from tests.vendors import Vendors

pytestmark = pytest.mark.anyio


class Open(Api):
    """A vendor that wants no credentials."""

    def authentication(self) -> Mapping[str, str]:
        return {}


class TestWhatIsMadeOfAnswers:
    """On a virtual clock (trio), so that minutes pass at once."""

    @pytest.fixture
    def anyio_backend(self) -> Any:
        return ("trio", {"clock": trio.testing.MockClock(autojump_threshold=0)})

    async def read(self, vendor: Connection, path: str = "/x", fresh: bool = False) -> Fetched:
        return await vendor.send(get(path), reads=True, cached=True, fresh=fresh)

    async def test_it_is_as_old_as_the_oldest_answer_in_it_and_ends_with_it(self) -> None:
        vendor = connection(Script(200))
        memo = Memo()
        older = await self.read(vendor, "/a")
        await trio.sleep(20)
        memo.keep("sum", 3, [older, await self.read(vendor, "/b")], vendor.cache)
        await trio.sleep(30)
        assert await memo.recall("sum") == (3, "Cached 50 seconds ago")
        await trio.sleep(11)
        assert await memo.recall("sum") is None

    async def test_it_ends_when_one_of_its_answers_was_read_anew(self) -> None:
        vendor = connection(Script(200))
        memo = Memo()
        memo.keep("sum", 3, [await self.read(vendor, "/a"), await self.read(vendor, "/b")], vendor.cache)
        await self.read(vendor, "/b", fresh=True)
        assert await memo.recall("sum") is None

    async def test_it_ends_with_a_write(self) -> None:
        vendor = connection(Script(200))
        memo = Memo()
        memo.keep("sum", 3, [await self.read(vendor)], vendor.cache)
        await vendor.send(post(), reads=False)
        assert await memo.recall("sum") is None

    async def test_it_is_not_kept_where_a_write_came_between(self) -> None:
        vendor = connection(Script(200))
        memo = Memo()
        before = await self.read(vendor)
        await vendor.send(post(), reads=False)
        memo.keep("sum", 3, [before], vendor.cache)
        assert await memo.recall("sum") is None

    @pytest.mark.parametrize(("answer", "ttl"), [(404, 60.0), (200, 0.0)])
    async def test_it_is_not_kept_where_an_answer_is_not(self, answer: int, ttl: float) -> None:
        vendor = connection(Script(answer), ttl=ttl)
        memo = Memo()
        memo.keep("sum", 3, [await self.read(vendor)], vendor.cache)
        assert await memo.recall("sum") is None

    @pytest.mark.parametrize("tolerated", [False, True])
    async def test_it_is_not_kept_where_a_tool_went_on_without_an_answer(self, tolerated: bool) -> None:
        vendor = connection(Script(200, httpx.ConnectError("down")) if tolerated else Script(200))
        api = Open(vendor, reads=True, cached=True)
        await api.get("/a")
        with suppress(VendorError):
            await api.get("/b")
        assert (api.fetched is None) is tolerated

    async def test_it_is_bounded(self) -> None:
        vendor = connection(Script(200))
        memo = Memo()
        fetched = await self.read(vendor)
        for number in range(1000):
            memo.keep(number, number, [fetched], vendor.cache)
        assert len([number for number in range(1000) if await memo.recall(number)]) == 500


def test_what_is_given_again_as_old_as_before_is_not_written_anew() -> None:
    answer, results = Answer(Page[int](items=[1, 2])), Results(1000)
    first, again, older = (answer.noted(age).fitted(results, "", "text") for age in ("new", "new", "old"))
    assert again is first
    assert older.text == (first.text or "").replace("new", "old")
    assert answer.noted("new").fitted(results, "", "both").data == {"items": [1, 2], "drumbeat_note": "new"}
    assert "new" not in (answer.fitted(results, "", "text").text or "")


async def test_a_repeated_call_says_the_same_and_how_old_it_is(connect: Connect, vendors: Vendors) -> None:
    async with connect() as client:
        first, again, third = [await client.call_tool("teamoclock_list_teams") for _ in range(3)]
    assert len(vendors.sent()) == 1
    for later in (again, third):
        *lines, said = text(later).splitlines()
        note = (later.structured_content or {}).pop("drumbeat_note")
        assert (lines, later.structured_content) == (text(first).splitlines(), first.structured_content)
        assert said == f"◆ {note}."
        assert re.fullmatch(r"Cached \d+ seconds? ago", note)


async def test_other_arguments_are_another_call(connect: Connect, vendors: Vendors) -> None:
    async with connect() as client:
        for status in ("open", "resolved", "open"):
            await client.call_tool("teamoclock_list_action_items", {"status": status})
    assert [sent.target for sent in vendors.sent()] == [
        "/actionitems?filter%5Bstatus%5D=open",
        "/actionitems?filter%5Bstatus%5D=resolved",
    ]


async def test_a_write_is_seen_by_the_next_read(connect: Connect, vendors: Vendors) -> None:
    async with connect() as client:
        for _ in range(2):
            before = await client.call_tool("teamoclock_list_action_items")
        await client.call_tool("teamoclock_create_action_item", {"team": "platform", "text": "Write it down"})
        after = await client.call_tool("teamoclock_list_action_items")
    assert "Write it down" not in text(before)
    assert "Write it down" in text(after)


async def test_what_one_caller_asks_for_anew_the_next_one_gets(connect: Connect, vendors: Vendors) -> None:
    async with connect() as client:
        await client.call_tool("teamoclock_list_teams")
        vendors.app = JSONResponse({"data": [{"name": "Renamed", "slug": "renamed"}]})
        await client.call_tool("drumbeat_read", {"tool": "teamoclock_list_teams", "fresh": True})
        assert "Renamed" in text(await client.call_tool("teamoclock_list_teams"))


async def test_a_cut_answer_that_is_given_again_can_still_be_read_on(connect: Connect, vendors: Vendors) -> None:
    async def members(scope: Scope, receive: Receive, send: Send) -> None:
        rows = [{"username": f"user.{n}", "first_name": Request(scope).url.path} for n in range(90)]
        response: Response = JSONResponse({"data": rows})
        await response(scope, receive, send)

    vendors.app = members
    async with connect(vendors.settings(DRUMBEAT_RESULT_TOKENS="300", DRUMBEAT_TOOLSETS="all")) as client:

        async def cut(tool: str, **arguments: str) -> str:
            said = text(await client.call_tool(tool, arguments))
            return str(re.findall(r'"result_id":"(\w+)"', said)[0])

        numbers = [await cut("teamoclock_list_members") for _ in range(2)]
        for team in range(20):
            await cut("teamoclock_list_team_members", team=f"team-{team}")
        numbers.append(await cut("teamoclock_list_members"))
        rest = await client.call_tool("drumbeat_get_result", {"result_id": numbers[2], "offset": 89})
    assert numbers[0] == numbers[1] != numbers[2]
    assert "user.89" in text(rest)
