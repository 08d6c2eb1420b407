"""The journal keeps what was changed, whoever writes at once and whatever breaks."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server.changes.bounds import Bounds
from server.changes.journal import CLAIM_SECONDS, Journal, Record, journal_of, new_id
from server.changes.sinks import Files, InMemory, Sink
from server.errors import JournalError
from server.settings import Settings
from tests.conftest import Connect, text
from tests.journals import records
from tests.vendors import Vendors

SMALL = Bounds(file_bytes=400, files=3)


def entry(number: str = "1", **facts: object) -> Record:
    base = {"change_id": number, "time": datetime.now(UTC).isoformat(), "tool": "v_t", "vendor": "v", "access": "write"}
    return Record.model_validate({**base, "place": "p", "arguments": {}, "caller": "c", **facts})


def ids(journal: Journal) -> list[str]:
    return [record.change_id for record in records(journal)]


def test_intent_and_outcome_are_one_entry(tmp_path: Path) -> None:
    journal = Journal(Files(tmp_path))
    journal.begin(entry(before={"name": "x"}), durably=True)
    assert records(journal)[0].outcome is None
    journal.end("1", "done", result={"id": 7}, milliseconds=3)
    (kept,) = records(journal)
    assert (kept.outcome, kept.result, kept.before, kept.milliseconds) == ("done", {"id": 7}, {"name": "x"}, 3)


def test_rotation_keeps_the_newest_files_and_joins_entries_across_them(tmp_path: Path) -> None:
    journal = Journal(Files(tmp_path, SMALL))
    for number in range(40):
        journal.begin(entry(str(number)), durably=False)
        journal.end(str(number), "done")
    kept = records(journal)
    assert len(list(tmp_path.glob("journal*.jsonl"))) == SMALL.files + 1
    assert kept[-1].change_id == "39"
    assert len(kept) < 20
    assert all(one.outcome == "done" for one in kept)


def test_large_writes_push_out_no_deletion_its_undo_or_what_a_person_agreed_to(tmp_path: Path) -> None:
    journal = Journal(Files(tmp_path, SMALL))
    journal.begin(entry("deletion", access="destructive", before={"name": "x"}), durably=True)
    journal.begin(entry("write"), durably=True)
    journal.end("deletion", "done")
    journal.begin(entry("undo", access="destructive", arguments={"change_id": "deletion"}), durably=True)
    journal.end("undo", "done", result={"id": 2})
    journal.begin(entry("agreed", consent={"mode": "ask"}), durably=True)
    journal.begin(entry("question", access="destructive"), durably=False)
    journal.end("question", "closed")
    for number in range(20):
        journal.begin(entry(str(number), before="x" * 500), durably=False)
    kept = {record.change_id: record for record in records(journal)}
    assert (kept["deletion"].before, kept["deletion"].outcome) == ({"name": "x"}, "done")
    assert (kept["undo"].arguments, kept["undo"].result) == ({"change_id": "deletion"}, {"id": 2})
    assert "agreed" in kept
    assert not {"write", "question"} & set(kept)


@pytest.mark.parametrize(
    ("bounds", "most"),
    [(Bounds(file_bytes=400, files=2, kept_changes=3), 9), (Bounds(file_bytes=400, files=2, kept_bytes=1000), 12)],
    ids=["count", "bytes"],
)
def test_what_outlives_its_file_is_bounded_and_the_newest_stay(tmp_path: Path, bounds: Bounds, most: int) -> None:
    journal = Journal(Files(tmp_path, bounds))
    for number in range(30):
        journal.begin(entry(str(number), access="destructive"), durably=False)
    kept = ids(journal)
    assert kept == [str(number) for number in range(30)][-len(kept) :]
    assert 4 <= len(kept) <= most


def test_what_outlives_its_file_is_kept_no_longer_than_its_days(tmp_path: Path) -> None:
    journal = Journal(Files(tmp_path, Bounds(file_bytes=400, files=2, kept_days=30)))
    for days in (31, 29):
        then = (datetime.now(UTC) - timedelta(days=days)).isoformat()
        journal.begin(entry(str(days), access="destructive", time=then), durably=False)
    for number in range(10):
        journal.begin(entry(f"n{number}", before="x" * 500), durably=False)
    assert "29" in ids(journal)
    assert "31" not in ids(journal)


@pytest.mark.anyio
async def test_settings_say_how_many_deletions_outlive_their_file(connect: Connect, vendors: Vendors) -> None:
    directory = Path(vendors.journal)
    older = Journal(Files(directory))
    for number in range(3):
        older.begin(entry(str(number), access="destructive"), durably=False)
    (directory / "journal.jsonl").rename(directory / "journal.4.jsonl")
    (directory / "journal.jsonl").write_bytes(b" " * Bounds.file_bytes + b"\n")
    async with connect(vendors.settings(DRUMBEAT_JOURNAL_KEPT="1")) as client:
        await client.call_tool("teamoclock_create_action_item", {"team": "platform", "text": "x"})
        rows = text(await client.call_tool("drumbeat_list_changes", {"tool": "v_t", "limit": 5}))
    assert ids(older)[0] == "2"
    assert rows.count("v_t") == 1


def test_reading_since_a_time_leaves_older_files_closed(tmp_path: Path) -> None:
    journal, now = Journal(Files(tmp_path)), datetime.now(UTC)
    journal.begin(entry("older", time=(now - timedelta(hours=13)).isoformat()), durably=False)
    journal.begin(entry("new"), durably=False)
    (tmp_path / "journal.1.jsonl").write_bytes(b"strange\n")
    os.utime(tmp_path / "journal.1.jsonl", (0, now.timestamp() - 13 * 3600))
    assert [entry.record.change_id for entry in journal.entries(since=now - timedelta(hours=12))] == ["new"]
    assert journal.unreadable == 0


def test_crash_while_a_file_falls_off_shows_no_change_twice(tmp_path: Path) -> None:
    journal = Journal(Files(tmp_path, SMALL))
    journal.begin(entry("1", access="destructive"), durably=True)
    journal.end("1", "done")
    (tmp_path / "journal.kept.jsonl").write_bytes((tmp_path / "journal.jsonl").read_bytes())
    (tmp_path / "journal.kept.new").write_bytes(b'{"change_id":"half')
    assert [(record.change_id, record.outcome) for record in records(journal)] == [("1", "done")]


def test_memory_is_bounded_and_deletions_go_last() -> None:
    journal = Journal(InMemory(Bounds(memory_bytes=20_000)))
    journal.begin(entry("deletion", access="destructive"), durably=True)
    for number in range(300):
        journal.begin(entry(str(number), before="x" * 300), durably=False)
        journal.end(str(number), "done")
    kept = ids(journal)
    assert kept[0] == "deletion"
    assert kept[-1] == "299"
    assert len(kept) < 60
    for number in range(300):
        journal.begin(entry(f"d{number}", access="destructive"), durably=False)
    assert ids(journal)[-1] == "d299"
    assert len(ids(journal)) < 200


def test_journal_and_its_directory_are_the_owners_alone_also_where_they_were_not(tmp_path: Path) -> None:
    directory = tmp_path / "new"
    Journal(Files(directory)).begin(entry(), durably=False)
    old = directory / "journal.1.jsonl"
    old.write_text("")
    for path in (directory, old, directory / "journal.jsonl"):
        path.chmod(0o777)
    Files(directory)
    assert {path.stat().st_mode & 0o077 for path in (directory, *directory.iterdir())} == {0}


def test_directory_with_other_things_keeps_its_permissions(tmp_path: Path) -> None:
    (tmp_path / "theirs").write_text("")
    (tmp_path / "theirs").chmod(0o644)
    (tmp_path / "journal.jsonl").symlink_to(tmp_path / "theirs")
    tmp_path.chmod(0o755)
    Files(tmp_path)
    assert tmp_path.stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "theirs").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("sink", ["files", "memory"])
def test_undo_is_claimed_once_until_it_is_released(tmp_path: Path, sink: str) -> None:
    shared: Sink = Files(tmp_path) if sink == "files" else InMemory()
    one, other = Journal(shared), Journal(shared)
    assert one.claim("1")
    assert not one.claim("1")
    assert not other.claim("1")
    assert other.claim("2")
    other.release("1")  # not its own
    assert not other.claim("1")
    one.release("1")
    assert other.claim("1")
    assert records(one) == []
    assert one.unreadable == 0


def test_claim_ends_by_itself_and_a_wrong_clock_makes_it_no_longer(tmp_path: Path) -> None:
    now = datetime.now(UTC).timestamp()
    ends = {"crashed": now - 1, "ahead": now + 3 * CLAIM_SECONDS, "held": now + 10}
    lines = [
        json.dumps({"claim": name, "by": "x", "until": until}, separators=(",", ":")) for name, until in ends.items()
    ]
    (tmp_path / "journal.jsonl").write_text("\n".join(lines) + "\n")
    journal = Journal(Files(tmp_path))
    assert [journal.claim(name) for name in ends] == [True, True, False]


def test_claim_outlives_its_file(tmp_path: Path) -> None:
    journal = Journal(Files(tmp_path, SMALL))
    (tmp_path / "journal.jsonl").write_bytes(b'{"claim":"1","by":"crashed","until":5}\n')
    assert journal.claim("1")
    for number in range(20):
        journal.begin(entry(str(number), before="x" * 500), durably=False)
    assert not Journal(Files(tmp_path, SMALL)).claim("1")


def test_question_that_nobody_answered_is_one_whole_entry() -> None:
    journal = Journal(InMemory())
    journal.begin(entry(outcome="closed", error="closed without an answer"), durably=False)
    journal.begin(entry("2"), durably=False)
    assert [(record.outcome, record.asked_only) for record in records(journal)] == [("closed", True), (None, False)]


def test_unwritable_journal_says_where_and_why(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    journal = Journal(Files(tmp_path / "file" / "below"))
    with pytest.raises(JournalError, match=r"journal\.jsonl cannot be written"):
        journal.begin(entry(), durably=True)
    journal.end("1", "done")  # the change has happened: no error for the caller


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_full_disk_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "journal.jsonl").symlink_to("/dev/full")
    with pytest.raises(JournalError, match="No space left"):
        Journal(Files(tmp_path)).begin(entry(), durably=True)


def test_stdout_journal_prints_lines(capsys: pytest.CaptureFixture[str]) -> None:
    journal = journal_of(Settings(journal="stdout"))
    journal.begin(entry(), durably=True)
    assert json.loads(capsys.readouterr().out)["tool"] == "v_t"
    assert records(journal)[0].tool == "v_t"


def test_default_place_is_the_users_state_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    journal_of(Settings()).begin(entry(), durably=True)
    assert (tmp_path / "drumbeat" / "journal.jsonl").exists()


def test_sandbox_leaves_no_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    journal_of(Settings(sandbox=True)).begin(entry(), durably=True)
    assert list(tmp_path.iterdir()) == []


def test_ids_are_unique() -> None:
    assert len({new_id() for _ in range(1000)}) == 1000
