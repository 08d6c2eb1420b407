"""Where each client keeps its servers, and what an entry looks like there: a table, and how to read it.

In a path `{home}` is the user's home, `{app}` where applications keep their settings on this system. In a shape
`{command}`, `{args}` and `{env}` are what the entry starts, `{line}` is command and arguments in one list, `{names}`
the variables that the client takes from where it was started itself.
"""

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Name = Literal["linux", "darwin", "windows"]
STDIO = {"command": "{command}", "args": "{args}", "env": "{env}"}
ANYWHERE = ""


@dataclass(frozen=True)
class System:
    """A computer as far as it says where a client's files are."""

    name: Name
    home: Path
    environment: Mapping[str, str]

    @classmethod
    def here(cls) -> "System":
        """The computer that this runs on."""
        names: dict[str, Name] = {"Darwin": "darwin", "Windows": "windows"}
        return cls(names.get(platform.system(), "linux"), Path.home(), os.environ)

    def path(self, template: str) -> Path:
        """A path of the table, filled in."""
        get = self.environment.get
        settings = get("XDG_CONFIG_HOME") or str(self.home / ".config")
        apps = {
            "linux": settings,
            "darwin": str(self.home / "Library" / "Application Support"),
            "windows": get("APPDATA") or str(self.home / "AppData" / "Roaming"),
        }
        return Path(
            template.format(
                home=self.home,
                app=apps[self.name],
                xdg=settings,  # some follow it on every system
                claude=get("CLAUDE_CONFIG_DIR") or self.home,
                codex=get("CODEX_HOME") or self.home / ".codex",
                copilot=get("COPILOT_HOME") or self.home / ".copilot",
                gemini=get("GEMINI_CLI_HOME") or self.home,
            )
        )


@dataclass(frozen=True)
class Client:
    """A client. files: by system, the likeliest first; the first that exists is it, or whose folder does.

    reference: how an entry says that a variable is to be had from the client, with `{}` for its name.
    inputs: where the client keeps what it asks its user for. resolves: how it comes by a variable that is referred to.
    restart: how it takes notice of a changed file. by_folder: where the user's file has servers of single folders.
    """

    title: str
    files: Mapping[str, tuple[str, ...]]
    servers: str = "mcpServers"
    shape: Mapping[str, Any] = field(default_factory=lambda: STDIO)
    format: Literal["json", "toml", "yaml"] = "json"
    project: str | None = None
    reference: str | None = None
    inputs: str | None = None
    resolves: str = "takes from its own environment"
    restart: str = "Restart it."
    by_folder: str | None = None

    def file(self, system: System) -> Path:
        """The user's own file."""
        candidates = [system.path(each) for each in self.files.get(system.name) or self.files[ANYWHERE]]
        there = [path for path in candidates if path.exists()] or [path for path in candidates if path.parent.exists()]
        return (there or candidates)[0]

    @property
    def passes_names(self) -> bool:
        """Whether an entry lists the variables that the client hands on."""
        return "{names}" in self.shape.values()

    @property
    def refers(self) -> bool:
        """Whether an entry can name a variable without holding its value."""
        return self.passes_names or self.reference is not None

    def entry(self, command: list[str], env: Mapping[str, str], names: list[str]) -> dict[str, Any]:
        """The entry that starts `command`; what would be empty is left out, but for the arguments."""
        filled = {
            "{command}": command[0],
            "{args}": command[1:],
            "{line}": command,
            "{env}": dict(env),
            "{names}": names,
        }
        entry = {
            key: filled.get(value, value) if isinstance(value, str) else value for key, value in self.shape.items()
        }
        return {key: value for key, value in entry.items() if value or value is False or self.shape[key] == "{args}"}

    def part(self, entry: Mapping[str, Any], placeholder: str) -> Any:
        """The value that an entry has in the place of a placeholder; None where it has none."""
        return next((entry.get(key) for key, value in self.shape.items() if value == placeholder), None)


def flat(entry: Mapping[str, Any]) -> dict[str, Any]:
    """An entry with what it says of its `transport` beside all else; Cline's command line puts that by itself."""
    within = entry.get("transport")
    if not isinstance(within, Mapping):
        return dict(entry)
    return {**{key: value for key, value in entry.items() if key != "transport"}, **within}


ADDRESSES = ("url", "serverUrl", "httpUrl", "uri")
"""The names under which an entry has the address of a server that it does not start itself."""

OTHER = Client("another client", {ANYWHERE: ("mcp.json",)})
CODE = "{app}/Code/User"

CLIENTS: Mapping[str, Client] = {
    "claude-desktop": Client(
        "Claude Desktop",
        {ANYWHERE: ("{app}/Claude/claude_desktop_config.json",)},
        restart="Quit it and start it again.",
    ),
    "claude-code": Client(
        "Claude Code",
        {ANYWHERE: ("{claude}/.claude.json",)},
        shape={"type": "stdio", **STDIO, "alwaysLoad": True},
        project=".mcp.json",
        reference="${{{}}}",
        restart="Start a new session.",
        by_folder="projects",
    ),
    "cursor": Client(
        "Cursor", {ANYWHERE: ("{home}/.cursor/mcp.json",)}, project=".cursor/mcp.json", reference="${{env:{}}}"
    ),
    "vscode": Client(
        "VS Code",
        {ANYWHERE: (f"{CODE}/mcp.json",)},
        servers="servers",
        shape={"type": "stdio", **STDIO},
        project=".vscode/mcp.json",
        reference="${{input:drumbeat-{}}}",
        inputs="inputs",
        resolves="asks you for",
        restart="Run “MCP: List Servers” there and start drumbeat.",
    ),
    "windsurf": Client("Windsurf", {ANYWHERE: ("{home}/.codeium/windsurf/mcp_config.json",)}, reference="${{env:{}}}"),
    "gemini-cli": Client(
        "Gemini CLI",
        {ANYWHERE: ("{gemini}/.gemini/settings.json",)},
        project=".gemini/settings.json",
        reference="${{{}}}",
        restart="Start a new session.",
    ),
    "codex": Client(
        "Codex",
        {ANYWHERE: ("{codex}/config.toml",)},
        servers="mcp_servers",
        shape={**STDIO, "env_vars": "{names}"},
        format="toml",
        project=".codex/config.toml",
        restart="Start a new session.",
    ),
    "zed": Client(
        "Zed",
        {
            "linux": ("{app}/zed/settings.json",),
            "darwin": ("{home}/.config/zed/settings.json", "{app}/Zed/settings.json"),
            "windows": ("{app}/Zed/settings.json",),
        },
        servers="context_servers",
        shape={"source": "custom", **STDIO},
        project=".zed/settings.json",
        restart="It takes notice by itself.",
    ),
    "goose": Client(
        "Goose",
        {
            "windows": ("{app}/Block/goose/config/config.yaml",),
            ANYWHERE: ("{xdg}/goose/config.yaml",),
        },
        servers="extensions",
        shape={
            "name": "drumbeat",
            "type": "stdio",
            "cmd": "{command}",
            "args": "{args}",
            "envs": "{env}",
            "env_keys": "{names}",
            "enabled": True,
            "timeout": 300,
        },
        format="yaml",
        resolves="takes from its own secrets or environment",
        restart="Start a new session.",
    ),
    "opencode": Client(
        "OpenCode",
        {ANYWHERE: ("{xdg}/opencode/opencode.json", "{xdg}/opencode/opencode.jsonc")},
        servers="mcp",
        shape={"type": "local", "command": "{line}", "environment": "{env}", "enabled": True},
        project="opencode.json",
        reference="{{env:{}}}",
        restart="Start a new session.",
    ),
    "copilot-cli": Client(
        "Copilot CLI",
        {ANYWHERE: ("{copilot}/mcp-config.json",)},
        shape={"type": "local", **STDIO, "tools": ["*"], "deferTools": "never"},
        reference="${{{}}}",
        restart="Start a new session.",
    ),
    "cline": Client(
        "Cline",
        {
            ANYWHERE: (
                f"{CODE}/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json",
                "{home}/.cline/data/settings/cline_mcp_settings.json",  # its command line
            )
        },
        shape={**STDIO, "timeout": 60, "disabled": False},
        restart="It takes notice by itself.",
    ),
}
