"""Answers within their budget, and what was cut from them, kept for the caller to read on.

Tokens are estimated from characters, which costs nothing; rows beyond the budget are never laid out.
"""

import secrets
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic_core import from_json, to_json

from server import clean
from server.answers import cutting
from server.answers.cutting import ENCODER, Left
from server.models import Page

CHARACTERS_A_TOKEN = 3.4  # of rows with ids, hashes and times; prose has more
MOST_RESULTS = 20
MOST_BYTES = 32 * 1024 * 1024
LARGEST_RESULT = 6 * 1024 * 1024
MOST_AT_ONCE = 100
LONGEST_PLACE = 80
LARGEST_NEXT = 3  # the part of an answer that may be the arguments of what follows it: a third
BESIDE = 120
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
        if self.shown is None:
            said = f"Cut to fit: {self.unit}{of} are shortened or left out; for all of them"
        else:
            said = f"Cut to fit: {self.shown} of {self.total} {self.unit}{of} shown; for the rest"
        if self.number is None:
            return f"{said} ask for less at once: it is too large to be kept"
        arguments = f'{{"result_id":"{self.number}","offset":{self.shown or 0}}}'
        if CALLER in tools:
            return f'{said} call {CALLER} with tool="{READER}", arguments={arguments}'
        if READER in tools:
            return f"{said} call {READER} with {arguments}"
        return f"{said} read the resource drumbeat://results/{self.number}"


class Results:
    """Cuts results to the budget (in tokens) and keeps the last wholes of each caller, so that the rest can be read.

    tools: the names of the tools that can be called here.
    """

    def __init__(self, budget: int, tools: Collection[str] = (READER, CALLER)) -> None:
        self.tools = tools
        self._characters = int(budget * CHARACTERS_A_TOKEN)
        self._kept: OrderedDict[tuple[str, str], bytes] = OrderedDict()
        self._bytes = 0

    def get(self, number: str, caller: str = "") -> list[Any] | None:
        """The items of a whole that is still kept for this caller."""
        kept = self._kept.get((caller, number))
        return None if kept is None else list(from_json(kept))

    def keeps(self, number: str | None, caller: str) -> bool:
        """Whether what was cut is still there, or never was kept."""
        return number is None or (caller, number) in self._kept

    def fit(self, result: BaseModel, caller: str = "") -> tuple[dict[str, Any], list[Cut]]:
        """The result's structure within the budget, and what was left out of it and is kept for the caller."""
        if isinstance(result, Page):
            data, cuts, characters = self._first_rows(result, caller)
        else:
            (data, characters), cuts = clean.plain(result), []
        if characters <= self._characters:
            return data, cuts
        data, left = cutting.fit(data, self._characters)
        return data, cuts + [self._keep(part, caller) for part in left]

    def first(self, rows: list[Any], beside: int = BESIDE) -> list[Any]:
        """As many of the first rows as fit, one at the least; those far beyond are not even looked at.

        beside: the characters that stand beside the rows in their answer.
        """
        return self._first(rows, beside)[0]

    def _first(self, rows: list[Any], beside: int) -> tuple[list[Any], int]:
        """The first rows that fit, and how many characters their answer has."""
        fitting: list[Any] = []
        left, step = self._characters - beside, MOST_AT_ONCE
        while step and (part := rows[len(fitting) : len(fitting) + step]):
            plain, characters = clean.plain(part)
            characters -= 1  # two brackets, which are counted beside the rows, for the comma after the last
            if characters <= left or (len(part) == 1 and not fitting):
                fitting += plain
                left -= characters
            else:
                step = len(part) // 2
        return fitting, self._characters - left

    def _first_rows(self, page: Page[Any], caller: str) -> tuple[dict[str, Any], list[Cut], int]:
        rest = clean.clean(page.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"items"}))
        cuts: list[Cut] = []
        following = rest.get("next")
        if following and not cutting.within(following, self._characters // LARGEST_NEXT):
            # A shortened cursor leads nowhere.
            cuts.append(self._keep(Left(("next",), "fields", 0, rest.pop("next")), caller))
        items, characters = self._first(page.items, size({"items": [], **rest}) - len(","))
        if len(items) < len(page.items):
            cuts.append(self._keep(Left((), "items", len(items), page.items), caller))
        return {"items": items, **rest}, cuts, characters

    def _keep(self, left: Left, caller: str) -> Cut:
        where = cutting.place(left.path)[:LONGEST_PLACE]
        whole = left.whole()
        encoded = to_json(whole, by_alias=True, exclude_none=True, inf_nan_mode="null")
        if len(encoded) > LARGEST_RESULT:
            return Cut(None, left.shown, len(whole), left.unit, where)
        number = secrets.token_hex(8)
        self._kept[caller, number] = encoded
        self._bytes += len(encoded)
        mine = [key for key in self._kept if key[0] == caller]
        for key in mine[:-MOST_RESULTS]:
            self._drop(key)
        while self._bytes > MOST_BYTES:
            self._drop(next(iter(self._kept)))
        return Cut(number, left.shown, len(whole), left.unit, where)

    def _drop(self, key: tuple[str, str]) -> None:
        self._bytes -= len(self._kept.pop(key))


def size(value: Any) -> int:
    """Roughly how many characters a value takes when it is laid out."""
    return len(ENCODER.encode(value))
