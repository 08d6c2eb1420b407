"""`manifest.json` for desktop bundles (MCPB), written from the catalogue and the settings."""

import re
from typing import Any

from server import __version__
from server.access import Variable
from server.catalogue import Catalogue, PublishedPrompt, PublishedVendor
from server.prompts import FOLDER, body
from server.publish import ROOT, as_json
from server.settings import Settings

FILE = ROOT / "manifest.json"
START = "bundle/start.py"
LONG_DESCRIPTION = """\
The everyday tools are listed; the assistant finds all others with one of them. A vendor is on when its key is given. \
Before something is lost you are asked, every change is journaled, and most can be undone.

Privacy: Drumbeat runs on your computer. It sends requests to the vendors whose keys you give and to nobody else, \
and collects nothing. Keys stay in your client's own store. The journal stays on your computer, without secrets."""
OWN = ("DRUMBEAT_ACCESS", "DRUMBEAT_CONFIRM", "DRUMBEAT_SANDBOX")


def manifest(catalogue: Catalogue) -> dict[str, Any]:
    """The manifest: one `user_config` field a variable, the credentials marked sensitive."""
    vendors = [(vendor, variable) for vendor in catalogue.vendors for variable in vendor.variables]
    variables = [variable.name for _, variable in vendors]
    names = ", ".join(vendor.title for vendor in catalogue.vendors if not vendor.needs)
    return {
        "manifest_version": "0.4",
        "name": "drumbeat",
        "display_name": "Drumbeat",
        "version": __version__,
        "description": f"Typed, safe tools for {names}.",
        "long_description": LONG_DESCRIPTION,
        "author": {"name": "The Drumbeat founders"},
        "license": "Apache-2.0",
        "icon": "bundle/icon.png",
        "server": {
            "type": "uv",
            "entry_point": START,
            "mcp_config": {
                "command": "uv",
                "args": ["run", "--no-project", "--directory", "${__dirname}", "--python", ">=3.11", START],
                "env": {name: f"${{user_config.{name.lower()}}}" for name in (*variables, *OWN)},
            },
        },
        "tools": [{"name": each.name, "description": each.description} for each in catalogue.tools if each.everyday],
        "tools_generated": True,
        "prompts": [_prompt(prompt) for prompt in catalogue.prompts],
        "user_config": {v.name.lower(): _field(vendor, v) for vendor, v in vendors} | _own_fields(),
        "compatibility": {"platforms": ["darwin", "linux", "win32"], "runtimes": {"python": ">=3.11"}},
        "keywords": ["dora", "engineering metrics", "ci/cd", "retrospectives"],
    }


def dump(catalogue: Catalogue) -> str:
    """The manifest as the text of its file."""
    return as_json(manifest(catalogue))


def _prompt(prompt: PublishedPrompt) -> dict[str, Any]:
    text = re.sub(r"{(\w+)}", r"${arguments.\1}", body(FOLDER / prompt.file))
    names = [argument.name for argument in prompt.arguments]
    return {"name": prompt.name, "description": prompt.description, "arguments": names, "text": text}


def _field(vendor: PublishedVendor, variable: Variable) -> dict[str, Any]:
    title = variable.name.removeprefix(f"{vendor.name.upper()}_").replace("_", " ").lower()
    field: dict[str, Any] = {
        "type": "string",
        "title": f"{vendor.title}: {title}",
        "description": variable.description,
        "required": False,
    }
    if variable.secret:
        field["sensitive"] = True
    if variable.default is not None:
        field["default"] = variable.default
    return field


def _own_fields() -> dict[str, Any]:
    fields = {}
    for name, info in Settings.model_fields.items():
        if info.alias in OWN:
            default = info.default if isinstance(info.default, bool) else str(info.default)
            fields[info.alias.lower()] = {
                "type": "boolean" if isinstance(default, bool) else "string",
                "title": name.replace("_", " ").capitalize(),
                "description": info.description,
                "required": False,
                "default": default,
            }
    return fields
