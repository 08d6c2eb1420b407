"""A tool in one line: what it does, and its arguments with everything that a call has to keep to."""

import json
from typing import Any

from server.catalogue import PublishedTool


def line(entry: PublishedTool, schema: dict[str, Any]) -> str:
    """`name (access): what it does | arguments`; a star marks what is required."""
    arguments = _arguments(schema)
    return f"{entry.name} ({entry.access}): {entry.description.rstrip('.')}" + (f" | {arguments}" if arguments else "")


def _arguments(schema: dict[str, Any]) -> str:
    required = schema.get("required", ())
    return ", ".join(
        " ".join(filter(None, (name + "*" * (name in required), _values(value), value.get("description", ""))))
        for name, value in schema.get("properties", {}).items()
    )


def _values(schema: dict[str, Any]) -> str:
    """What an argument takes, where its name and description leave it open."""
    default = f"default {json.dumps(schema['default'])}" if "default" in schema else ""
    return " ".join(filter(None, (_form(schema), default)))


def _form(schema: dict[str, Any]) -> str:
    if "enum" in schema or "const" in schema:
        return "/".join(map(str, schema.get("enum") or [schema["const"]]))
    kind = schema.get("type")
    if kind == "object":
        return f"{{{_arguments(schema)}}}"
    if kind == "array":
        most = f" at most {schema['maxItems']}" if "maxItems" in schema else ""
        return f"[{_form(schema.get('items', {}))}]{most}"
    if kind == "boolean":
        return "true/false"
    if "minimum" in schema or "maximum" in schema:
        return f"{schema.get('minimum', '')}..{schema.get('maximum', '')}"
    return "number" if kind in ("integer", "number") else ""
