"""The options of the command, and the help that explains them. Imports nothing that a subcommand needs."""

import argparse
import os
from collections.abc import Sequence
from datetime import date
from importlib import import_module
from typing import Any

from server import __version__
from server.access import Access
from server.cli import COMPLETING
from server.cli.arguments import word
from server.cli.clients import CLIENTS

ABOUT = "An MCP server for engineering metrics, CI/CD and team rituals. Without a command: serve it on stdio."
CODES = """\
exit codes:
  0    done
  1    refused or failed, by Drumbeat or the vendor; from doctor: warnings
  2    wrong options or settings; from doctor: errors
  3    from report: written, but without a vendor that did not answer
  130  interrupted

`drumbeat COMMAND --help` explains a command. Its documentation is docs/cli.md."""
Commands: Any = argparse._SubParsersAction


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The options; `module` names the subcommand's. Answers a shell that asks for completions, and ends."""
    whole = parser()
    if COMPLETING in os.environ:
        import_module("server.cli.completion").complete(whole)
    return whole.parse_args(arguments or ["serve"])


def parser() -> argparse.ArgumentParser:
    """The whole command."""
    whole = argparse.ArgumentParser(prog="drumbeat", description=ABOUT, epilog=CODES, formatter_class=_Formatter)
    whole.add_argument("--version", action="version", version=f"drumbeat {__version__}")
    commands = whole.add_subparsers(dest="command", metavar="COMMAND", title="commands", required=False)
    for add in (_serving, _installing, _keeping_keys, _checking, _calling, _reporting, _looking_back):
        add(commands)
    return whole


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Keeps the lines of examples, and leaves room for names."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=28)
        self._action_max_length = 14  # it forgets that subcommands are indented further


def _serving(commands: Commands) -> None:
    for name, about in (("serve", "serve MCP (the default)"), ("demo", "serve MCP on the sandbox: made-up data")):
        command = _command(
            commands, name, about, f"drumbeat {name} --transport streamable-http --port 8000", module="serve"
        )
        command.add_argument("--transport", choices=("stdio", "sse", "streamable-http"), default="stdio")
        command.add_argument(
            "--host", default="127.0.0.1", help="where to listen; see docs/team.md for beyond this machine"
        )
        command.add_argument("--port", type=int, default=8000)
        _sandbox(command, default=name == "demo")

    token = _command(
        commands, "token", "make a token for a client of an HTTP server", "drumbeat token ci --access read"
    )
    token.add_argument("name", help="whose it is, as the journal shows it")
    token.add_argument("--access", choices=tuple(map(str, Access)), default="read", help="what it may do (read)")
    token.add_argument("--until", type=date.fromisoformat, metavar="DAY", help="its last day, such as 2027-01-31")


def _installing(commands: Commands) -> None:
    install = _command(
        commands,
        "install",
        "write Drumbeat into a client's configuration",
        "drumbeat install cursor --vendor VENDOR\ndrumbeat install claude-code --set DRUMBEAT_ACCESS=read\n"
        "drumbeat install other --print",
    )
    _client(install, [*CLIENTS, "other"])
    install.add_argument("--vendor", action="append", default=[], help="ask for this vendor's missing settings; repeat")
    install.add_argument("--set", action="append", type=word, default=[], metavar="NAME=VALUE", help="one more setting")
    install.add_argument("--print", action="store_true", help="show the entry and write nothing")
    install.add_argument(
        "--secrets",
        choices=("keyring", "client", "file"),
        help="where keys are kept: the system's keyring (the default where there is one), a reference that the client "
        "resolves itself, or files that only you can read",
    )
    _sandbox(install)
    uninstall = _command(
        commands,
        "uninstall",
        "take Drumbeat out of a client's configuration",
        "drumbeat uninstall cursor",
        module="install",
    )
    _client(uninstall, list(CLIENTS))


def _keeping_keys(commands: Commands) -> None:
    login = _command(
        commands,
        "login",
        "keep a vendor's key in the system's keyring, or in a server's vault",
        "drumbeat login VENDOR\ndrumbeat login VENDOR NAME=VALUE < key.txt\n"
        "drumbeat login VENDOR --server https://drumbeat.example.com",
        module="keys",
    )
    login.add_argument("vendor", help="its name, as `drumbeat tools` shows it")
    login.add_argument("settings", nargs="*", type=word, metavar="NAME=VALUE", help="its settings that are no secret")
    login.add_argument("--offline", action="store_true", help="do not ask the vendor whether the key works")
    logout = _command(commands, "logout", "forget what login has kept", "drumbeat logout VENDOR", module="keys")
    logout.add_argument("vendor", help="its name, as `drumbeat tools` shows it")
    for command in (login, logout):
        _server(command)
    vault = _command(
        commands,
        "vault",
        "list your keys in a server's vault; on a server, seal them all with its first key",
        "drumbeat vault list --server https://drumbeat.example.com\ndrumbeat vault rotate",
    )
    vault.add_argument("action", choices=("list", "rotate"))
    _server(vault)
    vault.add_argument("--json", action="store_true", help="the answer as JSON")


def _checking(commands: Commands) -> None:
    doctor = _command(
        commands,
        "doctor",
        "check settings, vendors, journal, network and every client's configuration",
        "drumbeat doctor\ndrumbeat doctor --offline --json",
    )
    doctor.add_argument("--offline", action="store_true", help="do not call the vendors")
    _data(doctor)
    config = _command(commands, "config", "show every setting and where it comes from", "drumbeat config")
    _data(config)


def _calling(commands: Commands) -> None:
    tools = _command(
        commands,
        "tools",
        "list tools, or show one",
        "drumbeat tools retro\ndrumbeat tools --access destructive --all\ndrumbeat tools TOOL",
    )
    tools.add_argument("words", nargs="*", help="words that a tool's description has, or a tool's name")
    tools.add_argument("--vendor", help="only this vendor's")
    tools.add_argument("--access", choices=tuple(map(str, Access)), help="only those that may do this")
    tools.add_argument("--all", action="store_true", help="also those of vendors that are off")
    _data(tools)
    call = _command(
        commands,
        "call",
        "call a tool",
        "drumbeat call TOOL team=platform --sandbox\ndrumbeat call TOOL 'labels:=[\"a\"]' --dry-run",
    )
    call.add_argument("tool", help="its name; `drumbeat tools` lists them")
    call.add_argument("arguments", nargs="*", type=word, metavar="NAME=VALUE", help="its arguments; NAME:=JSON too")
    _dry_run(call)
    _data(call)


def _reporting(commands: Commands) -> None:
    report = _command(
        commands,
        "report",
        "write a team's delivery report to a file",
        "drumbeat report platform --period last-month --out report.html\ndrumbeat report platform --out report.md",
    )
    report.add_argument("team", help="its name, slug or id, as any vendor has it")
    report.add_argument("--period", default="last-month", help="last-month, last-30-days, sprint, 2026-10 (last-month)")
    report.add_argument("--out", default="-", metavar="FILE", help="where to write; without it, standard output")
    report.add_argument("--form", choices=("html", "md", "json"), help="by default as FILE ends, else md")
    _sandbox(report)


def _looking_back(commands: Commands) -> None:
    changes = _command(
        commands, "changes", "list what was changed", "drumbeat changes --since yesterday", module="call"
    )
    for name, about in (("vendor", "only this vendor's"), ("tool", "only by this tool")):
        changes.add_argument(f"--{name}", help=about)
    for name, about in (("since", "not before this day or time"), ("until", "not after it")):
        changes.add_argument(f"--{name}", help=about)
    changes.add_argument("--limit", type=int, help="how many (20)")
    changes.add_argument("--offset", type=int, help="how many to leave out first")
    _data(changes)
    undo = _command(commands, "undo", "take a change back, after asking you", "drumbeat undo CHANGE_ID", module="call")
    undo.add_argument("change_id", help="from `drumbeat changes`")
    _dry_run(undo)
    _data(undo)
    journal = _command(
        commands,
        "journal",
        "export or follow the journal",
        "drumbeat journal export audit.jsonl\ndrumbeat journal follow audit.jsonl",
    )
    journal.add_argument("action", choices=("export", "follow"))
    journal.add_argument("file", nargs="?", help="where to write JSON lines; without it, standard output")
    for name in ("since", "until"):
        journal.add_argument(f"--{name}", help="a day or a time (export)")
    completion = _command(commands, "completion", "print a shell's completion", 'eval "$(drumbeat completion bash)"')
    completion.add_argument("shell", choices=("bash", "zsh", "fish", "powershell"))


def _command(
    commands: Commands, name: str, about: str, examples: str, *, module: str | None = None
) -> argparse.ArgumentParser:
    """A subcommand. module: which one of `server.cli` runs it, where that has another name."""
    lines = "\n".join(f"  {line}" for line in examples.splitlines())
    command: argparse.ArgumentParser = commands.add_parser(
        name,
        help=about,
        description=f"{about[0].upper()}{about[1:]}.",
        epilog=f"examples:\n{lines}",
        formatter_class=_Formatter,
    )
    command.set_defaults(module=module or name, json=False, sandbox=False)
    return command


def _client(command: argparse.ArgumentParser, names: list[str]) -> None:
    command.add_argument("client", choices=names, metavar="CLIENT", help=", ".join(names))
    command.add_argument("--project", action="store_true", help="in this folder's file instead of yours")


def _data(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="the answer as JSON")
    _sandbox(command)


def _server(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--server", metavar="URL", help="whose vault; its token comes from DRUMBEAT_SERVER_TOKEN, or is asked for"
    )


def _sandbox(command: argparse.ArgumentParser, *, default: bool = False) -> None:
    command.add_argument("--sandbox", action="store_true", default=default, help="made-up data, no vendor, no key")


def _dry_run(command: argparse.ArgumentParser) -> None:
    command.add_argument("--dry-run", action="store_true", help="show the request instead of sending it")
