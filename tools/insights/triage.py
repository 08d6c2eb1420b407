"""Why a pipeline's execution failed: what the same action did in other runs, and what its log says at the end.

Pure: it is given what was read, and says a verdict with the evidence for it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import takewhile
from typing import Literal

from tools.buddy.pipeline_models import ActionRun, Execution, ExecutionRow
from tools.insights.ages import moment

Verdict = Literal["regression", "flaky", "environment", "unknown"]

MOST_LINES = 4
LONGEST_LINE = 160
SHORT_REVISION = 8
NEVER = datetime.min.replace(tzinfo=UTC)

# A line that names an error, and one that only says that there was one.
NAMES = re.compile(
    r"^\s*([\w.]+\.)*\w*(Error|Exception|NotAvailable|Failure)\b\s*[:(]|^E\s{2,}\S|^(FAILED|ERROR)\s+\S+|"
    r"\b(error|fatal|panic|assert\w*)\b\s*[:!(]|"
    r"connection refused|timed? ?out|no space left|denied|unauthorized|could not resolve",
    re.IGNORECASE,
)
SAYS = re.compile(
    r"\b(errors?|fail(ed|ure|ures|s)?|cannot|could not|unable to|aborted|killed|missing)\b", re.IGNORECASE
)
NO_ERROR = re.compile(r"\b(0|no|without|zero) (errors?|fail\w*)\b|\b(retry|ignor)\w*\b.*\b(error|fail)", re.IGNORECASE)
GENERIC = re.compile(
    r"^\W*(action failed|process (exited|completed)|exit(ed)? (code|status)|command failed)", re.IGNORECASE
)

ENVIRONMENT = re.compile(
    r"connection (refused|reset|timed out|closed)|network is unreachable|no route to host|"
    r"could not resolve|name resolution|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENOTFOUND|"
    r"tls handshake|certificate (has )?expired|no space left|disk quota|"
    r"out of memory|oom-?killed|cannot allocate memory|"
    r"too ?many ?requests|rate limit|service unavailable|bad gateway|gateway time-?out|"
    r"(statuscode|status|http)\W{0,3}(429|50[234])\b|lock timeout|deadlock detected|"
    r"(i/o|read|dial|request|connect) ?time-?out|worker (was )?lost|runner (was )?lost",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Run:
    """An execution as triage looks at it.

    default: whether its branch is the default one, None where Buddy does not say. actions: the status of each action
    by its key, empty where only the list was read.
    """

    id: int
    status: str
    at: datetime
    branch: str | None = None
    default: bool | None = None
    revision: str | None = None
    actions: Mapping[str, str] | None = None

    def passed(self, action: str) -> bool | None:
        """Whether an action passed in it; None where it did not run, or that was not read."""
        if self.status == "SUCCESSFUL":
            return True
        return {"SUCCESSFUL": True, "FAILED": False}.get((self.actions or {}).get(action, ""))

    @property
    def named(self) -> str:
        """`#124 (commit 1f3a9c2e)`."""
        return f"#{self.id}" + (f" (commit {self.revision[:SHORT_REVISION]})" if self.revision else "")


@dataclass(frozen=True)
class Triage:
    """What a failure is taken for, and why."""

    verdict: Verdict
    because: tuple[str, ...]


def run_of(row: ExecutionRow) -> Run | None:
    """An execution, or a row of a list of them; None for one without an id."""
    if row.id is None:
        return None
    default = row.branch.default if row.branch else None
    return Run(
        id=row.id,
        status=row.status or "",
        at=moment(row.start_date) or moment(row.finish_date) or NEVER,
        branch=row.branch.name if row.branch else None,
        default=default if isinstance(default, bool) else None,
        revision=row.to_revision.revision if row.to_revision else None,
        actions={key_of(one): one.status or "" for one in row.action_executions or []}
        if isinstance(row, Execution)
        else None,
    )


def key_of(run: ActionRun) -> str:
    """What an action is known by in several executions: its id, else its name."""
    action = run.action
    return str(action.id if action and action.id is not None else action and action.name)


def failed_action(execution: Execution) -> ActionRun | None:
    """The action at which an execution failed: the first that did."""
    return next((run for run in execution.action_executions or [] if run.status == "FAILED"), None)


def decisive(log: str, most: int = MOST_LINES) -> list[str]:
    """The last lines of a log that name an error; where none does, those that say there was one, else the last ones."""
    lines = [line for line in map(str.strip, log.splitlines()) if line]
    telling = [line for line in lines if not NO_ERROR.search(line) and not GENERIC.search(line)]
    naming = [line for line in telling if NAMES.search(line)]
    saying = [line for line in telling if SAYS.search(line)]
    return [line[:LONGEST_LINE] for line in _last(naming or saying or lines, most)]


def _last(lines: Sequence[str], most: int) -> list[str]:
    """The last different lines, in their order."""
    return list(dict.fromkeys(reversed(lines)))[:most][::-1] if most > 0 else []


def triage(failed: Run, action: str, others: Iterable[Run], log: Sequence[str]) -> Triage:
    """What the failure of `action` in the run `failed` is, from other runs of its pipeline and the log's lines."""
    known = sorted((run for run in others if run.id != failed.id), key=lambda run: (run.at, run.id), reverse=True)
    sign = next((found[0] for line in log if (found := ENVIRONMENT.search(line))), None)
    sign_said = [f"the log says “{sign}”"] if sign else []
    if same := _same_commit_that_passed(failed, action, known):
        said = f"the same commit passed in #{same.id}, {'later' if _after(same, failed) else 'before'}"
        return Triage("environment" if sign else "flaky", (said, *sign_said))
    history = _History(failed, action, known)
    if sign:
        return Triage("environment", (*sign_said, *history.evidence()))
    return Triage("regression" if history.broke else "unknown", tuple(history.evidence()))


def _after(run: Run, other: Run) -> bool:
    return (run.at, run.id) > (other.at, other.id)


def _same_commit_that_passed(failed: Run, action: str, known: Sequence[Run]) -> Run | None:
    return next((r for r in known if failed.revision and r.revision == failed.revision and r.passed(action)), None)


class _History:
    """What an action did before a failure, on the failure's branch and on the default one."""

    def __init__(self, failed: Run, action: str, known: Sequence[Run]) -> None:
        earlier = [run for run in known if not _after(run, failed) and run.passed(action) is not None]
        self._action = action
        self._here = [run for run in earlier if run.branch == failed.branch]
        self._default = [] if failed.default else [run for run in earlier if run.default and run not in self._here]

    @property
    def broke(self) -> bool:
        """Whether the action worked before, here or where the branch came from."""
        here, default = (any(run.passed(self._action) for run in runs) for runs in (self._here, self._default))
        return here or default

    def evidence(self) -> Iterator[str]:
        """What is known, in sentences' parts; that nothing is, too."""
        for runs in (self._here, self._default):
            yield from self._said(runs)
        if not self._here and not self._default:
            yield "no earlier run of it was read"

    def _said(self, runs: Sequence[Run]) -> Iterator[str]:
        if not runs:
            return
        where = f" on {runs[0].branch}{' (default)' if runs[0].default else ''}" if runs[0].branch else ""
        streak = list(takewhile(lambda run: not run.passed(self._action), runs))
        passed = runs[len(streak)] if len(streak) < len(runs) else None
        if not streak and passed:
            yield f"it passed{where} before, last in {passed.named}"
            return
        count = f"in {len(streak)} earlier runs" if len(streak) > 1 else "in an earlier run"
        since = f"; it passed last in {passed.named}" if passed else ", and in no run that was read did it pass"
        yield f"it failed{where} {count} too, from #{streak[-1].id} on{since}"
