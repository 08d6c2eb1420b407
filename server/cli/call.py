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

CHANGES, UNDO = "drumbeat_list_changes", "drumbeat_undo_change"


def run(options: Namespace) -> int:
    """Make the call that the options describe and show what it came to."""
    arguments = {"changes": _of_changes, "undo": _of_undo}.get(options.command, _of_call)(options)
    tool = {"changes": CHANGES, "undo": UNDO}.get(options.command) or options.tool
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


def _of_call(options: Namespace) -> dict[str, Any]:
    tool = next((entry for entry in read().tools if entry.name == options.tool), None)
    return typed(options.arguments, tool) if tool else {}


def _of_changes(options: Namespace) -> dict[str, Any]:
    filters = ("vendor", "tool", "since", "until", "offset", "limit")
    return {name: value for name in filters if (value := getattr(options, name)) is not None}


def _of_undo(options: Namespace) -> dict[str, Any]:
    return {"change_id": options.change_id}
