"""A team's report from the command line, into a file, with an exit code that a job can act on."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Drumbeat
from tests.insights.broken import Broken
from tests.vendors import Vendors

PERIOD = "--period 2026-10"


@pytest.mark.parametrize(("name", "begins"), [("r.html", "<!doctype html>"), ("r.md", "# Delivery report: Platform")])
def test_the_form_is_that_of_the_file(drumbeat: Drumbeat, home: Path, name: str, begins: str) -> None:
    done = drumbeat(f"report platform --out {name} --sandbox")
    assert (done.status, done.out) == (0, "")
    assert f"{name}: Platform, last-month" in done.err
    assert (home / "project" / name).read_text(encoding="utf-8").startswith(begins)


def test_without_a_file_it_goes_to_standard_output_in_the_form_that_is_asked_for(drumbeat: Drumbeat) -> None:
    data = json.loads(drumbeat(f"report platform {PERIOD} --form json --sandbox").out)
    assert data["team"] == "Platform"
    assert data["measures"]


def test_a_vendor_that_does_not_answer_is_another_exit_code_than_a_failure(drumbeat: Drumbeat, real: Vendors) -> None:
    assert drumbeat(f"report platform {PERIOD}").status == 0
    real.app = Broken(real.app, "linearb", "refuses")
    done = drumbeat(f"report platform {PERIOD}")
    assert done.status == 3
    assert "Without LinearB answered 418: I am a teapot." in done.err
    assert "# Delivery report: Platform" in done.out
    for vendor in ("oobeya", "haystack", "buddy", "teamoclock"):
        real.app = Broken(real.app, vendor, "refuses")
    failed = drumbeat(f"report platform {PERIOD}")
    assert (failed.status, failed.out) == (1, "")
    assert "No vendor could answer" in failed.err


@pytest.mark.parametrize(
    ("line", "status", "said"),
    [
        ("report nobody --sandbox", 1, "no vendor has a team 'nobody'"),
        ("report platform --period lately --sandbox", 1, "last-7-days"),
        ("report platform --out missing/r.html --sandbox", 1, "missing/r.html cannot be written"),
        ("report platform --form pdf --sandbox", 2, "invalid choice"),
        ("report", 2, "team"),
    ],
)
def test_what_is_wrong_is_said_and_writes_nothing(
    drumbeat: Drumbeat, home: Path, line: str, status: int, said: str
) -> None:
    done = drumbeat(line)
    assert (done.status, done.out) == (status, "")
    assert said in done.err
    assert list((home / "project").iterdir()) == []
