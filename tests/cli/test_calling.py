"""Tools on the command line: found, called, agreed to on the terminal, looked up in the journal and taken back."""

import json
from pathlib import Path

import anyio
import pytest

from server.catalogue import Catalogue
from server.cli.arguments import typed, word
from server.cli.terminal import Terminal
from tests.cli.conftest import Drumbeat, Types
from tests.vendors import Vendors


def test_tools_are_listed_found_by_words_and_filtered(drumbeat: Drumbeat, catalogue: Catalogue) -> None:
    everything = drumbeat("tools --sandbox --json").data
    assert {row["tool"] for row in everything} == {entry.name for entry in catalogue.for_models}
    found = {row["tool"] for row in drumbeat("tools delete retro --sandbox --json").data}
    assert "teamoclock_delete_retro" in found
    filtered = drumbeat("tools --vendor buddy --access destructive --sandbox --json").data
    assert {(row["tool"].split("_")[0], row["access"]) for row in filtered} == {("buddy", "destructive")}


def test_a_list_in_a_pipe_is_plain_rows(drumbeat: Drumbeat) -> None:
    header, *rows = drumbeat("tools retro --sandbox").out.splitlines()
    assert header.split("\t") == ["tool", "access", "listed", "description"]
    assert rows
    assert all(len(row.split("\t")) == 4 for row in rows)
    assert "\x1b" not in "".join(rows)


def test_without_a_vendor_the_list_says_what_to_do(drumbeat: Drumbeat) -> None:
    done = drumbeat("tools")
    assert "No vendor is on: `drumbeat config` says what to set" in done.err
    assert "buddy_" not in done.out
    assert "buddy_" in drumbeat("tools --all").out


def test_words_that_only_tools_which_are_off_have_are_not_called_unknown(drumbeat: Drumbeat) -> None:
    done = drumbeat("tools retro")
    assert done.status == 1
    assert "No vendor is on" in done.err
    assert "tools fit, but are off here; --all lists them." in done.err
    assert "There is no tool" not in done.err


def test_one_tool_is_shown_with_its_arguments(drumbeat: Drumbeat) -> None:
    done = drumbeat("tools teamoclock_create_retro")
    assert "teamoclock_create_retro  write, teamoclock.retros" in done.out
    assert [row.split("\t")[:2] for row in done.out.splitlines() if row.startswith("team")][-1] == ["team", "yes"]
    assert "It is off here" in done.err
    assert drumbeat("tools teamoclock_create_retro --json").data["input_schema"]["required"] == ["team"]


def test_words_that_no_tool_has_are_an_error(drumbeat: Drumbeat) -> None:
    done = drumbeat("tools teamoclock_create_rertro --sandbox")
    assert (done.status, done.out) == (1, "")
    assert "Did you mean teamoclock_create_retro" in done.err


def test_a_call_prints_what_an_assistant_reads_or_its_structure(drumbeat: Drumbeat) -> None:
    done = drumbeat("call teamoclock_list_action_items team=platform --sandbox")
    assert done.status == 0
    assert "id|text|resolved" in done.out
    data = drumbeat("call teamoclock_list_action_items team=platform --sandbox --json").data
    assert {item["team"]["slug"] for item in data["items"]} == {"platform"}


def test_values_are_read_as_the_tool_takes_them(drumbeat: Drumbeat, real: Vendors) -> None:
    line = ["call", "buddy_create_project", "display_name=12", "workspace=acme", "--dry-run"]
    assert '"display_name": "12"' in drumbeat(line).out
    assert drumbeat("call drumbeat_list_changes limit=2 --json").data["items"] == []
    assert "limit" in drumbeat("call drumbeat_list_changes limit=many").err


def test_a_name_that_is_repeated_makes_a_list(drumbeat: Drumbeat, catalogue: Catalogue) -> None:
    tool = next(
        entry
        for entry in catalogue.tools
        for schema in entry.input_schema.get("properties", {}).values()
        if schema.get("type") == "array" and schema["items"].get("type") == "string" and entry.access == "read"
    )
    name = next(n for n, s in tool.input_schema["properties"].items() if s.get("type") == "array")
    assert typed([word(f"{name}=a"), word(f"{name}=b=c")], tool) == {name: ["a", "b=c"]}
    assert typed([word(f'{name}=["a"]')], tool) == {name: ["a"]}
    assert typed([word(f"{name}:=null")], tool) == {name: None}


@pytest.mark.parametrize("wrong", ["team", "=x", "a:=[1"])
def test_a_word_that_is_no_argument_is_wrong_usage(wrong: str, drumbeat: Drumbeat) -> None:
    done = drumbeat(["call", "teamoclock_create_retro", wrong, "--sandbox"])
    assert done.status == 2
    assert "argument NAME=VALUE" in done.err


def test_a_tool_that_is_off_is_told_from_one_that_does_not_exist(drumbeat: Drumbeat) -> None:
    off = drumbeat("call teamoclock_list_teams")
    assert (off.status, off.out) == (1, "")
    assert "teamoclock_list_teams is off here" in off.err
    wrong = drumbeat("call teamoclock_list_taems")
    assert (wrong.status, wrong.out) == (1, "")
    assert "Did you mean teamoclock_list_teams" in wrong.err


def test_what_a_vendor_refuses_is_an_error_on_stderr(drumbeat: Drumbeat) -> None:
    done = drumbeat("call teamoclock_get_retro retro_id=R999999 --sandbox")
    assert (done.status, done.out) == (1, "")
    assert "there is no retro 'R999999'" in done.err


def made_retro(drumbeat: Drumbeat) -> str:
    return str(drumbeat("call teamoclock_create_retro team=platform --json").data["id"])


def test_a_person_at_the_terminal_agrees(drumbeat: Drumbeat, real: Vendors, types: Types) -> None:
    retro = made_retro(drumbeat)
    screen = types("y\n")
    done = drumbeat(f"call teamoclock_delete_retro retro_id={retro}")
    assert done.status == 0
    assert "Delete retro?" in (shown := screen())
    assert "Yes, do it [y/N]" in shown
    assert real.sent()[-1].method == "DELETE"


@pytest.mark.parametrize("answer", ["n\n", "\n", "no\n", "yes please\n"])
def test_anything_but_yes_is_no(answer: str, drumbeat: Drumbeat, real: Vendors, types: Types) -> None:
    retro = made_retro(drumbeat)
    screen = types(answer)
    assert drumbeat(f"call teamoclock_delete_retro retro_id={retro}").status == 1
    assert "Nothing was changed: the user did not agree" in screen()
    assert all(request.method != "DELETE" for request in real.sent())


def test_the_name_has_to_be_typed_where_much_is_lost(drumbeat: Drumbeat, real: Vendors, types: Types) -> None:
    screen = types("platform\n")
    assert drumbeat("call teamoclock_delete_team team=platform").status == 1
    assert "Type the name shown above to agree" in screen()
    types("Platform\n")
    assert drumbeat("call teamoclock_delete_team team=platform").status == 0
    assert real.sent()[-1].method == "DELETE"


@pytest.mark.parametrize("mode", ["ask", "two-step"])
def test_without_a_terminal_nobody_agrees(
    mode: str, drumbeat: Drumbeat, real: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRUMBEAT_CONFIRM", mode)
    retro = made_retro(drumbeat)
    done = drumbeat(f"call teamoclock_delete_retro retro_id={retro}")
    assert (done.status, done.out) == (1, "")
    assert "Run it in a terminal" in done.err
    assert all(request.method != "DELETE" for request in real.sent())


def test_an_end_of_input_is_no_answer(drumbeat: Drumbeat, real: Vendors, types: Types) -> None:
    retro = made_retro(drumbeat)
    screen = types("\x04")
    assert drumbeat(f"call teamoclock_delete_retro retro_id={retro}").status == 1
    assert "closed without an answer" in screen()


def test_a_change_is_listed_taken_back_and_exported(
    drumbeat: Drumbeat, real: Vendors, types: Types, tmp_path: Path
) -> None:
    retro = made_retro(drumbeat)
    rows = drumbeat("changes --vendor teamoclock --since today --limit 1 --json").data["items"]
    assert [(row["tool"], row["undo"]) for row in rows] == [("teamoclock_create_retro", "possible")]
    screen = types("y\n")
    done = drumbeat(f"undo {rows[0]['change_id']}")
    assert (done.status, real.sent()[-1].method) == (0, "DELETE"), screen()
    assert "undone" in drumbeat("changes").out
    lines = [json.loads(line) for line in drumbeat("journal export").out.splitlines()]
    assert (lines[0]["tool"], lines[0]["outcome"]) == ("teamoclock_create_retro", "done")
    assert lines[0]["result"]["id"] == retro
    assert lines[0]["client"].startswith("drumbeat command")
    file = tmp_path / "audit.jsonl"
    assert drumbeat(["journal", "export", str(file), "--since", "today", "--until", "tomorrow"]).status == 0
    assert len(file.read_text().splitlines()) == len(lines)
    assert file.stat().st_mode & 0o077 == 0
    assert drumbeat("journal export --until yesterday").out == ""


def test_a_time_that_is_none_and_a_place_that_is_none_are_errors(drumbeat: Drumbeat) -> None:
    assert "'whenever' is no time" in drumbeat("journal export --since whenever").err
    assert drumbeat("journal export /nowhere/audit.jsonl").status == 1


def test_the_journal_on_stdout_and_an_answer_on_stdout_do_not_mix(
    drumbeat: Drumbeat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRUMBEAT_JOURNAL", "stdout")
    done = drumbeat("call teamoclock_list_teams --sandbox")
    assert (done.status, done.out) == (2, "")
    assert "name a directory" in done.err
    assert drumbeat("journal export").status == 1


def test_progress_is_drawn_on_a_terminal_only(types: Types, capfd: pytest.CaptureFixture[str]) -> None:
    async def long_call() -> None:
        with Terminal() as terminal:
            await terminal.report(1, 4, "Waiting for the rate limit")

    anyio.run(long_call)
    assert capfd.readouterr() == ("", "")
    screen = types("", draws=True)
    anyio.run(long_call)
    assert "Waiting for the rate limit" in screen()


def test_rows_are_drawn_as_a_table_on_a_terminal(drumbeat: Drumbeat, types: Types) -> None:
    screen = types("", draws=True)
    drumbeat("call teamoclock_list_teams --sandbox")
    shown = screen()
    assert "───" in shown
    assert "Platform" in shown
