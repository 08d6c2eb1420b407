"""What servers tell each other of a legacy client's session: where it is at home now, and how it was opened."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcp.server.request_state import AESGCMRequestStateCodec, InvalidRequestState
from pydantic import SecretStr

from server.state import key

if TYPE_CHECKING:
    from server.state.redis import Redis

LARGEST_OPENING = 4096
"""Bytes of the request that opened a session; one that was opened with more cannot be opened again."""


@dataclass(frozen=True)
class Home:
    """Where a session is: the address of its server, as the proxy reaches it, and the SDK's own id there."""

    address: str
    session: str


@dataclass(frozen=True)
class Entry:
    """Where a session is at home, and the request that opened it. sealed: the same, as it stands in the register."""

    home: Home
    opening: bytes
    sealed: str


class Register:
    """The sessions of all servers, each under whose it is, so that nobody finds another's.

    An entry is sealed, since whoever could write one would be sent other people's tokens. It lasts for `seconds` after
    its session was last used. Every method raises Unreachable where the servers' Redis is away.
    """

    def __init__(self, redis: "Redis", keys: Sequence[SecretStr], seconds: float) -> None:
        self._redis = redis
        self._codec = AESGCMRequestStateCodec([b"home " + one.get_secret_value().encode() for one in keys])
        self._seconds = seconds

    async def enter(self, owner: str, known: str, home: Home, opening: bytes) -> Entry | None:
        """Enter a session that was opened just now; None where it is too large to be kept."""
        if len(opening) > LARGEST_OPENING:
            return None
        entry = self._entry(home, opening)
        await self._redis.settle_session(_key(owner, known), entry.sealed, entry.sealed, self._seconds, anew=True)
        return entry

    async def find(self, owner: str, known: str) -> Entry | None:
        """The entry of a session of this owner's; None where it has ended, or rested too long."""
        sealed = await self._redis.session(_key(owner, known))
        if sealed is None:
            return None
        try:
            facts = json.loads(self._codec.unseal(sealed))
        except InvalidRequestState:
            return None
        return Entry(Home(facts["address"], facts["session"]), facts["opening"].encode(), sealed)

    async def keep(self, owner: str, known: str, entry: Entry) -> bool:
        """Let an entry last on; False where the session is at home elsewhere by now, or has ended."""
        place = _key(owner, known)
        return await self._redis.settle_session(place, entry.sealed, entry.sealed, self._seconds, anew=True)

    async def move(self, owner: str, known: str, entry: Entry, home: Home) -> Entry | None:
        """Say that a session is at `home` from now on; None where another was first, or where it has ended."""
        moved, place = self._entry(home, entry.opening), _key(owner, known)
        won = await self._redis.settle_session(place, entry.sealed, moved.sealed, self._seconds, anew=False)
        return moved if won else None

    async def end(self, owner: str, known: str) -> bool:
        """Let nobody open a session again; whether it was there."""
        return await self._redis.end_session(_key(owner, known))

    def _entry(self, home: Home, opening: bytes) -> Entry:
        facts = {"address": home.address, "session": home.session, "opening": opening.decode()}
        return Entry(home, opening, self._codec.seal(json.dumps(facts).encode()))


def _key(owner: str, known: str) -> str:
    return key(owner, "session", known)
