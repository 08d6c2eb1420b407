"""One call's way to its vendor: authentication, envelopes, typed answers, errors in plain words."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, TypeVar, overload

from server.apart import UNCOLLECTED, apart
from server.errors import VendorError, WouldSend
from server.http.cache import Fetched
from server.http.connection import Connection
from server.http.credentials import Credentials, credentials
from server.http.errors import MAY_HAVE_ACTED, next_step, sentence, words_in
from server.http.limits import Limits
from server.http.outgoing import Files, Outgoing, Query
from server.http.patience import Patience
from server.http.payload import without_none
from server.http.received import AT_ONCE, Received
from server.http.reply import Reply, fit, read, refuse_nothing
from server.http.response import Response
from server.request import Request

T = TypeVar("T")
SPARE_SECONDS = 3.0
"""What a call's time must still have when it stops waiting."""


class Api:
    """What a tool's function is given: its vendor, for the length of one call.

    A vendor subclasses this and fills in the first group of methods. request: the call that it is for. reads: the call
    changes nothing, so that all its requests are safe to repeat, POSTs too. import_dir: the only directory from which a
    file may be uploaded. cached: its reads may be answered by what was read a moment ago. patience: where not the
    connection's. A tool adds to `notes` what the reader should know of its answer; `sent` names the requests that
    change something and have left.
    """

    limits: ClassVar[Limits] = Limits()
    permission_hint: ClassVar[str] = "The credentials are not allowed to do this"
    images: ClassVar[tuple[()]] = ()
    page_data: ClassVar[None] = None

    def __init__(
        self,
        connection: Connection,
        request: Request | None = None,
        *,
        reads: bool = False,
        permission: str | None = None,
        import_dir: Path | None = None,
        cached: bool = False,
        patience: Patience | None = None,
    ) -> None:
        self.connection = connection
        self.settings = connection.settings
        self.import_dir = import_dir
        self.patience = patience or connection.patience
        self._request = request or Request()
        self.reach = self._request.reach
        self._caller = self._request.caller.principal
        self._reads = reads
        self._permission = permission
        self._cached = cached and reads
        self.received = Received(connection)
        self.notes: list[str] = []
        self.sent: list[str] = []
        self._endpoint = ""

    # What a vendor fills in.

    def authentication(self) -> Mapping[str, str]:
        """The headers that carry the credentials, and any other that every request needs."""
        raise NotImplementedError

    def wrap(self, body: Any) -> Any:
        """Put a request body into the vendor's envelope."""
        return body

    def unwrap(self, payload: Any) -> Any:
        """Take an answer out of the vendor's envelope."""
        return payload

    def complaint(self, payload: Any) -> str | None:
        """The vendor's own words in an error body."""
        return words_in(payload)

    def advice(self, status: int, words: str, headers: Mapping[str, str]) -> str | None:
        """What to do about an error that only this vendor has; None leaves it to the general rule."""
        return None

    async def identify(self) -> str:
        """Whom the credentials belong to, by the cheapest read that needs them. Raises VendorError."""
        raise NotImplementedError

    # What a tool calls.

    @overload
    async def get(self, path: str, *segments: str | int, query: Query | None = None, returns: type[T]) -> T: ...
    @overload
    async def get(self, path: str, *segments: str | int, query: Query | None = None) -> Any: ...
    async def get(self, path: str, *segments: str | int, query: Query | None = None, returns: Any = None) -> Any:
        """GET `path`, its `{}` filled with the encoded `segments`; the answer as `returns`."""
        reply = await self.request("GET", path, *segments, query=query)
        refuse_nothing(reply, returns, self.connection.title)
        return await self.fitted(reply, returns)

    @overload
    async def post(
        self, path: str, *segments: str | int, query: Query | None = None, body: Any = None, returns: type[T]
    ) -> T: ...
    @overload
    async def post(self, path: str, *segments: str | int, query: Query | None = None, body: Any = None) -> Any: ...
    async def post(
        self, path: str, *segments: str | int, query: Query | None = None, body: Any = None, returns: Any = None
    ) -> Any:
        """POST `body` in the vendor's envelope."""
        return await self.fitted(await self.request("POST", path, *segments, query=query, body=body), returns)

    @overload
    async def put(self, path: str, *segments: str | int, body: Any = None, returns: type[T]) -> T: ...
    @overload
    async def put(self, path: str, *segments: str | int, body: Any = None) -> Any: ...
    async def put(self, path: str, *segments: str | int, body: Any = None, returns: Any = None) -> Any:
        """PUT `body` in the vendor's envelope."""
        return await self.fitted(await self.request("PUT", path, *segments, body=body), returns)

    @overload
    async def patch(self, path: str, *segments: str | int, body: Any = None, returns: type[T]) -> T: ...
    @overload
    async def patch(self, path: str, *segments: str | int, body: Any = None) -> Any: ...
    async def patch(self, path: str, *segments: str | int, body: Any = None, returns: Any = None) -> Any:
        """PATCH with `body` in the vendor's envelope."""
        return await self.fitted(await self.request("PATCH", path, *segments, body=body), returns)

    async def delete(self, path: str, *segments: str | int, body: Any = None) -> None:
        """DELETE, with `body` in the vendor's envelope where the vendor wants one."""
        await self.request("DELETE", path, *segments, body=body)

    async def request(
        self,
        method: str,
        path: str,
        *segments: str | int,
        query: Query | None = None,
        body: Any = None,
        files: Files | None = None,
        reads: bool = False,
        spends: bool = False,
    ) -> Reply:
        """Send one request; for tools that need the status, the headers or a body that is not JSON.

        None is left out of `query` and out of the objects in `body`. reads: that this request changes
        nothing although it is not a GET and its tool does. spends: that it makes or costs something although its
        tool is a read, so that a dry run does not send it.
        Raises VendorError for any status but 2xx, and WouldSend for a write in a dry run.
        """
        url = self.connection.url(path, segments)
        body = None if body is None else self.wrap(without_none(body))
        reads = reads or self._reads or method == "GET"
        if self._request.dry_run and (spends or not reads):
            sent = {name: f"{file}, {len(data)} bytes" for name, (file, data) in files.items()} if files else body
            raise WouldSend(f"{method} {url}", sent)
        headers = self.authentication()
        outgoing = Outgoing(method, url, query, body, files, headers, endpoint=f"{method} {path}", caller=self._caller)
        if not reads:
            self.sent.append(f"{method} {path.format(*segments)}")
        return await self._accept(await self._send(outgoing, reads=reads), writes=not reads)

    async def _send(self, outgoing: Outgoing, *, reads: bool) -> Response:
        self.received.expect()
        with self._scrubbed():
            fetched = await self.connection.send(
                outgoing,
                reads=reads,
                cached=self._cached,
                fresh=self._request.fresh,
                report=self._request.report,
                patience=self.patience,
                deadline=self._request.deadline.begin(),
            )
        self.received.add(fetched)
        self._endpoint = outgoing.endpoint
        return fetched.response

    async def download(self, url: str) -> Reply:
        """Fetch a link that the vendor handed out, without credentials and from public https hosts only.

        Raises Refusal for any other host, VendorError for any status but 2xx.
        """
        self.received.expect()
        with self._scrubbed():
            response = await self.connection.download(
                url, patience=self.patience, deadline=self._request.deadline.begin(), caller=self._caller
            )
        return await self._accept(response, enveloped=False)

    def fit(self, reply: Reply, returns: Any) -> Any:
        """The reply's data as the type `returns`, or as it is where that is None.

        A write that was accepted is done, so its answer is made to fit. Of a read this raises VendorError, quoting
        the vendor, where the answer has another shape. On the event loop: `fitted` is for what may be large.
        """
        if len(reply.response.content) <= AT_ONCE:
            return fit(reply, returns, self.connection.title)
        with UNCOLLECTED:
            return fit(reply, returns, self.connection.title)

    async def fitted(self, reply: Reply, returns: Any) -> Any:
        """The same, in a thread where the answer is large."""
        if len(reply.response.content) <= AT_ONCE or returns is None:
            return self.fit(reply, returns)
        return await apart(partial(self.fit, reply, returns), self.connection.threads)

    async def rows(self, reply: Reply, data: Any, item: type[T]) -> list[T]:
        """`data`, which is somewhere in the reply, as a list of `item`. Raises VendorError where it is none."""
        rows: list[T] = await self.fitted(replace(reply, data=data), list[item])  # type: ignore[valid-type]
        return rows

    async def report(self, done: float, total: float | None = None, message: str | None = None) -> None:
        """Tell the client how far a long call has come."""
        if self._request.report:
            await self._request.report(done, total, message and self.scrub(message))

    @property
    def seconds_left(self) -> float:
        """How long this call may still take."""
        return self._request.deadline.left

    @property
    def seconds_to_wait(self) -> float:
        """How long this call may wait for what its vendor does in the background, and still end in time."""
        return max(min(self.patience.background, self.seconds_left - SPARE_SECONDS), 0.0)

    def calls_left(self) -> int | None:
        """What is left of the rate limit, by the vendor's last word, else by our count; None where there is none."""
        said = next((answer.response.calls_left for answer in reversed(self.received.answers)), None)
        return self.connection.calls_left(self._endpoint) if said is None else said

    # What the caller of a tool is told, and what is kept for the next one.

    @property
    def fetched(self) -> list[Fetched] | None:
        """All answers that this call got; None where one is missing, or where they must not be kept."""
        return self.received.answers if self._cached and self.received.is_complete else None

    def ages(self) -> list[str]:
        """How old those answers are that did not come just now."""
        return self.received.ages()

    @property
    def heavy(self) -> bool:
        """Whether this call got so much that laying it out would hold up other calls."""
        return self.received.heavy

    # How an answer becomes a Reply or an error.

    async def _accept(self, response: Response, *, writes: bool = False, enveloped: bool = True) -> Reply:
        ours, title = self._credentials, self.connection.title
        if len(response.content) <= AT_ONCE:
            response, payload = read(response, ours, title, writes=writes)
        else:
            reading = partial(read, response, ours, title, writes=writes)
            response, payload = await apart(reading, self.connection.threads)
        if response.is_success:
            data = self.unwrap(payload) if enveloped else payload
            return Reply(response, data, payload, writes)
        words = sentence(self.complaint(payload) or "")
        status = response.status
        acted = writes and status >= 500
        said = f"{title} answered {status}"
        advice = self.advice(status, words, response.headers) or self._general_advice(status)
        said = " ".join(filter(None, [f"{said}: {words}" if words else f"{said}.", advice]))
        raise VendorError(ours.mask(f"{said} {MAY_HAVE_ACTED}" if acted else said), status=status, acted=acted)

    def _general_advice(self, status: int) -> str | None:
        needed = f" (it needs {self._permission})" if self._permission else ""
        return next_step(
            status,
            variables=" and ".join(name for name in self.settings.secret_names if self.settings.get(name)),
            base_url_variable=self.connection.base_url_variable,
            forbidden=f"{self.permission_hint}{needed}",
            reads=self._reads,
        )

    @property
    def _credentials(self) -> Credentials:
        return credentials(self.connection.secrets, tuple(self.authentication().values()))

    @contextmanager
    def _scrubbed(self) -> Iterator[None]:
        try:
            yield
        except VendorError as error:
            error.args = (self.scrub(str(error)),)
            raise

    def scrub(self, text: str) -> str:
        """`text` without the credentials, however they are written."""
        return self._credentials.mask(text)
