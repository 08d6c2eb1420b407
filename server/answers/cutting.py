"""Making data fit into a number of characters, whatever its shape: cut between items, lines and fields.

Work is bounded by the characters that are allowed and by the depth, not by the size of the data: what lies
beyond is never looked at.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any, Literal

ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
MOST_CUTS = 4
LONGEST_PIECE = 2000
SHORT = 64
CONSTANTS = {None: 4, True: 4, False: 5}
ELLIPSIS = "…"
WORTH_READING = 240
"""The characters that a field, or what is left of it, should have; rather fewer fields than crumbs of all."""
Unit = Literal["items", "lines", "fields"]
Path = tuple[Any, ...]


@dataclass(frozen=True)
class Left:
    """What was left out at a place: all but the first `shown` of its items, lines or fields, of which it has `total`.

    value: the whole of what stands there. shown is None where fields are shortened instead of left out.
    """

    path: Path
    unit: Unit
    shown: int | None
    value: Any

    def whole(self) -> list[Any]:
        """All that stands there, in the pieces that it can be read on in."""
        return pieces(self.value)


def pieces(value: Any) -> list[Any]:
    """A list's items, a text's lines, an object's fields."""
    if isinstance(value, str):
        return list(_lines(value, LONGEST_PIECE))
    if isinstance(value, dict):
        return [{name: inner} for name, inner in value.items()]
    return list(value)


def fit(data: dict[str, Any], characters: int) -> tuple[dict[str, Any], list[Left]]:
    """`data` in at most so many characters of JSON, and what was left out."""
    if within(data, characters):
        return data, []
    cutter = _Cutter()
    cut = cutter.shrink(data, (), characters)
    if len(cutter.left) > MOST_CUTS:
        return cut, [Left((), "fields", None, data)]
    return cut, cutter.left


def _lines(text: str, longest: int) -> Iterator[str]:
    """A text's lines, over-long ones in pieces, one by one, so that nobody pays for those that are not wanted."""
    start = 0
    while start < len(text):
        end = text.find("\n", start, start + longest + 1)
        if end < 0:
            end = min(len(text), start + longest)
            yield text[start:end]
            start = end + (text[end : end + 1] == "\n")
        else:
            yield text[start:end]
            start = end + 1


def within(value: Any, characters: int) -> bool:
    """Whether a value's JSON has at most so many characters."""
    return _measured(value, characters) <= characters


def _measured(value: Any, cap: int) -> int:
    """How many characters a value's JSON has; some number above `cap` where it is longer than that."""
    if isinstance(value, str):
        return len(value) if len(value) > cap else len(encode_basestring(value))
    if isinstance(value, dict):
        return _object_measured(value, cap)
    if not isinstance(value, list):
        return CONSTANTS[value] if value is None or isinstance(value, bool) else len(ENCODER.encode(value))
    total = 1
    for item in value:
        total += _measured(item, cap - total) + 1
        if total > cap:
            return total
    return max(total, 2)


def _object_measured(value: dict[Any, Any], cap: int) -> int:
    total = 1
    for name, item in value.items():
        total += _name_measured(name) if isinstance(name, str) and len(name) < SHORT else _measured(str(name), cap)
        # Of what lies beyond only that it does is told.
        total += (_measured(item, cap - total) if total < cap else 0) + 2
        if total > cap:
            return total
    return max(total, 2)


@lru_cache(maxsize=2048)
def _name_measured(name: str) -> int:
    """The same of a field's name, which comes again in every row."""
    return len(encode_basestring(name))


class _Cutter:
    """Shrinks values from the top down, each into its share."""

    def __init__(self) -> None:
        self.left: list[Left] = []

    def shrink(self, value: Any, path: Path, characters: int) -> Any:
        """`value` in at most so many characters."""
        if within(value, characters):
            return value
        if isinstance(value, str):
            return self._text(value, path, characters)
        if isinstance(value, list):
            return self._list(value, path, characters)
        if isinstance(value, dict):
            return self._object(value, path, characters)
        return None  # a number as long as a page

    def _text(self, value: str, path: Path, characters: int) -> str:
        """Its first lines; of a line that is too long by itself the beginning, with no line counted as shown."""
        shown: list[str] = []
        room = characters - 2
        for line in _lines(value, LONGEST_PIECE):
            room -= len(ENCODER.encode(line))
            if room < 0:
                break
            shown.append(line)
        self.left.append(Left(path, "lines", len(shown), value))
        if shown:
            return "\n".join(shown)
        beginning = value[: max(0, characters - 3)]
        while beginning and not within(beginning + ELLIPSIS, characters):
            beginning = beginning[: len(beginning) // 2]
        return beginning + ELLIPSIS if beginning else ""

    def _list(self, value: list[Any], path: Path, characters: int) -> list[Any]:
        shown: list[Any] = []
        room = characters - 2
        for item in value:
            size = _measured(item, room) + 1
            if size > room:
                break
            shown.append(item)
            room -= size
        if not shown and value:
            shown = [self.shrink(value[0], (*path, 0), room)]
            shown = shown if within(shown, characters) else []
        if len(shown) < len(value):
            self.left.append(Left(path, "items", len(shown), value))
        return shown

    def _object(self, value: dict[str, Any], path: Path, characters: int) -> dict[str, Any]:
        """Small fields as they are; what is then left is shared among the large ones, first come first."""
        names = _first_names(value, characters)
        share = (characters - 2) // max(1, len(names))
        sizes = {name: _field_size(name, value[name], share) for name in names}
        large = [name for name in names if sizes[name] > share]
        room = characters - 2 - sum(sizes[name] for name in names if sizes[name] <= share)
        cut = {name: value[name] for name in names}
        for number, name in enumerate(large):
            allowed = room // (len(large) - number) - len(ENCODER.encode(name)) - 2
            part = self.shrink(value[name], (*path, name), allowed) if allowed >= 2 else None
            if part is None or not within(part, allowed):
                del cut[name]
                continue
            cut[name] = part
            room -= _field_size(name, part, room)
        if len(cut) < len(value):
            self.left.append(Left(path, "fields", len(cut) if list(cut) == names[: len(cut)] else None, value))
        return cut


def _first_names(value: dict[str, Any], characters: int) -> list[str]:
    """As many of the first fields as fit if each is whole, or shortened to what is still worth reading."""
    names: list[str] = []
    worth = min(WORTH_READING, characters // 2)
    room = characters - 2
    for name, inner in value.items():
        room -= min(_field_size(name, inner, worth), worth) + 1
        if room < 0:
            break
        names.append(name)
    return names


def _field_size(name: str, value: Any, cap: int) -> int:
    return len(ENCODER.encode(name)) + 2 + _measured(value, cap)


def place(path: Sequence[Any]) -> str:
    """A place in words, such as `notes.3.text`."""
    return ".".join(map(str, path))
