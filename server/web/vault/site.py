"""The page of callers' keys: who may see it, and what its forms do.

A link alone opens nothing: whoever comes shows by their Drumbeat token, or at the provider, that they are the one
whose keys these are. From then on their browser has a session, and every form a token of its own.
"""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from cachetools import TTLCache
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from server.errors import ConfigurationError, KeysMissing, Refusal, Unreachable
from server.hosting import KEYS_PATH
from server.request import Caller
from server.settings import Settings
from server.web.bounds import body_of
from server.web.callers import Forbidden, Rejected, Undecided, Verifier, identify
from server.web.vault.keeper import Keeper
from server.web.vault.pages import Pages
from server.web.vault.provider_sign_in import ProviderSignIn
from server.web.vault.sessions import (
    Session,
    Sessions,
    derived,
    is_for,
    is_secret,
    secret,
    set_session,
    set_visit,
    unset_session,
    visit_of,
)

LARGEST_FORM = 64 * 1024
MOST_FIELDS = 50
MOST_FAILURES, FAILURE_SECONDS = 10, 60.0
"""Wrong tokens from one address."""
MOST_ADDRESSES = 10_000
STALE = "This form is not of a page that you have open, or is too old. Nothing was done; try again from here."
NOT_YOURS = (
    "This link was used already, is older than ten minutes, or was made for somebody else than you. Ask your assistant "
    "again, or go to your keys without it."
)


class Problem(Exception):
    """A request that is not carried out, in words for the person at the page."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


class Site:
    """The pages. verifiers: tell whose a token is. provider: where people may sign in instead."""

    def __init__(
        self,
        settings: Settings,
        keeper: Keeper,
        sessions: Sessions,
        verifiers: list[Verifier],
        provider: ProviderSignIn | None,
    ) -> None:
        self._keeper = keeper
        self._sessions = sessions
        self._verifiers = verifiers
        self._provider = provider
        self._address = settings.keys_page
        prefix = urlsplit(str(settings.public_url)).path
        self._root = f"{prefix}{KEYS_PATH}"
        self._pages = Pages(str(settings.public_url), prefix)
        self._failures: TTLCache[str, int] = TTLCache(MOST_ADDRESSES, FAILURE_SECONDS)

    @property
    def app(self) -> ASGIApp:
        """The pages as an ASGI app."""
        routes = [
            Route(KEYS_PATH, self._show, methods=["GET"]),
            Route(f"{KEYS_PATH}/sign-in", self._sign_in, methods=["POST"]),
            Route(f"{KEYS_PATH}/sign-in/provider", self._leave, methods=["GET"]),
            Route(f"{KEYS_PATH}/sign-in/done", self._come_back, methods=["GET"]),
            Route(f"{KEYS_PATH}/sign-out", self._sign_out, methods=["POST"]),
            Route(f"{KEYS_PATH}/{{vendor}}", self._change, methods=["POST"]),
        ]
        return Starlette(routes=routes, exception_handlers=dict.fromkeys((Problem, Refusal, Unreachable), self._told))

    async def link(self, caller: Caller, missing: KeysMissing) -> str:
        """A link for this caller to where the keys that they lack are entered."""
        try:
            ticket = await self._sessions.ticket(caller.person, next(iter(missing.vendors)))
        except Refusal:
            return self._address
        return f"{self._address}?ticket={ticket}"

    async def _show(self, request: Request) -> Response:
        ticket = request.query_params.get("ticket", "")
        if ticket and not is_secret(ticket):
            raise Problem(403, NOT_YOURS)
        session = await self._sessions.of(request)
        if session is None:
            return self._ask_who(request, ticket)
        if ticket:
            return await self._forward(session.caller, ticket)
        return await self._shown(session)

    async def _sign_in(self, request: Request) -> Response:
        form, visit = await _form(request), visit_of(request)
        ticket = form.get("ticket", "")
        if ticket and not is_secret(ticket):
            raise Problem(403, NOT_YOURS)
        if visit is None or not is_for(form.get("token", ""), visit, "sign in"):
            return self._ask_who(request, ticket, STALE, 403)
        address = request.client.host if request.client else ""
        if self._failures.get(address, 0) >= MOST_FAILURES:
            raise Problem(429, "Too many wrong tokens came from your address. Wait for a minute.")
        try:
            caller = await identify(f"Bearer {form.get('drumbeat_token', '')}", self._verifiers)
        except (Rejected, Forbidden, Undecided) as error:
            self._failures[address] = self._failures.get(address, 0) + 1
            return self._ask_who(request, ticket, _why_not(error), 403)
        response = await self._forward(caller, ticket)
        set_session(response, await self._sessions.begin(caller))
        return response

    async def _leave(self, request: Request) -> Response:
        ticket, visit = request.query_params.get("ticket", ""), visit_of(request)
        if self._provider is None or visit is None or (ticket and not is_secret(ticket)):
            return RedirectResponse(self._root, 303)
        try:
            return RedirectResponse(await self._provider.leave(visit, ticket), 303)
        except Undecided as error:
            raise Problem(503, _why_not(error)) from None

    async def _come_back(self, request: Request) -> Response:
        visit = visit_of(request)
        if self._provider is None or visit is None:
            raise Problem(403, _why_not(Rejected("this is not the answer to a sign-in that began in this browser")))
        try:
            caller, ticket = await self._provider.come_back(visit, request.query_params)
        except (Rejected, Forbidden, Undecided) as error:
            raise Problem(403, _why_not(error)) from None
        # The browser came from another site, so it shows a strict cookie only once a page of ours sends it on.
        response = self._pages.signed_in(caller.person, await self._redeemed(caller, ticket))
        set_session(response, await self._sessions.begin(caller))
        return response

    async def _sign_out(self, request: Request) -> Response:
        session, _ = await self._signed_form(request, "sign out")
        await self._sessions.end(session)
        response = RedirectResponse(self._root, 303)
        unset_session(response)
        return response

    async def _change(self, request: Request) -> Response:
        name = request.path_params["vendor"]
        session, form = await self._signed_form(request, name)
        vendor = self._keeper.vendor(name)
        if vendor is None:
            raise Problem(404, "There is no such vendor here.")
        if form.get("action") == "forget":
            await self._keeper.forget(session.caller, vendor)
            return await self._shown(session, f"The keys of {vendor.title} are deleted.")
        given = {v.name: form[v.name].strip() for v in vendor.callers_variables if form.get(v.name, "").strip()}
        try:
            verdict = await self._keeper.take_in(session.caller, vendor, given)
        except ConfigurationError as error:
            return await self._shown(session, f"Nothing was kept: {error}", 400)
        back = "Go back to your assistant." if verdict.accepted else ""
        return await self._shown(session, f"The keys of {vendor.title} are kept. {verdict.words} {back}".strip())

    async def _signed_form(self, request: Request, purpose: str) -> tuple[Session, Mapping[str, str]]:
        """The session and the fields of one of its own forms. Raises Problem."""
        form, session = await _form(request), await self._sessions.of(request)
        if session is None or not is_for(form.get("token", ""), session.cookie, purpose):
            raise Problem(403, STALE)
        return session, form

    async def _shown(self, session: Session, told: str = "", status: int = 200) -> Response:
        shelf = await self._keeper.shelf(session.caller)
        tokens = {slot.vendor.name: derived(session.cookie, slot.vendor.name) for slot in shelf.slots}
        tokens[""] = derived(session.cookie, "sign out")
        return self._pages.keys(session.caller.person, shelf, tokens, told, status)

    def _ask_who(self, request: Request, ticket: str, told: str = "", status: int = 200) -> Response:
        visit = visit_of(request) or secret()
        host = self._provider.host if self._provider else None
        response = self._pages.sign_in(derived(visit, "sign in"), ticket, host, told, status)
        set_visit(response, visit)
        return response

    async def _forward(self, caller: Caller, ticket: str) -> Response:
        vendor = await self._redeemed(caller, ticket)
        return RedirectResponse(f"{self._root}#{vendor}" if vendor else self._root, 303)

    async def _redeemed(self, caller: Caller, ticket: str) -> str:
        """The vendor that a link leads to, if it has a ticket. Raises Problem for one that is not this caller's."""
        if not ticket:
            return ""
        vendor = await self._sessions.redeem(caller.person, ticket)
        if vendor is None:
            raise Problem(403, NOT_YOURS)
        return vendor

    async def _told(self, _: Request, error: Exception) -> Response:
        words = str(error) or "Where keys are kept cannot be reached now. Try again in a while."
        return self._pages.problem(words, error.status if isinstance(error, Problem) else 503)


async def _form(request: Request) -> dict[str, str]:
    """The fields of a form. Raises Problem for what is none, and for one that is too large."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        raise Problem(415, "Only forms are taken here.")
    content = await body_of(request, LARGEST_FORM)
    if content is None:
        raise Problem(413, f"The form has more than {LARGEST_FORM >> 10} KiB.")
    try:
        return dict(parse_qsl(content.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        raise Problem(400, "The form cannot be read.") from None


def _why_not(error: Exception) -> str:
    if isinstance(error, Forbidden):
        return "You are known, but your token grants nothing here: it has none of Drumbeat's scopes."
    words = str(error) or "tokens cannot be checked now, since the provider's keys cannot be fetched"
    return f"You are not signed in: {words}."
