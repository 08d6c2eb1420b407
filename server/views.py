"""What each caller sees of the server: which tools exist for them, and with whose keys they are called."""

from collections import OrderedDict
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from server.catalogue import Catalogue
from server.connections import Connections
from server.listing import Listing
from server.prompts import Prompts
from server.request import Caller
from server.selection import select
from server.settings import Settings
from server.state import State

if TYPE_CHECKING:
    from server.calls import Calls
    from server.resources import Resources

MOST_VIEWS = 200


class View:
    """The server as callers with the same rights and the same keys see it."""

    def __init__(self, settings: Settings, catalogue: Catalogue, make_calls: "Callable[[View], Calls]") -> None:
        self.settings = settings
        self.selection = select(catalogue, settings)
        self.prompts = Prompts(catalogue.prompts, self.selection.callable, {*settings.vendors, *settings.offered})
        self._make_calls = make_calls

    @cached_property
    def listing(self) -> Listing:
        """The tools as clients list them."""
        return Listing(self.settings, self.selection)

    @cached_property
    def calls(self) -> "Calls":
        """What carries out calls."""
        return self._make_calls(self)

    @cached_property
    def resources(self) -> "Resources":
        """The resources of the tools that may be called."""
        from server.resources import Resources

        return Resources(self.calls, self.selection.apps)


class Views:
    """The view of each caller. `whole` is that of whoever may do all that this server may, with its own keys."""

    def __init__(self, settings: Settings, catalogue: Catalogue, state: State, connections: Connections) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._state = state
        self._connections = connections
        self.whole = View(settings, catalogue, self._first_calls)
        self._others: OrderedDict[object, View] = OrderedDict()

    def of(self, caller: Caller) -> View:
        """What `caller` sees."""
        if caller.vendors is None and caller.access.allows(self._settings.access):
            return self.whole
        vendors = self._settings.vendors if caller.vendors is None else caller.vendors
        most = self._settings.access
        access = caller.access if most.allows(caller.access) else most
        key = (access, frozenset((name, settings.place) for name, settings in vendors.items()))
        if key not in self._others:
            settings = self._settings.model_copy(update={"access": access, "vendors": dict(vendors)})
            self._others[key] = View(settings, self._catalogue, self._more_calls)
        self._others.move_to_end(key)
        while len(self._others) > MOST_VIEWS:
            self._others.popitem(last=False)
        return self._others[key]

    async def aclose(self) -> None:
        """Close the connections to the vendors, if any were opened."""
        await self._connections.aclose()

    def _first_calls(self, view: View) -> "Calls":
        # The start does without it, so it is imported by the first call.
        from server.calls import Calls

        return Calls(view.settings, self._connections, view.selection, self._state)

    def _more_calls(self, view: View) -> "Calls":
        return self.whole.calls.restricted(view.settings, view.selection)
