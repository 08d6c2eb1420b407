"""State that replicas of the server have to share, behind one small interface."""

from typing import Protocol


class State(Protocol):
    """Short-lived facts with an expiry. Every method is atomic."""

    async def claim(self, key: str, seconds: float) -> bool:
        """Take `key` for `seconds`; False where somebody has taken it already."""
        ...

    async def put(self, key: str, value: str, seconds: float) -> None:
        """Keep `value` under `key` for `seconds`."""
        ...

    async def take(self, key: str) -> str | None:
        """The value under `key`, which is gone afterwards; None where there is none any more."""
        ...

    async def count(self, key: str, seconds: float, *, add: int) -> int:
        """How much was added for `key` in the last `seconds`, with what is added now."""
        ...
