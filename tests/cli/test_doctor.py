"""The doctor finds what is wrong with settings, vendors, journal, network and clients, and says what to change."""

import json
from pathlib import Path
from typing import Any

import pytest

from server.cli.clients import CLIENTS
from tests.cli.conftest import Done, Drumbeat
from tests.cli.test_install import BEFORE, COMMAND, LINUX, PLACES, put_before
from tests.server.test_sources import InMemory
from tests.vendors import Vendors

TOKEN = "s3cr3t-t0ken"
EVERY = pytest.mark.parametrize("client", sorted(CLIENTS))


def about(done: Done, area: str, level: str | None = None) -> list[str]:
    """What was found about an area, with what to do."""
    rows = [row for row in done.data if row["area"] == area and level in (None, row["level"])]
    return [f"{row['what']} -> {row['fix']}" for row in rows]


def cursor(home: Path, entry: Any, name: str = "drumbeat") -> Path:
    file = home / PLACES["cursor"][LINUX]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"mcpServers": {name: entry}}, indent=2))
    return file


def test_all_is_well_with_every_vendor(drumbeat: Drumbeat, real: Vendors) -> None:
    done = drumbeat("doctor --json")
    assert done.status == 0, done.out
    assert {row["level"] for row in done.data} == {"ok"}
    assert "Buddy is on: BUDDY_TOKEN from environment" in str(about(done, "settings"))
    for vendor in ("buddy", "haystack", "linearb", "oobeya", "teamoclock"):
        (found,) = about(done, vendor)
        assert "knows us as" in found
        assert " ms" in found
    assert "calls left" in about(done, "haystack")[0]


def test_the_text_says_the_same_in_lines(drumbeat: Drumbeat) -> None:
    done = drumbeat("doctor")
    assert done.status == 1
    assert "warning  settings: no vendor is on\n         -> Run `drumbeat login VENDOR`" in done.out
    assert "\x1b" not in done.out


def test_a_wrong_key_and_a_vendor_that_is_not_there_are_errors(
    drumbeat: Drumbeat, real: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEAMOCLOCK_API_KEY", TOKEN)
    monkeypatch.setenv("HAYSTACK_BASE_URL", "http://127.0.0.1:9")
    done = drumbeat("doctor --json")
    assert done.status == 2
    assert "does not know us -> " in about(done, "teamoclock", "error")[0]
    assert "TEAMOCLOCK_API_KEY" in about(done, "teamoclock")[0]
    assert "cannot be reached" in about(done, "haystack", "error")[0]
    assert TOKEN not in done.out + done.err
    assert about(drumbeat("doctor --offline --json"), "haystack") == []


def test_half_a_configuration_is_an_error_and_the_rest_is_checked_all_the_same(
    drumbeat: Drumbeat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEAMOCLOCK_API_KEY", TOKEN)
    done = drumbeat("doctor --json")
    assert done.status == 2
    assert "TEAMOCLOCK_ORGANIZATION is missing" in about(done, "settings", "error")[0]
    assert about(done, "clients")
    assert TOKEN not in done.out


def test_the_sandbox_is_said_and_needs_nothing(drumbeat: Drumbeat) -> None:
    done = drumbeat("doctor --sandbox --json")
    assert done.status == 0
    assert "made up" in about(done, "settings")[0]
    assert "memory" in about(done, "journal")[0]


def test_a_server_whose_callers_bring_their_keys_needs_none(
    drumbeat: Drumbeat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRUMBEAT_KEYS", "headers")
    done = drumbeat("doctor --json")
    assert (done.status, len(about(done, "settings"))) == (0, 1), done.out


def test_a_change_without_an_outcome_and_lines_that_are_none_are_warnings(
    drumbeat: Drumbeat, real: Vendors, home: Path
) -> None:
    drumbeat("call teamoclock_create_retro team=platform")
    file = home / ".local" / "state" / "drumbeat" / "journal.jsonl"
    intent, _ = file.read_text().splitlines()
    file.write_text(f"{intent}\nnonsense\n")
    done = drumbeat("doctor --offline --json")
    assert done.status == 1
    assert "1 change without an outcome, the last teamoclock_create_retro" in about(done, "journal", "warning")[0]
    assert "1 lines could not be read" in about(done, "journal", "warning")[1]


def test_a_journal_that_cannot_be_written_is_an_error(
    drumbeat: Drumbeat, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "file").write_text("")
    monkeypatch.setenv("DRUMBEAT_JOURNAL", str(home / "file" / "journal"))
    done = drumbeat("doctor --json")
    assert done.status == 2
    assert "cannot be written" in about(done, "journal", "error")[0]


def test_proxies_are_named_without_their_password_and_certificates_are_read(
    drumbeat: Drumbeat, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "ca.pem").write_text("no certificate")
    monkeypatch.setenv("HTTPS_PROXY", f"http://me:{TOKEN}@proxy.acme.test:3128")
    monkeypatch.setenv("NO_PROXY", "localhost")
    monkeypatch.setenv("DRUMBEAT_CA_FILE", str(home / "ca.pem"))
    done = drumbeat("doctor --json")
    found = "\n".join(about(done, "network"))
    assert "https goes through the proxy proxy.acme.test:3128, with a password" in found
    assert "no proxy for localhost" in found
    assert "DRUMBEAT_CA_FILE holds no certificates" in found
    assert done.status == 2
    assert TOKEN not in done.out


# Clients.


@EVERY
def test_a_client_that_was_just_installed_is_well(client: str, drumbeat: Drumbeat, home: Path) -> None:
    put_before(client, home)
    drumbeat(f"install {client} --sandbox")
    (found,) = about(drumbeat("doctor --offline --json"), client, "ok")
    assert f"{CLIENTS[client].title} starts Drumbeat ({home / PLACES[client][LINUX]}:" in found


@EVERY
def test_a_dead_path_is_an_error_with_the_line_to_change(client: str, drumbeat: Drumbeat, home: Path) -> None:
    file, _ = put_before(client, home)
    drumbeat(f"install {client} --sandbox")
    file.write_text(file.read_text().replace(COMMAND, "/gone/drumbeat"))
    done = drumbeat("doctor --offline --json")
    assert done.status == 2
    (found,) = about(done, client, "error")
    number = next(n for n, line in enumerate(file.read_text().splitlines(), 1) if "/gone" in line)
    assert "/gone/drumbeat does not exist" in found
    assert f"{file}:{number}: write {json.dumps(COMMAND)}" in found


@EVERY
def test_a_key_in_clear_text_is_a_warning_that_does_not_repeat_it(client: str, drumbeat: Drumbeat, home: Path) -> None:
    file, _ = put_before(client, home)
    drumbeat(f"install {client} --set BUDDY_WORKSPACE=acme --set BUDDY_TOKEN_FILE={home}/nothing")
    drumbeat(f"install {client} --set DRUMBEAT_TIMEZONE=Europe/Berlin")
    file.write_text(file.read_text().replace("DRUMBEAT_TIMEZONE", "BUDDY_TOKEN").replace("Europe/Berlin", TOKEN))
    done = drumbeat("doctor --offline --json")
    found = about(done, client, "warning")
    number = next(n for n, line in enumerate(file.read_text().splitlines(), 1) if "BUDDY_TOKEN" in line)
    assert f"the value of BUDDY_TOKEN stands there in clear text -> {file}:{number}: run `drumbeat install" in found[0]
    assert TOKEN not in done.out


def test_the_warning_about_a_key_goes_away_by_what_it_says(drumbeat: Drumbeat, home: Path, kept: InMemory) -> None:
    cursor(home, {"command": COMMAND, "env": {"BUDDY_TOKEN": TOKEN}})
    assert about(drumbeat("doctor --offline --json"), "cursor", "warning")
    drumbeat("install cursor")
    assert about(drumbeat("doctor --offline --json"), "cursor", "ok")


def test_drumbeat_under_another_name_is_found_and_twice_is_a_warning(drumbeat: Drumbeat, home: Path) -> None:
    file = cursor(home, {"command": "uvx", "args": ["drumbeat-mcp"], "env": {"DRUMBEAT_SANDBOX": "1"}}, "metrics")
    drumbeat("install cursor --sandbox --project")
    found = about(drumbeat("doctor --offline --json"), "cursor")
    assert "stands there more than once" in found[0]
    assert str(file) in found[0]
    assert "uvx has no path" in found[1]


def test_an_argument_that_names_nothing_is_an_error(drumbeat: Drumbeat, home: Path) -> None:
    file = cursor(home, {"command": COMMAND, "args": ["/gone/tree"], "env": {"DRUMBEAT_SANDBOX": "1"}})
    (found,) = about(drumbeat("doctor --offline --json"), "cursor", "error")
    assert "/gone/tree does not exist" in found
    assert str(file) in found


@pytest.mark.parametrize(
    ("env", "level", "said"),
    [
        ({}, "warning", "no vendor is on there"),
        ({"TEAMOCLOCK_API_KEY": "x"}, "error", "TEAMOCLOCK_ORGANIZATION is missing"),
        ({"DRUMBEAT_ACCES": "read"}, "error", "did you mean DRUMBEAT_ACCESS"),
        ({"DRUMBEAT_SANDBOX": "1", "DRUMBEAT_TOOLSETS": "default,-buddy"}, "warning", "does not see Buddy's tools"),
        ({"DRUMBEAT_SANDBOX": "1", "DRUMBEAT_TOOLSETS": "budy"}, "error", "there is no 'budy'"),
        ({"BUDDY_TOKEN": "${env:BUDDY_TOKEN}"}, "warning", "BUDDY_TOKEN is to come from where Cursor is started"),
    ],
)
def test_what_drumbeat_would_see_there_is_checked(
    env: dict[str, str], level: str, said: str, drumbeat: Drumbeat, home: Path
) -> None:
    cursor(home, {"command": COMMAND, "env": env})
    assert said in "\n".join(about(drumbeat("doctor --offline --json"), "cursor", level))


def test_a_vendor_that_is_on_here_and_not_there_is_a_warning(
    drumbeat: Drumbeat, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BUDDY_TOKEN", TOKEN)
    cursor(home, {"command": COMMAND, "env": {"LINEARB_API_KEY": "${env:LINEARB_API_KEY}"}})
    found = "\n".join(about(drumbeat("doctor --offline --json"), "cursor", "warning"))
    assert "Buddy is on here, and not there -> Run `drumbeat install cursor`" in found


def test_an_entry_that_goes_to_a_server_elsewhere_is_well_and_install_replaces_all_of_it(
    drumbeat: Drumbeat, home: Path
) -> None:
    file = cursor(home, {"url": "https://drumbeat.acme.test/mcp", "headers": {"Authorization": f"Bearer {TOKEN}"}})
    done = drumbeat("doctor --offline --json")
    assert "goes to a Drumbeat elsewhere" in about(done, "cursor", "ok")[0]
    assert TOKEN not in done.out
    drumbeat("install cursor --sandbox")
    assert json.loads(file.read_text())["mcpServers"]["drumbeat"].keys() == {"command", "args", "env"}


def test_an_entry_for_one_folder_alone_is_found_by_its_line(drumbeat: Drumbeat, home: Path) -> None:
    gone = {"mcpServers": {"drumbeat": {"command": "/gone/drumbeat", "env": {"DRUMBEAT_SANDBOX": "1"}}}}
    file = home / ".claude.json"
    file.write_text(json.dumps({"tips": {"drumbeat": "/gone/drumbeat"}, "projects": {"/work/shop": gone}}, indent=1))
    drumbeat("install claude-code --sandbox")
    found = about(drumbeat("doctor --offline --json"), "claude-code")
    number = next(n for n, line in enumerate(file.read_text().splitlines(), 1) if '"command": "/gone' in line)
    assert any(f"{file}:{number}: write" in each for each in found)
    assert not any("more than once" in each for each in found)
    here = json.loads(file.read_text()) | {"projects": {str(home / "project"): gone}}
    file.write_text(json.dumps(here, indent=1))
    assert "more than once" in about(drumbeat("doctor --offline --json"), "claude-code")[0]


@pytest.mark.parametrize("entry", [{}, {"args": 1}, "x", [1], {"command": None, "env": 1}])
def test_an_odd_entry_is_told_and_breaks_nothing(entry: Any, drumbeat: Drumbeat, home: Path) -> None:
    cursor(home, entry)
    done = drumbeat("doctor --offline --json")
    assert done.status in (1, 2)


@EVERY
def test_a_file_that_no_client_can_read_is_an_error_with_its_line(client: str, drumbeat: Drumbeat, home: Path) -> None:
    file = home / PLACES[client][LINUX]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(BEFORE[CLIENTS[client].format].format(servers="x") + '"": [')
    done = drumbeat("doctor --offline --json")
    assert done.status == 2
    assert f"{file} cannot be read" in about(done, client, "error")[0]
    assert "line" in about(done, client, "error")[0]
