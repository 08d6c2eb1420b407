"""Who is at the page: visitors, who have shown nothing yet, sessions of those who have, and tickets that lead here.

All of it is kept by digest in the state that servers share, and ends by itself.
"""

import hmac
import json
import re
import secrets
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from server.request import Caller
from server.state import State, key, key_under, owner_of

# The prefix keeps a cookie to this host, sent over TLS only, and out of other hosts' hands.
SESSION, VISIT = "__Host-drumbeat-keys", "__Host-drumbeat-visit"
SESSION_SECONDS, TICKET_SECONDS = 900, 600
LENGTH = 43
"""Characters of a secret of 256 bits."""


@dataclass(frozen=True)
class Session:
    """Somebody who has shown who they are. cookie: what their browser shows for it."""

    cookie: str
    caller: Caller


def secret() -> str:
    """A new secret of 256 bits."""
    return secrets.token_urlsafe(32)


def derived(secret: str, purpose: str) -> str:
    """What only who knows `secret` can know, for one purpose."""
    return hmac.new(secret.encode(), purpose.encode(), "sha256").hexdigest()


def is_for(token: str, secret: str, purpose: str) -> bool:
    """Whether a form's token was made for this purpose and whoever holds `secret`."""
    return hmac.compare_digest(token.encode(), derived(secret, purpose).encode())


class Sessions:
    """Sessions and tickets in the servers' state."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def begin(self, caller: Caller) -> Session:
        """A new session, whatever cookie the browser had before."""
        session = Session(f"{owner_of(key(caller.person, ''))}.{secret()}", caller)
        who = json.dumps({"principal": caller.principal, "person": caller.person})
        await self._state.put(_key(session.cookie), who, SESSION_SECONDS)
        return session

    async def of(self, request: Request) -> Session | None:
        """The session that a browser shows, if it is one and has not ended."""
        cookie = request.cookies.get(SESSION, "")
        owner, _, name = cookie.partition(".")
        if not (re.fullmatch(r"[0-9a-f]{32}", owner) and is_secret(name)):
            return None
        known = await self._state.get(_key(cookie))
        return Session(cookie, Caller(**json.loads(known))) if known else None

    async def end(self, session: Session) -> None:
        """End a session on all servers."""
        await self._state.take(_key(session.cookie))

    async def ticket(self, person: str, vendor: str) -> str:
        """A ticket for this person that leads them to a vendor's keys, once."""
        ticket = secret()
        await self._state.put(key(person, "keys ticket", ticket), vendor, TICKET_SECONDS)
        return ticket

    async def redeem(self, person: str, ticket: str) -> str | None:
        """The vendor that a ticket leads to; None where it is over, used, or not this person's."""
        return await self._state.take(key(person, "keys ticket", ticket))


def visit_of(request: Request) -> str | None:
    """What a visitor's browser was given to know it by."""
    cookie = request.cookies.get(VISIT, "")
    return cookie if is_secret(cookie) else None


def is_secret(text: str) -> bool:
    """Whether a text has the form of a secret of ours."""
    return re.fullmatch(r"[A-Za-z0-9_-]+", text) is not None and len(text) == LENGTH


def set_visit(response: Response, visit: str) -> None:
    """Let the browser show by which it is known; it does so when it comes back from the provider too."""
    response.set_cookie(VISIT, visit, max_age=TICKET_SECONDS, path="/", secure=True, httponly=True, samesite="lax")


def set_session(response: Response, session: Session) -> None:
    """Let the browser show its session, on requests that our own pages make."""
    response.set_cookie(
        SESSION, session.cookie, max_age=SESSION_SECONDS, path="/", secure=True, httponly=True, samesite="strict"
    )
    response.delete_cookie(VISIT, path="/", secure=True, httponly=True, samesite="lax")


def unset_session(response: Response) -> None:
    """Let the browser forget its session."""
    response.delete_cookie(SESSION, path="/", secure=True, httponly=True, samesite="strict")


def _key(cookie: str) -> str:
    owner, _, name = cookie.partition(".")
    return key_under(owner, "keys session", name)
