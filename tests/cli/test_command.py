"""The command as a whole: its help, its exit codes, completion, settings and keys."""

import gc
import hashlib
import io
import os
import subprocess
import sys
from itertools import count, takewhile
from pathlib import Path

import keyring
import pytest
from argcomplete.finders import CompletionFinder

from server import __version__
from server.cli.completion import with_names
from server.cli.parser import parser
from server.hosting import Hosting
from server.sources import FILE
from tests.cli.conftest import Drumbeat, Types, every_command
from tests.server.test_sources import Absent, InMemory, Locked
from tests.vendors import Vendors

ROOT = Path(__file__).parents[2]
TOKEN = "s3cr3t-t0ken"
COMMANDS = every_command()


def test_help_names_every_command_and_every_exit_code(drumbeat: Drumbeat) -> None:
    done = drumbeat("--help")
    assert done.status == 0
    for name in COMMANDS:
        assert f"\n    {name} " in done.out
    for code in ("0    done", "1    refused", "2    wrong", "130  interrupted"):
        assert code in done.out


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_explains_itself_with_an_example(name: str, drumbeat: Drumbeat) -> None:
    done = drumbeat(f"{name} --help")
    assert done.status == 0
    assert f"drumbeat {name}" in done.out.split("examples:")[1]


def test_the_version_is_said(drumbeat: Drumbeat) -> None:
    assert drumbeat("--version").out == f"drumbeat {__version__}\n"


@pytest.mark.parametrize("line", ["nonsense", "call", "install nowhere", "serve --transport pigeon"])
def test_wrong_usage_is_status_2(line: str, drumbeat: Drumbeat) -> None:
    done = drumbeat(line)
    assert (done.status, done.out) == (2, "")
    assert "usage: drumbeat" in done.err


@pytest.mark.parametrize("line", ["--version", "tools", "call no_such_tool"])
def test_python_looks_for_garbage_again_after_a_command(line: str, drumbeat: Drumbeat) -> None:
    drumbeat(line)
    assert gc.isenabled()


def test_half_a_configuration_stops_the_start(drumbeat: Drumbeat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEAMOCLOCK_API_KEY", TOKEN)
    for line in ("", "serve", "tools"):
        done = drumbeat(line)
        assert (done.status, done.out) == (2, "")
        assert "TEAMOCLOCK_ORGANIZATION is missing" in done.err


def test_the_start_of_the_server_imports_nothing_of_the_rest_of_the_command() -> None:
    program = "import sys, server.cli, server.cli.serve; print([m for m in sys.argv[1:] if m in sys.modules])"
    others = ["argparse", "argcomplete", "rich", "keyring", "tomlkit", "ruamel.yaml", "httpx", "server.cli.parser"]
    done = subprocess.run(
        [sys.executable, "-c", program, *others], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_each_shell_gets_its_completion(shell: str, drumbeat: Drumbeat) -> None:
    assert "drumbeat" in drumbeat(f"completion {shell}").out


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("drumbeat ins", {"install"}),
        ("drumbeat install cur", {"cursor"}),
        ("drumbeat call teamoclock_create_re", {"teamoclock_create_retro"}),
        ("drumbeat call teamoclock_create_retro te", {"team="}),
        ("drumbeat login bu", {"buddy"}),
        ("drumbeat tools --access de", {"destructive"}),
        ("drumbeat undo x", set()),
    ],
)
def test_what_is_typed_is_completed(typed: str, offered: set[str], home: Path) -> None:
    finder, line = CompletionFinder(with_names(parser())), typed.removeprefix("drumbeat ")
    found = takewhile(lambda whole: whole is not None, (finder.rl_complete(line, number) for number in count()))
    assert {str(whole).split()[-1] for whole in found} == offered


def test_a_shell_that_asks_is_answered(home: Path, tmp_path: Path) -> None:
    line, file = "drumbeat uninst", tmp_path / "answer"
    asking = {"_ARGCOMPLETE": "1", "COMP_LINE": line, "COMP_POINT": str(len(line)), "COMP_TYPE": "9"}
    environment = {**os.environ, **asking, "_ARGCOMPLETE_STDOUT_FILENAME": str(file)}
    subprocess.run([sys.executable, "-m", "server"], cwd=ROOT, env=environment, check=True)
    assert file.read_text().strip() == "uninstall"


def test_a_token_is_one_that_a_server_lets_in(drumbeat: Drumbeat, monkeypatch: pytest.MonkeyPatch) -> None:
    done = drumbeat("token ci --access write --until 2027-01-31")
    line = done.err.strip().rpartition("DRUMBEAT_TOKENS=")[2]
    (token,) = Hosting.model_validate({"DRUMBEAT_TOKENS": line}).tokens
    assert (token.name, token.access, str(token.until)[:10]) == ("ci", "write", "2027-01-31")
    assert token.digest == hashlib.sha256(done.out.strip().encode()).hexdigest()
    assert done.out.strip() not in done.err
    assert drumbeat("token two,names").status == 1


# Settings and keys.


def test_config_says_where_each_value_is_from_and_no_secret(
    drumbeat: Drumbeat, home: Path, kept: InMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "key").write_text(TOKEN)
    kept.set_password("drumbeat", "HAYSTACK_API_TOKEN", TOKEN)
    index = home / ".config" / "drumbeat" / "keyring.json"
    index.parent.mkdir(parents=True)
    index.write_text('["HAYSTACK_API_TOKEN"]')
    monkeypatch.setenv("BUDDY_TOKEN", TOKEN)
    monkeypatch.setenv("LINEARB_API_KEY" + FILE, str(home / "key"))
    monkeypatch.setenv("DRUMBEAT_ACCESS", "read")
    done = drumbeat("config --json")
    rows = {row["setting"]: (row["value"], row["from"]) for row in done.data}
    assert rows["BUDDY_TOKEN"] == ("********", "environment")
    assert rows["LINEARB_API_KEY"] == ("********", f"file {home / 'key'}")
    assert rows["HAYSTACK_API_TOKEN"] == ("********", "keyring")
    assert rows["DRUMBEAT_ACCESS"] == ("read", "environment")
    assert rows["DRUMBEAT_CONFIRM"] == ("ask", "default")
    assert rows["OOBEYA_API_KEY"] == (None, "not set")
    assert TOKEN not in done.out + done.err + drumbeat("config").out


def test_config_shows_what_is_wrong_beside_what_is_set(drumbeat: Drumbeat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEAMOCLOCK_ORGANIZATION", "acme")
    done = drumbeat("config")
    assert done.status == 2
    assert "TEAMOCLOCK_ORGANIZATION\tacme\tenvironment" in done.out
    assert "Team O'clock: half configured; TEAMOCLOCK_API_KEY is missing" in done.err


def log_in(drumbeat: Drumbeat, line: str, key: str, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{key}\n"))
    done = drumbeat(line)
    assert key not in done.out + done.err
    return done.status, done.out + done.err


def test_who_logs_in_is_known_by_the_vendor_until_they_log_out(
    drumbeat: Drumbeat, home: Path, vendors: Vendors, kept: InMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = next(vendor for vendor in vendors.catalogue.vendors if vendor.name == "teamoclock")
    values = {v.name: v.sandbox for v in vendor.variables if v.sandbox}
    key = values.pop("TEAMOCLOCK_API_KEY")
    url = f"TEAMOCLOCK_BASE_URL={vendors.url}/teamoclock"
    line = " ".join(
        ["login teamoclock", url, *(f"{name}={value}" for name, value in values.items() if "URL" not in name)]
    )
    status, said = log_in(drumbeat, line, str(key), monkeypatch)
    assert (status, "knows you as" in said) == (0, True), said
    assert ("drumbeat", "TEAMOCLOCK_API_KEY") in kept.kept
    assert drumbeat("call teamoclock_list_teams").status == 0
    assert "TEAMOCLOCK_API_KEY" in drumbeat("logout teamoclock").out
    assert kept.kept == {}
    assert drumbeat("logout teamoclock").status == 1


def test_a_key_that_the_vendor_does_not_know_is_kept_and_told(
    drumbeat: Drumbeat, vendors: Vendors, kept: InMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = f"login buddy BUDDY_BASE_URL={vendors.url}/buddy"
    status, said = log_in(drumbeat, line, TOKEN, monkeypatch)
    assert status == 1
    assert "BUDDY_TOKEN" in said
    assert ("drumbeat", "BUDDY_TOKEN") in kept.kept


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("login buddi", "Did you mean buddy?"),
        ("login buddy BUDDY_TOKEN=x --offline", "others can read a command line"),
        ("login buddy BUDDY_PLACE=x --offline", "Buddy has no such setting"),
        ("login buddy BUDDY_BASE_URL=nowhere --offline", "must be a URL"),
        ("login teamoclock --offline", "TEAMOCLOCK_ORGANIZATION is missing"),
    ],
)
def test_a_login_that_cannot_work_keeps_nothing(
    line: str, said: str, drumbeat: Drumbeat, kept: InMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, shown = log_in(drumbeat, line, TOKEN, monkeypatch)
    assert status in (1, 2)
    assert said in shown
    assert kept.kept == {}


def test_a_login_on_a_terminal_asks_without_echo(
    drumbeat: Drumbeat, kept: InMemory, types: Types, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("getpass.getpass", lambda prompt, stream: TOKEN)
    screen = types("acme\n")
    assert drumbeat("login teamoclock --offline").status == 0, screen()
    assert kept.kept["drumbeat", "TEAMOCLOCK_ORGANIZATION"] == "acme"
    assert kept.kept["drumbeat", "TEAMOCLOCK_API_KEY"] == TOKEN
    assert TOKEN not in screen()


def test_what_wins_over_the_keyring_is_said(
    drumbeat: Drumbeat, kept: InMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BUDDY_TOKEN", "another-token")
    assert (
        "BUDDY_TOKEN is set in the environment as well"
        in log_in(drumbeat, "login buddy --offline", TOKEN, monkeypatch)[1]
    )


def test_a_system_without_a_keyring_is_told_what_else_there_is(
    drumbeat: Drumbeat, kept: InMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring.set_keyring(Locked())
    status, said = log_in(drumbeat, "login buddy --offline", TOKEN, monkeypatch)
    assert status == 2
    assert "BUDDY_TOKEN: the system's keyring cannot be used" in said
    assert os.environ.get("BUDDY_TOKEN") is None
    keyring.set_keyring(Absent())
    status, said = log_in(drumbeat, "login buddy --offline", TOKEN, monkeypatch)
    assert status == 2
    assert "this system has no keyring. Instead, put the key into a file" in said
    assert "`drumbeat install CLIENT --secrets file`" in said
