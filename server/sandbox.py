"""The sandbox: every vendor's stand-in behind one ASGI app, in-process or on a real socket.

A stand-in behaves as its vendor's documents say: it checks credentials, wraps answers, words its
errors, pages, limits, and keeps what a user changes for as long as it lives.
"""

import importlib
import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, ClassVar

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from server.catalogue import PublishedVendor

FAILED = "The stand-in failed, not the vendor that it stands for; Drumbeat's log says why"
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """An endpoint's answer that is more than a 200 with a JSON body."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] | None = None


class Problem(Exception):
    """An error that a stand-in answers with, in its vendor's words."""

    def __init__(self, status: int, words: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(words)
        self.status, self.words, self.headers = status, words, headers


@dataclass(frozen=True)
class Call:
    """One request to a stand-in: decoded path parameters, query, headers and body.

    `url` is the stand-in's own address, for the links in its answers.
    """

    path: Mapping[str, str]
    request: Request
    body: Any
    raw: bytes
    url: str

    def query(self, name: str) -> str | None:
        """A query parameter's first value."""
        return self.request.query_params.get(name)

    def queries(self, name: str) -> list[str]:
        """All values of a repeated query parameter."""
        return self.request.query_params.getlist(name)


Handler = Callable[[Any, Call], Any]
Now = Callable[[], datetime]
STAND_IN = "stand_in"


def _time_of_day() -> datetime:
    return datetime.now(UTC)


def endpoint(method: str, path: str) -> Callable[[Handler], Handler]:
    """Serve `method path` with the decorated method of a StandIn."""

    def mark(handler: Handler) -> Handler:
        handler.__dict__.setdefault("endpoints", []).append((method, path))
        return handler

    return mark


class StandIn:
    """Base of the stand-ins: subclass, fill in the first three methods, add `@endpoint` methods.

    An endpoint returns a JSON body, an `Answer`, or raises `Problem`.
    """

    _app: ClassVar[ASGIApp]

    def __init__(self, today: date) -> None:
        self.today = today
        self.clock: Now = _time_of_day

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        scope[STAND_IN] = self
        await self._endpoints()(scope, receive, send)

    def authenticate(self, call: Call) -> None:
        """Raise Problem where the credentials are wrong."""
        raise NotImplementedError

    def error(self, status: int, words: str) -> Any:
        """The vendor's error body."""
        raise NotImplementedError

    def envelope(self, body: Any) -> Any:
        """The vendor's envelope around an answer."""
        return body

    def headers(self) -> Mapping[str, str]:
        """Headers on every answer, such as rate limits."""
        return {}

    def unknown_url(self, path: str, status: int) -> Problem:
        """The vendor's error for a URL that it does not have (404), or not with this method (405)."""
        return Problem(404, f"Not found: {path}")

    def now(self) -> datetime:
        """The stand-in's time."""
        return self.clock()

    async def serve(self, handler: Handler, request: Request) -> Response:
        """Answer a request to one of the endpoints."""
        raw = await request.body()
        try:
            url = f"{request.url.scheme}://{request.url.netloc}{request.scope['root_path']}"
            call = Call(request.path_params, request, self._parse(request, raw), raw, url)
            self.authenticate(call)
            result = handler(self, call)
            answer = result if isinstance(result, Answer) else Answer(200, result)
            body = answer.body if answer.status == 204 or answer.body is None else self.envelope(answer.body)
            return self._respond(answer.status, body, answer.headers)
        except Problem as problem:
            return self.refuse(problem)
        except Exception:
            logger.exception("The stand-in failed at %s %s", request.method, request.url.path)
            return self.refuse(Problem(500, FAILED))

    def refuse(self, problem: Problem) -> Response:
        """Answer with an error."""
        return self._respond(problem.status, self.error(problem.status, problem.words), problem.headers)

    @classmethod
    def _endpoints(cls) -> ASGIApp:
        """The app of all stand-ins of this class; which of them was asked stands in the scope."""
        if "_app" not in vars(cls):
            # In order of declaration, so that `/teams/all` can stand before `/teams/{id}`.
            methods = {name: m for base in reversed(cls.__mro__) for name, m in vars(base).items() if callable(m)}
            routes = [
                Route(path, _serving(getattr(cls, name)), methods=[method])
                for name, function in methods.items()
                for method, path in getattr(function, "endpoints", ())
            ]
            cls._app = Starlette(routes=routes, exception_handlers={404: _unknown, 405: _unknown})
        return cls._app

    def _parse(self, request: Request, raw: bytes) -> Any:
        if not raw or not request.headers.get("content-type", "").startswith("application/json"):
            return None
        try:
            return json.loads(raw)
        except ValueError:
            raise Problem(400, "Enter a valid json body") from None

    def _respond(self, status: int, body: Any, headers: Mapping[str, str] | None) -> Response:
        headers = {**self.headers(), **(headers or {})}
        if body is None:
            return Response(status_code=status, headers=headers)
        if isinstance(body, str):
            return Response(body, status, headers, media_type="text/plain")
        return Response(json.dumps(body), status, headers, media_type="application/json")


def _serving(handler: Handler) -> Callable[[Request], Any]:
    async def serve(request: Request) -> Response:
        stand_in: StandIn = request.scope[STAND_IN]
        return await stand_in.serve(handler, request)

    return serve


async def _unknown(request: Request, error: Exception) -> Response:
    stand_in: StandIn = request.scope[STAND_IN]
    status = error.status_code if isinstance(error, HTTPException) else 404
    return stand_in.refuse(stand_in.unknown_url(request.url.path, status))


class _OnFirstCall:
    """A stand-in that is imported and filled with data when somebody first asks for it."""

    def __init__(self, reference: str, today: date, clock: Now) -> None:
        self._reference, self._today, self._clock = reference, today, clock
        self._app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._app is None:
            module, name = self._reference.split(":")
            try:
                stand_in: StandIn = getattr(importlib.import_module(module), name)(self._today)
                stand_in.clock = self._clock
                self._app = stand_in
            except Exception:
                logger.exception("The stand-in %s could not be made", self._reference)
        await (self._app or Response(FAILED, 500))(scope, receive, send)


def sandbox(vendors: Iterable[PublishedVendor], today: date | None = None, clock: Now = _time_of_day) -> ASGIApp:
    """All stand-ins as one app, each under `/{vendor}`, with fresh data up to `today`, by default the clock's."""
    today = today or clock().date()
    stand_ins = {vendor.name: _OnFirstCall(vendor.sandbox, today, clock) for vendor in vendors if vendor.sandbox}
    return Starlette(routes=[Mount(f"/{name}", app=stand_in) for name, stand_in in stand_ins.items()])
