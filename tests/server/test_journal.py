"""The journal keeps what was changed, whoever writes at once and whatever breaks."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.changes import journal as module
from server.changes.journal import Files, Journal, Record, new_id, open_journal
from server.errors import JournalError
from server.redaction import MASK, redact


def entry(number: str = "1", **facts: object) -> Record:
    base = {"change_id": number, "time": "2026-11-20T09:00:00+00:00", "tool": "v_t", "vendor": "v", "access": "write"}
    return Record.model_validate({**base, "place": "p", "arguments": {}, "caller": "c", **facts})


def test_intent_and_outcome_are_one_entry(tmp_path: Path) -> None:
    journal = Journal(Files(tmp_path))
    journal.begin(entry(before={"name": "x"}), durably=True)
    assert journal.entries()[0].outcome is None
    journal.end("1", "done", result={"id": 7}, milliseconds=3)
    (kept,) = journal.entries()
    assert (kept.outcome, kept.result, kept.before, kept.milliseconds) == ("done", {"id": 7}, {"name": "x"}, 3)


def test_secrets_never_reach_the_file(tmp_path: Path) -> None:
    journal = Journal(Files(tmp_path))
    journal.begin(entry(arguments={"password": "hunter2", "deep": [{"api_key": "hunter2"}]}), durably=True)
    journal.end("1", "done", result={"token": "hunter2", "secret_key": "hunter2"})
    assert "hunter2" not in (tmp_path / "journal.jsonl").read_text()
    assert journal.entries()[0].arguments["password"] == MASK


def test_file_is_the_owners_alone(tmp_path: Path) -> None:
    Journal(Files(tmp_path / "new")).begin(entry(), durably=False)
    assert (tmp_path / "new" / "journal.jsonl").stat().st_mode & 0o077 == 0


def test_broken_line_is_passed_over_and_swallows_nothing(tmp_path: Path) -> None:
    file = tmp_path / "journal.jsonl"
    file.write_text('not json\n[1]\n{"change_id":"0"}\n{"change_id":"cut off')
    journal = Journal(Files(tmp_path))
    journal.begin(entry("1"), durably=True)
    assert [kept.change_id for kept in journal.entries()] == ["1"]


def test_rotation_keeps_the_newest_files_and_joins_entries_across_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 400)
    journal = Journal(Files(tmp_path))
    for number in range(40):
        journal.begin(entry(str(number)), durably=False)
        journal.end(str(number), "done")
    kept = journal.entries()
    assert len(list(tmp_path.glob("journal*.jsonl"))) == module.MOST_FILES
    assert kept[-1].change_id == "39"
    assert all(one.outcome == "done" for one in kept)


def test_processes_may_write_at_once(tmp_path: Path) -> None:
    program = """
import sys; from pathlib import Path; from server.changes.journal import Files
for n in range(100): Files(Path(sys.argv[1])).write(sys.argv[2] * 3000, durably=False)
"""
    writers = [subprocess.Popen([sys.executable, "-c", program, str(tmp_path), letter]) for letter in "abc"]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    lines = list(Files(tmp_path).lines())
    assert sorted(lines) == sorted([letter * 3000 for letter in "abc" for _ in range(100)])


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
    journal = open_journal("stdout", sandbox=False)
    journal.begin(entry(), durably=True)
    assert json.loads(capsys.readouterr().out)["tool"] == "v_t"
    assert journal.entries()[0].tool == "v_t"


def test_default_place_is_the_users_state_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    open_journal(None, sandbox=False).begin(entry(), durably=True)
    assert (tmp_path / "drumbeat" / "journal.jsonl").exists()


def test_sandbox_leaves_no_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    open_journal(None, sandbox=True).begin(entry(), durably=True)
    assert list(tmp_path.iterdir()) == []


def test_ids_are_unique() -> None:
    assert len({new_id() for _ in range(1000)}) == 1000


@settings(derandomize=True)
@given(st.recursive(st.text() | st.integers(), lambda c: st.lists(c) | st.dictionaries(st.text(), c), max_leaves=8))
def test_redaction_keeps_everything_that_is_not_a_secret(value: object) -> None:
    assert redact({"data": value, "password": "x"})["password"] == MASK
    assert redact({"kept": 5}) == {"kept": 5}
