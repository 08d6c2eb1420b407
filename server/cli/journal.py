"""`drumbeat journal`: the changes made through Drumbeat as JSON lines, for audit."""

import os
import sys
from argparse import Namespace
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from pydantic import TypeAdapter, ValidationError

from server.changes.journal import Entry, journal_of
from server.cli import follow, screen
from server.cli.session import settings_of
from server.errors import Failure, JournalError
from server.settings import Settings
from server.times import Clock, Since, Until
from server.wording import counted


def run(options: Namespace) -> int:
    """Write one line a change, oldest first, to a file or to standard output, or follow the journal."""
    settings, _ = settings_of()
    if options.action == "follow":
        if options.since or options.until:
            raise Failure("--since and --until are for `drumbeat journal export`: follow goes on where it was.")
        return follow.run(settings, None if options.file in (None, "-") else Path(options.file))
    if settings.journal == "stdout":
        raise Failure("DRUMBEAT_JOURNAL is stdout: the journal is where the server's output went.")
    since, until = _moment(Since, options.since, settings), _moment(Until, options.until, settings)
    journal = journal_of(settings)
    entries = (entry for entry in journal.entries(since) if until is None or entry.began <= until)
    try:
        if options.file in (None, "-"):
            _write(entries, sys.stdout)
        else:
            number = _write_file(entries, Path(options.file))
            screen.note(f"{counted(number, 'change')} written to {options.file}.")
    except JournalError as error:
        raise Failure(f"The journal cannot be read: {error}.") from error
    if journal.unreadable:
        screen.note(f"{journal.unreadable} lines of the journal could not be read.")
    return 0


def _moment(kind: Any, text: str | None, settings: Settings) -> datetime | None:
    if text is None:
        return None
    try:
        moment: datetime = TypeAdapter(kind).validate_python(text, context=Clock(settings.timezone))
    except ValidationError as error:
        raise Failure(f"{text!r} is no time: {error.errors()[0]['msg']}.") from None
    return moment


def _write_file(entries: Iterable[Entry], file: Path) -> int:
    try:
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as opened:
            return _write(entries, opened)
    except OSError as error:
        raise Failure(f"{file} cannot be written: {error.strerror or error}.") from error


def _write(entries: Iterable[Entry], to: TextIO) -> int:
    """Write the changes one by one; how many they were."""
    written = 0
    for entry in entries:
        to.write(entry.whole().model_dump_json() + "\n")
        written += 1
    return written
