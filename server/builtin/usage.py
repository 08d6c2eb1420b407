"""A tool in one line: what it does, and its arguments with everything that a call has to keep to."""

import json
import re
from typing import Any

from server.access import Access
from server.catalogue import PublishedTool

MANY = 100  # items, which no call comes near
GOES_ON = re.compile(r"[:;.](?=\s|$)|\s\(|(?<=.{24}),")
"""Where a description comes to details, or to a second thing."""


def line(entry: PublishedTool, schema: dict[str, Any], *, brief: bool = False) -> str:
    """`name (access): what it does | arguments`; a star marks what is required, and what only reads has no access.

    brief: without details of what it does, and without words on what may be left out.
    """
    said = _arguments(schema, brief)
    _, point, to_know = entry.description.rstrip(".").partition(". ")
    what = f"{short(entry)}{point}{to_know}" if brief else f"{_head(entry)}: {entry.description.rstrip('.')}"
    return what + (f" | {said}" if said else "")


def short(entry: PublishedTool) -> str:
    """`name (access): what it does`, in a few words."""
    return f"{_head(entry)}: {GOES_ON.split(entry.description, maxsplit=1)[0]}"


def _head(entry: PublishedTool) -> str:
    to_know = [*([] if entry.access is Access.READ else [entry.access]), *(["deprecated"] if entry.deprecated else [])]
    return f"{entry.name} ({', '.join(to_know)})" if to_know else entry.name


def _arguments(schema: dict[str, Any], brief: bool) -> str:
    """Arguments of which the same is to be known stand together."""
    required = schema.get("required", ())
    alike: dict[str, list[str]] = {}
    for name, value in schema.get("properties", {}).items():
        known = _known(value, brief and name not in required)
        alike.setdefault(known, []).append(name + "*" * (name in required))
    return "; ".join(f"{', '.join(names)} {known}".rstrip() for known, names in alike.items())


def _known(schema: dict[str, Any], brief: bool) -> str:
    """What an argument takes, where its name leaves it open; what happens without one needs no words."""
    default = f"default {json.dumps(schema['default'])}" if "default" in schema else ""
    words = "" if brief else schema.get("description", "")
    return " ".join(filter(None, (_form(schema, brief), default, "" if words.startswith("Default") else words)))


def _form(schema: dict[str, Any], brief: bool) -> str:
    if "enum" in schema or "const" in schema:
        return "/".join(map(str, schema.get("enum") or [schema["const"]]))
    kind = schema.get("type")
    if kind == "object":
        return f"{{{_arguments(schema, brief)}}}"
    if kind == "array":
        most = f" at most {schema['maxItems']}" if schema.get("maxItems", MANY) < MANY else ""
        return f"[{_form(schema.get('items', {}), brief)}]{most}"
    if kind == "boolean":
        return "true/false"
    if "maximum" in schema:
        return f"{schema.get('minimum', '')}..{schema['maximum']}"
    return "number" if kind in ("integer", "number") and "minimum" not in schema else ""
