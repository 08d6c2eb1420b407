"""Users."""

from typing import Annotated, Literal

from pydantic import Field

from server.declare import Page
from tools.linearb import linearb
from tools.linearb.api import LinearB
from tools.linearb.arguments import Offset, PageSize
from tools.linearb.models import User

users = linearb.toolset("users", "LinearB's users, with their teams and connected accounts.")


@users.read(resource="users")
async def list_users(
    api: LinearB,
    offset: Offset | None = None,
    page_size: PageSize | None = None,
    order_by: Literal["name", "email"] | None = None,
    order_dir: Literal["ASC", "DESC"] | None = None,
    search_by_field: Literal["name", "email"] | None = None,
    search_term: str | None = None,
    user_role: Literal["admin", "editor", "viewer", "external", "basic"] | None = None,
    include_user_children: Annotated[bool | None, Field(description="With connected accounts")] = None,
) -> Page[User]:
    """Users, with the teams that they belong to."""
    asked = {"search_by_field": search_by_field, "search_term": search_term, "user_role": user_role}
    query = {
        **asked,
        "offset": offset,
        "page_size": page_size,
        "order_by": order_by,
        "order_dir": order_dir,
        "include_user_children": include_user_children,
    }
    reply = await api.request("GET", "/api/v1/users", query=query)
    return await api.page(reply, User, offset or 0, **asked)
