"""How to speak to Haystack: a bearer token, no envelope, 20 requests a minute."""

from collections.abc import Mapping
from datetime import date

from server.declare import Api, Limits, Rate, Variable

API_TOKEN = Variable(
    "HAYSTACK_API_TOKEN",
    "API token, from delivery.usehaystack.io/api-tokens (support@usehaystack.io turns the page on at request)",
    sandbox="hs-sandbox",
    secret=True,
)
BASE_URL = Variable("HAYSTACK_BASE_URL", "Address of the API", default="https://api.usehaystack.io", kind="url")


TOKENS = "A token is made at delivery.usehaystack.io/api-tokens, once support@usehaystack.io has turned that page on."


class Haystack(Api):
    """One call's way to Haystack."""

    limits = Limits(rate=Rate(20))

    def authentication(self) -> Mapping[str, str]:
        """The API token as a bearer token."""
        return {"Authorization": f"Bearer {self.settings.get(API_TOKEN)}"}

    def advice(self, status: int, words: str, headers: Mapping[str, str]) -> str | None:
        """API access is a feature that Haystack's support turns on, and no tool lists its teams."""
        if status in (401, 403):
            return f"Check HAYSTACK_API_TOKEN. {TOKENS}"
        if status == 404:
            return (
                "Check team_id, which is Haystack's own number: its API has no list of teams, so ask the user for the "
                "one in the URL of the team's Copy API Request. Without a team, check HAYSTACK_BASE_URL."
            )
        return None

    async def identify(self) -> str:
        """Haystack has no read but metrics, so this asks for those of one day."""
        day = date.today().isoformat()
        body = {"startDate": day, "endDate": day, "granularity": "week", "type": "deployment"}
        await self.request("POST", "/public/api/metrics", body=body)
        return "the organization of this token"
