"""Several vendors for the length of one call, for tools that ask one question of all of them."""

from collections.abc import Sequence
from typing import Any, TypeVar

from server.errors import Refusal
from server.http.api import Api
from server.http.limits import in_words
from server.models import Image
from server.request import Progress
from server.settings import Settings
from server.times import Clock

A = TypeVar("A", bound=Api)


class Apis:
    """What a function of a package that `needs` several vendors is given: the Apis of those that are on.

    images: the pictures that go with its answer. page_data: what a page draws of it, where the client `shows_pages`.
    clock: what `today` means where the user has said nothing else.
    """

    fetched = None

    def __init__(
        self,
        apis: Sequence[Api],
        settings: Settings,
        progress: Progress | None = None,
        clock: Clock | None = None,
        shows_pages: bool = False,
    ) -> None:
        self._apis = {type(api): api for api in apis}
        self._progress = progress or Progress(None)
        self.settings = settings
        self.clock = clock or Clock(settings.timezone)
        self.notes: list[str] = []
        self.images: list[Image] = []
        self.shows_pages = shows_pages
        self.page_data: dict[str, Any] | None = None

    def of(self, vendor: type[A]) -> A:
        """The Api of a vendor, by its class. Raises Refusal where that vendor is off."""
        api = self._apis.get(vendor)
        if not isinstance(api, vendor):
            yours = self.settings.callers_bring_keys
            why = "you have given this server no keys for it" if yours else "it is not configured on this server"
            raise Refusal(f"Nothing was sent: this needs {vendor.__name__}, and {why}.")
        return api

    def __contains__(self, vendor: type[Api]) -> bool:
        return vendor in self._apis

    async def report(self, done: float, total: float | None = None, message: str | None = None) -> None:
        """Tell the client how far the call has come."""
        await self._progress.of_call(done, total, message)

    @property
    def sent(self) -> list[str]:
        """The requests to any vendor that change something and have left."""
        return [request for api in self._apis.values() for request in api.sent]

    @property
    def heavy(self) -> bool:
        """Whether this call got so much that laying it out would hold up other calls."""
        return any(api.heavy for api in self._apis.values())

    def ages(self) -> list[str]:
        """How old those answers are that did not come just now: one line for all that a cache kept for a moment."""
        received = [api.received for api in self._apis.values()]
        kept = max((each.oldest for each in received if each.oldest is not None), default=None)
        outages = [age for each in received for age in each.outages()]
        return outages if kept is None else [*outages, f"Cached up to {in_words(kept)} ago"]
