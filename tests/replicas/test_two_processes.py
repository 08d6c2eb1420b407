"""Two server processes, one Redis, and a proxy that sends each request to the next: they behave as one."""

import json
import re
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client

from tests.client import done, http_client, new_retro, over_http
from tests.conftest import Era, agree_in_person, text
from tests.replicas.conftest import Server
from tests.replicas.processes import Proxy, on_a_machine, servers
from tests.vendors import Vendors, serve
from tests.web.conftest import hashed

pytestmark = pytest.mark.anyio
TOKEN = "ann's token"
LOOKS_AGAIN = 0.1
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@dataclass(frozen=True)
class Team:
    """Where the servers are reached: through the proxy, and each by itself."""

    url: str
    proxy: Proxy

    @asynccontextmanager
    async def client(self, url: str | None = None, era: Era = "auto") -> AsyncIterator[Client]:
        options: dict[str, Any] = {"mode": era, "elicitation_callback": agree_in_person}
        async with over_http(f"{url or self.url}/mcp", BEARER, **options) as client:
            yield client


@contextmanager
def two(served: Vendors, redis_process: Server, home: Path, **environment: str) -> Iterator[Team]:
    """Two processes with this environment behind their proxy."""
    served.reset(str(home / "journal"))
    own = {
        "DRUMBEAT_REDIS_URL": redis_process.url,
        "DRUMBEAT_TOKENS": f"ann:destructive:{hashed(TOKEN)}",
        "DRUMBEAT_SEALING_KEYS": "k" * 32,
        "DRUMBEAT_TOOLSETS": "default,teamoclock,haystack",
        "DRUMBEAT_RESULT_TOKENS": "600",
        **environment,
    }
    with servers(on_a_machine(home, served, **own), 2) as addresses:
        proxy = Proxy(addresses)
        with serve(proxy.app) as url:
            yield Team(url, proxy)


@pytest.fixture(scope="module")
def team(served: Vendors, redis_process: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    with two(served, redis_process, tmp_path_factory.mktemp("home")) as team:
        yield team


@pytest.fixture(autouse=True)
def fresh(team: Team, vendors: Vendors, redis: Server) -> None:
    """Vendors and Redis with nothing of another test's."""
    team.proxy.sent.clear()


async def test_a_vendor_is_asked_no_more_often_than_by_one(team: Team, vendors: Vendors) -> None:
    answers = []

    async def ask(client: Client, day: int) -> None:
        period = {"start_date": f"2026-10-{day:02}", "end_date": "2026-11-01"}
        asked = {**period, "granularity": "week", "type": "pull_request"}
        answers.append(await client.call_tool("haystack_get_metrics", asked))

    async with team.client() as client, anyio.create_task_group() as tasks:
        for day in range(1, 26):
            tasks.start_soon(ask, client, day)
    assert len(vendors.sent("haystack")) == 20
    assert any(answer.is_error for answer in answers)
    assert {server for server, *_ in team.proxy.sent} == set(team.proxy.servers)


async def test_what_one_asked_the_other_is_answered_and_only_once(team: Team, vendors: Vendors) -> None:
    async with team.client() as client:
        retro = await new_retro(client)
        team.proxy.sent.clear()
        await done(client, "teamoclock_delete_retro", retro_id=retro)
        (asking, *_), (answering, body, headers) = [sent for sent in team.proxy.sent if b"delete_retro" in sent[1]]
        assert asking != answering
        async with http_client() as http:
            again = await http.post(f"{asking}/mcp", content=body, headers=headers)
    assert json.loads(body)["params"]["requestState"]
    assert "Nothing was changed" in again.text
    assert [request.method for request in vendors.sent()].count("DELETE") == 1


async def test_a_token_that_one_process_gave_out_is_redeemed_once_through_the_other(
    served: Vendors, redis: Server, tmp_path: Path
) -> None:
    with two(served, redis, tmp_path, DRUMBEAT_CONFIRM="two-step") as team:
        first, second = team.proxy.servers
        async with team.client(first, "legacy") as one, team.client(second) as other:
            retro = await new_retro(one)
            preview = await done(one, "teamoclock_delete_retro", retro_id=retro)
            agreed = {"retro_id": retro, "confirmation_token": preview["confirmation_token"]}
            answers = [await client.call_tool("teamoclock_delete_retro", agreed) for client in (other, one, other)]
    assert [bool(answer.is_error) for answer in answers] == [False, True, True]
    assert [request.method for request in served.sent()].count("DELETE") == 1


async def test_what_one_kept_and_changed_is_the_others_too(team: Team) -> None:
    first, second = team.proxy.servers
    async with team.client(first) as one, team.client(second) as two:
        found = re.search(r'"result_id":"([0-9a-f]{16})"', text(await one.call_tool("teamoclock_list_action_items")))
        assert found
        assert (await done(two, "drumbeat_get_result", result_id=found[1]))["items"]
        retro = await new_retro(one)
        (change, *_) = (await done(two, "drumbeat_list_changes"))["items"]
        assert (change["tool"], change["outcome"]) == ("teamoclock_create_retro", "done")
        assert (await done(two, "teamoclock_get_retro", retro_id=retro))["id"] == retro


async def test_a_legacy_client_is_served_wherever_its_requests_come_in(team: Team, vendors: Vendors) -> None:
    async with team.client(era="legacy") as client:
        retro = await new_retro(client)
        for _ in range(3):
            assert (await done(client, "teamoclock_get_retro", retro_id=retro))["id"] == retro
        # The question goes out on one request, and its answer comes in by another.
        await done(client, "teamoclock_delete_retro", retro_id=retro)
        listed = await client.list_tools()
    assert "teamoclock_list_retros" in [tool.name for tool in listed.tools]
    assert [request.method for request in vendors.sent()].count("DELETE") == 1
    assert {server for server, *_ in team.proxy.sent} == set(team.proxy.servers)


async def back(team: Team) -> None:
    """Return when both servers have found Redis again, which they look for every few seconds."""
    for url in team.proxy.servers:
        async with team.client(url) as client, http_client() as http:
            while (await client.call_tool("drumbeat_list_changes", {})).is_error:  # noqa: ASYNC110  another process
                await anyio.sleep(LOOKS_AGAIN)
            while (await http.get(f"{url}/readyz")).text != "ok\n":  # noqa: ASYNC110
                await anyio.sleep(LOOKS_AGAIN)


async def test_while_redis_hangs_or_is_gone_reads_go_on_and_nothing_is_changed(
    team: Team, vendors: Vendors, redis: Server
) -> None:
    async with team.client() as client:
        retro = await new_retro(client)
        assert redis.process
        redis.process.send_signal(signal.SIGSTOP)
        try:
            with anyio.fail_after(20):
                await done(client, "teamoclock_get_retro", retro_id=retro)
                refused = await client.call_tool("teamoclock_delete_retro", {"retro_id": retro})
                unrecorded = await client.call_tool("teamoclock_create_retro", {"team": "platform"})
        finally:
            redis.process.send_signal(signal.SIGCONT)
        assert "Nothing was changed" in text(refused)
        assert "Nothing was changed" in text(unrecorded)
        redis.stop()
        with anyio.fail_after(10):
            await done(client, "teamoclock_list_teams")
            refused = await client.call_tool("teamoclock_delete_retro", {"retro_id": retro})
        assert "Nothing was changed" in text(refused)
        assert "DELETE" not in [request.method for request in vendors.sent()]
        redis.start()
        with anyio.fail_after(15):
            await back(team)
        await done(client, "teamoclock_delete_retro", retro_id=retro)
    assert [request.method for request in vendors.sent()].count("DELETE") == 1
