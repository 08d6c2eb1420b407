"""`drumbeat call`, `changes` and `undo`: a tool's answer on the terminal."""

import sys
from argparse import Namespace
from collections.abc import Mapping
from typing import Any

from server.answers.answer import Answer
from server.answers.tables import NESTED
from server.catalogue import read
from server.clean import structure
from server.cli import calling, screen
from server.cli.arguments import typed


def run(options: Namespace) -> int:
    """Make the call that the options describe and show what it came to."""
    tool, arguments = {"call": _call, "changes": _changes, "undo": _undo}[options.command](options)
    dry_run = getattr(options, "dry_run", False)
    show(calling.answer(tool, arguments, sandbox=options.sandbox, dry_run=dry_run), as_json=options.json)
    return 0


def show(answer: Answer, *, as_json: bool) -> None:
    """Print an answer, whole: its data as JSON, its rows as a table on a terminal, otherwise its text."""
    data = structure(answer.result)
    if as_json:
        screen.as_json(data)
    elif sys.stdout.isatty() and _has_rows(data):
        screen.table(data["items"])
        for name in data.keys() & {"total", "next"}:
            screen.note(f"{name}: {data[name]}")
    else:
        print(answer.whole())
        return
    for note in answer.notes:
        screen.note(f"{note}.")


def _has_rows(data: Mapping[str, Any]) -> bool:
    rows = data.get("items")
    flat = (isinstance(row, Mapping) and not any(isinstance(v, NESTED) for v in row.values()) for row in rows or ())
    return bool(rows) and all(flat)


def _call(options: Namespace) -> tuple[str, dict[str, Any]]:
    tool = next((entry for entry in read().tools if entry.name == options.tool), None)
    return options.tool, typed(options.arguments, tool) if tool else {}


def _changes(options: Namespace) -> tuple[str, dict[str, Any]]:
    filters = ("vendor", "tool", "since", "until", "offset", "limit")
    given = {name: value for name in filters if (value := getattr(options, name)) is not None}
    return "drumbeat_list_changes", given


def _undo(options: Namespace) -> tuple[str, dict[str, Any]]:
    return "drumbeat_undo_change", {"change_id": options.change_id}
