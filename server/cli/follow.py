"""`drumbeat journal follow`: the lines of all servers' journal, as they come, to a file or standard output.

A line is noted as taken after it was written, so that a crash in between writes it again and loses none.
"""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

from server.changes.journal import sink_of
from server.changes.sinks import Followed
from server.cli import screen
from server.errors import Failure, JournalError
from server.settings import Settings

AGAIN_SECONDS = 3.0


def run(settings: Settings, file: Path | None) -> int:
    """Follow until SIGTERM or SIGINT; what cannot be written ends it, while a Redis that is away is waited for."""
    sink = sink_of(settings)
    if not isinstance(sink, Followed):
        raise Failure(
            "Only a journal that servers share can be followed: set DRUMBEAT_REDIS_URL, and no other journal."
        )
    with _ended() as ended:
        follow(sink, file, ended)
    return 0


def follow(sink: Followed, file: Path | None, ended: Event, *, again_seconds: float = AGAIN_SECONDS) -> None:
    """Write every line that is there and that comes, and note it as taken, until `ended`."""
    away = False
    while not ended.is_set():
        try:
            _take(sink, file, ended)
        except JournalError as error:
            if not away:
                screen.note(f"The journal cannot be read, which is tried again: {error}.")
            away = True
            ended.wait(again_seconds)
        else:
            away = False


def _take(sink: Followed, file: Path | None, ended: Event) -> None:
    number = sink.followed()
    while not ended.is_set():
        if lines := sink.after(number):
            _write(b"".join(line + b"\n" for _, line in lines), file)
            number = lines[-1][0]
            sink.take(number)


def _write(data: bytes, file: Path | None) -> None:
    """Write it, on the disk when this returns. The file is opened each time, so that it may be rotated."""
    try:
        if file is None:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
            return
        with open(os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "ab+", buffering=0) as opened:
            # A line that a crash cut short must not swallow the next.
            if opened.seek(0, os.SEEK_END):
                opened.seek(-1, os.SEEK_END)
                data = data if opened.read(1) == b"\n" else b"\n" + data
            while data:
                data = data[opened.write(data) :]
            os.fsync(opened.fileno())
    except OSError as error:
        raise Failure(f"{file or 'Standard output'} cannot be written: {error.strerror or error}.") from error


@contextmanager
def _ended() -> Iterator[Event]:
    ended = Event()

    def end(*_: Any) -> None:
        ended.set()

    before = {each: signal.signal(each, end) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield ended
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
