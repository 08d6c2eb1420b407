"""What calls came to a moment ago: good for as long as every vendor's answer that it was made of is good."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cachetools import LRUCache

if TYPE_CHECKING:
    from server.http.cache import Cache, Fetched, Kept

MOST_BYTES = 64 * 1024 * 1024
MOST_ENTRIES = 500
# What is made of an answer, models and text, takes up to so many bytes for each of its own, for an object and a list.
OF_A_BYTE, OF_AN_OBJECT, OF_A_LIST = 8, 1300, 60


@dataclass(frozen=True)
class _Made:
    value: Any
    sources: "tuple[Kept, ...]"
    cache: "Cache"


class Memo:
    """Values by the call that they answer. most: about how many bytes all of them may take."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most = most
        self._made: LRUCache[Hashable, _Made] = LRUCache(most, getsizeof=self._bytes_of)

    def __bool__(self) -> bool:
        return bool(self._made)

    async def recall(self, call: Hashable) -> tuple[Any, str] | None:
        """What was kept of a call, and in words how old the oldest answer in it is, while all of them are good."""
        made = self._made.get(call)
        if made is None:
            return None
        await made.cache.look()
        age = made.cache.age(made.sources)
        return None if age is None else (made.value, made.cache.aged(age))

    def keep(self, call: Hashable, value: Any, of: "Sequence[Fetched]", cache: "Cache") -> None:
        """Keep a value which was made `of` these answers alone, all from one cache."""
        made = _Made(value, tuple(fetched.kept for fetched in of if fetched.kept), cache)
        whole = of and len(made.sources) == len(of)
        if whole and self._bytes_of(made) <= self._most and cache.age(made.sources) is not None:
            self._made[call] = made

    def _bytes_of(self, made: _Made) -> int:
        return max(self._most // MOST_ENTRIES, sum(_made_of(kept.response.content) for kept in made.sources))


def _made_of(content: bytes) -> int:
    """About how many bytes what is made of an answer takes, at the most."""
    size = OF_A_BYTE * len(content)
    if size > MOST_BYTES:
        return size
    return size + OF_AN_OBJECT * content.count(b"{") + OF_A_LIST * content.count(b"[")
