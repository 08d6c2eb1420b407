"""What may be done with a caller's keys, by the page and by the command alike."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from server.access import Variable
from server.app import Drumbeat
from server.builtin.health import ask_vendor
from server.catalogue import PublishedVendor
from server.errors import Refusal, VendorError
from server.request import Caller
from server.settings import Settings
from server.web.vault.sealing import Unreadable
from server.web.vault.vault import Vault


@dataclass(frozen=True)
class Slot:
    """A vendor's place in somebody's vault. kept: its variables that are there. needs: what it takes, in words."""

    vendor: PublishedVendor
    kept: tuple[str, ...]
    needs: tuple[str, ...]

    @property
    def variables(self) -> tuple[Variable, ...]:
        """What can be kept in it."""
        return self.vendor.callers_variables


@dataclass(frozen=True)
class Shelf:
    """All slots of one caller. readable: whether what is kept for them can be read."""

    slots: tuple[Slot, ...]
    readable: bool = True


@dataclass(frozen=True)
class Verdict:
    """What a vendor said of new keys. accepted: None where it could not be asked."""

    accepted: bool | None
    words: str


class Keeper:
    """Shows, takes and forgets keys."""

    def __init__(self, server: Drumbeat, settings: Settings, vendors: Sequence[PublishedVendor], vault: Vault) -> None:
        self._server = server
        self._settings = settings
        self._vendors = {vendor.name: vendor for vendor in vendors if vendor.name in settings.offered}
        self._vault = vault

    def vendor(self, name: str) -> PublishedVendor | None:
        """A vendor whose keys are kept here."""
        return self._vendors.get(name)

    async def shelf(self, caller: Caller) -> Shelf:
        """What a caller keeps, without the values. Raises Unreachable."""
        try:
            return Shelf(tuple(self._slots(await self._vault.values(caller.person))))
        except Unreadable:
            return Shelf(tuple(self._slots({})), readable=False)

    async def take_in(self, caller: Caller, vendor: PublishedVendor, given: Mapping[str, str]) -> Verdict:
        """Keep keys for a vendor, and ask it whether it knows them. Raises ConfigurationError, Refusal, Unreachable."""
        await self._vault.keep(caller.person, vendor, given)
        with_keys = await self._vault.admit(caller)
        try:
            health = await ask_vendor(self._server.connections_of(with_keys), vendor.name)
        except (Refusal, VendorError) as error:
            return Verdict(None, f"Whether {vendor.title} accepts them could not be found out: {error}")
        if health.fix is None:
            return Verdict(True, f"{vendor.title} knows you as {health.as_whom}.")
        if health.authenticated is False:
            return Verdict(False, f"{vendor.title} does not accept them: {health.fix}")
        return Verdict(None, f"Whether {vendor.title} accepts them could not be found out: {health.fix}")

    async def forget(self, caller: Caller, vendor: PublishedVendor) -> None:
        """Forget a vendor's keys. Raises Refusal."""
        await self._vault.forget(caller.person, vendor)

    def _slots(self, values: Mapping[str, str]) -> Iterator[Slot]:
        for vendor in self._vendors.values():
            kept = tuple(variable.name for variable in vendor.callers_variables if variable.name in values)
            yield Slot(vendor, kept, tuple(self._settings.offered[vendor.name]))
