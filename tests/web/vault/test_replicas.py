"""Two servers with one Redis: what is entered at the one is used by the other, and so are links and sessions."""

from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client
from mcp.client.session import MessageHandlerFnT
from mcp_types import ElicitCompleteNotification

from tests.client import call, over_http
from tests.conftest import Era
from tests.replicas.conftest import Server, redis, redis_process
from tests.vendors import Vendors
from tests.web.vault.browser import fields
from tests.web.vault.conftest import LINEARB, Led, Someone, vault_settings, vault_site

pytestmark = pytest.mark.anyio
__all__ = ["redis", "redis_process"]


async def test_link_session_and_keys_hold_on_every_server(
    vendors: Vendors, redis: Server, tmp_path: Path, era: Era
) -> None:
    own = {"DRUMBEAT_REDIS_URL": redis.url, "DRUMBEAT_SEALING_KEYS": "s" * 32}
    with ExitStack() as stack:
        one, other = (
            stack.enter_context(vault_site(vendors, vault_settings(vendors, tmp_path, **own))) for _ in range(2)
        )
        me, user = Someone(1, one.url), Led()
        async with one.client(era, me.headers, user) as first, other.client(era, me.headers, None) as second:
            assert (await call(first, "linearb_list_teams")).is_error
            browser = Someone(1, other.url).browser()
            assert (await browser.sign_in(me.token, user.ticket)).status_code == 303
            again = me.browser()
            assert (await again.sign_in(me.token, user.ticket)).status_code == 403
            browser.site = one.url
            assert "are kept" in (await browser.save("linearb", **LINEARB)).text
            for client in (first, second):
                assert not (await call(client, "linearb_list_teams")).is_error
            page = await browser.get("/keys")
            browser.site = other.url
            await browser.post("/keys/sign-out", fields(page.text, "/keys/sign-out"))
            browser.site = one.url
            assert "Sign in" in (await browser.get("/keys")).text
            redis.stop()
            assert not (await call(second, "linearb_list_teams")).is_error
            told = await browser.sign_in(me.token)
            assert told.status_code == 503
            assert "cannot be reached" in told.text
    assert not (tmp_path / "vault").exists()


@pytest.mark.parametrize("at_the_other", [False, True])
async def test_the_client_that_opened_the_page_hears_when_keys_were_entered_at_any_server(
    vendors: Vendors, redis: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_the_other: bool
) -> None:
    monkeypatch.setattr("server.web.vault.leading.LOOKS_EVERY", 0.01)
    own = {"DRUMBEAT_REDIS_URL": redis.url, "DRUMBEAT_SEALING_KEYS": "s" * 32}
    heard = dict[str, list[str]](asked=[], idle=[], declined=[])
    told = anyio.Event()

    def hears(name: str) -> MessageHandlerFnT:
        async def note(message: object) -> None:
            if isinstance(message, ElicitCompleteNotification):
                heard[name].append(message.params.elicitation_id)
                told.set()

        return note

    with ExitStack() as stack:
        one, other = (
            stack.enter_context(vault_site(vendors, vault_settings(vendors, tmp_path, **own))) for _ in range(2)
        )
        me, user = Someone(1, one.url), Led()
        async with AsyncExitStack() as clients:

            async def client(name: str, answer: Led) -> Client:
                options: dict[str, Any] = {"mode": "legacy", "message_handler": hears(name)}
                opened = over_http(f"{one.url}/mcp", me.headers, Client, elicitation_callback=answer, **options)
                return await clients.enter_async_context(opened)

            asked, declined = await client("asked", user), await client("declined", Led("decline"))
            await client("idle", Led())
            for calling in (asked, declined):
                assert (await call(calling, "linearb_list_teams")).is_error
            browser = await Someone(1, (other if at_the_other else one).url).at_the_page()
            await browser.save("linearb", **LINEARB)
            with anyio.fail_after(10):
                await told.wait()
            assert not (await call(asked, "linearb_list_teams")).is_error
    assert heard == {"asked": [user[0].elicitation_id], "idle": [], "declined": []}
