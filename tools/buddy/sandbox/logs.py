"""Why executions fail at Buddy's stand-in, and the logs of their actions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FINISHED = ("SUCCESSFUL", "FAILED", "TERMINATED")


@dataclass(frozen=True)
class Cause:
    """Why a deployment failed: the action's error message and the last lines of its log."""

    message: str
    lines: tuple[str, ...]


CAUSES = (
    Cause(
        "Deployment exceeded its progress deadline",
        (
            "Waiting for deployment rollout to finish: 1 out of 3 new replicas have been updated...",
            '\x1b[31merror: deployment "{name}" exceeded its progress deadline\x1b[0m',
            "Logs of pod {name}-6d9f7c5b8-x2k4q (CrashLoopBackOff):",
            '  File "/app/settings.py", line 41, in load',
            '    webhook_secret = os.environ["WEBHOOK_SECRET"]',
            "KeyError: 'WEBHOOK_SECRET'",
            "Action failed: exit code 1",
        ),
    ),
    Cause(
        "Database migration failed",
        (
            "Running migrations: 0042_add_currency_to_refunds",
            "psycopg.errors.LockNotAvailable: canceling statement due to lock timeout",
            "CONTEXT: while adding column currency to relation refunds",
            "Migration 0042 was rolled back, the old version keeps running.",
            "Action failed: exit code 3",
        ),
    ),
    Cause(
        "Readiness probe failed",
        (
            "Readiness probe failed: HTTP probe failed with statuscode: 503 (/healthz)",
            '{name}: dial tcp 10.4.0.17:6379: connect: connection refused (redis at "cache.internal")',
            "\x1b[31merror: timed out waiting for the condition\x1b[0m",
            "Rolling back to the previous revision: done",
            "Action failed: exit code 1",
        ),
    ),
)

FLAKY = Cause(
    "Tests failed",
    (
        "FAILED tests/test_checkout.py::test_two_tabs - AssertionError: assert 2 == 1",
        "1 failed, 139 passed in 31.44s",
        "Action failed: exit code 1",
    ),
)
CACHE_DOWN = Cause(
    "Tests failed",
    (
        "E   redis.exceptions.ConnectionError: Error 111 connecting to cache.internal:6379. Connection refused.",
        "12 failed, 128 passed in 95.02s",
        "Action failed: exit code 1",
    ),
)


def log(name: str, action: Mapping[str, Any], status: str, cause: Cause | None) -> list[str]:
    """The log of an action in one execution of the project `name`."""
    if status not in (*FINISHED, "INPROGRESS"):
        return []
    start = [f"Preparing the environment for “{action['name']}”", "Pulling the image: done"]
    if action["type"] == "BUILD":
        tests = [f"tests/test_app.py::test_case_{number} \x1b[32mPASSED\x1b[0m" for number in range(1, 141)]
        if status == "FAILED" and cause:
            return [*start, *tests, *cause.lines]
        return [*start, *tests, "140 passed in 31.20s", "Action finished successfully"]
    if status == "FAILED" and cause:
        waits = ["Waiting for deployment rollout to finish: 0 out of 3 new replicas have been updated..."] * 240
        return [*start, *waits, *(line.replace("{name}", name) for line in cause.lines)]
    return [*start, f"{action['name']}: done", "Action finished successfully"]
