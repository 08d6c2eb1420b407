"""How to speak to Team O'clock: Basic authentication, `{"data": …}` both ways, cursors."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import parse_qs, urljoin, urlsplit

from server.declare import Api, Limits, Page, Query

T = TypeVar("T")

DEFAULT_PORTS = {"http": 80, "https": 443}
CUT_OFF = "There is more, but Team O'clock's link to it leads away from TEAMOCLOCK_BASE_URL or has no cursor"


class TeamOClock(Api):
    """One call's way to Team O'clock, which documents no rate limit."""

    limits = Limits(concurrency=8)

    def authentication(self) -> Mapping[str, str]:
        """Organization slug and API key as user and password; never as credentials in the URL."""
        pair = f"{self.settings.get('TEAMOCLOCK_ORGANIZATION')}:{self.settings.get('TEAMOCLOCK_API_KEY')}"
        return {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}

    def wrap(self, body: Any) -> Any:
        """The document's curl example sends a bare body, but every endpoint's schema has the envelope."""
        return {"data": body}

    def unwrap(self, payload: Any) -> Any:
        """`data`, or the whole answer where there is no envelope."""
        return payload["data"] if isinstance(payload, Mapping) and "data" in payload else payload

    def advice(self, status: int, words: str, headers: Mapping[str, str]) -> str | None:
        """The document has one wording a status, which hides that a slug or a user name may be at fault."""
        if status == 400:
            return "Look at the values: slugs, usernames, dates."
        if status == 401:
            return "Check TEAMOCLOCK_ORGANIZATION and TEAMOCLOCK_API_KEY."
        return None

    async def identify(self) -> str:
        """The organization, by its list of teams."""
        teams = self.fit(await self.request("GET", "/teams"), list[dict[str, Any]])
        return f"organization {self.settings.get('TEAMOCLOCK_ORGANIZATION')} ({len(teams)} teams)"

    async def page(self, path: str, *segments: str, items: type[T], query: Query | None = None) -> Page[T]:
        """One page of a list, with the cursor of what follows where the vendor pages (100 rows a page).

        Credentials would go along, so the cursor is taken from a link to our own origin only; a note says where
        there was another.
        """
        reply = await self.request("GET", path, *segments, query=query)
        rows = await self.fitted_rows(reply, reply.data, items)
        link = _next_link(reply.payload)
        cursor = self._cursor(link) if link else None
        if link and not cursor:
            self.notes.append(CUT_OFF)
        return Page(items=rows, next={"cursor": cursor} if cursor else None)

    def _cursor(self, link: Any) -> str | None:
        """The cursor in a link to our own origin; None for a link to anywhere else, or without one."""
        base = f"{self.settings.base_url}/"
        try:
            target = urljoin(base, link)
            ours = _origin(target) == _origin(base)
        except (TypeError, ValueError, AttributeError):
            return None
        return next(iter(parse_qs(urlsplit(target).query).get("cursor", [])), None) if ours else None


def _next_link(payload: Any) -> Any:
    links = payload.get("links") if isinstance(payload, Mapping) else None
    return links.get("next") if isinstance(links, Mapping) else None


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or DEFAULT_PORTS.get(parts.scheme)
