"""What a failure is taken for, from other runs and the log: cases counted by hand, and what holds for all."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.buddy.pipeline_models import Execution, ExecutionRow
from tools.buddy.sandbox.logs import CAUSES
from tools.insights.triage import Run, decisive, failed_action, key_of, run_of, triage

START = datetime(2026, 11, 20, 9, tzinfo=UTC)
DEPLOY = "42"


def run(number: int, status: str, revision: str = "", branch: str = "main", **more: object) -> Run:
    """A run; one that failed did so at the deployment."""
    actions = {DEPLOY: status}
    default = branch == "main"
    at = START + timedelta(hours=number)
    return Run(number, status, at, branch, default, revision or f"{number:040x}", actions, **more)


def test_worked_before_and_broke_with_another_commit_is_a_regression() -> None:
    found = triage(run(5, "FAILED"), DEPLOY, [run(4, "SUCCESSFUL"), run(3, "SUCCESSFUL")], ["KeyError: 'TOKEN'"])
    assert found.verdict == "regression"
    assert found.because == ("it passed on main (default) before, last in #4 (commit 00000000)",)


def test_a_streak_says_where_it_began() -> None:
    others = [run(4, "FAILED"), run(3, "FAILED"), run(2, "SUCCESSFUL")]
    found = triage(run(5, "FAILED"), DEPLOY, others, [])
    assert found.verdict == "regression"
    assert found.because[0].startswith("it failed on main (default) in 2 earlier runs too, from #3 on; it")


@pytest.mark.parametrize("number", [4, 6])
def test_the_same_commit_that_passed_is_flaky(number: int) -> None:
    found = triage(run(5, "FAILED", "abc"), DEPLOY, [run(number, "SUCCESSFUL", "abc")], ["AssertionError: 1 != 2"])
    assert found.verdict == "flaky"
    when = "later" if number > 5 else "before"
    assert found.because == (f"the same commit passed in #{number}, {when}",)


def test_a_retry_that_passed_after_a_refused_connection_was_the_environment() -> None:
    log = ["dial tcp 10.4.0.17:6379: connect: connection refused"]
    found = triage(run(5, "FAILED", "abc"), DEPLOY, [run(6, "SUCCESSFUL", "abc")], log)
    assert found.verdict == "environment"
    assert found.because[1] == "the log says “connection refused”"


def test_a_branch_is_compared_with_the_default_one() -> None:
    here = run(5, "FAILED", branch="feature/x")
    broken = triage(here, DEPLOY, [run(4, "FAILED"), run(3, "SUCCESSFUL")], [])
    assert broken.verdict == "regression"
    assert broken.because[0].startswith("it failed on main (default) in an earlier run too, from #4")
    alone = triage(here, DEPLOY, [run(4, "SUCCESSFUL")], [])
    assert alone.because == ("it passed on main (default) before, last in #4 (commit 00000000)",)


def test_what_nothing_is_known_of_is_unknown() -> None:
    assert triage(run(5, "FAILED"), DEPLOY, [], []).verdict == "unknown"
    never = triage(run(5, "FAILED"), DEPLOY, [run(4, "FAILED")], [])
    assert never.verdict == "unknown"
    assert never.because[0].endswith("and in no run that was read did it pass")


def test_a_failure_elsewhere_says_nothing_of_this_action() -> None:
    elsewhere = Run(4, "FAILED", START, "main", True, "def", {"41": "FAILED", DEPLOY: "NOT_EXECUTED"})
    assert elsewhere.passed(DEPLOY) is None
    assert Run(4, "FAILED", START).passed(DEPLOY) is None
    assert triage(run(5, "FAILED"), DEPLOY, [elsewhere], []).verdict == "unknown"


@pytest.mark.parametrize(
    ("cause", "lines"),
    [
        (0, ['error: deployment "api" exceeded its progress deadline', "KeyError: 'WEBHOOK_SECRET'"]),
        (1, ["psycopg.errors.LockNotAvailable: canceling statement due to lock timeout"]),
        (2, ["connect: connection refused", "error: timed out waiting for the condition"]),
    ],
)
def test_the_decisive_lines_of_a_log(cause: int, lines: list[str]) -> None:
    waits = ["Waiting for deployment rollout to finish: 0 out of 3 new replicas have been updated..."] * 100
    colourless = [line.replace("\x1b[31m", "").replace("\x1b[0m", "") for line in CAUSES[cause].lines]
    found = decisive("\n".join([*waits, *colourless]).replace("{name}", "api"))
    assert all(any(line in shown for shown in found) for line in lines)
    assert not any("Action failed" in shown or "Waiting" in shown for shown in found)


def test_pytest_and_javascript_name_their_errors() -> None:
    log = (
        "collected 3 items\n0 errors so far\nE   assert 1 == 2\nFAILED tests/test_app.py::test_pay\n1 failed, 2 passed"
    )
    assert decisive(log) == ["E   assert 1 == 2", "FAILED tests/test_app.py::test_pay"]
    assert decisive("npm i\nTypeError: x is not a function\n  at y.js:3") == ["TypeError: x is not a function"]
    assert decisive("one\ntwo\nAction failed: exit code 1", most=2) == ["two", "Action failed: exit code 1"]
    assert decisive("") == []


@given(st.text(max_size=400), st.integers(0, 6))
def test_decisive_lines_are_lines_of_the_log_in_its_order(log: str, most: int) -> None:
    found = decisive(log, most)
    lines = [line.strip()[:160] for line in log.splitlines() if line.strip()]
    assert len(found) <= most
    assert len(set(found)) == len(found) or any(len(line) == 160 for line in found)
    assert all(line in lines for line in found)
    assert bool(found) == bool(lines and most)


RUNS = st.lists(
    st.builds(
        run,
        st.integers(1, 9),
        st.sampled_from(["SUCCESSFUL", "FAILED", "TERMINATED", "INPROGRESS", ""]),
        st.sampled_from(["", "abc"]),
        st.sampled_from(["main", "feature/x"]),
    ),
    max_size=6,
)


@given(RUNS, st.randoms(use_true_random=False))
def test_the_verdict_does_not_depend_on_the_order_and_always_has_a_reason(runs: list[Run], random: object) -> None:
    failed = run(5, "FAILED", "abc")
    unique = list({one.id: one for one in runs}.values())
    verdict = triage(failed, DEPLOY, unique, [])
    assert verdict.because
    assert verdict == triage(failed, DEPLOY, list(reversed(unique)), [])
    if verdict.verdict in ("regression", "flaky"):
        assert any(one.passed(DEPLOY) for one in unique if one.id != 5)


def test_buddys_own_objects_are_read_with_nulls_and_what_they_lack() -> None:
    assert run_of(ExecutionRow()) is None
    bare = run_of(ExecutionRow(id=7))
    assert bare == Run(7, "", datetime.min.replace(tzinfo=UTC))
    whole = Execution.model_validate(
        {
            "id": 8,
            "status": "FAILED",
            "start_date": "2026-11-20T09:00:00.33Z",
            "branch": {"name": "main", "default": True},
            "to_revision": {"revision": "abc"},
            "action_executions": [
                {"status": "SUCCESSFUL", "action": {"id": 1, "name": "Test"}},
                {"status": "FAILED", "action": {"id": 42, "name": "Deploy"}, "error_message": "no"},
                {"status": None, "action": None},
            ],
        }
    )
    read = run_of(whole)
    assert read
    assert read.actions == {"1": "SUCCESSFUL", "42": "FAILED", "None": ""}
    assert read.default is True
    failed = failed_action(whole)
    assert failed
    assert key_of(failed) == "42"
    assert failed_action(Execution(id=9)) is None
