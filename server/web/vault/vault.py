"""What each person keeps in the vault, and the callers that they are with it."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from cachetools import TTLCache
from starlette.datastructures import Headers

from server.catalogue import PublishedVendor
from server.errors import ConfigurationError, Refusal, Unreachable
from server.request import Caller
from server.settings import Settings, of_caller
from server.vendor_settings import VendorSettings
from server.web.callers import with_vendors
from server.web.vault.records import Records
from server.web.vault.sealing import Opened, Sealer, Unreadable, person_of

LONGEST_VALUE = 8192
MOST_REMEMBERED, REMEMBERED_SECONDS = 1000, 600.0
AT_ONCE = 10
CROWDED = "Nothing was kept: your keys were changed from elsewhere at the same moment. Try again."
logger = logging.getLogger(__name__)


@dataclass
class Turned:
    """How many records were sealed with another key than the first, with the first, and with none that there is."""

    outdated: int = 0
    current: int = 0
    unreadable: int = 0


class Vault:
    """The keys of all callers, each person's sealed as theirs."""

    def __init__(self, settings: Settings, vendors: Sequence[PublishedVendor], records: Records) -> None:
        self._settings = settings
        self._vendors = [vendor for vendor in vendors if vendor.name in settings.offered]
        self._records = records
        self._sealer = Sealer(key.get_secret_value() for key in settings.vault_keys)
        # As they are in Redis, sealed, so that reading goes on while that is away.
        self._remembered: TTLCache[str, str | None] = TTLCache(MOST_REMEMBERED, REMEMBERED_SECONDS)
        # What a record came to: most requests find it as it was.
        self._known: TTLCache[str, tuple[str | None, dict[str, VendorSettings]]] = TTLCache(
            MOST_REMEMBERED, REMEMBERED_SECONDS
        )

    async def values(self, person: str) -> dict[str, str]:
        """What a person keeps, by variable. Raises Unreadable and Unreachable."""
        return await self._opened(person, await self._record(person))

    async def admit(self, caller: Caller, _: Headers | None = None) -> Caller:
        """The caller with the vendors that they keep keys for. Raises Unreachable."""
        record = await self._record(caller.person)
        known = self._known.get(caller.person)
        if known is None or known[0] != record:
            known = self._known[caller.person] = record, await self._switched_on(caller.person, record)
        return with_vendors(caller, known[1])

    def check(self, vendor: PublishedVendor, values: Mapping[str, str]) -> None:
        """Whether these values switch a vendor on. Raises ConfigurationError, which names variables and no value."""
        for name, value in values.items():
            if len(value) > LONGEST_VALUE:
                raise ConfigurationError(f"{name} is longer than {LONGEST_VALUE:,} characters.")
        if not of_caller(self._settings, [vendor], values):
            raise ConfigurationError(f"{vendor.title} needs {' and '.join(self._settings.offered[vendor.name])}.")

    async def keep(self, person: str, vendor: PublishedVendor, given: Mapping[str, str]) -> None:
        """Keep a person's values for a vendor beside those of it that are kept already.

        Raises ConfigurationError for values that do not fit, and Refusal where nothing can be kept.
        """
        names = [variable.name for variable in vendor.callers_variables]
        if strange := [name for name in given if name not in names]:
            raise ConfigurationError(f"{strange[0][:100]} is no key of {vendor.title}'s, only {', '.join(names)} are.")

        def added(values: dict[str, str]) -> dict[str, str]:
            of_vendor = {name: values[name] for name in names if name in values} | dict(given)
            self.check(vendor, of_vendor)
            return values | of_vendor

        await self._change(person, added)
        logger.info("%s keeps keys for %s in the vault", person, vendor.name)

    async def forget(self, person: str, vendor: PublishedVendor) -> None:
        """Forget a person's values for a vendor. Raises Refusal."""
        names = {variable.name for variable in vendor.variables}
        await self._change(person, lambda values: {name: value for name, value in values.items() if name not in names})
        logger.info("%s keeps no keys for %s in the vault any more", person, vendor.name)

    async def rotate(self, *, only_look: bool = False) -> Turned:
        """Seal every record with the first key, or only look at them. Raises Unreachable and Refusal."""
        turned = Turned()
        for name in await self._records.names():
            record = await self._records.get(name)
            if record is None:
                continue
            try:
                person = person_of(record)
                opened = self._sealer.open(person, record)
                if _name(person) != name:
                    raise Unreadable("it is another's")
            except Unreadable as error:
                logger.error("The vault's record %s cannot be read: %s", name, error)
                turned.unreadable += 1
                continue
            if opened.outdated and not only_look:
                await self._records.replace(name, record, self._sealer.seal(person, opened.values))
            turned.outdated += opened.outdated
            turned.current += not opened.outdated
        return turned

    async def _record(self, person: str) -> str | None:
        name = _name(person)
        try:
            record = await self._records.get(name)
        except Unreachable:
            if name not in self._remembered:
                raise
            remembered: str | None = self._remembered[name]
            return remembered
        self._remembered[name] = record
        return record

    async def _change(self, person: str, change: Callable[[dict[str, str]], dict[str, str]]) -> None:
        """Change what a person keeps; what cannot be read is replaced."""
        for _ in range(AT_ONCE):
            try:
                record = await self._records.get(_name(person))
            except Unreachable as error:
                raise Refusal("Nothing was changed: where keys are kept cannot be read now.") from error
            try:
                values = change(self._sealer.open(person, record).values if record else {})
            except Unreadable:
                values = change({})
            new = self._sealer.seal(person, values) if values else None
            if await self._records.replace(_name(person), record, new):
                self._remembered.pop(_name(person), None)
                return
        raise Refusal(CROWDED)

    async def _opened(self, person: str, record: str | None) -> dict[str, str]:
        if record is None:
            return {}
        opened = self._sealer.open(person, record)
        if opened.outdated:
            await self._seal_anew(person, record, opened)
        return opened.values

    async def _seal_anew(self, person: str, record: str, opened: Opened) -> None:
        try:
            await self._records.replace(_name(person), record, self._sealer.seal(person, opened.values))
        except Refusal as error:
            logger.warning("What %s keeps in the vault stays sealed with an old key: %s", person, error)

    async def _switched_on(self, person: str, record: str | None) -> dict[str, VendorSettings]:
        """The vendors that a record switches on, without those that the operator's settings have made useless."""
        on: dict[str, VendorSettings] = {}
        try:
            kept = await self._opened(person, record)
        except Unreadable as error:
            logger.error("What %s keeps in the vault cannot be read: %s", person, error)
            return on
        for vendor in self._vendors:
            own = {v.name: kept[v.name] for v in vendor.callers_variables if v.name in kept}
            try:
                on |= of_caller(self._settings, [vendor], own)
            except ConfigurationError as error:
                logger.warning("What %s keeps for %s does not fit any more: %s", person, vendor.name, error)
        return on


def _name(person: str) -> str:
    return sha256(person.encode("utf-8", "surrogatepass")).hexdigest()
