"""What a line of the journal holds, what it does not, and that it can be read back."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.changes.bounds import Bounds
from server.changes.journal import Journal
from server.changes.line import MOST_BYTES
from server.changes.sinks import Files, InMemory
from server.redaction import MASK, redact
from tests.journals import records
from tests.server.test_journal import entry


@pytest.mark.parametrize("sink", ["files", "memory"])
@pytest.mark.parametrize("odd", ["\u2028", "\u2029", "\u0085", "\r\n", "\x1c", "\ud800", "ş", "\\\ud800"])
def test_every_character_is_read_back(tmp_path: Path, sink: str, odd: str) -> None:
    journal = Journal(Files(tmp_path) if sink == "files" else InMemory())
    journal.begin(entry(arguments={"text": f"a{odd}b"}, before={odd: odd}, preview=odd), durably=True)
    journal.end("1", "done", result=f"{odd}c")
    (kept,) = records(journal)
    assert (kept.arguments, kept.preview, kept.result) == ({"text": f"a{odd}b"}, odd, f"{odd}c")
    assert journal.unreadable == 0


STRANGE = [
    b"not json",
    b"\xff\xfe",
    b"[1]",
    b'{"change_id":"1"}',
    b'{"change_id":["1"],"outcome":"done"}',
    b'{"change_id":"1","outcome":"maybe"}',
    b'{"change_id":"1","outcome":"failed","status":"x"}',
    b'{"change_id":"2","tool":"t"}',
    json.dumps({**entry("2").model_dump(), "arguments": "none"}).encode(),
    json.dumps({**entry("2").model_dump(), "time": "yesterday"}).encode(),
    json.dumps({**entry("2", access="destructive").model_dump(), "time": "2026-11-20T09:00:00"}).encode(),
    json.dumps({**entry("2", access="destructive").model_dump(), "time": "0001-01-01T00:00:00"}).encode(),
    b"[" * 100_000,
    b'{"change_id":"cut off',
]


@pytest.mark.parametrize("line", STRANGE, ids=lambda line: line[:30].decode(errors="replace"))
def test_strange_line_is_counted_and_hides_nothing(tmp_path: Path, line: bytes) -> None:
    journal = Journal(Files(tmp_path))
    journal.begin(entry("1"), durably=True)
    with (tmp_path / "journal.jsonl").open("ab") as file:
        file.write(b"\n" + line)
    journal.end("1", "done")
    journal.begin(entry("3"), durably=True)
    assert [(record.change_id, record.outcome) for record in records(journal)] == [("1", "done"), ("3", None)]
    assert journal.unreadable == 1


def test_strange_lines_do_not_stop_their_file_from_falling_off(tmp_path: Path) -> None:
    journal = Journal(Files(tmp_path, Bounds(file_bytes=400, files=2)))
    journal.begin(entry("1", access="destructive"), durably=True)
    with (tmp_path / "journal.jsonl").open("ab") as file:
        file.write(b"\n".join(STRANGE))
    for number in range(5):
        journal.begin(entry(f"w{number}", before="x" * 500), durably=True)
    assert records(journal)[0].change_id == "1"


def test_secrets_never_reach_the_file(tmp_path: Path) -> None:
    journal = Journal(Files(tmp_path))
    journal.begin(entry(arguments={"password": "hunter2", "deep": [{"api_key": "hunter2"}]}), durably=True)
    journal.end("1", "done", result={"token": "hunter2", "secret_key": "hunter2"})
    assert "hunter2" not in (tmp_path / "journal.jsonl").read_text()
    assert records(journal)[0].arguments["password"] == MASK


def test_secrets_are_masked_by_their_place(tmp_path: Path) -> None:
    journal = Journal(Files(tmp_path))
    arguments: dict[str, Any] = {"value": "p", "pin": 1234, "workspace": "p", "project_id": "p"}
    arguments["variables"] = [{"key": "p", "value": "p", "type": "VAR"}]
    sensitive = frozenset({"value", "variables", "pin"})
    journal.begin(
        entry(tool="p", place="p", arguments=arguments, before={"id": "p"}),
        durably=True,
        secrets=frozenset("p"),
        sensitive=sensitive,
    )
    journal.end(
        "1", "done", frozenset("p"), sensitive=sensitive, result={"id": "p", "now": {"value": "p", "pin": 1234}}
    )
    (kept,) = records(journal)
    assert kept.arguments == {
        "value": MASK,
        "pin": MASK,
        "workspace": "p",
        "project_id": "p",
        "variables": [{"key": "p", "value": MASK, "type": "VAR"}],
    }
    assert (kept.tool, kept.place, kept.before) == ("p", "p", {"id": "p"})
    assert kept.result == {"id": "p", "now": {"value": MASK, "pin": MASK}}


def test_echoed_secret_is_masked_inside_texts_and_no_id_that_equals_it(tmp_path: Path) -> None:
    journal, secret = Journal(Files(tmp_path)), frozenset({"production"})
    journal.begin(
        entry("production", preview="Sets production now", consent={"mode": "ask", "asked": "production?"}),
        durably=True,
        secrets=secret,
    )
    result = {"id": "production", "log": ["set to 'production'"], "workspace": "production"}
    journal.end("production", "failed", secret, error="bad value production", result=result)
    (kept,) = records(journal)
    assert (kept.preview, kept.error) == (f"Sets {MASK} now", f"bad value {MASK}")
    assert kept.consent == {"mode": "ask", "asked": f"{MASK}?"}
    assert kept.result == {"id": "production", "log": [f"set to '{MASK}'"], "workspace": "production"}


def nested(depth: int) -> Any:
    return [nested(depth - 1)] if depth else "deep"


@pytest.mark.parametrize(
    "large",
    ["x" * 3_000_000, ["\x01" * 100] * 40_000, {"k" * 1000 + str(n): n for n in range(3000)}, nested(400), 10**5000],
    ids=["text", "list", "keys", "deep", "number"],
)
def test_entry_that_is_too_large_or_no_json_is_cut_and_says_so(tmp_path: Path, large: Any) -> None:
    journal = Journal(Files(tmp_path))
    journal.begin(entry("1", arguments={"id": "7"}, before={"large": large}), durably=True)
    journal.end("1", "done", result={"id": "8"})
    journal.begin(entry("2", before="small"), durably=True)
    journal.end("2", "done", result=large)
    assert max(map(len, Files(tmp_path).lines())) <= MOST_BYTES
    first, second = records(journal)
    assert (first.cut, first.arguments, first.outcome, first.result) == (True, {"id": "7"}, "done", {"id": "8"})
    assert (second.cut, second.before, second.outcome) == (True, "small", "done")
    assert journal.unreadable == 0


def test_file_of_a_million_characters_is_kept_whole(tmp_path: Path) -> None:
    journal = Journal(Files(tmp_path))
    journal.begin(entry(arguments={"content": "n" * 1_000_000}, before={"content": "o" * 1_000_000}), durably=True)
    (kept,) = records(journal)
    assert (kept.cut, kept.before) == (False, {"content": "o" * 1_000_000})


JSON = st.recursive(st.text() | st.integers(), lambda c: st.lists(c) | st.dictionaries(st.text(), c), max_leaves=8)


@settings(derandomize=True)
@given(JSON)
def test_redaction_keeps_everything_that_is_not_a_secret(value: object) -> None:
    assert redact({"data": value, "password": "x"})["password"] == MASK
    assert redact({"kept": 5}) == {"kept": 5}
