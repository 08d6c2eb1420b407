"""What grows with the size of a result, for results in the shapes that vendors have."""

import logging
import tracemalloc
from collections.abc import Callable
from functools import partial

from pydantic import BaseModel

from bench.report import Goal, Section
from bench.stats import Times, clock, growth_goals, growth_table
from bench.tokens import tokens
from server.answers.answer import Answer
from server.answers.budget import Results
from server.models import Page, VendorModel

BUDGET = 6_000
ROWS, FEW_ROWS, QUICK_ROWS = (10, 1_000, 100_000), (10, 200, 400), (10, 200, 2_000)
WORDS = "Move the secrets of the payments service to the vault and rotate them"


class Author(VendorModel):
    """An object in a row."""

    name: str | None = None
    email: str | None = None


class Commit(VendorModel):
    """A row."""

    revision: str | None = None
    message: str | None = None
    author: Author | None = None
    additions: int | None = None


class Report(VendorModel):
    """An object with one long list, one long text, or many short lists."""

    title: str | None = None
    commits: list[Commit] | None = None
    log: str | None = None
    by_team: dict[str, list[Commit]] | None = None


def _commits(number: int) -> list[Commit]:
    author = Author(name="Inês Silva", email="ines.silva@acme.example")
    return [
        Commit(revision=f"{at:040x}", message=f"{WORDS} ({at})", author=author, additions=at) for at in range(number)
    ]


def _by_team(number: int) -> Report:
    rows = _commits(number)
    return Report(title="Of all teams", by_team={f"team-{at}": rows[at : at + 2] for at in range(0, number, 2)})


Make = Callable[[int], BaseModel]
SHAPES: dict[str, Make] = {
    "a page": lambda number: Page(items=_commits(number)),
    "an object with a list": lambda number: Report(title="Of one team", commits=_commits(number)),
    "an object with a text": lambda number: Report(log="\n".join(f"{at} {WORDS}" for at in range(number))),
}
DEEP: dict[str, Make] = {
    "an object with many lists of two": _by_team,
    "a page of one row with a list": lambda number: Page(items=[Report(title="Of one team", commits=_commits(number))]),
}


def measure(section: Section, repeat: int, *, quick: bool) -> None:
    """Add the tables and the goals to the section."""
    logging.disable(logging.CRITICAL)
    sizes = QUICK_ROWS if quick else ROWS
    page = {"a page": SHAPES["a page"]}
    for title, shapes, numbers, budget in (
        (f"Results cut to {BUDGET:,} tokens", SHAPES, sizes, Results(BUDGET)),
        (f"Deep results cut to {BUDGET:,} tokens", DEEP, FEW_ROWS, Results(BUDGET)),
        ("Results without a budget", page, sizes, None),
    ):
        results = {what: {number: make(number) for number in numbers} for what, make in shapes.items()}
        _table(section, title, results, budget, repeat)


def _table(
    section: Section, title: str, shapes: dict[str, dict[int, BaseModel]], budget: Results | None, repeat: int
) -> None:
    taken: dict[str, Times] = {}
    beside: list[list[str]] = []
    for what, results in shapes.items():
        largest = max(results)
        work = {size: partial(shown, result, budget) for size, result in results.items()}
        taken[what] = {size: clock(1 if size == max(ROWS) else repeat, work[size]) for size in work}
        beside.append([f"{_peak(work[size]):.2f}" for size in work])
        if budget:
            section.goals.append(Goal.at_most(f"{title}: {what}", tokens(work[largest]()), BUDGET, " tokens"))
    how = f"From the validated answer to text and structure; medians of {repeat}, {max(ROWS):,} rows once."
    table = growth_table(title, how, "rows", taken)
    table.header.extend(f"{size:,} rows, peak MiB" for size in results)
    for row, peaks in zip(table.rows, beside, strict=True):
        row.extend(peaks)
    section.tables.append(table)
    section.goals += growth_goals(title, taken)


def shown(result: BaseModel, budget: Results | None) -> str:
    """What a model reads of a result."""
    return (Answer(result).fitted(budget, "bench").text or "") if budget else Answer(result).whole()


def _peak(work: Callable[[], object]) -> float:
    """The most memory that Python allocates at any time while it works, in MiB."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1] / 2**20
    finally:
        tracemalloc.stop()
