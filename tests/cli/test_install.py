"""Drumbeat in the configuration of each client, in a made-up home of each system, and out of it again."""

import json
import platform
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from server import __version__
from server.cli.clients import CLIENTS, System
from server.cli.documents import DOCUMENTS
from tests.cli.conftest import Drumbeat, Types
from tests.server.test_sources import InMemory

TOKEN = "s3cr3t-t0ken"
LINUX, MAC, WINDOWS = "Linux", "Darwin", "Windows"
MACS, APPDATA = "Library/Application Support", "AppData/Roaming"
CLINE = "globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json"
# Where each client's own documentation says that its file is.
PLACES = {
    "claude-desktop": {
        LINUX: ".config/Claude/claude_desktop_config.json",
        MAC: f"{MACS}/Claude/claude_desktop_config.json",
        WINDOWS: f"{APPDATA}/Claude/claude_desktop_config.json",
    },
    "claude-code": dict.fromkeys((LINUX, MAC, WINDOWS), ".claude.json"),
    "cursor": dict.fromkeys((LINUX, MAC, WINDOWS), ".cursor/mcp.json"),
    "vscode": {
        LINUX: ".config/Code/User/mcp.json",
        MAC: f"{MACS}/Code/User/mcp.json",
        WINDOWS: f"{APPDATA}/Code/User/mcp.json",
    },
    "windsurf": dict.fromkeys((LINUX, MAC, WINDOWS), ".codeium/windsurf/mcp_config.json"),
    "gemini-cli": dict.fromkeys((LINUX, MAC, WINDOWS), ".gemini/settings.json"),
    "codex": dict.fromkeys((LINUX, MAC, WINDOWS), ".codex/config.toml"),
    "zed": {
        LINUX: ".config/zed/settings.json",
        MAC: ".config/zed/settings.json",
        WINDOWS: f"{APPDATA}/Zed/settings.json",
    },
    "goose": {
        LINUX: ".config/goose/config.yaml",
        MAC: ".config/goose/config.yaml",
        WINDOWS: f"{APPDATA}/Block/goose/config/config.yaml",
    },
    "opencode": dict.fromkeys((LINUX, MAC, WINDOWS), ".config/opencode/opencode.json"),
    "copilot-cli": dict.fromkeys((LINUX, MAC, WINDOWS), ".copilot/mcp-config.json"),
    "cline": {
        LINUX: f".config/Code/User/{CLINE}",
        MAC: f"{MACS}/Code/User/{CLINE}",
        WINDOWS: f"{APPDATA}/Code/User/{CLINE}",
    },
}
ENV = {"DRUMBEAT_ACCESS": "read"}
COMMAND = str(Path(sys.executable).with_name("drumbeat"))
STDIO = {"command": COMMAND, "args": [], "env": ENV}
# What each client's own documentation says that an entry is.
ENTRIES: dict[str, dict[str, Any]] = {
    "claude-desktop": STDIO,
    "claude-code": {"type": "stdio", **STDIO, "alwaysLoad": True},
    "cursor": STDIO,
    "vscode": {"type": "stdio", **STDIO},
    "windsurf": STDIO,
    "gemini-cli": STDIO,
    "codex": STDIO,
    "zed": {"source": "custom", **STDIO},
    "goose": {
        "name": "drumbeat", "type": "stdio", "cmd": COMMAND, "args": [], "envs": ENV, "enabled": True, "timeout": 300,
    },
    "opencode": {"type": "local", "command": [COMMAND], "environment": ENV, "enabled": True},
    "copilot-cli": {"type": "local", **STDIO, "tools": ["*"], "deferTools": "never"},
    "cline": {**STDIO, "timeout": 60, "disabled": False},
}  # fmt: skip
# What another server left there, with a comment where the format has them.
BEFORE = {
    "json": '{{\n  // mine\n  "{servers}": {{\n    "other": {{"command": "npx"}} // keep\n  }}\n}}\n',
    "toml": '# mine\n[{servers}.other]\ncommand = "npx"  # keep\n',
    "yaml": "# mine\n{servers}:\n  other:\n    cmd: npx  # keep\n",
}
EVERY = pytest.mark.parametrize("client", sorted(CLIENTS))


def put_before(client: str, home: Path) -> tuple[Path, str]:
    file = home / PLACES[client][LINUX]
    file.parent.mkdir(parents=True, exist_ok=True)
    text = BEFORE[CLIENTS[client].format].format(servers=CLIENTS[client].servers)
    file.write_text(text)
    return file, text


def entry(client: str, file: Path) -> Any:
    data = DOCUMENTS[CLIENTS[client].format].value_of(file.read_text())
    return data[CLIENTS[client].servers].get("drumbeat")


def everything(home: Path) -> str:
    return "\n".join(file.read_text() for file in home.rglob("*") if file.is_file())


@EVERY
@pytest.mark.parametrize("system", [LINUX, MAC, WINDOWS])
def test_each_client_reads_what_was_written_where_it_looks(
    client: str, system: str, drumbeat: Drumbeat, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "system", lambda: system)
    done = drumbeat(f"install {client} --set DRUMBEAT_ACCESS=read")
    assert done.status == 0, done.err
    file = home / PLACES[client][system]
    assert entry(client, file) == ENTRIES[client]
    assert str(file) in done.out


@pytest.mark.parametrize(
    ("client", "variable", "file"),
    [
        ("claude-desktop", "XDG_CONFIG_HOME", "Claude/claude_desktop_config.json"),
        ("codex", "CODEX_HOME", "config.toml"),
        ("copilot-cli", "COPILOT_HOME", "mcp-config.json"),
        ("claude-code", "CLAUDE_CONFIG_DIR", ".claude.json"),
        ("gemini-cli", "GEMINI_CLI_HOME", ".gemini/settings.json"),
        ("opencode", "XDG_CONFIG_HOME", "opencode/opencode.json"),
        ("goose", "XDG_CONFIG_HOME", "goose/config.yaml"),
    ],
)
def test_a_client_that_was_moved_is_followed(
    client: str, variable: str, file: str, drumbeat: Drumbeat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, str(tmp_path / "moved"))
    assert drumbeat(f"install {client}").status == 0
    assert entry(client, tmp_path / "moved" / file)


def test_what_does_not_move_a_client_is_not_followed(
    drumbeat: Drumbeat, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Copilot CLI 1.0.102 stays in its own folder, wherever other programs keep their settings."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "moved"))
    assert drumbeat("install copilot-cli").status == 0
    assert entry("copilot-cli", home / ".copilot" / "mcp-config.json")


def test_the_command_line_of_cline_is_told_where_that_is_what_there_is(drumbeat: Drumbeat, home: Path) -> None:
    settings = home / ".cline" / "data" / "settings"
    settings.mkdir(parents=True)
    assert drumbeat("install cline").status == 0
    assert entry("cline", settings / "cline_mcp_settings.json")


def test_what_the_command_line_of_cline_wrote_is_understood(drumbeat: Drumbeat, home: Path) -> None:
    file = home / ".cline" / "data" / "settings" / "cline_mcp_settings.json"
    file.parent.mkdir(parents=True)
    transport = {"type": "stdio", "command": COMMAND, "args": [], "env": {"HTTPS_PROXY": "http://proxy"}}
    before = {"transport": transport, "autoApprove": ["drumbeat_read"]}
    file.write_text(json.dumps({"mcpServers": {"drumbeat": before}}))
    found = drumbeat("doctor --offline").out
    assert "cline" in found
    assert "starts nothing" not in found
    assert drumbeat("install cline").status == 0
    written = entry("cline", file)
    assert "transport" not in written
    assert (written["command"], written["env"]) == (COMMAND, transport["env"])
    assert written["autoApprove"] == ["drumbeat_read"]


def test_appdata_says_where_windows_keeps_settings(tmp_path: Path) -> None:
    system = System("windows", tmp_path, {"APPDATA": str(tmp_path / "roaming")})
    assert CLIENTS["vscode"].file(system) == tmp_path / "roaming" / "Code" / "User" / "mcp.json"


@EVERY
def test_what_others_wrote_stays_and_comes_back(client: str, drumbeat: Drumbeat, home: Path) -> None:
    file, before = put_before(client, home)
    file.chmod(0o640)
    assert drumbeat(f"install {client}").status == 0
    assert "mine" in file.read_text()
    assert "keep" in file.read_text()
    assert entry(client, file)
    backup = file.with_name(f"{file.name}.drumbeat-backup")
    assert backup.read_text() == before
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    done = drumbeat(f"uninstall {client}")
    assert str(backup) in done.out
    assert file.read_text().rstrip() == before.rstrip()
    assert "nothing was changed" in drumbeat(f"uninstall {client}").err


@EVERY
def test_twice_is_once(client: str, drumbeat: Drumbeat, home: Path) -> None:
    file, before = put_before(client, home)
    drumbeat(f"install {client} --set DRUMBEAT_ACCESS=read")
    once = file.read_text()
    done = drumbeat(f"install {client}")
    assert "nothing was changed" in done.out
    assert file.read_text() == once
    assert file.with_name(f"{file.name}.drumbeat-backup").read_text() == before


@pytest.mark.parametrize("client", sorted(slug for slug, client in CLIENTS.items() if client.project))
def test_a_project_has_a_file_of_its_own(client: str, drumbeat: Drumbeat, home: Path) -> None:
    assert drumbeat(f"install {client} --project").status == 0
    project = CLIENTS[client].project
    assert project
    assert entry(client, home / "project" / project)
    assert not (home / PLACES[client][LINUX]).exists()


def test_a_client_without_a_project_file_says_so(drumbeat: Drumbeat) -> None:
    done = drumbeat("install windsurf --project")
    assert done.status == 1
    assert "Windsurf has no file for a project" in done.err


# Secrets.


@EVERY
def test_a_key_goes_into_the_keyring_and_nowhere_else(
    client: str, drumbeat: Drumbeat, home: Path, kept: InMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BUDDY_TOKEN", TOKEN)
    done = drumbeat(f"install {client}")
    assert kept.kept == {("drumbeat", "BUDDY_TOKEN"): TOKEN}
    assert TOKEN not in everything(home) + done.out + done.err
    monkeypatch.delenv("BUDDY_TOKEN")
    assert "Buddy: on" in drumbeat("config").err


@pytest.mark.usefixtures("no_keyring")
@EVERY
def test_without_a_keyring_the_client_asks_or_a_file_holds_the_key(
    client: str, drumbeat: Drumbeat, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BUDDY_TOKEN", TOKEN)
    done = drumbeat(f"install {client}")
    assert TOKEN not in (home / PLACES[client][LINUX]).read_text() + done.out + done.err
    file = home / ".config" / "drumbeat" / "secrets" / "BUDDY_TOKEN"
    if client == "vscode":
        assert not file.exists()
        return
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    monkeypatch.delenv("BUDDY_TOKEN")
    monkeypatch.setenv("BUDDY_TOKEN_FILE", str(file))
    assert "Buddy: on" in drumbeat("config").err
    drumbeat("logout buddy")
    assert not file.exists()


REFERENCES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "claude-code": lambda entry: entry["env"] == {"BUDDY_TOKEN": "${BUDDY_TOKEN}"},
    "cursor": lambda entry: entry["env"] == {"BUDDY_TOKEN": "${env:BUDDY_TOKEN}"},
    "vscode": lambda entry: entry["env"] == {"BUDDY_TOKEN": "${input:drumbeat-BUDDY_TOKEN}"},
    "windsurf": lambda entry: entry["env"] == {"BUDDY_TOKEN": "${env:BUDDY_TOKEN}"},
    "gemini-cli": lambda entry: entry["env"] == {"BUDDY_TOKEN": "${BUDDY_TOKEN}"},
    "codex": lambda entry: entry["env_vars"] == ["BUDDY_TOKEN"],
    "goose": lambda entry: entry["env_keys"] == ["BUDDY_TOKEN"],
    "opencode": lambda entry: entry["environment"] == {"BUDDY_TOKEN": "{env:BUDDY_TOKEN}"},
    "copilot-cli": lambda entry: entry["env"] == {"BUDDY_TOKEN": "${BUDDY_TOKEN}"},
}


@pytest.mark.usefixtures("no_keyring")
@EVERY
def test_a_client_can_be_left_to_resolve_the_key_where_it_knows_how(
    client: str, drumbeat: Drumbeat, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BUDDY_TOKEN", TOKEN)
    done = drumbeat(f"install {client} --secrets client")
    file = home / PLACES[client][LINUX]
    if client not in REFERENCES:
        assert done.status == 2
        assert "cannot refer to a variable" in done.err
        assert not file.exists()
        return
    assert REFERENCES[client](entry(client, file))
    assert TOKEN not in everything(home)
    before = file.read_text()
    monkeypatch.delenv("BUDDY_TOKEN")
    assert "nothing was changed" in drumbeat(f"install {client}").out
    assert file.read_text() == before


@pytest.mark.usefixtures("no_keyring")
def test_the_inputs_of_vs_code_come_and_go_and_others_stay(drumbeat: Drumbeat, home: Path) -> None:
    file = home / PLACES["vscode"][LINUX]
    file.parent.mkdir(parents=True)
    other = {"type": "promptString", "id": "other", "description": "x"}
    file.write_text(json.dumps({"inputs": [other]}))
    assert drumbeat("install vscode --vendor haystack").status == 0
    asked = json.loads(file.read_text())["inputs"]
    assert asked[0] == other
    assert (asked[1]["id"], asked[1]["password"]) == ("drumbeat-HAYSTACK_API_TOKEN", True)
    drumbeat("uninstall vscode")
    assert json.loads(file.read_text()) == {"inputs": [other], "servers": {}}


def test_a_key_in_clear_text_is_moved_out_of_the_file(drumbeat: Drumbeat, home: Path, kept: InMemory) -> None:
    file = home / PLACES["cursor"][LINUX]
    file.parent.mkdir(parents=True)
    env = {"BUDDY_TOKEN": TOKEN, "DRUMBEAT_ACCESS": "read", "HTTPS_PROXY": "http://proxy:3128"}
    file.write_text(json.dumps({"mcpServers": {"drumbeat": {"command": "/old", "env": env, "autoApprove": ["x"]}}}))
    assert drumbeat("install cursor").status == 0
    new = entry("cursor", file)
    assert new["env"] == {"HTTPS_PROXY": "http://proxy:3128", "DRUMBEAT_ACCESS": "read"}
    assert new["autoApprove"] == ["x"]
    assert new["command"] == COMMAND
    assert kept.kept == {("drumbeat", "BUDDY_TOKEN"): TOKEN}


def test_what_is_missing_is_asked_for_without_echo(
    drumbeat: Drumbeat, home: Path, kept: InMemory, types: Types, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = types("acme\n")
    monkeypatch.setattr("getpass.getpass", lambda prompt, stream: TOKEN)
    done = drumbeat("install cursor --vendor teamoclock")
    shown = screen()
    assert done.status == 0, shown
    assert "TEAMOCLOCK_ORGANIZATION (Organization slug" in shown
    assert entry("cursor", home / PLACES["cursor"][LINUX])["env"] == {"TEAMOCLOCK_ORGANIZATION": "acme"}
    assert kept.kept == {("drumbeat", "TEAMOCLOCK_API_KEY"): TOKEN}


def test_where_nobody_can_be_asked_the_missing_variable_is_named(drumbeat: Drumbeat, home: Path) -> None:
    done = drumbeat("install cursor --vendor buddy")
    assert done.status == 2
    assert "BUDDY_TOKEN is missing" in done.err
    assert not (home / ".cursor").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--set DRUMBEAT_ACCES=read", "did you mean DRUMBEAT_ACCESS"),
        ("--set DRUMBEAT_ACCESS=everything", "DRUMBEAT_ACCESS"),
        ("--set TEAMOCLOCK_ORGANIZATION=acme", "TEAMOCLOCK_API_KEY is missing"),
        ("--vendor buddi", "Did you mean buddy?"),
    ],
)
def test_settings_that_would_not_start_are_not_written(options: str, said: str, drumbeat: Drumbeat, home: Path) -> None:
    done = drumbeat(f"install cursor {options}")
    assert done.status in (1, 2)
    assert said in done.err
    assert not (home / ".cursor").exists()


def test_a_path_is_written_whole(drumbeat: Drumbeat, home: Path) -> None:
    (home / "project" / "uploads").mkdir()
    drumbeat("install cursor --set DRUMBEAT_IMPORT_DIR=uploads")
    env = entry("cursor", home / PLACES["cursor"][LINUX])["env"]
    assert env == {"DRUMBEAT_IMPORT_DIR": str(home / "project" / "uploads")}


def test_the_sandbox_is_one_option_and_the_real_thing_takes_its_place(
    drumbeat: Drumbeat, home: Path, kept: InMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = home / PLACES["cursor"][LINUX]
    drumbeat("install cursor --sandbox")
    assert entry("cursor", file)["env"] == {"DRUMBEAT_SANDBOX": "1"}
    monkeypatch.setenv("BUDDY_TOKEN", TOKEN)
    drumbeat("install cursor")
    assert "env" not in entry("cursor", file)


@EVERY
def test_a_file_that_cannot_be_understood_is_left_alone(client: str, drumbeat: Drumbeat, home: Path) -> None:
    file = home / PLACES[client][LINUX]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text('{"a": [')
    done = drumbeat(f"install {client}")
    assert done.status == 1
    assert "cannot be understood, so nothing was changed" in done.err
    assert file.read_text() == '{"a": ['


@EVERY
def test_printing_writes_nothing(client: str, drumbeat: Drumbeat, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUDDY_TOKEN", TOKEN)
    done = drumbeat(f"install {client} --print")
    assert DOCUMENTS[CLIENTS[client].format].value_of(done.out)[CLIENTS[client].servers]["drumbeat"]
    assert TOKEN not in done.out + done.err
    assert [file for file in home.rglob("*") if file.is_file()] == []


def test_other_clients_get_an_entry_to_paste(drumbeat: Drumbeat) -> None:
    assert "mcpServers" in drumbeat("install other --print --sandbox").data
    done = drumbeat("install other")
    assert done.status == 1
    assert "--print" in done.err


def test_a_run_that_leaves_nothing_behind_is_not_what_a_client_starts(
    drumbeat: Drumbeat, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = tmp_path / "bin" / "uvx"
    runner.parent.mkdir()
    runner.write_text("#!/bin/sh\n")
    runner.chmod(0o755)
    monkeypatch.setenv("PATH", str(runner.parent))
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "uv" / "archive-v0" / "x"))
    drumbeat("install cursor")
    new = entry("cursor", home / PLACES["cursor"][LINUX])
    assert new["command"] == str(runner)
    assert new["args"] == ["--from", f"drumbeat-mcp[keyring]=={__version__}", "drumbeat"]


def test_a_folder_that_cannot_be_written_is_told(drumbeat: Drumbeat, home: Path) -> None:
    (home / ".cursor").write_text("a file where a folder should be")
    done = drumbeat("install cursor")
    assert done.status == 1
    assert "cannot be" in done.err


def test_a_linked_file_stays_a_link(drumbeat: Drumbeat, home: Path, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.json"
    real.write_text("{}")
    file = home / PLACES["cursor"][LINUX]
    file.parent.mkdir(parents=True)
    file.symlink_to(real)
    assert drumbeat("install cursor").status == 0
    assert file.is_symlink()
    assert "drumbeat" in real.read_text()
