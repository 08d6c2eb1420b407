"""How to speak to Buddy: bearer token, no envelope, lists under a name, a limit that is a 403."""

import re
from collections.abc import Mapping
from typing import Any, TypeVar

from server.declare import Api, Limits, Page, Query, Rate, Refusal, Response, Variable, says_too_many

T = TypeVar("T")

TOKEN = Variable(
    "BUDDY_TOKEN",
    "Personal access token with the scopes of the tools to use, from My ID > API tokens",
    sandbox="buddy-sandbox-token",
    secret=True,
)
WORKSPACE = Variable("BUDDY_WORKSPACE", "Workspace to use where a call names none, as in its URL", sandbox="acme")
BASE_URL = Variable(
    "BUDDY_BASE_URL",
    "Address of the API. EU: https://api.eu.buddy.works, Asia: https://api.asia.buddy.works, "
    "self-hosted: https://YOUR-IP/api",
    default="https://api.buddy.works",
    kind="url",
)
MEDIA_TYPE = Variable("BUDDY_MEDIA_TYPE", "Version of the API's objects to ask for, such as buddy.v1.1.0")

PER_PAGE = 20
NOT_FOUND = re.compile(r"(action execution|[a-z]+)\b.* not found", re.IGNORECASE)
REVISIONS = "the revision, a whole SHA, a branch or a tag: buddy_list_commits, buddy_list_branches or buddy_list_tags"
LISTED_BY = {
    "workspace": "`workspace`: buddy_list_workspaces",
    "project": "`project`: buddy_list_projects",
    "pipeline": "`pipeline_id`: buddy_list_pipelines",
    "execution": "`execution_id`: buddy_list_executions",
    "action execution": "`action_execution_id`: buddy_get_execution",
    "action": "`action_id`: buddy_list_pipeline_actions",
    "branch": "the branch: buddy_list_branches",
    "tag": "the tag: buddy_list_tags",
    "commit": REVISIONS,
    "revision": REVISIONS,
    "path": "`path`: buddy_get_contents, or buddy_get_file of a directory,",
    "variable": "`variable_id`: buddy_list_variables",
    "environment": "the environment: buddy_list_environments",
}


def is_limit(response: Response) -> bool:
    """Whether an answer is the hourly limit, which is a 403 at Buddy; every other 403 is a missing permission."""
    if response.status != 403:
        return says_too_many(response)
    return "rate limit exceeded" in response.text.lower() or response.headers.get("X-Rate-Limit-Remaining") == "0"


class Buddy(Api):
    """One call's way to Buddy."""

    limits = Limits(rate=Rate(5000, seconds=3600), is_limit=is_limit)
    permission_hint = "The token lacks a scope, or its owner a right in the workspace"

    def authentication(self) -> Mapping[str, str]:
        """The token as a header, never as Buddy's `?access_token=`, which ends up in logs."""
        headers = {"Authorization": f"Bearer {self.settings.get(TOKEN)}"}
        media_type = self.settings.get(MEDIA_TYPE)
        return headers | ({"X-Buddy-Media-Type": media_type} if media_type else {})

    def advice(self, status: int, words: str, headers: Mapping[str, str]) -> str | None:
        """Tokens belong to a region, and Buddy answers 400 where others answer 403 or 404."""
        if status == 401:
            return "Check BUDDY_TOKEN, and that BUDDY_BASE_URL is the region it belongs to."
        if status == 400 and "API is disabled" in words:
            return "An admin of the workspace enables it in the workspace's settings, under Developer API."
        if status == 400 and "Invalid url" in words:
            return "Buddy says so of an address that it does not have: check the ids and names, then BUDDY_BASE_URL."
        if status in (400, 404) and (found := NOT_FOUND.match(words)) and (place := LISTED_BY.get(found[1].lower())):
            return f"Check {place} shows which there are."
        return None

    async def identify(self) -> str:
        """The owner of the token."""
        user = await self.get("/user")
        return str(user.get("name") or user.get("id")) if isinstance(user, Mapping) else "somebody"

    def workspace(self, given: str | None) -> str:
        """The workspace that a call is about: the one it names, else the default. Raises Refusal for neither."""
        workspace = given or self.settings.get(WORKSPACE)
        if not workspace:
            raise Refusal(
                "Nothing was sent: name a workspace (buddy_list_workspaces shows them), "
                "or set BUDDY_WORKSPACE as the default one."
            )
        return workspace

    async def all(
        self, name: str, item: type[T], path: str, *segments: str | int, query: Query | None = None
    ) -> Page[T]:
        """A list without pages, which stands under `name` in the answer."""
        reply = await self.request("GET", path, *segments, query=query)
        return Page(items=await self.rows(reply, _under(name, reply.data), item))

    async def page(self, name: str, item: type[T], path: str, *segments: str | int, query: Query) -> Page[T]:
        """One page of a list under `name`; `query` has `page`, `per_page` and the filters.

        Only lists of executions say how many rows there are; another may go on while its pages are full.
        """
        reply = await self.request("GET", path, *segments, query=query)
        rows = await self.rows(reply, _under(name, reply.data), item)
        counts = reply.data if isinstance(reply.data, Mapping) else {}
        total, number = counts.get("total_element_count"), query.get("page") or 1
        size = counts.get("page_size") or query.get("per_page") or PER_PAGE
        more = len(rows) >= size if total is None else number * size < total
        following = {name: value for name, value in query.items() if name == "per_page" and value is not None}
        return Page(items=rows, total=total, next={"page": number + 1, **following} if more else None)


def _under(name: str, data: Any) -> Any:
    """What stands under `name`, or all of it where nothing does."""
    return data[name] or [] if isinstance(data, Mapping) and name in data else data


def refuse_another(kind: str, asked: int | str, found: Any) -> None:
    """Raises Refusal where Buddy answered with another object than the one that was asked for."""
    if found is not None and str(found) != str(asked):
        raise Refusal(f"Nothing was changed: Buddy answered with {kind} {found} instead of {asked}.")
