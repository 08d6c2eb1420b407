"""The journal in Redis: one for all servers, bounded, and an error where it cannot be reached."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr
from redis import Redis

from server.changes.bounds import Bounds
from server.changes.journal import Journal, journal_of
from server.changes.stream import JOURNAL, SIZE, Stream
from server.errors import ConfigurationError, JournalError
from server.settings import Settings
from tests.journals import records
from tests.replicas.conftest import Server
from tests.server.test_journal import entry
from tests.vendors import Vendors


def test_a_change_is_read_back_with_its_end_by_every_server(redis: Server) -> None:
    one, two = (journal_of(Settings(redis_url=SecretStr(redis.url))) for _ in range(2))
    assert one.check() == "Redis at 127.0.0.1"
    one.begin(entry("1", time=(datetime.now(UTC) - timedelta(hours=1)).isoformat()), durably=True)
    two.begin(entry("2"), durably=True)
    two.end("1", "done", result={"id": 7})
    assert [(record.change_id, record.outcome) for record in records(one)] == [("1", "done"), ("2", None)]
    assert [each.record.change_id for each in two.entries(datetime.now(UTC) - timedelta(minutes=1))] == ["2"]


def test_it_is_read_whole_however_long_it_is(redis: Server) -> None:
    journal = Journal(Stream(redis.url))
    for number in range(250):
        journal.begin(entry(str(number)), durably=False)
    assert [record.change_id for record in records(journal)] == [str(number) for number in range(250)]


def test_an_undo_is_claimed_by_one_of_many_and_again_after_its_release(redis: Server) -> None:
    journals = [Journal(Stream(redis.url)) for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        claimed = list(pool.map(lambda number: journals[number % 4].claim("1"), range(16)))
    assert claimed.count(True) == 1
    winner = journals[claimed.index(True) % 4]
    others = [journal for journal in journals if journal is not winner]
    others[0].release("1")  # not its own
    assert not others[0].claim("1")
    winner.release("1")
    assert others[0].claim("1")
    assert records(winner) == []


def test_there_is_a_bound_and_destructive_changes_go_last(redis: Server) -> None:
    stream = Stream(redis.url, Bounds(stream_bytes=20_000))
    journal = Journal(stream)
    now = datetime.now(UTC).isoformat()
    journal.begin(entry("kept", access="destructive", time=now), durably=True)
    for number in range(200):
        journal.begin(entry(str(number), time=now), durably=False)
    lines = list(stream.lines())
    kept = [record.change_id for record in records(journal)]
    with Redis.from_url(redis.url) as there:
        assert sum(map(len, lines)) == int(there.get(SIZE)) <= 20_000
        assert there.pttl(JOURNAL) > 0
    assert (kept[0], kept[-1]) == ("kept", "199")
    assert 10 < len(kept) < 200


def test_what_cannot_be_reached_is_an_error_at_once_and_not_for_ever(redis: Server) -> None:
    journal = Journal(Stream(redis.url, again_after=0.0))
    journal.begin(entry("1"), durably=True)
    redis.stop()
    for attempt in (lambda: journal.begin(entry("2"), durably=True), lambda: records(journal), journal.check):
        with pytest.raises(JournalError, match="DRUMBEAT_REDIS_URL"):
            attempt()
    with pytest.raises(JournalError, match="DRUMBEAT_REDIS_URL"):
        journal.claim("1")
    redis.start()
    journal.begin(entry("3"), durably=True)
    assert [record.change_id for record in records(journal)] == ["3"]  # this Redis keeps nothing on disk


def test_a_journal_in_redis_needs_one(vendors: Vendors) -> None:
    with pytest.raises(ConfigurationError, match="DRUMBEAT_REDIS_URL"):
        vendors.settings(DRUMBEAT_JOURNAL="redis")
