"""How to speak to Oobeya: two kinds of credentials, an optional envelope, lists in two forms."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import count
from typing import Any, TypeVar

from server.declare import Api, Files, Limits, Page, Refusal, Reply, Variable, VendorError, counted
from tools.oobeya.arguments import ROWS
from tools.oobeya.models import Identified, ListForm

T = TypeVar("T")
R = TypeVar("R", bound=Identified)

BASE_URL = Variable("OOBEYA_BASE_URL", "Address of your tenant, such as https://mycompany.oobeya.io", kind="url")
API_KEY = Variable("OOBEYA_API_KEY", "API key, for integrations", sandbox="okey-sandbox", secret=True)
BEARER_TOKEN = Variable("OOBEYA_BEARER_TOKEN", "JWT of a user's session, where there is no API key", secret=True)

SEARCH_SIZE = 100


class Oobeya(Api):
    """One call's way to Oobeya, which documents no rate limit."""

    limits = Limits(concurrency=8)

    def authentication(self) -> Mapping[str, str]:
        """The API key where there is one, else the session's token."""
        if key := self.settings.get(API_KEY):
            return {"Oobeya-API-Key": key}
        return {"Authorization": f"Bearer {self.settings.get(BEARER_TOKEN)}"}

    def unwrap(self, payload: Any) -> Any:
        """`payload` of `{version, referenceId, payload}`; the document's own sample has no envelope."""
        return payload["payload"] if isinstance(payload, Mapping) and "payload" in payload else payload

    def complaint(self, payload: Any) -> str | None:
        """The error body is undocumented: its words, wherever they are."""
        return super().complaint(self.unwrap(payload)) or super().complaint(payload)

    def advice(self, status: int, words: str, headers: Mapping[str, str]) -> str | None:
        """Which of the two credentials to check, or where the API's own reference is."""
        if status in (400, 405, 415, 422):
            return f"What it takes is on Oobeya's Swagger page: {self._swagger}"
        if status == 404:
            return f"Check the id; the list tools show what exists, and {self._swagger} what this Oobeya serves."
        if status != 401:
            return None
        if self.settings.get(API_KEY):
            return "Check OOBEYA_API_KEY."
        return "Check OOBEYA_BEARER_TOKEN; the token of a session expires."

    @property
    def _swagger(self) -> str:
        return f"{self.settings.base_url}/apis/docs/swagger-ui/index.html"

    async def identify(self) -> str:
        """Which of the two credentials it is, and how much it sees."""
        kind = "API key" if self.settings.get(API_KEY) else "session token"
        teams = await self.page("/apis/v1/teams", dict, page=0, size=1)
        return f"{kind} ({counted(teams.total, 'team')})" if teams.total is not None else kind

    async def act(
        self, method: str, path: str, *segments: str | int, body: Any = None, files: Files | None = None
    ) -> None:
        """Send a request whose answer is a bare true or false. Raises VendorError for false."""
        _refuse_false(await self.request(method, path, *segments, body=body, files=files))

    async def replace(
        self, path: str, *segments: str | int, body: Mapping[str, Any], changed: Iterable[str], returns: type[T]
    ) -> T:
        """PUT a whole object; what it is now, by Oobeya's answer where that is an object.

        changed: the fields that are new, so that a note says which were kept.
        """
        reply = await self.request("PUT", path, *segments, body=body)
        _refuse_false(reply)
        new = set(changed)
        kept = ", ".join(field for field in body if field != "id" and field not in new) or "nothing else"
        self.notes.append(f"Changed: {', '.join(changed)}. Sent along as it was: {kept}")
        said = reply.data if isinstance(reply.data, Mapping) else {}
        sent = {field: value for field, value in body.items() if field != "password"}
        fitted: T = self.fit(replace(reply, data={**sent, **said}), returns)
        return fitted

    def said(self, page: Page[T], **asked: str | None) -> Page[T]:
        """The page; an empty one with a note of what was asked for."""
        given = [f"{name} {value}" for name, value in asked.items() if value]
        if given and not page.items:
            self.notes.append(f"For {', '.join(given)}")
        return page

    async def all(self, path: str, item: type[T]) -> Page[T]:
        """A list that has no pages."""
        return await self.listed(await self.request("GET", path), item)

    async def page(self, path: str, item: type[T], *, page: int, size: int, **query: Any) -> Page[T]:
        """One page of a list; the first is 0."""
        reply = await self.request("GET", path, query={"page": page, "size": size, **query})
        return await self.listed(reply, item, page, size)

    async def listed(self, reply: Reply, item: type[T], page: int | None = None, size: int | None = None) -> Page[T]:
        """A list in either of its forms: a bare array, or an object with `contents`.

        page and size are those that were asked for, None where the endpoint has no pages. A bare array
        does not say whether it goes on: it may where it has as many rows as were asked for.
        """
        paged = isinstance(reply.data, Mapping) and "contents" in reply.data
        form = await self.fitted(reply, ListForm) if paged else ListForm(contents=reply.data)
        contents = [] if form.contents is None else form.contents
        rows = await self.rows(reply, contents, item)
        more = form.goes_on_after(page or 0) if paged else len(rows) == size
        # Of another size the next page begins elsewhere.
        sized = {"size": size} if size not in (None, ROWS) else {}
        follows = {"page": page + 1, **sized} if rows and more and page is not None else None
        whole = len(rows) if not page and not follows else None
        return Page(items=rows, total=form.total_elements if paged else whole, next=follows)

    async def by_id(self, path: str, item: type[R], kind: str, identity: str) -> R:
        """The row with this id, from a list with pages, since Oobeya serves it nowhere else.

        kind: what is looked for, "deployment with the id". Raises Refusal where it is not found.
        """
        seen: set[str | None] = set()
        for number in count():
            rows = (await self.page(path, item, page=number, size=SEARCH_SIZE)).items
            if found := next((row for row in rows if row.id == identity), None):
                return found
            # Not `next`: a bare array may be shorter than what was asked for, or ignore the page.
            if seen.issuperset(row.id for row in rows):
                raise unknown(kind, identity)
            seen.update(row.id for row in rows)
            if not self.reach.goes_on():
                break
        looked = f"is not among the first {len(seen)}, and the rest was not looked at"
        raise Refusal(f"Nothing was changed: {kind} {identity!r} {looked}.")


def _refuse_false(reply: Reply) -> None:
    """Raises VendorError for the false of an answer that is a bare true or false."""
    if reply.data is False:
        raise VendorError("Oobeya answered false: it did not do it, and did not say why.", status=reply.status)


def unknown(kind: str, identity: str) -> Refusal:
    """The refusal of a change to something that Oobeya does not list."""
    return Refusal(f"Nothing was changed: Oobeya lists no {kind} {identity!r}.")
