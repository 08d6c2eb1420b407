"""An answer as it is sent: text, structure or both, and how large that is."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

from pydantic import BaseModel

from server.answers import text as words
from server.answers.columns import folded
from server.clean import OURS, THEIRS, one_line
from server.models import Page
from server.settings import Layout

NOTE = "drumbeat_note"
BYTES_A_TOKEN = 3.6
"""At the least, so that a budget of tokens is one of bytes as well: hosts cut by either."""
TOKEN = re.compile(r"[^\W\d_]{1,6}|\d{1,3}|[^\w\s]{1,2}|_|\n")
ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def _kind(code: int) -> str:
    """Of a byte: letter, digit, other sign, space, underscore or line break, part of a longer character."""
    sign = chr(code)
    if code > 127:
        return "x"
    if sign in "_\n":
        return "_"
    return "a" if sign.isalpha() else "0" if sign.isdigit() else " " if sign.isspace() else "."


def _only(kinds: str) -> bytes:
    """A translation of bytes that leaves spaces but for these kinds."""
    return "".join(kind if kind in kinds else " " for kind in map(_kind, range(256))).encode()


SINGLE = _only("_x")
RUNS = ((b"a", _only("a"), 6), (b"0", _only("0"), 3), (b".", _only("."), 2))
"""Kinds of which several make one token: at most so many."""


@dataclass(frozen=True)
class Sent:
    """What a client is sent of an answer."""

    text: str | None
    data: dict[str, Any] | None

    def tokens(self, enough: int) -> int:
        """About how many tokens it has; some smaller number where they are surely fewer than `enough`."""
        return tokens(self._whole, enough)

    def has_at_most(self, budget: int) -> bool:
        """Whether it surely has no more tokens than that; told in a small part of the time that counting takes."""
        size = self._whole.encode()
        if len(size) <= budget:
            return True
        return max(ceil(len(size) / BYTES_A_TOKEN), most_tokens(size)) <= budget

    @property
    def _whole(self) -> str:
        return (self.text or "") + ("" if self.data is None else ENCODER.encode(self.data))

    def noted(self, cuts: Sequence[str], notes: Sequence[str]) -> "Sent":
        """The same with notes; those on what was cut stand first, as hosts cut what is long in its middle or end."""
        notes, text, data = list(dict.fromkeys(map(one_line, notes))), self.text, self.data
        if text is not None:
            last = [f"{cuts[0].partition(';')[0]}; the first lines say how to read on"] if cuts else []
            text = "\n".join([*map(_line, cuts), text, *map(_line, [*notes, *last])])
        if data is not None and (cuts or notes):
            said = ". ".join([*cuts, *([data[NOTE]] if NOTE in data else []), *notes])
            data = {NOTE: said, **{name: value for name, value in data.items() if name != NOTE}}
        return replace(self, text=text, data=data)


def lay_out(result: BaseModel, data: dict[str, Any], layout: Layout) -> Sent:
    """A result, of which `data` is the structure or what was left of it, as it is sent."""
    text = None if layout == "structured" else words.text(result, data)
    return Sent(text, None if layout == "text" else _structured(result, data))


def tokens(text: str, enough: int) -> int:
    """About how many tokens a text has, by the words, numbers and signs in it; wrong by a tenth."""
    size = len(text) if text.isascii() else len(text.encode())
    least = ceil(size / BYTES_A_TOKEN)
    return least if size < enough else max(least, len(TOKEN.findall(text)))


def most_tokens(text: bytes) -> int:
    """No fewer than `tokens` counts: by how many runs there are of each kind, and how long they are together."""
    single = text.translate(SINGLE)
    count = single.count(b"_") + single.count(b"x")
    for kind, only, longest in RUNS:
        kept = text.translate(only)
        count += len(kept.split()) + kept.count(kind) // longest
    return count


def _line(note: str) -> str:
    return f"{OURS} {note}."


def _structured(result: BaseModel, data: dict[str, Any]) -> dict[str, Any]:
    # A vendor's field of that name must not pass for ours.
    sent: dict[str, Any] = folded({THEIRS + name if name == NOTE else name: value for name, value in data.items()})
    if isinstance(result, Page) and "next" in data:
        return {**sent, NOTE: words.shown(data, len(result.items))}
    return sent
