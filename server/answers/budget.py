"""Fitting a result into its token budget: cut at item boundaries, the rest kept for the session.

Tokens are estimated from characters, which costs nothing; what lies beyond the budget is never rendered.
"""

import json
import secrets
from collections import OrderedDict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from pydantic import BaseModel

from server import clean
from server.answers.tables import NESTED
from server.models import Page

CHARACTERS_A_TOKEN = 3.6
MOST_RESULTS = 20
MOST_AT_ONCE = 100
CUT_ABOVE: dict[type, int] = {list: 1, str: 1000, dict: 30}
WORTHWHILE = 0.1
# What taking one away saves beside its own size as JSON: a comma; a line break for two quotes; a comma for two braces.
BETWEEN = {"items": 1, "lines": 0, "fields": -1}
ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
READER, CALLER = "drumbeat_get_result", "drumbeat_read"


@dataclass(frozen=True)
class Whole:
    """A list, or the lines of a text, of which only a part was shown; `where` is its place in the result."""

    where: str
    items: list[Any]
    unit: str = "items"


@dataclass(frozen=True)
class Cut:
    """What was left out of a result: all but the first `shown` of `whole`, which is kept under `number`."""

    number: str
    shown: int
    whole: Whole

    def note(self, tools: Collection[str] = (READER, CALLER)) -> str:
        """What the reader is told; `tools` are those that they can call."""
        where = f" of {self.whole.where}" if self.whole.where else ""
        said = f"Cut to fit: {self.shown} of {len(self.whole.items)} {self.whole.unit}{where} shown; for the rest"
        arguments = f'{{"result_id":"{self.number}","offset":{self.shown}}}'
        if CALLER in tools:
            return f'{said} call {CALLER} with tool="{READER}", arguments={arguments}'
        if READER in tools:
            return f"{said} call {READER} with {arguments}"
        return f"{said} read the resource drumbeat://results/{self.number}"


class Results:
    """Cuts results to the budget (in tokens) and keeps the last wholes, so that the rest can be read.

    tools: the names of the tools that can be called here.
    """

    def __init__(self, budget: int, tools: Collection[str] = (READER, CALLER)) -> None:
        self.tools = tools
        self._characters = int(budget * CHARACTERS_A_TOKEN)
        self._wholes: OrderedDict[tuple[str, str], Whole] = OrderedDict()

    def get(self, number: str, caller: str = "") -> Whole | None:
        """A whole that is still kept for this caller."""
        return self._wholes.get((caller, number))

    def fit(self, result: BaseModel, caller: str = "") -> tuple[dict[str, Any], list[Cut]]:
        """The result's structure within the budget, and what was left out of it and is kept for the caller."""
        if isinstance(result, Page):
            data, cuts = self._first_rows(result, caller)
            characters = size(data) if len(data["items"]) == 1 else 0
        else:
            (data, characters), cuts = clean.plain(result), []
        excess = characters - self._characters
        if excess <= 0:
            return data, cuts
        top = whole = [data]
        while excess > 0 and (done := self._cut_once(top, whole, excess, caller)):
            top, cut = done
            cuts.append(cut)
            excess = size(top[0]) - self._characters
        return top[0], cuts

    def _first_rows(self, page: Page[Any], caller: str) -> tuple[dict[str, Any], list[Cut]]:
        items = self.first(page.items)
        rest = page.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"items"})
        data = {"items": items, **clean.clean(rest)}
        cuts = [self._keep(Whole("", page.items), len(items), caller)] if len(items) < len(page.items) else []
        return data, cuts

    def first(self, rows: list[Any]) -> list[Any]:
        """As many of the first rows as fit, one at the least; those far beyond are not even looked at."""
        fitting: list[Any] = []
        left, step = self._characters, MOST_AT_ONCE
        while step and (part := rows[len(fitting) : len(fitting) + step]):
            plain, characters = clean.plain(part)
            characters -= len(part) + 1  # brackets and commas
            if characters <= left or (len(part) == 1 and not fitting):
                fitting += plain
                left -= characters
            else:
                step = len(part) // 2
        return fitting

    def _cut_once(self, top: list[Any], whole: list[Any], excess: int, caller: str) -> tuple[list[Any], Cut] | None:
        """Shorten what is largest: a list or a text where that helps, else an object with very many fields."""
        parts = sorted(_parts(top), key=lambda part: -part.size)
        lists = [part for part in parts if not isinstance(part.value, dict)]
        worthwhile = [part for part in lists if part.size >= excess * WORTHWHILE]
        maps = [part for part in parts if isinstance(part.value, dict)]
        attempts = (self._shorten(part, top, whole, excess, caller) for part in [*worthwhile, *maps, *lists])
        return next(filter(None, attempts), None)

    def _shorten(
        self, part: "_Part", top: list[Any], whole: list[Any], excess: int, caller: str
    ) -> tuple[list[Any], Cut] | None:
        """`top` with `excess` characters less, taken off the end of a part: items, lines or fields.

        `whole` is `top` before it was cut anywhere, so that what is kept for later has no holes.
        """
        items, unit = part.items()
        shown = _fitting(items, part.size - excess, BETWEEN[unit])
        if shown == len(items):
            return None
        everything, _ = replace(part, value=_at(whole, part.path)).items()
        cut = self._keep(Whole(".".join(map(str, part.path[1:])), everything, unit), shown, caller)
        return _with(top, part.path, part.joined(items[:shown])), cut

    def _keep(self, whole: Whole, shown: int, caller: str) -> Cut:
        number = secrets.token_hex(8)
        self._wholes[caller, number] = whole
        while len(self._wholes) > MOST_RESULTS:
            self._wholes.popitem(last=False)
        return Cut(number, shown, whole)


@dataclass(frozen=True)
class _Part:
    """A list, a text or an object inside a structure, and the way there from the top."""

    path: tuple[Any, ...]
    value: Any

    @cached_property
    def size(self) -> int:
        """Roughly its characters."""
        return size(self.value)

    def items(self) -> tuple[list[Any], str]:
        """What it can be cut between, and what that is called."""
        if isinstance(self.value, str):
            return _lines(self.value), "lines"
        if isinstance(self.value, dict):
            return [{name: value} for name, value in self.value.items()], "fields"
        return self.value, "items"

    def joined(self, items: list[Any]) -> Any:
        """Some of its items as what it is itself."""
        if isinstance(self.value, str):
            return "\n".join(items)
        if isinstance(self.value, dict):
            return {name: value for field in items for name, value in field.items()}
        return items


def _parts(data: Any, above: tuple[Any, ...] = ()) -> Iterator[_Part]:
    """What of a structure can still be cut: lists of several items, long texts, objects with very many fields."""
    for key, value in data.items() if isinstance(data, dict) else enumerate(data):
        path = (*above, key)
        least = CUT_ABOVE.get(type(value))
        if least is not None and len(value) > least:
            yield _Part(path, value)
        if isinstance(value, NESTED):
            yield from _parts(value, path)


def _fitting(items: list[Any], characters: int, between: int) -> int:
    """How many of the first items fit, one at the least; the others are not even looked at."""
    left = characters - 1  # one bracket; the other stands for the comma that the last item lacks
    for number, item in enumerate(items):
        left -= size(item) + between
        if left < 0 and number:
            return number
    return len(items)


def _at(data: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        data = data[key]
    return data


def _with(data: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy of `data` with another value at `path`; all that does not lead there is shared."""
    if not path:
        return value
    changed = data.copy()
    changed[path[0]] = _with(data[path[0]], path[1:], value)
    return changed


def _lines(text: str) -> list[str]:
    """A text's lines, over-long ones in pieces."""
    return [line[at : at + 2000] for line in text.splitlines() for at in range(0, max(1, len(line)), 2000)]


def size(value: Any) -> int:
    """Roughly how many characters a value takes when it is rendered."""
    return len(ENCODER.encode(value))
