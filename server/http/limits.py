"""How a vendor wants to be called: how often, how many at once, and how it says that it was too much."""

import re
from bisect import insort
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import anyio

from server.http.response import Response
from server.http.shares import Shares
from server.http.turns import Turns
from server.request import Report

Wait = Callable[[float], Awaitable[None]]
STEP_SECONDS = 5.0
SHORTEST_WAIT = 1.0
"""Seconds after which one in a line looks again, where it should have come already."""
LONGEST_CLOSURE = 900.0


@dataclass(frozen=True)
class Rate:
    """At most `calls` in any `seconds`; per endpoint where the vendor counts so."""

    calls: int
    seconds: float = 60.0
    per_endpoint: bool = False


def says_too_many(response: Response) -> bool:
    """Whether an answer means that the rate limit was hit: 429."""
    return response.status == 429


@dataclass(frozen=True)
class Limits:
    """A vendor's limits. is_limit: tells a rate limit from other refusals.

    link_hosts: where the links that it hands out may lead when a proxy resolves their names, each `host`,
    `*.host` or `host:port`. Without a proxy any public host will do.
    """

    rate: Rate | None = None
    concurrency: int = 10
    is_limit: Callable[[Response], bool] = says_too_many
    link_hosts: tuple[str, ...] = ()


class TooBusy(Exception):
    """The limit leaves no room within the caller's patience; `seconds` until it does."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"{seconds:.0f} s")
        self.seconds = seconds


class Limiter:
    """Keeps calls within a rate, whatever runs in parallel; where it leaves too little room, callers take turns.

    Who has had most of a window waits aside while others want the rest, see `Shares`.

    One at a time takes the next slot and waits for it, so no window ever holds more than the rate allows, and whoever
    is cancelled gives it back. A slot is the moment at which a request leaves: who takes one must have nothing else to
    wait for.
    """

    _settles_in = 0.0
    """Seconds in which a line that moves is seen to move."""

    def __init__(self, rate: Rate | None) -> None:
        self.rate = rate
        self._slots: list[float] = []
        self._closed_until = 0.0
        self._line = Turns(1)
        self._shares = Shares(rate.calls, rate.seconds) if rate else None

    async def admit(self, patience: float, wait: Wait, caller: str = "") -> None:
        """Return when the call may be sent. Raises TooBusy where that takes longer than `patience` seconds."""
        ends = anyio.current_time() + patience
        while True:
            if not self._line.enter_at_once():
                await self._stand_in_line(ends, wait, caller)
            try:
                aside = await self._take(ends, wait, caller)
            finally:
                self._line.leave()
            if not aside:
                return
            if anyio.current_time() + aside > ends:
                raise TooBusy(aside)
            await until_slot(aside, wait)

    async def close(self, seconds: float) -> float:
        """Let nobody in for `seconds`: the vendor said so. What is obeyed of them, which has a bound."""
        longest = max(LONGEST_CLOSURE, self.rate.seconds if self.rate else 0.0)
        obeyed = min(seconds, longest)
        self._closed_until = max(self._closed_until, anyio.current_time() + obeyed)
        return obeyed

    @property
    def left(self) -> int | None:
        """How many calls the current window still takes; None where there is no rate."""
        if self.rate is None:
            return None
        oldest = anyio.current_time() - self.rate.seconds
        return self.rate.calls - sum(slot > oldest for slot in self._slots)

    async def _stand_in_line(self, ends: float, wait: Wait, caller: str) -> None:
        async def meanwhile(ahead: Callable[[], int]) -> None:
            before = ahead()
            if self._settles_in:
                await anyio.sleep(self._settles_in)
            # While the line moves nobody needs to be asked, and those who went would be counted twice.
            if ahead() < before:
                return
            seconds = await self._until(before)
            if ahead() < before:
                return
            if anyio.current_time() + seconds > ends:
                raise TooBusy(seconds)
            await wait(max(seconds, SHORTEST_WAIT))

        with anyio.move_on_at(ends) as vain:
            await self._line.enter(caller, meanwhile)
        if vain.cancelled_caught:
            raise TooBusy(await self._until(self._line.ahead(caller)))

    async def _until(self, ahead: int) -> float:
        """Seconds until the one after so many others may leave, as far as that can be told."""
        now = anyio.current_time()
        return self._next_slot(now, ahead) - now

    async def _take(self, ends: float, wait: Wait, caller: str) -> float:
        """Take the next slot and wait for it; or the seconds for which this caller has to leave it to others."""
        now = anyio.current_time()
        slot = self._next_slot(now)
        if self._shares and (until := self._shares.until(caller, now, slot)) > slot:
            return until - now
        if slot > ends:
            raise TooBusy(slot - now)
        if self._shares:
            insort(self._slots, slot)
            self._shares.take(caller, slot)
        try:
            await until_slot(slot - now, wait)
        except BaseException:
            if self._shares:
                self._slots.remove(slot)
                self._shares.give_back(caller, slot)
            raise
        return 0.0

    def _next_slot(self, now: float, ahead: int = 0) -> float:
        slot = max(now, self._closed_until)
        if self.rate is None:
            return slot
        self._slots = slots = [taken for taken in self._slots if taken > now - self.rate.seconds]
        for _ in range(ahead):
            slots = [*slots, slot := self._after(slots, slot, self.rate)]
        return self._after(slots, slot, self.rate)

    @staticmethod
    def _after(slots: list[float], slot: float, rate: Rate) -> float:
        return max(slot, slots[-rate.calls] + rate.seconds) if len(slots) >= rate.calls else slot


async def until_slot(seconds: float, wait: Wait) -> None:
    """Wait for a slot, and no longer: who cannot be told meanwhile how long it takes must not hold up the others."""
    if seconds > 0:
        with anyio.move_on_after(seconds):
            await wait(seconds)


def retry_after(headers: Mapping[str, str], *, limited: bool) -> float | None:
    """The seconds that an answer's headers say to wait, by the vendor's own clock; None where they do not say.

    `Retry-After` is seconds or a date. `X-Rate-Limit-Reset` is a time in epoch seconds, and on an answer
    that was not `limited` no more than a fact.
    """
    now = _date(headers.get("date")) or datetime.now(UTC).timestamp()
    after = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,12}", after):
        return float(after)
    if (moment := _date(after)) is not None:
        return max(0.0, moment - now)
    reset = headers.get("x-rate-limit-reset", "").strip()
    return max(0.0, float(reset) - now) if limited and re.fullmatch(r"[0-9]{1,12}", reset) else None


def _date(value: str | None) -> float | None:
    try:
        return parsedate_to_datetime(value).timestamp() if value else None
    except (ValueError, TypeError, OverflowError, OSError):
        return None


async def wait_in_steps(seconds: float, why: str, report: Report | None) -> None:
    """Sleep, telling the client how long it still takes."""
    until = anyio.current_time() + seconds
    while (left := until - anyio.current_time()) > 0:
        if report:
            await report(round(seconds - left), round(seconds) or 1, f"{why}: {left:.0f} s to go")
        await anyio.sleep(min(left, STEP_SECONDS))


def in_words(seconds: float) -> str:
    """A wait as people say it."""
    if seconds < 90:
        return f"{round(seconds)} seconds" if seconds >= 1.5 else "1 second"
    if seconds < 5400:
        return f"{round(seconds / 60)} minutes"
    return f"{seconds / 3600:.1f} hours" if seconds < 172800 else f"{round(seconds / 86400):,} days"
