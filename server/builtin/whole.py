"""A whole list kept as a resource, so that its rows need not go through a model."""

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
from pydantic import BaseModel

from server import clean
from server.answers.answer import Answer
from server.answers.cutting import pieces
from server.answers.shelf import LARGEST_RESULT
from server.builtin import Desk
from server.errors import Failure, Refusal
from server.models import Page
from server.wording import counted

MOST_PAGES, MOST_SECONDS = 50, 40
ROWS_SHOWN = 3
STARTS = ("page", "offset", "cursor")
Call = Callable[[dict[str, Any]], Awaitable[Answer]]


class KeptList(BaseModel):
    """What was kept, and where. next: the arguments that fetch what follows, where that is not all."""

    kept: str
    resource: str
    csv: str
    next: dict[str, Any] | None = None
    first: list[Any]


async def keep_whole(desk: Desk, tool: str, arguments: dict[str, Any], call: Call) -> Answer:
    """Keep all that a read tool answers, a list with all its pages as far as a call may last."""
    answer = await call(arguments)
    notes = list(answer.notes)
    following: dict[str, Any] | None = None
    if isinstance(answer.result, Page):
        rows, following, broken_off = await _pages(answer.result, arguments, call)
        notes += [f"Not read to its end: {broken_off}"] if broken_off else []
    else:
        rows = pieces(clean.structure(answer.result))
    number = desk.calls.results.keep(rows, desk.request.caller.principal)
    if number is None:
        raise Refusal(f"The answer of {tool} is too large to be kept; ask for less at once.")
    await desk.calls.results.share(desk.request.caller.principal)
    link = f"drumbeat://results/{number}"
    what = counted(len(rows), "row" if isinstance(answer.result, Page) else "part")
    begins = "".join(f", from {name}={arguments[name]} on" for name in STARTS if arguments.get(name))
    kept = f"{what} of {tool}{begins}, until twenty more results are kept"
    notes.append(f'Where resources cannot be read: drumbeat_get_result with {{"result_id":"{number}"}}')
    return Answer(KeptList(kept=kept, resource=link, csv=f"{link}.csv", next=following, first=rows[:ROWS_SHOWN]), notes)


async def _pages(
    page: Page[Any], arguments: dict[str, Any], call: Call
) -> tuple[list[Any], dict[str, Any] | None, str]:
    """The rows of a list from its first page on, where to go on, and why it ended before the list did."""
    until = anyio.current_time() + MOST_SECONDS
    rows, size = clean.plain(page.items)
    for _ in range(MOST_PAGES):
        if not page.next:
            return rows, None, ""
        if anyio.current_time() > until:
            return rows, page.next, f"{MOST_SECONDS} seconds are the most"
        try:
            following = (await call({**arguments, **page.next})).result
        except Failure as failure:
            return rows, page.next, str(failure).rstrip(".")
        more, characters = clean.plain(following.items) if isinstance(following, Page) else ([], 0)
        if size + characters > LARGEST_RESULT or not isinstance(following, Page):
            return rows, page.next, "more cannot be kept in one result"
        rows, size, page = [*rows, *more], size + characters, following
    return rows, page.next, f"{MOST_PAGES + 1} pages are the most"
