"""A legacy client goes on calling while its servers, which are processes behind a proxy, end, die and come again."""

from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import anyio
import pytest
from mcp import Client

from tests.client import over_http
from tests.conftest import text
from tests.replicas.conftest import Server
from tests.replicas.processes import SERVE, Proxy, Running, on_a_machine, running
from tests.vendors import Vendors, serve
from tests.web.conftest import hashed

pytestmark = pytest.mark.anyio
TOKEN = "ann's token"
BREATH = 0.01
"""Seconds between two calls, in which the servers have the processor."""


@pytest.fixture
def environment(served: Vendors, redis: Server, tmp_path: Path) -> dict[str, str]:
    served.reset(str(tmp_path / "journal"))
    own = {
        "DRUMBEAT_REDIS_URL": redis.url,
        "DRUMBEAT_TOKENS": f"ann:destructive:{hashed(TOKEN)}",
        "DRUMBEAT_SEALING_KEYS": "k" * 32,
        "DRUMBEAT_TOOLSETS": "default,teamoclock",
    }
    return on_a_machine(tmp_path, served, **own)


class Caller:
    """Calls again and again, and keeps what was no answer."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.answered = 0
        self.lost: list[str] = []

    async def go_on(self) -> None:
        while True:
            try:
                answer = await self._client.call_tool("teamoclock_list_teams")
                fault = text(answer) if answer.is_error else ""
            except Exception as error:
                fault = str(error)
            if fault:
                self.lost.append(fault)
            else:
                self.answered += 1
            await anyio.sleep(BREATH)

    async def some_more(self, calls: int = 5) -> None:
        """Return when so many more were answered."""
        enough = self.answered + calls
        with anyio.fail_after(20):
            while self.answered < enough:  # noqa: ASYNC110  the answers are other processes'
                await anyio.sleep(BREATH)


@asynccontextmanager
async def calling(servers: list[Running]) -> AsyncIterator[Caller]:
    """A legacy client of these servers that calls all the time."""
    with serve(Proxy([server.url for server in servers]).app) as url:
        async with over_http(f"{url}/mcp", {"Authorization": f"Bearer {TOKEN}"}, Client, mode="legacy") as client:
            caller = Caller(client)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(caller.go_on)
                await caller.some_more()
                yield caller
                tasks.cancel_scope.cancel()


async def ended(server: Running, how: Callable[[], None]) -> int | None:
    how()
    await anyio.to_thread.run_sync(server.process.join, 20)
    code: int | None = server.process.exitcode
    return code


def again(server: Running) -> list[str]:
    """The command that serves where one did that has ended."""
    return [*SERVE[:-1], server.url.rpartition(":")[2]]


async def test_a_legacy_client_loses_no_call_while_one_after_the_other_is_replaced(environment: dict[str, str]) -> None:
    with ExitStack() as stack:
        first, second = stack.enter_context(running(environment, 2))
        async with calling([first, second]) as caller:
            assert await ended(first, first.process.terminate) == 0
            await caller.some_more()
            stack.enter_context(running(environment, 1, again(first)))
            await caller.some_more()
            assert await ended(second, second.process.terminate) == 0
            await caller.some_more()
            assert not caller.lost, caller.lost


async def test_of_servers_that_die_only_the_calls_under_way_are_lost(environment: dict[str, str]) -> None:
    with ExitStack() as stack:
        first, second = stack.enter_context(running(environment, 2))
        async with calling([first, second]) as caller:
            await ended(first, first.process.kill)
            await caller.some_more()
            assert not caller.lost[1:], caller.lost
            await ended(second, second.process.kill)
            stack.enter_context(running(environment, 1, again(second)))
            # It is alone now, and knows the session that it had.
            await caller.some_more()
            assert "Session not found" not in "".join(caller.lost)
