"""Reading on in a result that was cut to fit."""

from typing import Annotated, Any

from pydantic import Field

from server.builtin import Desk, drumbeat
from server.errors import Refusal
from server.models import Page

Offset = Annotated[int, Field(ge=0)]

results = drumbeat.toolset("results", "The rest of results that were cut to fit.")


@results.read(cached=False)
async def get_result(desk: Desk, result_id: str, offset: Offset = 0) -> Page[Any]:
    """Read on in a result that was cut to fit. The last twenty such results are kept."""
    rows = await desk.calls.results.find(result_id, desk.request.caller.principal)
    if rows is None:
        raise Refusal(f"Result {result_id[:100]!r} is not kept any more; call its tool again.")
    items = desk.calls.results.first(rows[offset:], desk.request.layout)
    following = offset + len(items)
    return Page(items=items, total=len(rows), next={"offset": following} if following < len(rows) else None)
