"""Fitting a result into its token budget: cut at item boundaries, the rest kept for the session.

Tokens are estimated from characters, which costs nothing; what lies beyond the budget is never rendered.
"""

import json
import secrets
from collections import OrderedDict
from collections.abc import Collection, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from server import render
from server.models import Page

CHARACTERS_A_TOKEN = 3.6
MOST_RESULTS = 20
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
        self._wholes: OrderedDict[str, Whole] = OrderedDict()

    def get(self, number: str) -> Whole | None:
        """A whole that is still kept."""
        return self._wholes.get(number)

    def fit(self, result: BaseModel) -> tuple[dict[str, Any], list[Cut]]:
        """The result's structure within the budget, and what was left out of it."""
        data, cuts = self._first_rows(result) if isinstance(result, Page) else (render.structure(result), [])
        if len(data.get("items", ())) > 1 and isinstance(result, Page):
            return data, cuts
        # What is kept for later must not have the holes of cuts inside it.
        whole = deepcopy(data) if size(data) > self._characters else data
        while (excess := size(data) - self._characters) > 0:
            cut = next(filter(None, (self._shorten(part, whole, excess) for part in _largest_first(data))), None)
            if cut is None:
                break
            cuts.append(cut)
        return data, cuts

    def _first_rows(self, page: Page[Any]) -> tuple[dict[str, Any], list[Cut]]:
        items = self.first(page.items)
        rest = render.structure(page.model_copy(update={"items": []}))
        data = {"items": items, **{name: value for name, value in rest.items() if name != "items"}}
        cuts = [self._keep(Whole("", page.items), len(items))] if len(items) < len(page.items) else []
        return data, cuts

    def first(self, rows: list[Any]) -> list[Any]:
        """As many of the first rows as fit, one at the least; the others are not even looked at."""
        fitting: list[Any] = []
        used = 0
        for row in rows:
            plain = _dump(row)
            encoded = ENCODER.encode(plain)
            plain = plain if render.is_clean(encoded) else render.clean(plain)
            used += len(encoded)
            if used > self._characters and fitting:
                break
            fitting.append(plain)
        return fitting

    def _shorten(self, part: "_Part", whole: Any, excess: int) -> Cut | None:
        """Take `excess` characters off the end of a part, in place: items of a list, lines of a text."""
        is_text = isinstance(part.value, str)
        items = _lines(part.value) if is_text else list(part.value)
        kept = list(items)
        while len(kept) > 1 and excess > 0:
            # As JSON a line takes its quotes' room for the line break, an item a comma more.
            excess -= size(kept.pop()) + (0 if is_text else 1)
        if len(kept) == len(items):
            return None
        part.owner[part.path[-1]] = "\n".join(kept) if is_text else kept
        everything = items if is_text else _at(whole, part.path)
        where = ".".join(map(str, part.path))
        return self._keep(Whole(where, everything, "lines" if is_text else "items"), len(kept))

    def _keep(self, whole: Whole, shown: int) -> Cut:
        number = secrets.token_hex(8)
        self._wholes[number] = whole
        while len(self._wholes) > MOST_RESULTS:
            self._wholes.popitem(last=False)
        return Cut(number, shown, whole)


@dataclass(frozen=True)
class _Part:
    """A list or a text inside a structure: what it hangs on, and the way there from the top."""

    owner: Any
    path: tuple[Any, ...]
    value: Any


def _parts(data: Any, above: tuple[Any, ...] = ()) -> Iterator[_Part]:
    """Every list of more than one item and every long text of a structure that can still be cut."""
    for key, value in data.items() if isinstance(data, dict) else enumerate(data):
        path = (*above, key)
        if (isinstance(value, list) and len(value) > 1) or (isinstance(value, str) and len(value) > 1000):
            yield _Part(data, path, value)
        if isinstance(value, dict | list):
            yield from _parts(value, path)


def _at(data: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        data = data[key]
    return data


def _largest_first(data: Any) -> list[_Part]:
    return sorted(_parts(data), key=lambda part: -size(part.value))


def _lines(text: str) -> list[str]:
    """A text's lines, over-long ones in pieces."""
    return [line[at : at + 2000] for line in text.splitlines() for at in range(0, max(1, len(line)), 2000)]


def size(value: Any) -> int:
    """Roughly how many characters a value takes when it is rendered."""
    return len(ENCODER.encode(value))


def _dump(item: Any) -> Any:
    return item.model_dump(mode="json", by_alias=True, exclude_none=True) if isinstance(item, BaseModel) else item
