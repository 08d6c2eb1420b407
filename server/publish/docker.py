"""`deploy/docker-catalogue/`, what Docker's catalogue of MCP servers asks for: the server, its tools, and a page."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from server.access import Access
from server.catalogue import Catalogue, PublishedTool
from server.publish import ROOT, as_json
from server.publish.manifest import manifest
from server.publish.plugin import REGISTRY_NAME

FOLDER = ROOT / "deploy" / "docker-catalogue"
HOME = f"https://github.com/{REGISTRY_NAME.removeprefix('io.github.')}"
# Whoever submits an entry puts in the commit that Docker shall build.
COMMIT = "0" * 40
SAMPLE = "your key"
LONGEST_LINE = 10_000


def files(catalogue: Catalogue) -> dict[Path, str]:
    """The files and their text."""
    tools = [_tool(entry) for entry in catalogue.tools if entry.everyday]
    return {
        FOLDER / "server.yaml": _yaml(entry(catalogue)),
        FOLDER / "tools.json": as_json(tools),
        FOLDER / "readme.md": f"Docs: {HOME}\n",
    }


def entry(catalogue: Catalogue) -> dict[str, Any]:
    """The server's entry: secrets go to Docker's store, all else is a parameter that its window asks for."""
    made = manifest(catalogue)
    fields: dict[str, dict[str, Any]] = made["user_config"]
    plain = {name: field for name, field in fields.items() if not field.get("sensitive")}
    return {
        "name": "drumbeat",
        "image": "mcp/drumbeat",
        "type": "server",
        "meta": {"category": "devops", "tags": ["devops", "metrics", "ci-cd", "productivity"]},
        "about": {"title": "Drumbeat", "description": made["description"], "icon": f"{HOME}/raw/main/{made['icon']}"},
        "source": {"project": HOME, "commit": COMMIT, "dockerfile": "deploy/Dockerfile"},
        "run": {"command": ["serve"], "volumes": ["drumbeat-journal:/journal"]},
        "config": {
            "description": "A vendor is on when its key is given; without any, turn on the sandbox.",
            "secrets": [_secret(name, field) for name, field in fields.items() if field.get("sensitive")],
            "env": [
                {"name": name.upper(), "example": _text(field.get("default", "")), "value": f"{{{{drumbeat.{name}}}}}"}
                for name, field in plain.items()
            ],
            "parameters": {"type": "object", "properties": {name: _property(field) for name, field in plain.items()}},
        },
    }


def _secret(name: str, field: Mapping[str, Any]) -> dict[str, Any]:
    said = field["description"]
    return {"name": f"drumbeat.{name}", "env": name.upper(), "example": SAMPLE, "description": said, "required": False}


def _property(field: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": field["type"], "description": field["description"]}


def _tool(entry: PublishedTool) -> dict[str, Any]:
    required = entry.input_schema.get("required", [])
    arguments = [
        _argument(name, schema) | ({} if name in required else {"optional": True})
        for name, schema in entry.input_schema.get("properties", {}).items()
    ]
    hints = {"readOnlyHint": entry.access is Access.READ, "destructiveHint": entry.access is Access.DESTRUCTIVE}
    return {"name": entry.name, "description": entry.description, "arguments": arguments, "annotations": hints}


def _argument(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    kind = schema.get("type", "string")
    argument = {"name": name, "type": kind, "desc": schema.get("description", "")}
    return {**argument, "items": {"type": schema["items"].get("type", "string")}} if kind == "array" else argument


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _yaml(data: Any) -> str:
    """Laid out as the check of the catalogue wants it."""
    yaml = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.width = LONGEST_LINE
    written = io.StringIO()
    yaml.dump(_quoted(data), written)
    return written.getvalue()


def _quoted(data: Any) -> Any:
    if isinstance(data, dict):
        return {name: _quoted(value) for name, value in data.items()}
    if isinstance(data, list):
        return [_quoted(value) for value in data]
    return DoubleQuotedScalarString(data) if isinstance(data, str) else data
