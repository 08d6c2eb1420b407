"""`plugin/`, for Claude Code and Gemini CLI alike: its configuration, and the prompts as skills. `server.json` too."""

import json
from pathlib import Path
from typing import Any

from server import __version__
from server.catalogue import Catalogue
from server.publish.manifest import manifest
from server.skills import written

ROOT = Path(__file__).parents[2]
PLUGIN = ROOT / "plugin"
REGISTRY_NAME = "io.github.drumbeat-mcp/drumbeat"
SCHEMA = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"
# What `uv tool install` puts on the PATH.
COMMAND = "drumbeat"


def files(catalogue: Catalogue) -> dict[Path, str]:
    """The files and their text."""
    made = manifest(catalogue)
    env = {name.upper(): f"${{user_config.{name}}}" for name in made["user_config"]}
    about = {"name": "drumbeat", "version": __version__, "description": made["description"]}
    claude = {**about, "author": made["author"], "license": made["license"], "userConfig": made["user_config"]}
    gemini = {**about, "mcpServers": {"drumbeat": {"command": COMMAND}}, "settings": _settings(catalogue)}
    return {
        PLUGIN / ".claude-plugin" / "plugin.json": _text(claude),
        PLUGIN / ".mcp.json": _text({"mcpServers": {"drumbeat": {"command": COMMAND, "env": env}}}),
        PLUGIN / "gemini-extension.json": _text(gemini),
        ROOT / "server.json": _text(registry_entry(catalogue)),
        **{PLUGIN / "skills" / prompt.name / "SKILL.md": written(prompt) for prompt in catalogue.prompts},
    }


def registry_entry(catalogue: Catalogue) -> dict[str, Any]:
    """What the MCP registry is told."""
    package = {
        "registryType": "pypi",
        "identifier": "drumbeat-mcp",
        "version": __version__,
        "runtimeHint": "uvx",
        "transport": {"type": "stdio"},
        "environmentVariables": [_registered(one) for vendor in catalogue.vendors for one in vendor.variables],
    }
    return {
        "$schema": SCHEMA,
        "name": REGISTRY_NAME,
        "title": "Drumbeat",
        "description": str(manifest(catalogue)["description"]),
        "version": __version__,
        "packages": [package],
    }


def _registered(variable: Any) -> dict[str, Any]:
    entry = {"name": variable.name, "description": variable.description, "isSecret": bool(variable.secret)}
    return entry if variable.default is None else {**entry, "default": variable.default}


def _settings(catalogue: Catalogue) -> list[dict[str, Any]]:
    return [
        {
            "name": f"{vendor.title}: {one.name}",
            "description": one.description,
            "envVar": one.name,
            "sensitive": one.secret,
        }
        for vendor in catalogue.vendors
        for one in vendor.variables
    ]


def _text(data: Any) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"
