"""Arguments of a tool as words of a command line: `team=platform`, `limit=5`, `variables:=[{"key": "A"}]`."""

import json
from argparse import ArgumentTypeError
from collections.abc import Iterable
from typing import Any

from server.catalogue import PublishedTool

Word = tuple[str, str, bool]


def word(text: str) -> Word:
    """A word as name, value, and whether the value is JSON. Raises ArgumentTypeError."""
    name, equals, value = text.partition("=")
    exact = name.endswith(":")
    name = name.removesuffix(":")
    if not equals or not name:
        raise ArgumentTypeError(f"{text!r} is not NAME=VALUE, or NAME:=JSON")
    if exact:
        try:
            json.loads(value)
        except ValueError as error:
            raise ArgumentTypeError(f"the value of {name} is not JSON ({error})") from None
    return name, value, exact


def typed(words: Iterable[Word], tool: PublishedTool) -> dict[str, Any]:
    """The words as the tool's arguments; a name that is repeated makes a list where the tool takes one."""
    properties = tool.input_schema.get("properties", {})
    arguments: dict[str, Any] = {}
    for name, value, exact in words:
        schema = properties.get(name, {})
        if exact:
            arguments[name] = json.loads(value)
        elif schema.get("type") == "array" and not value.lstrip().startswith("["):
            arguments.setdefault(name, []).append(_read(value, schema.get("items", {})))
        else:
            arguments[name] = _read(value, schema)
    return arguments


def _read(value: str, schema: dict[str, Any]) -> Any:
    """A value as its type has it; what is none goes on as it is, for the tool to say what it takes."""
    if schema.get("type", "string") == "string":
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
