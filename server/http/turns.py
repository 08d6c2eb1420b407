"""Who is next where callers want more at once than there is: they take turns."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial

import anyio

Meanwhile = Callable[[Callable[[], int]], Awaitable[None]]


@dataclass(eq=False)
class _Turn:
    caller: str
    has_come: bool = False
    waiting: anyio.CancelScope = field(default_factory=anyio.CancelScope)


class Turns:
    """So many at once. Where none is free callers are let in one after the other, each caller's own as they came.

    So whoever wants many holds up another, who wants one, for a turn and no longer. Only those who wait are kept, and
    who gives up leaves their turn to the next of their own.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        # Whoever was let in goes to the end with the rest of theirs.
        self._line: dict[str, dict[_Turn, None]] = {}

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
        turn = _Turn(caller)
        self._line.setdefault(caller, {})[turn] = None
        try:
            while not turn.has_come:
                with anyio.CancelScope() as turn.waiting:
                    await (meanwhile(partial(self._before, turn)) if meanwhile else anyio.sleep_forever())
        except BaseException:
            if turn.has_come:
                self.leave()
            else:
                self._forget(turn)
            raise

    def leave(self) -> None:
        """Give a place back, to whoever is next."""
        if not self._line:
            self._free += 1
            return
        caller, own = next(iter(self._line.items()))
        turn = next(iter(own))
        self._forget(turn)
        if own:
            self._line[caller] = self._line.pop(caller)
        turn.has_come = True
        turn.waiting.cancel()

    def ahead(self, caller: str) -> int:
        """How many would be let in before one more of this caller's."""
        return self._ahead(caller, len(self._line.get(caller, ())))

    def _before(self, turn: _Turn) -> int:
        for position, own in enumerate(self._line.get(turn.caller, ())):
            if own is turn:
                return self._ahead(turn.caller, position)
        return 0

    def _ahead(self, caller: str, position: int) -> int:
        """How many are let in before the one who has so many of their own before them."""
        before, rounds = position, position + 1
        for other, turns in self._line.items():
            if other == caller:
                rounds = position  # who stands behind comes once less
            else:
                before += min(len(turns), rounds)
        return before

    def _forget(self, turn: _Turn) -> None:
        own = self._line[turn.caller]
        del own[turn]
        if not own:
            del self._line[turn.caller]
