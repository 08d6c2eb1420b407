"""Following the journal of many servers: each line once as it comes, none lost, and an end when told to."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from server.changes.bounds import Bounds
from server.changes.journal import Journal
from server.changes.stream import Stream
from server.cli.follow import follow
from server.errors import Failure
from tests.journals import records
from tests.replicas.conftest import Server
from tests.server.test_journal import entry


@contextmanager
def following(redis: Server, file: Path) -> Iterator[None]:
    ended = threading.Event()
    stream = Stream(redis.url, again_after=0.0)
    thread = threading.Thread(target=follow, args=(stream, file, ended), kwargs={"again_seconds": 0.05})
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(10)
        assert not thread.is_alive()


def until(is_so: Callable[[], bool]) -> None:
    for _ in range(200):
        if is_so():
            return
        threading.Event().wait(0.05)
    pytest.fail("it never came")


def written(file: Path) -> list[str]:
    lines = file.read_text().splitlines() if file.exists() else []
    return [line.split('"change_id":"')[1].split('"')[0] for line in lines]


def test_each_line_is_written_once_as_it_comes_and_over_restarts(redis: Server, tmp_path: Path) -> None:
    one, two, file = Journal(Stream(redis.url)), Journal(Stream(redis.url)), tmp_path / "audit.jsonl"
    one.begin(entry("1"), durably=True)
    with following(redis, file):
        until(lambda: written(file) == ["1"])
        two.begin(entry("2"), durably=True)
        until(lambda: Stream(redis.url).after(Stream(redis.url).followed()) == [] and len(written(file)) == 2)
    two.end("2", "done")
    with following(redis, file):
        until(lambda: written(file) == ["1", "2", "2"])
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_line_that_a_crash_cut_short_is_written_again_whole(redis: Server, tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    file.write_bytes(b'{"change_id":"1"')
    Journal(Stream(redis.url)).begin(entry("1"), durably=True)
    with following(redis, file):
        until(lambda: file.read_bytes().startswith(b'{"change_id":"1"\n{') and file.read_bytes().endswith(b"}\n"))


def test_a_redis_that_goes_away_is_waited_for(redis: Server, tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    journal = Journal(Stream(redis.url, again_after=0.0))
    with following(redis, file):
        journal.begin(entry("1"), durably=True)
        until(lambda: written(file) == ["1"])
        redis.stop()
        redis.start()
        journal.begin(entry("2"), durably=True)
        until(lambda: written(file) == ["1", "2"])


def test_what_the_follower_has_yet_to_take_is_not_dropped_before_twice_the_bound(redis: Server) -> None:
    stream = Stream(redis.url, Bounds(stream_bytes=20_000))
    journal, now = Journal(stream), datetime.now(UTC).isoformat()
    journal.begin(entry("taken", time=now), durably=True)
    stream.take(stream.after("0-0")[-1][0])
    number = 0
    while sum(map(len, stream.lines())) < 30_000:
        journal.begin(entry(str(number := number + 1), time=now), durably=False)
    kept = [record.change_id for record in records(journal)]
    assert kept == [str(each) for each in range(1, number + 1)]
    for _ in range(number):
        journal.begin(entry(str(number := number + 1), time=now), durably=False)
    assert sum(map(len, stream.lines())) <= 40_000


def test_what_cannot_be_written_ends_it_and_is_not_taken(redis: Server, tmp_path: Path) -> None:
    stream = Stream(redis.url)
    Journal(stream).begin(entry("1"), durably=True)
    with pytest.raises(Failure, match="cannot be written"):
        follow(stream, tmp_path, threading.Event())
    assert stream.followed() == "0-0"


def test_the_command_writes_to_standard_output_and_ends_when_told_to(redis: Server) -> None:
    Journal(Stream(redis.url)).begin(entry("1"), durably=True)
    there = {**os.environ, "DRUMBEAT_REDIS_URL": redis.url}
    command = [sys.executable, "-m", "server", "journal", "follow"]
    with subprocess.Popen(command, env=there, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert b'"change_id":"1"' in process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
