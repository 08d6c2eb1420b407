"""A made-up home, and the command run in it as somebody types it."""

import io
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, redirect_stderr
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import keyring
import pytest

from server.catalogue import Catalogue
from server.cli import main
from server.cli.parser import parser
from tests.server.test_sources import InMemory
from tests.vendors import Vendors


@dataclass(frozen=True)
class Done:
    """What came of a command: its exit status and what it printed."""

    status: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


Drumbeat = Callable[..., Done]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, catalogue: Catalogue) -> Path:
    """A home without any file, in which no setting is set."""
    folder = tmp_path / "home"
    (folder / "project").mkdir(parents=True)
    variables = {variable.name for vendor in catalogue.vendors for variable in vendor.variables}
    for name in [name for name in os.environ if name.startswith(("DRUMBEAT_", "XDG_")) or name in variables]:
        monkeypatch.delenv(name)
    for name in ("APPDATA", "CLAUDE_CONFIG_DIR", "CODEX_HOME", "COPILOT_HOME", "GEMINI_CLI_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.chdir(folder / "project")
    return folder


@pytest.fixture
def drumbeat(home: Path, capfd: pytest.CaptureFixture[str]) -> Drumbeat:
    """Run the command; options that argparse refuses end with its status."""

    def run(line: str | list[str]) -> Done:
        capfd.readouterr()
        try:
            status = main(line.split() if isinstance(line, str) else line)
        except SystemExit as ended:
            status = int(ended.code or 0)
        return Done(status, *capfd.readouterr())

    return run


@pytest.fixture
def kept(home: Path) -> Iterator[InMemory]:
    """The system's keyring, as long as the test lasts."""
    before = keyring.get_keyring()
    new = InMemory()
    keyring.set_keyring(new)
    yield new
    keyring.set_keyring(before)


@pytest.fixture
def no_keyring(home: Path) -> Iterator[None]:
    """A system without a keyring."""
    from keyring.backends.fail import Keyring

    before = keyring.get_keyring()
    keyring.set_keyring(Keyring())  # type: ignore[no-untyped-call]
    yield
    keyring.set_keyring(before)


@pytest.fixture
def real(home: Path, vendors: Vendors, monkeypatch: pytest.MonkeyPatch) -> Vendors:
    """Every vendor on by its variables, at its stand-in's address."""
    for vendor in vendors.catalogue.vendors:
        for variable in vendor.variables:
            if variable.sandbox is not None:
                monkeypatch.setenv(variable.name, variable.sandbox)
        if not vendor.needs:
            monkeypatch.setenv(vendor.base_url_variable, f"{vendors.url}/{vendor.name}")
    return vendors


def every_command() -> list[str]:
    """All commands, as somebody is told who types another."""
    with redirect_stderr(io.StringIO()) as told, pytest.raises(SystemExit):
        parser().parse_args(["?"])
    return sorted(re.findall(r"[\w-]+", told.getvalue().partition("choose from")[2]))


Types = Callable[..., Callable[[], str]]


@pytest.fixture
def types() -> Iterator[Types]:
    """Sit at a terminal and type; calling what that gives ends it and says what stood on the screen.

    draws: the output goes to the terminal as well.
    """
    with ExitStack() as opened:

        def sit_down(text: str, *, draws: bool = False) -> Callable[[], str]:
            master, slave = os.openpty()
            os.write(master, text.encode())
            ours = opened.enter_context(open(master, "rb", buffering=0))
            reader = opened.enter_context(open(slave, encoding="utf-8", closefd=False))
            writer = opened.enter_context(open(slave, "w", encoding="utf-8"))
            sitting = pytest.MonkeyPatch()
            for name, file in (("stdin", reader), ("stderr", writer), ("stdout", writer if draws else sys.stdout)):
                sitting.setattr(sys, name, file)

            def stand_up() -> str:
                sitting.undo()
                writer.close()
                return b"".join(iter(partial(_read, ours), b"")).decode().replace("\r\n", "\n")

            opened.callback(sitting.undo)
            return stand_up

        yield sit_down


def _read(file: Any) -> bytes:
    """What is still there; a terminal that nobody sits at any more is at its end."""
    try:
        return bytes(file.read(65536))
    except OSError:
        return b""
