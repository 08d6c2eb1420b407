"""Changing one place of a JSON file with comments, and leaving every other character as it is.

People keep comments and commas at the end of lists in such files. No library for this is kept up in Python, so the
text is read with the places of its values, and edited at them. Every function raises ValueError for a file that is not
JSON, saying in which line.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

SPACE = r"(?:[\s\ufeff]|//[^\n]*|/\*.*?\*/)*"
SIGN = re.compile(rf'{SPACE}(?P<sign>"(?:[^"\\\x00-\x1f]|\\.)*"|[{{}}\[\],:]|[^\s{{}}\[\],:"/]+|$)', re.DOTALL)
REST_OF_LINE = re.compile(r"(?:[ \t]|/\*[^\n]*?\*/)*(?://[^\n\r]*)?(?=\r?\n|$)")
DEEPEST = 100


@dataclass
class Node:
    """A value and where it stands; `members` of an object by their names, each with where its name begins."""

    value: Any
    start: int
    end: int = 0
    members: "dict[str, tuple[int, Node]]" = field(default_factory=dict)


def value_of(text: str) -> Any:
    """The data of a file; an empty one is an empty object."""
    return _parse(text).value


def put(text: str, path: Sequence[str], value: Any) -> str:
    """`text` with `value` at `path`; the objects on the way there are made where they are missing."""
    text = text if text.strip("\ufeff \t\r\n") else "{}\n"
    node = _parse(text)
    for depth, name in enumerate(path):
        _must_be_object(node, path[:depth])
        if name not in node.members:
            for missing in reversed(path[depth + 1 :]):
                value = {missing: value}
            return _insert(text, node, name, value)
        node = node.members[name][1]
    if node.value == value:
        return text
    return text[: node.start] + _written(text, value, _indent_at(text, node.start)) + text[node.end :]


def drop(text: str, path: Sequence[str]) -> str:
    """`text` without what stands at `path`, if anything does."""
    node = _parse(text)
    for name in path[:-1]:
        if name not in node.members:
            return text
        node = node.members[name][1]
    if path[-1] not in node.members:
        return text
    names = list(node.members)
    at = names.index(path[-1])
    start, end = node.members[path[-1]][0], node.members[path[-1]][1].end
    comma = SIGN.match(text, end)
    if comma and comma["sign"] == ",":
        end = comma.end()
    elif at > 0:
        before = SIGN.match(text, node.members[names[at - 1]][1].end)
        assert before is not None
        place = before.start("sign")
        text = text[:place] + text[place + 1 :]
        start, end = start - 1, end - 1
    return _without(text, start, end)


def _without(text: str, start: int, end: int) -> str:
    """`text` without a part of it, and without the lines that this leaves empty."""
    line = text.rfind("\n", 0, start) + 1
    rest = re.compile(r"[ \t]*(?=\r?\n|$)").match(text, end)
    if not text[line:start].strip() and rest:
        start, end = max(line - 1, 0), rest.end()
        start -= text[start - 1 : start] == "\r"
    return text[:start] + text[end:]


def _insert(text: str, node: Node, name: str, value: Any) -> str:
    """Add a member behind the last one, on a line of its own where the others stand on lines of their own."""
    if not node.members:
        outer = _indent_at(text, node.start)
        member = _member(text, name, value, outer + _unit(text))
        at = node.start + 1
        return f"{text[:at]}{_newline(text)}{outer}{_unit(text)}{member}{_newline(text)}{outer}{text[at:].lstrip()}"
    starts = [start for start, _ in node.members.values()]
    last = list(node.members.values())[-1][1]
    apart = text[text.rfind("\n", 0, starts[-1]) + 1 : starts[-1]].strip() == ""
    indent = _indent_at(text, starts[-1])
    comma = SIGN.match(text, last.end)
    if comma and comma["sign"] == ",":
        at, after = comma.end(), ","
    else:
        text, at, after = f"{text[: last.end]},{text[last.end :]}", last.end + 1, ""
    if apart and (rest := REST_OF_LINE.match(text, at)):
        at = rest.end()
    before = f"{_newline(text)}{indent}" if apart else " "
    return text[:at] + before + _member(text, name, value, indent) + after + text[at:]


def _member(text: str, name: str, value: Any, indent: str) -> str:
    return f"{json.dumps(name, ensure_ascii=False)}: {_written(text, value, indent)}"


def _written(text: str, value: Any, indent: str) -> str:
    lines = json.dumps(value, indent=_unit(text), ensure_ascii=False).split("\n")
    return f"{_newline(text)}{indent}".join(lines)


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _unit(text: str) -> str:
    """How far this file indents."""
    found = re.search(r'[{\[][ \t]*\r?\n([ \t]+)["{\[]', text)
    return found[1] if found else "  "


def _indent_at(text: str, place: int) -> str:
    line = text[text.rfind("\n", 0, place) + 1 : place]
    return line[: len(line) - len(line.lstrip())]


def _must_be_object(node: Node, path: Sequence[str]) -> None:
    if not isinstance(node.value, Mapping):
        raise ValueError(f"{'.'.join(path) or 'the file'} is not an object")


def _parse(text: str) -> Node:
    if not text.strip("\ufeff \t\r\n"):
        return Node({}, 0)
    tokens = _Tokens(text)
    node = _read(tokens, 0)
    if tokens.sign:
        raise tokens.wrong()
    return node


class _Tokens:
    """The tokens of a text, one after the other; the last one is empty."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.start = self.end = 0
        self.sign = ""
        self.next()

    def next(self) -> None:
        """Go on to the next one."""
        found = SIGN.match(self._text, self.end)
        if found is None:
            self.start = self.end
            raise self.wrong()
        self.sign, self.start, self.end = found["sign"], found.start("sign"), found.end()

    def wrong(self) -> ValueError:
        """That this token has no place here."""
        found = f"{self.sign[:20]!r}" if self.sign else "the end"
        return ValueError(f"line {self._text.count(chr(10), 0, self.start) + 1}: {found} is out of place")


def _read(tokens: _Tokens, depth: int) -> Node:
    sign, node = tokens.sign, Node(None, tokens.start, tokens.end)
    if sign not in ("{", "["):
        try:
            node.value = json.loads(sign)
        except ValueError:
            raise tokens.wrong() from None
        tokens.next()
        return node
    if depth > DEEPEST:
        raise tokens.wrong()
    if sign == "{":
        node.value = {}
        for name, start, member in _members(tokens, depth):
            node.value[name], node.members[name] = member.value, (start, member)
    else:
        node.value = [item.value for item in _items(tokens, depth)]
    node.end = tokens.end
    tokens.next()
    return node


def _members(tokens: _Tokens, depth: int) -> Iterator[tuple[str, int, Node]]:
    tokens.next()
    while tokens.sign != "}":
        name, start = tokens.sign, tokens.start
        if not name.startswith('"'):
            raise tokens.wrong()
        tokens.next()
        if tokens.sign != ":":
            raise tokens.wrong()
        tokens.next()
        yield json.loads(name), start, _read(tokens, depth + 1)
        _go_on(tokens, "}")


def _items(tokens: _Tokens, depth: int) -> Iterator[Node]:
    tokens.next()
    while tokens.sign != "]":
        yield _read(tokens, depth + 1)
        _go_on(tokens, "]")


def _go_on(tokens: _Tokens, closing: str) -> None:
    if tokens.sign == ",":
        tokens.next()
    elif tokens.sign != closing:
        raise tokens.wrong()
