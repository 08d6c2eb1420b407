"""One request, as everything inside takes it: who asks, how to ask them back, how to tell them how far it is."""

from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from pydantic import BaseModel

from server.access import Access
from server.deadline import Deadline
from server.errors import KeysMissing, Refusal
from server.reach import Reach
from server.settings import Layout
from server.vendor_settings import VendorSettings

Form = TypeVar("Form", bound=BaseModel)
Report = Callable[[float, float | None, str | None], Awaitable[None]]

CANNOT_ASK = (
    "Nothing was changed: this needs the user's own agreement, and this client cannot ask for it (it does not support "
    "elicitation). The user can do it in a client that can, or the operator can set DRUMBEAT_CONFIRM=two-step."
)


LOCAL = "local"
"""The principal of whoever runs this server: on stdio, and with the token of the start."""


@dataclass(frozen=True)
class Caller:
    """Whoever calls: what is kept, limited and agreed to belongs to one.

    principal: who it is as far as that is proven: LOCAL for who runs it. client: what the client calls
    itself, which is written down and never relied on. access: the most that they may do, where the server allows it.
    vendors: the vendors that they bring their own keys for; None where the server's keys are used.
    person: who it is whichever client they use, which is whose keys the vault keeps.
    """

    principal: str = LOCAL
    client: str = field(default="unnamed client", compare=False)
    access: Access = field(default=Access.DESTRUCTIVE, compare=False)
    vendors: Mapping[str, VendorSettings] | None = field(default=None, compare=False, repr=False)
    person: str = field(default=LOCAL, compare=False)


VISITOR: ContextVar[Caller | None] = ContextVar("visitor", default=None)
"""Who is behind the request that is being served, set by a transport that knows."""


def visitor() -> Caller:
    """Who is behind the request that is being served; the local user where no transport says otherwise."""
    return VISITOR.get() or Caller()


STEP = 0.001


class Progress:
    """The one progress of a call, however often it waits: it only ever rises, as the protocol wants."""

    def __init__(self, report: Report | None) -> None:
        self._report = report
        self._done = -STEP
        self._total: float | None = None

    async def of_call(self, done: float, total: float | None = None, message: str | None = None) -> None:
        """How far the whole call has come."""
        self._total = total
        await self._tell(max(done, self._done + STEP), message)

    async def of_vendor(self, done: float, total: float | None = None, message: str | None = None) -> None:
        """Waiting for one vendor, which is no measure of the whole call."""
        await self._tell(self._done + STEP, message)

    async def _tell(self, done: float, message: str | None) -> None:
        self._done = done
        if self._report:
            within = self._total is not None and done <= self._total
            await self._report(done, self._total if within else None, message)


class Ask(Protocol):
    """Puts a form to the user."""

    @property
    def waits(self) -> bool:
        """Whether the call itself waits for the answer, so that what was read before it is old afterwards."""
        ...

    @property
    def continues(self) -> bool:
        """Whether this call brings the answer to a question that an earlier one put."""
        ...

    async def __call__(self, message: str, form: type[Form]) -> Form | None:
        """The user's answer; None where they declined.

        Raises Refusal where nobody can be asked, Closed where no person answered, and Unanswered where the client has
        to call again with the answer.
        """
        ...


class Nobody:
    """The way to ask where there is none."""

    waits = False
    continues = False

    async def __call__(self, message: str, form: type[Form]) -> Form | None:
        """Refuse."""
        raise Refusal(CANNOT_ASK)


Lead = Callable[[KeysMissing], Awaitable[None]]
"""Leads the user to where they enter keys, if the client can. Raises Failure or Unanswered where it was led."""


async def nowhere(missing: KeysMissing) -> None:
    """The way to lead somebody where there is none."""


@dataclass(frozen=True)
class Request:
    """The circumstances of a call.

    dry_run: show what would be sent instead of sending it. fresh: pass the cache. layout: what to send the answer as.
    searches: that the client's model sees no tool before it has searched for it, not even a listed one.
    reach: how much it looks at before it acts.
    shows_pages: the client shows pages in the chat, see `server.apps`.
    """

    caller: Caller = Caller()
    ask: Ask = field(default_factory=Nobody)
    report: Report | None = None
    dry_run: bool = False
    fresh: bool = False
    layout: Layout = "text"
    searches: bool = False
    shows_pages: bool = False
    deadline: Deadline = field(default_factory=Deadline)
    reach: Reach = field(default_factory=Reach, compare=False)
    lead: Lead = nowhere
