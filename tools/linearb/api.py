"""How to speak to LinearB: an API key, `{total, items}` lists, validation errors that name the field."""

from collections.abc import Mapping
from typing import Any, TypeVar

from server.declare import Api, Limits, Page, Rate, Reply

T = TypeVar("T")


class LinearB(Api):
    """One call's way to LinearB."""

    # Reports are files in Amazon S3.
    limits = Limits(rate=Rate(60, per_endpoint=True), link_hosts=("*.amazonaws.com",))

    def authentication(self) -> Mapping[str, str]:
        """The key, in the header that LINEARB_AUTH names.

        The OpenAPI document has x-api-key; newer help pages have Authorization. LinearB's own agent plugin
        says that the content type is needed on GETs too.
        """
        key = self.settings.get("LINEARB_API_KEY") or ""
        bearer = self.settings.get("LINEARB_AUTH") == "bearer"
        header = {"Authorization": f"Bearer {key}"} if bearer else {"x-api-key": key}
        return {**header, "Content-Type": "application/json"}

    def complaint(self, payload: Any) -> str | None:
        """The words of an error body; of a validation error also where the fault is."""
        faults: Any = payload.get("detail") if isinstance(payload, Mapping) else None
        if isinstance(faults, list) and faults and all(isinstance(fault, Mapping) for fault in faults):
            return "; ".join(f"{'.'.join(map(str, f.get('loc') or ['?']))}: {f.get('msg')}" for f in faults[:3])
        return super().complaint(payload)

    def advice(self, status: int, words: str, headers: Mapping[str, str]) -> str | None:
        """A bad key is answered with 403 as often as with 401."""
        if status in (401, 403):
            return "Check LINEARB_API_KEY (LinearB answers 403 to a bad key too), and LINEARB_AUTH."
        return None

    async def identify(self) -> str:
        """The organization of the key, by its number of teams."""
        reply = await self.request("GET", "/api/v2/teams", query={"page_size": 1})
        return f"the organization of this key ({self.page(reply, Any, 0).total} teams)"

    def page(self, reply: Reply, item: type[T], offset: int | None = None) -> Page[T]:
        """A list, `{total, items}` or bare; `offset` is where it began, None where the endpoint does not page."""
        envelope: Mapping[str, Any] = reply.data if isinstance(reply.data, Mapping) else {"items": reply.data}
        data, total = envelope.get("items"), envelope.get("total")
        rows = self.rows(reply, data, item) if reply.data else []
        seen = (offset or 0) + len(rows)
        more = offset is not None and rows and isinstance(total, int) and seen < total
        return Page(items=rows, total=total, next={"offset": seen} if more else None)
