"""`drumbeat.toml` is optional, checked with line numbers, read again when it changes, and has a schema."""

import json
import os
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest

from server.declare import Refusal
from server.settings import load
from tests.client import call, done
from tests.conftest import Connect, text
from tests.vendors import TODAY, Vendors
from tools.insights import documents
from tools.insights.configuration import Configuration, configuration, parsed
from tools.insights.sandbox import written


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('timezone = "Mars/Olympus"\n', "line 1, timezone: must be the name of a time zone"),
        ('[teams.a]\nname = "A"\n\noobeya = []\n', "line 4, teams.a.oobeya"),
        ('[teams.a]\nnme = "A"\n', "line 2, teams.a.nme: there is no such setting"),
        ('[teams."my team".buddy]\nprojects = ["a"]\ndeplys = 1\n', "line 3, teams.my team.buddy.deplys: there is no"),
        ("\nsprint = { start = 2026-11-02, days = 0 }\n", "line 2, sprint.days"),
        ("[sprint]\nstart = 2026-11-02\ndays = 0\n", "line 3, sprint.days"),
        ('working_days = ["mon", "sunday"]\n', "line 1, working_days.1"),
        ("[teams.a.buddy]\n", "line 1, teams.a.buddy.projects"),
        ("a = \n", "is not TOML: .*line 1"),
    ],
)
def test_a_fault_is_told_with_its_line(content: str, words: str) -> None:
    with pytest.raises(Refusal, match=words):
        parsed(content, "drumbeat.toml")


def test_a_number_or_a_list_is_taken_for_an_id() -> None:
    found = parsed('[teams.a]\nlinearb = 101\nhaystack = [31, 32]\noobeya = "team-a"\n', "x").teams["a"]
    assert (found.linearb, found.haystack, found.oobeya) == (["101"], ["31", "32"], ["team-a"])


def test_it_is_read_again_when_it_changes(tmp_path: Path) -> None:
    file = tmp_path / "drumbeat.toml"
    file.write_text('timezone = "Europe/Berlin"\n')
    settings = load({"DRUMBEAT_CONFIG": str(file)}, ())
    assert configuration(settings).timezone == "Europe/Berlin"
    assert configuration(settings) is configuration(settings)
    file.write_text('timezone = "Asia/Tokyo"\n')
    os.utime(file, ns=(1, 1))
    assert configuration(settings).timezone == "Asia/Tokyo"
    file.unlink()
    assert configuration(settings) == Configuration()


def test_without_a_file_nothing_is_configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert configuration(load({}, ())) == Configuration()
    (tmp_path / "drumbeat").mkdir()
    (tmp_path / "drumbeat" / "drumbeat.toml").write_text('timezone = "Asia/Tokyo"\n')
    assert configuration(load({}, ())).timezone == "Asia/Tokyo"


@pytest.mark.anyio
async def test_a_broken_file_is_one_line_to_its_reader_and_mended_without_a_restart(
    connect: Connect, vendors: Vendors
) -> None:
    vendors.map(written(TODAY).replace("oobeya", "oobya", 1))
    async with connect() as client:
        refused = await call(client, "insights_get_team", team="platform")
        assert refused.is_error
        assert "line 5, teams.platform.oobya: there is no such setting" in text(refused)
        vendors.map(written(TODAY))
        assert (await done(client, "insights_get_team", team="platform"))["at"]["Oobeya"] == "team-platform"


def test_what_is_published_is_what_the_code_says() -> None:
    for file, content in documents.files().items():
        assert file.read_text(encoding="utf-8") == content, f"{file.name}: run make catalogue"


def test_the_published_schema_fits_a_file() -> None:
    published = json.loads(documents.SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(published)
    jsonschema.validate(json.loads(parsed(written(TODAY), "x").model_dump_json(exclude_none=True)), published)


def test_the_example_in_the_documents_is_good() -> None:
    page = (documents.DOCS / "insights.md").read_text(encoding="utf-8")
    example = page.split("```toml\n")[1].split("```")[0]
    assert parsed(example, "x").teams["platform"].buddy
