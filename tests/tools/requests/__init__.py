"""What each tool sends: one row a call, one table a vendor."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """Calling `tool` with `arguments` sends `request` (method, raw path and query) with `body`.

    body: the JSON body, None for none. `headers` are those that must be among the request's.
    """

    tool: str
    arguments: dict[str, Any]
    request: str
    body: Any = None
