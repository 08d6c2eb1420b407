"""State that replicas of the server have to share, behind one small interface."""

from hashlib import sha256
from typing import Protocol


class State(Protocol):
    """Short-lived facts with an expiry, each of one owner: see `key`. Every method is atomic."""

    async def claim(self, key: str, seconds: float) -> bool:
        """Take `key` for `seconds`; False where somebody has taken it already, or where there is no room for more."""
        ...

    async def put(self, key: str, value: str, seconds: float) -> None:
        """Keep `value` under `key` for `seconds`, or for less where its owner keeps too many."""
        ...

    async def get(self, key: str) -> str | None:
        """The value under `key`, which stays; None where there is none any more."""
        ...

    async def take(self, key: str) -> str | None:
        """The value under `key`, which is gone afterwards; None where there is none any more."""
        ...

    async def count(self, key: str, seconds: float, *, add: int) -> int:
        """How much was added for `key` in the last `seconds`, with what is added now."""
        ...


def key(owner: str, kind: str, name: str = "") -> str:
    """The key of a fact of `owner`'s, a caller. It has a bound, whatever names are made of."""
    return key_under(_digest(owner), kind, name)


def key_under(owner: str, kind: str, name: str) -> str:
    """The same, of somebody of whom only what `owner_of` tells is known."""
    return f"{owner}/{kind}:{_digest(name)}"


def owner_of(key: str) -> str:
    """Whose a key is."""
    return key.partition("/")[0]


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
