"""Every command in the README and in the documents does what it says there, as it stands there."""

import io
import re
import shlex
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import pytest

from server.cli.clients import CLIENTS
from server.cli.parser import parser
from server.publish.settings import FILE, dump
from tests.cli.conftest import Drumbeat, Types, every_command
from tests.cli.test_install import COMMAND
from tests.server.test_sources import InMemory
from tests.vendors import Vendors

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FOR_CONTRIBUTORS = [ROOT / "CONTRIBUTING.md", ROOT / "bench" / "README.md", ROOT / "plugin" / "README.md"]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
SHELL_WORDS = ("|", "||", "<", ">", "&&", ";")
LINK = re.compile(r"\]\((?!https?:|mailto:|#|[a-z]+://)([^)#\s]+)(#[^)]*)?\)")


def commands() -> Iterator[tuple[str, str]]:
    """The lines of shell that run `drumbeat`, each with its page."""
    for page in PAGES:
        for kind, text in FENCE.findall(page.read_text(encoding="utf-8")):
            if kind == "sh":
                for line in text.replace("\\\n", " ").splitlines():
                    if found := re.search(r"(?:^|\s|\$\()drumbeat( [^)\"]*)?(?=\)\"|$| {2,}#)", line.split("  #")[0]):
                        yield str(page.relative_to(ROOT)), found[0].strip().removeprefix("$(")


def words_of(line: str) -> list[str]:
    """The arguments of a line, up to where the shell takes over."""
    words = shlex.split(line, comments=True)[1:]
    end = next((at for at, word in enumerate(words) if word in SHELL_WORDS), len(words))
    return words[:end]


@pytest.mark.parametrize(("page", "line"), [pytest.param(*each, id=f"{each[0]}: {each[1]}") for each in commands()])
def test_a_command_does_what_its_page_says(
    page: str,
    line: str,
    drumbeat: Drumbeat,
    real: Vendors,
    kept: InMemory,
    types: Types,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    words = words_of(line)
    if not words or words[0] in ("serve", "demo", "vault") or "--server" in words:
        parser().parse_args(words or ["serve"])
        return
    monkeypatch.setattr("getpass.getpass", lambda prompt, stream: real_key(real, words))
    if "CHANGE_ID" in words:
        drumbeat("call teamoclock_create_retro team=platform")
        change = drumbeat("changes --limit 1 --json").data["items"][0]["change_id"]
        words = [change if word == "CHANGE_ID" else word for word in words]
    if words[0] in ("uninstall", "logout"):
        drumbeat("install cursor")  # which keeps the keys of all vendors in the keyring
    if "<" in line:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{real_key(real, words)}\n"))
        assert drumbeat(words).status == 0
        return
    screen = types("y\n")
    done = drumbeat(words)
    assert done.status in ((0, 1) if words[0] == "doctor" else (0,)), done.out + screen()


def real_key(vendors: Vendors, words: list[str]) -> str:
    """The key that the stand-in of the vendor named in the words knows."""
    for vendor in vendors.catalogue.vendors:
        if vendor.name in words:
            return next(v.sandbox for v in vendor.variables if v.secret and v.sandbox)
    return "key"


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_command_in_a_sentence_is_one_that_there_is(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sentences = FENCE.sub("", page.read_text(encoding="utf-8")).replace("\n", " ")
    for line in re.findall(r"`drumbeat ([a-z][^`]*)`", sentences):
        words = line.replace("CLIENT", "cursor").replace("VENDOR", "buddy").replace("...", "")
        with suppress(SystemExit):  # for what a sentence leaves out
            parser().parse_args(shlex.split(words))
        said = capsys.readouterr().err
        assert "unrecognized" not in said, line
        assert "invalid choice" not in said, line


def test_what_else_a_page_runs_is_there() -> None:
    """The targets of make, the modules, files and tests, and the extras, by their names: they take minutes to run."""
    texts = [page.read_text(encoding="utf-8") for page in [*PAGES, *FOR_CONTRIBUTORS]]
    lines = "\n".join(text for page in texts for kind, text in FENCE.findall(page) if kind == "sh")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    targets, modules = re.findall(r"^make ([\w-]+)", lines, re.MULTILINE), re.findall(r"python -m ([\w.]+)", lines)
    files = re.findall(r"(?<!\S)(?:\./)?((?:tests|bench|deploy|bundle|plugin|docs)(?:/[\w./-]*)?)(?!\S)", lines)
    assert {"demo", "test", "interop-clients", "bundle"} <= set(targets)
    assert [target for target in targets if f"\n{target}:" not in makefile] == []
    assert [module for module in modules if find_spec(module) is None] == []
    assert [file for file in files if not (ROOT / file).exists()] == []
    assert set(re.findall(r"(?:\.|drumbeat-mcp)\[(\w+)\]", lines)) <= set(extras)


def test_there_are_commands_on_every_page_that_is_about_them() -> None:
    found = [page for page, _ in commands()]
    assert {"README.md", "docs/cli.md", "docs/credentials.md", "docs/troubleshooting.md"} <= set(found)
    assert len(found) > 50


def test_every_command_and_option_is_on_its_page() -> None:
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert every_command()
    assert [name for name in every_command() if f"drumbeat {name}" not in page and f"`{name}" not in page] == []


@pytest.mark.parametrize("client", sorted(CLIENTS))
def test_the_page_of_a_client_shows_what_install_writes(client: str, drumbeat: Drumbeat) -> None:
    page = (ROOT / "docs" / "clients" / f"{client}.md").read_text(encoding="utf-8")
    written = drumbeat(f"install {client} --print --set DRUMBEAT_ACCESS=read").out
    shown = next(text for kind, text in FENCE.findall(page) if kind != "sh")
    assert shown == written.replace(COMMAND, "/path/to/drumbeat")
    assert f"drumbeat install {client}" in page
    assert f"({client}.md)" in (ROOT / "docs" / "clients" / "README.md").read_text(encoding="utf-8")


def test_the_reference_of_settings_is_what_the_code_declares(real: Vendors) -> None:
    assert FILE.read_text(encoding="utf-8") == dump(real.catalogue)


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target, anchor in LINK.findall(page.read_text(encoding="utf-8")):
        linked = (page.parent / target).resolve()
        assert linked.exists(), f"{page.name} links to {target}"
        if anchor and linked.suffix == ".md":
            headings = re.findall(r"^#+ (.+)$", linked.read_text(encoding="utf-8"), re.MULTILINE)
            slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert anchor[1:] in slugs, f"{page.name} links to {target}{anchor}"
