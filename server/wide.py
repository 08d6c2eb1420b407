"""Lists whose rows are wide: some columns are shown, the others on demand."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BaseModel, Field

from server.models import Page

ALL = "all"
Fields = Annotated[list[str], Field(max_length=100, description="Columns to show as well, or all")]


def narrowed(page: Page[Any], shown: Sequence[str], fields: Sequence[str] | None, notes: list[str]) -> Page[Any]:
    """The page with the columns `shown` and those of `fields`, as plain rows; a note says which were left out.

    As it is where all are asked for.
    """
    if not page.items or (fields and ALL in fields):
        return page
    rows = [
        row.model_dump(mode="json", by_alias=True, exclude_none=True) if isinstance(row, BaseModel) else row
        for row in page.items
    ]
    there = list(dict.fromkeys(name for row in rows for name in row))
    wanted = {*shown, *(fields or ())}
    if unknown := [name for name in fields or () if name not in there]:
        notes.append(f"No row has {', '.join(unknown)}; there are {', '.join(there)}")
    if left := [name for name in there if name not in wanted]:
        notes.append(f'Columns left out: {", ".join(left)}; fields=["{ALL}"] adds them')
    items = [{name: value for name, value in row.items() if name in wanted} for row in rows]
    return page.model_copy(update={"items": items})
