"""A Redis that is reached over TLS, as the user of docs/team.md, who may touch nothing but what is Drumbeat's."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import NoPermissionError

from server.state.redis import PREFIX
from server.web.vault.records import InRedis
from tests.client import done
from tests.interop.conftest import free_port
from tests.replicas.conftest import Server
from tests.replicas.test_two_servers import client, server
from tests.server.test_network import pki
from tests.vendors import Vendors

__all__ = ["pki"]
pytestmark = pytest.mark.anyio
PAGE = Path(__file__).parents[2] / "docs" / "team.md"


@pytest.fixture
def private(pki: Path, tmp_path: Path, redis_process: Server) -> Iterator[Server]:
    """Redis over TLS with this one user, whose certificate a private authority signed."""
    (user,) = re.findall(r"`ACL SETUSER (.+)`", PAGE.read_text(encoding="utf-8"))
    (tmp_path / "users").write_text(f"user default off\nuser {user}\n")
    port, own = str(free_port()), str(pki / "localhost")
    files = ["--tls-cert-file", own, "--tls-key-file", own, "--aclfile", str(tmp_path / "users")]
    listening = ["--port", "0", "--tls-port", port, "--tls-auth-clients", "no"]
    there = PrivateServer(int(port), tmp_path, [*listening, *files])
    there.start()
    yield there
    there.stop()


class PrivateServer(Server):
    @property
    def url(self) -> str:
        return f"rediss://drumbeat:PASSWORD@localhost:{self.port}/0"


async def test_over_tls_and_as_a_user_of_its_own_all_that_is_shared_works_and_ends_by_itself(
    vendors: Vendors, private: Server, pki: Path
) -> None:
    trusted = {"DRUMBEAT_CA_FILE": str(pki / "authority"), "DRUMBEAT_JOURNAL": "redis"}
    drumbeat = server(vendors, private, **trusted)
    async with client(drumbeat) as one:
        assert not await drumbeat.is_alone()
        await done(one, "teamoclock_create_retro", team="platform")
        (change,) = (await done(one, "drumbeat_list_changes"))["items"]
        await done(one, "drumbeat_undo_change", change_id=change["change_id"])
        await done(one, "drumbeat_read", tool="teamoclock_list_teams", to="resource")
        days = {"start_date": "2026-10-01", "end_date": "2026-11-01"}
        asked = {**days, "granularity": "week", "type": "pull_request"}
        await done(one, "drumbeat_read", tool="haystack_get_metrics", arguments=asked)
        assert drumbeat.redis
        await InRedis(drumbeat.redis).replace("someone", None, "sealed")
    with Redis.from_url(private.url, ssl_ca_certs=str(pki / "authority")) as there:
        names = [name.decode() for name in there.scan_iter()]
        assert {name.split(":")[1].partition("/")[0] for name in names} >= {"journal", "rate", "kept", "edition"}
        assert [name for name in names if not name.startswith(PREFIX)] == []
        assert [name for name in names if there.pttl(name) < 0] == [f"{PREFIX}vault"]
        for command in (["SET", "another", "1"], ["FLUSHALL"], ["CONFIG", "GET", "*"], ["ACL", "WHOAMI"]):
            with pytest.raises(NoPermissionError):
                there.execute_command(*command)


async def test_a_redis_whose_certificate_nobody_vouches_for_is_not_told_the_password(
    vendors: Vendors, private: Server
) -> None:
    assert await server(vendors, private).is_alone()
