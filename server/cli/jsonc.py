"""Changing one place of a JSON file with comments, and leaving every other character as it is.

People keep comments and commas at the end of lists in such files. With blanks instead of these, a text is plain JSON in
which every value stands where it stands in the file. Every function raises ValueError for a file that is not JSON,
saying in which line.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

STRING = r'"(?:[^"\\]|\\.)*"'
BESIDE = re.compile(rf"{STRING}|(//[^\n]*|/\*.*?\*/|[^\S \t\r\n]|\ufeff)", re.DOTALL)
# A comma that follows nothing is no end of a list, and stays for JSON to find fault with.
LAST_COMMA = re.compile(rf"{STRING}|[\[{{,:]\s*,|(,)(?=\s*[}}\]])", re.DOTALL)
REST_OF_LINE = re.compile(r"(?:[ \t]|/\*[^\n]*?\*/)*(?://[^\n\r]*)?(?=\r?\n|$)")
BLANK = re.compile(r"\s*")
DECODER = json.JSONDecoder()


@dataclass(frozen=True)
class Node:
    """A value and where it stands; of an object's member also where its name begins."""

    value: Any
    start: int
    end: int
    name_start: int = 0


def value_of(text: str) -> Any:
    """The data of a file; an empty one is an empty object."""
    return _parsed(text)[1].value


def place_of(text: str, path: Sequence[str]) -> int:
    """Where the name of what stands at `path` begins, 0 where nothing does."""
    plain, node = _parsed(text)
    for name in path:
        members = _members(plain, node)
        if name not in members:
            return 0
        node = members[name]
    return node.name_start


def put(text: str, path: Sequence[str], value: Any) -> str:
    """`text` with `value` at `path`; the objects on the way there are made where they are missing."""
    text = text if text.strip("\ufeff \t\r\n") else "{}\n"
    plain, node = _parsed(text)
    for depth, name in enumerate(path):
        if not isinstance(node.value, Mapping):
            raise ValueError(f"{'.'.join(path[:depth]) or 'the file'} is not an object")
        members = _members(plain, node)
        if name not in members:
            for missing in reversed(path[depth + 1 :]):
                value = {missing: value}
            return _insert(text, node, list(members.values()), name, value)
        node = members[name]
    if node.value == value:
        return text
    return text[: node.start] + _written(text, value, _indent_at(text, node.start)) + text[node.end :]


def drop(text: str, path: Sequence[str]) -> str:
    """`text` without what stands at `path`, if anything does."""
    plain, node = _parsed(text)
    for name in path[:-1]:
        if (inner := _members(plain, node).get(name)) is None:
            return text
        node = inner
    members = _members(plain, node)
    if path[-1] not in members:
        return text
    at = list(members).index(path[-1])
    start, end = members[path[-1]].name_start, members[path[-1]].end
    comma = _comma(text, end)
    if comma is not None:
        end = comma + 1
    elif at > 0:
        before = _comma(text, list(members.values())[at - 1].end)
        assert before is not None
        text = text[:before] + text[before + 1 :]
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


def _insert(text: str, node: Node, members: Sequence[Node], name: str, value: Any) -> str:
    """Add a member behind the last one, on a line of its own where the others stand on lines of their own."""
    if not members:
        outer = _indent_at(text, node.start)
        member = _member(text, name, value, outer + _unit(text))
        at = node.start + 1
        return f"{text[:at]}{_newline(text)}{outer}{_unit(text)}{member}{_newline(text)}{outer}{text[at:].lstrip()}"
    last = members[-1]
    apart = text[text.rfind("\n", 0, last.name_start) + 1 : last.name_start].strip() == ""
    indent = _indent_at(text, last.name_start)
    comma = _comma(text, last.end)
    if comma is not None:
        at, after = comma + 1, ","
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


def _parsed(text: str) -> tuple[str, Node]:
    """The text as plain JSON, and all of its data."""
    plain = LAST_COMMA.sub(lambda found: " " if found[1] else found[0], _without_comments(text))
    plain = plain if plain.strip() or text.strip("\ufeff \t\r\n") else "{}"
    try:
        return plain, Node(json.loads(plain), _next(plain, 0), len(plain.rstrip()))
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno}: {error.msg}") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _without_comments(text: str) -> str:
    return BESIDE.sub(lambda found: re.sub(r"[^\r\n]", " ", found[1]) if found[1] else found[0], text)


def _members(plain: str, node: Node) -> dict[str, Node]:
    """The members of an object by their names; of anything else there are none."""
    found: dict[str, Node] = {}
    if not isinstance(node.value, dict):
        return found
    at = _next(plain, node.start + 1)
    while plain[at] != "}":
        name, end = DECODER.raw_decode(plain, at)
        start = _next(plain, _next(plain, end) + len(":"))
        value, end = DECODER.raw_decode(plain, start)
        found[name] = Node(value, start, end, at)
        at = _next(plain, end)
        at = _next(plain, at + 1) if plain[at] == "," else at
    return found


def _comma(text: str, at: int) -> int | None:
    """Where the comma behind a value is, which ends at a place; None where there is none."""
    text = _without_comments(text)
    at = _next(text, at)
    return at if text.startswith(",", at) else None


def _next(text: str, at: int) -> int:
    """The place of the first character from a place on that is no blank."""
    found = BLANK.match(text, at)
    return found.end() if found else at
