"""Sessions of legacy clients whose server stops or is gone: another takes them in, for whom they were opened alone."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import httpx
import pytest
from redis import Redis

from tests.client import http_client
from tests.replicas.conftest import Server
from tests.vendors import Vendors
from tests.web.conftest import HELLO, POST, OpenSite, Site, site
from tests.web.test_homes import ANN, BOB, LIST, SETTINGS, session

__all__ = ["site"]
pytestmark = pytest.mark.anyio
RETRO = "r204c36ysi7z01"
ASKABLE = HELLO.replace(b'"capabilities":{}', b'"capabilities":{"elicitation":{}}')


@pytest.fixture
def shared(redis: Server) -> dict[str, str]:
    return {**SETTINGS, "DRUMBEAT_REDIS_URL": redis.url}


@pytest.fixture
def known(redis: Server) -> Iterator[Redis]:
    with Redis.from_url(redis.url) as there:
        yield there


def entries(known: Redis) -> list[bytes]:
    return [bytes(name) for name in known.scan_iter("drumbeat:*/session:*")]


async def status(here: Site, own: dict[str, str], who: dict[str, str] = ANN, number: int = 2) -> int:
    answer = await here.post({**who, **own}, content=LIST.replace(b'"id":2', b'"id":%d' % number))
    assert answer.status_code != 200 or "teamoclock_list_retros" in answer.text
    return answer.status_code


async def test_the_session_of_a_server_that_stops_goes_on_at_another(site: OpenSite, shared: dict[str, str]) -> None:
    with site(**shared) as one, site(**shared) as other, site(**shared) as third:
        own = await session(one)
        one.traffic.draining = True
        answer = await other.post({**ANN, **own}, content=LIST)
        assert (answer.status_code, answer.headers["mcp-session-id"]) == (200, own["Mcp-Session-Id"])
        # It is at home there now, also for those that knew it elsewhere.
        assert [await status(here, own) for here in (third, other, third)] == [200] * 3
        alone = await one.post({**ANN, **own}, content=LIST)
        assert (alone.status_code, alone.headers["retry-after"]) == (503, "5")


async def test_one_whose_server_is_gone_goes_on_for_its_owner_alone(site: OpenSite, shared: dict[str, str]) -> None:
    with site(**shared) as here:
        with site(**shared) as dead:
            own = await session(dead)
        assert await status(here, own, BOB) == 404
        assert (await here.post(own, content=LIST)).status_code == 401
        assert [await status(here, own) for _ in range(3)] == [200] * 3
        assert await status(here, own, BOB) == 404


async def test_it_goes_on_through_as_many_servers_as_come_and_go(site: OpenSite, shared: dict[str, str]) -> None:
    with site(**shared) as lasting:
        with site(**shared) as first:
            own = await session(first)
            assert await status(lasting, own) == 200
        with site(**shared) as second:
            assert await status(second, own) == 200
            assert await status(lasting, own) == 200
        with site(**shared) as third:
            assert [await status(here, own) for here in (lasting, third)] == [200] * 2


@pytest.mark.parametrize("at_its_home", [True, False])
async def test_one_that_was_ended_never_goes_on(site: OpenSite, shared: dict[str, str], at_its_home: bool) -> None:
    with site(**shared) as here:
        with site(**shared) as dead:
            own = await session(dead)
            if at_its_home:
                assert (await dead.delete({**ANN, **own})).status_code == 200
        if not at_its_home:
            assert (await here.delete({**BOB, **own})).status_code == 404
            assert (await here.delete({**ANN, **own})).status_code == 200
        assert [await status(here, own) for _ in range(2)] == [404] * 2
        assert (await here.delete({**ANN, **own})).status_code == 404


async def test_one_that_rested_too_long_or_was_opened_with_too_much_does_not(
    site: OpenSite, shared: dict[str, str], known: Redis
) -> None:
    with site(**shared) as here:
        with site(**shared) as dead:
            own = await session(dead)
            (entry,) = entries(known)
            assert 0 < known.pttl(entry) <= 1_800_000
            named = HELLO.replace(b'"t"', b'"' + b"t" * 4096 + b'"')
            opened = await dead.post(ANN, content=named)
            assert entries(known) == [entry]
        known.pexpire(entry, 0)
        assert await status(here, own) == 404
        assert await status(here, {**own, "Mcp-Session-Id": opened.headers["mcp-session-id"]}) == 404


async def test_of_two_that_find_out_at_once_one_takes_it_in(
    site: OpenSite, shared: dict[str, str], known: Redis
) -> None:
    few = {**shared, "DRUMBEAT_MOST_SESSIONS": "4"}
    seen: list[int] = []

    async def ask(here: Site, number: int) -> None:
        seen.append(await status(here, own, number=number))

    with site(**few) as one, site(**few) as two:
        with site(**few) as dead:
            own = await session(dead)
        async with anyio.create_task_group() as tasks:
            for number in range(8):
                tasks.start_soon(ask, (one, two)[number % 2], number)
        assert seen == [200] * 8
        # A caller may have one session at each: it is at one of them, and the other kept nothing of it.
        opened = [(await here.post(ANN, content=HELLO)).status_code for here in (one, two)]
        assert sorted(opened) == [200, 429]
        assert len(entries(known)) == 2


async def test_who_has_as_many_sessions_as_they_may_is_told_so(site: OpenSite, shared: dict[str, str]) -> None:
    few = {**shared, "DRUMBEAT_MOST_SESSIONS": "4"}
    with site(**few) as here:
        mine = await session(here)
        with site(**few) as dead:
            lost = await session(dead)
        refused = await here.post({**ANN, **lost}, content=LIST)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
        assert "1 sessions open" in refused.json()["error"]
        assert (await here.delete({**ANN, **mine})).status_code == 200
        assert await status(here, lost) == 200


async def test_without_redis_nothing_goes_on_and_nothing_is_ended(
    site: OpenSite, shared: dict[str, str], redis: Server
) -> None:
    with site(**shared) as here:
        own = await session(here)
        with site(**shared) as dead:
            lost = await session(dead)
        redis.stop()
        assert await status(here, lost) == 404
        unended = await here.delete({**ANN, **own})
        assert (unended.status_code, unended.headers["retry-after"]) == (503, "5")
        assert await status(here, own) == 200


async def test_what_is_used_stays_known_until_another_has_taken_it_in(
    site: OpenSite, shared: dict[str, str], known: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.web.moves.KEPT_EVERY", 0.0)
    with site(**shared) as one:
        own = await session(one)
        (entry,) = entries(known)
        # What another sends is no use of it.
        assert (await one.delete({**BOB, **own})).status_code == 404
        assert (await one.post({**BOB, **own}, content=b"x" * (4 * 1024 * 1024 + 1))).status_code == 413
        assert len(entries(known)) == 2
        for left in (60_000, 0):
            known.pexpire(entry, left)
            assert await status(one, own) == 200
            assert known.pttl(entry) > 1_000_000
        with site(**shared) as other:
            one.traffic.draining = True
            assert await status(other, own) == 200
            one.traffic.draining = False
            there = known.get(entry)
            assert [await status(one, own) for _ in range(3)] == [200] * 3
            assert known.get(entry) == there
        assert await status(one, own) == 200
        assert known.get(entry) not in (None, there)


async def test_whoever_writes_into_redis_does_not_say_where_tokens_go(
    site: OpenSite, shared: dict[str, str], known: Redis
) -> None:
    with site(**shared) as here:
        with site(**shared) as dead:
            own = await session(dead)
        known.set(entries(known)[0], '{"address":"127.0.0.1:1","session":"x","opening":"{}"}')
        assert await status(here, own) == 404


@asynccontextmanager
async def asked(here: Site, own: dict[str, str]) -> AsyncIterator[int]:
    """The number of the question that is put before a retrospective is deleted, while the call waits for its answer."""
    arguments = {"name": "teamoclock_delete_retro", "arguments": {"retro_id": RETRO}}
    call = {"jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": arguments}
    headers = {**POST, **ANN, **own}
    async with http_client() as http, http.stream("POST", f"{here.url}/mcp", headers=headers, json=call) as answer:
        async for line in answer.aiter_lines():
            if "elicitation/create" in line:
                yield json.loads(line.removeprefix("data: "))["id"]
                return


async def answered(here: Site, own: dict[str, str], number: int, **result: Any) -> httpx.Response:
    reply = {"jsonrpc": "2.0", "id": number, "result": result}
    return await here.post({**ANN, **own}, content=json.dumps(reply).encode())


async def test_an_agreement_that_one_asked_for_is_not_taken_for_anothers(
    site: OpenSite, shared: dict[str, str], vendors: Vendors, known: Redis
) -> None:
    with site(**shared) as one, site(**shared) as other:
        opened = await one.post(ANN, content=ASKABLE)
        own = {"Mcp-Session-Id": opened.headers["mcp-session-id"], "MCP-Protocol-Version": "2025-11-25"}
        async with asked(one, own) as first:
            one.traffic.draining = True
            known.delete(*known.keys("drumbeat:*/question:*"))  # as when the server has ended
            async with asked(other, own) as second:
                assert first != second
                agreed = {"action": "accept", "content": {"agree": True}}
                assert (await answered(other, own, first, **agreed)).status_code == 202
                assert await status(other, own) == 200
                assert "DELETE" not in [request.method for request in vendors.sent()]
                await answered(other, own, second, action="decline")
            one.traffic.draining = False
            await answered(one, own, first, action="decline")
