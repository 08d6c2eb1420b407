"""How to speak to LinearB: an API key, `{total, items}` lists, validation errors that name the field."""

from collections.abc import Mapping
from typing import Any, TypeVar

from server.declare import Api, Limits, Page, Rate, Reply, Variable

T = TypeVar("T")

API_KEY = Variable("LINEARB_API_KEY", "API token, from Settings > API Tokens", sandbox="lb-sandbox", secret=True)
AUTH = Variable("LINEARB_AUTH", "The header that carries the key", default="x-api-key", choices=("x-api-key", "bearer"))
BASE_URL = Variable("LINEARB_BASE_URL", "Address of the API", default="https://public-api.linearb.io", kind="url")

NAMED: Mapping[str, tuple[str, str]] = {
    "/teams/{}": ("team_id", "linearb_list_teams"),
    "/services/{}": ("service_id", "linearb_list_services"),
    "/incidents/{}": ("provider_id", "linearb_search_incidents"),
    "POST /api/v1/deployments": ("repo_url", "linearb_list_repositories"),
}
"""The argument that names an object, by its endpoint, and the tool that lists its values."""


class LinearB(Api):
    """One call's way to LinearB."""

    # Reports are files in Amazon S3.
    limits = Limits(rate=Rate(60, per_endpoint=True), link_hosts=("*.amazonaws.com",))

    def authentication(self) -> Mapping[str, str]:
        """The key, in the header that LINEARB_AUTH names.

        The OpenAPI document has x-api-key; newer help pages have Authorization. LinearB's own agent plugin
        says that the content type is needed on GETs too.
        """
        key = self.settings.get(API_KEY) or ""
        bearer = self.settings.get(AUTH) == "bearer"
        header = {"Authorization": f"Bearer {key}"} if bearer else {"x-api-key": key}
        return {**header, "Content-Type": "application/json"}

    def complaint(self, payload: Any) -> str | None:
        """The words of an error body; of a validation error also where the fault is."""
        faults: Any = payload.get("detail") if isinstance(payload, Mapping) else None
        if isinstance(faults, list) and faults and all(isinstance(fault, Mapping) for fault in faults):
            return "; ".join(f"{_place(fault.get('loc'))}: {fault.get('msg')}" for fault in faults[:3])
        return super().complaint(payload)

    def advice(self, status: int, words: str, headers: Mapping[str, str]) -> str | None:
        """A bad key is answered with 403 as often as with 401; what is not found has an argument that names it."""
        if status in (401, 403):
            return (
                "Check LINEARB_API_KEY, from Settings > API Tokens (LinearB answers 403 to a bad key too), "
                "and LINEARB_AUTH."
            )
        named = next((named for part, named in NAMED.items() if part in self._endpoint), None)
        if status == 404 and named:
            return f"Check {named[0]}: {named[1]} shows which there are."
        if status == 409:
            return "Change what is there with linearb_update_incident."
        return None

    async def identify(self) -> str:
        """The organization of the key, by its number of teams."""
        reply = await self.request("GET", "/api/v2/teams", query={"page_size": 1})
        return f"the organization of this key ({(await self.page(reply, Any, 0)).total} teams)"

    async def page(self, reply: Reply, item: type[T], offset: int | None = None, **asked: Any) -> Page[T]:
        """A list, `{total, items}` or bare; `offset` is where it began, None where the endpoint does not page.

        asked: what was filtered by, which is said of an empty list.
        """
        envelope: Mapping[str, Any] = reply.data if isinstance(reply.data, Mapping) else {"items": reply.data}
        data, total = envelope.get("items"), envelope.get("total")
        rows = await self.rows(reply, data, item) if reply.data else []
        if not rows and (words := asked_for(asked)):
            self.notes.append(words)
        seen = (offset or 0) + len(rows)
        more = offset is not None and rows and isinstance(total, int) and seen < total
        return Page(items=rows, total=total, next={"offset": seen} if more else None)


def _place(loc: Any) -> str:
    return ".".join(map(str, loc)) if loc and isinstance(loc, list) else str(loc or "?")


def asked_for(filters: Mapping[str, Any]) -> str | None:
    """What a call asked for, in words, for an answer that is empty; None where for everything."""
    given = {name: value for name, value in filters.items() if value not in (None, [], False)}
    said = [f"{name} {', '.join(map(str, v)) if isinstance(v, list) else v}" for name, v in given.items()]
    return f"Asked for: {'; '.join(said)}" if said else None
