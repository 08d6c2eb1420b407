"""Two servers with one Redis: what is entered at the one is used by the other, and so are links and sessions."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.client import call
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
