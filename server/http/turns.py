"""Who is next where callers want more at once than there is: they take turns."""

from bisect import bisect_right
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial

import anyio

Meanwhile = Callable[[Callable[[], int]], Awaitable[None]]


@dataclass(eq=False)
class _Turn:
    caller: str
    round: int
    has_come: bool = False
    waiting: anyio.CancelScope = field(default_factory=anyio.CancelScope)


class Turns:
    """So many at once. Where none is free callers are let in one after the other, each caller's own as they came.

    So whoever wants many holds up another, who wants one, for a turn and no longer. Only those who wait are kept.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        self._round = 0
        self._line: list[_Turn] = []

    def enter_at_once(self) -> bool:
        """Take a place where one is free, which `leave` gives back; then nobody waits."""
        if self._free:
            self._free -= 1
            return True
        return False

    async def enter(self, caller: str, meanwhile: Meanwhile | None = None) -> None:
        """Return when there is a place, which `leave` gives back.

        meanwhile: what to do while waiting, again and again; it can ask how many are before this one.
        """
        if self.enter_at_once():
            return
        turn = _Turn(caller, self._next_round(caller))
        self._line.insert(self.ahead(caller), turn)
        try:
            while not turn.has_come:
                with anyio.CancelScope() as turn.waiting:
                    await (meanwhile(partial(self._before, turn)) if meanwhile else anyio.sleep_forever())
        except BaseException:
            if turn.has_come:
                self.leave()
            else:
                self._line.remove(turn)
            raise

    def leave(self) -> None:
        """Give a place back, to whoever is next."""
        if not self._line:
            self._free += 1
            return
        turn = self._line.pop(0)
        self._round, turn.has_come = turn.round, True
        turn.waiting.cancel()

    def ahead(self, caller: str) -> int:
        """How many would be let in before one more of this caller's."""
        return bisect_right(self._line, self._next_round(caller), key=lambda turn: turn.round)

    def _before(self, turn: _Turn) -> int:
        return self._line.index(turn) if turn in self._line else 0

    def _next_round(self, caller: str) -> int:
        # Who is not in the line begins in the round that is next, behind those who wait for it already.
        last = next((turn.round for turn in reversed(self._line) if turn.caller == caller), 0)
        return max(self._round, last) + 1
