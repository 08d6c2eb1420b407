"""Contributors: the accounts in Git that LinearB measures, connected to its users."""

from collections.abc import Sequence
from typing import Any

from server.declare import Refusal
from tools.linearb.api import LinearB
from tools.linearb.arguments import numbers
from tools.linearb.models import User


async def contributor_ids(api: LinearB, given: Sequence[str] | None) -> list[int] | None:
    """The ids of contributors that are given by id or by the e-mail address of their user.

    A user counts with all contributors that are connected to it. Raises Refusal for one that has none.
    """
    ids: list[str] = []
    for one in given or []:
        ids += [one] if "@" not in one else await _connected(api, one)
    return numbers("contributor_ids", dict.fromkeys(ids))


async def _connected(api: LinearB, email: str) -> list[str]:
    query = {"search_by_field": "email", "search_term": email, "include_user_children": True}
    users = (await api.page(await api.request("GET", "/api/v1/users", query=query), User)).items
    found = [str(number) for user in users if user.email == email for number in _contributors(user)]
    if not found:
        raise Refusal(f"Nothing was sent: LinearB has no contributor connected to {email}. Give a contributor's id.")
    return found


def _contributors(user: User) -> list[Any]:
    connected = (user.model_extra or {}).get("connected_users")
    rows = connected.get("contributors") if isinstance(connected, dict) else None
    return [row["id"] for row in rows or [] if isinstance(row, dict) and row.get("id") is not None]
