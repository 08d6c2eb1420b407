"""Answers within their budget, and what was cut from them, kept for the caller to read on.

The budget is one of what is sent. That is laid out again and again, from more or less of the data, until it fits and
uses most of its room; the data beyond some multiple of the budget is never looked at.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic_core import from_json, to_json

from server import clean
from server.answers import cutting
from server.answers.cutting import Left
from server.answers.layout import BYTES_A_TOKEN, ENCODER, Sent, lay_out
from server.answers.shelf import LARGEST_RESULT, Shelf
from server.models import Page
from server.settings import Layout

MOST_AT_ONCE = 100
LONGEST_PLACE = 80
LARGEST_NEXT = 3  # the part of an answer that may be the arguments of what follows it: a third
AT_FIRST, AT_MOST = 3, 12  # characters of JSON looked at for a byte of the budget, as text says the same in far fewer
WELL_USED = 0.9
MOST_TRIES = 8
AGE = "Cached 1000 seconds ago"  # the note that an answer may get when it is given again
UNKNOWN = "a0" * 8  # as many tokens as a number can have
TOKENS_A_NOTE = 100  # at most
READER, CALLER = "drumbeat_get_result", "drumbeat_read"


@dataclass(frozen=True)
class Cut:
    """What was left out at one place of an answer. number: under which it is kept, None where it is too large for that.

    shown is None where fields were shortened.
    """

    number: str | None
    shown: int | None
    total: int
    unit: str
    where: str = ""

    def note(self, tools: Collection[str] = (READER, CALLER)) -> str:
        """What the reader is told; `tools` are those that they can call."""
        of = f" of {self.where}" if self.where else ""
        unit = self.unit.removesuffix("s") if self.total == 1 else self.unit
        if self.shown is None:
            said = f"Cut to fit: {self.unit}{of} are shortened or left out; for all of them"
        else:
            said = f"Cut to fit: {self.shown} of {self.total} {unit}{of} shown; for the rest"
        if self.number is None:
            return f"{said} ask for less at once: it is too large to be kept"
        arguments = f'{{"result_id":"{self.number}","offset":{self.shown or 0}}}'
        if CALLER in tools:
            return f'{said} call {CALLER} with tool="{READER}", arguments={arguments}'
        if READER in tools:
            return f"{said} call {READER} with {arguments}"
        return f"{said} read the resource drumbeat://results/{self.number}"


@dataclass(frozen=True)
class Fitted:
    """A result as it is sent, but for notes, and what was cut from it."""

    sent: Sent
    cuts: list[Cut]


@dataclass(frozen=True)
class Draft:
    """A result laid out from a part of its data, and what was left out."""

    data: dict[str, Any]
    sent: Sent
    left: list[Left]
    tokens: int


class Results:
    """Cuts results to the budget (in tokens) and keeps the last wholes of each caller, so that the rest can be read.

    tools: the names of the tools that can be called here. shelf: where wholes are kept.
    """

    def __init__(self, budget: int, tools: Collection[str] = (READER, CALLER), shelf: Shelf | None = None) -> None:
        self.tools = tools
        self._budget = budget
        self._shelf = shelf or Shelf()

    async def find(self, number: str, caller: str = "") -> list[Any] | None:
        """The items of a whole that is still kept for this caller, whichever server kept it."""
        return _items(await self._shelf.find(caller, number))

    def get(self, number: str, caller: str = "") -> list[Any] | None:
        """The items of a whole that this server still keeps for this caller."""
        return _items(self._shelf.get(caller, number))

    async def share(self, caller: str) -> None:
        """Let the other servers find what was kept for this caller, before it is told of it."""
        await self._shelf.share(caller)

    def keeps(self, number: str | None, caller: str) -> bool:
        """Whether what was cut is still there, or never was kept."""
        return number is None or self._shelf.get(caller, number) is not None

    def fit(self, result: BaseModel, caller: str = "", layout: Layout = "text", notes: Sequence[str] = ()) -> Fitted:
        """The result within the budget together with its notes; what was left out is kept for the caller."""
        draft = self._fitting(result, layout, notes)
        return Fitted(draft.sent, [self._cut(part, caller) for part in draft.left])

    def first(self, rows: list[Any], layout: Layout) -> list[Any]:
        """As many of the first rows as fit, one at the least; those far beyond are not even looked at."""
        page = Page[Any](items=rows, total=len(rows), next={"offset": len(rows)})
        shown = len(self._fitting(page, layout).data.get("items", ()))
        return rows[: max(1, shown)]

    def _fitting(self, result: BaseModel, layout: Layout, notes: Sequence[str] = ()) -> Draft:
        drafts = self._drafts(result, layout, notes)
        room, most = int(self._budget * BYTES_A_TOKEN), int(self._budget * BYTES_A_TOKEN * AT_MOST)
        characters, low, high = room * AT_FIRST, 0, most
        best: Draft | None = None
        for _ in range(MOST_TRIES):
            draft = drafts(characters)
            fits = draft.tokens <= self._budget
            if fits:
                best, low = draft, characters
                if not draft.left or draft.tokens >= self._budget * WELL_USED:
                    break
            else:
                high = characters
            if high - low <= 1:
                break
            likely = int(characters * self._budget * (1 + WELL_USED) / 2 / max(1, draft.tokens))
            characters = min(max(likely, low + 1 + (high - low) // 10), high - 1 if high < most else most)
        return best or self._smallest(drafts, characters)

    def _smallest(self, drafts: "Callable[[int], Draft]", characters: int) -> Draft:
        """The first draft that fits on the way down to one of nothing."""
        draft = drafts(characters)
        while draft.tokens > self._budget and characters > len("{}"):
            characters //= 2
            draft = drafts(characters)
        return draft

    def _drafts(self, result: BaseModel, layout: Layout, notes: Sequence[str]) -> "Callable[[int], Draft]":
        """Makes drafts from so many characters of data."""
        whole, size = (None, 0) if isinstance(result, Page) else clean.plain(result)
        most = max(1, self._budget // (TOKENS_A_NOTE * (2 if layout == "both" else 1)))

        def draft(characters: int) -> Draft:
            if isinstance(result, Page):
                data, left, room = _first_rows(result, characters)
            else:
                data, left, room = whole or {}, [], characters - size
            if room < 0:
                data, more = cutting.fit(data, characters)
                left = [*left, *more]
            if len(left) > most:
                left = [_all_of(result, whole)]
            sent = lay_out(result, data, layout)
            # What is counted in characters here are lines in the end, which are fewer.
            cuts = [Cut(UNKNOWN, part.shown, len(part.value), part.unit, _where(part)) for part in left]
            noted = sent.noted([cut.note(self.tools) for cut in cuts], [*notes, AGE])
            surely_fits = not left and noted.has_at_most(self._budget)
            return Draft(data, sent, left, self._budget if surely_fits else noted.tokens(self._budget))

        return draft

    def keep(self, whole: list[Any], caller: str) -> str | None:
        """Keep a result for the caller; the number under which it is kept, None where it is too large."""
        encoded = to_json(whole, by_alias=True, exclude_none=True, inf_nan_mode="null")
        return None if len(encoded) > LARGEST_RESULT else self._shelf.put(caller, encoded)

    def _cut(self, left: Left, caller: str) -> Cut:
        whole = left.whole()
        return Cut(self.keep(whole, caller), left.shown, len(whole), left.unit, _where(left))


def _items(kept: bytes | None) -> list[Any] | None:
    return None if kept is None else list(from_json(kept))


def _all_of(result: BaseModel, whole: Any) -> Left:
    return Left((), "items", None, result.items) if isinstance(result, Page) else Left((), "fields", None, whole)


def _first_rows(page: Page[Any], characters: int) -> tuple[dict[str, Any], list[Left], int]:
    """A page with as many of its first rows as its JSON may have characters, one at the least.

    The last is how many of the characters are not used; below 0 where that one row is too long.
    """
    rest = clean.clean(page.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"items"}))
    left: list[Left] = []
    following = rest.get("next")
    if following and not cutting.within(following, characters // LARGEST_NEXT):
        # A shortened cursor leads nowhere.
        left.append(Left(("next",), "fields", 0, rest.pop("next")))
    items, room = _first(page.items, characters - len(ENCODER.encode({"items": [], **rest})))
    if len(items) < len(page.items):
        left.append(Left((), "items", len(items), page.items))
    return {"items": items, **rest}, left, room


def _first(rows: list[Any], characters: int) -> tuple[list[Any], int]:
    fitting: list[Any] = []
    step = MOST_AT_ONCE
    while step and (part := rows[len(fitting) : len(fitting) + step]):
        plain, size = clean.plain(part)
        size -= len(",")  # two brackets, which are counted beside the rows, for the comma after the last
        if size <= characters or (len(part) == 1 and not fitting):
            fitting += plain
            characters -= size
        else:
            step = len(part) // 2
    return fitting, characters


def _where(left: Left) -> str:
    return cutting.place(left.path)[:LONGEST_PLACE]
