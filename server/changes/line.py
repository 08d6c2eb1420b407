"""A journal's line: echoes of secrets masked, what is too much shortened, the rest as JSON."""

import json
import re
from collections.abc import Mapping
from typing import Any

from pydantic_core import from_json, to_jsonable_python

from server.redaction import MASK

MOST_BYTES = 2_500_000
"""Of one line. A file of a million characters, as it was and as it was made, is still kept whole."""
LONGEST_KEY = LONGEST_TEXT = 100
MOST_VALUES = 25
SHORTEST_ECHO = 8
UNREADABLE = (ValueError, TypeError, RecursionError)
# What may be large stands last, so that the rest can be read without it.
LARGE = ("arguments", "before", "result")
IDENTITY = re.compile(r"(^|_)(ids?|slug|name|workspace|project|domain|tool|vendor)$", re.IGNORECASE)


def encoded(facts: Mapping[str, Any]) -> bytes:
    """`facts` as one line of JSON of at most MOST_BYTES, without its line break.

    Where they are more, or no JSON, the largest are shortened and `cut` says so.
    """
    parts = {name: _json(value) for name, value in facts.items()}
    left = MOST_BYTES - sum(len(name) + len(part or b"") + 4 for name, part in parts.items())
    sizes = {name: float("inf") if part is None else len(part) for name, part in parts.items()}
    for name in sorted(parts, key=sizes.__getitem__, reverse=True):
        if left >= 0 and parts[name] is not None:
            break
        part = _json(_shortened(facts[name])) or b"null"
        left += len(parts[name] or b"") - len(part)
        parts |= {name: part, "cut": b"true"}
    ordered = sorted(parts.items(), key=lambda part: part[0] in LARGE)
    return b"{%b}" % b",".join(b'"%b":%b' % (name.encode(), part) for name, part in ordered if part is not None)


def parsed(line: bytes) -> Mapping[str, Any]:
    """What a line says. Raises one of UNREADABLE where it is no object."""
    try:
        facts = from_json(line)
    except ValueError:  # half a character, perhaps
        facts = json.loads(line.decode())
    if not isinstance(facts, Mapping):
        raise TypeError("not an object")
    return facts


def beginning(line: bytes) -> Mapping[str, Any]:
    """What a line says before what may be large, in a time that does not grow with that; all of it where nothing is.

    Raises one of UNREADABLE.
    """
    # In a text the quotes would have backslashes before them, and what comes before holds no names but ours.
    end = next((at for name in LARGE if (at := line.find(b',"%b":' % name.encode())) > 0), 0)
    return parsed(line[:end] + b"}") if end and line.endswith(b"}") else parsed(line)


def plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    """`facts` that are something as data that JSON has; what is deeper or stranger is shortened, and `cut` says so."""
    found: dict[str, Any] = {}
    for name, value in facts.items():
        try:
            found |= {name: to_jsonable_python(value)} if value is not None else {}
        except (ValueError, RecursionError):
            found |= {name: _shortened(value), "cut": True}
    return found


def without_echo(value: Any, secrets: frozenset[str]) -> Any:
    """`value` with `secrets` of some length masked inside its texts; ids and names that equal one stay."""
    echoes = sorted((secret for secret in secrets if len(secret) >= SHORTEST_ECHO), key=len, reverse=True)
    return _without(value, echoes) if echoes else value


def _without(value: Any, echoes: list[str]) -> Any:
    if isinstance(value, str):
        for secret in echoes:
            value = value.replace(secret, MASK)
        return value
    if isinstance(value, Mapping):
        return {
            _without(key, echoes): item if IDENTITY.search(key) and item in echoes else _without(item, echoes)
            for key, item in value.items()
        }
    return [_without(item, echoes) for item in value] if isinstance(value, list) else value


def _json(value: Any) -> bytes | None:
    """None where it cannot be JSON. Half characters, which UTF-8 lacks, become JSON's escapes of them."""
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except (ValueError, TypeError, RecursionError):
        return None
    return text.encode("utf-8", "backslashreplace")


def _shortened(value: Any) -> Any:
    """The beginning of `value`, a few kilobytes at most."""
    left = MOST_VALUES

    def shorten(value: Any, depth: int) -> Any:
        nonlocal left
        left -= 1
        if isinstance(value, str):
            return value if len(value) <= LONGEST_TEXT else f"{value[:LONGEST_TEXT]}…"
        if value is None or isinstance(value, bool | float) or (isinstance(value, int) and value.bit_length() < 64):
            return value
        if depth == 0 or not isinstance(value, Mapping | list | tuple):
            return "…"
        if not isinstance(value, Mapping):
            return [shorten(item, depth - 1) for item in value[: max(left, 0)] if left > 0]
        short = {}
        for key, item in value.items():
            if left <= 0:
                break
            short[str(key)[:LONGEST_KEY]] = shorten(item, depth - 1)
        return short

    return shorten(value, 5)
