"""Completion of commands, options and names in a shell."""

from argparse import ArgumentParser, Namespace, _SubParsersAction
from collections.abc import Callable, Iterator
from typing import Any

import argcomplete
from argcomplete.shell_integration import shellcode

from server.catalogue import read
from server.clean import structure
from server.cli.calling import answer
from server.errors import ConfigurationError, Failure


def run(options: Namespace) -> int:
    """Print the code that a shell runs to complete the command."""
    print(shellcode(["drumbeat"], shell=options.shell))
    return 0


def complete(parser: ArgumentParser) -> None:
    """Answer the shell that asks, and end the process."""
    argcomplete.autocomplete(with_names(parser))


def with_names(parser: ArgumentParser) -> ArgumentParser:
    """The parser with what its arguments may be: names of tools, vendors, arguments, changes."""
    for command in _commands(parser):
        for action in command._actions:
            if completer := COMPLETERS.get(action.dest):
                action.completer = completer  # type: ignore[attr-defined]
    return parser


def _commands(parser: ArgumentParser) -> Iterator[ArgumentParser]:
    for action in parser._actions:
        if isinstance(action, _SubParsersAction):
            yield from action.choices.values()


def _tools(**asked: Any) -> list[str]:
    return [entry.name for entry in read().tools]


def _vendors(**asked: Any) -> list[str]:
    return [vendor.name for vendor in read().vendors if not vendor.needs]


def _arguments(parsed_args: Namespace, **asked: Any) -> list[str]:
    properties = [entry.input_schema.get("properties", {}) for entry in read().tools if entry.name == parsed_args.tool]
    return [f"{name}=" for names in properties for name in names]


def _changes(parsed_args: Namespace, **asked: Any) -> list[str]:
    try:
        page = answer("drumbeat_list_changes", {"limit": 50}).result
    except (Failure, ConfigurationError):
        return []
    return [row["change_id"] for row in structure(page)["items"] if row["undo"] == "possible"]


COMPLETERS: dict[str, Callable[..., list[str]]] = {
    "tool": _tools,
    "words": _tools,
    "vendor": _vendors,
    "arguments": _arguments,
    "change_id": _changes,
}
