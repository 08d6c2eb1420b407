"""The agent hosts that people use, each in a fresh home, with a model that follows a script on loopback."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.interop.conftest import CACHE, ROOT, Run
from tests.interop.scripted import Scripted
from tests.vendors import serve

BIN = CACHE / "hosts" / "node_modules" / ".bin"
SERVER = ["-m", "server", "serve", "--sandbox"]
DELETION: dict[str, Any] = {"tool": "teamoclock_delete_retro", "arguments": {"retro_id": "r204c36ysi7z01"}}
SCRIPT: list[tuple[str, dict[str, Any]]] = [
    ("drumbeat_read", {"tool": "linearb_list_teams"}),
    ("drumbeat_read", {"tool": "linearb_list_teams", "arguments": {"team": "x"}}),
    ("drumbeat_act", DELETION),
]


@dataclass(frozen=True)
class Host:
    """configure: writes its settings, given its home, the model's URL and Drumbeat's environment."""

    command: list[str]
    configure: Callable[[Path, str, dict[str, str]], dict[str, str]]


def opencode(home: Path, model: str, own: dict[str, str]) -> dict[str, str]:
    scripted = {
        "npm": "@ai-sdk/openai-compatible",
        "name": "Scripted",
        "options": {"baseURL": f"{model}/v1", "apiKey": "none"},
        "models": {"scripted": {"name": "scripted"}},
    }
    server = {"type": "local", "command": [sys.executable, *SERVER], "environment": own, "enabled": True}
    settings = {
        "provider": {"scripted": scripted},
        "model": "scripted/scripted",
        "mcp": {"drumbeat": server},
        "autoupdate": False,
        "share": "disabled",
    }
    _write(home / ".config" / "opencode" / "opencode.json", settings)
    return {"OPENCODE_DISABLE_MODELS_FETCH": "1", "OPENCODE_DISABLE_AUTOUPDATE": "1"}


def codex(home: Path, model: str, own: dict[str, str]) -> dict[str, str]:
    environment = ", ".join(f"{name} = {json.dumps(value)}" for name, value in own.items())
    _write(
        home / ".codex" / "config.toml",
        f"""model = "scripted"
model_provider = "scripted"
approval_policy = "never"
check_for_update_on_startup = false

[analytics]
enabled = false

[model_providers.scripted]
name = "Scripted"
base_url = "{model}/v1"
wire_api = "responses"

[mcp_servers.drumbeat]
command = {json.dumps(sys.executable)}
args = {json.dumps(SERVER)}
env = {{ {environment} }}
required = true
default_tools_approval_mode = "approve"
""",
    )
    return {}


def gemini(home: Path, model: str, own: dict[str, str]) -> dict[str, str]:
    server = {"command": sys.executable, "args": SERVER, "env": own, "trust": True}
    settings = {
        "mcpServers": {"drumbeat": server},
        "security": {"auth": {"selectedType": "gemini-api-key"}},
        "privacy": {"usageStatisticsEnabled": False},
        "telemetry": {"enabled": False},
        "general": {"disableAutoUpdate": True, "enableAutoUpdate": False},
    }
    _write(home / ".gemini" / "settings.json", settings)
    return {"GOOGLE_GEMINI_BASE_URL": model, "GEMINI_API_KEY": "none"}


def qwen(home: Path, model: str, own: dict[str, str]) -> dict[str, str]:
    server = {"command": sys.executable, "args": SERVER, "env": own, "trust": True}
    settings = {
        "mcpServers": {"drumbeat": server},
        "security": {"auth": {"selectedType": "openai"}},
        "privacy": {"usageStatisticsEnabled": False},
        "telemetry": {"enabled": False},
        "general": {"disableAutoUpdate": True, "enableAutoUpdate": False},
    }
    _write(home / ".qwen" / "settings.json", settings)
    return {"OPENAI_BASE_URL": f"{model}/v1", "OPENAI_API_KEY": "none", "OPENAI_MODEL": "scripted"}


def claude(home: Path, model: str, own: dict[str, str]) -> dict[str, str]:
    server = {"type": "stdio", "command": sys.executable, "args": SERVER, "env": own}
    _write(home / "servers.json", {"mcpServers": {"drumbeat": server}})
    return {
        "ANTHROPIC_BASE_URL": model,
        "ANTHROPIC_API_KEY": "none",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_AUTOUPDATER": "1",
    }


def copilot(home: Path, model: str, own: dict[str, str]) -> dict[str, str]:
    server = {"type": "local", "command": sys.executable, "args": SERVER, "env": own, "tools": ["*"]}
    _write(home / ".copilot" / "mcp-config.json", {"mcpServers": {"drumbeat": server}})
    return {"COPILOT_OFFLINE": "true", "COPILOT_PROVIDER_BASE_URL": f"{model}/v1", "COPILOT_MODEL": "scripted"}


def cline(home: Path, model: str, own: dict[str, str]) -> dict[str, str]:
    settings = home / ".cline" / "data" / "settings"
    scripted = {"provider": "openai-compatible", "apiKey": "none", "model": "scripted", "baseUrl": f"{model}/v1"}
    provider = {"settings": scripted, "updatedAt": "2026-11-24T00:00:00.000Z", "tokenSource": "manual"}
    _write(
        settings / "providers.json",
        {
            "version": 1,
            "lastUsedProvider": "openai-compatible",
            "modes": {},
            "providers": {"openai-compatible": provider},
        },
    )
    server = {"command": sys.executable, "args": SERVER, "env": own, "timeout": 60, "disabled": False}
    _write(settings / "cline_mcp_settings.json", {"mcpServers": {"drumbeat": server}})
    _write(settings / "global-settings.json", {"telemetryOptOut": True, "autoUpdateEnabled": False})
    return {"CLINE_SESSION_BACKEND_MODE": "local"}


def continued(home: Path, model: str, own: dict[str, str]) -> dict[str, str]:
    scripted = {
        "name": "scripted",
        "provider": "openai",
        "model": "gpt-4.1",
        "apiBase": f"{model}/v1",
        "apiKey": "none",
    }
    server = {"name": "drumbeat", "command": sys.executable, "args": SERVER, "env": own}
    whole = {"name": "test", "version": "1.0.0", "schema": "v1", "models": [scripted], "mcpServers": [server]}
    # JSON is YAML too.
    _write(home / "config.yaml", whole)
    return {"CONTINUE_TELEMETRY_ENABLED": "0", "CONTINUE_ALLOW_ANONYMOUS_TELEMETRY": "0", "CONTINUE_CLI_TEST": "1"}


HOSTS = {
    "opencode": Host(["opencode", "run", "Go"], opencode),
    "codex": Host(["codex", "exec", "--skip-git-repo-check", "Go"], codex),
    "gemini": Host(["gemini", "--skip-trust", "-m", "gemini-2.5-pro", "-p", "Go"], gemini),
    "qwen": Host(["qwen", "--approval-mode", "yolo", "-p", "Go"], qwen),
    "claude": Host(
        ["claude", "-p", "Go", "--strict-mcp-config", "--mcp-config=servers.json", "--allowedTools=mcp__drumbeat"],
        claude,
    ),
    "copilot": Host(["copilot", "-p", "Go", "--allow-all-tools", "--no-auto-update"], copilot),
    "cline": Host(["cline", "-P", "openai-compatible", "Go on"], cline),
    "continue": Host(["cn", "--config", "config.yaml", "--auto", "-p", "Go"], continued),
}


def _write(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))


@contextmanager
def listening(model: Scripted) -> Iterator[str]:
    with serve(model.app()) as url:
        yield url


@pytest.mark.parametrize("name", HOSTS)
def test_a_host_offers_reads_repairs_and_refuses(name: str, run: Run, tmp_path: Path) -> None:
    model, host = Scripted(SCRIPT), HOSTS[name]
    own = {"PYTHONPATH": str(ROOT), "DRUMBEAT_JOURNAL": str(tmp_path / "journal")}
    with listening(model) as url:
        more = host.configure(tmp_path, url, own)
        ended = run(BIN / host.command[0], *host.command[1:], folder=tmp_path, HOME=str(tmp_path), **more)
    report = f"{model.paths}\n{ended.stdout[-2000:]}\n{ended.stderr[-3000:]}"
    for tool in ("drumbeat_find_tools", "drumbeat_read", "drumbeat_act"):
        assert any(name.endswith(tool) for name in model.offered), report
    assert len(model.told) == len(SCRIPT), report
    answered, mistaken, refused = model.told
    assert "Platform" in answered
    assert "no argument 'team'" in mistaken
    assert "Nothing was changed" in refused
