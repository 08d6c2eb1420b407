"""How to speak to Team O'clock: Basic authentication, `{"data": …}` both ways, cursors."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import parse_qs

from server.declare import Api, Limits, Page, Query, Variable, counted

T = TypeVar("T")

ORGANIZATION = Variable("TEAMOCLOCK_ORGANIZATION", "Organization slug, from its settings page", sandbox="acme")
API_KEY = Variable("TEAMOCLOCK_API_KEY", "Secret API key, from the same page", sandbox="skey-sandbox", secret=True)
BASE_URL = Variable(
    "TEAMOCLOCK_BASE_URL", "Address of the API", default="https://www.teamoclock.com/api/v2", kind="url"
)

CUT_OFF = "There is more, but Team O'clock's link to it has no cursor"
OVER = "It may be over: teamoclock_list_{} shows those that run, teamoclock_list_timeline with type={} what is left."
WHERE_NOTHING_IS = {
    "/members/{}": "Check username; teamoclock_list_members shows which there are.",
    "/teams/{}": "Check team; teamoclock_list_teams shows which there are.",
    "/teams/{}/members": "Check team and usernames; teamoclock_list_team_members shows who is in a team.",
    "/standup/{}": OVER.format("standups", "standup"),
    "/planpoker/{}": OVER.format("planning_pokers", "planpoker"),
    "/planpoker/{}/tasks": OVER.format("planning_pokers", "planpoker"),
    "/planpoker/{}/tasks/{}": "Check task_id; teamoclock_list_planning_poker_tasks shows which there are.",
    "/retro/{}": OVER.format("retros", "retro"),
    "/actionitems/{}": "Check action_item_id; teamoclock_list_action_items shows which there are.",
    "/timeline/{}": "Check record_id; teamoclock_list_timeline shows which there are.",
}
WHERE_A_VALUE_IS_WRONG = {
    "/members": "Look at username, which may be taken, email and role.",
    "/members/{}": "Look at new_username, which may be taken, email and role.",
    "/teams": "Look at name and slug, which may be taken.",
    "/teams/{}": "Look at new_slug, which may be taken, and video_url.",
    "/teams/{}/members": "Look at usernames; teamoclock_list_members shows which there are.",
    "/standup": "Look at team; teamoclock_list_teams shows which there are.",
    "/planpoker": "Look at team and facilitator; teamoclock_list_team_members shows who is in the team.",
    "/planpoker/{}/tasks": "Look at text.",
    "/retro": "Look at team and facilitator; teamoclock_list_team_members shows who is in the team.",
    "/actionitems": "Look at team, status and cursor.",
    "POST /actionitems": "Look at team and text; teamoclock_list_teams shows the teams.",
    "/actionitems/{}": "Look at text and resolved.",
    "/timeline": "Look at since, type and cursor.",
}


class TeamOClock(Api):
    """One call's way to Team O'clock, which documents no rate limit."""

    limits = Limits(concurrency=8)

    def authentication(self) -> Mapping[str, str]:
        """Organization slug and API key as user and password; never as credentials in the URL."""
        pair = f"{self.settings.get(ORGANIZATION)}:{self.settings.get(API_KEY)}"
        return {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}

    def wrap(self, body: Any) -> Any:
        """The document's curl example sends a bare body, but every endpoint's schema has the envelope."""
        return {"data": body}

    def unwrap(self, payload: Any) -> Any:
        """`data`, or the whole answer where there is no envelope."""
        return payload["data"] if isinstance(payload, Mapping) and "data" in payload else payload

    def advice(self, status: int, words: str, headers: Mapping[str, str]) -> str | None:
        """The document has one wording a status, which hides which argument may be at fault."""
        path = self._endpoint.partition(" ")[2]
        if status == 400:
            return WHERE_A_VALUE_IS_WRONG.get(self._endpoint) or WHERE_A_VALUE_IS_WRONG.get(path)
        if status == 401:
            return "Check TEAMOCLOCK_ORGANIZATION and TEAMOCLOCK_API_KEY."
        return WHERE_NOTHING_IS.get(path) if status == 404 else None

    async def identify(self) -> str:
        """The organization, by its list of teams."""
        teams = self.fit(await self.request("GET", "/teams"), list[dict[str, Any]])
        return f"organization {self.settings.get(ORGANIZATION)} ({counted(len(teams), 'team')})"

    async def page(
        self,
        path: str,
        *segments: str,
        items: type[T],
        query: Query | None = None,
        asked: Mapping[str, str | None] | None = None,
    ) -> Page[T]:
        """One page of a list, with the cursor of what follows where the vendor pages (100 rows a page).

        Of a link to the next page only the cursor counts: it goes to our own address, wherever the link leads.
        asked: the filters, for the note of an empty list.
        """
        reply = await self.request("GET", path, *segments, query=query)
        rows = await self.rows(reply, reply.data, items)
        link = _next_link(reply.payload)
        cursor = _cursor(link)
        if link and not cursor:
            self.notes.append(CUT_OFF)
        if not rows:
            self.note_filters(asked or {})
        return Page(items=rows, next={"cursor": cursor} if cursor else None)

    async def every(self, path: str, *segments: str, items: type[T], called: str) -> list[T]:
        """The rows of all pages of a list, as far as the call's reach goes. called: what they are."""
        page = await self.page(path, *segments, items=items)
        rows = page.items
        while page.next and self.reach.goes_on():
            page = await self.page(path, *segments, items=items, query=page.next)
            rows += page.items
        if page.next:
            self.reach.unseen.append(f"{called} after the first {len(rows)}")
        return rows

    def note_filters(self, asked: Mapping[str, str | None]) -> None:
        """Say for what an empty list was asked."""
        if given := [f"{name} {value}" for name, value in asked.items() if value]:
            self.notes.append(f"For {', '.join(given)}")


def _next_link(payload: Any) -> Any:
    links = payload.get("links") if isinstance(payload, Mapping) else None
    return links.get("next") if isinstance(links, Mapping) else None


def _cursor(link: Any) -> str | None:
    query = link.partition("#")[0].partition("?")[2] if isinstance(link, str) else ""
    return next(iter(parse_qs(query).get("cursor", [])), None)
