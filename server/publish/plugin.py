"""`plugin/`, for Claude Code and Gemini CLI alike: its configuration, and the prompts as skills. `server.json` too."""

from pathlib import Path
from typing import Any

from server import __version__
from server.access import Variable
from server.catalogue import Catalogue
from server.publish import ROOT, as_json
from server.publish.manifest import manifest
from server.skills import written

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
        PLUGIN / ".claude-plugin" / "plugin.json": as_json(claude),
        PLUGIN / ".mcp.json": as_json({"mcpServers": {"drumbeat": {"command": COMMAND, "env": env}}}),
        PLUGIN / "gemini-extension.json": as_json(gemini),
        ROOT / "server.json": as_json(registry_entry(catalogue)),
        **{PLUGIN / "skills" / prompt.name / "SKILL.md": written(prompt) for prompt in catalogue.prompts},
    }


def registry_entry(catalogue: Catalogue) -> dict[str, Any]:
    """The server's entry in the MCP registry."""
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


def _registered(variable: Variable) -> dict[str, Any]:
    entry = {"name": variable.name, "description": variable.description, "isSecret": variable.secret}
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
